//! The policy of a KMS key: the only way in, in the engine, the explanation and the simulator alike.

mod common;

use common::{ACCOUNT, Facts, OTHER, compile, document, root, service, session, user};
use locum_policy::{
    Document, Named, NamedPolicies, Policies, Policy, Principal, Request, ResourceRule,
    SimulatedDecision, decide, explain, simulate,
};

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/0af1";

/// What KMS gives a new key ("Default key policy").
const DEFAULT: &str = r#"{"Sid":"Enable","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}"#;
const ALLOWS: &str = r#"{"Effect":"Allow","Action":"kms:*","Resource":"*"}"#;
const SILENT: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;

fn names(principal: &str) -> String {
    format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"kms:Decrypt","Resource":"*"}}"#)
}

/// Key policy, identity policy, who asks for `kms:Decrypt`, and how the sentence of the refusal ends; `None`
/// when the request is allowed.
fn check(
    key: Option<&str>,
    identity: Option<&str>,
    principal: &Principal<'_>,
    expected: Option<&str>,
) {
    let documents = [key, identity].map(|text: Option<&str>| {
        let text = text.map(document)?;
        Document::parse(&text).ok()
    });
    let [key_document, identity_document] = &documents;
    let compiled = [key, identity].map(|text| text.map(|text| compile(&document(text))));
    let [key_policy, identity_policy] = &compiled;
    let identity: Vec<&Policy> = identity_policy.iter().collect();
    let request = Request {
        action: "kms:Decrypt",
        resource: KEY,
        principal,
        context: &Facts::default(),
    };
    let decision = decide(
        &request,
        &Policies {
            identity: &identity,
            boundary: None,
            session: None,
            resource: key_policy.as_ref(),
            resource_rule: ResourceRule::KeyPolicy,
            resource_account: ACCOUNT,
            scp: None,
            rcp: None,
        },
    );
    let named = |document| Named {
        name: "policy",
        document: Some(document),
    };
    let identity: Vec<Named<'_>> = identity_document.iter().map(named).collect();
    let policies = NamedPolicies {
        identity: &identity,
        boundary: None,
        session: None,
        resource: key_document.as_ref().map(named),
        resource_rule: ResourceRule::KeyPolicy,
        resource_account: ACCOUNT,
        scp: None,
        rcp: None,
    };
    let case = format!("{key:?} {identity:?} {:?}", principal.kind);
    assert_eq!(decision.is_allowed(), expected.is_none(), "{case}");
    assert_eq!(*explain(&request, &policies).decision(), decision, "{case}");
    let simulated = simulate(&request, &policies);
    assert_eq!(*simulated.explanation.decision(), decision, "{case}");
    let said = simulated.decision == SimulatedDecision::Allowed;
    assert_eq!(said, decision.is_allowed(), "{case}");
    if let Some(expected) = expected {
        let said = decision.sentence("ARN", "kms:Decrypt", KEY);
        let base =
            format!("User: ARN is not authorized to perform: kms:Decrypt on resource: {KEY}");
        assert_eq!(said, format!("{base}{expected}"), "{case}");
    }
}

/// The sentence that KMS answers when the key's policy is what is missing.
const NO_RESOURCE: &str = " because no resource-based policy allows the kms:Decrypt action";
const NO_IDENTITY: &str = " because no identity-based policy allows the kms:Decrypt action";

#[test]
fn an_identity_policy_alone_does_not_open_a_key() {
    let other = names(r#"{"AWS":"arn:aws:iam::111122223333:role/other"}"#);
    for key in [None, Some(&*other)] {
        check(key, Some(ALLOWS), &user(ACCOUNT), Some(NO_RESOURCE));
        check(key, Some(ALLOWS), &session(ACCOUNT), Some(NO_RESOURCE));
        // The root user is no exception: a key can be out of the reach of its own account.
        check(key, None, &root(ACCOUNT), Some(NO_RESOURCE));
        check(key, None, &user(ACCOUNT), Some(NO_IDENTITY));
        // Across accounts nobody is told why.
        check(key, Some(ALLOWS), &user(OTHER), Some(""));
    }
}

#[test]
fn the_default_policy_leaves_the_key_to_the_account() {
    for key in [DEFAULT, &names(r#"{"AWS":"111122223333"}"#)] {
        check(Some(key), Some(ALLOWS), &user(ACCOUNT), None);
        check(Some(key), Some(SILENT), &user(ACCOUNT), Some(NO_IDENTITY));
        check(Some(key), None, &session(ACCOUNT), Some(NO_IDENTITY));
        check(Some(key), None, &root(ACCOUNT), None);
        check(Some(key), Some(ALLOWS), &user(OTHER), Some(""));
    }
}

#[test]
fn whom_a_key_names_needs_no_policy_of_its_own() {
    let user_named = names(r#"{"AWS":"AIDAIOSFODNN7EXAMPLE"}"#);
    check(Some(&user_named), None, &user(ACCOUNT), None);
    check(Some(&user_named), Some(SILENT), &user(ACCOUNT), None);
    let role_named = names(r#"{"AWS":"AROAIOSFODNN7EXAMPLE"}"#);
    check(Some(&role_named), None, &session(ACCOUNT), None);
    let ec2 = names(r#"{"Service":"ec2.amazonaws.com"}"#);
    check(Some(&ec2), None, &service("ec2.amazonaws.com"), None);
    check(
        Some(DEFAULT),
        None,
        &service("ec2.amazonaws.com"),
        Some(NO_RESOURCE),
    );
}

#[test]
fn the_rule_follows_from_the_arn() {
    for (arn, expected) in [
        (KEY, ResourceRule::KeyPolicy),
        (
            "arn:aws-cn:kms:cn-north-1:111122223333:key/*",
            ResourceRule::KeyPolicy,
        ),
        (
            "arn:aws:kms:eu-west-1:111122223333:alias/a",
            ResourceRule::Standard,
        ),
        ("arn:aws:s3:::kms/key/", ResourceRule::Standard),
        (
            "arn:aws:iam::111122223333:role/key/x",
            ResourceRule::Standard,
        ),
        ("*", ResourceRule::Standard),
        ("", ResourceRule::Standard),
    ] {
        assert_eq!(ResourceRule::of_resource(arn), expected, "{arn}");
    }
}
