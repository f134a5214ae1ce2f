//! AWS Security Token Service: one file per operation.

mod assume_role;
mod decode_authorization_message;
mod get_access_key_info;
mod get_caller_identity;
mod get_session_token;
mod issue;
mod session_tags;

use crate::operation::Operation;

/// The rows of this service.
pub(crate) const OPERATIONS: &[&[Operation]] = &[
    assume_role::OPERATIONS,
    decode_authorization_message::OPERATIONS,
    get_access_key_info::OPERATIONS,
    get_caller_identity::OPERATIONS,
    get_session_token::OPERATIONS,
];
