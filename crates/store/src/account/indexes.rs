//! Look-ups other than by name: made on first use from the records' links, kept up from then on.

use super::{Account, AttachmentCount};
use crate::entity::{AccessKey, Group, InstanceProfile, ManagedPolicy, Role, User};
use crate::record::Stored;
use crate::record::link::Link;
use crate::table::{Slot, Slots};
use crate::tree::Tree;
use std::sync::Arc;

/// All look-ups of an account. Nothing is decoded for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Indexes {
    pub(super) user_names: Tree<Arc<str>>,
    pub(super) role_names: Tree<Arc<str>>,
    pub(super) policy_names: Tree<Arc<str>>,
    pub(super) group_names: Tree<Arc<str>>,
    pub(super) attachments: Tree<AttachmentCount>,
    /// `owner's user id / key id`; root's keys have an empty owner.
    pub(super) keys_by_owner: Tree<()>,
    /// `group's unique id / user's name`.
    pub(super) members: Tree<()>,
    /// `role's unique id / profile's name`.
    pub(super) profiles_by_role: Tree<()>,
    /// `owner's unique id / kind / name` of what users sign in and sign with beside access keys.
    pub(super) credentials: Tree<()>,
}

type Side = fn(&mut AttachmentCount) -> &mut u32;
type Step = fn(u32, u32) -> u32;

const USERS: Side = |count| &mut count.users;
const ROLES: Side = |count| &mut count.roles;
const GROUPS: Side = |count| &mut count.groups;

/// `owner/name`: the names of an owner are neighbours.
fn owned(owner: &str, name: &str) -> String {
    format!("{owner}/{name}")
}

fn names<T: Stored>(slots: &Slots<T>) -> Tree<Arc<str>> {
    let mut pairs: Vec<(Arc<str>, Arc<str>)> = slots
        .iter()
        .filter_map(|(name, slot)| slot.with_links(|id, _| (Arc::from(id), Arc::from(name))))
        .collect();
    pairs.sort_unstable();
    pairs.dedup_by(|left, right| left.0 == right.0);
    Tree::from_sorted(pairs)
}

fn set(mut keys: Vec<String>) -> Tree<()> {
    keys.sort_unstable();
    Tree::from_sorted(keys.into_iter().map(|key| (Arc::from(key), ())).collect())
}

impl Indexes {
    pub(super) fn of(account: &Account) -> Indexes {
        let owners = account.keys.iter();
        let owners = owners.filter_map(|(id, slot)| slot.with_links(|owner, _| owned(owner, id)));
        let profiles = account.profiles.iter();
        let profiles = profiles.filter_map(|(name, slot)| {
            slot.with_links(|_, roles| roles.next().map(|role| owned(role, name)))?
        });
        let members = account.users.iter().flat_map(|(name, slot)| {
            let groups = slot.with_links(|_, links| groups(links));
            let groups = groups.unwrap_or_default().into_iter();
            groups.map(move |group| owned(&group, name))
        });
        let mut indexes = Indexes {
            user_names: names(&account.users),
            role_names: names(&account.roles),
            policy_names: names(&account.policies),
            group_names: names(&account.groups),
            keys_by_owner: set(owners.collect()),
            members: set(members.collect()),
            profiles_by_role: set(profiles.collect()),
            credentials: set(account.credentials.places()),
            ..Indexes::default()
        };
        for (_, slot) in account.users.iter() {
            indexes.count(slot, USERS, u32::saturating_add);
        }
        for (_, slot) in account.roles.iter() {
            indexes.count(slot, ROLES, u32::saturating_add);
        }
        for (_, slot) in account.groups.iter() {
            indexes.count(slot, GROUPS, u32::saturating_add);
        }
        indexes
    }

    /// Counts the policies that an entity has attached or as its boundary.
    fn count<T: Stored>(&mut self, slot: &Slot<T>, side: Side, step: Step) {
        slot.with_links(|_, links| {
            for link in links {
                self.count_link(link, side, step);
            }
        });
    }

    fn count_link(&mut self, link: &str, side: Side, step: Step) {
        let (arn, side): (_, Side) = match Link::read(link) {
            Link::Attached(arn) => (arn, side),
            Link::Boundary(arn) => (arn, |count| &mut count.boundaries),
            Link::Group(_) => return,
        };
        let mut count = self.attachments.get(arn).copied().unwrap_or_default();
        let number = side(&mut count);
        *number = step(*number, 1);
        if count == AttachmentCount::default() {
            self.attachments.remove(arn);
        } else {
            self.attachments.insert(arn, count);
        }
    }

    /// Moves the links in which `new` differs from `old`, and answers true. Nothing is done, and false
    /// answered, when they are two entities or have other groups: then one goes and the other comes.
    fn moved<T: Stored>(&mut self, old: &Slot<T>, new: &Slot<T>, side: Side) -> bool {
        let moved = old.with_links(|old_id, old_links| {
            let mut gone: Vec<&str> = old_links.collect();
            new.with_links(|new_id, new_links| {
                let mut come = Vec::new();
                for link in new_links {
                    match gone.iter().position(|held| *held == link) {
                        Some(at) => {
                            gone.swap_remove(at);
                        }
                        None => come.push(link),
                    }
                }
                let group = |link: &&str| matches!(Link::read(link), Link::Group(_));
                if old_id != new_id || gone.iter().any(group) || come.iter().any(group) {
                    return false;
                }
                for link in gone {
                    self.count_link(link, side, u32::saturating_sub);
                }
                for link in come {
                    self.count_link(link, side, u32::saturating_add);
                }
                true
            })
        });
        moved.flatten().unwrap_or_default()
    }

    pub(super) fn put_user(&mut self, name: &str, old: Option<&Slot<User>>, new: &Slot<User>) {
        if old.is_some_and(|old| self.moved(old, new, USERS)) {
            return;
        }
        old.into_iter().for_each(|old| self.remove_user(name, old));
        self.add_user(name, new);
    }

    pub(super) fn put_role(&mut self, name: &str, old: Option<&Slot<Role>>, new: &Slot<Role>) {
        if old.is_some_and(|old| self.moved(old, new, ROLES)) {
            return;
        }
        old.into_iter().for_each(|old| self.remove_role(old));
        self.add_role(name, new);
    }

    pub(super) fn put_group(&mut self, name: &str, old: Option<&Slot<Group>>, new: &Slot<Group>) {
        if old.is_some_and(|old| self.moved(old, new, GROUPS)) {
            return;
        }
        old.into_iter().for_each(|old| self.remove_group(old));
        self.add_group(name, new);
    }

    fn add_user(&mut self, name: &str, slot: &Slot<User>) {
        self.count(slot, USERS, u32::saturating_add);
        slot.with_links(|id, links| {
            self.user_names.insert(id, Arc::from(name));
            for group in groups(links) {
                self.members.insert(&owned(&group, name), ());
            }
        });
    }

    pub(super) fn remove_user(&mut self, name: &str, slot: &Slot<User>) {
        self.count(slot, USERS, u32::saturating_sub);
        slot.with_links(|id, links| {
            self.user_names.remove(id);
            for group in groups(links) {
                self.members.remove(&owned(&group, name));
            }
        });
    }

    fn add_role(&mut self, name: &str, slot: &Slot<Role>) {
        self.count(slot, ROLES, u32::saturating_add);
        slot.with_links(|id, _| self.role_names.insert(id, Arc::from(name)));
    }

    pub(super) fn remove_role(&mut self, slot: &Slot<Role>) {
        self.count(slot, ROLES, u32::saturating_sub);
        slot.with_links(|id, _| self.role_names.remove(id));
    }

    fn add_group(&mut self, name: &str, slot: &Slot<Group>) {
        self.count(slot, GROUPS, u32::saturating_add);
        slot.with_links(|id, _| self.group_names.insert(id, Arc::from(name)));
    }

    pub(super) fn remove_group(&mut self, slot: &Slot<Group>) {
        self.count(slot, GROUPS, u32::saturating_sub);
        slot.with_links(|id, _| self.group_names.remove(id));
    }

    pub(super) fn add_policy(&mut self, name: &str, slot: &Slot<ManagedPolicy>) {
        slot.with_links(|id, _| self.policy_names.insert(id, Arc::from(name)));
    }

    pub(super) fn remove_policy(&mut self, slot: &Slot<ManagedPolicy>) {
        slot.with_links(|id, _| self.policy_names.remove(id));
    }

    pub(super) fn add_key(&mut self, key_id: &str, slot: &Slot<AccessKey>) {
        slot.with_links(|owner, _| self.keys_by_owner.insert(&owned(owner, key_id), ()));
    }

    pub(super) fn remove_key(&mut self, key_id: &str, slot: &Slot<AccessKey>) {
        slot.with_links(|owner, _| self.keys_by_owner.remove(&owned(owner, key_id)));
    }

    pub(super) fn add_profile(&mut self, name: &str, slot: &Slot<InstanceProfile>) {
        slot.with_links(|_, roles| {
            for role in roles {
                self.profiles_by_role.insert(&owned(role, name), ());
            }
        });
    }

    pub(super) fn remove_profile(&mut self, name: &str, slot: &Slot<InstanceProfile>) {
        slot.with_links(|_, roles| {
            for role in roles {
                self.profiles_by_role.remove(&owned(role, name));
            }
        });
    }
}

/// The groups among the links of a user.
fn groups(links: &mut dyn Iterator<Item = &str>) -> Vec<String> {
    links
        .filter_map(|link| match Link::read(link) {
            Link::Group(id) => Some(id.to_owned()),
            _ => None,
        })
        .collect()
}
