//! What the tests of this crate share: requests in short, and the routing of them.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::panic, reason = "helpers of tests fail by panicking")]

use locum_wire::{Call, HttpRequest, InputError, Structure, route};

/// The content type that SDKs send.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
/// The same for JSON services.
pub(crate) const JSON: &str = "application/x-amz-json-1.1";

/// A signed form POST.
pub(crate) fn post<'a>(service: &'a str, body: &'a str) -> HttpRequest<'a> {
    HttpRequest {
        method: "POST",
        path: "/",
        content_type: Some(FORM),
        scope_service: Some(service),
        body: body.as_bytes(),
        ..HttpRequest::default()
    }
}

/// A signed GET.
pub(crate) fn get<'a>(service: &'a str, query: &'a str) -> HttpRequest<'a> {
    HttpRequest {
        method: "GET",
        path: "/",
        query,
        scope_service: Some(service),
        ..HttpRequest::default()
    }
}

/// A signed JSON call of Organizations.
pub(crate) fn json<'a>(target: &'a str, body: &'a str) -> HttpRequest<'a> {
    HttpRequest {
        method: "POST",
        path: "/",
        content_type: Some(JSON),
        target: Some(target),
        scope_service: Some("organizations"),
        body: body.as_bytes(),
        ..HttpRequest::default()
    }
}

/// `Action` and `Version` in front of the parameters.
pub(crate) fn sts_body(action: &str, parameters: &str) -> String {
    format!(
        "Action={action}&Version=2011-06-15{}{parameters}",
        and(parameters)
    )
}

/// The same for IAM.
pub(crate) fn iam_body(action: &str, parameters: &str) -> String {
    format!(
        "Action={action}&Version=2010-05-08{}{parameters}",
        and(parameters)
    )
}

fn and(parameters: &str) -> &'static str {
    if parameters.is_empty() { "" } else { "&" }
}

/// Routes a request that must be a call.
pub(crate) fn call<'a>(request: &HttpRequest<'a>) -> Call<'a> {
    route(request).unwrap_or_else(|e| panic!("{request:?} is no call: {e}"))
}

/// Decodes an STS form.
pub(crate) fn sts<T: Structure>(action: &str, parameters: &str) -> Result<T, InputError> {
    let body = sts_body(action, parameters);
    call(&post("sts", &body)).read()
}

/// Decodes an IAM form.
pub(crate) fn iam<T: Structure>(action: &str, parameters: &str) -> Result<T, InputError> {
    let body = iam_body(action, parameters);
    call(&post("iam", &body)).read()
}

/// Percent-encodes.
pub(crate) fn enc(text: &str) -> String {
    locum_wire::percent::encode(text)
}
