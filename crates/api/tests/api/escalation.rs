//! Ways to more rights than were given, none of which may work (attack rows ESC-*).

use locum_wire::Service;
use locum_wire::iam::{CreatePolicyRequest, CreatePolicyResponse};

use crate::common::{
    Lab, allow, allow_if, assume_role, document, keys_of, statement, success, trust,
};

use crate::conditions::Bench;

#[test]
fn esc_13_other_spellings_of_a_policy_arn_are_no_way_around_a_deny() {
    let at = Bench::new();
    at.admin("Action=CreateUser&UserName=alice");
    let condition =
        r#"{"StringEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/AdministratorAccess"}}"#;
    let deny = [
        statement("Allow", "iam:*", "*", ""),
        statement("Deny", "iam:Attach*", "*", condition),
    ];
    at.lab
        .user_policy(&at.lab.admin, "worker", &document(&deny.join(",")));
    for arn in [
        "arn:aws:iam::aws:policy/AdministratorAccess",
        "arn:aws-cn:iam::aws:policy/AdministratorAccess",
        "arn:AWS:iam::aws:policy/AdministratorAccess",
        "arn:x:iam::aws:policy/AdministratorAccess",
        "arn:aws:iam::aws:policy/administratoraccess",
        "arn:aws:iam::aws:policy//AdministratorAccess",
        "arn:aws:iam::aws:policy/x/../AdministratorAccess",
        "arn:aws:iam:us-east-1:aws:policy/AdministratorAccess",
        "arn:aws:iam::aws:policy/AdministratorAccess%20",
    ] {
        let form = format!("Action=AttachUserPolicy&UserName=alice&PolicyArn={arn}");
        let result = success(Service::Iam, &at.lab.form(&at.worker, Service::Iam, &form));
        assert!(result.is_err(), "{arn} was attached");
    }
}

#[test]
fn esc_19_a_user_is_not_moved_out_of_the_callers_path_nor_into_it() {
    let at = Bench::new();
    at.admin("Action=CreateUser&UserName=alice&Path=/mine/");
    at.admin("Action=CreateUser&UserName=bob&Path=/theirs/");
    let policy = allow(
        "iam:UpdateUser",
        &format!("arn:aws:iam::{}:user/mine/*", at.lab.account),
    );
    at.check(
        &policy,
        "Action=UpdateUser&UserName=alice&NewPath=/theirs/",
        false,
    );
    at.check(
        &policy,
        "Action=UpdateUser&UserName=bob&NewPath=/mine/",
        false,
    );
    at.check(
        &policy,
        "Action=UpdateUser&UserName=bob&NewUserName=mine",
        false,
    );
    at.check(
        &policy,
        "Action=UpdateUser&UserName=alice&NewPath=/mine/deeper/",
        true,
    );
    at.check(
        &policy,
        "Action=UpdateUser&UserName=ALICE&NewUserName=alice2",
        true,
    );
}

#[test]
fn esc_12_a_client_cannot_name_its_own_principal_or_keys() {
    let at = Bench::new();
    let policy = allow_if(
        "iam:ListUsers",
        "*",
        r#"{"StringEquals":{"aws:username":"admin"}}"#,
    );
    at.lab.user_policy(&at.lab.admin, "worker", &policy);
    for header in [
        "userid",
        "username",
        "aws-username",
        "principaltype",
        "x-amz-principal",
        "x-locum-principal",
        "jwt-sub",
        "groups",
    ] {
        let body = locum_wire::write_input(Service::Iam, "ListUsers", &locum_wire::Empty {});
        let mut request = crate::common::unsigned(Service::Iam, body);
        request
            .headers_mut()
            .insert(header, "admin".parse().expect("a header value"));
        let answer = at.lab.send(crate::common::sign(
            &at.worker,
            "iam",
            at.lab.now_s(),
            request,
        ));
        assert_eq!(answer.status, 403, "{header}");
    }
    // ESC-10: nor by parameters named like condition keys.
    for parameters in [
        "aws:username=admin",
        "Principal=admin",
        "AccountId=1",
        "UserId=admin",
        "CallerArn=admin",
    ] {
        let answer = at.lab.form(
            &at.worker,
            Service::Iam,
            &format!("Action=ListUsers&{parameters}"),
        );
        assert_eq!(answer.status, 400, "{parameters}");
    }
}

#[test]
fn esc_10_parameters_named_like_context_keys_never_reach_the_evaluator() {
    let at = Bench::new();
    let policy = allow_if(
        "iam:ListUsers",
        "*",
        r#"{"StringEquals":{"aws:PrincipalTag/team":"blue"}}"#,
    );
    at.lab.user_policy(&at.lab.admin, "worker", &policy);
    for parameters in [
        "Tags.member.1.Key=team&Tags.member.1.Value=blue",
        "aws:PrincipalTag/team=blue",
        "PrincipalTag.team=blue",
        "ContextEntries.member.1.ContextKeyName=aws:PrincipalTag/team&ContextEntries.member.1.ContextKeyValues.member.1=blue",
    ] {
        let answer = at.lab.form(
            &at.worker,
            Service::Iam,
            &format!("Action=ListUsers&{parameters}"),
        );
        assert_eq!(answer.status, 400, "{parameters}");
    }
}

#[test]
fn esc_01_a_narrow_session_makes_nothing_wider() {
    let at = Bench::new();
    let lab = &at.lab;
    lab.role(&lab.admin, "power", &trust(&format!("\"{}\"", lab.account)));
    lab.role_policy(&lab.admin, "power", &allow("*", "*"));
    let arn = format!("arn:aws:iam::{}:role/power", lab.account);
    let mut input = assume_role(&arn, "work");
    input.policy = Some(allow("s3:*", "*"));
    let narrow = keys_of(&lab.try_assume(&lab.admin, &input).expect("AssumeRole"));
    for (service, form) in [
        (
            Service::Iam,
            "Action=CreateAccessKey&UserName=admin".to_owned(),
        ),
        (Service::Iam, "Action=CreateUser&UserName=new".to_owned()),
        (
            Service::Iam,
            format!(
                "Action=AttachRolePolicy&RoleName=power&PolicyArn={}",
                "arn:aws:iam::aws:policy/AdministratorAccess"
            ),
        ),
        (
            Service::Iam,
            "Action=PutRolePolicy&RoleName=power&PolicyName=p&PolicyDocument=%7B%7D".to_owned(),
        ),
        (
            Service::Sts,
            format!("Action=AssumeRole&RoleArn={arn}&RoleSessionName=wider"),
        ),
    ] {
        let refused = success(service, &lab.form(&narrow, service, &form)).expect_err(&form);
        assert_eq!(refused.code, "AccessDenied", "{form}");
        assert!(
            refused.message.contains("because no session policy allows"),
            "{form}: {}",
            refused.message
        );
    }
    let answer = lab.form(&narrow, Service::Sts, "Action=GetSessionToken");
    assert_eq!(answer.status, 403, "no session of a session");
}

#[test]
fn esc_03_no_key_for_somebody_else() {
    let at = Bench::new();
    let own = format!("arn:aws:iam::{}:user/${{aws:username}}", at.lab.account);
    let policy = allow("iam:*AccessKey*", &own);
    at.check(&policy, "Action=ListAccessKeys", true);
    at.check(&policy, "Action=CreateAccessKey", true);
    at.check(&policy, "Action=CreateAccessKey&UserName=admin", false);
    at.check(&policy, "Action=ListAccessKeys&UserName=admin", false);
    for name in ["root", "arn:aws:iam::123456789012:root", "../root", ""] {
        let answer = at.lab.form(
            &at.worker,
            Service::Iam,
            &format!("Action=CreateAccessKey&UserName={name}"),
        );
        assert!(
            (400..404).contains(&answer.status),
            "{name}: {}",
            answer.status
        );
    }
    // The key of another user is not found under one's own name.
    let admin = &at.lab.admin.id;
    for form in [
        format!("Action=DeleteAccessKey&AccessKeyId={admin}"),
        format!("Action=UpdateAccessKey&AccessKeyId={admin}&Status=Inactive"),
    ] {
        let refused =
            success(Service::Iam, &at.lab.form(&at.worker, Service::Iam, &form)).expect_err(&form);
        assert_eq!(refused.code, "NoSuchEntity", "{form}");
    }
    at.admin("Action=ListUsers");
}

#[test]
fn esc_18_ids_of_another_account_reach_nothing_there() {
    let at = Bench::new();
    let lab = &at.lab;
    let other = lab.other("other");
    let victim = lab.user_with(&other.root, "victim", &allow("*", "*"));
    let input = CreatePolicyRequest {
        policy_name: "Theirs".to_owned(),
        policy_document: allow("s3:*", "*"),
        ..CreatePolicyRequest::default()
    };
    let _: CreatePolicyResponse = lab
        .iam(&other.root, "CreatePolicy", &input)
        .expect("CreatePolicy");
    let arn = format!("arn:aws:iam::{}:policy/Theirs", other.account);
    for form in [
        format!("Action=DeleteAccessKey&AccessKeyId={}", victim.id),
        format!(
            "Action=UpdateAccessKey&AccessKeyId={}&Status=Inactive",
            victim.id
        ),
        format!(
            "Action=DeleteAccessKey&UserName=victim&AccessKeyId={}",
            victim.id
        ),
        format!("Action=GetPolicy&PolicyArn={arn}"),
        format!("Action=GetPolicyVersion&PolicyArn={arn}&VersionId=v1"),
        format!(
            "Action=CreatePolicyVersion&PolicyArn={arn}&PolicyDocument=%7B%7D&SetAsDefault=true"
        ),
        format!("Action=SetDefaultPolicyVersion&PolicyArn={arn}&VersionId=v1"),
        format!("Action=DeletePolicyVersion&PolicyArn={arn}&VersionId=v1"),
        format!("Action=DeletePolicy&PolicyArn={arn}"),
        format!("Action=TagPolicy&PolicyArn={arn}&Tags.member.1.Key=a&Tags.member.1.Value=b"),
        format!("Action=ListPolicyTags&PolicyArn={arn}"),
        format!("Action=AttachUserPolicy&UserName=worker&PolicyArn={arn}"),
    ] {
        let answer = lab.form(&lab.admin, Service::Iam, &form);
        assert!(
            answer.status == 403 || answer.status == 404,
            "{form}: {}",
            answer.status
        );
    }
    let answer = lab.form(
        &other.root,
        Service::Iam,
        &format!("Action=GetPolicy&PolicyArn={arn}"),
    );
    assert_eq!(answer.status, 200, "untouched");
    assert_eq!(
        lab.form(&victim, Service::Sts, "Action=GetCallerIdentity")
            .status,
        200
    );
}

#[test]
fn sig_09_users_of_one_name_in_two_accounts_are_two() {
    let lab = Lab::new();
    let other = lab.other("other");
    let here = lab.user_with(&lab.admin, "alice", &allow("iam:ListUsers", "*"));
    let there = lab.user_with(
        &other.root,
        "alice",
        &document(&statement("Deny", "*", "*", "")),
    );
    for _ in 0..2 {
        assert_eq!(
            lab.form(&here, Service::Iam, "Action=ListUsers").status,
            200
        );
        assert_eq!(
            lab.form(&there, Service::Iam, "Action=ListUsers").status,
            403
        );
    }
    let body = lab.form(&here, Service::Iam, "Action=ListUsers").body;
    let body = String::from_utf8_lossy(&body).into_owned();
    assert!(!body.contains(&other.account), "{body}");
}

#[test]
fn esc_02_a_user_does_not_lift_its_own_limits() {
    let at = Bench::new();
    let own = format!("arn:aws:iam::{}:user/worker", at.lab.account);
    let policy = document(
        &[
            statement("Allow", "iam:*", "*", ""),
            statement("Deny", "iam:*UserPolicy", &own, ""),
        ]
        .join(","),
    );
    for form in [
        "Action=PutUserPolicy&UserName=worker&PolicyName=inline&PolicyDocument=%7B%7D".to_owned(),
        "Action=DeleteUserPolicy&UserName=worker&PolicyName=inline".to_owned(),
        "Action=DeleteUserPolicy&UserName=WORKER&PolicyName=inline".to_owned(),
        "Action=AttachUserPolicy&UserName=Worker&PolicyArn=arn:aws:iam::aws:policy/AdministratorAccess".to_owned(),
    ] {
        at.check(&policy, &form, false);
    }
}
