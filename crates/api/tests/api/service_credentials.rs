//! Credentials for one service each: their secret shown once, two a service and user, found by their owner.

use locum_wire::Service;
use locum_wire::iam::{
    CreateServiceSpecificCredentialRequest, CreateServiceSpecificCredentialResponse,
    ListServiceSpecificCredentialsRequest, ListServiceSpecificCredentialsResponse,
    ResetServiceSpecificCredentialRequest, ResetServiceSpecificCredentialResponse,
    ServiceSpecificCredential, ServiceSpecificCredentialMetadata,
};

use crate::common::{Lab, Refused, START_S, allow_if, check, success};

const GIT: &str = "codecommit.amazonaws.com";
const MODELS: &str = "bedrock.amazonaws.com";

fn create(
    lab: &Lab,
    service: &str,
    days: Option<i32>,
) -> Result<ServiceSpecificCredential, Refused> {
    let input = CreateServiceSpecificCredentialRequest {
        credential_age_days: days,
        service_name: service.to_owned(),
        user_name: "alice".to_owned(),
    };
    let output: CreateServiceSpecificCredentialResponse =
        lab.iam(&lab.admin, "CreateServiceSpecificCredential", &input)?;
    let made = output.service_specific_credential.expect("a credential");
    let secret = made
        .service_password
        .as_ref()
        .or(made.service_credential_secret.as_ref());
    lab.secret(secret.expect("a secret"));
    Ok(made)
}

fn list(
    lab: &Lab,
    user: Option<&str>,
    all: Option<bool>,
) -> Vec<ServiceSpecificCredentialMetadata> {
    let input = ListServiceSpecificCredentialsRequest {
        user_name: user.map(str::to_owned),
        all_users: all,
        ..ListServiceSpecificCredentialsRequest::default()
    };
    let output: ListServiceSpecificCredentialsResponse = lab
        .iam(&lab.admin, "ListServiceSpecificCredentials", &input)
        .expect("ListServiceSpecificCredentials");
    output.service_specific_credentials.expect("a list")
}

#[test]
fn int_07_a_password_is_shown_when_it_is_made_and_never_again() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let first = create(&lab, GIT, None).expect("CreateServiceSpecificCredential");
    let at = format!("-at-{}", lab.account);
    assert_eq!(first.service_user_name, Some(format!("alice{at}")));
    assert!(first.service_specific_credential_id.starts_with("ACCA"));
    assert_eq!(first.service_password.as_ref().map(String::len), Some(44));
    assert!(first.expiration_date.is_none() && first.service_credential_alias.is_none());
    let second = create(&lab, GIT, None).expect("a second one");
    assert_eq!(second.service_user_name, Some(format!("alice+1{at}")));
    let quota = "Cannot exceed quota for ServiceSpecificCredentialsPerUser: 2";
    check(create(&lab, GIT, None), 409, "LimitExceeded", quota);
    create(&lab, "cassandra.amazonaws.com", None).expect("of another service");
    assert_eq!(list(&lab, Some("alice"), None).len(), 3);
    assert_eq!(list(&lab, None, Some(true)).len(), 3);
    let input = ResetServiceSpecificCredentialRequest {
        user_name: Some("alice".to_owned()),
        service_specific_credential_id: first.service_specific_credential_id.clone(),
    };
    let reset: ResetServiceSpecificCredentialResponse = lab
        .iam(&lab.admin, "ResetServiceSpecificCredential", &input)
        .expect("ResetServiceSpecificCredential");
    let reset = reset.service_specific_credential.expect("a credential");
    assert_eq!(
        reset.service_specific_credential_id,
        first.service_specific_credential_id
    );
    assert_ne!(reset.service_password, first.service_password);
}

#[test]
fn an_api_key_ends_when_it_was_asked_to() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let key = create(&lab, MODELS, Some(30)).expect("CreateServiceSpecificCredential");
    assert!(key.service_password.is_none() && key.service_user_name.is_none());
    assert!(key.service_credential_secret.is_some() && key.service_credential_alias.is_some());
    let end_s = START_S + 30 * 86_400;
    assert_eq!(key.expiration_date.map(|date| date.0), Some(end_s));
    let status = || list(&lab, Some("alice"), None)[0].status.clone();
    assert_eq!(status(), "Active");
    lab.pass(30 * 86_400 - 1);
    assert_eq!(status(), "Active");
    lab.pass(1);
    assert_eq!(status(), "Expired");
    let never = create(&lab, GIT, Some(30)).expect_err("passwords have no end");
    assert_eq!(never.code, "ValidationError");
}

#[test]
fn what_service_credentials_refuse() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    lab.user(&lab.admin, "bob");
    for service in ["lambda.amazonaws.com", "CodeCommit.amazonaws.com", "x"] {
        let sentence =
            format!("No such service {service} is supported for Service Specific Credentials");
        check(create(&lab, service, None), 404, "NoSuchEntity", &sentence);
    }
    let held = create(&lab, GIT, None).expect("CreateServiceSpecificCredential");
    let id = held.service_specific_credential_id;
    let sentence = format!("No such credential {id} exists");
    for form in [
        format!(
            "Action=UpdateServiceSpecificCredential&UserName=bob&ServiceSpecificCredentialId={id}&Status=Inactive"
        ),
        format!(
            "Action=ResetServiceSpecificCredential&UserName=bob&ServiceSpecificCredentialId={id}"
        ),
        format!(
            "Action=DeleteServiceSpecificCredential&UserName=bob&ServiceSpecificCredentialId={id}"
        ),
    ] {
        check(lab.ask(&form), 404, "NoSuchEntity", &sentence);
    }
    let conflict = "Cannot delete entity, must remove referenced objects first.";
    let refused = lab.ask("Action=DeleteUser&UserName=alice");
    check(refused, 409, "DeleteConflict", conflict);
    lab.ask("Action=UpdateUser&UserName=alice&NewUserName=alicia")
        .expect("rename");
    let form = format!(
        "Action=UpdateServiceSpecificCredential&UserName=alicia&ServiceSpecificCredentialId={id}&Status=Inactive"
    );
    lab.ask(&form).expect("by the new name");
    assert_eq!(list(&lab, Some("alicia"), None)[0].status, "Inactive");
    lab.ask(&format!(
        "Action=DeleteServiceSpecificCredential&UserName=alicia&ServiceSpecificCredentialId={id}"
    ))
    .expect("delete");
    lab.ask("Action=DeleteUser&UserName=alicia").expect("free");
}

#[test]
fn service_and_age_are_condition_keys() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let worker = lab.user_with(&lab.admin, "worker", "");
    let create = |condition: &str, service: &str, days: &str| {
        let policy = allow_if("iam:CreateServiceSpecificCredential", "*", condition);
        lab.user_policy(&lab.admin, "worker", &policy);
        let form = format!(
            "Action=CreateServiceSpecificCredential&UserName=alice&ServiceName={service}{days}"
        );
        success(Service::Iam, &lab.form(&worker, Service::Iam, &form))
    };
    let service = r#"{"StringEquals":{"iam:ServiceSpecificCredentialServiceName":"codecommit.amazonaws.com"}}"#;
    create(service, GIT, "").expect("the service allowed");
    create(service, MODELS, "").expect_err("another service");
    let age = r#"{"NumericLessThanEquals":{"iam:ServiceSpecificCredentialAgeDays":"90"}}"#;
    create(age, MODELS, "&CredentialAgeDays=90").expect("young enough");
    create(age, MODELS, "&CredentialAgeDays=91").expect_err("too old");
    create(age, MODELS, "").expect_err("without an end");
}
