//! The client's direction: requests as SDKs write them, answers as AWS writes them.

use locum_wire::{
    ReadError, RemoteError, Service, Timestamp, iam, organizations, read_error, read_output, sts,
    write_input,
};

#[test]
fn requests() {
    let input = sts::AssumeRoleRequest {
        role_arn: "arn:aws:iam::123456789012:role/a b".into(),
        role_session_name: "x".into(),
        duration_seconds: Some(900),
        tags: Some(vec![sts::Tag {
            key: "k".into(),
            value: "ä+".into(),
        }]),
        transitive_tag_keys: Some(vec![]),
        ..sts::AssumeRoleRequest::default()
    };
    let request = write_input(Service::Sts, "AssumeRole", &input);
    assert_eq!(
        request.content_type,
        "application/x-www-form-urlencoded; charset=utf-8"
    );
    assert_eq!(request.target, None);
    assert_eq!(
        String::from_utf8(request.body).unwrap(),
        "Action=AssumeRole&Version=2011-06-15&DurationSeconds=900\
         &RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fa%20b&RoleSessionName=x\
         &Tags.member.1.Key=k&Tags.member.1.Value=%C3%A4%2B&TransitiveTagKeys="
    );
    let input = organizations::CreateAccountRequest {
        account_name: "a\"b".into(),
        email: "a@b.example".into(),
        ..Default::default()
    };
    let request = write_input(Service::Organizations, "CreateAccount", &input);
    assert_eq!(request.content_type, "application/x-amz-json-1.1");
    assert_eq!(
        request.target.as_deref(),
        Some("AWSOrganizationsV20161128.CreateAccount")
    );
    assert_eq!(
        request.body,
        br#"{"AccountName":"a\"b","Email":"a@b.example"}"#
    );
}

#[test]
fn answers() {
    let body = br#"<?xml version="1.0"?>
<!-- as printed in the documentation -->
<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult>
    <Credentials>
      <SessionToken>AQoD&amp;<![CDATA[<x>]]>&#x41;</SessionToken>
      <Expiration>2011-07-11T19:55:29.611Z</Expiration>
    </Credentials>
    <NewInTheModel><a>1</a></NewInTheModel>
    <PackedPolicySize>6</PackedPolicySize>
  </AssumeRoleResult>
  <ResponseMetadata><RequestId>c6104cbe</RequestId></ResponseMetadata>
</AssumeRoleResponse>"#;
    let read: sts::AssumeRoleResponse = read_output(Service::Sts, "AssumeRole", body).unwrap();
    let credentials = read.credentials.unwrap();
    assert_eq!(credentials.session_token, "AQoD&<x>A");
    assert_eq!(credentials.expiration, Timestamp(1_310_414_129));
    assert_eq!(read.packed_policy_size, Some(6));

    let body = br#"{"Account":{"Arn":"x","JoinedTimestamp":1.5343E9,"Future":[1]}}"#;
    let read: organizations::DescribeAccountResponse =
        read_output(Service::Organizations, "DescribeAccount", body).unwrap();
    assert_eq!(
        read.account.unwrap().joined_timestamp,
        Some(Timestamp(1_534_300_000))
    );
}

#[test]
fn answers_that_are_none() {
    let read = |body: &str| -> ReadError {
        read_output::<iam::GetUserResponse>(Service::Iam, "GetUser", body.as_bytes()).unwrap_err()
    };
    let deep = format!("{}x", "<a>".repeat(100_000));
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bb\">]><a>&b;</a>";
    assert!(matches!(read(""), ReadError::Xml(_)));
    assert!(matches!(read("<html>"), ReadError::Xml(_)));
    assert!(matches!(read("<a></b>"), ReadError::Xml(_)));
    assert!(matches!(read(&deep), ReadError::Xml(_)));
    assert!(matches!(read(bomb), ReadError::Xml(_)));
    assert!(matches!(read("<a>&b;</a>"), ReadError::Xml(_)));
    assert!(matches!(read("<a/>"), ReadError::Missing(_)));
    assert!(matches!(
        read("<R><GetUserResult><User><CreateDate>soon</CreateDate></User></GetUserResult></R>"),
        ReadError::Type(_)
    ));
}

fn check_error(service: Service, body: &str, code: &str, message: &str, request_id: Option<&str>) {
    let expected = RemoteError {
        status: 403,
        code: code.into(),
        message: message.into(),
        request_id: request_id.map(str::to_owned),
    };
    assert_eq!(
        read_error(service, 403, body.as_bytes()),
        expected,
        "{body}"
    );
}

#[test]
fn errors() {
    check_error(
        Service::Sts,
        "<ErrorResponse xmlns=\"x\"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>a &lt; b</Message></Error><RequestId>id</RequestId></ErrorResponse>",
        "AccessDenied",
        "a < b",
        Some("id"),
    );
    check_error(
        Service::Sts,
        r#"{"Error":{"Code":"ExpiredToken","Message":"late","Type":"Sender"},"RequestId":"id"}"#,
        "ExpiredToken",
        "late",
        Some("id"),
    );
    for kind in [
        "ServiceException",
        "com.amazonaws#ServiceException",
        "a.b#ServiceException:http://x/",
    ] {
        let body = format!(r#"{{"__type":"{kind}","message":"no"}}"#);
        check_error(
            Service::Organizations,
            &body,
            "ServiceException",
            "no",
            None,
        );
    }
    check_error(
        Service::Organizations,
        r#"{"__type":"X","Message":"No"}"#,
        "X",
        "No",
        None,
    );
    for body in ["", "<html>Bad gateway", "{", "null", "[]", "\u{0}"] {
        for service in Service::ALL {
            check_error(service, body, "", "", None);
        }
    }
}
