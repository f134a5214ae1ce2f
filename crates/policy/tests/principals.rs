//! Principals in Deny statements, and NotPrincipal.

mod common;

use common::case::{ALLOW, Case};
use common::{ACCOUNT, OTHER, anonymous, document, federated_user, root, service, session, user};
use locum_policy::{Principal, ResourceRule};

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
