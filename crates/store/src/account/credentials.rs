//! The credentials of an account, and when they were last used: tables of their own beside the entities.

use super::Account;
use super::indexes::Indexes;
use crate::change::Record;
use crate::entity::{
    LastUse, LoginProfile, MfaDevice, ReportPart, ServerCertificate, ServiceCredential,
    SigningCertificate, SshPublicKey,
};
use crate::record::{Kind, Stored};
use crate::table::{Slot, Slots, Table};
use crate::tree::Tree;
use bytes::Bytes;
use std::sync::Arc;

/// The tables.
#[derive(Clone, Debug, Default)]
pub(super) struct Credentials {
    profiles: Slots<LoginProfile>,
    devices: Slots<MfaDevice>,
    ssh: Slots<SshPublicKey>,
    signing: Slots<SigningCertificate>,
    server: Slots<ServerCertificate>,
    services: Slots<ServiceCredential>,
    last_uses: Slots<LastUse>,
    report: Slots<ReportPart>,
}

impl Account {
    /// The password of the user with this unique id.
    pub fn login_profile(&self, user_id: &str) -> Option<&Arc<LoginProfile>> {
        self.login_profiles().get(user_id)
    }

    /// Passwords by their user's unique id.
    pub fn login_profiles(&self) -> Table<'_, LoginProfile> {
        Table::new(&self.credentials.profiles, &self.context)
    }

    /// MFA devices by path and name, assigned or not.
    pub fn mfa_devices(&self) -> Table<'_, MfaDevice> {
        Table::new(&self.credentials.devices, &self.context)
    }

    /// Public keys for SSH by id.
    pub fn ssh_public_keys(&self) -> Table<'_, SshPublicKey> {
        Table::new(&self.credentials.ssh, &self.context)
    }

    /// Signing certificates by id.
    pub fn signing_certificates(&self) -> Table<'_, SigningCertificate> {
        Table::new(&self.credentials.signing, &self.context)
    }

    /// Server certificates by name.
    pub fn server_certificates(&self) -> Table<'_, ServerCertificate> {
        Table::new(&self.credentials.server, &self.context)
    }

    /// Credentials for one service by id.
    pub fn service_credentials(&self) -> Table<'_, ServiceCredential> {
        Table::new(&self.credentials.services, &self.context)
    }

    /// Last uses of access keys and roles by their unique ids.
    pub fn last_uses(&self) -> Table<'_, LastUse> {
        Table::new(&self.credentials.last_uses, &self.context)
    }

    /// The parts of the credential report, the first one first.
    pub fn credential_report(&self) -> Table<'_, ReportPart> {
        Table::new(&self.credentials.report, &self.context)
    }

    /// The MFA devices assigned to a user (by unique id), in the order of path and name.
    pub fn mfa_devices_of(&self, user_id: &str) -> Vec<&Arc<MfaDevice>> {
        self.owned_by(Kind::MfaDevice, user_id, self.mfa_devices())
    }

    /// A user's public keys for SSH, in the order of their ids.
    pub fn ssh_public_keys_of(&self, user_id: &str) -> Vec<&Arc<SshPublicKey>> {
        self.owned_by(Kind::SshPublicKey, user_id, self.ssh_public_keys())
    }

    /// The signing certificates of a user, or of root when there is none, in the order of their ids.
    pub fn signing_certificates_of(&self, user_id: Option<&str>) -> Vec<&Arc<SigningCertificate>> {
        let owner = user_id.unwrap_or_default();
        self.owned_by(Kind::SigningCertificate, owner, self.signing_certificates())
    }

    /// A user's credentials for one service each, in the order of their ids.
    pub fn service_credentials_of(&self, user_id: &str) -> Vec<&Arc<ServiceCredential>> {
        self.owned_by(Kind::ServiceCredential, user_id, self.service_credentials())
    }

    fn owned_by<'a, T: Stored>(
        &'a self,
        kind: Kind,
        owner: &str,
        table: Table<'a, T>,
    ) -> Vec<&'a Arc<T>> {
        let prefix = place(kind, owner, "");
        let owned = self.indexes().credentials.iter_from(&prefix);
        owned
            .map_while(|(key, ())| key.strip_prefix(&prefix))
            .filter_map(|name| table.get(name))
            .collect()
    }
}

/// `owner/kind/name`: what an owner has of a kind are neighbours.
pub(super) fn place(kind: Kind, owner: &str, name: &str) -> String {
    format!("{owner}/{}/{name}", kind as u8)
}

/// The place in the index of one record; an MFA device that is not assigned has none.
fn indexed<T: Stored>(kind: Kind, name: &str, slot: &Slot<T>) -> Option<String> {
    slot.with_links(|owner, _| {
        let nobodys = kind == Kind::MfaDevice && owner.is_empty();
        (!nobodys).then(|| place(kind, owner, name))
    })?
}

impl Credentials {
    /// The places in the index of all that belongs to somebody.
    pub(super) fn places(&self) -> Vec<String> {
        fn of<T: Stored>(kind: Kind, slots: &Slots<T>) -> impl Iterator<Item = String> {
            let places = slots.iter();
            places.filter_map(move |(name, slot)| indexed(kind, name, slot))
        }
        of(Kind::MfaDevice, &self.devices)
            .chain(of(Kind::SshPublicKey, &self.ssh))
            .chain(of(Kind::SigningCertificate, &self.signing))
            .chain(of(Kind::ServiceCredential, &self.services))
            .collect()
    }

    /// Takes a record out; one of another kind is left to the other tables.
    pub(super) fn delete(&mut self, kind: Kind, name: &str, indexes: &mut Indexes) {
        fn out<T: Stored>(kind: Kind, name: &str, slots: &mut Slots<T>, indexes: &mut Indexes) {
            let old = slots.remove(name);
            if let Some(place) = old.and_then(|old| indexed(kind, name, &old)) {
                indexes.credentials.remove(&place);
            }
        }
        match kind {
            Kind::MfaDevice => out(kind, name, &mut self.devices, indexes),
            Kind::SshPublicKey => out(kind, name, &mut self.ssh, indexes),
            Kind::SigningCertificate => out(kind, name, &mut self.signing, indexes),
            Kind::ServiceCredential => out(kind, name, &mut self.services, indexes),
            Kind::LoginProfile => drop(self.profiles.remove(name)),
            Kind::ServerCertificate => drop(self.server.remove(name)),
            Kind::LastUse => drop(self.last_uses.remove(name)),
            Kind::ReportPart => drop(self.report.remove(name)),
            _ => {}
        }
    }

    /// Puts a record in; one of another kind is left to the other tables.
    pub(super) fn put(&mut self, record: &Record, name: &str, indexes: Option<&mut Indexes>) {
        fn slot<T: Stored + Clone>(value: &T) -> Arc<Slot<T>> {
            Arc::new(Slot::decoded(Arc::new(value.clone())))
        }
        fn put<T: Stored + Clone>(
            (kind, name): (Kind, &str),
            value: &T,
            slots: &mut Slots<T>,
            indexes: Option<&mut Indexes>,
        ) {
            let new = slot(value);
            let old = slots.insert(name, new.clone());
            let Some(indexes) = indexes else { return };
            if let Some(place) = old.and_then(|old| indexed(kind, name, &old)) {
                indexes.credentials.remove(&place);
            }
            if let Some(place) = indexed(kind, name, &new) {
                indexes.credentials.insert(&place, ());
            }
        }
        match record {
            Record::MfaDevice(value) => {
                put((Kind::MfaDevice, name), value, &mut self.devices, indexes);
            }
            Record::SshPublicKey(value) => {
                put((Kind::SshPublicKey, name), value, &mut self.ssh, indexes);
            }
            Record::SigningCertificate(value) => {
                let at = (Kind::SigningCertificate, name);
                put(at, value, &mut self.signing, indexes);
            }
            Record::ServiceCredential(value) => {
                let at = (Kind::ServiceCredential, name);
                put(at, value, &mut self.services, indexes);
            }
            Record::LoginProfile(value) => drop(self.profiles.insert(name, slot(value))),
            Record::ServerCertificate(value) => drop(self.server.insert(name, slot(value))),
            Record::LastUse(value) => drop(self.last_uses.insert(name, slot(value))),
            Record::ReportPart(value) => drop(self.report.insert(name, slot(value))),
            _ => {}
        }
    }
}

/// One table being filled in the order of its keys.
type Rows<T> = Vec<(Arc<str>, Arc<Slot<T>>)>;

/// Puts the tables together from stored records.
#[derive(Default)]
pub(super) struct Builder {
    profiles: Rows<LoginProfile>,
    devices: Rows<MfaDevice>,
    ssh: Rows<SshPublicKey>,
    signing: Rows<SigningCertificate>,
    server: Rows<ServerCertificate>,
    services: Rows<ServiceCredential>,
    last_uses: Rows<LastUse>,
    report: Rows<ReportPart>,
}

impl Builder {
    /// Takes a record; false when it is of another kind.
    pub(super) fn add(&mut self, kind: Kind, name: &str, raw: Bytes) -> bool {
        fn row<T: Stored>(rows: &mut Rows<T>, name: &str, raw: Bytes) {
            rows.push((Arc::from(name), Arc::new(Slot::encoded(raw))));
        }
        match kind {
            Kind::LoginProfile => row(&mut self.profiles, name, raw),
            Kind::MfaDevice => row(&mut self.devices, name, raw),
            Kind::SshPublicKey => row(&mut self.ssh, name, raw),
            Kind::SigningCertificate => row(&mut self.signing, name, raw),
            Kind::ServerCertificate => row(&mut self.server, name, raw),
            Kind::ServiceCredential => row(&mut self.services, name, raw),
            Kind::LastUse => row(&mut self.last_uses, name, raw),
            Kind::ReportPart => row(&mut self.report, name, raw),
            _ => return false,
        }
        true
    }

    pub(super) fn finish(self) -> Credentials {
        Credentials {
            profiles: Tree::from_sorted(self.profiles),
            devices: Tree::from_sorted(self.devices),
            ssh: Tree::from_sorted(self.ssh),
            signing: Tree::from_sorted(self.signing),
            server: Tree::from_sorted(self.server),
            services: Tree::from_sorted(self.services),
            last_uses: Tree::from_sorted(self.last_uses),
            report: Tree::from_sorted(self.report),
        }
    }
}
