//! An account as a value: immutable behind an `Arc`, its copies sharing what did not change.

mod accesses;
mod credentials;
mod indexes;

use crate::change::Record;
use crate::engine::RecordError;
use crate::entity::{
    AccessKey, AccountMeta, DeletionTask, Group, InstanceProfile, ManagedPolicy, OidcProvider,
    Role, SamlProvider, Trail, User,
};
use crate::id::{AccountId, Revision, Unit};
use crate::installation::misplaced;
use crate::record::{Context, Kind, Stored};
use crate::table::{Slot, Slots, Table};
use crate::tree::Tree;
use accesses::Accesses;
use bytes::Bytes;
use credentials::Credentials;
use indexes::Indexes;
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
    groups: Slots<Group>,
    profiles: Slots<InstanceProfile>,
    credentials: Credentials,
    accesses: Accesses,
    oidc: Slots<OidcProvider>,
    saml: Slots<SamlProvider>,
    deletions: Slots<DeletionTask>,
    trails: Slots<Trail>,
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
    /// Groups.
    pub groups: u32,
    /// Users and roles whose permissions boundary it is; these are no attachments.
    pub boundaries: u32,
}

impl AttachmentCount {
    /// Users, roles and groups together: IAM's `AttachmentCount`.
    pub fn total(self) -> u32 {
        self.users
            .saturating_add(self.roles)
            .saturating_add(self.groups)
    }
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

    /// Groups by name.
    pub fn groups(&self) -> Table<'_, Group> {
        Table::new(&self.groups, &self.context)
    }

    /// Instance profiles by name.
    pub fn instance_profiles(&self) -> Table<'_, InstanceProfile> {
        Table::new(&self.profiles, &self.context)
    }

    /// OpenID Connect providers by their URL without its scheme.
    pub fn oidc_providers(&self) -> Table<'_, OidcProvider> {
        Table::new(&self.oidc, &self.context)
    }

    /// SAML providers by name.
    pub fn saml_providers(&self) -> Table<'_, SamlProvider> {
        Table::new(&self.saml, &self.context)
    }

    /// Deletions of service-linked roles by the id of their task.
    pub fn deletion_tasks(&self) -> Table<'_, DeletionTask> {
        Table::new(&self.deletions, &self.context)
    }

    /// Trails by [`Trail::place`].
    pub fn trails(&self) -> Table<'_, Trail> {
        Table::new(&self.trails, &self.context)
    }

    /// The group with this unique id (`AGPA…`).
    pub fn group_by_id(&self, id: &str) -> Option<&Arc<Group>> {
        self.groups().get(self.indexes().group_names.get(id)?)
    }

    /// The users in a group (by unique id) whose lower-cased names come after `marker`'s, in order.
    pub fn members_of<'a>(
        &'a self,
        group_id: &str,
        marker: &str,
    ) -> impl Iterator<Item = &'a Arc<User>> + use<'a> {
        let prefix = format!("{group_id}/");
        let marker = format!("{prefix}{}", marker.to_ascii_lowercase());
        let members = self.indexes().members.iter_from(&marker);
        members
            .skip_while(move |(key, ())| **key == *marker)
            .map_while(move |(key, ())| key.strip_prefix(&prefix))
            .filter_map(|name| self.users().get(name))
    }

    /// The instance profiles that hold a role (by unique id), in the order of their names.
    pub fn instance_profiles_of(&self, role_id: &str) -> Vec<&Arc<InstanceProfile>> {
        let prefix = format!("{role_id}/");
        self.indexes()
            .profiles_by_role
            .iter_from(&prefix)
            .map_while(|(key, ())| key.strip_prefix(&prefix))
            .filter_map(|name| self.instance_profiles().get(name))
            .collect()
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

    /// How many entities have the managed policy with this ARN attached, or as their boundary.
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
        self.indexes.get_or_init(|| Indexes::of(self))
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
            groups: Tree::default(),
            profiles: Tree::default(),
            credentials: Credentials::default(),
            accesses: Accesses::default(),
            oidc: Tree::default(),
            saml: Tree::default(),
            deletions: Tree::default(),
            trails: Tree::default(),
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
            groups: self.groups.clone(),
            profiles: self.profiles.clone(),
            credentials: self.credentials.clone(),
            accesses: self.accesses.clone(),
            oidc: self.oidc.clone(),
            saml: self.saml.clone(),
            deletions: self.deletions.clone(),
            trails: self.trails.clone(),
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
                    indexes.remove_user(name, &old);
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
            Kind::Group => {
                if let Some(old) = self.groups.remove(name) {
                    indexes.remove_group(&old);
                }
            }
            Kind::InstanceProfile => {
                if let Some(old) = self.profiles.remove(name) {
                    indexes.remove_profile(name, &old);
                }
            }
            Kind::OidcProvider => drop(self.oidc.remove(name)),
            Kind::SamlProvider => drop(self.saml.remove(name)),
            Kind::DeletionTask => drop(self.deletions.remove(name)),
            Kind::Trail => drop(self.trails.remove(name)),
            Kind::LastAccess | Kind::Job => self.accesses.delete(kind, name),
            other => self.credentials.delete(other, name, indexes),
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
                    indexes.put_user(&name, old.as_deref(), &slot);
                }
            }
            Record::Role(role) => {
                let slot = Arc::new(Slot::decoded(Arc::new(role.clone())));
                let old = self.roles.insert(&name, slot.clone());
                if let Some(indexes) = indexes {
                    indexes.put_role(&name, old.as_deref(), &slot);
                }
            }
            Record::Policy(policy) => {
                let slot = Arc::new(Slot::decoded(Arc::new(policy.clone())));
                let old = self.policies.insert(&name, slot.clone());
                if let Some(indexes) = indexes {
                    old.iter().for_each(|old| indexes.remove_policy(old));
                    indexes.add_policy(&name, &slot);
                }
            }
            Record::AccessKey(key) => {
                let slot = Arc::new(Slot::decoded(Arc::new(key.clone())));
                let old = self.keys.insert(&name, slot.clone());
                if let Some(indexes) = indexes {
                    old.iter().for_each(|old| indexes.remove_key(&name, old));
                    indexes.add_key(&name, &slot);
                }
            }
            Record::Group(group) => {
                let slot = Arc::new(Slot::decoded(Arc::new(group.clone())));
                let old = self.groups.insert(&name, slot.clone());
                if let Some(indexes) = indexes {
                    indexes.put_group(&name, old.as_deref(), &slot);
                }
            }
            Record::InstanceProfile(profile) => {
                let slot = Arc::new(Slot::decoded(Arc::new(profile.clone())));
                let old = self.profiles.insert(&name, slot.clone());
                if let Some(indexes) = indexes {
                    old.iter()
                        .for_each(|old| indexes.remove_profile(&name, old));
                    indexes.add_profile(&name, &slot);
                }
            }
            Record::OidcProvider(held) => drop(self.oidc.insert(&name, slot(held))),
            Record::SamlProvider(held) => drop(self.saml.insert(&name, slot(held))),
            Record::DeletionTask(task) => drop(self.deletions.insert(&name, slot(task))),
            Record::Trail(trail) => drop(self.trails.insert(&name, slot(trail))),
            Record::LastAccess(_) | Record::Job(_) => self.accesses.put(record, &name),
            other => self.credentials.put(other, &name, indexes),
        }
    }
}

fn slot<T: Stored + Clone>(value: &T) -> Arc<Slot<T>> {
    Arc::new(Slot::decoded(Arc::new(value.clone())))
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
    groups: Vec<(Arc<str>, Arc<Slot<Group>>)>,
    profiles: Vec<(Arc<str>, Arc<Slot<InstanceProfile>>)>,
    credentials: credentials::Builder,
    accesses: accesses::Builder,
    oidc: Vec<(Arc<str>, Arc<Slot<OidcProvider>>)>,
    saml: Vec<(Arc<str>, Arc<Slot<SamlProvider>>)>,
    deletions: Vec<(Arc<str>, Arc<Slot<DeletionTask>>)>,
    trails: Vec<(Arc<str>, Arc<Slot<Trail>>)>,
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
            groups: Vec::new(),
            profiles: Vec::new(),
            credentials: credentials::Builder::default(),
            accesses: accesses::Builder::default(),
            oidc: Vec::new(),
            saml: Vec::new(),
            deletions: Vec::new(),
            trails: Vec::new(),
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
            Kind::Group => self.groups.push((key(), Arc::new(Slot::encoded(raw)))),
            Kind::InstanceProfile => self.profiles.push((key(), Arc::new(Slot::encoded(raw)))),
            Kind::OidcProvider => self.oidc.push((key(), Arc::new(Slot::encoded(raw)))),
            Kind::SamlProvider => self.saml.push((key(), Arc::new(Slot::encoded(raw)))),
            Kind::DeletionTask => self.deletions.push((key(), Arc::new(Slot::encoded(raw)))),
            Kind::Trail => self.trails.push((key(), Arc::new(Slot::encoded(raw)))),
            other => {
                let raw = self.accesses.add(other, name, raw);
                if raw.is_some_and(|raw| !self.credentials.add(other, name, raw)) {
                    return Err(misplaced(self.context.unit, name));
                }
            }
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
        value.groups = Tree::from_sorted(self.groups);
        value.profiles = Tree::from_sorted(self.profiles);
        value.credentials = self.credentials.finish();
        value.accesses = self.accesses.finish();
        value.oidc = Tree::from_sorted(self.oidc);
        value.saml = Tree::from_sorted(self.saml);
        value.deletions = Tree::from_sorted(self.deletions);
        value.trails = Tree::from_sorted(self.trails);
        Ok(value)
    }
}
