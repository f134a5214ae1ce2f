//! Cases and suggestions as the JSON that the operator's socket answers.

use std::cell::RefCell;

use locum_policy::{Document, PolicyType};
use serde_json::{Value, json};

use super::current::account;
use crate::case::suggest::{Change, suggestions};
use crate::case::{Case, Held, WhoKind, kind_name};
use crate::ids;
use crate::operator::OperatorError;
use crate::world::World;

/// A case as it was decided: `Decision` (`allow`, `deny`), `Text` for people, `Missing` keys, the
/// `Context`, and the `Explanation` with its spans.
pub(super) fn view(case: &Case, columns: Option<usize>) -> Value {
    let simulated = case.simulate();
    let view = simulated.explanation.for_owner();
    let text = columns.map_or_else(|| view.text(), |columns| view.text_within(columns));
    let explanation: Value = serde_json::from_str(&view.json()).unwrap_or_default();
    let policies = case.policies.iter().map(|held| {
        json!({ "type": kind_name(held.kind), "name": held.name, "text": held.text.as_deref() })
    });
    json!({
        "Decision": if view.is_allowed() { "allow" } else { "deny" },
        "Text": text,
        "Missing": simulated.missing,
        "Context": case.context,
        "Policies": policies.collect::<Vec<Value>>(),
        "Explanation": explanation,
    })
}

/// What would allow the request: sets of changes that were all tried.
pub(super) fn suggested(case: &Case) -> Value {
    let found = suggestions(case);
    let sets = found.iter().map(|changes| {
        let changes = changes.iter().map(|change| told(case, change));
        Value::Array(changes.collect())
    });
    Value::Array(sets.collect())
}

fn told(case: &Case, change: &Change) -> Value {
    match change {
        Change::Context { key, value } => json!({
            "Kind": "context", "Key": key, "Value": value,
            "Sentence": context(case, key, value.as_deref()),
        }),
        Change::Allow {
            kind,
            policy,
            statement,
            ..
        } => json!({
            "Kind": "add-statement", "PolicyType": kind_name(*kind),
            "Statement": serde_json::from_str::<Value>(statement).unwrap_or_default(),
            "Sentence": place(case, *kind, *policy),
        }),
        Change::Drop {
            kind,
            name,
            statement,
            sid,
            ..
        } => {
            let sid = sid
                .as_ref()
                .map(|sid| format!(" {sid:?}"))
                .unwrap_or_default();
            let number = statement + 1;
            let kind_of = kind.name();
            let sentence = match name.contains(":iam::aws:policy/") {
                true => {
                    format!("Detach the {kind_of} {name:?}, whose statement {number}{sid} denies")
                }
                false => format!(
                    "Take statement {number}{sid}, which denies, out of the {kind_of} {name:?}"
                ),
            };
            json!({
                "Kind": "remove-statement", "PolicyType": kind_name(*kind), "Policy": name,
                "Index": statement, "Sid": sid.trim().trim_matches('"'), "Sentence": sentence,
            })
        }
    }
}

/// Where a statement would go.
fn place(case: &Case, kind: PolicyType, policy: usize) -> String {
    let entity = short(case.asked.principal.entity_arn());
    let name = case
        .of_kind(kind)
        .nth(policy)
        .map(|held| held.name.as_str())
        .unwrap_or_default();
    match kind {
        PolicyType::Boundary if name.contains(":iam::aws:policy/") => {
            format!("Give {entity} another permissions boundary: {name} cannot be edited and lacks")
        }
        PolicyType::Boundary => format!("Add to the permissions boundary {name:?}"),
        PolicyType::Session => "Pass, with the policies of the session, one more".to_owned(),
        PolicyType::Scp => format!("Add to the service control policy {name:?}"),
        PolicyType::RoleTrust => format!("Add to the trust policy of {}", short(name)),
        PolicyType::Resource => format!("Add to the policy of {}", short(name)),
        _ => format!("Add to a policy of {entity}"),
    }
}

/// The last field of an ARN.
fn short(arn: &str) -> &str {
    arn.splitn(6, ':').nth(5).unwrap_or(arn)
}

fn context(case: &Case, key: &str, value: Option<&str>) -> String {
    let held = case
        .context
        .iter()
        .find(|held| held.key.eq_ignore_ascii_case(key));
    let now = match held.map(|held| &held.held) {
        None => "it has none".to_owned(),
        Some(Held::Value(value)) => format!("it is {value:?}"),
        Some(Held::Values(values)) => format!("it is {values:?}"),
        Some(Held::Ambiguous(_)) => "it has several".to_owned(),
    };
    let lower = key.to_ascii_lowercase();
    let tag = |prefix: &str| {
        lower
            .strip_prefix(prefix)
            .and_then(|_| key.get(prefix.len()..))
    };
    let entity = short(case.asked.principal.entity_arn());
    let is_session = case.asked.principal.kind == WhoKind::RoleSession;
    let of_resource = tag("aws:resourcetag/").or_else(|| tag("iam:resourcetag/"));
    let (what, verbs) = match (
        tag("aws:principaltag/"),
        tag("aws:requesttag/"),
        of_resource,
    ) {
        (Some(name), _, _) if is_session => (
            format!("the tag {name:?} of {entity} or of its session"),
            TAG,
        ),
        (Some(name), _, _) => (format!("the tag {name:?} of {entity}"), TAG),
        (_, Some(name), _) => (format!("the tag {name:?} that the request asks for"), TAG),
        (_, _, Some(name)) => {
            let resource = short(&case.asked.resource);
            (format!("the tag {name:?} of {resource}"), TAG)
        }
        _ if lower == "sts:externalid" => ("the external id".to_owned(), PASS),
        _ => (key.to_owned(), CALL),
    };
    let (with, without) = verbs;
    match (value, lower.as_str()) {
        (Some("true"), "aws:multifactorauthpresent") => {
            format!("Call with multi-factor authentication ({key}: {now})")
        }
        (Some(value), _) if verbs == TAG => format!("{with} {what} to {value:?} ({now})"),
        (Some(value), _) => format!("{with} {what} {value:?} ({now})"),
        (None, _) => format!("{without} {what} ({now})"),
    }
}

/// How something is given and taken away.
type Verbs = (&'static str, &'static str);
const TAG: Verbs = ("Set", "Remove");
const PASS: Verbs = ("Pass", "Leave out");
const CALL: Verbs = ("Call with", "Call without");

/// Who the unique ids in trust policies are, as `ID is ARN`.
pub(super) async fn legend(world: &World, case: &Case) -> Result<Vec<String>, OperatorError> {
    let seen = RefCell::new(Vec::<String>::new());
    for held in case.of_kind(PolicyType::RoleTrust) {
        if let Some(Ok(document)) = held.text.as_deref().map(Document::parse) {
            document.unbind(&|id| {
                seen.borrow_mut().push(id.to_owned());
                None
            });
        }
    }
    let mut ids = seen.into_inner();
    ids.sort();
    ids.dedup();
    let mut lines = Vec::new();
    for id in ids {
        let owner = ids::account_of_id(&id).map(|account| account.to_string());
        let owner = account(world, owner.as_deref().unwrap_or_default()).await?;
        let partition = &world.settings.partition;
        let arn = owner.and_then(|owner| {
            let account = owner.id;
            let user = owner.user_by_id(&id);
            let user =
                user.map(|it| format!("arn:{partition}:iam::{account}:user{}{}", it.path, it.name));
            let role = owner.role_by_id(&id);
            let role =
                role.map(|it| format!("arn:{partition}:iam::{account}:role{}{}", it.path, it.name));
            user.or(role)
        });
        lines.push(match arn {
            Some(arn) => format!("{id} is {arn}"),
            None => format!("{id} is nobody any more"),
        });
    }
    Ok(lines)
}
