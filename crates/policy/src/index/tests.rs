//! How much of an index one request touches: counted, because a count does not depend on the machine.
#![allow(clippy::unwrap_used, reason = "the documents are well formed")]

use std::sync::Arc;

use super::{Index, Table};
use crate::document::{Document, Effect};
use crate::key::{ConditionKey, KnownKey};
use crate::limits::SEARCHED_ONE_BY_ONE;
use crate::lookup::Lookup;
use crate::question::Question;
use crate::request::{Context, Principal, PrincipalKind, Request};
use crate::statement::Statement;
use crate::value::{Value, Values};
use crate::variable::Variables;

struct Facts;

impl Context for Facts {
    fn values<'a>(&'a self, key: &ConditionKey) -> Values<'a> {
        match key {
            ConditionKey::Known(KnownKey::UserAgent) => Values::One(Value::Str("aws-cli/2.30")),
            ConditionKey::Known(KnownKey::SourceIp) => {
                Values::One(Value::Ip(std::net::Ipv4Addr::new(10, 1, 2, 3).into()))
            }
            ConditionKey::Known(KnownKey::CurrentTime) => Values::One(Value::Date(1_777_852_800)),
            ConditionKey::Known(KnownKey::TagKeys) => Values::Many(&["owner", "stage"]),
            _ => Values::Absent,
        }
    }
}

/// What a request touches of the statements of one effect.
#[derive(Debug, PartialEq, Eq)]
struct Touched {
    /// Whose action and resource are compared.
    groups: usize,
    /// Whose principal and conditions are tested.
    statements: usize,
}

fn groups(table: &Table, text: &[u8]) -> usize {
    let mut count = 0;
    match table {
        Table::Few(groups) => count = groups.len(),
        Table::Many { trie, .. } => trie.walk(text, |listed| count += listed.len()),
    }
    count
}

fn touched(statements: &[String], effect: Effect, action: &str, resource: &str) -> Touched {
    let document = |statements: &[String]| {
        let statements = statements.join(",");
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        Document::parse(&text).unwrap().statements
    };
    let sources = statements.chunks(500).flat_map(document);
    let compiled: Vec<_> = sources
        .map(|source| Arc::new(Statement::compile(&source, Variables::On)))
        .collect();
    let index = Index::new(&compiled.iter().collect::<Vec<_>>(), effect);
    let principal = Principal {
        kind: PrincipalKind::Anonymous,
        account: "",
    };
    let request = Request {
        action,
        resource,
        principal: &principal,
        context: &Facts,
    };
    let lookup = Lookup::new(&Facts);
    let question = Question::prepare(&request, &lookup).unwrap();
    let text = question.target.as_bytes();
    let service = index.of_service(&question.service);
    let mut found = Touched {
        groups: service.map_or(0, |table| groups(table, text)) + groups(&index.any, text),
        statements: 0,
    };
    index.visit(&question, |_, entries| found.statements += entries.len());
    found
}

/// Four kinds of conditions that fail, in turn.
fn failing(number: usize, resource: &str) -> String {
    let condition = match number % 4 {
        0 => format!(r#""StringLike":{{"aws:UserAgent":"console-{number}.*"}}"#),
        1 => format!(
            r#""IpAddress":{{"aws:SourceIp":"192.0.{}.0/24"}}"#,
            number % 250
        ),
        2 => format!(
            r#""DateLessThan":{{"aws:CurrentTime":"20{:02}"}}"#,
            number % 26
        ),
        _ => format!(r#""ForAnyValue:StringEquals":{{"aws:TagKeys":["cost{number}"]}}"#),
    };
    format!(
        r#"{{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::{resource}/*","Condition":{{{condition}}}}}"#
    )
}

const READ: (&str, &str) = ("s3:GetObject", "arn:aws:s3:::data/2026/may.csv");

#[test]
fn statements_about_other_resources_are_never_touched() {
    let shape = |count: usize| {
        let statements: Vec<String> = (0..count)
            .map(|number| match number {
                ..5 => failing(number, "data"),
                _ => failing(number, &format!("other-{number}")),
            })
            .collect();
        touched(&statements, Effect::Allow, READ.0, READ.1)
    };
    let few = shape(10);
    assert_eq!(few.statements, 5, "{few:?}");
    for count in [100, 1_000, 10_000] {
        assert_eq!(shape(count), few, "{count}");
    }
}

#[test]
fn statements_about_other_services_are_never_touched() {
    let shape = |count: usize, effect| {
        let mut statements: Vec<String> = (1..count)
            .map(|number| {
                let service = number % 40;
                format!(
                    r#"{{"Effect":"Allow","Action":["service{service}:Get*","service{service}:PutThing"],"Resource":"arn:aws:service{service}:*:111122223333:thing/{number}/*"}}"#
                )
            })
            .collect();
        statements.push(r#"{"Effect":"Deny","Action":"service7:Put*","Resource":"arn:aws:service7:*:111122223333:thing/7/*"}"#.to_owned());
        let resource = "arn:aws:service7:eu-central-1:111122223333:thing/7/a";
        touched(&statements, effect, "service7:PutThing", resource)
    };
    for count in [10, 100, 1_000, 10_000] {
        for effect in [Effect::Allow, Effect::Deny] {
            let found = shape(count, effect);
            assert_eq!(found.statements, 1, "{count}");
            assert!(found.groups <= SEARCHED_ONE_BY_ONE, "{count} {found:?}");
        }
    }
}

#[test]
fn conditions_of_a_kind_are_passed_by_together() {
    for count in [100, 1_000] {
        let statements: Vec<String> = (0..count).map(|number| failing(number, "data")).collect();
        let found = touched(&statements, Effect::Allow, READ.0, READ.1);
        assert_eq!(found.statements, 0, "{count}");
    }
}
