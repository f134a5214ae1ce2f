//! The installation as a value: what belongs to no account.

use crate::change::Record;
use crate::engine::RecordError;
use crate::entity::{AccountStatus, JoinedMethod};
use crate::id::{AccountId, Revision, Unit};
use crate::record::{Context, Kind};
use crate::secret::Secret;
use crate::table::{Slot, Slots, Table};
use crate::tree::Tree;
use bytes::Bytes;
use std::sync::{Arc, OnceLock};

/// Whether a session key may seal and open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Seals new sessions (the newest active one) and opens old ones.
    Active,
    /// Opens old sessions only.
    Retired,
    /// Refused: its sessions are dead.
    Revoked,
}

/// One key of the session key ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionKeyEpoch {
    /// Its number, never reused.
    pub epoch: u32,
    /// 32 bytes, sealed at rest.
    pub secret: Secret,
    /// Whether it is in use.
    pub state: KeyState,
    /// Unix seconds.
    pub created_s: i64,
}

/// Facts of the installation itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallationMeta {
    /// The account made at first start; the organization's management account.
    pub management_account: AccountId,
    /// Unix seconds.
    pub created_s: i64,
}

/// The organization, once it is created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// `o-…`.
    pub id: String,
    /// `r-…`.
    pub root_id: String,
    /// `ALL` or `CONSOLIDATED_BILLING`.
    pub feature_set: String,
    /// Unix seconds.
    pub created_s: i64,
}

/// One entry of the account index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSummary {
    /// The account.
    pub id: AccountId,
    /// Organizations' account name.
    pub name: String,
    /// The owner's address, unique in the installation ignoring case.
    pub email: String,
    /// IAM's account alias, unique in the installation.
    pub alias: Option<String>,
    /// Unix seconds.
    pub joined_s: i64,
    /// Whether it may be used.
    pub status: AccountStatus,
    /// How it came to be.
    pub joined_method: JoinedMethod,
}

/// How far a `CreateAccount` has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CreateAccountState {
    /// Not yet decided.
    InProgress,
    /// The account exists.
    Succeeded {
        /// The new account.
        account: AccountId,
    },
    /// No account was made.
    Failed {
        /// Organizations' `FailureReason`, e.g. `EMAIL_ALREADY_EXISTS`.
        reason: String,
    },
}

/// A request to create an account, as `DescribeCreateAccountStatus` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateAccountRequest {
    /// `car-…`.
    pub id: String,
    /// The name asked for.
    pub account_name: String,
    /// Unix seconds.
    pub requested_s: i64,
    /// Unix seconds; `None` while in progress.
    pub completed_s: Option<i64>,
    /// How far it has come.
    pub state: CreateAccountState,
}

/// A key pair that signs digests of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailKey {
    /// 32 hexadecimal digits; digests name the key by it.
    pub fingerprint: String,
    /// PKCS#1 DER of the RSA public key.
    pub public_key: Vec<u8>,
    /// PKCS#8 DER of the private key, sealed at rest.
    pub private_key: Secret,
    /// Unix seconds from which on it signs.
    pub valid_from_s: i64,
    /// Unix seconds until which it signs.
    pub valid_until_s: i64,
}

/// The installation: an immutable value behind an `Arc`.
#[derive(Debug)]
pub struct Installation {
    /// The revision that last changed it.
    pub revision: Revision,
    /// The id made when the store was created; every sealed value is bound to it.
    pub cluster_id: String,
    /// The organization's management account.
    pub management_account: AccountId,
    /// Unix seconds.
    pub created_s: i64,
    /// The session key ring, oldest epoch first.
    pub keys: Vec<SessionKeyEpoch>,
    /// The organization, once it is created.
    pub organization: Option<Organization>,
    /// Keys that sign digests of the trail, the oldest validity first.
    pub trail_keys: Vec<TrailKey>,
    accounts: Slots<AccountSummary>,
    requests: Slots<CreateAccountRequest>,
    indexes: OnceLock<Indexes>,
    context: Arc<Context>,
    pub(crate) bytes: u64,
}

/// Look-ups made on first use and kept up from then on.
#[derive(Clone, Debug, Default)]
struct Indexes {
    by_email: Tree<Arc<str>>,
    by_alias: Tree<Arc<str>>,
}

impl Installation {
    /// The account index, ordered by account id.
    pub fn accounts(&self) -> Table<'_, AccountSummary> {
        Table::new(&self.accounts, &self.context)
    }

    /// The entry of one account.
    pub fn account(&self, id: AccountId) -> Option<&Arc<AccountSummary>> {
        self.accounts().get(&id.text())
    }

    /// The account whose owner has this address, ignoring case.
    pub fn account_by_email(&self, email: &str) -> Option<&Arc<AccountSummary>> {
        let id = self.indexes().by_email.get(&email.to_ascii_lowercase())?;
        self.accounts().get(id)
    }

    /// The account with this alias.
    pub fn account_by_alias(&self, alias: &str) -> Option<&Arc<AccountSummary>> {
        let id = self.indexes().by_alias.get(&alias.to_ascii_lowercase())?;
        self.accounts().get(id)
    }

    /// Requests to create accounts, ordered by id.
    pub fn create_account_requests(&self) -> Table<'_, CreateAccountRequest> {
        Table::new(&self.requests, &self.context)
    }

    /// The first record that could not be decoded, if one was met.
    pub fn damage(&self) -> Option<&RecordError> {
        self.context.damage.first()
    }

    fn indexes(&self) -> &Indexes {
        self.indexes.get_or_init(|| {
            let mut indexes = Indexes::default();
            for (key, slot) in self.accounts.iter() {
                indexes.add(key, slot);
            }
            indexes
        })
    }

    /// An installation with nothing in it yet.
    pub(crate) fn empty(context: Arc<Context>, management_account: AccountId) -> Installation {
        Installation {
            revision: Revision::NONE,
            cluster_id: context.sealer.cluster_id().to_owned(),
            management_account,
            created_s: 0,
            keys: Vec::new(),
            organization: None,
            trail_keys: Vec::new(),
            accounts: Tree::default(),
            requests: Tree::default(),
            indexes: OnceLock::new(),
            context,
            bytes: 0,
        }
    }

    /// The next value: the same tables with these records put in and those taken out.
    pub(crate) fn changed(
        &self,
        revision: Revision,
        puts: &[Record],
        deletes: &[(Kind, String)],
        bytes: u64,
    ) -> Installation {
        let mut next = Installation {
            revision,
            cluster_id: self.cluster_id.clone(),
            management_account: self.management_account,
            created_s: self.created_s,
            keys: self.keys.clone(),
            organization: self.organization.clone(),
            trail_keys: self.trail_keys.clone(),
            accounts: self.accounts.clone(),
            requests: self.requests.clone(),
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
        match kind {
            Kind::SessionKey => self.keys.retain(|key| format!("{:010}", key.epoch) != name),
            Kind::Organization => self.organization = None,
            Kind::TrailKey => self.trail_keys.retain(|key| key.fingerprint != name),
            Kind::AccountSummary => {
                let old = self.accounts.remove(name);
                if let (Some(old), Some(indexes)) = (old, indexes) {
                    indexes.remove(&old);
                }
            }
            Kind::CreateAccountRequest => {
                self.requests.remove(name);
            }
            _ => {}
        }
    }

    fn put(&mut self, record: &Record, indexes: Option<&mut Indexes>) {
        let (_, name) = crate::record::place(&record.key());
        match record {
            Record::InstallationMeta(meta) => self.set_meta(meta),
            Record::SessionKey(key) => self.set_key(key.clone()),
            Record::Organization(organization) => self.organization = Some(organization.clone()),
            Record::TrailKey(key) => self.set_trail_key(key.clone()),
            Record::AccountSummary(summary) => {
                let slot = Arc::new(Slot::decoded(Arc::new(summary.clone())));
                let old = self.accounts.insert(&name, slot.clone());
                if let Some(indexes) = indexes {
                    if let Some(old) = old {
                        indexes.remove(&old);
                    }
                    indexes.add(&name, &slot);
                }
            }
            Record::CreateAccountRequest(request) => {
                let slot = Arc::new(Slot::decoded(Arc::new(request.clone())));
                self.requests.insert(&name, slot);
            }
            _ => {}
        }
    }

    fn set_meta(&mut self, meta: &InstallationMeta) {
        self.management_account = meta.management_account;
        self.created_s = meta.created_s;
    }

    fn set_trail_key(&mut self, key: TrailKey) {
        self.trail_keys
            .retain(|known| known.fingerprint != key.fingerprint);
        self.trail_keys.push(key);
        sort_trail_keys(&mut self.trail_keys);
    }

    fn set_key(&mut self, key: SessionKeyEpoch) {
        match self
            .keys
            .binary_search_by_key(&key.epoch, |known| known.epoch)
        {
            Ok(at) => {
                if let Some(place) = self.keys.get_mut(at) {
                    *place = key;
                }
            }
            Err(at) => self.keys.insert(at, key),
        }
    }
}

fn sort_trail_keys(keys: &mut [TrailKey]) {
    keys.sort_by(|left, right| {
        let order = |key: &TrailKey| (key.valid_from_s, key.fingerprint.clone());
        order(left).cmp(&order(right))
    });
}

impl Indexes {
    fn add(&mut self, key: &str, slot: &Slot<AccountSummary>) {
        slot.with_links(|email, aliases| {
            self.by_email
                .insert(&email.to_ascii_lowercase(), Arc::from(key));
            for alias in aliases {
                self.by_alias
                    .insert(&alias.to_ascii_lowercase(), Arc::from(key));
            }
        });
    }

    fn remove(&mut self, slot: &Slot<AccountSummary>) {
        slot.with_links(|email, aliases| {
            self.by_email.remove(&email.to_ascii_lowercase());
            for alias in aliases {
                self.by_alias.remove(&alias.to_ascii_lowercase());
            }
        });
    }
}

/// Puts an installation together from stored records.
pub(crate) struct Builder {
    context: Arc<Context>,
    meta: Option<InstallationMeta>,
    keys: Vec<SessionKeyEpoch>,
    organization: Option<Organization>,
    trail_keys: Vec<TrailKey>,
    accounts: Vec<(Arc<str>, Arc<Slot<AccountSummary>>)>,
    requests: Vec<(Arc<str>, Arc<Slot<CreateAccountRequest>>)>,
}

impl Builder {
    pub(crate) fn new(context: Arc<Context>) -> Builder {
        Builder {
            context,
            meta: None,
            keys: Vec::new(),
            organization: None,
            trail_keys: Vec::new(),
            accounts: Vec::new(),
            requests: Vec::new(),
        }
    }

    /// Takes the records in the order of their keys.
    pub(crate) fn add(&mut self, kind: Kind, name: &str, raw: Bytes) -> Result<(), RecordError> {
        use crate::record::Stored;
        let context = &*self.context;
        match kind {
            Kind::InstallationMeta => self.meta = Some(Stored::decode(&raw, name, context)?),
            Kind::SessionKey => self.keys.push(Stored::decode(&raw, name, context)?),
            Kind::Organization => self.organization = Some(Stored::decode(&raw, name, context)?),
            Kind::TrailKey => self.trail_keys.push(Stored::decode(&raw, name, context)?),
            Kind::AccountSummary => self
                .accounts
                .push((Arc::from(name), Arc::new(Slot::encoded(raw)))),
            Kind::CreateAccountRequest => self
                .requests
                .push((Arc::from(name), Arc::new(Slot::encoded(raw)))),
            _ => return Err(misplaced(self.context.unit, name)),
        }
        Ok(())
    }

    pub(crate) fn finish(
        self,
        revision: Revision,
        bytes: u64,
    ) -> Result<Installation, RecordError> {
        let meta = self.meta.ok_or_else(|| RecordError::Form {
            unit: Unit::Installation,
            key: String::new(),
            what: "no record of the installation itself".to_owned(),
        })?;
        let mut value = Installation::empty(self.context, meta.management_account);
        value.set_meta(&meta);
        value.revision = revision;
        value.bytes = bytes;
        value.keys = self.keys;
        value.organization = self.organization;
        value.trail_keys = self.trail_keys;
        sort_trail_keys(&mut value.trail_keys);
        value.accounts = Tree::from_sorted(self.accounts);
        value.requests = Tree::from_sorted(self.requests);
        Ok(value)
    }
}

pub(crate) fn misplaced(unit: Unit, name: &str) -> RecordError {
    RecordError::Form {
        unit,
        key: name.to_owned(),
        what: "a kind that does not belong to its unit".to_owned(),
    }
}
