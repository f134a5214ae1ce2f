//! The values a call is decided on: the installation and the few accounts it touches.

use std::cell::RefCell;
use std::sync::Arc;

use locum_store::trail_index::{Found, Query};
use locum_store::{Account, AccountId, Installation};
use smallvec::SmallVec;

use crate::error::ApiError;
use crate::limits;

/// An immutable view of what one call needs. A pure step that meets an account which is not here
/// answers [`ApiError::Missing`]; `handle` loads it and runs the pure steps again.
pub struct Snapshot {
    /// What belongs to the installation and to no account.
    pub installation: Arc<Installation>,
    accounts: SmallVec<[(AccountId, Option<Arc<Account>>); 2]>,
    /// What was asked for and is not here: loaded together, so that a step that goes on after the
    /// first account it lacks is run again once and not once for each.
    wanted: RefCell<SmallVec<[AccountId; 2]>>,
    /// What is to be looked up in the trail.
    query: RefCell<Option<Query>>,
    /// What was found there.
    found: Option<Found>,
}

impl Snapshot {
    pub(crate) fn new(installation: Arc<Installation>) -> Snapshot {
        Snapshot {
            installation,
            accounts: SmallVec::new(),
            wanted: RefCell::default(),
            query: RefCell::default(),
            found: None,
        }
    }

    /// Takes the accounts that the pure steps met and did not find here.
    pub(crate) fn take_wanted(&mut self) -> SmallVec<[AccountId; 2]> {
        std::mem::take(self.wanted.get_mut())
    }

    /// Takes what the pure steps want to be looked up in the trail.
    pub(crate) fn take_query(&mut self) -> Option<Query> {
        self.query.get_mut().take()
    }

    pub(crate) fn set_found(&mut self, found: Found) {
        self.found = Some(found);
    }

    /// Whether the trail was asked already.
    pub(crate) fn has_asked(&self) -> bool {
        self.found.is_some()
    }

    /// What the trail has for the query. One call asks the same query each time it is run.
    ///
    /// # Errors
    /// [`ApiError::MissingRecords`] when it was not asked yet.
    pub(crate) fn records(&self, query: impl FnOnce() -> Query) -> Result<&Found, ApiError> {
        self.found.as_ref().ok_or_else(|| {
            self.query.replace(Some(query()));
            ApiError::MissingRecords
        })
    }

    pub(crate) fn add(&mut self, id: AccountId, account: Option<Arc<Account>>) {
        self.accounts.push((id, account));
    }

    /// The accounts that are here.
    pub(crate) fn loaded(&self) -> impl Iterator<Item = &Arc<Account>> {
        self.accounts
            .iter()
            .filter_map(|(_, account)| account.as_ref())
    }

    /// The account `id`, `None` when there is no such account.
    ///
    /// # Errors
    /// [`ApiError::Missing`] when it was not loaded yet; [`ApiError::TooManyAccounts`] when no more
    /// can be.
    pub fn account(&self, id: AccountId) -> Result<Option<&Arc<Account>>, ApiError> {
        if let Some((_, account)) = self.accounts.iter().find(|(held, _)| *held == id) {
            return Ok(account.as_ref());
        }
        let mut wanted = self.wanted.borrow_mut();
        if !wanted.contains(&id) {
            if self.accounts.len() + wanted.len() >= limits::ACCOUNTS_PER_CALL_MAX {
                return Err(ApiError::TooManyAccounts);
            }
            wanted.push(id);
        }
        Err(ApiError::Missing(id))
    }
}
