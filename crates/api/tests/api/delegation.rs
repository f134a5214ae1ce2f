//! Who hands what to whom: every principal under every kind of policy, and what is left after deletion.

use locum_wire::Service;
use locum_wire::iam::{CreatePolicyRequest, CreatePolicyResponse};
use locum_wire::sts::{AssumeRoleRequest, PolicyDescriptorType};

use crate::common::{
    Keys, Lab, allow, assume_role, document, keys_of, statement, success, trust, trust_if,
};

const DENY: &str = "AccessDenied";
const EVERYTHING: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;

fn denying(action: &str) -> String {
    document(&[EVERYTHING, &statement("Deny", action, "*", "")].join(","))
}

fn policy(lab: &Lab, name: &str, text: &str) -> String {
    let input = CreatePolicyRequest {
        policy_name: name.to_owned(),
        policy_document: text.to_owned(),
        ..CreatePolicyRequest::default()
    };
    let output: CreatePolicyResponse = lab
        .iam(&lab.admin, "CreatePolicy", &input)
        .expect("CreatePolicy");
    output.policy.and_then(|made| made.arn).expect("an ARN")
}

fn lists_users(lab: &Lab, keys: &Keys) -> bool {
    match success(
        Service::Iam,
        &lab.form(keys, Service::Iam, "Action=ListUsers"),
    ) {
        Ok(()) => true,
        Err(refused) => {
            assert_eq!(refused.code, DENY);
            false
        }
    }
}

#[test]
fn esc_07_every_kind_of_policy_denies_every_kind_of_principal() {
    let lab = Lab::new();
    let by = &lab.admin;
    let user = lab.user_with(by, "alice", &document(EVERYTHING));
    lab.role(by, "power", &trust(&format!("\"{}\"", lab.account)));
    lab.role_policy(by, "power", &document(EVERYTHING));
    let role = assume_role(&format!("arn:aws:iam::{}:role/power", lab.account), "work");
    let session = lab.assume(by, &role);
    let arn = policy(&lab, "Denying", &denying("iam:ListUsers"));
    for (keys, kind, name) in [(&user, "User", "alice"), (&session, "Role", "power")] {
        assert!(lists_users(&lab, keys), "{kind}: allowed to begin with");
        // Attached.
        lab.ask(&format!(
            "Action=Attach{kind}Policy&{kind}Name={name}&PolicyArn={arn}"
        ))
        .expect("attach");
        assert!(!lists_users(&lab, keys), "{kind}: attached");
        lab.ask(&format!(
            "Action=Detach{kind}Policy&{kind}Name={name}&PolicyArn={arn}"
        ))
        .expect("detach");
        assert!(lists_users(&lab, keys), "{kind}: detached");
        // AWS's own, which denies what it does not list.
        let aws = "arn:aws:iam::aws:policy/AWSDenyAll";
        lab.ask(&format!(
            "Action=Attach{kind}Policy&{kind}Name={name}&PolicyArn={aws}"
        ))
        .expect("attach");
        assert!(!lists_users(&lab, keys), "{kind}: AWSDenyAll");
        lab.ask(&format!(
            "Action=Detach{kind}Policy&{kind}Name={name}&PolicyArn={aws}"
        ))
        .expect("detach");
    }
    // Inline.
    lab.user_policy(by, "alice", &denying("iam:ListUsers"));
    lab.role_policy(by, "power", &denying("iam:ListUsers"));
    assert!(!lists_users(&lab, &user) && !lists_users(&lab, &session));
    lab.role_policy(by, "power", &document(EVERYTHING));
    // Session policies, as text and by ARN.
    let narrow = AssumeRoleRequest {
        policy: Some(denying("iam:ListUsers")),
        ..role.clone()
    };
    assert!(!lists_users(&lab, &lab.assume(by, &narrow)));
    let narrow = AssumeRoleRequest {
        policy: Some(document(EVERYTHING)),
        policy_arns: Some(vec![PolicyDescriptorType { arn: Some(arn) }]),
        ..role.clone()
    };
    assert!(!lists_users(&lab, &lab.assume(by, &narrow)));
}

#[test]
fn esc_07_a_trust_policy_denies_users_and_sessions() {
    let lab = Lab::new();
    let by = &lab.admin;
    let user = lab.user_with(by, "alice", &document(EVERYTHING));
    lab.role(by, "power", &trust(&format!("\"{}\"", lab.account)));
    lab.role_policy(by, "power", &document(EVERYTHING));
    let arn = |role: &str| format!("arn:aws:iam::{}:role/{role}", lab.account);
    let session = lab.assume(by, &assume_role(&arn("power"), "work"));
    let everybody = format!(
        r#""Principal":{{"AWS":"{}"}},"Action":"sts:AssumeRole""#,
        lab.account
    );
    let closing = format!(r#"{{"Effect":"Allow",{everybody}}},{{"Effect":"Deny",{everybody}}}"#);
    lab.role(by, "closed", &document(&closing));
    for keys in [&user, &session] {
        let result = lab.try_assume(keys, &assume_role(&arn("closed"), "work"));
        assert_eq!(result.expect_err("closed").code, DENY);
    }
}

#[test]
fn sts_05_every_way_to_a_role_asks_its_trust_policy() {
    let lab = Lab::new();
    let by = &lab.admin;
    let alice = lab.user_with(by, "alice", &document(EVERYTHING));
    lab.user(by, "bob");
    let bobs = format!("\"arn:aws:iam::{}:user/bob\"", lab.account);
    lab.role(by, "bobs", &trust(&bobs));
    lab.role(by, "mine", &trust(&format!("\"{}\"", lab.account)));
    lab.role_policy(by, "mine", &document(EVERYTHING));
    let arn = |role: &str| format!("arn:aws:iam::{}:role/{role}", lab.account);
    let mine = lab.assume(&alice, &assume_role(&arn("mine"), "work"));
    let answer = lab.form(&alice, Service::Sts, "Action=GetSessionToken");
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    let held = |name: &str| {
        let rest = body.split(&format!("<{name}>")).nth(1).unwrap_or_default();
        rest.split('<').next().unwrap_or_default().to_owned()
    };
    let temporary = Keys {
        id: held("AccessKeyId"),
        secret: held("SecretAccessKey"),
        token: Some(held("SessionToken")),
    };
    for keys in [&alice, by, &mine, &temporary] {
        let refused = lab
            .try_assume(keys, &assume_role(&arn("bobs"), "work"))
            .expect_err("not bob");
        assert_eq!(refused.code, DENY);
    }
    // The other ways to a role are not offered, so they are no way around it.
    for action in [
        "AssumeRoleWithWebIdentity",
        "AssumeRoleWithSAML",
        "AssumeRoot",
    ] {
        let form = format!(
            "Action={action}&RoleArn={}&RoleSessionName=work",
            arn("bobs")
        );
        let answer = lab.form(&alice, Service::Sts, &form);
        assert_eq!(answer.status, 400, "{action}");
        assert!(!String::from_utf8_lossy(&answer.body).contains("ASIA"));
    }
}

#[test]
fn esc_06_ids_are_made_by_the_server() {
    let lab = Lab::new();
    for form in [
        format!(
            "Action=CreateAccessKey&UserName=admin&AccessKeyId={}",
            lab.admin.id
        ),
        "Action=CreateUser&UserName=x&UserId=AIDAIOSFODNN7EXAMPLE".to_owned(),
        "Action=CreateAccessKey&UserName=admin&SecretAccessKey=chosen".to_owned(),
    ] {
        // Parameters that the operation does not have are refused, not ignored.
        assert_eq!(lab.ask(&form).expect_err(&form).status, 400);
    }
}

#[test]
fn esc_09_a_restricted_session_makes_no_long_term_key() {
    let lab = Lab::new();
    let by = &lab.admin;
    lab.role(by, "power", &trust(&format!("\"{}\"", lab.account)));
    lab.role_policy(by, "power", &document(EVERYTHING));
    let arn = format!("arn:aws:iam::{}:role/power", lab.account);
    for narrow in [
        allow("sts:*", "*"),
        denying("iam:CreateAccessKey"),
        allow(
            "iam:CreateAccessKey",
            &format!("arn:aws:iam::{}:user/nobody", lab.account),
        ),
    ] {
        let input = AssumeRoleRequest {
            policy: Some(narrow.clone()),
            ..assume_role(&arn, "work")
        };
        let session = keys_of(&lab.try_assume(by, &input).expect("AssumeRole"));
        for form in [
            "Action=CreateAccessKey&UserName=admin",
            "Action=UpdateAccessKey&UserName=admin&AccessKeyId=AKIAIOSFODNN7EXAMPLE&Status=Active",
        ] {
            let result = success(Service::Iam, &lab.form(&session, Service::Iam, form));
            if form.contains("UpdateAccessKey") && narrow.contains("Deny") {
                continue;
            }
            assert_eq!(result.expect_err(form).code, DENY, "{narrow}: {form}");
        }
    }
}

#[test]
fn esc_14_one_right_on_one_thing_is_no_right_on_another() {
    let lab = Lab::new();
    let by = &lab.admin;
    let worker = lab.user_with(by, "worker", "");
    let own = policy(&lab, "Own", &allow("s3:*", "*"));
    let power = policy(&lab, "Power", &allow("s3:*", "*"));
    lab.ask(&format!("Action=CreatePolicyVersion&PolicyArn={power}&PolicyDocument=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D")).expect("v2");
    lab.role(by, "power", &trust("\"999999999999\""));
    let account = &lab.account;
    let document = "%7B%7D";
    let administrator = "arn:aws:iam::aws:policy/AdministratorAccess";
    let trusting = format!("%7B%22AWS%22%3A%22{account}%22%7D");
    for (action, mine, form) in [
        (
            "iam:CreatePolicyVersion",
            own.clone(),
            format!(
                "Action=CreatePolicyVersion&PolicyArn={power}&PolicyDocument={document}&SetAsDefault=true"
            ),
        ),
        (
            "iam:SetDefaultPolicyVersion",
            own,
            format!("Action=SetDefaultPolicyVersion&PolicyArn={power}&VersionId=v2"),
        ),
        (
            "iam:CreateAccessKey",
            format!("arn:aws:iam::{account}:user/worker"),
            "Action=CreateAccessKey&UserName=admin".to_owned(),
        ),
        (
            "iam:AttachUserPolicy",
            format!("arn:aws:iam::{account}:user/other"),
            format!("Action=AttachUserPolicy&UserName=worker&PolicyArn={administrator}"),
        ),
        (
            "iam:AttachRolePolicy",
            format!("arn:aws:iam::{account}:role/other"),
            format!("Action=AttachRolePolicy&RoleName=power&PolicyArn={administrator}"),
        ),
        (
            "iam:PutUserPolicy",
            format!("arn:aws:iam::{account}:user/other"),
            format!("Action=PutUserPolicy&UserName=worker&PolicyName=p&PolicyDocument={document}"),
        ),
        (
            "iam:PutRolePolicy",
            format!("arn:aws:iam::{account}:role/other"),
            format!("Action=PutRolePolicy&RoleName=power&PolicyName=p&PolicyDocument={document}"),
        ),
        (
            "iam:UpdateAssumeRolePolicy",
            format!("arn:aws:iam::{account}:role/other"),
            format!("Action=UpdateAssumeRolePolicy&RoleName=power&PolicyDocument={trusting}"),
        ),
    ] {
        lab.user_policy(by, "worker", &allow(action, &mine));
        let refused =
            success(Service::Iam, &lab.form(&worker, Service::Iam, &form)).expect_err(&form);
        assert_eq!(refused.code, DENY, "{form}: {}", refused.message);
    }
}

#[test]
fn con_07_what_is_deleted_leaves_nothing_for_who_comes_after() {
    let lab = Lab::new();
    let by = &lab.admin;
    let arn = policy(&lab, "Notes", &allow("s3:*", "*"));
    for round in 0..2 {
        let alice = lab.user_with(by, "alice", &allow("iam:ListUsers", "*"));
        assert!(lists_users(&lab, &alice));
        lab.ask("Action=TagUser&UserName=alice&Tags.member.1.Key=team&Tags.member.1.Value=blue")
            .expect("tag");
        lab.ask(&format!(
            "Action=AttachUserPolicy&UserName=alice&PolicyArn={arn}"
        ))
        .expect("attach");
        for form in [
            format!(
                "Action=DeleteAccessKey&UserName=alice&AccessKeyId={}",
                alice.id
            ),
            "Action=DeleteUserPolicy&UserName=alice&PolicyName=inline".to_owned(),
            format!("Action=DetachUserPolicy&UserName=alice&PolicyArn={arn}"),
            "Action=DeleteUser&UserName=alice".to_owned(),
        ] {
            lab.ask(&form)
                .unwrap_or_else(|refused| panic!("{round} {form}: {refused:?}"));
        }
        lab.user(by, "alice");
        for (form, absent) in [
            ("Action=ListAccessKeys&UserName=alice".to_owned(), "AKIA"),
            ("Action=ListUserTags&UserName=alice".to_owned(), "team"),
            (
                "Action=ListUserPolicies&UserName=alice".to_owned(),
                "inline",
            ),
            (
                "Action=ListAttachedUserPolicies&UserName=alice".to_owned(),
                "Notes",
            ),
            (
                format!("Action=ListEntitiesForPolicy&PolicyArn={arn}"),
                "alice",
            ),
        ] {
            let answer = lab.form(by, Service::Iam, &form);
            assert_eq!(answer.status, 200, "{form}");
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(!body.contains(absent), "{form}: {body}");
        }
        lab.ask("Action=DeleteUser&UserName=alice").expect("clean");
    }
    lab.ask(&format!("Action=DeletePolicy&PolicyArn={arn}"))
        .expect("nothing hangs on it");
}

#[test]
fn pol_20_names_that_hold_separators_are_told_apart() {
    let lab = Lab::new();
    let by = &lab.admin;
    // A decision depends on the whole name and the whole path, wherever their parts meet.
    let allowed = lab.user_with(by, "a.b", &allow("iam:ListUsers", "*"));
    let others: Vec<Keys> = ["a", "b", "a.b.c", "a,b", "a=b", "a@b", "a+b"]
        .iter()
        .map(|name| lab.user_with(by, name, ""))
        .collect();
    for _ in 0..2 {
        assert!(lists_users(&lab, &allowed));
        assert!(others.iter().all(|keys| !lists_users(&lab, keys)));
    }
    lab.user_policy(by, "a.b", &allow("s3:*", "*"));
    assert!(
        !lists_users(&lab, &allowed),
        "no decision outlives its policy"
    );
    let everybody = trust_if(&format!("\"{}\"", lab.account), r#""sts:AssumeRole""#, "");
    lab.role(by, "a.b", &everybody);
    lab.role_policy(by, "a.b", &allow("iam:ListUsers", "*"));
    lab.role(by, "a", &everybody);
    let session = |role: &str, name: &str| {
        lab.assume(
            by,
            &assume_role(&format!("arn:aws:iam::{}:role/{role}", lab.account), name),
        )
    };
    assert!(lists_users(&lab, &session("a.b", "cc")));
    assert!(!lists_users(&lab, &session("a", "b.cc")));
}
