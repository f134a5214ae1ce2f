//! Checks of what policies refuse.

use std::fmt::Debug;

use crate::common::{Refused, check};

/// What policies refuse; `because` ends AWS's sentence and begins with a space unless it is empty.
#[track_caller]
pub(crate) fn check_denied<T: Debug>(
    result: Result<T, Refused>,
    caller: &str,
    action: &str,
    resource: &str,
    because: &str,
) {
    let message = format!(
        "User: {caller} is not authorized to perform: {action} on resource: {resource}{because}"
    );
    check(result, 403, "AccessDenied", &message);
}

/// AWS's end of the sentence when no identity policy allows.
pub(crate) fn no_identity_policy(action: &str) -> String {
    format!(" because no identity-based policy allows the {action} action")
}
