//! The worked examples of the IAM User Guide: the engine and the model must say what it says.
//!
//! A file holds `page TITLE` lines (the page of the guide that what follows comes from), `case`
//! lines, the statements of each policy (`identity`, `boundary`, `session`, `resource`, `trust`, `key`;
//! `scp` and `rcp` once a level), and questions: `ask CALLER ACTION RESOURCE KEY=VALUE… -> ANSWER`.
//! `KEY=[a,b]` has several values. Callers and answers are named as in `cases/decisions.txt`.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a file with a mistake must fail"
)]

mod common;
mod generate;
mod model;

use common::case::{caller, word};
use common::{ACCOUNT, compile, document, service};
use generate::{Fact, Facts};
use locum_policy::{Policies, Policy, Principal, Request, ResourceRule, decide};
use model::Verdict;

const FILES: [&str; 4] = [
    include_str!("cases/guide/conditions.txt"),
    include_str!("cases/guide/evaluation.txt"),
    include_str!("cases/guide/keys.txt"),
    include_str!("cases/guide/principals.txt"),
];

/// A case: kinds of policies and their texts, in the order of the file.
#[derive(Default)]
struct Example<'t> {
    title: &'t str,
    policies: Vec<(&'t str, String)>,
}

#[test]
fn pol_22_the_examples_of_the_guide() {
    let (mut asked, mut cases, mut pages) = (0, 0, 0);
    for file in FILES {
        let mut example = Example::default();
        for line in file.lines() {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "" | "#" => {}
                "page" => pages += 1,
                "case" => {
                    cases += 1;
                    example = Example {
                        title: rest,
                        policies: Vec::new(),
                    };
                }
                "ask" => {
                    asked += 1;
                    example.ask(rest);
                }
                "identity" | "boundary" | "session" | "resource" | "trust" | "key" | "scp"
                | "rcp" => {
                    example.policies.push((word, document(rest)));
                }
                other => panic!("no line begins with {other}"),
            }
        }
    }
    assert!(
        asked >= 100 && cases >= 50 && pages >= 10,
        "{asked} {cases} {pages}"
    );
}

impl Example<'_> {
    fn of<'s>(&'s self, kinds: &'s [&str]) -> impl Iterator<Item = &'s str> {
        let policies = self.policies.iter();
        policies
            .filter(|(kind, _)| kinds.contains(kind))
            .map(|(_, text)| text.as_str())
    }

    fn ask(&self, line: &str) {
        let (question, expected) = line.split_once(" -> ").unwrap();
        let mut words = question.split(' ');
        let name = words.next().unwrap();
        let (action, resource) = (words.next().unwrap(), words.next().unwrap());
        let mut facts = Facts::default();
        for word in words {
            let (key, value) = word.split_once('=').unwrap();
            let list = value
                .strip_prefix('[')
                .and_then(|list| list.strip_suffix(']'));
            facts.add(
                key,
                match list {
                    Some("") => Fact::Many(Vec::new()),
                    Some(list) => Fact::Many(list.split(',').map(str::to_owned).collect()),
                    None => Fact::Str(value.to_owned()),
                },
            );
        }
        let principal = match name {
            "sns" => service("sns.amazonaws.com"),
            name => caller(name),
        };
        let found = self.engine(&principal, action, resource, &facts);
        assert_eq!(found, expected, "{}: {line}", self.title);
        let found = self.model(&principal, action, resource, &facts);
        assert_eq!(found, expected, "the model on {}: {line}", self.title);
    }

    fn rule(&self) -> ResourceRule {
        let given = |kind: &str| self.of(&[kind]).next().is_some();
        match (given("trust"), given("key")) {
            (true, _) => ResourceRule::Trust,
            (_, true) => ResourceRule::KeyPolicy,
            _ => ResourceRule::Standard,
        }
    }

    fn engine(
        &self,
        principal: &Principal<'_>,
        action: &str,
        resource: &str,
        facts: &Facts,
    ) -> &'static str {
        let compiled = |kinds: &[&str]| -> Vec<Policy> { self.of(kinds).map(compile).collect() };
        let identity = compiled(&["identity"]);
        let boundary = compiled(&["boundary"]);
        let session = compiled(&["session"]);
        let own = compiled(&["resource", "trust", "key"]);
        let scp = compiled(&["scp"]);
        let rcp = compiled(&["rcp"]);
        let identity: Vec<&Policy> = identity.iter().collect();
        let session: Vec<&Policy> = session.iter().collect();
        let scp: Vec<[&Policy; 1]> = scp.iter().map(|policy| [policy]).collect();
        let scp: Vec<&[&Policy]> = scp.iter().map(|level| &level[..]).collect();
        let rcp: Vec<[&Policy; 1]> = rcp.iter().map(|policy| [policy]).collect();
        let rcp: Vec<&[&Policy]> = rcp.iter().map(|level| &level[..]).collect();
        let context = facts.bound();
        let request = Request {
            action,
            resource,
            principal,
            context: &context,
        };
        let decision = decide(
            &request,
            &Policies {
                identity: &identity,
                boundary: boundary.first(),
                session: (!session.is_empty()).then_some(&session[..]),
                resource: own.first(),
                resource_rule: self.rule(),
                resource_account: ACCOUNT,
                scp: (!scp.is_empty()).then_some(&scp[..]),
                rcp: (!rcp.is_empty()).then_some(&rcp[..]),
            },
        );
        word(decision.reason())
    }

    fn model(
        &self,
        principal: &Principal<'_>,
        action: &str,
        resource: &str,
        facts: &Facts,
    ) -> String {
        let read = |kinds: &[&str]| -> Vec<model::Document> {
            self.of(kinds)
                .map(|text| model::Document::read(text).unwrap())
                .collect()
        };
        let identity = read(&["identity"]);
        let boundary = read(&["boundary"]);
        let session = read(&["session"]);
        let own = read(&["resource", "trust", "key"]);
        let (scp, rcp) = (read(&["scp"]), read(&["rcp"]));
        let bound = facts.bound();
        let lookup = |key: &str| bound.lookup(key);
        let question = model::Question {
            action,
            resource,
            caller: principal.kind,
            account: principal.account,
            lookup: &lookup,
            told: Default::default(),
        };
        let policies = model::Policies {
            identity: identity.iter().collect(),
            boundary: boundary.first(),
            session: (!session.is_empty()).then(|| session.iter().collect()),
            resource: own.first(),
            rule: self.rule(),
            resource_account: ACCOUNT,
            scp: (!scp.is_empty()).then(|| scp.iter().map(|policy| vec![policy]).collect()),
            rcp: (!rcp.is_empty()).then(|| rcp.iter().map(|policy| vec![policy]).collect()),
        };
        match model::decide(&policies, &question).verdict {
            Verdict::Allowed => "allow".to_owned(),
            Verdict::Root => "root".to_owned(),
            Verdict::CrossAccount => "cross".to_owned(),
            Verdict::NoQuestion => "nothing".to_owned(),
            Verdict::Denied("trust") => "deny-resource".to_owned(),
            Verdict::Denied(name) => format!("deny-{name}"),
            Verdict::Lacks(name) => format!("no-{name}"),
        }
    }
}
