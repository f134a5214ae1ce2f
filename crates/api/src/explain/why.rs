//! Why a call was refused: with the policies as they were, as they are, and what changed in between.

use locum_policy::PolicyType;
use locum_store::{AccountId, EventPolicy};
use serde_json::{Value, json};

use super::current::{self, Today};
use super::told;
use crate::case::{Case, Source, kind_named};
use crate::denial::{Authorization, Evidence, Message, PolicyRef};
use crate::operator::{self, Actor, OperatorError};
use crate::session::Purpose;
use crate::world::World;

/// The request that an encoded authorization message is about, and its time in Unix seconds.
///
/// # Errors
/// [`OperatorError::NotExplained`] when it does not open here.
pub async fn request_of(world: &World, message: &str) -> Result<(String, i64), OperatorError> {
    let installation = operator::installation(world).await?;
    let ring = world.rings.of(&installation);
    let opened = ring.open_message(Purpose::Authorization, message.trim());
    let text = opened.map_err(|error| OperatorError::NotExplained(format!("{error}")))?;
    let message: Message = serde_json::from_str(&text)
        .map_err(|error| OperatorError::NotExplained(error.to_string()))?;
    Ok((message.request_id, message.time_s))
}

/// Explains a refused call from its record: an object with `Then` and `Now` (`null` when it cannot be
/// told), `Changes`, `Suggestions`, `Legend`, `Notes` and what the record says. `columns` is the width
/// that texts are to fit. Leaves a record of its own.
///
/// # Errors
/// [`OperatorError::NotExplained`] when no policy refused the call.
pub async fn why(
    world: &World,
    actor: Actor,
    record: &[u8],
    columns: Option<usize>,
) -> Result<Value, OperatorError> {
    let record: Value = serde_json::from_slice(record)
        .map_err(|_| OperatorError::NotExplained("the record is no JSON".to_owned()))?;
    let request_id = text(&record, "requestID").to_owned();
    let asked = [("requestId", request_id.clone())];
    operator::commit(world, actor, "ExplainRefusal", &asked, async || {
        let answer = explained(world, &record, columns).await?;
        let account = AccountId::parse(text(&record, "recipientAccountId"));
        Ok((account, vec![], asked.to_vec(), answer))
    })
    .await
}

fn text<'a>(record: &'a Value, name: &str) -> &'a str {
    record.get(name).and_then(Value::as_str).unwrap_or_default()
}

async fn explained(
    world: &World,
    record: &Value,
    columns: Option<usize>,
) -> Result<Value, OperatorError> {
    let authorization = authorization(record)?;
    let mut notes = Vec::new();
    let evidence = whole(world, &authorization, &mut notes).await?;
    let (case, sources) = resolved(world, &authorization, &evidence, &mut notes).await?;
    // What is not whole is not explained: a guess would be taken for the reason.
    let then = notes.is_empty().then_some(&case);
    if then.is_some_and(is_allowed) {
        let sentence = "The record alone does not explain it: asked again with what it holds, the \
                        engine would allow the request.";
        notes.push(sentence.to_owned());
    }
    let is_of_session = |source: &Source| source.kind == PolicyType::Session;
    let narrowed: Vec<Source> = sources.into_iter().filter(is_of_session).collect();
    let today = current::today(world, &case, &narrowed).await?;
    if let Err(gone) = &today {
        notes.push(gone.clone());
    }
    if let Ok((now, _)) = &today {
        notes.extend(current::missing_role(world, &now.asked).await?);
    }
    let now = today.as_ref().ok().map(|(now, _)| now);
    let changes = match (then, now) {
        (Some(then), Some(now)) => changes(then, now),
        _ => Vec::new(),
    };
    // Once it would be allowed, what is of interest is what lacked then.
    let asked = now.filter(|now| !is_allowed(now)).or(then);
    let view = |case: &Case| told::view(case, columns);
    let legend = legend(world, &case, &today).await?;
    Ok(json!({
        "RequestId": text(record, "requestID"),
        "EventTime": text(record, "eventTime"),
        "EventSource": text(record, "eventSource"),
        "EventName": text(record, "eventName"),
        "ErrorMessage": text(record, "errorMessage"),
        "Principal": authorization.asked.principal.arn,
        "Action": authorization.asked.action,
        "Resource": authorization.asked.resource,
        "Then": then.map(view),
        "Now": now.map(view),
        "Changes": changes,
        "Suggestions": asked.map_or_else(|| json!([]), told::suggested),
        "Legend": legend,
        "Notes": notes,
    }))
}

fn is_allowed(case: &Case) -> bool {
    case.simulate().explanation.decision().is_allowed()
}

async fn legend(world: &World, then: &Case, now: &Today) -> Result<Vec<String>, OperatorError> {
    let mut lines = told::legend(world, then).await?;
    if let Ok((now, _)) = now {
        lines.extend(told::legend(world, now).await?);
    }
    lines.sort();
    lines.dedup();
    Ok(lines)
}

/// What the record keeps of the decision.
fn authorization(record: &Value) -> Result<Authorization, OperatorError> {
    let kept = record
        .get("additionalEventData")
        .and_then(|data| data.get("authorization"));
    if let Some(kept) = kept {
        return serde_json::from_value(kept.clone())
            .map_err(|error| OperatorError::NotExplained(error.to_string()));
    }
    let (id, name) = (text(record, "requestID"), text(record, "eventName"));
    let (code, sentence) = (text(record, "errorCode"), text(record, "errorMessage"));
    Err(OperatorError::NotExplained(match code {
        "" => format!("request {id} ({name}) was not refused"),
        _ => format!("no policy refused request {id} ({name}): {code}: {sentence}"),
    }))
}

/// The evidence of both sides.
async fn whole(
    world: &World,
    authorization: &Authorization,
    notes: &mut Vec<String>,
) -> Result<Evidence, OperatorError> {
    let mut evidence = authorization.evidence.clone();
    if let Some(sealed) = &authorization.owners {
        let installation = operator::installation(world).await?;
        let ring = world.rings.of(&installation);
        let opened = ring.open_message(Purpose::Trail, sealed).ok();
        match opened.and_then(|text| serde_json::from_str::<Evidence>(&text).ok()) {
            Some(owners) => {
                evidence.context.extend(owners.context);
                evidence.policies.extend(owners.policies);
                evidence.clipped |= owners.clipped;
            }
            None => notes.push(
                "What the resource's account knows was sealed with a key that is gone or revoked."
                    .to_owned(),
            ),
        }
    }
    if evidence.clipped {
        notes.push("The record had no room for the whole context of the request.".to_owned());
    }
    Ok(evidence)
}

/// The case of then, with its texts.
async fn resolved(
    world: &World,
    authorization: &Authorization,
    evidence: &Evidence,
    notes: &mut Vec<String>,
) -> Result<(Case, Vec<Source>), OperatorError> {
    let mut sources = Vec::new();
    for held in &evidence.policies {
        let Some(kind) = kind_named(&held.kind) else {
            continue;
        };
        let policy = text_of(world, held, notes).await?;
        sources.push(Source {
            kind,
            name: held.name.clone(),
            policy,
        });
    }
    let case = Case {
        asked: authorization.asked.clone(),
        context: evidence.context.clone(),
        policies: sources.iter().map(Source::case).collect(),
    };
    Ok((case, sources))
}

async fn text_of(
    world: &World,
    held: &PolicyRef,
    notes: &mut Vec<String>,
) -> Result<Option<EventPolicy>, OperatorError> {
    let Some(hash) = held.hash() else {
        return Ok(None);
    };
    match world.engine.event_policy(hash).await {
        Ok(Some(text)) => Ok(Some(EventPolicy::new(text))),
        Ok(None) => {
            notes.push(format!(
                "The text of {} as it was then (sha256 {hash}) is not kept.",
                held.name
            ));
            Ok(None)
        }
        Err(error) => Err(OperatorError::Store(error.to_string())),
    }
}

/// What is different between two moments.
fn changes(then: &Case, now: &Case) -> Vec<String> {
    let mut lines = Vec::new();
    for before in &then.policies {
        let kind = before.kind.name();
        let after = now
            .of_kind(before.kind)
            .find(|after| after.name == before.name);
        match after {
            None => lines.push(format!("The {kind} {:?} no longer applies.", before.name)),
            Some(after) if after.text != before.text => {
                lines.push(format!("The {kind} {:?} says something else.", before.name));
            }
            Some(_) => {}
        }
    }
    for after in &now.policies {
        let is_new = then
            .of_kind(after.kind)
            .all(|before| before.name != after.name);
        if is_new {
            lines.push(format!(
                "The {} {:?} is new.",
                after.kind.name(),
                after.name
            ));
        }
    }
    for before in &then.context {
        let after = now
            .context
            .iter()
            .find(|after| after.key.eq_ignore_ascii_case(&before.key));
        match after {
            None => lines.push(format!(
                "{} is gone; it was {:?}.",
                before.key,
                before.values()
            )),
            Some(after) if after.held != before.held => lines.push(format!(
                "{} is {:?}; it was {:?}.",
                before.key,
                after.values(),
                before.values()
            )),
            Some(_) => {}
        }
    }
    for after in &now.context {
        let is_new =
            |before: &crate::case::ContextValue| !before.key.eq_ignore_ascii_case(&after.key);
        if then.context.iter().all(is_new) {
            lines.push(format!(
                "{} is {:?}; there was none.",
                after.key,
                after.values()
            ));
        }
    }
    lines
}
