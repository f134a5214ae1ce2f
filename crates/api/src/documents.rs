//! Policy documents on their way in and out: checked as AWS checks them, principals bound to unique ids.

use locum_policy::{Arn, Document, Finding, Kind};
use locum_store::{Account, AccountId, PolicyText};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::cx::Cx;
use crate::entities;
use crate::error::ApiError;
use crate::limits;
use crate::snapshot::Snapshot;

/// What RFC 3986 leaves as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// AWS reports one finding: the first.
pub(crate) fn first_finding(findings: Vec<Finding>) -> ApiError {
    match findings.into_iter().next() {
        Some(finding) => ApiError::MalformedPolicyDocument(finding),
        None => ApiError::Internal("a policy refused without a finding".to_owned()),
    }
}

/// A managed or inline policy as it is stored.
///
/// # Errors
/// `MalformedPolicyDocument` with AWS's sentence.
pub(crate) fn identity(text: &str, kind: Kind) -> Result<(PolicyText, usize), ApiError> {
    let document = Document::check(text, kind).map_err(first_finding)?;
    Ok((PolicyText::new(text), document.size()))
}

/// A trust policy as it is stored: every user and role it names replaced by its unique id, so that one
/// deleted and made again is another.
///
/// # Errors
/// `MalformedPolicyDocument`, also when a principal does not exist; `LimitExceeded` past the quota;
/// [`ApiError::Missing`] for the accounts of the principals.
pub(crate) fn trust(cx: &Cx<'_>, state: &Snapshot, text: &str) -> Result<PolicyText, ApiError> {
    let document = checked_trust(text)?;
    if let Some(unknown) = document.unknown_service() {
        return Err(ApiError::MalformedPolicyDocument(unknown));
    }
    // All of them are asked for before the first that is missing is told: they are loaded together.
    let mut lacking = Ok(());
    for account in document.principal_arns().filter_map(account_of_arn) {
        lacking = lacking.and(state.account(account).map(|_| ()));
    }
    lacking?;
    let bound = document
        .bind(&|arn| {
            let (account, resource) = principal(&cx.settings.partition, arn)?;
            unique_id(state.account(account).ok()??, resource)
        })
        .map_err(ApiError::MalformedPolicyDocument)?;
    Ok(PolicyText::new(bound))
}

/// A trust policy whose principals are still to be bound.
///
/// # Errors
/// `MalformedPolicyDocument`; `LimitExceeded` past the quota.
pub(crate) fn checked_trust(text: &str) -> Result<Document, ApiError> {
    let document = Document::check(text, Kind::Trust).map_err(first_finding)?;
    // Before the principals: what is too long could name any number of accounts.
    let characters_max = limits::TRUST_POLICY_CHARACTERS_MAX;
    if document.size() > characters_max {
        return Err(ApiError::LimitExceeded(format!(
            "Cannot exceed quota for ACLSizePerRole: {characters_max}"
        )));
    }
    Ok(document)
}

/// A trust policy as it is shown: unique ids become ARNs again while their entity lives.
///
/// # Errors
/// [`ApiError::Missing`] for accounts that the ids name.
pub(crate) fn shown_trust(
    cx: &Cx<'_>,
    state: &Snapshot,
    stored: &PolicyText,
) -> Result<String, ApiError> {
    let Ok(document) = Document::parse(stored.text()) else {
        return Ok(encoded(stored.text()));
    };
    let fault = std::cell::Cell::new(None);
    let text = document.unbind(&|id| {
        arn_of_unique_id(cx, state, id).unwrap_or_else(|error| {
            fault.set(Some(error));
            None
        })
    });
    match fault.into_inner() {
        Some(error) => Err(error),
        None => Ok(encoded(&text)),
    }
}

/// A document as IAM answers carry it: RFC 3986 percent-encoded.
pub(crate) fn encoded(text: &str) -> String {
    percent_encode(text.as_bytes(), ESCAPED).to_string()
}

fn account_of_arn(arn: &str) -> Option<AccountId> {
    AccountId::parse(Arn::parse(arn)?.account)
}

/// What a principal ARN names in its account.
#[derive(Clone, Copy)]
pub(crate) enum Principal<'a> {
    /// A user by path and name, without the slash before them.
    User(&'a str),
    /// A role by path and name, without the slash before them.
    Role(&'a str),
    /// A session of the role with this name.
    Session(&'a str),
}

/// The account and entity that a principal ARN of this partition names.
pub(crate) fn principal<'a>(partition: &str, arn: &'a str) -> Option<(AccountId, Principal<'a>)> {
    let parsed = Arn::parse(arn)?;
    if parsed.partition != partition || !parsed.region.is_empty() {
        return None;
    }
    let account = AccountId::parse(parsed.account)?;
    let (kind, rest) = parsed.resource.split_once('/')?;
    let named = match (parsed.service, kind) {
        ("iam", "user") => Principal::User(rest),
        ("iam", "role") => Principal::Role(rest),
        ("sts", "assumed-role") => Principal::Session(rest.split_once('/')?.0),
        _ => return None,
    };
    Some((account, named))
}

/// The unique id of the user or role that is named, path and all; for a session the id of its role.
pub(crate) fn unique_id(account: &Account, named: Principal<'_>) -> Option<String> {
    match named {
        Principal::User(rest) => {
            let user = account.users().get(rest.rsplit('/').next()?)?;
            (format!("/{rest}") == format!("{}{}", user.path, user.name)).then(|| user.id.clone())
        }
        Principal::Role(rest) => {
            let role = account.roles().get(rest.rsplit('/').next()?)?;
            (format!("/{rest}") == format!("{}{}", role.path, role.name)).then(|| role.id.clone())
        }
        Principal::Session(name) => {
            let role = account.roles().get(name)?;
            (role.name == name).then(|| role.id.clone())
        }
    }
}

/// An id names the account that it was made in; an imported entity may have another, or an id of
/// before ids did, so the accounts at hand are looked through as well.
fn arn_of_unique_id(cx: &Cx<'_>, state: &Snapshot, id: &str) -> Result<Option<String>, ApiError> {
    let found = state.loaded().find_map(|account| arn_in(cx, account, id));
    if found.is_some() {
        return Ok(found);
    }
    let Some(account) = crate::ids::account_of_id(id) else {
        return Ok(None);
    };
    let account = state.account(account)?;
    Ok(account.and_then(|account| arn_in(cx, account, id)))
}

fn arn_in(cx: &Cx<'_>, account: &Account, id: &str) -> Option<String> {
    let user = account.user_by_id(id);
    let user = user.map(|user| entities::user_arn(cx, account.id, user));
    user.or_else(|| {
        let role = account.role_by_id(id);
        role.map(|role| entities::role_arn(cx, account.id, role))
    })
}
