//! The models' constraints: every sentence recorded from AWS that applies, and the edges around them.
#![allow(clippy::panic, reason = "helpers of tests fail by panicking")]

mod support;

use locum_wire::{InputError, Structure, iam, organizations, sts};
use support::{call, enc, json};

const ROLE: &str = "RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fdemo";

/// The error of a request that breaks constraints: code and message.
fn sentence<T: Structure>(read: Result<T, InputError>) -> (&'static str, String) {
    match read {
        Ok(read) => panic!("accepted: {read:?}"),
        Err(error) => {
            assert_eq!(error.status(), 400);
            (error.code(), error.message())
        }
    }
}

fn check_sts(parameters: &str, message: &str) {
    let read = support::sts::<sts::AssumeRoleRequest>("AssumeRole", parameters);
    assert_eq!(
        sentence(read),
        ("ValidationError", message.to_owned()),
        "{parameters}"
    );
}

fn check_iam<T: Structure>(action: &str, parameters: &str, message: &str) {
    let read = support::iam::<T>(action, parameters);
    assert_eq!(
        sentence(read),
        ("ValidationError", message.to_owned()),
        "{action} {parameters}"
    );
}

#[test]
fn sts_quotes_values() {
    let name = r"Member must satisfy regular expression pattern: [\w+=,.@-]*";
    let arn = r"Member must satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+";
    let s64 = "s".repeat(65);
    for (parameters, message) in [
        (
            format!("{ROLE}&RoleSessionName=Session1%3A2"),
            format!("1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: {name}"),
        ),
        (
            format!("{ROLE}&RoleSessionName={s64}"),
            format!("1 validation error detected: Value '{s64}' at 'roleSessionName' failed to satisfy constraint: Member must have length less than or equal to 64"),
        ),
        (
            String::new(),
            "2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null; Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null".into(),
        ),
        (
            "RoleArn=&RoleSessionName=alice".into(),
            format!("2 validation errors detected: Value '' at 'roleArn' failed to satisfy constraint: {arn}; Value '' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20"),
        ),
        (
            format!("{ROLE}&RoleSessionName=a&DurationSeconds=899"),
            "2 validation errors detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900; Value 'a' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2".into(),
        ),
        (
            format!("{ROLE}&RoleSessionName=alice&DurationSeconds=43201"),
            "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200".into(),
        ),
        (
            format!("{ROLE}&RoleSessionName=alice&Tags.member.1.Key=%26&Tags.member.1.Value=v"),
            r"1 validation error detected: Value '&' at 'tags.1.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+".into(),
        ),
        (
            format!("{ROLE}&RoleSessionName=alice&TransitiveTagKeys.member.1=a&TransitiveTagKeys.member.2=%26"),
            r"1 validation error detected: Value '[a, &]' at 'transitiveTagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+, Member must not be null]".into(),
        ),
    ] {
        check_sts(&parameters, &message);
    }
}

#[test]
fn a_session_policy_for_federation_is_measured_in_characters() {
    let policy = "ä".repeat(1_024);
    let read: sts::AssumeRoleRequest = support::sts(
        "AssumeRole",
        &format!("{ROLE}&RoleSessionName=alice&Policy={}", enc(&policy)),
    )
    .unwrap();
    assert_eq!(read.policy, Some(policy));
    let name = enc(&"ä".repeat(40));
    let tags = |n: usize| {
        format!(
            "{ROLE}&RoleSessionName=alice&Tags.member.1.Key={}&Tags.member.1.Value=",
            enc(&"ä".repeat(n))
        )
    };
    assert!(support::sts::<sts::AssumeRoleRequest>("AssumeRole", &tags(128)).is_ok());
    assert!(support::sts::<sts::AssumeRoleRequest>("AssumeRole", &tags(129)).is_err());
    assert!(
        support::sts::<sts::AssumeRoleRequest>(
            "AssumeRole",
            &format!("{ROLE}&RoleSessionName={name}")
        )
        .is_err()
    );
}

#[test]
fn iam_does_not_quote_values() {
    let k129 = "k".repeat(129);
    let v257 = "v".repeat(257);
    let tags51: String = (0..51)
        .map(|i| format!("&Tags.member.{}.Key=k{i}&Tags.member.{0}.Value=v", i + 1))
        .collect();
    let keys51: String = (0..51)
        .map(|i| format!("&TagKeys.member.{}=k{i}", i + 1))
        .collect();
    check_iam::<iam::CreateUserRequest>(
        "CreateUser",
        &format!("UserName=u&Path=%2F{}%2F", "p".repeat(511)),
        "1 validation error detected: Value at 'path' failed to satisfy constraint: Member must have length less than or equal to 512",
    );
    check_iam::<iam::UpdateAccessKeyRequest>(
        "UpdateAccessKey",
        "AccessKeyId=AKIAIOSFODNN7EXAMPLE&Status=On",
        "1 validation error detected: Value at 'status' failed to satisfy constraint: Member must satisfy enum value set",
    );
    check_iam::<iam::UntagRoleRequest>(
        "UntagRole",
        &format!("RoleName=r{keys51}"),
        "1 validation error detected: Value at 'tagKeys' failed to satisfy constraint: Member must have length less than or equal to 50",
    );
    check_iam::<iam::UntagRoleRequest>(
        "UntagRole",
        &format!("RoleName=r&TagKeys.member.1={k129}"),
        r"1 validation error detected: Value at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+, Member must not be null]",
    );
    check_iam::<iam::TagRoleRequest>(
        "TagRole",
        &format!("RoleName=r{tags51}"),
        "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50",
    );
    for (parameters, message) in [
        (
            format!("{k129}&Tags.member.1.Value=v"),
            "Value at 'tags.1.member.key' failed to satisfy constraint: Member must have length less than or equal to 128",
        ),
        (
            "%C2%B6&Tags.member.1.Value=v".to_owned(),
            r"Value at 'tags.1.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+",
        ),
        (
            format!("k&Tags.member.1.Value={v257}"),
            "Value at 'tags.1.member.value' failed to satisfy constraint: Member must have length less than or equal to 256",
        ),
        (
            "k".to_owned(),
            "Value at 'tags.1.member.value' failed to satisfy constraint: Member must not be null",
        ),
    ] {
        let parameters = format!("RoleName=r&Tags.member.1.Key={parameters}");
        check_iam::<iam::TagRoleRequest>(
            "TagRole",
            &parameters,
            &format!("1 validation error detected: {message}"),
        );
    }
    check_iam::<iam::GetPolicyVersionRequest>(
        "GetPolicyVersion",
        "PolicyArn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2Fx&VersionId=v0",
        r"1 validation error detected: Value at 'versionId' failed to satisfy constraint: Member must satisfy regular expression pattern: v[1-9][0-9]*(\.[A-Za-z0-9-]*)?",
    );
    check_iam::<iam::CreateRoleRequest>(
        "CreateRole",
        "MaxSessionDuration=43201",
        "3 validation errors detected: Value at 'assumeRolePolicyDocument' failed to satisfy constraint: Member must not be null; Value at 'maxSessionDuration' failed to satisfy constraint: Member must have value less than or equal to 43200; Value at 'roleName' failed to satisfy constraint: Member must not be null",
    );
}

#[test]
fn secrets_are_never_quoted_nor_printed() {
    let credentials = sts::Credentials {
        access_key_id: "ASIAEXAMPLEEXAMPLE00".into(),
        secret_access_key: "wJalr-secret".into(),
        session_token: "IQoJ-token".into(),
        ..sts::Credentials::default()
    };
    let printed = format!("{credentials:?}");
    assert!(
        printed.contains("ASIAEXAMPLEEXAMPLE00") && printed.contains("***"),
        "{printed}"
    );
    assert!(
        !printed.contains("wJalr-secret") && !printed.contains("IQoJ-token"),
        "{printed}"
    );
    let answer = sts::AssumeRoleResponse {
        credentials: Some(credentials),
        ..Default::default()
    };
    assert!(!format!("{answer:?}").contains("wJalr-secret"));
    let key = iam::AccessKey {
        secret_access_key: "wJalr-secret".into(),
        ..Default::default()
    };
    assert!(!format!("{key:?}").contains("wJalr-secret"));
}

#[test]
fn organizations_has_the_same_sentences_under_its_own_code() {
    for (body, message) in [
        (
            "{}",
            "2 validation errors detected: Value null at 'accountName' failed to satisfy constraint: Member must not be null; Value null at 'email' failed to satisfy constraint: Member must not be null",
        ),
        (
            r#"{"AccountName":"a","Email":null}"#,
            "1 validation error detected: Value null at 'email' failed to satisfy constraint: Member must not be null",
        ),
        (
            r#"{"AccountName":"a","Email":"dev@example.com","IamUserAccessToBilling":"MAYBE"}"#,
            "1 validation error detected: Value 'MAYBE' at 'iamUserAccessToBilling' failed to satisfy constraint: Member must satisfy enum value set: [ALLOW, DENY]",
        ),
        (
            r#"{"AccountName":"a","Email":"no-address@"}"#,
            r"1 validation error detected: Value at 'email' failed to satisfy constraint: Member must satisfy regular expression pattern: [^\s@]+@[^\s@]+\.[^\s@]+",
        ),
    ] {
        let request = json("AWSOrganizationsV20161128.CreateAccount", body);
        let read = call(&request).read::<organizations::CreateAccountRequest>();
        assert_eq!(
            sentence(read),
            ("ValidationException", message.to_owned()),
            "{body}"
        );
    }
}

#[test]
fn dos_04_violations_are_counted_but_not_all_spelled_out() {
    let tags: String = (1..=2_000)
        .map(|i| format!("&Tags.member.{i}.Key=%26"))
        .collect();
    let (_, message) = sentence(support::iam::<iam::TagRoleRequest>(
        "TagRole",
        &format!("RoleName=r{tags}"),
    ));
    assert!(
        message.starts_with("4001 validation errors detected: Value at 'tags' failed"),
        "{:.90}",
        message
    );
    assert!(message.len() < 20_000, "{}", message.len());
}
