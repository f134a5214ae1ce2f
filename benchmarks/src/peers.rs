//! Cedar, Regorus and the other engines of IAM policies on the same questions as Locum.

use std::str::FromStr;

use cedar_policy::{
    Authorizer, Context, Entities, EntityUid, PolicySet, Request, RestrictedExpression,
};
use serde_json::Value;

use crate::translate;
use crate::workload::{ACCOUNT, NOW_S, USER_ARN, USER_ID, USER_NAME, Workload};

/// Asks one prepared question.
pub type Ask = Box<dyn Fn() -> bool>;

/// An engine: its name, and how it takes a workload. `None` when it cannot.
pub type Engine = (&'static str, fn(&Workload) -> Option<Ask>);

pub const PEERS: &[Engine] = &[
    ("cedar-policy", cedar),
    ("scratchstack-aspen", aspen),
    ("iam-rs", iam_rs),
    ("regorus", regorus),
];

fn cedar(workload: &Workload) -> Option<Ask> {
    let policies = PolicySet::from_str(&translate::cedar(workload)).expect("Cedar policies");
    let fields = translate::request(workload);
    let fields = fields
        .as_object()
        .expect("fields")
        .iter()
        .map(|(name, value)| {
            let value = match (name.as_str(), value) {
                ("sourceip", Value::String(text)) => RestrictedExpression::new_ip(text),
                ("currenttime", _) => {
                    let seconds = NOW_S.rem_euclid(86_400);
                    assert_eq!(seconds, 0);
                    RestrictedExpression::new_datetime("2026-05-04T00:00:00Z")
                }
                (_, Value::String(text)) => RestrictedExpression::new_string(text.clone()),
                (_, Value::Bool(value)) => RestrictedExpression::new_bool(*value),
                (_, Value::Number(number)) => {
                    RestrictedExpression::new_long(number.as_i64().unwrap_or(0))
                }
                (_, Value::Array(items)) => RestrictedExpression::new_set(
                    items
                        .iter()
                        .filter_map(Value::as_str)
                        .map(|text| RestrictedExpression::new_string(text.to_owned())),
                ),
                _ => panic!("no translation of {value}"),
            };
            (name.clone(), value)
        });
    let context = Context::from_pairs(fields).expect("a context");
    let uid = |text: &str| EntityUid::from_str(text).expect("an entity");
    let request = Request::new(
        uid(r#"User::"ada""#),
        uid(r#"Action::"ask""#),
        uid(r#"Resource::"it""#),
        context,
        None,
    )
    .expect("a request");
    let (authorizer, entities) = (Authorizer::new(), Entities::empty());
    Some(Box::new(move || {
        let response = authorizer.is_authorized(&request, &policies, &entities);
        response.decision() == cedar_policy::Decision::Allow
    }))
}

fn regorus(workload: &Workload) -> Option<Ask> {
    let mut engine = regorus::Engine::new();
    engine
        .add_policy("w.rego".to_owned(), translate::rego(workload))
        .expect("a Rego module");
    let input = regorus::Value::from_json_str(&translate::request(workload).to_string());
    let input = input.expect("an input");
    let policy = engine
        .compile_with_entrypoint(&"data.w.allow".into())
        .expect("an entry point");
    Some(Box::new(move || {
        let answer = policy.eval_with_input(input.clone());
        answer.is_ok_and(|answer| answer == regorus::Value::from(true))
    }))
}

/// The documents, the principal by its name: nobody but Locum binds names to unique ids.
fn documents(workload: &Workload) -> Vec<String> {
    let texts = workload.identity.iter().chain(&workload.trust);
    texts.map(|text| text.replace(USER_ID, USER_ARN)).collect()
}

fn iam_rs(workload: &Workload) -> Option<Ask> {
    use iam_rs::{
        Arn, Context, ContextValue, Decision, IAMPolicy, IAMRequest, Principal, PrincipalId,
    };
    let policies = documents(workload)
        .iter()
        .map(|text| IAMPolicy::from_json(text).ok())
        .collect::<Option<Vec<_>>>()?;
    let facts = &workload.facts;
    let mut context = Context::new()
        .with_string("aws:PrincipalTag/team", facts.team)
        .with_string("aws:SourceIp", facts.source_ip.to_string())
        .with_string("aws:UserAgent", facts.user_agent)
        .with_string("aws:username", USER_NAME)
        .with_string("aws:CurrentTime", "2026-05-04T00:00:00Z")
        .with_string("sts:ExternalId", facts.external_id)
        .with_string("aws:PrincipalOrgID", facts.org_id)
        .with_string("sts:RoleSessionName", facts.session_name)
        .with_boolean("aws:MultiFactorAuthPresent", true)
        .with_number("aws:MultiFactorAuthAge", facts.mfa_age_s as f64);
    let tags = facts.tag_keys.iter().map(|tag| (*tag).to_owned()).collect();
    context.insert("aws:TagKeys".to_owned(), ContextValue::StringList(tags));
    let request = IAMRequest::new_with_context(
        Principal::Aws(PrincipalId::String(USER_ARN.to_owned())),
        workload.action,
        Arn::parse(&workload.resource).ok()?,
        context,
    );
    let evaluator = iam_rs::PolicyEvaluator::with_policies(policies);
    Some(Box::new(move || {
        let answer = evaluator.evaluate(&request);
        answer.is_ok_and(|answer| answer.decision == Decision::Allow)
    }))
}

fn aspen(workload: &Workload) -> Option<Ask> {
    use scratchstack_aspen::{Context, Decision, Policy, PolicySet, PolicySource};
    use scratchstack_aws_principal::{
        Principal, PrincipalIdentity, SessionData, SessionValue, User,
    };
    let mut policies = PolicySet::new();
    for text in documents(workload) {
        let source = PolicySource::new_entity_inline(USER_ARN, USER_ID, "p");
        policies.add_policy(source, Policy::from_str(&text).ok()?);
    }
    let facts = &workload.facts;
    let mut session = SessionData::new();
    for (key, value) in [
        ("aws:PrincipalTag/team", facts.team),
        ("aws:UserAgent", facts.user_agent),
        ("aws:username", USER_NAME),
        ("sts:ExternalId", facts.external_id),
        ("aws:PrincipalOrgID", facts.org_id),
        ("sts:RoleSessionName", facts.session_name),
        // It has no values of several; none of them matches anyway.
        ("aws:TagKeys", facts.tag_keys[0]),
    ] {
        session.insert(key, SessionValue::String(value.to_owned()));
    }
    session.insert("aws:SourceIp", SessionValue::IpAddr(facts.source_ip));
    let now = chrono::DateTime::from_timestamp(NOW_S, 0)?;
    session.insert("aws:CurrentTime", SessionValue::Timestamp(now));
    session.insert("aws:MultiFactorAuthPresent", SessionValue::Bool(true));
    session.insert(
        "aws:MultiFactorAuthAge",
        SessionValue::Integer(facts.mfa_age_s),
    );
    let (service, api) = workload.action.split_once(':')?;
    let user = User::new("aws", ACCOUNT, "/", USER_NAME).ok()?;
    let context = Context::builder()
        .service(service)
        .api(api)
        .actor(Principal::from(vec![PrincipalIdentity::from(user)]))
        .resources(vec![workload.resource.parse().ok()?])
        .session_data(session)
        .build()
        .ok()?;
    Some(Box::new(move || {
        let answer = policies.evaluate(&context);
        answer.is_ok_and(|(decision, _)| decision == Decision::Allow)
    }))
}
