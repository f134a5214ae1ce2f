//! Forms and query strings: what becomes of well-formed ones, and what is refused.
#![allow(clippy::panic, reason = "helpers of tests fail by panicking")]

mod support;

use locum_wire::{Timestamp, iam, route, sts};
use support::{call, enc, get, iam_body, post, sts_body};

const ROLE: &str = "RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fdemo&RoleSessionName=alice";

#[test]
fn assume_role_with_everything() {
    let parameters = format!(
        "{ROLE}&PolicyArns.member.1.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FReadOnlyAccess\
         &Policy=%7B%22Version%22%3A+%222012-10-17%22%7D&DurationSeconds=900\
         &Tags.member.2.Key=Cost%20Center&Tags.member.2.Value=&Tags.member.10.Key=z\
         &Tags.member.10.Value=%C3%A4&Tags.member.1.Key=team&Tags.member.1.Value=a+b\
         &TransitiveTagKeys.member.1=team&ExternalId=x%2F1&SerialNumber=arn%3Aaws%3Aiam%3A%3A1%3Amfa%2Fa\
         &TokenCode=123456&SourceIdentity=bob&MinimumSessionTokenSize=4096"
    );
    let tag = |key: &str, value: &str| sts::Tag {
        key: key.into(),
        value: value.into(),
    };
    let arn = Some("arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned());
    let expected = sts::AssumeRoleRequest {
        role_arn: "arn:aws:iam::123456789012:role/demo".into(),
        role_session_name: "alice".into(),
        policy_arns: Some(vec![sts::PolicyDescriptorType { arn }]),
        policy: Some(r#"{"Version": "2012-10-17"}"#.into()),
        duration_seconds: Some(900),
        tags: Some(vec![
            tag("team", "a b"),
            tag("Cost Center", ""),
            tag("z", "ä"),
        ]),
        transitive_tag_keys: Some(vec!["team".into()]),
        external_id: Some("x/1".into()),
        serial_number: Some("arn:aws:iam::1:mfa/a".into()),
        token_code: Some("123456".into()),
        source_identity: Some("bob".into()),
        minimum_session_token_size: Some(4096),
        ..sts::AssumeRoleRequest::default()
    };
    assert_eq!(
        support::sts("AssumeRole", &parameters),
        Ok(expected.clone())
    );
    let query = sts_body("AssumeRole", &parameters);
    assert_eq!(call(&get("sts", &query)).read(), Ok(expected));
}

#[test]
fn an_empty_list_is_not_an_absent_one() {
    let read = |p: &str| {
        support::iam::<iam::CreateUserRequest>("CreateUser", p)
            .unwrap()
            .tags
    };
    assert_eq!(read("UserName=a&Tags="), Some(vec![]));
    assert_eq!(read("UserName=a"), None);
}

#[test]
fn unknown_parameters_are_ignored_as_aws_does() {
    let read =
        support::iam::<iam::GetRoleRequest>("GetRole", "RoleName=r&Colour=red&Roles.member.1=x");
    assert_eq!(
        read,
        Ok(iam::GetRoleRequest {
            role_name: "r".into()
        })
    );
}

#[test]
fn many_tags_keep_their_order() {
    let tags: String = (1..=50)
        .rev()
        .map(|i| format!("&Tags.member.{i}.Key=k{i}&Tags.member.{i}.Value=v{i}"))
        .collect();
    let read: iam::TagRoleRequest = support::iam("TagRole", &format!("RoleName=r{tags}")).unwrap();
    let keys: Vec<String> = read.tags.into_iter().map(|t| t.key).collect();
    assert_eq!(keys, (1..=50).map(|i| format!("k{i}")).collect::<Vec<_>>());
}

/// Parameters that cannot be decoded as the operation's input: code and part of the message.
fn check_refused(parameters: &str, code: &str, message: &str) {
    let body = sts_body("AssumeRole", &format!("{ROLE}&{parameters}"));
    let refused = match route(&post("sts", &body)) {
        Err(e) => (e.code(), e.status(), e.message()),
        Ok(call) => match call.read::<sts::AssumeRoleRequest>() {
            Err(e) => (e.code(), e.status(), e.message()),
            Ok(read) => panic!("{parameters} was read as {read:?}"),
        },
    };
    assert_eq!(
        (refused.0, refused.1),
        (code, 400),
        "{parameters}: {}",
        refused.2
    );
    assert!(refused.2.contains(message), "{parameters}: {}", refused.2);
}

#[test]
fn malformed_parameters_are_refused() {
    let list = "Unexpected list element termination";
    for (parameters, code, message) in [
        (
            "DurationSeconds=abc",
            "MalformedInput",
            "can not be converted to an Integer",
        ),
        ("DurationSeconds=", "MalformedInput", "Integer"),
        ("DurationSeconds=99999999999", "MalformedInput", "Integer"),
        ("DurationSeconds=9e2", "MalformedInput", "Integer"),
        (
            "Policy.member.1=x",
            "MalformedInput",
            "Start of structure or map found where not expected",
        ),
        (
            "Policy=x&Policy.a=y",
            "MalformedInput",
            "Start of structure",
        ),
        ("Tags=x", "MalformedInput", list),
        ("Tags.1.Key=x", "MalformedInput", list),
        ("Tags.member=x", "MalformedInput", list),
        ("Tags.member.x.Key=x", "MalformedInput", list),
        ("Tags.member.0.Key=x", "MalformedInput", list),
        ("Tags.member.01.Key=x", "MalformedInput", list),
        ("Tags.member.-1.Key=x", "MalformedInput", list),
        ("Tags.member.4294967296.Key=x", "MalformedInput", list),
        (
            "Tags.member.1.Key=a&Tags.member.1.Value=b&Tags.extra.1=c",
            "MalformedInput",
            list,
        ),
        (
            "Tags.member.1.Key=a&Tags.member.1-.Key=b",
            "MalformedInput",
            list,
        ),
        (
            "Tags.member.1=x",
            "MalformedInput",
            "Unexpected complex element termination",
        ),
        (
            "TransitiveTagKeys.member.1.x=y",
            "MalformedInput",
            "Start of structure",
        ),
        (
            "ExternalId=%",
            "MalformedQueryString",
            "Incomplete trailing escape % sequence",
        ),
        (
            "ExternalId=%2",
            "MalformedQueryString",
            "Incomplete trailing escape % sequence",
        ),
        (
            "ExternalId=%zz",
            "MalformedQueryString",
            "Illegal hex character in escape % pattern: zz",
        ),
        ("ExternalId=%C3", "MalformedQueryString", "UTF-8"),
        ("ExternalId=%C3&%A4=1", "MalformedQueryString", "UTF-8"),
    ] {
        check_refused(parameters, code, message);
    }
}

#[test]
fn sig_07_repeated_and_differently_cased_parameters_are_refused() {
    for parameters in [
        "ExternalId=a&ExternalId=b",
        "ExternalId=a&externalid=b",
        "externalId=a",
        "action=GetCallerIdentity",
        "Action=GetCallerIdentity",
        "version=2011-06-15",
        "ROLEARN=x",
        "tags.member.1.Key=a&tags.member.1.Value=b",
        "Tags.Member.1.Key=a&Tags.Member.1.Value=b",
        "Tags.member.1.key=a&Tags.member.1.value=b",
        "Tags.member.1.Key=a&Tags.member.1.Value=b&tags.member.2.Key=a&Tags.member.2.Value=c",
        "Colour=red&colour=blue",
    ] {
        check_refused(parameters, "MalformedQueryString", "parameter");
    }
}

#[test]
fn dos_04_too_many_parameters_are_refused_early() {
    let body: String = (0..100_000).map(|i| format!("a{i}=&")).collect();
    assert_eq!(
        route(&post("sts", &body)).unwrap_err().code(),
        "MalformedQueryString"
    );
    let under: String = (0..4_000)
        .map(|i| format!("&Tags.member.{i}x.Key="))
        .collect();
    check_refused(under.trim_start_matches('&'), "MalformedInput", "list");
}

#[test]
fn dos_05_hostile_forms_do_not_panic() {
    let parts = [
        "&", "=", "%", "%00", "%ff", ".", "member", "1", "Tags", "Action", "+", "\u{FF}", "é", "-",
        "/",
    ];
    let mut seed = 7_usize;
    for _ in 0..20_000 {
        let mut body = String::from("Action=AssumeRole&Version=2011-06-15&");
        for _ in 0..12 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            body.push_str(parts[(seed >> 33) % parts.len()]);
        }
        if let Ok(call) = route(&post("sts", &body)) {
            let _ = call.read::<sts::AssumeRoleRequest>();
        }
    }
}

#[test]
fn esc_10_parameters_named_like_context_keys_reach_nothing() {
    let read: sts::AssumeRoleRequest = support::sts(
        "AssumeRole",
        &format!("{ROLE}&principal=root&account_id=1&aws%3AUserId=x"),
    )
    .unwrap();
    let plain: sts::AssumeRoleRequest = support::sts("AssumeRole", ROLE).unwrap();
    assert_eq!(read, plain);
}

#[test]
fn timestamps_in_text() {
    for (unix_s, text) in [
        (0, "1970-01-01T00:00:00Z"),
        (1_310_413_767, "2011-07-11T19:49:27Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
        (-1, "1969-12-31T23:59:59Z"),
        (253_402_300_799, "9999-12-31T23:59:59Z"),
        (i64::MAX, "9999-12-31T23:59:59Z"),
        (i64::MIN, "0000-01-01T00:00:00Z"),
    ] {
        assert_eq!(Timestamp(unix_s).to_string(), text);
    }
    assert_eq!(enc("a b/ä"), "a%20b%2F%C3%A4");
    assert_eq!(
        locum_wire::percent::decode("a%20b+%C3%A4"),
        Some("a b+ä".to_owned())
    );
    assert_eq!(locum_wire::percent::decode("%C3"), None);
}

#[test]
fn esc_04_parameters_beyond_the_model_can_be_told_and_refused() {
    let unknown = |parameters: &str| {
        let body = iam_body("TagRole", parameters);
        call(&post("iam", &body))
            .unknown_parameters::<iam::TagRoleRequest>()
            .unwrap()
    };
    assert_eq!(
        unknown("RoleName=r&Tags.member.1.Key=a&Tags.member.1.Value=b"),
        [""; 0]
    );
    assert_eq!(unknown("RoleName=r&Tags=&X-Amz-Date=x"), [""; 0]);
    assert_eq!(
        unknown("RoleName=r&Policy=p&Tags.member.1.Colour=x&RoleName.x=1&Tags.1.Key=z"),
        ["Policy", "RoleName.x", "Tags.1.Key", "Tags.member.1.Colour"]
    );
    let body = r#"{"Email":"a@b.example","AccountName":"a","Role":{"x":1},"Tags":[{"Key":"k","Value":"","Admin":true}]}"#;
    let request = support::json("AWSOrganizationsV20161128.CreateAccount", body);
    let unknown =
        call(&request).unknown_parameters::<locum_wire::organizations::CreateAccountRequest>();
    assert_eq!(
        unknown,
        Ok(vec!["Role".to_owned(), "Tags.Admin".to_owned()])
    );
}
