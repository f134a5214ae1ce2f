//! Principals in Deny statements, and NotPrincipal.

mod common;

use common::case::{ALLOW, Case};
use common::{ACCOUNT, OTHER, anonymous, document, federated_user, root, service, session, user};
use locum_policy::{Document, Kind, Principal, PrincipalKind, ResourceRule};

/// Whether a Deny with this element hits the caller whom everything else allows.
fn is_denied(element: &str, principal: Principal<'_>) -> bool {
    let resource = format!(
        r#"{{"Effect":"Allow","Principal":"*","Action":"*"}},{{"Effect":"Deny",{element},"Action":"*"}}"#
    );
    let case = Case {
        principal,
        identity: ALLOW,
        session: "-",
        resource: &resource,
        rule: ResourceRule::Standard,
    };
    !case.decide().is_allowed()
}

#[test]
fn a_deny_reaches_everyone_whom_its_principal_stands_for() {
    let element = |named: &str| format!(r#""Principal":{{"AWS":"{named}"}}"#);
    let role = element("arn:aws:iam::111122223333:role/app/Deploy");
    let ada = element("AIDAIOSFODNN7EXAMPLE");
    for principal in [
        user(ACCOUNT),
        session(ACCOUNT),
        federated_user(),
        root(ACCOUNT),
    ] {
        assert!(is_denied(&element(ACCOUNT), principal));
        assert!(is_denied(
            &element("arn:aws:iam::111122223333:root"),
            principal
        ));
        assert!(is_denied(&element("*"), principal));
        assert!(!is_denied(&element(OTHER), principal));
    }
    assert!(is_denied(&role, session(ACCOUNT)));
    assert!(!is_denied(&role, user(ACCOUNT)));
    assert!(is_denied(&ada, user(ACCOUNT)));
    assert!(is_denied(&ada, federated_user()));
    assert!(!is_denied(&ada, session(ACCOUNT)));
    assert!(is_denied(&element("*"), anonymous()));
    assert!(is_denied(
        r#""Principal":"*""#,
        service("ec2.amazonaws.com")
    ));
    assert!(is_denied(
        r#""Principal":{"Service":"ec2.amazonaws.com"}"#,
        service("ec2.amazonaws.com")
    ));
}

/// Names that only look like principals: a stored document that has one denies.
#[test]
fn pol_13_what_is_no_principal_is_refused() {
    for text in [
        "AIDA",
        "AIDA1234567",
        "AIDAiosfodnn7example",
        "AIDAIOSFODNN7EXAMPLE:run-7",
        "AKIAIOSFODNN7EXAMPLE",
        "AROA",
        "AROAiosfodnn7example",
        "AROAIOSFODNN7EXAMPLE:",
        "AROAIOSFODNN7EXAMPLE:*",
        "AROAIOSFODNN7EXAMPLE:run?",
        "AROAIOSFODNN7EXAMPLE:run:7",
        "arn:aws:iam::111122223333:user/",
        "arn:aws:iam::111122223333:user//ada",
        "arn:aws:iam::111122223333:user/team/",
        "arn:aws:iam::111122223333:role/",
        "arn:aws:iam::111122223333:role/app//Deploy",
        "arn:aws:iam::111122223333:root/x",
        "arn:aws:sts::111122223333:assumed-role/Deploy",
        "arn:aws:sts::111122223333:assumed-role/Deploy/",
        "arn:aws:sts::111122223333:assumed-role/app/Deploy/run-7",
        "arn:aws:sts::111122223333:federated-user/",
        "arn:aws:sts::111122223333:federated-user/a/b",
        "arn:aws:sts:eu-west-1:111122223333:federated-user/bob",
    ] {
        let trust = document(&format!(
            r#"{{"Effect":"Deny","Principal":{{"AWS":"{text}"}},"Action":"sts:*"}}"#
        ));
        assert!(Document::parse(&trust).is_err(), "{text}");
        let sentence = format!("Invalid principal in policy: \"AWS\":\"{text}\"");
        assert_eq!(common::sentence(&trust, Kind::Trust), sentence);
    }
}

/// An account's number is one account in each partition; the partition is the caller's.
#[test]
fn pol_13_an_account_of_another_partition_is_another() {
    let root_of = |partition: &str| {
        format!(r#""Principal":{{"AWS":"arn:{partition}:iam::111122223333:root"}}"#)
    };
    let in_china = [
        PrincipalKind::User {
            arn: "arn:aws-cn:iam::111122223333:user/ada",
            id: "AIDAIOSFODNN7EXAMPLE",
        },
        PrincipalKind::RoleSession {
            role_arn: "arn:aws-cn:iam::111122223333:role/Deploy",
            role_id: "AROAIOSFODNN7EXAMPLE",
            session_arn: "arn:aws-cn:sts::111122223333:assumed-role/Deploy/run-7",
            session_name: "run-7",
        },
        PrincipalKind::FederatedUser {
            arn: "arn:aws-cn:sts::111122223333:federated-user/bob",
            user_arn: "arn:aws-cn:iam::111122223333:user/ada",
            user_id: "AIDAIOSFODNN7EXAMPLE",
        },
    ];
    for kind in in_china {
        let caller = Principal {
            kind,
            account: ACCOUNT,
        };
        assert!(is_denied(&root_of("aws-cn"), caller), "{caller:?}");
        assert!(!is_denied(&root_of("aws"), caller), "{caller:?}");
    }
    // A root user has no ARN here: the resource's partition is its own.
    assert!(is_denied(&root_of("aws"), root(ACCOUNT)));
    assert!(!is_denied(&root_of("aws-cn"), root(ACCOUNT)));
}

#[test]
fn pol_04_not_principal_exempts_only_who_is_listed_with_all_identities() {
    let element = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        format!(r#""NotPrincipal":{{"AWS":[{}]}}"#, names.join(","))
    };
    let account = "arn:aws:iam::111122223333:root";
    let role = "arn:aws:iam::111122223333:role/app/Deploy";
    let run = "arn:aws:sts::111122223333:assumed-role/Deploy/run-7";
    let ada = "arn:aws:iam::111122223333:user/team/ada";
    let bob = "arn:aws:sts::111122223333:federated-user/bob";
    for (principal, listed, denied) in [
        (session(ACCOUNT), vec![account, role, run], false),
        (session(ACCOUNT), vec![account, role], true),
        (session(ACCOUNT), vec![account, run], true),
        (session(ACCOUNT), vec![role, run], true),
        (session(ACCOUNT), vec![role], true),
        (session(ACCOUNT), vec!["*"], false),
        (user(ACCOUNT), vec![account, ada], false),
        (user(ACCOUNT), vec![ada], true),
        (user(ACCOUNT), vec![account], true),
        (federated_user(), vec![account, ada, bob], false),
        (federated_user(), vec![account, bob], true),
        (root(ACCOUNT), vec![account], false),
        (root(ACCOUNT), vec![ada], true),
        (anonymous(), vec![account, role, run, ada, bob], true),
        (service("ec2.amazonaws.com"), vec![account], true),
    ] {
        assert_eq!(
            is_denied(&element(&listed), principal),
            denied,
            "{principal:?} {listed:?}"
        );
    }
    let service_listed = r#""NotPrincipal":{"Service":"ec2.amazonaws.com"}"#;
    assert!(!is_denied(service_listed, service("ec2.amazonaws.com")));
    // Under Allow it says nothing that could be enforced.
    let text = document(r#"{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"*"}"#);
    assert!(locum_policy::Document::parse(&text).is_err());
}
