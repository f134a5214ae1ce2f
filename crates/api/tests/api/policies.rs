//! Managed policies: shapes, limits and sentences as AWS recorded them.

use locum_wire::Timestamp;
use locum_wire::iam::{
    CreatePolicyRequest, CreatePolicyResponse, GetPolicyRequest, GetPolicyResponse,
    GetPolicyVersionRequest, GetPolicyVersionResponse, ListPoliciesRequest, ListPoliciesResponse,
    Policy, Tag,
};

use crate::common::{Lab, Refused, START_S, allow, check, check_denied, trust};
use crate::policy_versions::{version, versions};

pub(crate) const AWS_POLICY: &str = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess";

pub(crate) fn create(lab: &Lab, input: CreatePolicyRequest) -> Result<Policy, Refused> {
    let output: CreatePolicyResponse = lab.iam(&lab.admin, "CreatePolicy", &input)?;
    Ok(output.policy.expect("a policy"))
}

pub(crate) fn named(name: &str) -> CreatePolicyRequest {
    CreatePolicyRequest {
        policy_name: name.to_owned(),
        policy_document: allow("s3:Get*", "*"),
        ..CreatePolicyRequest::default()
    }
}

pub(crate) fn get(lab: &Lab, arn: &str) -> Result<Policy, Refused> {
    let input = GetPolicyRequest {
        policy_arn: arn.to_owned(),
    };
    let output: GetPolicyResponse = lab.iam(&lab.admin, "GetPolicy", &input)?;
    Ok(output.policy.expect("a policy"))
}

pub(crate) fn arn_of(lab: &Lab, path_and_name: &str) -> String {
    format!("arn:aws:iam::{}:policy{path_and_name}", lab.account)
}

#[test]
fn create_get_list_and_delete_have_awss_shapes() {
    let lab = Lab::new();
    let input = CreatePolicyRequest {
        path: Some("/test/path/".to_owned()),
        description: Some("testing".to_owned()),
        tags: Some(vec![
            Tag {
                key: "a".to_owned(),
                value: String::new(),
            },
            Tag {
                key: "A".to_owned(),
                value: "x".to_owned(),
            },
        ]),
        ..named("Notes")
    };
    let tags = input.tags.clone();
    let made = create(&lab, input).expect("CreatePolicy");
    let arn = arn_of(&lab, "/test/path/Notes");
    let expected = Policy {
        arn: Some(arn.clone()),
        attachment_count: Some(0),
        create_date: Some(Timestamp(START_S)),
        default_version_id: Some("v1".to_owned()),
        description: None,
        is_attachable: Some(true),
        path: Some("/test/path/".to_owned()),
        permissions_boundary_usage_count: Some(0),
        policy_id: made.policy_id.clone(),
        policy_name: Some("Notes".to_owned()),
        tags: tags.clone(),
        update_date: Some(Timestamp(START_S)),
    };
    assert_eq!(made, expected);
    let id = made.policy_id.expect("an id");
    assert!(id.starts_with("ANPA") && id.len() == 21, "{id}");
    let shown = get(&lab, &arn).expect("GetPolicy");
    assert_eq!(
        shown,
        Policy {
            description: Some("testing".to_owned()),
            ..expected.clone()
        }
    );
    let input = ListPoliciesRequest {
        scope: Some("Local".to_owned()),
        ..ListPoliciesRequest::default()
    };
    let listed: ListPoliciesResponse = lab
        .iam(&lab.admin, "ListPolicies", &input)
        .expect("ListPolicies");
    assert_eq!(
        listed.policies,
        Some(vec![Policy {
            tags: None,
            ..expected
        }])
    );
    assert_eq!((listed.is_truncated, listed.marker), (Some(false), None));
    lab.ask(&format!("Action=DeletePolicy&PolicyArn={arn}"))
        .expect("DeletePolicy");
    let message = format!("Policy {arn} was not found.");
    check(get(&lab, &arn), 404, "NoSuchEntity", &message);
}

#[test]
fn a_policy_without_tags_shows_an_empty_list() {
    let lab = Lab::new();
    create(&lab, named("Plain")).expect("CreatePolicy");
    assert_eq!(
        get(&lab, &arn_of(&lab, "/Plain")).expect("GetPolicy").tags,
        Some(vec![])
    );
}

#[test]
fn names_are_unique_ignoring_case() {
    let lab = Lab::new();
    create(&lab, named("Notes")).expect("CreatePolicy");
    for name in ["Notes", "notes", "NOTES"] {
        let message =
            format!("A policy called {name} already exists. Duplicate names are not allowed.");
        check(
            create(&lab, named(name)),
            409,
            "EntityAlreadyExists",
            &message,
        );
        let input = CreatePolicyRequest {
            path: Some("/other/".to_owned()),
            ..named(name)
        };
        check(create(&lab, input), 409, "EntityAlreadyExists", &message);
    }
    // A policy of AWS's name is another policy.
    create(&lab, named("AdministratorAccess")).expect("CreatePolicy");
}

#[test]
fn what_aws_would_not_save_is_refused() {
    let lab = Lab::new();
    for (document, message) in [
        ("This is not a json document", "Syntax errors in policy."),
        (
            r#"{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#,
            "Policy document must be version 2012-10-17 or greater.",
        ),
        (
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"invalid","Resource":"*"}}"#,
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        (
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*"}}"#,
            "Policy statement must contain resources.",
        ),
    ] {
        let input = CreatePolicyRequest {
            policy_document: document.to_owned(),
            ..named("Bad")
        };
        check(create(&lab, input), 400, "MalformedPolicyDocument", message);
    }
    nothing_was_made(&lab);
}

fn nothing_was_made(lab: &Lab) {
    let input = ListPoliciesRequest {
        scope: Some("Local".to_owned()),
        ..ListPoliciesRequest::default()
    };
    let listed: ListPoliciesResponse = lab
        .iam(&lab.admin, "ListPolicies", &input)
        .expect("ListPolicies");
    assert_eq!(listed.policies, Some(vec![]));
}

#[test]
fn names_paths_sizes_and_tags_that_aws_would_not_take() {
    let lab = Lab::new();
    let tag = |key: &str| Tag {
        key: key.to_owned(),
        value: String::new(),
    };
    let input = CreatePolicyRequest {
        tags: Some(vec![tag("0"), tag("0")]),
        ..named("Bad")
    };
    check(
        create(&lab, input),
        400,
        "InvalidInput",
        "Duplicate tag keys found.",
    );
    let long = allow(
        "s3:GetObject",
        &format!("arn:aws:s3:::{}", "a".repeat(6_144)),
    );
    let input = CreatePolicyRequest {
        policy_document: long,
        ..named("Bad")
    };
    check(
        create(&lab, input),
        409,
        "LimitExceeded",
        "Cannot exceed quota for PolicySize: 6144",
    );
    let message = "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50";
    let many = (0..51).map(|at| tag(&at.to_string())).collect();
    let input = CreatePolicyRequest {
        tags: Some(many),
        ..named("Bad")
    };
    check(create(&lab, input), 400, "ValidationError", message);
    for path in ["test", "/test", "test/", "//", "/a//b/"] {
        let input = CreatePolicyRequest {
            path: Some(path.to_owned()),
            ..named("Bad")
        };
        let refused = create(&lab, input).expect_err(path);
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (400, "ValidationError"),
            "{path}"
        );
    }
    nothing_was_made(&lab);
}

#[test]
fn white_space_does_not_count_against_the_size() {
    let lab = Lab::new();
    let frame = allow("s3:GetObject", "arn:aws:s3:::").len();
    let fits = allow(
        "s3:GetObject",
        &format!("arn:aws:s3:::{}", "a".repeat(6_144 - frame)),
    );
    let spaced = fits
        .replace(',', ",  \n\t")
        .replacen('{', &format!("{{{}", " ".repeat(9_000)), 1);
    let input = CreatePolicyRequest {
        policy_document: spaced,
        ..named("Spaced")
    };
    create(&lab, input).expect("exactly at the quota");
    let over = fits.replacen("aaa", "aaaa", 1);
    let input = CreatePolicyRequest {
        policy_document: over,
        ..named("Over")
    };
    check(
        create(&lab, input),
        409,
        "LimitExceeded",
        "Cannot exceed quota for PolicySize: 6144",
    );
}

#[test]
fn a_policy_in_use_stays() {
    let lab = Lab::new();
    let arn = create(&lab, named("Notes"))
        .expect("CreatePolicy")
        .arn
        .expect("an ARN");
    let delete = format!("Action=DeletePolicy&PolicyArn={arn}");
    lab.user(&lab.admin, "alice");
    lab.role(
        &lab.admin,
        "reader",
        &trust(&format!("\"{}\"", lab.account)),
    );
    for (kind, parameter) in [("User", "UserName=alice"), ("Role", "RoleName=reader")] {
        lab.ask(&format!(
            "Action=Attach{kind}Policy&{parameter}&PolicyArn={arn}"
        ))
        .expect("attach");
        assert_eq!(
            get(&lab, &arn).expect("GetPolicy").attachment_count,
            Some(1)
        );
        check(
            lab.ask(&delete),
            409,
            "DeleteConflict",
            "Cannot delete a policy attached to entities.",
        );
        lab.ask(&format!(
            "Action=Detach{kind}Policy&{parameter}&PolicyArn={arn}"
        ))
        .expect("detach");
    }
    version(&lab, &arn, None).expect("v2");
    let message = "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.";
    check(lab.ask(&delete), 409, "DeleteConflict", message);
    lab.ask(&format!(
        "Action=DeletePolicyVersion&PolicyArn={arn}&VersionId=v2"
    ))
    .expect("v2");
    lab.ask(&delete).expect("DeletePolicy");
    // A policy of the same name made again is another one.
    let again = create(&lab, named("Notes")).expect("CreatePolicy");
    assert_eq!(again.default_version_id.as_deref(), Some("v1"));
}

#[test]
fn awss_policies_can_be_read_and_not_changed() {
    let lab = Lab::new();
    let shown = get(&lab, AWS_POLICY).expect("GetPolicy");
    assert_eq!(shown.path.as_deref(), Some("/job-function/"));
    assert_eq!(shown.tags, Some(vec![]));
    assert_eq!(
        (shown.is_attachable, shown.attachment_count),
        (Some(true), Some(0))
    );
    let id = shown.default_version_id.expect("a version");
    let input = GetPolicyVersionRequest {
        policy_arn: AWS_POLICY.to_owned(),
        version_id: id.clone(),
    };
    let output: GetPolicyVersionResponse = lab
        .iam(&lab.admin, "GetPolicyVersion", &input)
        .expect("GetPolicyVersion");
    assert!(
        output
            .policy_version
            .and_then(|version| version.document)
            .is_some_and(|text| text.starts_with("%7B%22Version%22"))
    );
    assert_eq!(versions(&lab, AWS_POLICY), vec![(id.clone(), true)]);
    let outside = |verb: &str| format!("Cannot {verb} outside your own account.");
    for (form, verb) in [
        ("Action=DeletePolicy".to_owned(), "delete policies"),
        (
            format!("Action=DeletePolicyVersion&VersionId={id}"),
            "delete policy versions for policies",
        ),
        (
            format!("Action=SetDefaultPolicyVersion&VersionId={id}"),
            "update policies",
        ),
        (
            "Action=CreatePolicyVersion&PolicyDocument=%7B%7D".to_owned(),
            "update policies",
        ),
    ] {
        let form = format!("{form}&PolicyArn={AWS_POLICY}");
        check(lab.ask(&form), 403, "AccessDenied", &outside(verb));
    }
}

#[test]
fn arns_that_name_no_policy() {
    let lab = Lab::new();
    let admin = format!("arn:aws:iam::{}:user/admin", lab.account);
    for operation in [
        "GetPolicy",
        "DeletePolicy",
        "ListPolicyVersions",
        "ListEntitiesForPolicy",
    ] {
        let ask = |arn: &str| lab.ask(&format!("Action={operation}&PolicyArn={arn}"));
        for arn in [
            "longpolicynamebutnoarn",
            "arn:aws:iam::policy-too-short",
            "arn:::::policy/something-here",
        ] {
            check(
                ask(arn),
                400,
                "ValidationError",
                "Invalid ARN:  Could not be parsed!",
            );
        }
        for arn in [
            format!("arn:aws:iam::{}:not_a_policy/invalid", lab.account),
            format!("arn:aws:iam::{}:role/invalid", lab.account),
            format!("arn:aws:s3::{}:policy/invalid", lab.account),
            format!("arn:aws-cn:iam::{}:policy/invalid", lab.account),
            format!("arn:aws:iam:us-east-1:{}:policy/invalid", lab.account),
            "arn:aws:iam::1234:policy/invalid".to_owned(),
        ] {
            check(
                ask(&arn),
                400,
                "InvalidInput",
                &format!("ARN {arn} is not valid."),
            );
        }
        let nobody = arn_of(&lab, "/Nobody");
        let message = match operation {
            "ListEntitiesForPolicy" => {
                format!("Policy {nobody} does not exist or is not attachable.")
            }
            _ => format!("Policy {nobody} was not found."),
        };
        check(ask(&nobody), 404, "NoSuchEntity", &message);
        // ESC-18: a policy of another account belongs to that account.
        let other = lab.other(operation);
        let theirs = format!("arn:aws:iam::{}:policy/Theirs", other.account);
        check_denied(
            ask(&theirs),
            &admin,
            &format!("iam:{operation}"),
            &theirs,
            "",
        );
    }
}
