//! Trust policies in their finer points: sessions as principals, recreated roles, conditions, org ids.

use locum_wire::Service;
use locum_wire::iam::{DeleteRolePolicyRequest, DeleteRoleRequest, UpdateAssumeRolePolicyRequest};
use locum_wire::sts::{AssumeRoleRequest, GetSessionTokenRequest, GetSessionTokenResponse, Tag};

use crate::common::{
    Keys, Lab, Other, allow, assume_role, check, document, keys_of, trust, trust_if,
};

const ALL: &str = r#"["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]"#;

/// A user and a role `stage` of the management account, and a role `target` of another account.
struct Theatre {
    lab: Lab,
    other: Other,
    alice: Keys,
}

impl Theatre {
    fn new() -> Theatre {
        let lab = Lab::new();
        let other = lab.other("other");
        let alice = lab.user_with(&lab.admin, "alice", &allow("sts:*", "*"));
        lab.role(
            &lab.admin,
            "stage",
            &trust_if(&format!("\"{}\"", lab.account), ALL, ""),
        );
        lab.role_policy(&lab.admin, "stage", &allow("sts:*", "*"));
        lab.role(&other.root, "target", &trust("\"999999999999\""));
        Theatre { lab, other, alice }
    }

    /// A session of `stage`.
    fn session(&self, name: &str) -> Keys {
        let arn = format!("arn:aws:iam::{}:role/stage", self.lab.account);
        self.lab.assume(&self.alice, &assume_role(&arn, name))
    }

    fn set_trust(&self, text: &str) {
        let input = UpdateAssumeRolePolicyRequest {
            role_name: "target".to_owned(),
            policy_document: text.to_owned(),
        };
        let told = self
            .lab
            .tell(&self.other.root, "UpdateAssumeRolePolicy", &input);
        told.unwrap_or_else(|refused| panic!("{text}: {refused:?}"));
    }

    fn asked(&self) -> AssumeRoleRequest {
        assume_role(
            &format!("arn:aws:iam::{}:role/target", self.other.account),
            "work",
        )
    }

    fn may(&self, keys: &Keys) -> bool {
        match self.lab.try_assume(keys, &self.asked()) {
            Ok(_) => true,
            Err(refused) => {
                assert_eq!(refused.code, "AccessDenied", "{}", refused.message);
                false
            }
        }
    }
}

#[test]
fn a_role_as_principal_means_its_sessions_and_a_session_means_itself() {
    let at = Theatre::new();
    let (one, two) = (at.session("one"), at.session("two"));
    let account = &at.lab.account;
    for (principal, expected) in [
        (
            format!("arn:aws:iam::{account}:role/stage"),
            (true, true, false),
        ),
        (
            format!("arn:aws:sts::{account}:assumed-role/stage/one"),
            (true, false, false),
        ),
        (
            format!("arn:aws:iam::{account}:user/alice"),
            (false, false, true),
        ),
        (format!("arn:aws:iam::{account}:root"), (true, true, true)),
    ] {
        at.set_trust(&trust(&format!("\"{principal}\"")));
        let found = (at.may(&one), at.may(&two), at.may(&at.alice));
        assert_eq!(found, expected, "{principal}");
    }
}

#[test]
fn dos_07_a_trust_policy_of_hundreds_of_accounts_is_refused() {
    let at = Theatre::new();
    let message = "Cannot exceed quota for ACLSizePerRole: 4096";
    for count in [150, 1_000] {
        let principals: Vec<String> = (0..count)
            .map(|number| {
                format!(
                    "\"arn:aws:iam::{:012}:user/x\"",
                    500_000_000_000u64 + number
                )
            })
            .collect();
        let text = trust(&format!("[{}]", principals.join(",")));
        let result = at.lab.try_role(&at.other.root, "new", &text);
        check(result, 409, "LimitExceeded", message);
    }
}

#[test]
fn a_session_of_a_role_is_named_exactly() {
    let at = Theatre::new();
    let account = &at.lab.account;
    for session in [
        "STAGE/one",
        "stage2/one",
        "nobody/one",
        "stage/",
        "stage",
        "/one",
        "stage/*",
    ] {
        let principal = format!("arn:aws:sts::{account}:assumed-role/{session}");
        let result = at
            .lab
            .try_role(&at.other.root, "new", &trust(&format!("\"{principal}\"")));
        let message = format!(r#"Invalid principal in policy: "AWS":"{principal}""#);
        check(result, 400, "MalformedPolicyDocument", &message);
    }
}

#[test]
fn services_and_partitions_that_there_are_not_are_refused() {
    let at = Theatre::new();
    let by = |kind: &str, name: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"{kind}":"{name}"}},"Action":"sts:AssumeRole"}}}}"#
        );
        let update = UpdateAssumeRolePolicyRequest {
            role_name: "target".to_owned(),
            policy_document: text.clone(),
        };
        let lab = &at.lab;
        [
            lab.try_role(&at.other.root, &format!("new-{}", name.len()), &text)
                .map(drop),
            lab.tell(&at.other.root, "UpdateAssumeRolePolicy", &update)
                .map(drop),
        ]
    };
    for (kind, label, name) in [
        ("Service", "SERVICE", "bogus.amazonaws.com"),
        ("Service", "SERVICE", "ec3.amazonaws.com"),
        ("AWS", "AWS", "arn:foo:iam::123456789012:root"),
    ] {
        let message = format!(r#"Invalid principal in policy: "{label}":"{name}""#);
        for result in by(kind, name) {
            check(result, 400, "MalformedPolicyDocument", &message);
        }
    }
    for name in ["ec2.amazonaws.com", "delivery.logs.amazonaws.com"] {
        for result in by("Service", name) {
            result.unwrap_or_else(|refused| panic!("{name}: {refused:?}"));
        }
    }
}

#[test]
fn sts_16_a_recreated_role_is_not_the_one_that_was_trusted() {
    let at = Theatre::new();
    let account = &at.lab.account;
    let by = &at.lab.admin;
    for principal in [
        format!("arn:aws:iam::{account}:role/stage"),
        format!("arn:aws:sts::{account}:assumed-role/stage/one"),
    ] {
        at.set_trust(&trust(&format!("\"{principal}\"")));
        assert!(at.may(&at.session("one")), "{principal}");
        let inline = DeleteRolePolicyRequest {
            role_name: "stage".to_owned(),
            policy_name: "inline".to_owned(),
        };
        at.lab
            .tell(by, "DeleteRolePolicy", &inline)
            .expect("DeleteRolePolicy");
        let delete = DeleteRoleRequest {
            role_name: "stage".to_owned(),
        };
        at.lab.tell(by, "DeleteRole", &delete).expect("DeleteRole");
        at.lab
            .role(by, "stage", &trust_if(&format!("\"{account}\""), ALL, ""));
        at.lab.role_policy(by, "stage", &allow("sts:*", "*"));
        assert!(!at.may(&at.session("one")), "{principal}");
        let body = at
            .lab
            .form(
                &at.other.root,
                Service::Iam,
                "Action=GetRole&RoleName=target",
            )
            .body;
        let shown = String::from_utf8_lossy(&body).into_owned();
        assert!(
            shown.contains("AROA") && !shown.contains("stage"),
            "{shown}"
        );
    }
}

#[test]
fn sts_16_unique_ids_are_no_principals_that_one_can_write() {
    let at = Theatre::new();
    let alice = at
        .lab
        .form(&at.lab.admin, Service::Iam, "Action=GetUser&UserName=alice")
        .body;
    let alice = String::from_utf8_lossy(&alice).into_owned();
    let id = alice
        .split("<UserId>")
        .nth(1)
        .and_then(|rest| rest.split('<').next())
        .expect("an id");
    for principal in [
        id,
        "AIDAIOSFODNN7EXAMPLE12",
        "AROAIOSFODNN7EXAMPLE12:one",
        "alice",
        "",
        " ",
    ] {
        let result = at
            .lab
            .try_role(&at.other.root, "new", &trust(&format!("\"{principal}\"")));
        let refused = result.expect_err(principal);
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (400, "MalformedPolicyDocument"),
            "{principal}"
        );
    }
}

#[test]
fn a_role_with_a_path_is_named_with_its_path() {
    let at = Theatre::new();
    let account = &at.lab.account;
    let body = "Action=CreateRole&RoleName=deep&Path=/a/b/&AssumeRolePolicyDocument=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22AWS%22%3A%22*%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";
    at.lab.ask(body).expect("CreateRole");
    at.lab
        .role_policy(&at.lab.admin, "deep", &allow("sts:*", "*"));
    at.set_trust(&trust(&format!("\"arn:aws:iam::{account}:role/a/b/deep\"")));
    let deep = at.lab.assume(
        &at.alice,
        &assume_role(&format!("arn:aws:iam::{account}:role/a/b/deep"), "one"),
    );
    assert!(at.may(&deep));
    for path in ["deep", "a/deep", "b/a/deep", "a/b/DEEP"] {
        let principal = format!("arn:aws:iam::{account}:role/{path}");
        let message = format!(r#"Invalid principal in policy: "AWS":"{principal}""#);
        let result = at
            .lab
            .try_role(&at.other.root, "new", &trust(&format!("\"{principal}\"")));
        check(result, 400, "MalformedPolicyDocument", &message);
    }
}

/// A condition, and whether it holds for alice, for her session of GetSessionToken, and for a session
/// of `stage` called `one`; `ACCOUNT` stands for theirs.
const CONDITIONS: &[(&str, (bool, bool, bool))] = &[
    (
        r#"{"StringEquals":{"sts:RoleSessionName":"work"}}"#,
        (true, true, true),
    ),
    (
        r#"{"StringEquals":{"sts:RoleSessionName":"play"}}"#,
        (false, false, false),
    ),
    (
        r#"{"StringEquals":{"sts:RoleSessionName":"${aws:username}"}}"#,
        (false, false, false),
    ),
    (
        r#"{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::ACCOUNT:user/alice"}}"#,
        (true, true, false),
    ),
    (
        r#"{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::ACCOUNT:role/stage"}}"#,
        (false, false, true),
    ),
    (
        r#"{"Null":{"aws:TokenIssueTime":"true"}}"#,
        (true, false, false),
    ),
    (
        r#"{"Bool":{"aws:MultiFactorAuthPresent":"false"}}"#,
        (false, true, true),
    ),
    (
        r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#,
        (false, false, false),
    ),
    (
        r#"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}}"#,
        (true, false, false),
    ),
    (
        r#"{"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}"#,
        (false, false, false),
    ),
    (
        r#"{"StringLike":{"aws:userid":"AROA*:one"}}"#,
        (false, false, true),
    ),
    (
        r#"{"StringLike":{"aws:PrincipalOrgID":"o-*"}}"#,
        (true, true, true),
    ),
    (
        r#"{"StringEquals":{"aws:PrincipalOrgID":"o-other"}}"#,
        (false, false, false),
    ),
    (
        r#"{"StringEquals":{"aws:RequestedRegion":"eu-central-1"}}"#,
        (true, true, true),
    ),
    (
        r#"{"StringEquals":{"sts:DurationSeconds":"3600"}}"#,
        (false, false, false),
    ),
];

#[test]
fn conditions_of_a_trust_policy_are_asked_about_the_caller() {
    let at = Theatre::new();
    let (alice, session) = (&at.alice, at.session("one"));
    let account = &at.lab.account;
    let output: GetSessionTokenResponse = at
        .lab
        .sts(alice, "GetSessionToken", &GetSessionTokenRequest::default())
        .expect("GetSessionToken");
    let held = output.credentials.expect("credentials");
    let temporary = Keys {
        id: held.access_key_id,
        secret: held.secret_access_key,
        token: Some(held.session_token),
    };
    for (condition, expected) in CONDITIONS {
        let condition = condition.replace("ACCOUNT", account);
        at.set_trust(&trust_if("\"*\"", ALL, &condition));
        let found = (at.may(alice), at.may(&temporary), at.may(&session));
        assert_eq!(found, *expected, "{condition}");
    }
}

#[test]
fn a_wildcard_principal_with_a_condition_needs_the_callers_own_right_across_accounts() {
    let at = Theatre::new();
    at.set_trust(&trust("\"*\""));
    assert!(at.may(&at.alice));
    at.lab
        .user_policy(&at.lab.admin, "alice", &allow("s3:*", "*"));
    assert!(!at.may(&at.alice));
}

#[test]
fn an_inherited_tag_does_not_stand_for_the_roles_own_in_the_trust_policy() {
    let at = Theatre::new();
    let by = &at.other.root;
    let answer = at.lab.form(
        by,
        Service::Iam,
        "Action=TagRole&RoleName=target&Tags.member.1.Key=team&Tags.member.1.Value=red",
    );
    assert_eq!(answer.status, 200);
    let arn = format!("arn:aws:iam::{}:role/stage", at.lab.account);
    let tagged = AssumeRoleRequest {
        tags: Some(vec![Tag {
            key: "Team".to_owned(),
            value: "blue".to_owned(),
        }]),
        transitive_tag_keys: Some(vec!["Team".to_owned()]),
        ..assume_role(&arn, "one")
    };
    let blue = keys_of(&at.lab.try_assume(&at.alice, &tagged).expect("AssumeRole"));
    let plain = at.session("one");
    for (value, expected) in [("blue", (false, false)), ("red", (true, true))] {
        for key in ["aws:ResourceTag/team", "iam:ResourceTag/team"] {
            let condition = format!(r#"{{"StringEquals":{{"{key}":"{value}"}}}}"#);
            at.set_trust(&trust_if("\"*\"", ALL, &condition));
            assert_eq!((at.may(&blue), at.may(&plain)), expected, "{key} {value}");
        }
    }
}

#[test]
fn esc_20_a_role_does_not_assume_itself_unless_it_is_trusted() {
    let at = Theatre::new();
    let account = &at.lab.account;
    let arn = format!("arn:aws:iam::{account}:role/stage");
    let session = at.session("one");
    let input = UpdateAssumeRolePolicyRequest {
        role_name: "stage".to_owned(),
        policy_document: trust(&format!("\"arn:aws:iam::{account}:user/alice\"")),
    };
    at.lab
        .tell(&at.lab.admin, "UpdateAssumeRolePolicy", &input)
        .expect("UpdateAssumeRolePolicy");
    let refused = at
        .lab
        .try_assume(&session, &assume_role(&arn, "two"))
        .expect_err("itself");
    assert_eq!(refused.code, "AccessDenied");
    let input = UpdateAssumeRolePolicyRequest {
        policy_document: trust(&format!("\"{arn}\"")),
        ..input
    };
    at.lab
        .tell(&at.lab.admin, "UpdateAssumeRolePolicy", &input)
        .expect("UpdateAssumeRolePolicy");
    at.lab.assume(&session, &assume_role(&arn, "two"));
}

#[test]
fn pol_04_a_trust_policy_with_not_principal_is_refused() {
    let at = Theatre::new();
    let account = &at.lab.account;
    for effect in ["Allow", "Deny"] {
        let text = document(&format!(
            r#"{{"Effect":"{effect}","NotPrincipal":{{"AWS":"arn:aws:iam::{account}:user/alice"}},"Action":"sts:AssumeRole"}}"#
        ));
        let refused = at
            .lab
            .try_role(&at.other.root, "new", &text)
            .expect_err(effect);
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (400, "MalformedPolicyDocument")
        );
    }
}

#[test]
fn pol_04_a_deny_of_an_account_reaches_all_of_it() {
    let at = Theatre::new();
    let account = &at.lab.account;
    let everybody = r#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}"#;
    for principal in [
        account.clone(),
        format!("arn:aws:iam::{account}:root"),
        "*".to_owned(),
    ] {
        let deny = format!(
            r#"{{"Effect":"Deny","Principal":{{"AWS":"{principal}"}},"Action":"sts:AssumeRole"}}"#
        );
        at.set_trust(&document(&[everybody, &deny].join(",")));
        assert!(!at.may(&at.alice), "{principal}");
        assert!(!at.may(&at.session("one")), "{principal}");
    }
    at.set_trust(&document(everybody));
    assert!(at.may(&at.alice));
}
