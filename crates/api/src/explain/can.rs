//! Whether a call would be allowed: the engine that decides calls, asked beforehand.

use std::sync::Arc;

use locum_policy::{
    Arn, ConditionKey, ContextEntries, ContextEntry, ContextKeyType, Document, Kind,
    Value as Typed, catalogue,
};
use locum_store::{Account, AccountId};
use serde_json::{Value, json};

use super::current;
use super::organization::{OrganizationPolicies, in_force};
use super::told;
use crate::caller::Identity;
use crate::case::{
    Asked, Case, ContextValue, Held, Narrowed, Rule, Source, Who, WhoKind, sources_of,
};
use crate::documents::{self, Principal};
use crate::entities;
use crate::operator::{self, Actor, OperatorError};
use crate::world::World;

/// The name of the session of a role that is asked about.
const SESSION: &str = "locum-can";
/// Actions about which the trust policy of a role is asked.
const TRUSTED: &[&str] = &["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"];
/// Actions that AWS lets every authenticated caller do.
const ALWAYS: &[&str] = &["sts:GetCallerIdentity", "sts:GetSessionToken"];

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// The ARN of a user, a role, a session of a role, or a root user.
    pub principal: String,
    /// Such as `iam:GetUser`.
    pub action: String,
    /// An ARN, or `*` for an action without a resource.
    pub resource: String,
    /// Context that stands before what follows from principal and resource.
    pub context: Vec<QuestionValue>,
    /// The text of a session policy.
    pub session_policy: Option<String>,
    /// Policies of the organization, as if they were attached.
    pub organization: OrganizationPolicies,
    /// The width that texts are to fit.
    pub columns: Option<usize>,
}

/// One context key of a question.
#[derive(Debug, Clone)]
pub struct QuestionValue {
    /// The key as policies write it.
    pub key: String,
    /// Its values.
    pub values: Vec<String>,
    /// Whether it is a key that may have several values.
    pub is_list: bool,
}

/// Answers a question: an object with `Decision` (`allow` or `deny`), `View`, `Suggestions`, `Legend`
/// and `Notes`. Leaves a record.
///
/// # Errors
/// [`OperatorError::BadQuestion`] for a principal that is not there and for what is no action,
/// resource or policy.
pub async fn can(world: &World, actor: Actor, question: &Question) -> Result<Value, OperatorError> {
    let asked = [
        ("principal", question.principal.clone()),
        ("action", question.action.clone()),
        ("resource", question.resource.clone()),
    ];
    operator::commit(world, actor, "AskPolicies", &asked, async || {
        let (account, answer) = answered(world, question).await?;
        Ok((Some(account), vec![], asked.to_vec(), answer))
    })
    .await
}

fn bad(sentence: String) -> OperatorError {
    OperatorError::BadQuestion(sentence)
}

async fn answered(world: &World, question: &Question) -> Result<(AccountId, Value), OperatorError> {
    check(question)?;
    let (home, identity, who) = caller(world, &question.principal).await?;
    let mut notes = Vec::new();
    let (mut case, refusal) = case(world, question, (&home, &identity, who)).await?;
    let guard_rails = in_force(
        world,
        &question.organization,
        (&case, &identity),
        &mut notes,
    )
    .await?;
    case.policies.extend(guard_rails);
    let is_always = ALWAYS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(&question.action));
    let view = told::view(&case, question.columns);
    let mut decision = view
        .get("Decision")
        .and_then(Value::as_str)
        .unwrap_or("deny")
        .to_owned();
    let mut suggestions = json!([]);
    let missing = current::missing_role(world, &case.asked).await?;
    if let Some(refusal) = refusal.or(missing) {
        "deny".clone_into(&mut decision);
        notes.insert(0, refusal);
    } else if is_always {
        "allow".clone_into(&mut decision);
        notes.insert(
            0,
            "Every authenticated caller may do this, whatever its policies say.".to_owned(),
        );
    } else if decision == "deny" {
        suggestions = told::suggested(&case);
    }
    if case.is_cross_account() && case.asked.resource_rule == Rule::Standard {
        notes.push(
            "The resource belongs to another account, and this server keeps no policy of it."
                .to_owned(),
        );
    }
    notes.extend(unknown_action(&question.action));
    let answer = json!({
        "Principal": case.asked.principal.arn,
        "Action": question.action,
        "Resource": question.resource,
        "Decision": decision,
        "View": view,
        "Suggestions": suggestions,
        "Legend": told::legend(world, &case).await?,
        "Notes": notes,
    });
    Ok((home.id, answer))
}

/// Actions by their whole names on one resource: a pattern would be the answer to another question. Values of
/// the context are of the types of their keys.
fn check(question: &Question) -> Result<(), OperatorError> {
    let parts = question.action.split_once(':');
    let is_whole = parts.is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
    if !is_whole || question.action.contains(['*', '?']) {
        return Err(bad(format!(
            "{:?} is no action such as iam:GetUser",
            question.action
        )));
    }
    if question.resource != "*" && Arn::parse(&question.resource).is_none() {
        return Err(bad(format!("{:?} is no ARN", question.resource)));
    }
    let entry = |given: &QuestionValue| {
        let mut key_type = ContextKeyType::of_key(&given.key);
        key_type.is_list = given.is_list;
        ContextEntry {
            key: given.key.clone(),
            key_type,
            values: given.values.clone(),
        }
    };
    let entries: Vec<ContextEntry> = question.context.iter().map(entry).collect();
    ContextEntries::new(&entries).map_err(|fault| bad(fault.to_string()))?;
    Ok(())
}

/// Says that AWS has no such action: most often it is a slip, and what is then refused says little.
fn unknown_action(action: &str) -> Option<String> {
    let (prefix, _) = action.split_once(':')?;
    if catalogue::service(prefix).is_none() {
        return Some(format!(
            "No service of AWS has the prefix {prefix:?} of this action."
        ));
    }
    let is_known = catalogue::action(action).is_some();
    (!is_known).then(|| format!("AWS documents no action {action:?}; is it spelled right?"))
}

/// Who is supposed to call.
async fn caller(world: &World, arn: &str) -> Result<(Arc<Account>, Identity, Who), OperatorError> {
    let partition = &world.settings.partition;
    let unknown = || {
        bad(format!(
            "{arn:?} is no user, role, session of a role or root user of this installation"
        ))
    };
    let parsed = Arn::parse(arn).filter(|parsed| parsed.partition == partition);
    let parsed = parsed.ok_or_else(unknown)?;
    let home = current::account(world, parsed.account)
        .await?
        .ok_or_else(unknown)?;
    let id = home.id;
    if parsed.service == "iam" && parsed.resource == "root" {
        let who = Who {
            kind: WhoKind::Root,
            account: id.to_string(),
            arn: arn.to_owned(),
            id: id.to_string(),
            role_arn: None,
            session_name: None,
            session_tags: Vec::new(),
        };
        return Ok((home, Identity::Root, who));
    }
    let (_, named) = documents::principal(partition, arn).ok_or_else(unknown)?;
    let unique = documents::unique_id(&home, named).ok_or_else(unknown)?;
    let session = match named {
        Principal::Session(_) => arn.rsplit('/').next().unwrap_or(SESSION),
        _ => SESSION,
    };
    if let Some(user) = home.user_by_id(&unique).cloned() {
        let who = Who {
            kind: WhoKind::User,
            account: id.to_string(),
            arn: format!("arn:{partition}:iam::{id}:user{}{}", user.path, user.name),
            id: unique,
            role_arn: None,
            session_name: None,
            session_tags: Vec::new(),
        };
        return Ok((home, Identity::User(user), who));
    }
    let role = home.role_by_id(&unique).cloned().ok_or_else(unknown)?;
    let who = Who {
        kind: WhoKind::RoleSession,
        account: id.to_string(),
        arn: format!(
            "arn:{partition}:sts::{id}:assumed-role/{}/{session}",
            role.name
        ),
        id: unique,
        role_arn: Some(format!(
            "arn:{partition}:iam::{id}:role{}{}",
            role.path, role.name
        )),
        session_name: Some(session.to_owned()),
        session_tags: Vec::new(),
    };
    Ok((home, Identity::RoleSession(role), who))
}

/// The case, and a refusal that no policy decides.
async fn case(
    world: &World,
    question: &Question,
    (home, identity, who): (&Account, &Identity, Who),
) -> Result<(Case, Option<String>), OperatorError> {
    let is_trusted = TRUSTED
        .iter()
        .any(|known| known.eq_ignore_ascii_case(&question.action));
    let owner = Arn::parse(&question.resource).map_or("", |parsed| parsed.account);
    let owner = match AccountId::parse(owner) {
        Some(owner) => owner.to_string(),
        None => home.id.to_string(),
    };
    let narrowed = Narrowed {
        policy: question.session_policy.as_deref(),
        policy_arns: &[],
    };
    if let Some(text) = narrowed.policy {
        Document::check(text, Kind::Session).map_err(|findings| {
            let found = findings.first().map(|found| found.message.clone());
            bad(format!("the session policy: {}", found.unwrap_or_default()))
        })?;
    }
    let refusal = refusal(question, home, &who, is_trusted);
    let mut sources = sources_of(home, identity, narrowed);
    let mut case = Case {
        context: Vec::new(),
        policies: Vec::new(),
        asked: Asked {
            principal: who,
            action: question.action.clone(),
            resource: question.resource.clone(),
            resource_account: owner,
            resource_rule: if is_trusted {
                Rule::Trust
            } else {
                Rule::Standard
            },
        },
    };
    case.context = context(world, &case.asked, identity).await?;
    current::resource_side(world, &mut case, &mut sources).await?;
    for given in &question.context {
        let key = ConditionKey::parse(&given.key);
        case.context
            .retain(|held| ConditionKey::parse(&held.key) != key);
        let held = match given.values.as_slice() {
            [value] if !given.is_list => Held::Value(value.clone()),
            values => Held::Values(values.to_vec()),
        };
        case.context.push(ContextValue {
            key: given.key.clone(),
            held,
        });
    }
    case.policies = sources.iter().map(Source::case).collect();
    Ok((case, refusal))
}

/// What is refused whatever policies say.
fn refusal(question: &Question, home: &Account, who: &Who, is_trusted: bool) -> Option<String> {
    if entities::is_suspended(home) {
        return Some(format!(
            "Account {} is suspended; nobody of it calls.",
            home.id
        ));
    }
    let assumes = is_trusted && question.action.eq_ignore_ascii_case("sts:AssumeRole");
    (assumes && who.kind == WhoKind::Root)
        .then(|| "Roles may not be assumed by root accounts.".to_owned())
}

/// The keys that follow from who asks for what, and when.
async fn context(
    world: &World,
    asked: &Asked,
    identity: &Identity,
) -> Result<Vec<ContextValue>, OperatorError> {
    let who = &asked.principal;
    let now_s = world.clock.now_ms().div_euclid(1_000);
    let (kind, user_id) = match who.kind {
        WhoKind::Root => ("Account", who.id.clone()),
        WhoKind::User => ("User", who.id.clone()),
        WhoKind::RoleSession => {
            let name = who.session_name.as_deref().unwrap_or_default();
            ("AssumedRole", format!("{}:{name}", who.id))
        }
    };
    let now = Typed::Date(now_s).to_string();
    let mut found = vec![
        ContextValue::one("aws:PrincipalArn", who.entity_arn()),
        ContextValue::one("aws:PrincipalAccount", &who.account),
        ContextValue::one("aws:PrincipalType", kind),
        ContextValue::one("aws:PrincipalIsAWSService", "false"),
        ContextValue::one("aws:ViaAWSService", "false"),
        ContextValue::one("aws:userid", &user_id),
        ContextValue::one("aws:ResourceAccount", &asked.resource_account),
        ContextValue::one("aws:CurrentTime", &now),
        ContextValue::one("aws:EpochTime", &now),
    ];
    if let Identity::User(user) = identity {
        found.push(ContextValue::one("aws:username", &user.name));
    }
    let installation = operator::installation(world).await?;
    if let Some(held) = &installation.organization {
        let path = format!("{}/{}/", held.id, held.root_id);
        for (key, value) in [
            ("aws:PrincipalOrgID", &held.id),
            ("aws:ResourceOrgID", &held.id),
            ("aws:PrincipalOrgPaths", &path),
            ("aws:ResourceOrgPaths", &path),
        ] {
            found.push(ContextValue::one(key, value));
        }
    }
    let tags = current::own_tags(identity).iter();
    found.extend(
        tags.map(|tag| ContextValue::one(&format!("aws:PrincipalTag/{}", tag.key), &tag.value)),
    );
    Ok(found)
}
