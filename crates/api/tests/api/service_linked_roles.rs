//! Service-linked roles: one a service, made and deleted by their own operations, changed by none.

use locum_wire::iam::{
    CreateServiceLinkedRoleRequest, CreateServiceLinkedRoleResponse,
    DeleteServiceLinkedRoleRequest, DeleteServiceLinkedRoleResponse, GetRoleRequest,
    GetRoleResponse, GetServiceLinkedRoleDeletionStatusRequest,
    GetServiceLinkedRoleDeletionStatusResponse, ListAttachedRolePoliciesRequest,
    ListAttachedRolePoliciesResponse,
};

use crate::common::{Lab, Refused, allow_if, assume_role, check, check_denied, no_identity_policy};
use crate::operation_cases::{DOCUMENT, TRUST};

fn create(
    lab: &Lab,
    service: &str,
    suffix: Option<&str>,
) -> Result<CreateServiceLinkedRoleResponse, Refused> {
    let input = CreateServiceLinkedRoleRequest {
        aws_service_name: service.to_owned(),
        custom_suffix: suffix.map(str::to_owned),
        description: Some("text".to_owned()),
    };
    lab.iam(&lab.admin, "CreateServiceLinkedRole", &input)
}

/// Deletes a service-linked role; answers the task.
pub(crate) fn delete(lab: &Lab, name: &str) -> Result<String, Refused> {
    let input = DeleteServiceLinkedRoleRequest {
        role_name: name.to_owned(),
    };
    let output: DeleteServiceLinkedRoleResponse =
        lab.iam(&lab.admin, "DeleteServiceLinkedRole", &input)?;
    Ok(output.deletion_task_id)
}

fn status(lab: &Lab, task: &str) -> Result<GetServiceLinkedRoleDeletionStatusResponse, Refused> {
    let input = GetServiceLinkedRoleDeletionStatusRequest {
        deletion_task_id: task.to_owned(),
    };
    lab.iam(&lab.admin, "GetServiceLinkedRoleDeletionStatus", &input)
}

fn get(lab: &Lab, name: &str) -> Result<GetRoleResponse, Refused> {
    let input = GetRoleRequest {
        role_name: name.to_owned(),
    };
    lab.iam(&lab.admin, "GetRole", &input)
}

#[test]
fn a_role_is_made_from_the_table_and_deleted_by_a_task() {
    let lab = Lab::new();
    let made = create(&lab, "batch.amazonaws.com", None).expect("create");
    let made = made.role.expect("a role");
    let path = "/aws-service-role/batch.amazonaws.com/";
    assert_eq!(made.path, path);
    assert_eq!(made.role_name, "AWSServiceRoleForBatch");
    assert!(made.description.is_none() && made.max_session_duration.is_none());
    let shown = get(&lab, "AWSServiceRoleForBatch").expect("get").role;
    assert_eq!(shown.description.as_deref(), Some("text"));
    assert_eq!(shown.max_session_duration, Some(3_600));
    let trust = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Action%22%3A%5B%22sts%3AAssumeRole%22%5D%2C%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%5B%22batch.amazonaws.com%22%5D%7D%7D%5D%7D";
    assert_eq!(shown.assume_role_policy_document.as_deref(), Some(trust));
    let input = ListAttachedRolePoliciesRequest {
        role_name: shown.role_name.clone(),
        ..ListAttachedRolePoliciesRequest::default()
    };
    let attached: ListAttachedRolePoliciesResponse = lab
        .iam(&lab.admin, "ListAttachedRolePolicies", &input)
        .expect("ListAttachedRolePolicies");
    let attached = attached.attached_policies.expect("policies");
    let policy = "arn:aws:iam::aws:policy/aws-service-role/BatchServiceRolePolicy";
    assert_eq!(attached[0].policy_arn.as_deref(), Some(policy));
    let task = delete(&lab, "awsserviceroleforbatch").expect("delete");
    let prefix = "task/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch/";
    assert!(
        task.starts_with(prefix) && task.len() == prefix.len() + 36,
        "{task}"
    );
    assert_eq!(status(&lab, &task).expect("status").status, "SUCCEEDED");
    let message = "The role with name AWSServiceRoleForBatch cannot be found.";
    check(
        get(&lab, "AWSServiceRoleForBatch"),
        404,
        "NoSuchEntity",
        message,
    );
    check(
        delete(&lab, "AWSServiceRoleForBatch"),
        404,
        "NoSuchEntity",
        message,
    );
    let other = task.replace(
        &task[prefix.len()..],
        "11111111-2222-4333-8444-555555555555",
    );
    let message = format!("The deletion task with id {other} cannot be found.");
    check(status(&lab, &other), 404, "NoSuchEntity", &message);
    let message = "The deletion task id nonsense is not valid.";
    check(status(&lab, "nonsense"), 400, "InvalidInput", message);
}

#[test]
fn names_are_taken_and_suffixes_are_for_few() {
    let lab = Lab::new();
    create(&lab, "batch.amazonaws.com", None).expect("create");
    let message = "Service role name AWSServiceRoleForBatch has been taken in this account, please try a different suffix.";
    check(
        create(&lab, "batch.amazonaws.com", None),
        400,
        "InvalidInput",
        message,
    );
    let message = "Custom suffix is not allowed for batch.amazonaws.com";
    check(
        create(&lab, "batch.amazonaws.com", Some("x")),
        400,
        "InvalidInput",
        message,
    );
    for suffix in [None, Some("x"), Some("y")] {
        create(&lab, "autoscaling.amazonaws.com", suffix).expect("a suffix of its own");
    }
    let taken = create(&lab, "autoscaling.amazonaws.com", Some("X"));
    let message = "Service role name AWSServiceRoleForAutoScaling_X has been taken in this account, please try a different suffix.";
    check(taken, 400, "InvalidInput", message);
    let long = create(&lab, "autoscaling.amazonaws.com", Some(&"x".repeat(36)));
    let message = format!(
        "Service role name AWSServiceRoleForAutoScaling_{} is longer than 64 characters.",
        "x".repeat(36)
    );
    check(long, 400, "InvalidInput", &message);
    let message = "Cannot find Service Linked Role template for nothing.amazonaws.com";
    check(
        create(&lab, "nothing.amazonaws.com", None),
        403,
        "AccessDenied",
        message,
    );
    // An ordinary role under such a name keeps it.
    lab.role(
        &lab.admin,
        "AWSServiceRoleForECS",
        &crate::users_roles::everybody(&lab),
    );
    let message = "Service role name AWSServiceRoleForECS has been taken in this account, please try a different suffix.";
    check(
        create(&lab, "ecs.amazonaws.com", None),
        400,
        "InvalidInput",
        message,
    );
    let message = "The role with name AWSServiceRoleForECS is not a service-linked role.";
    check(
        delete(&lab, "AWSServiceRoleForECS"),
        404,
        "NoSuchEntity",
        message,
    );
}

#[test]
fn nothing_else_changes_them() {
    let lab = Lab::new();
    create(&lab, "batch.amazonaws.com", None).expect("create");
    lab.ask("Action=CreateInstanceProfile&InstanceProfileName=web")
        .expect("a profile");
    let message = "Cannot perform the operation on the protected role 'AWSServiceRoleForBatch' - this role is only modifiable by AWS";
    let trust = TRUST.replace("{account}", &lab.account);
    let policy = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let own = "arn:aws:iam::aws:policy/aws-service-role/BatchServiceRolePolicy";
    for form in [
        "DeleteRole".to_owned(),
        "UpdateRole&MaxSessionDuration=7200".to_owned(),
        format!("UpdateAssumeRolePolicy&PolicyDocument={trust}"),
        format!("PutRolePolicy&PolicyName=p&PolicyDocument={DOCUMENT}"),
        "DeleteRolePolicy&PolicyName=p".to_owned(),
        format!("AttachRolePolicy&PolicyArn={policy}"),
        format!("DetachRolePolicy&PolicyArn={own}"),
        format!("PutRolePermissionsBoundary&PermissionsBoundary={policy}"),
        "DeleteRolePermissionsBoundary".to_owned(),
        "AddRoleToInstanceProfile&InstanceProfileName=web".to_owned(),
    ] {
        let form = format!("Action={form}&RoleName=AWSServiceRoleForBatch");
        check(lab.ask(&form), 400, "UnmodifiableEntity", message);
    }
    for form in [
        "UpdateRole&Description=other",
        "UpdateRoleDescription&Description=another",
        "TagRole&Tags.member.1.Key=a&Tags.member.1.Value=b",
    ] {
        let form = format!("Action={form}&RoleName=AWSServiceRoleForBatch");
        lab.ask(&form)
            .expect("descriptions and tags are the account's");
    }
}

#[test]
fn nobody_takes_their_path_and_nobody_assumes_them() {
    let lab = Lab::new();
    let trust = TRUST.replace("{account}", &lab.account);
    let form = format!(
        "Action=CreateRole&RoleName=x&Path=/aws-service-role/batch.amazonaws.com/&AssumeRolePolicyDocument={trust}"
    );
    let message = "The path /aws-service-role/ is reserved for service-linked roles.";
    check(lab.ask(&form), 400, "InvalidInput", message);
    let made = create(&lab, "batch.amazonaws.com", None).expect("create");
    let arn = made.role.expect("a role").arn;
    let refused = lab.try_assume(&lab.admin, &assume_role(&arn, "work"));
    assert_eq!(refused.expect_err("a service's role").code, "AccessDenied");
}

#[test]
fn the_service_is_a_condition_key() {
    let lab = Lab::new();
    let condition = r#"{"StringLike":{"iam:AWSServiceName":"ecs.amazonaws.com"}}"#;
    let policy = allow_if("iam:CreateServiceLinkedRole", "*", condition);
    let clerk = lab.user_with(&lab.admin, "clerk", &policy);
    let made = |service: &str| -> Result<CreateServiceLinkedRoleResponse, Refused> {
        let input = CreateServiceLinkedRoleRequest {
            aws_service_name: service.to_owned(),
            ..CreateServiceLinkedRoleRequest::default()
        };
        lab.iam(&clerk, "CreateServiceLinkedRole", &input)
    };
    let who = format!("arn:aws:iam::{}:user/clerk", lab.account);
    let role = format!(
        "arn:aws:iam::{}:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch",
        lab.account
    );
    let action = "iam:CreateServiceLinkedRole";
    let because = no_identity_policy(action);
    check_denied(made("batch.amazonaws.com"), &who, action, &role, &because);
    made("ecs.amazonaws.com").expect("its service");
}

#[test]
fn the_last_hundred_deletions_are_remembered() {
    let lab = Lab::new();
    let mut tasks = Vec::new();
    for _ in 0..101 {
        create(&lab, "batch.amazonaws.com", None).expect("create");
        tasks.push(delete(&lab, "AWSServiceRoleForBatch").expect("delete"));
        lab.pass(1);
    }
    let message = format!("The deletion task with id {} cannot be found.", tasks[0]);
    check(status(&lab, &tasks[0]), 404, "NoSuchEntity", &message);
    status(&lab, &tasks[1]).expect("remembered");
    status(&lab, &tasks[100]).expect("remembered");
}
