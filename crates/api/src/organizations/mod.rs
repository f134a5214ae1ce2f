//! AWS Organizations: the organization and the accounts in it.

mod account;
pub(crate) mod new_account;
mod organization;
mod page;

use crate::caller::Caller;
use crate::error::ApiError;
use crate::needs::Needs;
use crate::operation::Operation;
use crate::snapshot::Snapshot;

/// The rows of this service.
pub(crate) const OPERATIONS: &[&[Operation]] = &[account::OPERATIONS, organization::OPERATIONS];

/// Only the management account runs the organization; policies of other accounts cannot change that.
///
/// # Errors
/// `AccessDeniedException` with Organizations' own sentence.
fn from_management<'a>(
    state: &Snapshot,
    caller: &Caller,
    resource: impl Into<std::borrow::Cow<'a, str>>,
) -> Result<Needs<'a>, ApiError> {
    if caller.account.id == state.installation.management_account {
        return Ok(Needs::on(resource, caller.account.id));
    }
    Err(ApiError::Organizations {
        code: "AccessDeniedException",
        message: "You don't have permissions to access this resource.",
    })
}
