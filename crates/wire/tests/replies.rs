//! Answers, byte for byte as AWS sends them.

use locum_wire::{
    CallInfo, ErrorBody, Fault, HttpRequest, Protocol, Reply, Service, Timestamp, iam,
    organizations, route, sts, write_empty, write_error, write_error_with, write_output,
};

const ID: &str = "b25f48e8-84fd-11e6-80d9-574e0c4664cb";

fn info(service: Service, operation: &str, protocol: Protocol) -> CallInfo<'_> {
    CallInfo {
        service,
        operation,
        protocol,
    }
}

fn check(reply: &Reply, status: u16, content_type: &str, body: &str) {
    assert_eq!((reply.status, reply.content_type), (status, content_type));
    assert_eq!(String::from_utf8_lossy(&reply.body), body);
}

fn assumed() -> sts::AssumeRoleResponse {
    sts::AssumeRoleResponse {
        credentials: Some(sts::Credentials {
            access_key_id: "ASIAIOSFODNN7EXAMPLE".into(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY".into(),
            session_token: "AQoDYXdzEPT//////////wEX==".into(),
            expiration: Timestamp(1_310_413_767),
        }),
        assumed_role_user: Some(sts::AssumedRoleUser {
            assumed_role_id: "AROA3XFRBF535PLBIFPI4:demo".into(),
            arn: "arn:aws:sts::123456789012:assumed-role/demo/demo".into(),
        }),
        packed_policy_size: Some(6),
        ..sts::AssumeRoleResponse::default()
    }
}

#[test]
fn a_result_in_xml() {
    let reply = write_output(
        &info(Service::Sts, "AssumeRole", Protocol::Query),
        &assumed(),
        ID,
    );
    check(
        &reply,
        200,
        "text/xml",
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
         <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/demo/demo</Arn>\
         <AssumedRoleId>AROA3XFRBF535PLBIFPI4:demo</AssumedRoleId></AssumedRoleUser>\
         <Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId>\
         <Expiration>2011-07-11T19:49:27Z</Expiration>\
         <SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY</SecretAccessKey>\
         <SessionToken>AQoDYXdzEPT//////////wEX==</SessionToken></Credentials>\
         <PackedPolicySize>6</PackedPolicySize></AssumeRoleResult><ResponseMetadata>\
         <RequestId>b25f48e8-84fd-11e6-80d9-574e0c4664cb</RequestId></ResponseMetadata></AssumeRoleResponse>",
    );
}

#[test]
fn a_result_in_json_for_those_who_accept_it() {
    let output = sts::GetCallerIdentityResponse {
        user_id: Some("AIDA".into()),
        account: Some("123456789012".into()),
        arn: Some("arn:aws:iam::123456789012:user/\"q\"".into()),
    };
    let reply = write_output(
        &info(Service::Sts, "GetCallerIdentity", Protocol::QueryJson),
        &output,
        ID,
    );
    check(
        &reply,
        200,
        "application/json",
        "{\"GetCallerIdentityResponse\":{\"GetCallerIdentityResult\":{\"Account\":\"123456789012\",\
         \"Arn\":\"arn:aws:iam::123456789012:user/\\\"q\\\"\",\"UserId\":\"AIDA\"},\
         \"ResponseMetadata\":{\"RequestId\":\"b25f48e8-84fd-11e6-80d9-574e0c4664cb\"}}}",
    );
    let reply = write_output(
        &info(Service::Sts, "AssumeRole", Protocol::QueryJson),
        &assumed(),
        ID,
    );
    let text = String::from_utf8(reply.body.to_vec()).unwrap();
    assert!(text.contains("\"Expiration\":1310413767,"), "{text}");
}

#[test]
fn lists_maps_booleans_and_empty_things_in_xml() {
    let output = iam::ListUsersResponse {
        users: vec![],
        is_truncated: Some(false),
        marker: None,
    };
    let reply = write_output(
        &info(Service::Iam, "ListUsers", Protocol::Query),
        &output,
        ID,
    );
    let text = String::from_utf8(reply.body.to_vec()).unwrap();
    assert!(
        text.contains(
            "<ListUsersResult><IsTruncated>false</IsTruncated><Users/></ListUsersResult>"
        ),
        "{text}"
    );

    let output = iam::GetAccountSummaryResponse {
        summary_map: Some(vec![("Users".into(), 27), ("GroupsQuota".into(), 15)]),
    };
    let reply = write_output(
        &info(Service::Iam, "GetAccountSummary", Protocol::Query),
        &output,
        ID,
    );
    let text = String::from_utf8(reply.body.to_vec()).unwrap();
    assert!(
        text.contains(
            "<SummaryMap><entry><key>Users</key><value>27</value></entry>\
             <entry><key>GroupsQuota</key><value>15</value></entry></SummaryMap>"
        ),
        "{text}"
    );

    let tag = |key: &str, value: &str| iam::Tag {
        key: key.into(),
        value: value.into(),
    };
    let output = iam::ListRoleTagsResponse {
        tags: vec![tag("a<b", "&\"'\u{1}\u{FFFE}\r\n"), tag("k", "")],
        is_truncated: Some(true),
        marker: Some("m".into()),
    };
    let reply = write_output(
        &info(Service::Iam, "ListRoleTags", Protocol::Query),
        &output,
        ID,
    );
    let text = String::from_utf8(reply.body.to_vec()).unwrap();
    assert!(
        text.contains(
            "<Tags><member><Key>a&lt;b</Key><Value>&amp;&quot;'\u{FFFD}\u{FFFD}&#xD;\n</Value></member>\
             <member><Key>k</Key><Value/></member></Tags>"
        ),
        "{text}"
    );
}

#[test]
fn operations_without_a_result() {
    let reply = write_empty(&info(Service::Iam, "DeleteUser", Protocol::Query), ID);
    check(
        &reply,
        200,
        "text/xml",
        "<DeleteUserResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ResponseMetadata>\
         <RequestId>b25f48e8-84fd-11e6-80d9-574e0c4664cb</RequestId></ResponseMetadata></DeleteUserResponse>",
    );
    let reply = write_empty(
        &info(Service::Organizations, "AttachPolicy", Protocol::Json11),
        ID,
    );
    check(&reply, 200, "application/x-amz-json-1.1", "{}");
}

#[test]
fn a_result_in_json_1_1() {
    let output = organizations::DescribeCreateAccountStatusResponse {
        create_account_status: Some(organizations::CreateAccountStatus {
            id: Some("car-a1b2c3d4".into()),
            state: Some("SUCCEEDED".into()),
            requested_timestamp: Some(Timestamp(1_760_000_000)),
            ..Default::default()
        }),
    };
    let call = info(
        Service::Organizations,
        "DescribeCreateAccountStatus",
        Protocol::Json11,
    );
    check(
        &write_output(&call, &output, ID),
        200,
        "application/x-amz-json-1.1",
        "{\"CreateAccountStatus\":{\"Id\":\"car-a1b2c3d4\",\"RequestedTimestamp\":1760000000,\"State\":\"SUCCEEDED\"}}",
    );
}

#[test]
fn errors_in_each_protocol() {
    let error = ErrorBody {
        code: "AccessDenied",
        message: "User: <x> is not",
        status: 403,
        sender: Fault::Sender,
    };
    check(
        &write_error(Protocol::Query, Some(Service::Sts), &error, ID),
        403,
        "text/xml",
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
         <Code>AccessDenied</Code><Message>User: &lt;x&gt; is not</Message></Error>\
         <RequestId>b25f48e8-84fd-11e6-80d9-574e0c4664cb</RequestId></ErrorResponse>",
    );
    check(
        &write_error(Protocol::QueryJson, Some(Service::Sts), &error, ID),
        403,
        "application/json",
        "{\"Error\":{\"Code\":\"AccessDenied\",\"Message\":\"User: <x> is not\",\"Type\":\"Sender\"},\
         \"RequestId\":\"b25f48e8-84fd-11e6-80d9-574e0c4664cb\"}",
    );
    let error = ErrorBody {
        code: "ServiceException",
        message: "",
        status: 500,
        sender: Fault::Receiver,
    };
    check(
        &write_error(Protocol::Json11, Some(Service::Organizations), &error, ID),
        500,
        "application/x-amz-json-1.1",
        "{\"__type\":\"ServiceException\",\"Message\":\"\"}",
    );
    let error = ErrorBody {
        code: "ConstraintViolationException",
        message: "no\n",
        status: 400,
        sender: Fault::Sender,
    };
    let members = [("Reason", "ACCOUNT_NUMBER_LIMIT_EXCEEDED")];
    check(
        &write_error_with(
            Protocol::Json11,
            Some(Service::Organizations),
            &error,
            &members,
            ID,
        ),
        400,
        "application/x-amz-json-1.1",
        "{\"__type\":\"ConstraintViolationException\",\"Message\":\"no\\n\",\"Reason\":\"ACCOUNT_NUMBER_LIMIT_EXCEEDED\"}",
    );
}

#[test]
fn an_invalid_action_has_the_namespace_of_faults() {
    let request = HttpRequest {
        method: "POST",
        path: "/",
        scope_service: Some("iam"),
        body: b"Action=<Nope>&Version=2010-05-08",
        ..HttpRequest::default()
    };
    check(
        &route(&request).unwrap_err().reply(ID),
        400,
        "text/xml",
        "<ErrorResponse xmlns=\"http://webservices.amazon.com/AWSFault/2005-15-09\"><Error><Type>Sender</Type>\
         <Code>InvalidAction</Code><Message>Could not find operation &lt;Nope&gt; for version 2010-05-08</Message></Error>\
         <RequestId>b25f48e8-84fd-11e6-80d9-574e0c4664cb</RequestId></ErrorResponse>",
    );
}
