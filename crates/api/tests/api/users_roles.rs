//! Users and roles: shapes, names, paths, renaming, deleting, trust policies.

use locum_wire::iam::{
    CreateRoleRequest, CreateRoleResponse, CreateUserRequest, CreateUserResponse, GetRoleRequest,
    GetRoleResponse, GetUserRequest, GetUserResponse, ListRolesRequest, ListRolesResponse,
    ListUsersRequest, ListUsersResponse, Role, Tag, UpdateRoleRequest, UpdateRoleResponse, User,
};
use locum_wire::{Service, Timestamp};
use percent_encoding::percent_decode_str;

use crate::common::{Keys, Lab, Refused, START_S, allow, check, document, success, trust};

use crate::holdings::READ_ONLY;

fn get_user(lab: &Lab, by: &Keys, name: Option<&str>) -> Result<User, Refused> {
    let input = GetUserRequest {
        user_name: name.map(str::to_owned),
    };
    let output: GetUserResponse = lab.iam(by, "GetUser", &input)?;
    Ok(output.user)
}

fn get_role(lab: &Lab, name: &str) -> Role {
    let input = GetRoleRequest {
        role_name: name.to_owned(),
    };
    let output: GetRoleResponse = lab.iam(&lab.admin, "GetRole", &input).expect("GetRole");
    output.role
}

pub(crate) fn everybody(lab: &Lab) -> String {
    trust(&format!("\"arn:aws:iam::{}:root\"", lab.account))
}

#[test]
fn users_are_made_shown_listed_and_deleted() {
    let lab = Lab::new();
    let tags = Some(vec![Tag {
        key: "Team".to_owned(),
        value: "blue".to_owned(),
    }]);
    let input = CreateUserRequest {
        user_name: "Alice".to_owned(),
        path: Some("/team/a/".to_owned()),
        tags: tags.clone(),
        ..CreateUserRequest::default()
    };
    let output: CreateUserResponse = lab
        .iam(&lab.admin, "CreateUser", &input)
        .expect("CreateUser");
    let made = output.user.expect("a user");
    let expected = User {
        arn: format!("arn:aws:iam::{}:user/team/a/Alice", lab.account),
        create_date: Timestamp(START_S),
        path: "/team/a/".to_owned(),
        tags,
        user_id: made.user_id.clone(),
        user_name: "Alice".to_owned(),
        ..User::default()
    };
    assert_eq!(made, expected);
    assert!(made.user_id.starts_with("AIDA") && made.user_id.len() == 21);
    assert_eq!(
        get_user(&lab, &lab.admin, Some("aLICE")),
        Ok(expected.clone())
    );
    lab.user(&lab.admin, "bob");
    let list = |prefix: Option<&str>| -> Vec<User> {
        let input = ListUsersRequest {
            path_prefix: prefix.map(str::to_owned),
            ..ListUsersRequest::default()
        };
        let output: ListUsersResponse =
            lab.iam(&lab.admin, "ListUsers", &input).expect("ListUsers");
        assert_eq!(output.is_truncated, Some(false));
        output.users
    };
    let names: Vec<String> = list(None).into_iter().map(|user| user.user_name).collect();
    assert_eq!(names, ["admin", "Alice", "bob"]);
    assert_eq!(
        list(Some("/team/")),
        [User {
            tags: None,
            ..expected
        }]
    );
    assert!(list(Some("/other/")).is_empty());
    lab.ask("Action=DeleteUser&UserName=alice")
        .expect("DeleteUser");
    let message = "The user with name Alice cannot be found.";
    check(
        get_user(&lab, &lab.admin, Some("Alice")),
        404,
        "NoSuchEntity",
        message,
    );
}

#[test]
fn get_user_without_a_name_shows_the_caller() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", &allow("iam:GetUser", "*"));
    assert_eq!(
        get_user(&lab, &alice, None).map(|user| user.user_name),
        Ok("alice".to_owned())
    );
    let other = lab.other("other");
    let root = get_user(&lab, &other.root, None).expect("GetUser");
    assert_eq!(root.arn, format!("arn:aws:iam::{}:root", other.account));
    assert_eq!(
        (root.user_id, root.user_name),
        (other.account.clone(), String::new())
    );
    lab.role(&lab.admin, "reader", &everybody(&lab));
    lab.role_policy(&lab.admin, "reader", &allow("*", "*"));
    let arn = format!("arn:aws:iam::{}:role/reader", lab.account);
    let session = lab.assume(&lab.admin, &crate::common::assume_role(&arn, "work"));
    let message = "Must specify userName when calling with non-User credentials";
    check(
        get_user(&lab, &session, None),
        400,
        "ValidationError",
        message,
    );
    let answer = lab.form(&session, Service::Iam, "Action=CreateAccessKey");
    check(
        success(Service::Iam, &answer),
        400,
        "ValidationError",
        message,
    );
}

#[test]
fn names_are_taken_ignoring_case_and_checked_by_their_pattern() {
    let lab = Lab::new();
    lab.user(&lab.admin, "Alice");
    lab.role(&lab.admin, "Reader", &everybody(&lab));
    for name in ["Alice", "alice", "ALICE"] {
        let message = format!("User with name {name} already exists.");
        check(
            lab.ask(&format!("Action=CreateUser&UserName={name}")),
            409,
            "EntityAlreadyExists",
            &message,
        );
    }
    for name in ["Reader", "READER"] {
        let message = format!("Role with name {name} already exists.");
        check(
            lab.try_role(&lab.admin, name, &everybody(&lab)),
            409,
            "EntityAlreadyExists",
            &message,
        );
    }
    for name in [
        "ali ce",
        "%20alice",
        "%EF%BD%81lice",
        "ali*ce",
        "../root",
        "a/b",
        "",
    ] {
        let refused = lab
            .ask(&format!("Action=CreateUser&UserName={name}"))
            .expect_err(name);
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (400, "ValidationError"),
            "{name}"
        );
    }
    let long = "x".repeat(65);
    let message = "1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must have length less than or equal to 64";
    check(
        lab.ask(&format!("Action=CreateUser&UserName={long}")),
        400,
        "ValidationError",
        message,
    );
}

#[test]
fn pol_23_names_with_hidden_characters_are_refused() {
    let lab = Lab::new();
    for name in [
        "alice%0A",
        "al%C2%A0ice",
        "al%E2%80%8Bice",
        "%E2%80%AEecila",
        "Kelvin%E2%84%AA",
        "d%C4%B1otless",
    ] {
        for form in [
            format!("Action=CreateUser&UserName={name}"),
            format!("Action=CreatePolicy&PolicyName={name}&PolicyDocument=%7B%7D"),
            format!("Action=CreateRole&RoleName={name}&AssumeRolePolicyDocument=%7B%7D"),
            format!("Action=GetUser&UserName={name}"),
        ] {
            let refused = lab.ask(&form).expect_err(&form);
            assert_eq!(
                (refused.status, refused.code.as_str()),
                (400, "ValidationError"),
                "{form}"
            );
        }
    }
}

#[test]
fn paths_begin_and_end_with_a_slash() {
    let lab = Lab::new();
    let sentence = "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.";
    let long = format!("/{}/", "x".repeat(511));
    for path in ["team", "/team", "team/", "//", "/a//b/", "", &long] {
        for form in [
            format!("Action=CreateUser&UserName=x&Path={path}"),
            format!("Action=CreateRole&RoleName=x&AssumeRolePolicyDocument=%7B%7D&Path={path}"),
        ] {
            let refused = lab.ask(&form).expect_err(&form);
            assert_eq!(
                (refused.status, refused.code.as_str()),
                (400, "ValidationError"),
                "{form}: {}",
                refused.message
            );
            if path == "/a//b/" && form.contains("CreateUser") {
                assert_eq!(refused.message, sentence);
            }
        }
    }
}

#[test]
fn renaming_a_user_keeps_its_id_its_keys_and_its_policies() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", &allow("iam:GetUser", "*"));
    let before = get_user(&lab, &alice, None).expect("GetUser");
    lab.user(&lab.admin, "bob");
    let taken = "User with name BOB already exists.";
    check(
        lab.ask("Action=UpdateUser&UserName=alice&NewUserName=BOB"),
        409,
        "EntityAlreadyExists",
        taken,
    );
    lab.ask("Action=UpdateUser&UserName=alice&NewUserName=Carol&NewPath=/team/")
        .expect("UpdateUser");
    let after = get_user(&lab, &alice, None).expect("the key still works");
    assert_eq!(
        after.arn,
        format!("arn:aws:iam::{}:user/team/Carol", lab.account)
    );
    assert_eq!(after.user_id, before.user_id);
    lab.ask("Action=UpdateUser&UserName=carol&NewUserName=CAROL")
        .expect("only the case");
    assert_eq!(
        get_user(&lab, &alice, None).expect("GetUser").user_name,
        "CAROL"
    );
    let message = "The user with name alice cannot be found.";
    check(
        lab.ask("Action=GetUser&UserName=alice"),
        404,
        "NoSuchEntity",
        message,
    );
}

#[test]
fn what_still_holds_something_is_not_deleted() {
    let lab = Lab::new();
    let key = lab.user_with(&lab.admin, "alice", &allow("s3:*", "*"));
    lab.role(&lab.admin, "reader", &everybody(&lab));
    lab.role_policy(&lab.admin, "reader", &allow("s3:*", "*"));
    lab.ask(&format!(
        "Action=AttachUserPolicy&UserName=alice&PolicyArn={READ_ONLY}"
    ))
    .expect("attach");
    lab.ask(&format!(
        "Action=AttachRolePolicy&RoleName=reader&PolicyArn={READ_ONLY}"
    ))
    .expect("attach");
    let (user, role) = (
        "Action=DeleteUser&UserName=alice",
        "Action=DeleteRole&RoleName=reader",
    );
    let referenced = "Cannot delete entity, must remove referenced objects first.";
    let policies = "Cannot delete entity, must delete policies first.";
    let attached = "Cannot delete entity, must detach all policies first.";
    check(lab.ask(user), 409, "DeleteConflict", referenced);
    lab.ask(&format!(
        "Action=DeleteAccessKey&UserName=alice&AccessKeyId={}",
        key.id
    ))
    .expect("key");
    for (delete, inline, detach) in [
        (
            user,
            "Action=DeleteUserPolicy&UserName=alice&PolicyName=inline",
            "Action=DetachUserPolicy&UserName=alice",
        ),
        (
            role,
            "Action=DeleteRolePolicy&RoleName=reader&PolicyName=inline",
            "Action=DetachRolePolicy&RoleName=reader",
        ),
    ] {
        check(lab.ask(delete), 409, "DeleteConflict", attached);
        lab.ask(&format!("{detach}&PolicyArn={READ_ONLY}"))
            .expect("detach");
        check(lab.ask(delete), 409, "DeleteConflict", policies);
        lab.ask(inline).expect("inline");
        lab.ask(delete).expect("delete");
        assert_eq!(lab.ask(delete).expect_err("gone").code, "NoSuchEntity");
    }
}

#[test]
fn roles_have_awss_shapes() {
    let lab = Lab::new();
    let text = everybody(&lab);
    let input = CreateRoleRequest {
        role_name: "Reader".to_owned(),
        path: Some("/team/".to_owned()),
        assume_role_policy_document: text.clone(),
        description: Some("reads".to_owned()),
        max_session_duration: Some(7_200),
        tags: Some(vec![Tag {
            key: "Team".to_owned(),
            value: "blue".to_owned(),
        }]),
        ..CreateRoleRequest::default()
    };
    let tags = input.tags.clone();
    let output: CreateRoleResponse = lab
        .iam(&lab.admin, "CreateRole", &input)
        .expect("CreateRole");
    let made = output.role;
    let decoded = |role: &Role| {
        let document = role
            .assume_role_policy_document
            .clone()
            .expect("a trust policy");
        percent_decode_str(&document)
            .decode_utf8_lossy()
            .into_owned()
    };
    assert_eq!(decoded(&made), text);
    assert_eq!(
        (made.description.clone(), made.max_session_duration),
        (None, None)
    );
    assert_eq!(
        made.arn,
        format!("arn:aws:iam::{}:role/team/Reader", lab.account)
    );
    assert_eq!(
        (made.tags.clone(), made.role_last_used.clone()),
        (tags, None)
    );
    assert!(made.role_id.starts_with("AROA") && made.role_id.len() == 21);
    let shown = get_role(&lab, "reader");
    assert_eq!(
        (shown.description.as_deref(), shown.max_session_duration),
        (Some("reads"), Some(7_200))
    );
    assert_eq!(decoded(&shown), text);
    let input = ListRolesRequest::default();
    let listed: ListRolesResponse = lab.iam(&lab.admin, "ListRoles", &input).expect("ListRoles");
    let [listed] = &listed.roles[..] else {
        panic!("one role")
    };
    assert_eq!(
        (listed.tags.clone(), listed.max_session_duration),
        (None, Some(7_200))
    );
}

#[test]
fn updating_a_role_changes_what_is_named_and_nothing_else() {
    let lab = Lab::new();
    lab.role(&lab.admin, "Reader", &everybody(&lab));
    let shown = get_role(&lab, "Reader");
    let input = UpdateRoleRequest {
        role_name: "Reader".to_owned(),
        ..UpdateRoleRequest::default()
    };
    let _: UpdateRoleResponse = lab
        .iam(&lab.admin, "UpdateRole", &input)
        .expect("UpdateRole");
    assert_eq!(get_role(&lab, "Reader"), shown);
    lab.ask("Action=UpdateRoleDescription&RoleName=Reader&Description=more")
        .expect("UpdateRoleDescription");
    assert_eq!(
        get_role(&lab, "Reader").description.as_deref(),
        Some("more")
    );
    for seconds in ["3599", "43201", "0"] {
        let form = format!("Action=UpdateRole&RoleName=Reader&MaxSessionDuration={seconds}");
        assert_eq!(lab.ask(&form).expect_err(seconds).code, "ValidationError");
    }
}

#[test]
fn trust_policies_are_checked_and_limited() {
    let lab = Lab::new();
    lab.role(&lab.admin, "reader", &everybody(&lab));
    let principal = r#""Principal":{"AWS":"*"}"#;
    for (text, message) in [
        ("{".to_owned(), "This policy contains invalid Json"),
        (
            document(&format!(
                r#"{{"Effect":"Allow",{principal},"Action":"sts:AssumeRole","Resource":"*"}}"#
            )),
            "Has prohibited field Resource",
        ),
        (
            document(&format!(
                r#"{{"Effect":"Allow",{principal},"Action":"s3:GetObject"}}"#
            )),
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
    ] {
        check(
            lab.try_role(&lab.admin, "bad", &text),
            400,
            "MalformedPolicyDocument",
            message,
        );
        let encoded: String =
            percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC)
                .to_string();
        let form =
            format!("Action=UpdateAssumeRolePolicy&RoleName=reader&PolicyDocument={encoded}");
        check(lab.ask(&form), 400, "MalformedPolicyDocument", message);
    }
    let conditions: Vec<String> = (0..200).map(|at| format!("\"{at:020}\"")).collect();
    let long = crate::common::trust_if(
        "\"*\"",
        r#""sts:AssumeRole""#,
        &format!(
            r#"{{"StringEquals":{{"aws:userid":[{}]}}}}"#,
            conditions.join(",")
        ),
    );
    let message = "Cannot exceed quota for ACLSizePerRole: 4096";
    check(
        lab.try_role(&lab.admin, "long", &long),
        409,
        "LimitExceeded",
        message,
    );
}

#[test]
fn roles_that_trust_hundreds_of_accounts_are_listed_in_shorter_pages() {
    let lab = Lab::new();
    for at in 0..150 {
        let other = lab.other(&format!("other {at}"));
        let principal = format!(
            "arn:aws:iam::{}:role/OrganizationAccountAccessRole",
            other.account
        );
        lab.role(
            &lab.admin,
            &format!("role-{at:03}"),
            &trust(&format!("\"{principal}\"")),
        );
    }
    let (mut marker, mut seen) = (None, 0);
    loop {
        let input = ListRolesRequest {
            marker,
            max_items: Some(1_000),
            ..ListRolesRequest::default()
        };
        let page: ListRolesResponse = lab.iam(&lab.admin, "ListRoles", &input).expect("ListRoles");
        for role in &page.roles {
            assert_eq!(role.role_name, format!("role-{seen:03}"));
            let document = role
                .assume_role_policy_document
                .as_deref()
                .unwrap_or_default();
            assert!(
                document.contains("OrganizationAccountAccessRole"),
                "{document}"
            );
            seen += 1;
        }
        assert_eq!(page.is_truncated, Some(page.marker.is_some()));
        marker = page.marker;
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(seen, 150);
}
