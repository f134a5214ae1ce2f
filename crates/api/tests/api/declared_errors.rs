//! Every error that the models declare has a call that gets it, or a reason why it cannot happen.

use std::collections::{BTreeMap, BTreeSet};

use locum_api::operations;
use locum_wire::{ClientRequest, ErrorModel, Service};

use crate::common::{Answer, Keys, REGION, Refused, sign_in, success, unsigned};
use crate::crowd;
use crate::error_stage::stage;
use crate::every_operation::Stage;

const CASES: &str = include_str!("../cases/declared_errors.txt");
const CROWDED: &str = include_str!("../cases/account_quotas.txt");
const IMPOSSIBLE: &str = include_str!("../cases/impossible_errors.txt");

/// One line of a file of cases.
enum Line<'a> {
    /// Who calls, an operation and its parameters; the code and the sentence that are answered.
    Case {
        who: &'a str,
        operation: &'a str,
        form: &'a str,
        service: Service,
        code: &'a str,
        sentence: &'a str,
    },
    /// A call whose answer does not matter.
    Prepare {
        who: &'a str,
        form: &'a str,
        service: Service,
    },
    /// The clock moves on.
    Pass(i64),
}

fn service(name: &str) -> Service {
    match name {
        "iam" => Service::Iam,
        "sts" => Service::Sts,
        "organizations" => Service::Organizations,
        "cloudtrail" => Service::CloudTrail,
        _ => panic!("no service {name}"),
    }
}

fn caller(text: &str) -> (&str, &str) {
    match text.strip_prefix('@') {
        Some(rest) => rest.split_once(' ').expect("who calls what"),
        None => ("admin", text),
    }
}

fn lines(text: &'static str) -> impl Iterator<Item = Line<'static>> {
    let (mut of, mut code, mut sentence) = (Service::Iam, "", "");
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.filter_map(move |line| {
        let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
        match mark {
            "#" => None,
            "==" => {
                let (name, rest) = rest.split_once(' ').expect("a service and a code");
                (of, code, sentence) = (service(name), rest, "");
                None
            }
            ":" => {
                sentence = rest;
                None
            }
            "+" => {
                let (who, form) = caller(rest);
                Some(Line::Prepare {
                    who,
                    form,
                    service: of,
                })
            }
            "pass" => Some(Line::Pass(rest.parse().expect("seconds"))),
            _ => {
                let (who, call) = caller(line);
                let (operation, form) = call.split_once(' ').unwrap_or((call, ""));
                Some(Line::Case {
                    who,
                    operation,
                    form,
                    service: of,
                    code,
                    sentence,
                })
            }
        }
    })
}

/// The declared error with this code.
fn declared(service: Service, operation: &str, code: &str) -> Option<&'static ErrorModel> {
    let model = locum_wire::operation(service, operation)?;
    let mut errors = model.errors.iter().copied();
    errors.find(|error| error.code == code)
}

fn keys<'a>(stage: &'a Stage, who: &str) -> &'a Keys {
    match who.split('/').next().unwrap_or_default() {
        "admin" => &stage.lab.admin,
        "worker" => &stage.worker,
        "other" => &stage.other.root,
        _ => panic!("nobody is called {who}"),
    }
}

fn send(stage: &Stage, who: &str, service: Service, operation: &str, form: &str) -> Answer {
    let (lab, keys) = (&stage.lab, keys(stage, who));
    let Some(prefix) = service.target_prefix() else {
        return lab.form(keys, service, &format!("Action={operation}&{form}"));
    };
    let request = ClientRequest {
        content_type: "application/x-amz-json-1.1",
        target: Some(format!("{prefix}.{operation}")),
        body: form.as_bytes().to_vec(),
    };
    let region = who.split_once('/').map_or(REGION, |(_, region)| region);
    let scope = (service.scope_name(), region);
    lab.send(sign_in(
        keys,
        scope,
        lab.now_s(),
        unsigned(service, request),
    ))
}

/// A form for IAM, or an operation of the service at hand with its JSON.
fn prepare(stage: &Stage, who: &str, service: Service, form: &str) {
    match form.split_once(" {") {
        Some((operation, rest)) => {
            send(stage, who, service, operation, &format!("{{{rest}"));
        }
        None => {
            stage.lab.form(keys(stage, who), Service::Iam, form);
        }
    }
}

/// Makes every call of `text` and collects what is not answered as it says.
fn differences(stage: &Stage, text: &'static str) -> Vec<String> {
    let mut found = Vec::new();
    for line in lines(text) {
        let (who, operation, form, service, code, sentence) = match line {
            Line::Case {
                who,
                operation,
                form,
                service,
                code,
                sentence,
            } => (who, operation, form, service, code, sentence),
            Line::Prepare { who, form, service } => {
                prepare(stage, who, service, &stage.fill(form));
                continue;
            }
            Line::Pass(seconds) => {
                stage.lab.pass(seconds);
                continue;
            }
        };
        let Some(model) = declared(service, operation, code) else {
            found.push(format!("{operation} does not declare {code}"));
            continue;
        };
        let before = stage.lab.revision();
        let answer = send(stage, who, service, operation, &stage.fill(form));
        let expected = Refused {
            status: model.status,
            code: code.to_owned(),
            message: stage.fill(&sentence.replace("{operation}", operation)),
        };
        match success(service, &answer) {
            Ok(()) => found.push(format!("{operation} {form}: not refused with {code}")),
            Err(refused) if refused != expected => {
                found.push(format!("{operation} {form}: {refused:?}"));
            }
            // A wrong code or password is counted, which is a change.
            Err(_) if code.starts_with("InvalidAuth") => {}
            Err(_) if stage.lab.revision() != before => {
                found.push(format!(
                    "{operation} {form}: refused, and changed something"
                ));
            }
            Err(_) => {}
        }
    }
    found
}

#[track_caller]
fn check(stage: &Stage, text: &'static str) {
    let found = differences(stage, text);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_declared_error_is_answered() {
    check(&stage(), CASES);
}

#[test]
fn every_quota_of_an_account_is_enforced() {
    let stage = stage();
    crowd::crowd(&stage.lab);
    check(&stage, CROWDED);
}

/// Operation and code of every case.
fn cases() -> BTreeSet<(Service, &'static str, &'static str)> {
    let lines = lines(CASES).chain(lines(CROWDED));
    let cases = lines.filter_map(|line| match line {
        Line::Case {
            operation,
            service,
            code,
            ..
        } => Some((service, operation, code)),
        Line::Prepare { .. } | Line::Pass(_) => None,
    });
    cases.collect()
}

/// Operation and code of what is said to be impossible.
fn impossible() -> BTreeSet<(Service, &'static str, &'static str)> {
    let mut found = BTreeSet::new();
    let (mut of, mut code, mut reason) = (Service::Iam, "", "");
    for line in IMPOSSIBLE.lines().filter(|line| !line.is_empty()) {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("#", _) => {}
            ("==", rest) => {
                let (name, rest) = rest.split_once(' ').expect("a service and a code");
                (of, code, reason) = (service(name), rest, "");
            }
            (":", rest) => reason = rest,
            ("*", _) => {
                assert!(!reason.is_empty(), "{code} has no reason");
                let declaring =
                    operations().filter(|row| declared(row.service, row.name, code).is_some());
                found.extend(declaring.map(|row| (row.service, row.name, code)));
            }
            _ => {
                assert!(!reason.is_empty(), "{code} has no reason");
                let new = line.split(' ').map(|operation| (of, operation, code));
                for pair in new {
                    assert!(found.insert(pair), "{pair:?} is said twice");
                }
            }
        }
    }
    found
}

#[test]
fn every_declared_error_has_a_case_or_a_reason() {
    let (cases, impossible) = (cases(), impossible());
    let both: Vec<_> = cases.intersection(&impossible).collect();
    assert!(
        both.is_empty(),
        "said to be impossible, and happening: {both:?}"
    );
    for (service, operation, code) in &impossible {
        let known = declared(*service, operation, code);
        assert!(known.is_some(), "{operation} does not declare {code}");
    }
    let mut missing: BTreeMap<(Service, &str), Vec<&str>> = BTreeMap::new();
    for row in operations() {
        let model = locum_wire::operation(row.service, row.name).expect("a model");
        for error in model.errors {
            let pair = (row.service, row.name, error.code);
            if !cases.contains(&pair) && !impossible.contains(&pair) {
                missing
                    .entry((row.service, error.code))
                    .or_default()
                    .push(row.name);
            }
        }
    }
    let missing = missing.iter().map(|((service, code), operations)| {
        format!("{service:?} {code}: {}", operations.join(" "))
    });
    let missing: Vec<String> = missing.collect();
    assert!(
        missing.is_empty(),
        "neither a case nor a reason:\n{}",
        missing.join("\n")
    );
}
