//! ListPoliciesGrantingServiceAccess: policies that allow anything in a service, with groups' for users.

use locum_wire::iam::{
    ListPoliciesGrantingServiceAccessRequest, ListPoliciesGrantingServiceAccessResponse,
};

use crate::authorization_details::stage;
use crate::common::{Lab, Refused, check, document, statement};

fn ask(lab: &Lab, arn: &str, services: &[&str]) -> Result<Vec<Vec<String>>, Refused> {
    let input = ListPoliciesGrantingServiceAccessRequest {
        arn: arn.to_owned(),
        service_namespaces: services.iter().map(|name| (*name).to_owned()).collect(),
        marker: None,
    };
    let output: ListPoliciesGrantingServiceAccessResponse =
        lab.iam(&lab.admin, "ListPoliciesGrantingServiceAccess", &input)?;
    let entries = output.policies_granting_service_access.into_iter();
    let told = entries.map(|entry| {
        let policies = entry.policies.unwrap_or_default().into_iter();
        let shown = policies.map(|held| {
            let whose = held.entity_type.or(held.policy_arn).unwrap_or_default();
            format!("{} {} {whose}", held.policy_type, held.policy_name)
        });
        shown.collect()
    });
    Ok(told.collect())
}

#[test]
fn policies_of_users_their_groups_and_roles_are_told_by_service() {
    let lab = stage();
    let arn = |resource: &str| format!("arn:aws:iam::{}:{resource}", lab.account);
    let told = ask(&lab, &arn("user/team/alice"), &["s3", "sts", "nothing"]).expect("a user");
    let read_only = "MANAGED ReadOnlyAccess arn:aws:iam::aws:policy/ReadOnlyAccess";
    assert_eq!(told[0], ["INLINE u USER", read_only, "INLINE g GROUP"]);
    assert_eq!(told[1], [read_only]);
    assert!(told[2].is_empty());
    let told = ask(&lab, &arn("group/staff"), &["s3"]).expect("a group");
    assert_eq!(told[0], ["INLINE g GROUP"]);
    let told = ask(&lab, &arn("role/reader"), &["s3"]).expect("a role");
    let notes = format!("MANAGED Notes {}", arn("policy/team/Notes"));
    assert_eq!(told[0], ["INLINE r ROLE".to_owned(), notes]);
    let told = ask(&lab, &arn("user/admin"), &["anything"]).expect("everything");
    assert_eq!(told[0].len(), 1);
}

#[test]
fn denies_grant_nothing_and_exceptions_all_but_whole_services() {
    let lab = stage();
    let arn = format!("arn:aws:iam::{}:user/Bob", lab.account);
    let told = |policy: &str, service: &str| {
        lab.user_policy(&lab.admin, "Bob", policy);
        let told = ask(&lab, &arn, &[service]).expect("Bob's");
        !told[0].is_empty()
    };
    let deny = document(&statement("Deny", "s3:*", "*", ""));
    assert!(!told(&deny, "s3"));
    let upper = document(&statement("Allow", "S3:Get*", "*", ""));
    assert!(told(&upper, "s3") && !told(&upper, "sts"));
    let but =
        document(r#"{"Effect":"Allow","NotAction":["s3:*","sts:AssumeRole"],"Resource":"*"}"#);
    assert!(!told(&but, "s3") && told(&but, "sts") && told(&but, "ec2"));
}

#[test]
fn arns_name_users_groups_and_roles_of_the_account() {
    let lab = stage();
    for resource in ["user/nobody", "user/alice", "role/nobody", "group/nobody"] {
        let arn = format!("arn:aws:iam::{}:{resource}", lab.account);
        let message = format!("ARN {arn} cannot be found.");
        check(ask(&lab, &arn, &["s3"]), 404, "NoSuchEntity", &message);
    }
    let policy = format!("arn:aws:iam::{}:policy/team/Notes", lab.account);
    for arn in [policy.as_str(), "this-is-no-arn-of-anything"] {
        let message = format!("ARN {arn} is not valid.");
        check(ask(&lab, arn, &["s3"]), 400, "InvalidInput", &message);
    }
}
