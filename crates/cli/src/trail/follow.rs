//! Following a session: back through the calls that issued it to whoever began, and on to those it opened.

use std::collections::HashSet;

use locum_server::trail_index::{Attribute, Hit, Term};
use serde_json::Value;

use super::folder::Folder;
use crate::error::CliError;

/// How many sessions back a chain is followed.
const BACK_MAX: usize = 64;
/// Records of one call: the caller's and the owner's.
const COPIES_MAX: usize = 2;
/// How many sessions are shown.
const SESSIONS_MAX: usize = 500;
/// How many calls of one session are counted.
const CALLS_COUNTED_MAX: usize = 10_000;

/// Whoever began: a person or a workload.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// `IAMUser`, `Root`, `WebIdentityUser`, `SAMLUser`, … or `Unknown` when the beginning is not in the trail.
    pub kind: String,
    /// The ARN, or what the identity provider calls it.
    pub name: String,
    /// The account, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The key that signed the first call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
}

/// A session: how it came to be, what it did, and what it opened.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The ARN of the session, or of the user that it is of.
    pub arn: String,
    /// Its key.
    pub access_key_id: String,
    /// The call that issued it: `AssumeRole`.
    pub issued_by: String,
    /// `2026-01-31T23:59:59Z`.
    pub issued_at: String,
    /// The address that the call came from.
    pub from: String,
    /// The call's id.
    pub request_id: String,
    /// The source identity that it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<String>,
    /// Session tags that the call set, `key=value`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Whether the call was made with multi-factor authentication.
    pub mfa: bool,
    /// Calls made, without those that only claimed the key; counting ends at 10,000.
    pub calls: usize,
    /// Calls that failed.
    pub failed: usize,
    /// Whether it is the session that was asked about.
    pub asked: bool,
    /// Sessions that it opened, the oldest first.
    pub opened: Vec<Session>,
}

/// The whole tree.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Tree {
    /// Whoever began.
    pub origin: Origin,
    /// The first session, and in it the others.
    pub session: Session,
}

fn text<'a>(record: &'a Value, pointer: &str) -> Option<&'a str> {
    let found = record.pointer(pointer).and_then(Value::as_str);
    found.filter(|text| !text.is_empty())
}

fn read(hit: &Hit) -> Option<Value> {
    serde_json::from_slice(&hit.line).ok()
}

fn issued_key(record: &Value) -> Option<&str> {
    text(record, "/responseElements/credentials/accessKeyId")
}

fn issued() -> Term {
    let calls = [
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "AssumeRoot",
        "GetSessionToken",
        "GetFederationToken",
    ];
    let calls = calls.map(|call| (Attribute::EventName, call.to_owned()));
    Term(calls.to_vec())
}

/// The trees of the sessions that `asked` means: an access key id, a session's ARN, or a request's id.
/// A name that was used again means several sessions, the newest first.
pub fn trees(folder: &Folder, asked: &str, limit: usize) -> Result<Vec<Tree>, CliError> {
    let mut seen = HashSet::new();
    let mut trees = Vec::new();
    for record in beginnings(folder, asked, limit)? {
        if issued_key(&record).is_some_and(|key| seen.insert(key.to_owned())) {
            trees.push(tree(folder, record)?);
        }
    }
    Ok(trees)
}

/// The records that issued the sessions asked about.
fn beginnings(folder: &Folder, asked: &str, limit: usize) -> Result<Vec<Value>, CliError> {
    let hits = folder.having(&[(Attribute::Session, asked)], &[issued()], limit)?;
    let of_session = |record: &Value| {
        let arn = text(record, "/responseElements/assumedRoleUser/arn");
        issued_key(record) == Some(asked) || arn == Some(asked)
    };
    let held = hits.iter().filter_map(read).filter(of_session);
    let mut found = held
        .map(|record| of_caller(folder, record))
        .collect::<Result<Vec<_>, _>>()?;
    if !found.is_empty() {
        return Ok(found);
    }
    let ids = [(Attribute::RequestId, asked), (Attribute::EventId, asked)];
    for hit in folder.having(&ids, &[], 2)? {
        let Some(record) = read(&hit) else {
            continue;
        };
        if issued_key(&record).is_some() {
            found.push(of_caller(folder, record)?);
        } else if let Some(key) = text(&record, "/userIdentity/accessKeyId") {
            found.extend(issuer(folder, key)?);
        }
    }
    Ok(found)
}

/// The record of the call that issued a key.
fn issuer(folder: &Folder, key: &str) -> Result<Option<Value>, CliError> {
    let hits = folder.having(&[(Attribute::Session, key)], &[issued()], 8)?;
    let mut records = hits.iter().filter_map(read);
    let found = records.find(|record| issued_key(record) == Some(key));
    found.map(|record| of_caller(folder, record)).transpose()
}

/// Of a call that stands in the trail twice, the record of the caller's account: the owner of the role is not
/// told with which key and in which session the caller came.
fn of_caller(folder: &Folder, record: Value) -> Result<Value, CliError> {
    if text(&record, "/userIdentity/type") != Some("AWSAccount") {
        return Ok(record);
    }
    let Some(shared) = text(&record, "/sharedEventID") else {
        return Ok(record);
    };
    let copies = folder.having(&[(Attribute::SharedEventId, shared)], &[], COPIES_MAX)?;
    let mut copies = copies.iter().filter_map(read);
    let whole = copies.find(|copy| text(copy, "/userIdentity/arn").is_some());
    Ok(whole.unwrap_or(record))
}

fn tree(folder: &Folder, asked: Value) -> Result<Tree, CliError> {
    let asked_key = issued_key(&asked).unwrap_or_default().to_owned();
    let mut chain = vec![asked];
    let mut keys: HashSet<String> = HashSet::from([asked_key.clone()]);
    while chain.len() < BACK_MAX {
        let first = chain
            .last()
            .and_then(|record| text(record, "/userIdentity/accessKeyId"));
        let Some(key) = first.map(str::to_owned) else {
            break;
        };
        if !keys.insert(key.clone()) {
            break;
        }
        match issuer(folder, &key)? {
            Some(record) => chain.push(record),
            None => break,
        }
    }
    let origin = chain.last().map(origin).unwrap_or_else(unknown);
    let mut left = SESSIONS_MAX;
    // From the asked session on everything that it opened; before it, the way to it alone.
    let mut records = chain.into_iter();
    let mut session = match records.next() {
        Some(record) => opened(folder, &record, &asked_key, &mut keys, &mut left)?,
        None => return Err(CliError::usage("nothing to follow", "name a session")),
    };
    for record in records {
        let mut outer = alone(folder, &record, &asked_key)?;
        outer.opened.push(session);
        session = outer;
    }
    Ok(Tree { origin, session })
}

fn unknown() -> Origin {
    Origin {
        kind: "Unknown".to_owned(),
        name: "the beginning is not in the trail".to_owned(),
        account: None,
        access_key_id: None,
    }
}

fn origin(record: &Value) -> Origin {
    let field = |name: &str| text(record, &format!("/userIdentity/{name}")).map(str::to_owned);
    let kind = field("type").unwrap_or_else(|| "Unknown".to_owned());
    let name = match kind.as_str() {
        "WebIdentityUser" | "SAMLUser" => field("principalId").or_else(|| field("userName")),
        "AWSService" => field("invokedBy"),
        _ => field("arn").or_else(|| field("principalId")),
    };
    Origin {
        name: name.unwrap_or_else(|| "unknown".to_owned()),
        account: field("accountId"),
        access_key_id: field("accessKeyId"),
        kind,
    }
}

fn alone(folder: &Folder, record: &Value, asked: &str) -> Result<Session, CliError> {
    let key = issued_key(record).unwrap_or_default().to_owned();
    let arn = text(record, "/responseElements/assumedRoleUser/arn")
        .or_else(|| text(record, "/responseElements/federatedUser/arn"))
        .or_else(|| text(record, "/userIdentity/arn"))
        .unwrap_or("?");
    let source_identity = text(record, "/requestParameters/sourceIdentity")
        .or_else(|| text(record, "/userIdentity/sessionContext/sourceIdentity"));
    let mfa = text(record, "/requestParameters/serialNumber").is_some()
        || text(
            record,
            "/userIdentity/sessionContext/attributes/mfaAuthenticated",
        ) == Some("true");
    let calls = folder.having(&[(Attribute::AccessKeyId, &key)], &[], CALLS_COUNTED_MAX)?;
    let (mut made, mut failed) = (0, 0);
    for call in calls.iter().filter_map(read) {
        // Whoever names a key without having it is not the session.
        if text(&call, "/userIdentity/type") != Some("Unknown") {
            made += 1;
            failed += usize::from(call.get("errorCode").is_some());
        }
    }
    Ok(Session {
        arn: arn.to_owned(),
        issued_by: text(record, "/eventName").unwrap_or("?").to_owned(),
        issued_at: text(record, "/eventTime").unwrap_or("?").to_owned(),
        from: text(record, "/sourceIPAddress").unwrap_or("?").to_owned(),
        request_id: text(record, "/requestID").unwrap_or("?").to_owned(),
        source_identity: source_identity.map(str::to_owned),
        tags: tags(record),
        mfa,
        calls: made,
        failed,
        asked: key == asked,
        opened: Vec::new(),
        access_key_id: key,
    })
}

fn tags(record: &Value) -> Vec<String> {
    let tags = record
        .pointer("/requestParameters/tags")
        .and_then(Value::as_array);
    let pair = |tag: &Value| {
        let key = text(tag, "/key")?;
        Some(format!("{key}={}", text(tag, "/value").unwrap_or_default()))
    };
    tags.into_iter().flatten().filter_map(pair).collect()
}

/// A session with all that it opened.
fn opened(
    folder: &Folder,
    record: &Value,
    asked: &str,
    seen: &mut HashSet<String>,
    left: &mut usize,
) -> Result<Session, CliError> {
    let mut session = alone(folder, record, asked)?;
    let key = session.access_key_id.clone();
    let hits = folder.having(&[(Attribute::AccessKeyId, &key)], &[issued()], *left)?;
    for hit in hits.iter().rev() {
        let record = read(hit);
        let next = record.as_ref().and_then(issued_key);
        let (Some(record), Some(next)) = (&record, next) else {
            continue;
        };
        if *left == 0 || !seen.insert(next.to_owned()) {
            continue;
        }
        *left -= 1;
        session
            .opened
            .push(opened(folder, record, asked, seen, left)?);
    }
    Ok(session)
}
