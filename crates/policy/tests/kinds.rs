//! What each kind of document may hold when it is saved: boundary, resource policy, SCP and RCP.

mod common;

use common::{document, sentence};
use locum_policy::Kind;

const ORGANIZATION: &str =
    "The provided policy document does not meet the requirements of the specified policy type.";
const NO_PRINCIPAL: &str = "Missing required field Principal";
const NO_RESOURCE: &str = "Missing required field Resource";

fn check(kind: Kind, cases: &[(&str, &str)]) {
    for (statement, expected) in cases {
        assert_eq!(
            sentence(&document(statement), kind),
            *expected,
            "{statement}"
        );
    }
}

#[test]
fn a_boundary_has_the_rules_of_a_managed_policy() {
    check(
        Kind::Boundary,
        &[
            (r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#, ""),
            (
                r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}"#,
                "Policy document should not specify a principal.",
            ),
            (
                r#"{"Effect":"Allow","Action":"s3:*"}"#,
                "Policy statement must contain resources.",
            ),
        ],
    );
    let old =
        r#"{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
    let too_old = "Policy document must be version 2012-10-17 or greater.";
    assert_eq!(sentence(old, Kind::Boundary), too_old);
}

#[test]
fn a_resource_policy_names_principals_and_resources() {
    let canonical = format!(
        r#"{{"Effect":"Allow","Principal":{{"CanonicalUser":"{}"}},"Action":"s3:*","Resource":"*"}}"#,
        "0a".repeat(32)
    );
    check(
        Kind::Resource,
        &[
            (
                r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}"#,
                "",
            ),
            (
                r#"{"Effect":"Allow","Principal":{"AWS":["*","111122223333"],"Service":"ec2.amazonaws.com","Federated":"accounts.google.com"},"NotAction":"s3:Put*","NotResource":"arn:aws:s3:::b"}"#,
                "",
            ),
            (
                r#"{"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"*","Resource":"*"}"#,
                "",
            ),
            (&canonical, ""),
            (
                &canonical.replace("0a0a", "0a"),
                "Invalid principal in policy: \"CANONICALUSER\":\"0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a\"",
            ),
            (
                r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#,
                NO_PRINCIPAL,
            ),
            (
                r#"{"Effect":"Allow","Principal":"*","Action":"s3:*"}"#,
                NO_RESOURCE,
            ),
            (
                r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":[]}"#,
                NO_RESOURCE,
            ),
            (
                r#"{"Effect":"Allow","Principal":"*","Resource":"*"}"#,
                "Missing required field Action",
            ),
            (
                r#"{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"*","Resource":"*"}"#,
                "Allow with NotPrincipal is not allowed.",
            ),
            (
                r#"{"Effect":"Allow","Principal":{"AWS":"AIDAIOSFODNN7EXAMPLE"},"Action":"*","Resource":"*"}"#,
                "Invalid principal in policy: \"AWS\":\"AIDAIOSFODNN7EXAMPLE\"",
            ),
            (
                r#"{"Effect":"Allow","Principal":{"Service":"*"},"Action":"*","Resource":"*"}"#,
                "Invalid principal in policy: \"SERVICE\":\"*\"",
            ),
            (
                r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/*"},"Action":"*","Resource":"*"}"#,
                "Invalid principal in policy: \"AWS\":\"arn:aws:iam::111122223333:role/*\"",
            ),
            (
                r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"bucket"}"#,
                "Resource bucket must be in ARN format or \"*\".",
            ),
        ],
    );
    // Older documents are common there.
    let old = r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}"#;
    assert_eq!(sentence(old, Kind::Resource), "");
}

#[test]
fn a_service_control_policy_names_no_principal() {
    check(
        Kind::Scp,
        &[
            (r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#, ""),
            (
                r#"{"Effect":"Deny","NotAction":"iam:*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}}}"#,
                "",
            ),
            (
                r#"{"Effect":"Allow","NotAction":"iam:*","NotResource":"arn:aws:s3:::x","Condition":{"Bool":{"aws:SecureTransport":"true"}}}"#,
                "",
            ),
            (
                r#"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}"#,
                ORGANIZATION,
            ),
            (
                r#"{"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"*","Resource":"*"}"#,
                ORGANIZATION,
            ),
            (r#"{"Effect":"Deny","Action":"*"}"#, ORGANIZATION),
            (r#"{"Effect":"Deny","Resource":"*"}"#, ORGANIZATION),
            (
                r#"{"Effect":"deny","Action":"*","Resource":"*"}"#,
                ORGANIZATION,
            ),
            (
                r#"{"Effect":"Deny","Action":"*","Resource":"bucket"}"#,
                ORGANIZATION,
            ),
            (
                r#"{"Effect":"Deny","Action":"*","Resource":"*","Conditions":{}}"#,
                ORGANIZATION,
            ),
        ],
    );
    assert_eq!(sentence("not json", Kind::Scp), ORGANIZATION);
    let old =
        r#"{"Version":"2008-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
    assert_eq!(sentence(old, Kind::Scp), ORGANIZATION);
}

#[test]
fn a_resource_control_policy_denies_everyone_actions_of_named_services() {
    check(
        Kind::Rcp,
        &[
            (
                r#"{"Effect":"Deny","Principal":"*","Action":["s3:*","sts:AssumeRole"],"Resource":"*"}"#,
                "",
            ),
            (
                r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","NotResource":"arn:aws:s3:::x"}"#,
                "",
            ),
            (
                r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}"#,
                ORGANIZATION,
            ),
            (
                r#"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}"#,
                ORGANIZATION,
            ),
            (
                r#"{"Effect":"Deny","Principal":"*","Action":"*:*","Resource":"*"}"#,
                ORGANIZATION,
            ),
            (
                r#"{"Effect":"Deny","Principal":"*","NotAction":"s3:*","Resource":"*"}"#,
                ORGANIZATION,
            ),
            (
                r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#,
                ORGANIZATION,
            ),
            (
                r#"{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:*","Resource":"*"}"#,
                ORGANIZATION,
            ),
            (
                r#"{"Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"}"#,
                ORGANIZATION,
            ),
            (
                r#"{"Effect":"Deny","NotPrincipal":"*","Action":"s3:*","Resource":"*"}"#,
                ORGANIZATION,
            ),
            (
                r#"{"Effect":"Deny","Principal":"*","Action":"s3:*"}"#,
                ORGANIZATION,
            ),
        ],
    );
}

#[test]
fn organizations_counts_every_character() {
    // AWS, 2026-05-15: service control policies have twice the room that they had.
    for (kind, most, statement) in [
        (
            Kind::Scp,
            10_240,
            r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#,
        ),
        (
            Kind::Rcp,
            5_120,
            r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}"#,
        ),
    ] {
        let text = document(statement);
        let fits = format!("{text}{}", " ".repeat(most - text.len()));
        assert_eq!(sentence(&fits, kind), "");
        assert_eq!(
            sentence(&format!("{fits} "), kind),
            format!("The policy is longer than the {most} characters that it may have.")
        );
    }
}
