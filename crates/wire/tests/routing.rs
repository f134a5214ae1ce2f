//! Which service and operation a request asks, and requests that ask none.
#![allow(clippy::panic, reason = "helpers of tests fail by panicking")]

mod support;

use locum_wire::{HttpRequest, Protocol, RouteError, Service, route};
use support::{FORM, call, get, iam_body, json, post, sts_body};

const ROLE: &str = "RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fdemo&RoleSessionName=alice";

#[test]
fn sig_07_a_parameter_in_query_and_body_is_refused() {
    let body = sts_body("AssumeRole", ROLE);
    for query in [
        "Action=GetCallerIdentity",
        "action=x",
        "RoleSessionName=eve",
        "Version=2011-06-15",
    ] {
        let request = HttpRequest {
            query,
            ..post("sts", &body)
        };
        assert_eq!(
            route(&request).unwrap_err().code(),
            "MalformedQueryString",
            "{query}"
        );
    }
}

fn error_of(request: &HttpRequest<'_>) -> RouteError {
    match route(request) {
        Err(e) => e,
        Ok(call) => panic!("{request:?} was taken for {call:?}"),
    }
}

#[test]
fn sig_06_other_content_types_are_refused() {
    let body = sts_body("GetCallerIdentity", "");
    for content_type in [
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/json",
        "application/x-www-form-urlencoded-not",
        "application/x-www-form-urlencoded; charset=utf-16",
        "",
    ] {
        let request = HttpRequest {
            content_type: Some(content_type),
            ..post("sts", &body)
        };
        let error = error_of(&request);
        assert_eq!(
            (error.status(), error.code()),
            (403, "MalformedHttpRequestException"),
            "{content_type}"
        );
    }
    let bare = HttpRequest {
        content_type: Some("Application/X-WWW-Form-URLEncoded"),
        ..post("sts", &body)
    };
    assert_eq!(call(&bare).operation, "GetCallerIdentity");
}

#[test]
fn sig_12_the_scope_decides_the_service_and_nothing_else_slips_through() {
    let sts_call = sts_body("GetCallerIdentity", "");
    let iam_call = iam_body("CreateUser", "UserName=a");
    for (scope, body, code) in [
        ("sts", &iam_call, "InvalidAction"),
        ("iam", &sts_call, "InvalidAction"),
        ("s3", &sts_call, "SignatureDoesNotMatch"),
        ("organizations", &iam_call, "SignatureDoesNotMatch"),
        ("STS", &sts_call, "SignatureDoesNotMatch"),
        ("", &sts_call, "SignatureDoesNotMatch"),
    ] {
        assert_eq!(error_of(&post(scope, body)).code(), code, "{scope}");
    }
    let target = "AWSOrganizationsV20161128.ListAccounts";
    let request = HttpRequest {
        scope_service: Some("iam"),
        ..json(target, "{}")
    };
    let error = error_of(&request);
    assert_eq!(
        (error.code(), error.status()),
        ("InvalidSignatureException", 400)
    );
    assert_eq!(
        error.message(),
        "Credential should be scoped to correct service: 'organizations'."
    );
}

#[test]
fn the_service_without_a_scope() {
    let unsigned = |body, host| HttpRequest {
        scope_service: None,
        host,
        ..post("", body)
    };
    let saml = sts_body("AssumeRoleWithSAML", "");
    let user = iam_body("GetUser", "");
    for host in [
        None,
        Some("localhost:4566"),
        Some("iam.example.com"),
        Some("sts.amazonaws.com"),
    ] {
        assert_eq!(
            call(&unsigned(&saml, host)).service,
            Service::Sts,
            "{host:?}"
        );
        assert_eq!(
            call(&unsigned(&user, host)).service,
            Service::Iam,
            "{host:?}"
        );
    }
    let nothing = sts_body("Nothing", "");
    for (host, service) in [
        (None, None),
        (Some("sts.eu-central-1.amazonaws.com"), Some(Service::Sts)),
        (Some("STS-FIPS.us-east-1.amazonaws.com"), Some(Service::Sts)),
        (Some("iam"), None),
    ] {
        let error = error_of(&unsigned(&nothing, host));
        assert_eq!(
            (error.service, error.code()),
            (service, "InvalidAction"),
            "{host:?}"
        );
    }
}

#[test]
fn what_is_no_call() {
    for (request, code, status, message) in [
        (post("sts", ""), "MissingAction", 400, "missing an action"),
        (
            post("sts", "Action=&Version=2011-06-15"),
            "MissingAction",
            400,
            "",
        ),
        (get("sts", ""), "MissingAction", 400, ""),
        (
            post("sts", "Action=Nope&Version=2011-06-15"),
            "InvalidAction",
            400,
            "Could not find operation Nope for version 2011-06-15",
        ),
        (
            post("sts", "Action=GetCallerIdentity"),
            "InvalidAction",
            400,
            "Could not find operation GetCallerIdentity for version NO_VERSION_SPECIFIED",
        ),
        (
            post("iam", "Action=GetUser&Version=2011-06-15"),
            "InvalidAction",
            400,
            "Could not find operation GetUser for version 2011-06-15",
        ),
        (
            HttpRequest {
                method: "PUT",
                ..post("sts", "Action=GetCallerIdentity&Version=2011-06-15")
            },
            "MalformedHttpRequestException",
            405,
            "",
        ),
        (
            HttpRequest {
                path: "/x",
                ..post("sts", "Action=GetCallerIdentity&Version=2011-06-15")
            },
            "MalformedHttpRequestException",
            404,
            "",
        ),
        (
            HttpRequest {
                body: b"Action=x",
                ..get("sts", "Action=GetCallerIdentity&Version=2011-06-15")
            },
            "MalformedHttpRequestException",
            403,
            "",
        ),
        (
            json("AWSOrganizationsV20161128.Nope", "{}"),
            "UnknownOperationException",
            400,
            "",
        ),
        (
            json("Nope.ListAccounts", "{}"),
            "UnknownOperationException",
            400,
            "",
        ),
        (json("", "{}"), "UnknownOperationException", 400, ""),
        (
            HttpRequest {
                target: None,
                ..json("", "{}")
            },
            "UnknownOperationException",
            400,
            "",
        ),
        (
            HttpRequest {
                content_type: Some(FORM),
                ..json("AWSOrganizationsV20161128.ListAccounts", "{}")
            },
            "MalformedHttpRequestException",
            400,
            "",
        ),
        (
            HttpRequest {
                method: "GET",
                ..json("AWSOrganizationsV20161128.ListAccounts", "{}")
            },
            "MalformedHttpRequestException",
            405,
            "",
        ),
    ] {
        let error = error_of(&request);
        assert_eq!(
            (error.code(), error.status()),
            (code, status),
            "{request:?}"
        );
        assert!(error.message().contains(message), "{}", error.message());
    }
}

#[test]
fn the_protocol_of_the_answer() {
    let body = sts_body("GetCallerIdentity", "");
    let user = iam_body("GetUser", "");
    for (scope, body, accept, protocol) in [
        ("sts", &body, None, Protocol::Query),
        ("sts", &body, Some("*/*"), Protocol::Query),
        ("sts", &body, Some("application/json"), Protocol::QueryJson),
        (
            "sts",
            &body,
            Some("text/html, Application/JSON; q=0.9"),
            Protocol::QueryJson,
        ),
        ("sts", &body, Some("application/jsonx"), Protocol::Query),
        ("iam", &user, Some("application/json"), Protocol::Query),
    ] {
        let request = HttpRequest {
            accept,
            ..post(scope, body)
        };
        assert_eq!(call(&request).protocol, protocol, "{accept:?}");
    }
}
