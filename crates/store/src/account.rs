//! An account as a value: immutable behind an `Arc`, its copies sharing what did not change.

use crate::change::Record;
use crate::engine::RecordError;
use crate::entity::{AccessKey, AccountMeta, ManagedPolicy, Role, User};
use crate::id::{AccountId, Revision, Unit};
use crate::installation::misplaced;
use crate::record::{Context, Kind, Stored};
use crate::table::{Slot, Slots, Table};
use crate::tree::Tree;
use bytes::Bytes;
use std::sync::{Arc, OnceLock};

/// One account with all its entities.
///
/// Loading it reads bytes and decodes almost nothing: entities are decoded on first use, their
/// policies compiled on first use. Changing one entity copies one path of its table.
#[derive(Debug)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The revision that last changed it.
    pub revision: Revision,
    /// Name, address, alias, status.
    pub meta: Arc<AccountMeta>,
    users: Slots<User>,
    roles: Slots<Role>,
    policies: Slots<ManagedPolicy>,
    keys: Slots<AccessKey>,
    indexes: OnceLock<Indexes>,
    context: Arc<Context>,
    /// Bytes of its records as stored.
    pub(crate) bytes: u64,
}

/// How many entities a managed policy is attached to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AttachmentCount {
    /// Users.
    pub users: u32,
    /// Roles.
    pub roles: u32,
}

impl AttachmentCount {
    /// Users and roles together: IAM's `AttachmentCount`.
    pub fn total(self) -> u32 {
        self.users.saturating_add(self.roles)
    }
}

/// Look-ups other than by name: made on first use from the records' links (nothing is decoded for
/// them) and kept up from then on.
#[derive(Clone, Debug, Default)]
struct Indexes {
    user_names: Tree<Arc<str>>,
    role_names: Tree<Arc<str>>,
    policy_names: Tree<Arc<str>>,
    attachments: Tree<AttachmentCount>,
    /// `owner's user id / key id`; root's keys have an empty owner.
    keys_by_owner: Tree<()>,
}

impl Account {
    /// Users by name.
    pub fn users(&self) -> Table<'_, User> {
        Table::new(&self.users, &self.context)
    }

    /// Roles by name.
    pub fn roles(&self) -> Table<'_, Role> {
        Table::new(&self.roles, &self.context)
    }

    /// Customer managed policies by name.
    pub fn policies(&self) -> Table<'_, ManagedPolicy> {
        Table::new(&self.policies, &self.context)
    }

    /// Access keys by their id.
    pub fn access_keys(&self) -> Table<'_, AccessKey> {
        Table::new(&self.keys, &self.context)
    }

    /// One access key.
    pub fn access_key(&self, id: &str) -> Option<&Arc<AccessKey>> {
        self.access_keys().get(id)
    }

    /// One managed policy.
    pub fn policy_by_name(&self, name: &str) -> Option<&Arc<ManagedPolicy>> {
        self.policies().get(name)
    }

    /// The user with this unique id (`AIDA…`).
    pub fn user_by_id(&self, id: &str) -> Option<&Arc<User>> {
        self.users().get(self.indexes().user_names.get(id)?)
    }

    /// The role with this unique id (`AROA…`).
    pub fn role_by_id(&self, id: &str) -> Option<&Arc<Role>> {
        self.roles().get(self.indexes().role_names.get(id)?)
    }

    /// The managed policy with this unique id (`ANPA…`).
    pub fn policy_by_id(&self, id: &str) -> Option<&Arc<ManagedPolicy>> {
        self.policies().get(self.indexes().policy_names.get(id)?)
    }

    /// The access keys of a user (by unique id), in ascending order of their ids.
    pub fn access_keys_of(&self, user_id: &str) -> Vec<&Arc<AccessKey>> {
        let prefix = format!("{user_id}/");
        self.indexes()
            .keys_by_owner
            .iter_from(&prefix)
            .map_while(|(key, ())| key.strip_prefix(&prefix))
            .filter_map(|id| self.access_key(id))
            .collect()
    }

    /// The root user's access keys.
    pub fn root_access_keys(&self) -> Vec<&Arc<AccessKey>> {
        self.access_keys_of("")
    }

    /// How many users and roles have the managed policy with this ARN attached.
    pub fn attachment_count(&self, policy_arn: &str) -> AttachmentCount {
        self.indexes()
            .attachments
            .get(policy_arn)
            .copied()
            .unwrap_or_default()
    }

    /// The first record that could not be decoded, if one was met. Such a record is absent from
    /// its table; the engine refuses writes to the account.
    pub fn damage(&self) -> Option<&RecordError> {
        self.context.damage.first()
    }

    /// Bytes of its records as stored.
    pub fn stored_bytes(&self) -> u64 {
        self.bytes
    }

    fn indexes(&self) -> &Indexes {
        self.indexes.get_or_init(|| self.build_indexes())
    }

    fn build_indexes(&self) -> Indexes {
        fn names<T: Stored>(slots: &Slots<T>) -> Tree<Arc<str>> {
            let mut pairs: Vec<(Arc<str>, Arc<str>)> = slots
                .iter()
                .filter_map(|(name, slot)| {
                    slot.with_links(|id, _| (Arc::from(id), Arc::from(name)))
                })
                .collect();
            pairs.sort_unstable();
            pairs.dedup_by(|left, right| left.0 == right.0);
            Tree::from_sorted(pairs)
        }
        let mut indexes = Indexes {
            user_names: names(&self.users),
            role_names: names(&self.roles),
            policy_names: names(&self.policies),
            ..Indexes::default()
        };
        for (_, slot) in self.users.iter() {
            indexes.count(slot, |count| &mut count.users, u32::saturating_add);
        }
        for (_, slot) in self.roles.iter() {
            indexes.count(slot, |count| &mut count.roles, u32::saturating_add);
        }
        let mut owners: Vec<(Arc<str>, ())> = self
            .keys
            .iter()
            .filter_map(|(id, slot)| slot.with_links(|owner, _| owner_key(owner, id)))
            .map(|key| (Arc::from(key), ()))
            .collect();
        owners.sort_unstable();
        indexes.keys_by_owner = Tree::from_sorted(owners);
        indexes
    }

    /// An account with nothing in it yet.
    pub(crate) fn empty(id: AccountId, meta: AccountMeta, context: Arc<Context>) -> Account {
        Account {
            id,
            revision: Revision::NONE,
            meta: Arc::new(meta),
            users: Tree::default(),
            roles: Tree::default(),
            policies: Tree::default(),
            keys: Tree::default(),
            indexes: OnceLock::new(),
            context,
            bytes: 0,
        }
    }

    /// The next value: the same tables with these records taken out and those put in.
    pub(crate) fn changed(
        &self,
        revision: Revision,
        puts: &[Record],
        deletes: &[(Kind, String)],
        bytes: u64,
    ) -> Account {
        let mut next = Account {
            id: self.id,
            revision,
            meta: self.meta.clone(),
            users: self.users.clone(),
            roles: self.roles.clone(),
            policies: self.policies.clone(),
            keys: self.keys.clone(),
            indexes: OnceLock::new(),
            context: self.context.clone(),
            bytes,
        };
        let mut indexes = self.indexes.get().cloned();
        for (kind, name) in deletes {
            next.delete(*kind, name, indexes.as_mut());
        }
        for record in puts {
            next.put(record, indexes.as_mut());
        }
        if let Some(indexes) = indexes {
            let _ = next.indexes.set(indexes);
        }
        next
    }

    fn delete(&mut self, kind: Kind, name: &str, indexes: Option<&mut Indexes>) {
        let mut none = Indexes::default();
        let indexes = indexes.unwrap_or(&mut none);
        match kind {
            Kind::User => {
                if let Some(old) = self.users.remove(name) {
                    indexes.remove_user(&old);
                }
            }
            Kind::Role => {
                if let Some(old) = self.roles.remove(name) {
                    indexes.remove_role(&old);
                }
            }
            Kind::Policy => {
                if let Some(old) = self.policies.remove(name) {
                    indexes.remove_policy(&old);
                }
            }
            Kind::AccessKey => {
                if let Some(old) = self.keys.remove(name) {
                    indexes.remove_key(name, &old);
                }
            }
            _ => {}
        }
    }

    fn put(&mut self, record: &Record, indexes: Option<&mut Indexes>) {
        let (_, name) = crate::record::place(&record.key());
        match record {
            Record::AccountMeta(meta) => self.meta = Arc::new(meta.clone()),
            Record::User(user) => {
                let slot = Arc::new(Slot::decoded(Arc::new(user.clone())));
                let old = self.users.insert(&name, slot.clone());
                if let Some(indexes) = indexes {
                    old.iter().for_each(|old| indexes.remove_user(old));
                    indexes.add_user(&name, &slot);
                }
            }
            Record::Role(role) => {
                let slot = Arc::new(Slot::decoded(Arc::new(role.clone())));
                let old = self.roles.insert(&name, slot.clone());
                if let Some(indexes) = indexes {
                    old.iter().for_each(|old| indexes.remove_role(old));
                    indexes.add_role(&name, &slot);
                }
            }
            Record::Policy(policy) => {
                let slot = Arc::new(Slot::decoded(Arc::new(policy.clone())));
                let old = self.policies.insert(&name, slot.clone());
                if let Some(indexes) = indexes {
                    old.iter().for_each(|old| indexes.remove_policy(old));
                    slot.with_links(|id, _| indexes.policy_names.insert(id, Arc::from(&*name)));
                }
            }
            Record::AccessKey(key) => {
                let slot = Arc::new(Slot::decoded(Arc::new(key.clone())));
                let old = self.keys.insert(&name, slot.clone());
                if let Some(indexes) = indexes {
                    old.iter().for_each(|old| indexes.remove_key(&name, old));
                    slot.with_links(|owner, _| {
                        indexes.keys_by_owner.insert(&owner_key(owner, &name), ());
                    });
                }
            }
            _ => {}
        }
    }
}

fn owner_key(owner: &str, key_id: &str) -> String {
    format!("{owner}/{key_id}")
}

impl Indexes {
    fn count<T: Stored>(
        &mut self,
        slot: &Slot<T>,
        side: fn(&mut AttachmentCount) -> &mut u32,
        step: fn(u32, u32) -> u32,
    ) {
        slot.with_links(|_, arns| {
            for arn in arns {
                let mut count = self.attachments.get(arn).copied().unwrap_or_default();
                let number = side(&mut count);
                *number = step(*number, 1);
                if count == AttachmentCount::default() {
                    self.attachments.remove(arn);
                } else {
                    self.attachments.insert(arn, count);
                }
            }
        });
    }

    fn add_user(&mut self, name: &str, slot: &Slot<User>) {
        self.count(slot, |count| &mut count.users, u32::saturating_add);
        slot.with_links(|id, _| self.user_names.insert(id, Arc::from(name)));
    }

    fn remove_user(&mut self, slot: &Slot<User>) {
        self.count(slot, |count| &mut count.users, u32::saturating_sub);
        slot.with_links(|id, _| self.user_names.remove(id));
    }

    fn add_role(&mut self, name: &str, slot: &Slot<Role>) {
        self.count(slot, |count| &mut count.roles, u32::saturating_add);
        slot.with_links(|id, _| self.role_names.insert(id, Arc::from(name)));
    }

    fn remove_role(&mut self, slot: &Slot<Role>) {
        self.count(slot, |count| &mut count.roles, u32::saturating_sub);
        slot.with_links(|id, _| self.role_names.remove(id));
    }

    fn remove_policy(&mut self, slot: &Slot<ManagedPolicy>) {
        slot.with_links(|id, _| self.policy_names.remove(id));
    }

    fn remove_key(&mut self, key_id: &str, slot: &Slot<AccessKey>) {
        slot.with_links(|owner, _| self.keys_by_owner.remove(&owner_key(owner, key_id)));
    }
}

/// Puts an account together from stored records.
pub(crate) struct Builder {
    id: AccountId,
    context: Arc<Context>,
    meta: Option<AccountMeta>,
    users: Vec<(Arc<str>, Arc<Slot<User>>)>,
    roles: Vec<(Arc<str>, Arc<Slot<Role>>)>,
    policies: Vec<(Arc<str>, Arc<Slot<ManagedPolicy>>)>,
    keys: Vec<(Arc<str>, Arc<Slot<AccessKey>>)>,
}

impl Builder {
    pub(crate) fn new(id: AccountId, context: Arc<Context>) -> Builder {
        Builder {
            id,
            context,
            meta: None,
            users: Vec::new(),
            roles: Vec::new(),
            policies: Vec::new(),
            keys: Vec::new(),
        }
    }

    /// Takes the records in the order of their keys.
    pub(crate) fn add(&mut self, kind: Kind, name: &str, raw: Bytes) -> Result<(), RecordError> {
        let key = || Arc::from(name);
        match kind {
            Kind::AccountMeta => {
                self.meta = Some(AccountMeta::decode(&raw, name, &self.context)?);
            }
            Kind::User => self.users.push((key(), Arc::new(Slot::encoded(raw)))),
            Kind::Role => self.roles.push((key(), Arc::new(Slot::encoded(raw)))),
            Kind::Policy => self.policies.push((key(), Arc::new(Slot::encoded(raw)))),
            Kind::AccessKey => self.keys.push((key(), Arc::new(Slot::encoded(raw)))),
            _ => return Err(misplaced(self.context.unit, name)),
        }
        Ok(())
    }

    pub(crate) fn finish(self, revision: Revision, bytes: u64) -> Result<Account, RecordError> {
        let meta = self.meta.ok_or_else(|| RecordError::Form {
            unit: Unit::Account(self.id),
            key: String::new(),
            what: "no record of the account itself".to_owned(),
        })?;
        let mut value = Account::empty(self.id, meta, self.context);
        value.revision = revision;
        value.bytes = bytes;
        value.users = Tree::from_sorted(self.users);
        value.roles = Tree::from_sorted(self.roles);
        value.policies = Tree::from_sorted(self.policies);
        value.keys = Tree::from_sorted(self.keys);
        Ok(value)
    }
}
