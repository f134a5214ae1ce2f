//! Session tags and source identity: passed, inherited, enforced (STS reference §6).

use locum_wire::Service;
use locum_wire::sts::{AssumeRoleRequest, Tag};

use crate::common::{
    allow, check, check_denied, document, keys_of, no_identity_policy, success, trust, trust_if,
};

use crate::session_rules::{ALL, Chain, tag};

#[test]
fn session_tags_are_principal_tags_and_stand_before_the_roles_own() {
    let at = Chain::new();
    let answer = at.lab.form(
        &at.lab.admin,
        Service::Iam,
        "Action=TagRole&RoleName=first&Tags.member.1.Key=Team&Tags.member.1.Value=red",
    );
    success(Service::Iam, &answer).expect("TagRole");
    let blue_only = r#"{"StringEquals":{"aws:PrincipalTag/team":"blue"}}"#;
    at.lab.role_policy(
        &at.lab.admin,
        "first",
        &crate::common::allow_if("iam:ListUsers", "*", blue_only),
    );
    for (tags, allowed) in [
        (None, false),
        (Some(vec![tag("team", "blue")]), true),
        (Some(vec![tag("TEAM", "blue")]), true),
        (Some(vec![tag("team", "Blue")]), false),
        (Some(vec![tag("crew", "blue")]), false),
    ] {
        let input = AssumeRoleRequest {
            tags: tags.clone(),
            ..at.asked("first")
        };
        let session = at.lab.assume(&at.user, &input);
        assert_eq!(at.list_users(&session).is_ok(), allowed, "{tags:?}");
    }
}

#[test]
fn pol_19_tags_need_the_right_to_tag_on_both_sides() {
    let at = Chain::new();
    let by = &at.lab.admin;
    let alice = format!("arn:aws:iam::{}:user/alice", at.lab.account);
    let input = AssumeRoleRequest {
        tags: Some(vec![tag("team", "blue")]),
        ..at.asked("first")
    };
    at.lab
        .user_policy(by, "alice", &allow("sts:AssumeRole", "*"));
    let because = no_identity_policy("sts:TagSession");
    check_denied(
        at.lab.try_assume(&at.user, &input),
        &alice,
        "sts:TagSession",
        &at.arn("first"),
        &because,
    );
    at.lab.user_policy(by, "alice", &allow("sts:*", "*"));
    at.lab
        .role(by, "plain", &trust(&format!("\"{}\"", at.lab.account)));
    let plain = AssumeRoleRequest {
        tags: input.tags.clone(),
        ..at.asked("plain")
    };
    let because = " because no role trust policy allows the sts:TagSession action";
    check_denied(
        at.lab.try_assume(&at.user, &plain),
        &alice,
        "sts:TagSession",
        &at.arn("plain"),
        because,
    );
    // aws:RequestTag and aws:TagKeys in the trust policy.
    let only_blue = r#"{"StringEquals":{"aws:RequestTag/team":"blue"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}"#;
    at.lab.role(
        by,
        "blue",
        &trust_if(&format!("\"{}\"", at.lab.account), ALL, only_blue),
    );
    for (tags, allowed) in [
        (vec![tag("team", "blue")], true),
        (vec![tag("team", "red")], false),
        (vec![tag("team", "blue"), tag("more", "x")], false),
        (vec![], false),
    ] {
        let input = AssumeRoleRequest {
            tags: Some(tags.clone()),
            ..at.asked("blue")
        };
        assert_eq!(
            at.lab.try_assume(&at.user, &input).is_ok(),
            allowed,
            "{tags:?}"
        );
    }
}

#[test]
fn sts_14_transitive_tags_go_on_and_cannot_be_changed() {
    let at = Chain::new();
    let input = AssumeRoleRequest {
        tags: Some(vec![tag("Team", "blue"), tag("desk", "7")]),
        transitive_tag_keys: Some(vec!["team".to_owned()]),
        ..at.asked("first")
    };
    let first = at.lab.assume(&at.user, &input);
    let second = at.lab.assume(&first, &at.asked("second"));
    let third = at.lab.assume(&second, &at.asked("third"));
    let by = &at.lab.admin;
    for (key, value, held) in [("team", "blue", true), ("desk", "7", false)] {
        let condition = format!(r#"{{"StringEquals":{{"aws:PrincipalTag/{key}":"{value}"}}}}"#);
        for (role, keys) in [("second", &second), ("third", &third)] {
            at.lab
                .role_policy(by, role, &crate::common::allow_if("*", "*", &condition));
            assert_eq!(at.list_users(keys).is_ok(), held, "{key} in {role}");
            at.lab.role_policy(by, role, &allow("*", "*"));
        }
    }
    let conflict = "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.";
    for key in ["Team", "team", "TEAM"] {
        for value in ["red", "blue"] {
            let input = AssumeRoleRequest {
                tags: Some(vec![tag(key, value)]),
                ..at.asked("second")
            };
            check(
                at.lab.try_assume(&first, &input),
                400,
                "InvalidParameterValue",
                conflict,
            );
        }
    }
    // The tag that was not handed on is free.
    let input = AssumeRoleRequest {
        tags: Some(vec![tag("desk", "8")]),
        ..at.asked("second")
    };
    at.lab.assume(&first, &input);
    // Handing tags on takes the right to tag, though none are passed.
    at.lab.role_policy(
        by,
        "first",
        &document(r#"{"Effect":"Allow","NotAction":"sts:TagSession","Resource":"*"}"#),
    );
    let because = no_identity_policy("sts:TagSession");
    let result = at.lab.try_assume(&first, &at.asked("second"));
    check_denied(
        result,
        &at.session_arn("first"),
        "sts:TagSession",
        &at.arn("second"),
        &because,
    );
}

#[test]
fn sts_14_tags_that_aws_would_not_take_are_refused() {
    let at = Chain::new();
    let twice = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
    let missing = "The specified transitive tag key must be included in the requested tags.";
    for (tags, transitive, message) in [
        (vec![tag("a", "1"), tag("A", "2")], None, twice),
        (vec![tag("a", "1"), tag("a", "1")], None, twice),
        (vec![tag("a", "1")], Some(vec!["b".to_owned()]), missing),
        (vec![], Some(vec!["a".to_owned()]), missing),
    ] {
        let input = AssumeRoleRequest {
            tags: Some(tags),
            transitive_tag_keys: transitive,
            ..at.asked("first")
        };
        check(
            at.lab.try_assume(&at.user, &input),
            400,
            "InvalidParameterValue",
            message,
        );
    }
    for tags in [
        vec![tag("aws:team", "x")],
        vec![tag("AWS:team", "x")],
        vec![tag("team", "aws:x")],
    ] {
        let input = AssumeRoleRequest {
            tags: Some(tags),
            ..at.asked("first")
        };
        assert_eq!(
            at.lab
                .try_assume(&at.user, &input)
                .expect_err("reserved")
                .code,
            "InvalidParameterValue"
        );
    }
}

#[test]
fn sts_14_fifty_tags_at_most_and_no_more_than_a_token_holds() {
    let at = Chain::new();
    let many = (0..51).map(|at| tag(&format!("k{at}"), "v")).collect();
    let input = AssumeRoleRequest {
        tags: Some(many),
        ..at.asked("first")
    };
    assert_eq!(
        at.lab
            .try_assume(&at.user, &input)
            .expect_err("51 tags")
            .code,
        "ValidationError"
    );
    let heavy = (0..50)
        .map(|at| tag(&format!("key-number-{at}"), &"v".repeat(200)))
        .collect();
    let input = AssumeRoleRequest {
        tags: Some(heavy),
        ..at.asked("first")
    };
    let refused = at.lab.try_assume(&at.user, &input).expect_err("too heavy");
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (400, "PackedPolicyTooLarge")
    );
    assert!(
        refused
            .message
            .starts_with("Packed size of session tags consumes "),
        "{}",
        refused.message
    );
}

#[test]
fn sts_14_a_chain_cannot_gather_more_than_fifty_tags() {
    let at = Chain::new();
    let some = |from: usize, count: usize| -> (Vec<Tag>, Vec<String>) {
        let keys = (from..from + count).map(|at| format!("k{at}"));
        keys.map(|key| (tag(&key, "v"), key)).unzip()
    };
    let (tags, keys) = some(0, 30);
    let first = at.lab.assume(
        &at.user,
        &AssumeRoleRequest {
            tags: Some(tags),
            transitive_tag_keys: Some(keys),
            ..at.asked("first")
        },
    );
    let (tags, _) = some(30, 20);
    at.lab.assume(
        &first,
        &AssumeRoleRequest {
            tags: Some(tags),
            ..at.asked("second")
        },
    );
    let (tags, _) = some(30, 21);
    let over = AssumeRoleRequest {
        tags: Some(tags),
        ..at.asked("second")
    };
    at.lab
        .try_assume(&first, &over)
        .expect_err("51 tags together");
}

#[test]
fn sts_14_source_identity_is_set_once_for_a_whole_chain() {
    let at = Chain::new();
    let named = |role: &str, identity: &str| AssumeRoleRequest {
        source_identity: Some(identity.to_owned()),
        ..at.asked(role)
    };
    let output = at
        .lab
        .try_assume(&at.user, &named("first", "ada"))
        .expect("AssumeRole");
    assert_eq!(output.source_identity.as_deref(), Some("ada"));
    let first = keys_of(&output);
    for input in [at.asked("second"), named("second", "ada")] {
        let output = at.lab.try_assume(&first, &input).expect("inherited");
        assert_eq!(output.source_identity.as_deref(), Some("ada"));
    }
    for identity in ["eve", "Ada", "ada2"] {
        let result = at.lab.try_assume(&first, &named("second", identity));
        check_denied(
            result,
            &at.session_arn("first"),
            "sts:SetSourceIdentity",
            &at.arn("second"),
            "",
        );
    }
    // Enforced: aws:SourceIdentity in the session, sts:SourceIdentity while it is being set.
    let only = r#"{"StringEquals":{"aws:SourceIdentity":"ada"}}"#;
    at.lab.role_policy(
        &at.lab.admin,
        "first",
        &crate::common::allow_if("iam:ListUsers", "*", only),
    );
    at.list_users(&first).expect("the session of ada");
    let other = at.lab.assume(&at.user, &named("first", "eve"));
    assert_eq!(
        at.list_users(&other).expect_err("the session of eve").code,
        "AccessDenied"
    );
    let only = r#"{"StringLike":{"sts:SourceIdentity":"a*"}}"#;
    at.lab.role(
        &at.lab.admin,
        "strict",
        &trust_if(&format!("\"{}\"", at.lab.account), ALL, only),
    );
    at.lab.assume(&at.user, &named("strict", "ada"));
    for input in [named("strict", "eve"), at.asked("strict")] {
        assert_eq!(
            at.lab
                .try_assume(&at.user, &input)
                .expect_err("not ada")
                .code,
            "AccessDenied"
        );
    }
    let reserved = at
        .lab
        .try_assume(&at.user, &named("first", "aws:ada"))
        .expect_err("reserved");
    assert_eq!(
        (reserved.status, reserved.code.as_str()),
        (400, "ValidationError")
    );
}

#[test]
fn setting_a_source_identity_needs_its_own_right() {
    let at = Chain::new();
    let input = AssumeRoleRequest {
        source_identity: Some("ada".to_owned()),
        ..at.asked("first")
    };
    at.lab
        .user_policy(&at.lab.admin, "alice", &allow("sts:AssumeRole", "*"));
    let alice = format!("arn:aws:iam::{}:user/alice", at.lab.account);
    let because = no_identity_policy("sts:SetSourceIdentity");
    let result = at.lab.try_assume(&at.user, &input);
    check_denied(
        result,
        &alice,
        "sts:SetSourceIdentity",
        &at.arn("first"),
        &because,
    );
}
