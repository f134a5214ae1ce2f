//! Permissions boundaries: set, shown, enforced, and who may set which.

use locum_policy::Document;
use locum_wire::Service;
use locum_wire::iam::{GetUserRequest, GetUserResponse};

use crate::common::{
    Keys, Lab, Refused, allow, assume_role, check, check_denied, document, no_identity_policy,
    statement, success,
};
use crate::policies::{arn_of, create, named};
use crate::users_roles::everybody;

/// Makes a managed policy of this text; answers its ARN.
fn policy(lab: &Lab, name: &str, text: &str) -> String {
    assert!(Document::parse(text).is_ok());
    let input = locum_wire::iam::CreatePolicyRequest {
        policy_document: text.to_owned(),
        ..named(name)
    };
    create(lab, input).expect("CreatePolicy");
    arn_of(lab, &format!("/{name}"))
}

fn call(lab: &Lab, keys: &Keys, form: &str) -> Result<(), Refused> {
    success(Service::Iam, &lab.form(keys, Service::Iam, form))
}

fn lacking(action: &str) -> String {
    format!(" because no permissions boundary allows the {action} action")
}

#[test]
fn a_boundary_limits_and_never_grants() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", &allow("iam:List*", "*"));
    let arn = format!("arn:aws:iam::{}:user/alice", lab.account);
    let limit = policy(&lab, "limit", &allow("iam:ListUsers", "*"));
    call(&lab, &alice, "Action=ListRoles").expect("without a boundary");
    lab.ask(&format!(
        "Action=PutUserPermissionsBoundary&UserName=alice&PermissionsBoundary={limit}"
    ))
    .expect("put");
    call(&lab, &alice, "Action=ListUsers").expect("both allow");
    let refused = call(&lab, &alice, "Action=ListRoles");
    check_denied(
        refused,
        &arn,
        "iam:ListRoles",
        "*",
        &lacking("iam:ListRoles"),
    );
    // The boundary alone grants nothing.
    lab.user_policy(&lab.admin, "alice", &allow("s3:*", "*"));
    let refused = call(&lab, &alice, "Action=ListUsers");
    let because = no_identity_policy("iam:ListUsers");
    check_denied(refused, &arn, "iam:ListUsers", "*", &because);
    lab.user_policy(&lab.admin, "alice", &allow("iam:List*", "*"));
    lab.ask("Action=DeleteUserPermissionsBoundary&UserName=alice")
        .expect("delete");
    call(&lab, &alice, "Action=ListRoles").expect("without it again");
}

#[test]
fn a_roles_boundary_limits_its_sessions() {
    let lab = Lab::new();
    let limit = policy(&lab, "limit", &allow("iam:ListUsers", "*"));
    lab.role(&lab.admin, "worker", &everybody(&lab));
    lab.role_policy(&lab.admin, "worker", &allow("iam:*", "*"));
    lab.ask(&format!(
        "Action=PutRolePermissionsBoundary&RoleName=worker&PermissionsBoundary={limit}"
    ))
    .expect("put");
    let role = format!("arn:aws:iam::{}:role/worker", lab.account);
    let session = lab.assume(&lab.admin, &assume_role(&role, "work"));
    call(&lab, &session, "Action=ListUsers").expect("both allow");
    let refused = call(&lab, &session, "Action=ListRoles");
    let arn = format!("arn:aws:sts::{}:assumed-role/worker/work", lab.account);
    check_denied(
        refused,
        &arn,
        "iam:ListRoles",
        "*",
        &lacking("iam:ListRoles"),
    );
}

#[test]
fn what_is_no_policy_is_no_boundary() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let ghost = arn_of(&lab, "/ghost");
    let absent = format!("Scope ARN: {ghost} does not exist or is not attachable.");
    let user = format!("arn:aws:iam::{}:user/alice", lab.account);
    let invalid = format!("Value ({user}) for parameter PermissionsBoundary is invalid.");
    for operation in [
        "PutUserPermissionsBoundary&UserName=alice",
        "CreateUser&UserName=new",
    ] {
        let form = format!("Action={operation}&PermissionsBoundary={ghost}");
        check(lab.ask(&form), 404, "NoSuchEntity", &absent);
        let form = format!("Action={operation}&PermissionsBoundary={user}");
        check(lab.ask(&form), 400, "InvalidInput", &invalid);
    }
    let message = "The user with name new cannot be found.";
    check(
        lab.ask("Action=GetUser&UserName=new"),
        404,
        "NoSuchEntity",
        message,
    );
}

#[test]
fn a_policy_that_is_a_boundary_stays() {
    let lab = Lab::new();
    let limit = policy(&lab, "limit", &allow("iam:*", "*"));
    lab.ask(&format!(
        "Action=CreateUser&UserName=alice&PermissionsBoundary={limit}"
    ))
    .expect("create");
    let message = "Cannot delete a policy attached to entities.";
    let form = format!("Action=DeletePolicy&PolicyArn={limit}");
    check(lab.ask(&form), 409, "DeleteConflict", message);
    let input = GetUserRequest {
        user_name: Some("alice".to_owned()),
    };
    let user: GetUserResponse = lab.iam(&lab.admin, "GetUser", &input).expect("GetUser");
    let shown = user.user.permissions_boundary.expect("a boundary");
    assert_eq!(
        (
            shown.permissions_boundary_arn.as_deref(),
            shown.permissions_boundary_type.as_deref()
        ),
        (Some(limit.as_str()), Some("Policy"))
    );
    let shown = crate::policies::get(&lab, &limit).expect("GetPolicy");
    assert_eq!(
        (
            shown.attachment_count,
            shown.permissions_boundary_usage_count
        ),
        (Some(0), Some(1))
    );
}

/// The delegation of AWS's user guide: an administrator of users who may make and empower users only
/// under a boundary, and may take no boundary away.
#[test]
fn esc_16_an_administrator_under_a_boundary_cannot_leave_it() {
    let lab = Lab::new();
    let limit = policy(&lab, "limit", &allow("s3:*", "*"));
    let other = policy(&lab, "other", &allow("*", "*"));
    let bounded = format!(r#"{{"StringEquals":{{"iam:PermissionsBoundary":"{limit}"}}}}"#);
    let rights = [
        statement("Allow", "iam:CreateUser", "*", &bounded),
        statement("Allow", "iam:PutUserPolicy", "*", &bounded),
        statement("Allow", "iam:AttachUserPolicy", "*", &bounded),
        statement("Allow", "iam:PutUserPermissionsBoundary", "*", &bounded),
    ];
    let clerk = lab.user_with(&lab.admin, "clerk", &document(&rights.join(",")));
    let refused = |form: &str, action: &str, on: &str| {
        let arn = format!("arn:aws:iam::{}:user/clerk", lab.account);
        let on = format!("arn:aws:iam::{}:user/{on}", lab.account);
        check_denied(
            call(&lab, &clerk, form),
            &arn,
            action,
            &on,
            &no_identity_policy(action),
        );
    };
    refused("Action=CreateUser&UserName=new", "iam:CreateUser", "new");
    let form = format!("Action=CreateUser&UserName=new&PermissionsBoundary={other}");
    refused(&form, "iam:CreateUser", "new");
    let form = format!("Action=CreateUser&UserName=new&PermissionsBoundary={limit}");
    call(&lab, &clerk, &form).expect("under the boundary");
    let form = format!("Action=AttachUserPolicy&UserName=new&PolicyArn={other}");
    call(&lab, &clerk, &form).expect("a user under the boundary");
    lab.user(&lab.admin, "free");
    let form = format!("Action=AttachUserPolicy&UserName=free&PolicyArn={other}");
    refused(&form, "iam:AttachUserPolicy", "free");
    let form =
        format!("Action=PutUserPermissionsBoundary&UserName=new&PermissionsBoundary={other}");
    refused(&form, "iam:PutUserPermissionsBoundary", "new");
    let form = "Action=DeleteUserPermissionsBoundary&UserName=new";
    refused(form, "iam:DeleteUserPermissionsBoundary", "new");
    // Nor may the text of the boundary be changed.
    let wide = percent_encoding::utf8_percent_encode(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
        percent_encoding::NON_ALPHANUMERIC,
    );
    let form = format!(
        "Action=CreatePolicyVersion&PolicyArn={limit}&SetAsDefault=true&PolicyDocument={wide}"
    );
    let action = "iam:CreatePolicyVersion";
    let clerk_arn = format!("arn:aws:iam::{}:user/clerk", lab.account);
    let because = no_identity_policy(action);
    check_denied(
        call(&lab, &clerk, &form),
        &clerk_arn,
        action,
        &limit,
        &because,
    );
}
