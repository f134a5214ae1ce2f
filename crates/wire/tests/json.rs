//! AWS JSON 1.1: bodies that decode, and bodies that are refused.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod support;

use locum_wire::organizations::{CreateAccountRequest, ListCreateAccountStatusRequest};
use locum_wire::{Service, iam, operation, operations, read_output};
use support::{call, json};

const CREATE: &str = "AWSOrganizationsV20161128.CreateAccount";
const LIST: &str = "AWSOrganizationsV20161128.ListCreateAccountStatus";

#[test]
fn bodies() {
    let body = r#" {"Email":"d\u00e9v@example.com","AccountName":"Dev","Tags":[{"Key":"k","Value":"\u4e2d"}],"Unknown":{"\ud83e\udd80":[1,2.5,null,true]}} "#;
    let read: CreateAccountRequest = call(&json(CREATE, body))
        .read()
        .unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(read.email, "dév@example.com");
    let read: ListCreateAccountStatusRequest = call(&json(
        LIST,
        r#"{"States":["SUCCEEDED","FAILED"],"MaxResults":20,"NextToken":null}"#,
    ))
    .read()
    .unwrap();
    assert_eq!(read.states, Some(vec!["SUCCEEDED".into(), "FAILED".into()]));
    assert_eq!((read.max_results, read.next_token), (Some(20), None));
    for empty in ["", "{}", "\n{ }"] {
        let read: ListCreateAccountStatusRequest = call(&json(LIST, empty)).read().unwrap();
        assert_eq!(read, ListCreateAccountStatusRequest::default());
    }
}

fn check_refused(body: &str, message: &str) {
    let error = call(&json(LIST, body))
        .read::<ListCreateAccountStatusRequest>()
        .unwrap_err();
    assert_eq!(
        (error.code(), error.status()),
        ("SerializationException", 400),
        "{body}"
    );
    assert!(
        error.message().contains(message),
        "{body}: {}",
        error.message()
    );
}

#[test]
fn refused_bodies() {
    for (body, message) in [
        ("{", ""),
        ("nonsense", ""),
        ("{}{}", ""),
        ("[]", "Start of list found where not expected"),
        ("\"x\"", "STRING_VALUE can not be converted to a Structure"),
        (
            r#"{"MaxResults":"20"}"#,
            "STRING_VALUE can not be converted to an Integer",
        ),
        (
            r#"{"MaxResults":1.5}"#,
            "DECIMAL_VALUE can not be converted to an Integer",
        ),
        (
            r#"{"MaxResults":99999999999}"#,
            "NUMBER_VALUE can not be converted to an Integer",
        ),
        (
            r#"{"MaxResults":99999999999999999999}"#,
            "DECIMAL_VALUE can not be converted to an Integer",
        ),
        (
            r#"{"NextToken":5}"#,
            "NUMBER_VALUE can not be converted to a String",
        ),
        (
            r#"{"NextToken":true}"#,
            "TRUE_VALUE can not be converted to a String",
        ),
        (
            r#"{"NextToken":{}}"#,
            "Start of structure or map found where not expected",
        ),
        (
            r#"{"NextToken":[]}"#,
            "Start of list found where not expected",
        ),
        (
            r#"{"States":"SUCCEEDED"}"#,
            "STRING_VALUE can not be converted to a List",
        ),
        (
            r#"{"States":[null]}"#,
            "NULL_VALUE can not be converted to a String",
        ),
        ("{\"NextToken\":\"\u{1}\"}", ""),
    ] {
        check_refused(body, message);
    }
}

#[test]
fn sig_07_repeated_and_differently_cased_members_are_refused() {
    check_refused(r#"{"MaxResults":1,"MaxResults":2}"#, "more than once");
    check_refused(r#"{"MaxResults":1,"maxResults":2}"#, "more than once");
    check_refused(
        r#"{"maxResults":2}"#,
        "not written as the service writes it",
    );
    check_refused(r#"{"x":{"a":1,"A":2}}"#, "more than once");
}

#[test]
fn dos_01_deep_and_large_documents_are_refused() {
    check_refused(
        &format!("{{\"x\":{}", "[".repeat(100_000)),
        "nested too deeply",
    );
    check_refused(
        &format!("{{\"x\":{}", "{\"a\":".repeat(100_000)),
        "nested too deeply",
    );
    check_refused(
        &format!("{{\"x\":[{}1]}}", "1,".repeat(1_000_000)),
        "too many values",
    );
    let names: String = (0..1_000_000).map(|i| format!("\"k{i}\":1,")).collect();
    check_refused(&format!("{{{names}\"z\":1}}"), "too many values");
}

#[test]
fn every_operation_of_the_models_is_known() {
    for (service, count) in [
        (Service::Sts, 11),
        (Service::Iam, 180),
        (Service::Organizations, 63),
        (Service::CloudTrail, 60),
    ] {
        let all = operations(service);
        assert_eq!(all.len(), count);
        assert!(all.iter().zip(&all[1..]).all(|(a, b)| a.name < b.name));
        for model in all {
            assert_eq!(
                operation(service, model.name).map(|m| m.name),
                Some(model.name)
            );
            assert!(
                model.errors.iter().all(|e| (400..=599).contains(&e.status)),
                "{}",
                model.name
            );
        }
        assert!(operation(service, "nope").is_none());
    }
    let create = operation(Service::Iam, "CreateUser").unwrap();
    let codes: Vec<(&str, u16)> = create.errors.iter().map(|e| (e.code, e.status)).collect();
    assert!(
        codes.contains(&("EntityAlreadyExists", 409)) && codes.contains(&("ServiceFailure", 500)),
        "{codes:?}"
    );
    assert_eq!(iam::errors::NO_SUCH_ENTITY.code, "NoSuchEntity");
}

#[test]
fn numbers_of_any_form_are_times() {
    let read = |n: &str| {
        let body = format!("{{\"Account\":{{\"JoinedTimestamp\":{n}}}}}");
        read_output::<locum_wire::organizations::DescribeAccountResponse>(
            Service::Organizations,
            "",
            body.as_bytes(),
        )
        .unwrap()
        .account
        .and_then(|a| a.joined_timestamp)
        .map(|t| t.0)
    };
    assert_eq!(read("1534300000"), Some(1_534_300_000));
    assert_eq!(read("1.5343E9"), Some(1_534_300_000));
    assert_eq!(read("-0.5"), Some(-1));
    assert_eq!(read("1e300"), Some(i64::MAX));
}

#[test]
fn a_target_may_have_dots_in_its_prefix() {
    let target = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";
    let request = locum_wire::HttpRequest {
        scope_service: Some("cloudtrail"),
        ..support::json(target, "{\"MaxResults\":5}")
    };
    let call = locum_wire::route(&request).unwrap();
    assert_eq!(
        (call.service, call.operation.as_ref()),
        (Service::CloudTrail, "LookupEvents")
    );
    let input: locum_wire::cloudtrail::LookupEventsRequest = call.read().unwrap();
    assert_eq!(input.max_results, Some(5));
    // The SDK for JavaScript sends the short form.
    let short = locum_wire::HttpRequest {
        target: Some("CloudTrail_20131101.LookupEvents"),
        ..request
    };
    let call = locum_wire::route(&short).unwrap();
    assert_eq!(call.service, Service::CloudTrail);
    for other in [
        "LookupEvents",
        ".LookupEvents",
        "v20131101.CloudTrail_20131101.LookupEvents",
        "com.amazonaws.cloudtrail.LookupEvents",
    ] {
        let request = locum_wire::HttpRequest {
            target: Some(other),
            ..request
        };
        assert!(locum_wire::route(&request).is_err(), "{other}");
    }
}
