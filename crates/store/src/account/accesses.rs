//! What principals of an account last did, and reports of it: tables of their own beside the entities.

use super::Account;
use crate::change::Record;
use crate::entity::{Job, LastAccess};
use crate::record::Kind;
use crate::table::{Slot, Slots, Table};
use crate::tree::Tree;
use bytes::Bytes;
use std::sync::Arc;

/// The tables.
#[derive(Clone, Debug, Default)]
pub(super) struct Accesses {
    last: Slots<LastAccess>,
    jobs: Slots<Job>,
}

impl Account {
    /// Last accesses of users and roles by their unique ids; root's stands under the account's id.
    pub fn last_accesses(&self) -> Table<'_, LastAccess> {
        Table::new(&self.accesses.last, &self.context)
    }

    /// Reports of last accesses by their ids.
    pub fn jobs(&self) -> Table<'_, Job> {
        Table::new(&self.accesses.jobs, &self.context)
    }
}

impl Accesses {
    /// Takes a record out; one of another kind is left to the other tables.
    pub(super) fn delete(&mut self, kind: Kind, name: &str) {
        match kind {
            Kind::LastAccess => drop(self.last.remove(name)),
            Kind::Job => drop(self.jobs.remove(name)),
            _ => {}
        }
    }

    /// Puts a record in; one of another kind is left to the other tables.
    pub(super) fn put(&mut self, record: &Record, name: &str) {
        match record {
            Record::LastAccess(value) => {
                let slot = Slot::decoded(Arc::new(value.clone()));
                self.last.insert(name, Arc::new(slot));
            }
            Record::Job(value) => {
                let slot = Slot::decoded(Arc::new(value.clone()));
                self.jobs.insert(name, Arc::new(slot));
            }
            _ => {}
        }
    }
}

/// Puts the tables together from stored records.
#[derive(Default)]
pub(super) struct Builder {
    last: Vec<(Arc<str>, Arc<Slot<LastAccess>>)>,
    jobs: Vec<(Arc<str>, Arc<Slot<Job>>)>,
}

impl Builder {
    /// Takes a record; one of another kind is given back.
    pub(super) fn add(&mut self, kind: Kind, name: &str, raw: Bytes) -> Option<Bytes> {
        match kind {
            Kind::LastAccess => self
                .last
                .push((Arc::from(name), Arc::new(Slot::encoded(raw)))),
            Kind::Job => self
                .jobs
                .push((Arc::from(name), Arc::new(Slot::encoded(raw)))),
            _ => return Some(raw),
        }
        None
    }

    pub(super) fn finish(self) -> Accesses {
        Accesses {
            last: Tree::from_sorted(self.last),
            jobs: Tree::from_sorted(self.jobs),
        }
    }
}
