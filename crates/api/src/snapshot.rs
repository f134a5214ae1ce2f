//! The values a call is decided on: the installation and the few accounts it touches.

use std::sync::Arc;

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
}

impl Snapshot {
    pub(crate) fn new(installation: Arc<Installation>) -> Snapshot {
        Snapshot {
            installation,
            accounts: SmallVec::new(),
        }
    }

    pub(crate) fn add(&mut self, id: AccountId, account: Option<Arc<Account>>) {
        self.accounts.push((id, account));
    }

    /// The account `id`, `None` when there is no such account.
    ///
    /// # Errors
    /// [`ApiError::Missing`] when it was not loaded yet; [`ApiError::TooManyAccounts`] when no more
    /// can be.
    pub fn account(&self, id: AccountId) -> Result<Option<&Arc<Account>>, ApiError> {
        match self.accounts.iter().find(|(held, _)| *held == id) {
            Some((_, account)) => Ok(account.as_ref()),
            None if self.accounts.len() >= limits::ACCOUNTS_PER_CALL_MAX => {
                Err(ApiError::TooManyAccounts)
            }
            None => Err(ApiError::Missing(id)),
        }
    }
}
