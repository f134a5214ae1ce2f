//! The record of a call whose signature cannot be right: which key it named, and never a secret.

use bytes::Bytes;
use locum_wire::{Empty, Service, write_input};
use serde_json::Value;

use crate::common::{Lab, REGION, sign, unsigned};

fn call(lab: &Lab, edit: impl Fn(&mut http::Request<Bytes>)) -> Value {
    let mut request = lab.signed(
        &lab.admin,
        Service::Iam,
        write_input(Service::Iam, "ListUsers", &Empty {}),
    );
    edit(&mut request);
    let answer = lab.send(request);
    assert!(matches!(answer.status, 400 | 403), "{}", answer.status);
    answer.event.expect("a record")
}

/// The same with another text in the Authorization header.
fn edited(lab: &Lab, from: &str, to: &str) -> Value {
    call(lab, |request| {
        let held = request.headers()["authorization"].to_str().expect("text");
        assert!(held.contains(from), "{held}");
        let text = held.replacen(from, to, 1);
        let value = text.parse().expect("a header value");
        request.headers_mut().insert("authorization", value);
    })
}

#[test]
fn the_key_of_a_call_that_is_refused_before_it_is_looked_up_is_told() {
    let lab = Lab::new();
    let input = || write_input(Service::Iam, "ListUsers", &Empty {});
    let late = lab.send(sign(
        &lab.admin,
        "iam",
        lab.now_s() - 3_600,
        unsigned(Service::Iam, input()),
    ));
    let long = format!("/{}/iam", "x".repeat(65));
    let events = [
        late.event.expect("a record"),
        edited(&lab, "/iam/", "/s3/"),
        edited(&lab, &format!("/{REGION}/iam"), &long),
        edited(&lab, "/aws4_request", ""),
        edited(&lab, "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512"),
        edited(&lab, "Signature=", "Sign="),
        call(&lab, |request| {
            request.headers_mut().remove("x-amz-date");
        }),
        call(&lab, |request| {
            request.headers_mut().remove("authorization");
            let uri = format!(
                "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}%2F20260301%2Fus-east-1%2Fiam%2Faws4_request",
                lab.admin.id
            );
            *request.uri_mut() = uri.parse().expect("a target");
        }),
    ];
    for event in events {
        let identity = &event["userIdentity"];
        assert_eq!(identity["type"], "Unknown", "{event}");
        assert_eq!(identity["accessKeyId"], lab.admin.id.as_str(), "{event}");
    }
}

#[test]
fn aud_02_a_secret_in_the_place_of_the_key_is_not_recorded() {
    let lab = Lab::new();
    for secret in [
        "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYab",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AKIAalrXUtnFEMIK7MDE",
        "SECRETSECRETSECRET",
    ] {
        let event = edited(&lab, &lab.admin.id, secret);
        assert!(event["userIdentity"]["accessKeyId"].is_null(), "{event}");
        assert!(!event.to_string().contains(secret), "{event}");
        let late = call(&lab, |request| {
            let id = lab.admin.id.as_str();
            let held = request.headers()["authorization"].to_str().expect("text");
            let value = held.replacen(id, secret, 1).parse().expect("a value");
            request.headers_mut().insert("authorization", value);
            let past = "20200101T000000Z".parse().expect("a value");
            request.headers_mut().insert("x-amz-date", past);
        });
        assert!(!late.to_string().contains(secret), "{late}");
    }
}
