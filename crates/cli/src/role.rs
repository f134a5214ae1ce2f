//! What a user may write for a role, and what it means.
//!
//! In this order: a role ARN; `ACCOUNT:NAME`; the name of a profile of the shared configuration; `NAME`, a role in the
//! account of the caller. A role whose name is also a profile's is reached by its ARN or as `ACCOUNT:NAME`.

use crate::config::SharedConfig;
use crate::error::CliError;

/// A role as it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// By its ARN.
    Arn(String),
    /// `ACCOUNT:NAME`; the name may be led by its path.
    InAccount {
        /// 12 digits.
        account: String,
        /// Name, possibly with its path: `team/deploy`.
        name: String,
    },
    /// A profile, which tells the rest.
    Profile(String),
    /// A role of this name in the caller's own account.
    InCallersAccount(String),
}

const FORMS: &str = "write a role ARN, ACCOUNT:NAME, a profile of ~/.aws/config, or the NAME of a role in your own account";

/// Understands what was written for ROLE.
pub fn classify(text: &str, shared: &SharedConfig) -> Result<Role, CliError> {
    let wrong = |message: String| Err(CliError::usage(message, FORMS));
    if text.starts_with("arn:") {
        return match is_role_arn(text) {
            true => Ok(Role::Arn(text.to_owned())),
            false => wrong(format!("{text} is not the ARN of a role")),
        };
    }
    if let Some((account, name)) = text.split_once(':') {
        if !is_account(account) {
            return wrong(format!("{account:?} is not an account id of 12 digits"));
        }
        if !is_role_name(name) {
            return wrong(format!("{name:?} is not a role name"));
        }
        return Ok(Role::InAccount {
            account: account.to_owned(),
            name: name.to_owned(),
        });
    }
    if shared.profile(text).is_some() {
        return Ok(Role::Profile(text.to_owned()));
    }
    match is_role_name(text) {
        true => Ok(Role::InCallersAccount(text.to_owned())),
        false => wrong(format!("{text:?} is neither a profile nor a role name")),
    }
}

/// The ARN of a role.
#[must_use]
pub fn arn(partition: &str, account: &str, name: &str) -> String {
    format!("arn:{partition}:iam::{account}:role/{name}")
}

/// Whether `text` is an account id.
#[must_use]
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_role_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [_, partition, "iam", "", account, resource] = parts.as_slice() else {
        return false;
    };
    !partition.is_empty()
        && is_account(account)
        && resource.strip_prefix("role/").is_some_and(is_role_name)
}

/// Letters, digits and `+=,.@_-`, as IAM has it, with `/` between the parts of a path.
fn is_role_name(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+=,.@_-".contains(&b))
    };
    text.split('/').all(part)
}
