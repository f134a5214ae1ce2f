//! What a session may be asked to be: how long, how narrow, by which names.

use locum_wire::Service;
use locum_wire::iam::{
    CreatePolicyRequest, CreatePolicyResponse, ListUsersRequest, ListUsersResponse,
    UpdateRoleRequest, UpdateRoleResponse,
};
use locum_wire::sts::{AssumeRoleRequest, PolicyDescriptorType, Tag};

use crate::common::{
    Keys, Lab, Refused, START_S, allow, assume_role, check, check_denied, document, keys_of,
    no_identity_policy, statement, success, trust_if,
};

pub(crate) const ALL: &str = r#"["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]"#;

/// Two roles of one account, `first` and `second`, that everybody in it may assume with everything.
pub(crate) struct Chain {
    pub(crate) lab: Lab,
    pub(crate) user: Keys,
}

impl Chain {
    pub(crate) fn new() -> Chain {
        let lab = Lab::new();
        let by = &lab.admin;
        let everybody = trust_if(&format!("\"{}\"", lab.account), ALL, "");
        for role in ["first", "second", "third"] {
            lab.role(by, role, &everybody);
            lab.role_policy(by, role, &allow("*", "*"));
        }
        let user = lab.user_with(by, "alice", &allow("sts:*", "*"));
        Chain { lab, user }
    }

    pub(crate) fn arn(&self, role: &str) -> String {
        format!("arn:aws:iam::{}:role/{role}", self.lab.account)
    }

    pub(crate) fn asked(&self, role: &str) -> AssumeRoleRequest {
        assume_role(&self.arn(role), "work")
    }

    pub(crate) fn session_arn(&self, role: &str) -> String {
        format!("arn:aws:sts::{}:assumed-role/{role}/work", self.lab.account)
    }

    pub(crate) fn list_users(&self, keys: &Keys) -> Result<ListUsersResponse, Refused> {
        self.lab
            .iam(keys, "ListUsers", &ListUsersRequest::default())
    }

    pub(crate) fn longest(&self, role: &str, seconds: i32) {
        let input = UpdateRoleRequest {
            role_name: role.to_owned(),
            max_session_duration: Some(seconds),
            ..UpdateRoleRequest::default()
        };
        let _: UpdateRoleResponse = self
            .lab
            .iam(&self.lab.admin, "UpdateRole", &input)
            .expect("UpdateRole");
    }
}

pub(crate) fn tag(key: &str, value: &str) -> Tag {
    Tag {
        key: key.to_owned(),
        value: value.to_owned(),
    }
}

#[test]
fn sts_10_durations_stay_within_the_roles_maximum() {
    let at = Chain::new();
    let too_long =
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    let asked = |seconds: i32| AssumeRoleRequest {
        duration_seconds: Some(seconds),
        ..at.asked("first")
    };
    for (most, seconds, granted) in [
        (3_600, 900, true),
        (3_600, 3_600, true),
        (3_600, 3_601, false),
        (7_200, 7_200, true),
        (7_200, 7_201, false),
        (43_200, 43_200, true),
    ] {
        at.longest("first", most);
        let result = at.lab.try_assume(&at.user, &asked(seconds));
        if granted {
            let expires_s = result
                .expect("AssumeRole")
                .credentials
                .expect("credentials")
                .expiration
                .0;
            assert_eq!(expires_s, START_S + i64::from(seconds));
        } else {
            check(result, 400, "ValidationError", too_long);
        }
    }
}

#[test]
fn sts_10_durations_outside_the_models_bounds() {
    let at = Chain::new();
    for (seconds, bound) in [
        ("899", "greater than or equal to 900"),
        ("0", "greater than or equal to 900"),
        ("-1", "greater than or equal to 900"),
        ("43201", "less than or equal to 43200"),
    ] {
        let form = format!(
            "Action=AssumeRole&RoleArn={}&RoleSessionName=work&DurationSeconds={seconds}",
            at.arn("first")
        );
        let message = format!(
            "1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value {bound}"
        );
        check(
            success(Service::Sts, &at.lab.form(&at.user, Service::Sts, &form)),
            400,
            "ValidationError",
            &message,
        );
    }
    for seconds in [
        "4294968196",
        "9999999999999999999999",
        "1e3",
        "3600.0",
        "",
        "x",
    ] {
        let form = format!(
            "Action=AssumeRole&RoleArn={}&RoleSessionName=work&DurationSeconds={seconds}",
            at.arn("first")
        );
        let answer = at.lab.form(&at.user, Service::Sts, &form);
        assert_eq!(
            answer.status,
            400,
            "{seconds}: {}",
            String::from_utf8_lossy(&answer.body)
        );
    }
}

#[test]
fn sts_09_a_chained_session_lasts_an_hour_at_most_however_long_the_chain() {
    let at = Chain::new();
    at.longest("first", 43_200);
    at.longest("second", 43_200);
    let first = at.lab.assume(&at.user, &at.asked("first"));
    let asked = |seconds: Option<i32>| AssumeRoleRequest {
        duration_seconds: seconds,
        ..at.asked("second")
    };
    let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    for seconds in [3_601, 43_200] {
        check(
            at.lab.try_assume(&first, &asked(Some(seconds))),
            400,
            "ValidationError",
            message,
        );
    }
    let mut keys = first;
    for round in 0..100 {
        let output = at
            .lab
            .try_assume(&keys, &at.asked(["second", "first"][round % 2]))
            .expect("chained");
        let expires_s = output
            .credentials
            .as_ref()
            .expect("credentials")
            .expiration
            .0;
        assert_eq!(expires_s, at.lab.now_s() + 3_600);
        keys = keys_of(&output);
        at.lab.pass(60);
    }
}

#[test]
fn a_lower_maximum_leaves_living_sessions_alone() {
    let at = Chain::new();
    at.longest("first", 7_200);
    let asked = AssumeRoleRequest {
        duration_seconds: Some(7_200),
        ..at.asked("first")
    };
    let session = at.lab.assume(&at.user, &asked);
    at.longest("first", 3_600);
    at.lab.pass(7_199);
    at.list_users(&session).expect("still alive");
    at.lab.pass(1);
    let message = "The security token included in the request is expired";
    check(at.list_users(&session), 403, "ExpiredToken", message);
}

#[test]
fn session_policies_narrow_and_never_widen() {
    let at = Chain::new();
    let asked = |policy: &str| AssumeRoleRequest {
        policy: Some(policy.to_owned()),
        ..at.asked("first")
    };
    let narrow = at
        .lab
        .assume(&at.user, &asked(&allow("iam:ListRoles", "*")));
    let because = " because no session policy allows the iam:ListUsers action";
    check_denied(
        at.list_users(&narrow),
        &at.session_arn("first"),
        "iam:ListUsers",
        "*",
        because,
    );
    let same = at
        .lab
        .assume(&at.user, &asked(&allow("iam:ListUsers", "*")));
    at.list_users(&same).expect("allowed by both");
    let both = [
        statement("Allow", "*", "*", ""),
        statement("Deny", "iam:ListUsers", "*", ""),
    ];
    let denying = at.lab.assume(&at.user, &asked(&document(&both.join(","))));
    let because = " with an explicit deny in a session policy";
    check_denied(
        at.list_users(&denying),
        &at.session_arn("first"),
        "iam:ListUsers",
        "*",
        because,
    );
    // The role itself may nothing: the session policy gives it nothing.
    at.lab
        .role_policy(&at.lab.admin, "first", &allow("s3:GetObject", "*"));
    let wide = at.lab.assume(&at.user, &asked(&allow("*", "*")));
    let because = no_identity_policy("iam:ListUsers");
    check_denied(
        at.list_users(&wide),
        &at.session_arn("first"),
        "iam:ListUsers",
        "*",
        &because,
    );
}

#[test]
fn session_policies_by_arn_narrow_together() {
    let at = Chain::new();
    let made = |name: &str, text: &str| -> String {
        let input = CreatePolicyRequest {
            policy_name: name.to_owned(),
            policy_document: text.to_owned(),
            ..CreatePolicyRequest::default()
        };
        let output: CreatePolicyResponse = at
            .lab
            .iam(&at.lab.admin, "CreatePolicy", &input)
            .expect("CreatePolicy");
        output.policy.and_then(|policy| policy.arn).expect("an ARN")
    };
    let roles = made("Roles", &allow("iam:ListRoles", "*"));
    let users = made("Users", &allow("iam:ListUsers", "*"));
    let with = |arns: &[&str]| AssumeRoleRequest {
        policy_arns: Some(
            arns.iter()
                .map(|arn| PolicyDescriptorType {
                    arn: Some((*arn).to_owned()),
                })
                .collect(),
        ),
        ..at.asked("first")
    };
    let because = " because no session policy allows the iam:ListUsers action";
    let narrow = at.lab.assume(&at.user, &with(&[&roles]));
    check_denied(
        at.list_users(&narrow),
        &at.session_arn("first"),
        "iam:ListUsers",
        "*",
        because,
    );
    for arns in [
        &[roles.as_str(), &users][..],
        &["arn:aws:iam::aws:policy/IAMReadOnlyAccess"],
    ] {
        at.list_users(&at.lab.assume(&at.user, &with(arns)))
            .expect("allowed by one of them");
    }
    // A policy that is gone denies; it is not left out.
    let session = at.lab.assume(&at.user, &with(&[&users]));
    let answer = at.lab.form(
        &at.lab.admin,
        Service::Iam,
        &format!("Action=DeletePolicy&PolicyArn={users}"),
    );
    success(Service::Iam, &answer).expect("DeletePolicy");
    assert_eq!(
        at.list_users(&session)
            .expect_err("a policy that is gone")
            .code,
        "AccessDenied"
    );
    for arn in [
        users.as_str(),
        "arn:aws:iam::aws:policy/NoSuchPolicy",
        "arn:aws:iam::999999999999:policy/Users",
        "arn:aws-cn:iam::aws:policy/IAMReadOnlyAccess",
    ] {
        let refused = at.lab.try_assume(&at.user, &with(&[arn])).expect_err(arn);
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (400, "ValidationError"),
            "{arn}"
        );
    }
}

#[test]
fn sts_11_a_session_policy_that_says_nothing_is_an_error() {
    let at = Chain::new();
    for policy in [
        "{}",
        "",
        " ",
        "null",
        "[]",
        r#"{"Version":"2012-10-17"}"#,
        r#"{"Version":"2012-10-17","Statement":[]}"#,
        r#"{"Version":"2012-10-17","Statement":[{}]}"#,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*"}]}"#,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]"#,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Conditions":{}}]}"#,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]}"#,
    ] {
        let input = AssumeRoleRequest {
            policy: Some(policy.to_owned()),
            ..at.asked("first")
        };
        let refused = at.lab.try_assume(&at.user, &input).expect_err(policy);
        let code = if policy.is_empty() {
            "ValidationError"
        } else {
            "MalformedPolicyDocument"
        };
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (400, code),
            "{policy}: {}",
            refused.message
        );
    }
    let long = allow(
        "s3:GetObject",
        &format!("arn:aws:s3:::{}", "a".repeat(2_048)),
    );
    let input = AssumeRoleRequest {
        policy: Some(long),
        ..at.asked("first")
    };
    let refused = at.lab.try_assume(&at.user, &input).expect_err("too long");
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (400, "PackedPolicyTooLarge")
    );
    let eleven = vec![
        PolicyDescriptorType {
            arn: Some("arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned())
        };
        11
    ];
    let input = AssumeRoleRequest {
        policy_arns: Some(eleven),
        ..at.asked("first")
    };
    let message = "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10";
    check(
        at.lab.try_assume(&at.user, &input),
        400,
        "ValidationError",
        message,
    );
}

#[test]
fn sts_12_wildcards_and_variables_in_names_are_inert() {
    let at = Chain::new();
    let input = AssumeRoleRequest {
        tags: Some(vec![tag("team", "*")]),
        ..at.asked("first")
    };
    for value in ["*", "?", "${aws:username}", "${*}", "a,b"] {
        let bad = AssumeRoleRequest {
            role_session_name: value.to_owned() + "ab",
            ..at.asked("first")
        };
        if value == "a,b" {
            at.lab.assume(&at.user, &bad);
        } else {
            assert_eq!(
                at.lab.try_assume(&at.user, &bad).expect_err(value).code,
                "ValidationError"
            );
        }
        let tagged = AssumeRoleRequest {
            tags: Some(vec![tag("team", value)]),
            ..at.asked("first")
        };
        // None of these is a character of tag values, save the comma, which is none either.
        assert_eq!(
            at.lab.try_assume(&at.user, &tagged).expect_err(value).code,
            "ValidationError"
        );
    }
    assert_eq!(
        at.lab
            .try_assume(&at.user, &input)
            .expect_err("a star")
            .code,
        "ValidationError"
    );
}

#[test]
fn several_faults_of_one_request_are_told_together() {
    let at = Chain::new();
    let form = "Action=AssumeRole&RoleArn=short&RoleSessionName=a&DurationSeconds=1";
    let message = "3 validation errors detected: Value '1' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900; Value 'short' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20; Value 'a' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2";
    check(
        success(Service::Sts, &at.lab.form(&at.user, Service::Sts, form)),
        400,
        "ValidationError",
        message,
    );
    let message = "2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null; Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null";
    check(
        success(
            Service::Sts,
            &at.lab.form(&at.user, Service::Sts, "Action=AssumeRole"),
        ),
        400,
        "ValidationError",
        message,
    );
}

#[test]
fn what_is_not_enforced_is_refused() {
    let at = Chain::new();
    for (parameters, code) in [
        (
            "ProvidedContexts.member.1.ProviderArn=arn:aws:iam::aws:contextProvider/IdentityCenter&ProvidedContexts.member.1.ContextAssertion=abcd",
            "ValidationError",
        ),
        (
            "SerialNumber=arn:aws:iam::123456789012:mfa/x&TokenCode=123456",
            "AccessDenied",
        ),
        ("TokenCode=123456", "AccessDenied"),
    ] {
        let form = format!(
            "Action=AssumeRole&RoleArn={}&RoleSessionName=work&{parameters}",
            at.arn("first")
        );
        let refused = success(Service::Sts, &at.lab.form(&at.user, Service::Sts, &form))
            .expect_err(parameters);
        assert_eq!(refused.code, code, "{parameters}");
    }
}

#[test]
fn a_token_is_padded_when_asked() {
    let at = Chain::new();
    for size in [1_000, 4_096] {
        let input = AssumeRoleRequest {
            minimum_session_token_size: Some(size),
            ..at.asked("first")
        };
        let output = at.lab.try_assume(&at.user, &input).expect("AssumeRole");
        let token = output
            .credentials
            .as_ref()
            .expect("credentials")
            .session_token
            .len();
        assert!(token >= size as usize && token <= 4_096, "{token}");
        at.list_users(&keys_of(&output))
            .expect("a padded token works");
    }
}
