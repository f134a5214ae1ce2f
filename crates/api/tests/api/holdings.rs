//! What users and roles hold: access keys, inline policies, attachments, tags.

use locum_wire::Timestamp;
use locum_wire::iam::{
    CreateAccessKeyRequest, CreateAccessKeyResponse, ListAccessKeysRequest, ListAccessKeysResponse,
    ListAttachedUserPoliciesRequest, ListAttachedUserPoliciesResponse, ListRolePoliciesRequest,
    ListRolePoliciesResponse, ListUserTagsRequest, ListUserTagsResponse, ListUsersRequest,
    ListUsersResponse,
};

use crate::common::{Keys, Lab, START_S, allow, check};

use crate::policies::{arn_of, create, named};
use crate::users_roles::everybody;

pub(crate) const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

fn keys(lab: &Lab, by: &Keys, name: Option<&str>) -> Vec<(String, String)> {
    let input = ListAccessKeysRequest {
        user_name: name.map(str::to_owned),
        ..ListAccessKeysRequest::default()
    };
    let output: ListAccessKeysResponse = lab
        .iam(by, "ListAccessKeys", &input)
        .expect("ListAccessKeys");
    let keys = output.access_key_metadata.into_iter();
    keys.map(|key| {
        (
            key.access_key_id.expect("an id"),
            key.status.expect("a status"),
        )
    })
    .collect()
}

#[test]
fn a_user_has_two_access_keys_at_most() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let input = CreateAccessKeyRequest {
        user_name: Some("alice".to_owned()),
    };
    let output: CreateAccessKeyResponse = lab
        .iam(&lab.admin, "CreateAccessKey", &input)
        .expect("CreateAccessKey");
    let key = output.access_key;
    assert!(key.access_key_id.starts_with("AKIA") && key.access_key_id.len() == 20);
    assert_eq!(
        (
            key.secret_access_key.len(),
            key.status.as_str(),
            key.user_name.as_str()
        ),
        (40, "Active", "alice")
    );
    assert_eq!(key.create_date, Some(Timestamp(START_S)));
    let second = lab.access_key(&lab.admin, "alice");
    let message = "Cannot exceed quota for AccessKeysPerUser: 2";
    check(
        lab.ask("Action=CreateAccessKey&UserName=alice"),
        409,
        "LimitExceeded",
        message,
    );
    lab.ask(&format!(
        "Action=UpdateAccessKey&UserName=alice&AccessKeyId={}&Status=Inactive",
        second.id
    ))
    .expect("inactive");
    let mut expected = vec![
        (key.access_key_id.clone(), "Active".to_owned()),
        (second.id.clone(), "Inactive".to_owned()),
    ];
    expected.sort();
    assert_eq!(keys(&lab, &lab.admin, Some("alice")), expected);
    lab.ask(&format!(
        "Action=DeleteAccessKey&UserName=alice&AccessKeyId={}",
        second.id
    ))
    .expect("delete");
    lab.access_key(&lab.admin, "alice");
    let nobody = "AKIAIOSFODNN7EXAMPLE";
    let message = format!("The Access Key with id {nobody} cannot be found.");
    for operation in ["DeleteAccessKey", "UpdateAccessKey&Status=Active"] {
        let form = format!("Action={operation}&UserName=alice&AccessKeyId={nobody}");
        check(lab.ask(&form), 404, "NoSuchEntity", &message);
    }
    let message = "1 validation error detected: Value at 'status' failed to satisfy constraint: Member must satisfy enum value set";
    let form = format!(
        "Action=UpdateAccessKey&UserName=alice&AccessKeyId={}&Status=Sleeping",
        key.access_key_id
    );
    check(lab.ask(&form), 400, "ValidationError", message);
}

#[test]
fn a_user_without_a_name_means_the_caller() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", &allow("iam:*AccessKey*", "*"));
    assert_eq!(
        keys(&lab, &alice, None),
        keys(&lab, &lab.admin, Some("alice"))
    );
    let other = lab.other("other");
    assert_eq!(
        keys(&lab, &other.root, None),
        [(other.root.id.clone(), "Active".to_owned())]
    );
}

#[test]
fn inline_policies_share_their_holders_quota() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    lab.role(&lab.admin, "reader", &everybody(&lab));
    let sized = |size: usize| {
        let frame = allow("s3:GetObject", "arn:aws:s3:::").len();
        allow(
            "s3:GetObject",
            &format!("arn:aws:s3:::{}", "a".repeat(size - frame)),
        )
    };
    for (kind, name, max) in [("User", "alice", 2_048), ("Role", "reader", 10_240)] {
        let put = |policy: &str, size: usize| {
            let encoded: String = percent_encoding::utf8_percent_encode(
                &sized(size),
                percent_encoding::NON_ALPHANUMERIC,
            )
            .to_string();
            lab.ask(
                &format!(
                    "Action=Put{kind}Policy&{kind}Name={name}&PolicyName={policy}&PolicyDocument={encoded}"
                ),
            )
        };
        let message = format!(
            "Maximum policy size of {max} bytes exceeded for {} {name}",
            kind.to_ascii_lowercase()
        );
        check(put("one", max + 1), 409, "LimitExceeded", &message);
        put("one", max - 200).expect("fits");
        check(put("two", 201), 409, "LimitExceeded", &message);
        put("two", 200).expect("fits exactly");
        put("one", max - 200).expect("replaces itself");
    }
    let message = "The role policy with name three cannot be found.";
    check(
        lab.ask("Action=GetRolePolicy&RoleName=reader&PolicyName=three"),
        404,
        "NoSuchEntity",
        message,
    );
    let message = "The user policy with name three cannot be found.";
    check(
        lab.ask("Action=DeleteUserPolicy&UserName=alice&PolicyName=three"),
        404,
        "NoSuchEntity",
        message,
    );
    let input = ListRolePoliciesRequest {
        role_name: "reader".to_owned(),
        ..ListRolePoliciesRequest::default()
    };
    let output: ListRolePoliciesResponse = lab
        .iam(&lab.admin, "ListRolePolicies", &input)
        .expect("ListRolePolicies");
    assert_eq!(
        (output.policy_names, output.is_truncated),
        (vec!["one".to_owned(), "two".to_owned()], Some(false))
    );
}

#[test]
fn attachments_are_idempotent_limited_and_listed() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let attach = |arn: &str| {
        lab.ask(&format!(
            "Action=AttachUserPolicy&UserName=alice&PolicyArn={arn}"
        ))
    };
    attach(READ_ONLY).expect("attach");
    attach(READ_ONLY).expect("again");
    let list = || -> Vec<(String, String)> {
        let input = ListAttachedUserPoliciesRequest {
            user_name: "alice".to_owned(),
            ..ListAttachedUserPoliciesRequest::default()
        };
        let output: ListAttachedUserPoliciesResponse = lab
            .iam(&lab.admin, "ListAttachedUserPolicies", &input)
            .expect("ListAttachedUserPolicies");
        let policies = output.attached_policies.expect("policies").into_iter();
        policies
            .map(|held| {
                (
                    held.policy_name.expect("a name"),
                    held.policy_arn.expect("an ARN"),
                )
            })
            .collect()
    };
    assert_eq!(
        list(),
        [("ReadOnlyAccess".to_owned(), READ_ONLY.to_owned())]
    );
}

#[test]
fn what_cannot_be_attached() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let attach = |arn: &str| {
        lab.ask(&format!(
            "Action=AttachUserPolicy&UserName=alice&PolicyArn={arn}"
        ))
    };
    for (arn, code) in [
        ("longpolicynamebutnoarn", "ValidationError"),
        ("arn:aws:iam::aws:policy/Nonexistent", "NoSuchEntity"),
        ("arn:aws:iam::aws:role/ReadOnlyAccess", "InvalidInput"),
        ("arn:aws-cn:iam::aws:policy/ReadOnlyAccess", "InvalidInput"),
        (
            "arn:aws:iam:us-east-1:aws:policy/ReadOnlyAccess",
            "InvalidInput",
        ),
        ("arn:aws:iam::999999999999:policy/Other", "NoSuchEntity"),
        ("arn:aws:iam::aws:policy/readonlyaccess", "NoSuchEntity"),
    ] {
        let refused = attach(arn).expect_err(arn);
        assert_eq!(refused.code, code, "{arn}: {}", refused.message);
        let message = match code {
            "NoSuchEntity" => format!("Policy {arn} does not exist or is not attachable."),
            _ => format!("ARN {arn} is not valid."),
        };
        assert_eq!(refused.message, message);
    }
}

#[test]
fn a_user_has_ten_attached_policies_at_most() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let attach = |arn: &str| {
        lab.ask(&format!(
            "Action=AttachUserPolicy&UserName=alice&PolicyArn={arn}"
        ))
    };
    attach(READ_ONLY).expect("attach");
    for name in [
        "SecurityAudit",
        "IAMFullAccess",
        "AmazonS3FullAccess",
        "AmazonEC2FullAccess",
        "PowerUserAccess",
        "IAMReadOnlyAccess",
        "AmazonSQSFullAccess",
        "AmazonSNSFullAccess",
        "AWSLambda_FullAccess",
    ] {
        attach(&format!("arn:aws:iam::aws:policy/{name}")).expect(name);
    }
    let message = "Cannot exceed quota for PoliciesPerUser: 10";
    check(
        attach("arn:aws:iam::aws:policy/AdministratorAccess"),
        409,
        "LimitExceeded",
        message,
    );
    lab.ask(&format!(
        "Action=DetachUserPolicy&UserName=alice&PolicyArn={READ_ONLY}"
    ))
    .expect("detach");
    let message = format!("Policy {READ_ONLY} was not found.");
    check(
        lab.ask(&format!(
            "Action=DetachUserPolicy&UserName=alice&PolicyArn={READ_ONLY}"
        )),
        404,
        "NoSuchEntity",
        &message,
    );
}

#[test]
fn tag_keys_of_users_do_not_differ_by_case() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let two = "Tags.member.1.Key=a&Tags.member.1.Value=1&Tags.member.2.Key=A&Tags.member.2.Value=2";
    let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
    check(
        lab.ask(&format!("Action=TagUser&UserName=alice&{two}")),
        400,
        "InvalidInput",
        message,
    );
    let one = |key: &str, value: &str| {
        lab.ask(&format!(
            "Action=TagUser&UserName=alice&Tags.member.1.Key={key}&Tags.member.1.Value={value}"
        ))
    };
    one("Team", "blue").expect("tag");
    one("TEAM", "red").expect("tag again");
    let tags = || -> Vec<(String, String)> {
        let input = ListUserTagsRequest {
            user_name: "alice".to_owned(),
            ..ListUserTagsRequest::default()
        };
        let output: ListUserTagsResponse = lab
            .iam(&lab.admin, "ListUserTags", &input)
            .expect("ListUserTags");
        output
            .tags
            .into_iter()
            .map(|tag| (tag.key, tag.value))
            .collect()
    };
    assert_eq!(tags(), [("TEAM".to_owned(), "red".to_owned())]);
    lab.ask("Action=UntagUser&UserName=alice&TagKeys.member.1=team")
        .expect("untag");
    assert!(tags().is_empty());
    for at in 0..50 {
        one(&format!("k{at}"), "v").expect("tag");
    }
    check(
        one("k50", "v"),
        409,
        "LimitExceeded",
        "The number of tags has reached the maximum limit.",
    );
    one("k49", "w").expect("a key that is there");
    assert_eq!(
        one("aws:x", "v").expect_err("reserved").code,
        "InvalidInput"
    );
}

#[test]
fn tag_keys_of_policies_differ_by_case() {
    let lab = Lab::new();
    let two = "Tags.member.1.Key=a&Tags.member.1.Value=1&Tags.member.2.Key=A&Tags.member.2.Value=2";
    let arn = arn_of(&lab, "/Notes");
    create(&lab, named("Notes")).expect("CreatePolicy");
    lab.ask(&format!("Action=TagPolicy&PolicyArn={arn}&{two}"))
        .expect("two keys");
    let message = format!("Policy {arn}x was not found.");
    for form in [
        format!("Action=TagPolicy&PolicyArn={arn}x&Tags.member.1.Key=a&Tags.member.1.Value=b"),
        format!("Action=UntagPolicy&PolicyArn={arn}x&TagKeys.member.1=a"),
        format!("Action=ListPolicyTags&PolicyArn={arn}x"),
    ] {
        check(lab.ask(&form), 404, "NoSuchEntity", &message);
    }
}

#[test]
fn lists_page_without_gaps() {
    let lab = Lab::new();
    for at in 0..25 {
        lab.user(&lab.admin, &format!("user-{at:02}"));
    }
    for size in [1, 7, 25, 26, 1_000] {
        let (mut marker, mut names) = (None, Vec::new());
        loop {
            let input = ListUsersRequest {
                marker,
                max_items: Some(size),
                ..ListUsersRequest::default()
            };
            let page: ListUsersResponse =
                lab.iam(&lab.admin, "ListUsers", &input).expect("ListUsers");
            assert!(page.users.len() <= size as usize);
            names.extend(page.users.into_iter().map(|user| user.user_name));
            marker = page.marker;
            assert_eq!(page.is_truncated, Some(marker.is_some()));
            if marker.is_none() {
                break;
            }
        }
        assert_eq!(names.len(), 26, "{size}");
        assert!(names.is_sorted());
    }
    for size in ["0", "1001", "-1"] {
        assert_eq!(
            lab.ask(&format!("Action=ListUsers&MaxItems={size}"))
                .expect_err(size)
                .code,
            "ValidationError"
        );
    }
}
