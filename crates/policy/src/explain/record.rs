//! Records what each part of a statement says, with the functions that decisions are made of.

use crate::decision::PolicyType;
use crate::document::{self, Document, Effect};
use crate::explain::Named;
use crate::explain::report::{
    ConditionReport, Outcome, PolicyValue, RequestValues, StatementReport,
};
use crate::key::{ConditionKey, KnownKey};
use crate::lookup::Lookup;
use crate::operator::Base;
use crate::policy::Policy;
use crate::principal::Grant;
use crate::question::Question;
use crate::request::Request;
use crate::statement::Statement;
use crate::truth::Truth;
use crate::value::{Text, Values};
use crate::variable::{Token, Variables, Wildcards, tokens};

/// The statements of one policy.
pub(super) fn statements<'q>(
    policy_type: PolicyType,
    named: &Named<'_>,
    policy: &'q Policy,
    question: &Question<'q>,
    request: &Request<'_>,
) -> Vec<StatementReport> {
    let Some(document) = named.document else {
        return Vec::new();
    };
    let sources = document.statements.iter();
    let pairs = sources.zip(policy.statements());
    pairs
        .map(|(source, (origin, compiled))| {
            let place = Place {
                document,
                source,
                compiled,
                question,
                request,
            };
            place.report(policy_type, origin.index)
        })
        .collect()
}

/// A statement as written and as compiled, and the request.
struct Place<'a, 'q> {
    document: &'a Document,
    source: &'a document::Statement,
    compiled: &'q Statement,
    question: &'a Question<'q>,
    request: &'a Request<'a>,
}

impl Place<'_, '_> {
    fn report(&self, policy_type: PolicyType, index: usize) -> StatementReport {
        let (source, compiled, question) = (self.source, self.compiled, self.question);
        let is_resources = matches!(
            policy_type,
            PolicyType::Resource | PolicyType::RoleTrust | PolicyType::Rcp
        );
        let is_about: Truth = compiled.actions.contain(question).into();
        let resource = compiled.resources(question);
        let grant = compiled.grant(question);
        let principal = match compiled.effect {
            Effect::Deny => compiled.denies_principal(question),
            Effect::Allow => (grant > Grant::None).into(),
        };
        let rest = || match (is_resources, compiled.effect) {
            (false, _) => compiled.as_callers(resource, question),
            (true, Effect::Deny) => compiled.as_resources_deny(resource, question),
            (true, Effect::Allow) => {
                (compiled.as_resources_allow(resource, question) > Grant::None).into()
            }
        };
        let list_span = |list: &Option<document::List>| {
            list.as_ref()
                .map_or(source.span.clone(), |list| list.span.clone())
        };
        let principal_span = source.principals.as_ref().map(|p| p.span.clone());
        StatementReport {
            index,
            sid: source.sid.as_ref().map(|sid| sid.text.to_string()),
            effect: source.effect,
            outcome: is_about.and(rest).into(),
            span: source.span.clone(),
            action: (is_about.into(), list_span(&source.actions)),
            principal: is_resources.then(|| {
                let span = principal_span.unwrap_or(source.span.clone());
                (principal.into(), span)
            }),
            resource: source
                .resources
                .as_ref()
                .map(|list| (resource.into(), list.span.clone())),
            resources: self.resources(),
            conditions: self.conditions(),
        }
    }

    /// The resources that hold variables, with these resolved.
    fn resources(&self) -> Vec<PolicyValue> {
        let lists = self.source.resources.iter();
        let items = lists.flat_map(|list| &list.items);
        let values = items.map(|item| self.value(&item.text, Wildcards::On));
        values.filter(|value| value.resolved.is_some()).collect()
    }

    fn conditions(&self) -> Vec<ConditionReport> {
        let entries = self.source.conditions.iter().enumerate();
        entries
            .map(|(index, entry)| {
                let mut compiled = self.compiled.conditions.iter();
                let outcome = match compiled.find(|condition| condition.index() == index) {
                    Some(condition) => condition.holds(self.question.lookup).into(),
                    None => Outcome::Unknown,
                };
                let key = ConditionKey::parse(&entry.key.text);
                let takes_variables = matches!(
                    entry.operator.base,
                    Base::String(..) | Base::Arn(_) | Base::Bool
                );
                let value = |value: &document::Spanned| match takes_variables {
                    true => self.value(&value.text, Wildcards::Off),
                    false => PolicyValue {
                        written: value.text.to_string(),
                        resolved: None,
                        is_owners: false,
                    },
                };
                ConditionReport {
                    operator: entry.operator.to_string(),
                    key: entry.key.text.to_string(),
                    outcome,
                    policy_values: entry.values.iter().map(value).collect(),
                    request_values: request_values(self.request.context.values(&key)),
                    span: entry.key.span.clone(),
                    is_owners: is_owners(&key),
                }
            })
            .collect()
    }

    /// A value of the policy, its variables resolved. Wildcards stay as they are in either way.
    fn value(&self, written: &str, wildcards: Wildcards) -> PolicyValue {
        let mut value = PolicyValue {
            written: written.to_owned(),
            resolved: None,
            is_owners: false,
        };
        if self.document.variables() == Variables::Off || !written.contains("${") {
            return value;
        }
        let Ok(tokens) = tokens(written, wildcards, Variables::On) else {
            return value;
        };
        let lookup = Lookup::new(self.request.context);
        let mut resolved = String::new();
        for token in &tokens {
            match token {
                Token::Text(text) => resolved.push_str(text),
                Token::Many => resolved.push('*'),
                Token::One => resolved.push('?'),
                Token::Variable(variable) => {
                    value.is_owners |= is_owners(variable.key());
                    match variable.resolve(&lookup) {
                        Ok(text) => resolved.push_str(text.as_str()),
                        Err(_) => resolved.push_str(&format!("${{{}}}", variable.key())),
                    }
                }
            }
        }
        value.resolved = Some(resolved);
        value
    }
}

fn request_values(values: Values<'_>) -> RequestValues {
    match values {
        Values::Absent => RequestValues::Missing,
        Values::Ambiguous => RequestValues::Ambiguous,
        Values::One(value) => RequestValues::Are(vec![Text::of(value).as_str().to_owned()]),
        Values::Many(values) => {
            RequestValues::Are(values.iter().map(|value| (*value).to_owned()).collect())
        }
    }
}

/// Whether the key tells what the owner of the resource knows, and nobody else.
fn is_owners(key: &ConditionKey) -> bool {
    matches!(
        key,
        ConditionKey::ResourceTag(_)
            | ConditionKey::Known(
                KnownKey::ResourceAccount | KnownKey::ResourceOrgId | KnownKey::ResourceOrgPaths
            )
    )
}
