//! Versions of managed policies: numbers that are never reused, the default, the limit.

use locum_wire::iam::{
    CreatePolicyRequest, CreatePolicyVersionRequest, CreatePolicyVersionResponse,
    GetPolicyVersionRequest, GetPolicyVersionResponse, ListPolicyVersionsRequest,
    ListPolicyVersionsResponse,
};
use locum_wire::{Service, Timestamp};

use crate::common::{Lab, Refused, START_S, allow, check, success};

use crate::policies::{arn_of, create, get, named};

pub(crate) fn versions(lab: &Lab, arn: &str) -> Vec<(String, bool)> {
    let input = ListPolicyVersionsRequest {
        policy_arn: arn.to_owned(),
        ..ListPolicyVersionsRequest::default()
    };
    let output: ListPolicyVersionsResponse = lab
        .iam(&lab.admin, "ListPolicyVersions", &input)
        .expect("ListPolicyVersions");
    assert_eq!(output.is_truncated, Some(false));
    let versions = output.versions.expect("versions").into_iter();
    versions
        .map(|version| {
            assert_eq!(version.document, None);
            (
                version.version_id.expect("an id"),
                version.is_default_version.expect("a flag"),
            )
        })
        .collect()
}

pub(crate) fn version(
    lab: &Lab,
    arn: &str,
    set_as_default: Option<bool>,
) -> Result<String, Refused> {
    let input = CreatePolicyVersionRequest {
        policy_arn: arn.to_owned(),
        policy_document: allow("s3:List*", "*"),
        set_as_default,
    };
    let output: CreatePolicyVersionResponse = lab.iam(&lab.admin, "CreatePolicyVersion", &input)?;
    let made = output.policy_version.expect("a version");
    assert_eq!(
        (made.is_default_version, made.document),
        (Some(set_as_default == Some(true)), None)
    );
    Ok(made.version_id.expect("an id"))
}

#[test]
fn versions_count_on_and_are_listed_newest_first() {
    let lab = Lab::new();
    let arn = create(&lab, named("Notes"))
        .expect("CreatePolicy")
        .arn
        .expect("an ARN");
    lab.pass(60);
    assert_eq!(version(&lab, &arn, Some(true)).as_deref(), Ok("v2"));
    assert_eq!(
        get(&lab, &arn).expect("GetPolicy").update_date,
        Some(Timestamp(START_S + 60))
    );
    assert_eq!(version(&lab, &arn, None).as_deref(), Ok("v3"));
    let held = |pairs: &[(&str, bool)]| -> Vec<(String, bool)> {
        pairs
            .iter()
            .map(|(id, default)| ((*id).to_owned(), *default))
            .collect()
    };
    assert_eq!(
        versions(&lab, &arn),
        held(&[("v3", false), ("v2", true), ("v1", false)])
    );
    lab.ask(&format!(
        "Action=SetDefaultPolicyVersion&PolicyArn={arn}&VersionId=v1"
    ))
    .expect("v1");
    lab.ask(&format!(
        "Action=SetDefaultPolicyVersion&PolicyArn={arn}&VersionId=v1"
    ))
    .expect("again");
    assert_eq!(
        versions(&lab, &arn),
        held(&[("v3", false), ("v2", false), ("v1", true)])
    );
    lab.ask(&format!(
        "Action=DeletePolicyVersion&PolicyArn={arn}&VersionId=v3"
    ))
    .expect("v3");
    // The number of a deleted version is not given again.
    assert_eq!(version(&lab, &arn, Some(false)).as_deref(), Ok("v4"));
    version(&lab, &arn, None).expect("v5");
    version(&lab, &arn, None).expect("v6");
    let message = "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.";
    check(version(&lab, &arn, None), 409, "LimitExceeded", message);
    assert_eq!(versions(&lab, &arn).len(), 5);
    let input = GetPolicyVersionRequest {
        policy_arn: arn,
        version_id: "v2".to_owned(),
    };
    let output: GetPolicyVersionResponse = lab
        .iam(&lab.admin, "GetPolicyVersion", &input)
        .expect("GetPolicyVersion");
    let shown = output.policy_version.expect("a version");
    let text: String = percent_encoding::percent_decode_str(&shown.document.expect("a document"))
        .decode_utf8_lossy()
        .into_owned();
    assert_eq!(text, allow("s3:List*", "*"));
}

#[test]
fn the_default_version_is_what_counts() {
    let lab = Lab::new();
    let input = CreatePolicyRequest {
        policy_document: allow("iam:ListUsers", "*"),
        ..named("Rights")
    };
    let arn = create(&lab, input)
        .expect("CreatePolicy")
        .arn
        .expect("an ARN");
    let alice = lab.user_with(&lab.admin, "alice", "");
    lab.ask(&format!(
        "Action=AttachUserPolicy&UserName=alice&PolicyArn={arn}"
    ))
    .expect("attach");
    let list = || {
        success(
            Service::Iam,
            &lab.form(&alice, Service::Iam, "Action=ListUsers"),
        )
    };
    list().expect("v1 allows");
    version(&lab, &arn, None).expect("v2");
    list().expect("v1 is still the default");
    lab.ask(&format!(
        "Action=SetDefaultPolicyVersion&PolicyArn={arn}&VersionId=v2"
    ))
    .expect("v2");
    assert_eq!(list().expect_err("v2 does not").code, "AccessDenied");
}

#[test]
fn versions_that_are_not_there() {
    let lab = Lab::new();
    let arn = create(&lab, named("Notes"))
        .expect("CreatePolicy")
        .arn
        .expect("an ARN");
    let nobody = arn_of(&lab, "/Nobody");
    for operation in [
        "GetPolicyVersion",
        "SetDefaultPolicyVersion",
        "DeletePolicyVersion",
    ] {
        for (arn, id) in [
            (&arn, "v9"),
            (&nobody, "v1"),
            (&arn, "v1.x"),
            (&arn, "v4294967297"),
            (&arn, "v99999999999999999999"),
        ] {
            let message = format!("Policy {arn} version {id} does not exist or is not attachable.");
            let form = format!("Action={operation}&PolicyArn={arn}&VersionId={id}");
            check(lab.ask(&form), 404, "NoSuchEntity", &message);
        }
        for id in ["wrong_version_id", "v0", "1", "v01"] {
            let message = r"1 validation error detected: Value at 'versionId' failed to satisfy constraint: Member must satisfy regular expression pattern: v[1-9][0-9]*(\.[A-Za-z0-9-]*)?";
            let form = format!("Action={operation}&PolicyArn={arn}&VersionId={id}");
            check(lab.ask(&form), 400, "ValidationError", message);
        }
    }
    let form = format!("Action=DeletePolicyVersion&PolicyArn={arn}&VersionId=v1");
    check(
        lab.ask(&form),
        409,
        "DeleteConflict",
        "Cannot delete the default version of a policy.",
    );
}
