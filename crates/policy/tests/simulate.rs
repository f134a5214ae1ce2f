//! Simulation: the decision is the engine's own, and what it tells points at the right statements.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

use locum_policy::{
    ContextEntries, ContextEntry, ContextKeyType, Document, EntryError, Kind, Named, NamedPolicies,
    Policies, Policy, PolicyType, Position, Principal, PrincipalKind, Request, ResourceRule,
    Simulated, SimulatedDecision, decide, limits, principal_entries, simulate,
};

const ACCOUNT: &str = "111122223333";
const ALICE: Principal<'_> = Principal {
    kind: PrincipalKind::User {
        arn: "arn:aws:iam::111122223333:user/alice",
        id: "AIDAALICE",
    },
    account: ACCOUNT,
};

fn document(text: &str) -> Document {
    Document::check(text, Kind::Inline).expect(text)
}

fn entry(key: &str, word: &str, values: &[&str]) -> ContextEntry {
    ContextEntry {
        key: key.to_owned(),
        key_type: ContextKeyType::parse(word).expect(word),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    }
}

/// Simulates over identity policies and a boundary, and checks that enforcement decides the same.
fn run(
    identity: &[&Document],
    boundary: Option<&Document>,
    entries: &[ContextEntry],
    (action, resource): (&str, &str),
) -> Simulated {
    let context = ContextEntries::new(entries).expect("a context");
    let request = Request {
        action,
        resource,
        principal: &ALICE,
        context: &context,
    };
    let names = ["PolicyInputList.1", "PolicyInputList.2"];
    let named: Vec<Named<'_>> = identity
        .iter()
        .zip(names)
        .map(|(document, name)| Named {
            name,
            document: Some(document),
        })
        .collect();
    let simulated = simulate(
        &request,
        &NamedPolicies {
            identity: &named,
            boundary: boundary.map(|document| Named {
                name: "Boundary",
                document: Some(document),
            }),
            session: None,
            resource: None,
            resource_rule: ResourceRule::Standard,
            resource_account: ACCOUNT,
            scp: None,
            rcp: None,
        },
    );
    let compiled: Vec<Policy> = identity.iter().map(|one| Policy::compile(one)).collect();
    let identity: Vec<&Policy> = compiled.iter().collect();
    let boundary = boundary.map(Policy::compile);
    let enforced = decide(
        &request,
        &Policies {
            identity: &identity,
            boundary: boundary.as_ref(),
            session: None,
            resource: None,
            resource_rule: ResourceRule::Standard,
            resource_account: ACCOUNT,
            scp: None,
            rcp: None,
        },
    );
    assert_eq!(
        enforced.is_allowed(),
        simulated.decision == SimulatedDecision::Allowed
    );
    simulated
}

#[test]
fn pol_24_all_allowing_statements_match_and_a_deny_alone_when_there_is_one() {
    let first = document(
        r#"{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"},
  {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::a/secret"}]}"#,
    );
    let second = document(r#"{"Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#);
    let policies = [&first, &second];
    let open = run(&policies, None, &[], ("s3:GetObject", "arn:aws:s3:::a/b"));
    assert_eq!(open.decision, SimulatedDecision::Allowed);
    let matched: Vec<_> = open
        .matched
        .iter()
        .map(|found| {
            (
                found.policy.as_str(),
                found.statement,
                found.start,
                found.end,
            )
        })
        .collect();
    let at = |line, column| Position { line, column };
    assert_eq!(
        matched,
        [
            ("PolicyInputList.1", 0, at(2, 3), at(2, 80)),
            ("PolicyInputList.2", 0, at(1, 14), at(1, 66)),
        ]
    );
    let closed = run(
        &policies,
        None,
        &[],
        ("s3:GetObject", "arn:aws:s3:::a/secret"),
    );
    assert_eq!(closed.decision, SimulatedDecision::ExplicitDeny);
    assert_eq!(closed.matched.len(), 1);
    assert_eq!(
        (closed.matched[0].statement, closed.matched[0].policy_type),
        (1, PolicyType::Identity)
    );
    let none = run(&policies, None, &[], ("s3:PutObject", "arn:aws:s3:::a/b"));
    assert_eq!(none.decision, SimulatedDecision::ImplicitDeny);
    assert!(none.matched.is_empty() && none.missing.is_empty());
}

#[test]
fn keys_that_a_statement_waits_for_are_told_and_given_ones_count() {
    let policy = document(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*",
          "Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"},"NumericLessThan":{"s3:max-keys":"10"},
          "ForAnyValue:StringEquals":{"aws:TagKeys":"a"}}},
          {"Effect":"Allow","Action":"iam:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}]}"#,
    );
    let asked = ("s3:GetObject", "arn:aws:s3:::a/b");
    let bare = run(&[&policy], None, &[], asked);
    assert_eq!(bare.decision, SimulatedDecision::ImplicitDeny);
    assert_eq!(bare.missing, ["aws:SourceIp", "aws:TagKeys", "s3:max-keys"]);
    let entries = [
        entry("AWS:sourceip", "ip", &["192.0.2.9"]),
        entry("s3:max-keys", "numeric", &["3"]),
        entry("aws:TagKeys", "stringList", &["b", "a"]),
    ];
    let full = run(&[&policy], None, &entries, asked);
    assert_eq!(full.decision, SimulatedDecision::Allowed);
    assert!(full.missing.is_empty());
}

#[test]
fn a_boundary_is_told_apart() {
    let policy = document(r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#);
    let boundary = document(
        r#"{"Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"},{"Effect":"Deny","Action":"s3:GetBucketAcl","Resource":"*"}]}"#,
    );
    for (action, decision, passes) in [
        ("s3:GetObject", SimulatedDecision::Allowed, true),
        ("s3:PutObject", SimulatedDecision::ImplicitDeny, false),
        ("s3:GetBucketAcl", SimulatedDecision::ExplicitDeny, false),
    ] {
        let simulated = run(&[&policy], Some(&boundary), &[], (action, "*"));
        assert_eq!(simulated.decision, decision, "{action}");
        assert_eq!(simulated.allowed_by_boundary, Some(passes), "{action}");
        assert_eq!(simulated.allowed_by_organizations, None);
    }
}

#[test]
fn entries_that_cannot_be_are_refused() {
    for (entries, error) in [
        (
            vec![entry("aws:SourceIp", "ip", &["300.1.1.1"])],
            "The value 300.1.1.1 of the context key aws:SourceIp is not of its type.",
        ),
        (
            vec![entry("aws:CurrentTime", "date", &["yesterday"])],
            "The value yesterday of the context key aws:CurrentTime is not of its type.",
        ),
        (
            vec![entry("a:b", "string", &["x", "y"])],
            "The context key a:b takes exactly one value.",
        ),
        (
            vec![
                entry("a:b", "string", &["x"]),
                entry("A:B", "string", &["y"]),
            ],
            "The context key A:B is given more than once.",
        ),
    ] {
        let refused = ContextEntries::new(&entries).unwrap_err();
        assert_eq!(refused.to_string(), error);
    }
    let many = vec![entry("a:b", "stringList", &["x"; 1_001])];
    assert_eq!(ContextEntries::new(&many).unwrap_err(), EntryError::TooMany);
    assert_eq!(ContextKeyType::parse("text"), None);
}

#[test]
fn a_document_tells_its_keys_once() {
    let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*",
      "Resource":"arn:aws:s3:::home/${aws:username}/*",
      "Condition":{"StringEquals":{"aws:PrincipalTag/Team":"${aws:ResourceTag/team, 'none'}","AWS:USERNAME":"x"}}}]}"#;
    assert_eq!(
        document(text).context_keys(),
        [
            "aws:PrincipalTag/Team",
            "aws:ResourceTag/team",
            "aws:username"
        ]
    );
    // The older version has no variables.
    let old = text.replace("2012-10-17", "2008-10-17");
    let keys = Document::check(&old, Kind::Inline).map(|old| old.context_keys());
    assert_eq!(
        keys.unwrap_or_default(),
        ["aws:PrincipalTag/Team", "AWS:USERNAME"]
    );
}

#[test]
fn decisions_have_iams_words() {
    for (decision, word) in [
        (SimulatedDecision::Allowed, "allowed"),
        (SimulatedDecision::ExplicitDeny, "explicitDeny"),
        (SimulatedDecision::ImplicitDeny, "implicitDeny"),
    ] {
        assert_eq!(decision.word(), word);
    }
}

#[test]
fn the_policy_that_denies_is_named_by_its_type() {
    let policy = document(r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#);
    let boundary = document(r#"{"Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}"#);
    let denied = run(&[&policy], Some(&boundary), &[], ("s3:GetObject", "*"));
    let [matched] = denied.matched.as_slice() else {
        panic!("{:?}", denied.matched)
    };
    assert_eq!(
        (matched.policy.as_str(), matched.policy_type),
        ("Boundary", PolicyType::Boundary)
    );
}

#[test]
fn each_type_of_entry_takes_its_values() {
    for (word, good, bad) in [
        ("string", "anything", None),
        ("numeric", "-1.5", Some("1e3")),
        ("boolean", "TRUE", Some("yes")),
        ("boolean", "false", Some("1")),
        ("ip", "192.0.2.9", Some("192.0.2")),
        ("ip", "192.0.2.0/24", Some("192.0.2.0/33")),
        ("ip", "2001:db8::1", Some("2001:db8::g")),
        ("binary", "QUJD", Some("QUJ")),
        ("date", "2026-05-04T03:02:01Z", Some("tomorrow")),
    ] {
        let list = format!("{word}List");
        for word in [word, &list] {
            let entries = [entry("a:b", word, &[good])];
            assert!(ContextEntries::new(&entries).is_ok(), "{word} {good}");
            if let Some(bad) = bad {
                let entries = [entry("a:b", word, &[bad])];
                let error = ContextEntries::new(&entries).unwrap_err();
                assert!(matches!(error, EntryError::Mistyped { .. }), "{word} {bad}");
            }
        }
    }
    let many = vec![entry(
        "a:b",
        "stringList",
        &["x"; limits::CONTEXT_VALUES_MAX],
    )];
    assert!(ContextEntries::new(&many).is_ok());
    let keys = |count: usize| -> Vec<ContextEntry> {
        (0..count)
            .map(|number| entry(&format!("a:{number}"), "string", &["x"]))
            .collect()
    };
    assert!(ContextEntries::new(&keys(limits::CONTEXT_ENTRIES_MAX)).is_ok());
    let more = keys(limits::CONTEXT_ENTRIES_MAX + 1);
    assert_eq!(ContextEntries::new(&more).unwrap_err(), EntryError::TooMany);
}

/// The keys that a principal tells, and their values.
fn told(kind: PrincipalKind<'_>, account: &str) -> String {
    let entries = principal_entries(&Principal { kind, account });
    let entries: Vec<String> = entries
        .iter()
        .map(|entry| format!("{}={}", entry.key, entry.values.join(",")))
        .collect();
    entries.join(" ")
}

#[test]
fn who_calls_tells_the_keys_of_the_principal() {
    let role_arn = "arn:aws:iam::111122223333:role/app/Deploy";
    let session_of = |role_id| PrincipalKind::RoleSession {
        role_arn,
        role_id,
        session_arn: "arn:aws:sts::111122223333:assumed-role/Deploy/run-7",
        session_name: "run-7",
    };
    for (kind, account, expected) in [
        (
            ALICE.kind,
            ACCOUNT,
            "aws:PrincipalArn=arn:aws:iam::111122223333:user/alice aws:PrincipalAccount=111122223333 \
             aws:PrincipalType=User aws:PrincipalIsAWSService=false aws:userid=AIDAALICE aws:username=alice",
        ),
        (
            PrincipalKind::Root,
            ACCOUNT,
            "aws:PrincipalArn=arn:aws:iam::111122223333:root aws:PrincipalAccount=111122223333 \
             aws:PrincipalType=Account aws:PrincipalIsAWSService=false aws:userid=111122223333",
        ),
        (
            session_of("AROADEPLOY"),
            ACCOUNT,
            "aws:PrincipalArn=arn:aws:iam::111122223333:role/app/Deploy aws:PrincipalAccount=111122223333 \
             aws:PrincipalType=AssumedRole aws:PrincipalIsAWSService=false aws:userid=AROADEPLOY:run-7",
        ),
        (
            session_of(""),
            ACCOUNT,
            "aws:PrincipalArn=arn:aws:iam::111122223333:role/app/Deploy aws:PrincipalAccount=111122223333 \
             aws:PrincipalType=AssumedRole aws:PrincipalIsAWSService=false",
        ),
        (
            PrincipalKind::FederatedUser {
                arn: "arn:aws:sts::111122223333:federated-user/bob",
                user_arn: "arn:aws:iam::111122223333:user/alice",
                user_id: "AIDAALICE",
            },
            ACCOUNT,
            "aws:PrincipalArn=arn:aws:sts::111122223333:federated-user/bob \
             aws:PrincipalAccount=111122223333 aws:PrincipalType=FederatedUser \
             aws:PrincipalIsAWSService=false aws:userid=111122223333:bob",
        ),
        (
            PrincipalKind::Service {
                name: "ec2.amazonaws.com",
            },
            "",
            "aws:PrincipalIsAWSService=true aws:PrincipalServiceName=ec2.amazonaws.com",
        ),
        (
            PrincipalKind::Federated {
                provider: "accounts.google.com",
            },
            "",
            "",
        ),
        (PrincipalKind::Anonymous, "", "aws:PrincipalType=Anonymous"),
        (PrincipalKind::User { arn: "", id: "" }, ACCOUNT, ""),
    ] {
        assert_eq!(told(kind, account), expected);
    }
}
