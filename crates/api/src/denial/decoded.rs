//! What DecodeAuthorizationMessage answers: AWS's JSON of a decision, as one account may read it.

use locum_policy::{Document, Reason, StatementRef};
use serde::Serialize;
use serde_json::Value;

use super::{Denial, is_owners_policy};
use crate::case::{ContextValue, WhoKind, is_owners};
use crate::json;

/// Whose account reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    /// The caller's, which is not the resource's.
    Caller,
    /// The account that owns the resource.
    Owner,
}

/// A list as AWS writes it.
#[derive(Serialize)]
struct Items<T> {
    items: Vec<T>,
}

impl<T> Items<T> {
    fn of(items: impl IntoIterator<Item = T>) -> Items<T> {
        Items {
            items: items.into_iter().collect(),
        }
    }
}

#[derive(Serialize)]
struct Text {
    value: String,
}

#[derive(Serialize)]
struct Condition {
    key: String,
    values: Items<Text>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Matched {
    statement_id: String,
    effect: &'static str,
    principals: Items<Text>,
    principal_groups: Items<Text>,
    actions: Items<Text>,
    resources: Items<Text>,
    conditions: Items<Condition>,
}

#[derive(Serialize)]
struct Principal<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    arn: &'a str,
}

#[derive(Serialize)]
struct Circumstances<'a> {
    principal: Principal<'a>,
    action: &'a str,
    resource: &'a str,
    conditions: Items<Condition>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Decoded<'a> {
    allowed: bool,
    explicit_deny: bool,
    matched_statements: Items<Matched>,
    failures: Items<Text>,
    context: Circumstances<'a>,
    /// Something was left out for want of room.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    clipped: bool,
}

/// Bytes of a value and values of a list that are told, by how much has to be left out.
const ROOM: &[(usize, usize)] = &[(1_024, 64), (256, 24), (96, 8), (48, 0)];

/// The answer for one reader, with less of it the higher the level.
pub(super) fn text(denial: &Denial, audience: Audience, level: usize) -> Option<String> {
    let (bytes, count) = *ROOM.get(level)?;
    let reason = match audience {
        Audience::Caller => denial.decision.told(),
        Audience::Owner => Some(*denial.decision.reason()),
    };
    let is_foreign = |found: &StatementRef| {
        audience == Audience::Owner
            && denial.is_cross_account()
            && !is_owners_policy(found.policy_type)
    };
    let denied = match reason {
        // Nor does the owner of the resource read the policies of an account that is not its own.
        Some(Reason::ExplicitDeny(found)) if !is_foreign(&found) => Some(found),
        _ => None,
    };
    let shown = |value: &&ContextValue| audience == Audience::Owner || !is_owners(&value.key);
    let context = denial.context.iter().filter(shown);
    let cut = |text: &str| json::clip(text, bytes).to_owned();
    let conditions = context.map(|value| Condition {
        key: cut(&value.key),
        values: Items::of(
            value
                .values()
                .iter()
                .take(count)
                .map(|text| Text { value: cut(text) }),
        ),
    });
    let who = &denial.asked.principal;
    let name = (who.kind == WhoKind::User).then(|| who.arn.rsplit('/').next());
    let decoded = Decoded {
        allowed: false,
        explicit_deny: denied.is_some(),
        matched_statements: Items::of(
            denied.and_then(|found| matched(denial, found, bytes, count)),
        ),
        failures: Items::of([]),
        context: Circumstances {
            principal: Principal {
                id: &denial.user_id,
                name: name.flatten(),
                arn: &who.arn,
            },
            action: &denial.asked.action,
            resource: json::clip(&denial.asked.resource, 2_048),
            conditions: Items::of(conditions.take(count)),
        },
        clipped: level > 0,
    };
    serde_json::to_string(&decoded).ok()
}

/// The statement that denies.
fn matched(denial: &Denial, found: StatementRef, bytes: usize, count: usize) -> Option<Matched> {
    let of_kind = denial
        .sources
        .iter()
        .filter(|source| source.kind == found.policy_type);
    let source = of_kind.into_iter().nth(found.policy)?;
    let text = source.policy.as_ref()?.text();
    let document = Document::parse(text).ok()?;
    let span = document.statement_span(found.statement)?;
    let statement: Value = serde_json::from_str(text.get(span)?).ok()?;
    let cut = |text: &str| Text {
        value: json::clip(text, bytes).to_owned(),
    };
    let list = |value: Option<&Value>| {
        let texts = value.map(flat).unwrap_or_default();
        Items::of(texts.iter().take(count).map(|text| cut(text)))
    };
    let either = |name: &str| {
        statement
            .get(name)
            .or_else(|| statement.get(format!("Not{name}")))
    };
    let principals = match is_owners_policy(found.policy_type) {
        true => list(either("Principal")),
        // A policy of the caller's own means the caller.
        false => Items::of([cut(&denial.asked.principal.id)]),
    };
    let operators = statement.get("Condition").and_then(Value::as_object);
    let keys = operators
        .into_iter()
        .flat_map(|operators| operators.values());
    let keys = keys.filter_map(Value::as_object).flatten();
    let conditions = keys.map(|(key, values)| Condition {
        key: key.clone(),
        values: list(Some(values)),
    });
    let sid = statement.get("Sid").and_then(Value::as_str);
    Some(Matched {
        statement_id: sid.unwrap_or_default().to_owned(),
        effect: "DENY",
        principals,
        principal_groups: Items::of([]),
        actions: list(either("Action")),
        resources: list(either("Resource")),
        conditions: Items::of(conditions.take(count)),
    })
}

/// All texts of a value, whatever it is made of.
fn flat(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(flat).collect(),
        Value::Object(members) => members.values().flat_map(flat).collect(),
        Value::Null => Vec::new(),
        other => vec![other.to_string()],
    }
}
