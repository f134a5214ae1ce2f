//! Codes, statuses and sentences, and which fault is told when there are several.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::string_slice,
    reason = "helpers of tests"
)]

mod common;
#[path = "common/signed.rs"]
mod signed;

use common::RawRequest;
use locum_sigv4::{AuthError, KeyCache, SigningKey};
use signed::{NOW, SECRET, accepted, judge, post, presigned, refused, rules, signed};

const MISMATCH: (&str, u16) = ("SignatureDoesNotMatch", 403);
const INCOMPLETE: (&str, u16) = ("IncompleteSignature", 400);

#[track_caller]
fn check(request: RawRequest, (code, status): (&str, u16), sentence: &str) {
    refused(&request, code, status, sentence);
}

fn good() -> RawRequest {
    signed(post(), None, NOW, "sts")
}

/// `good()` with its Authorization header edited.
fn edited(from: &str, to: &str) -> RawRequest {
    let request = good();
    let authorization = request.header("Authorization").unwrap();
    assert!(
        authorization.contains(from),
        "{from} not in {authorization}"
    );
    let changed = authorization.replacen(from, to, 1);
    request.set("Authorization", &changed)
}

#[test]
fn what_is_right_is_accepted() {
    accepted(&good());
    accepted(&signed(post(), Some("token/+=="), NOW, "sts"));
    let get = RawRequest::read(
        "GET /?Version=2011-06-15&Action=GetCallerIdentity HTTP/1.1\nHost:sts.amazonaws.com",
    );
    accepted(&presigned(get.clone(), NOW, "sts", 60));
    accepted(&signed(get, None, NOW, "sts"));
    // Separators as AWS takes them.
    accepted(&edited(", SignedHeaders", ",SignedHeaders"));
    accepted(&edited(", SignedHeaders", " SignedHeaders"));
    // What is not signed may change.
    accepted(&good().plus("User-Agent", "x"));
    // HTTP/2 has :authority in place of Host.
    accepted(
        &good()
            .without("Host")
            .plus(":authority", "sts.amazonaws.com"),
    );
    // The window, to the second.
    for at in [NOW - 900, NOW + 900] {
        accepted(&signed(post(), None, at, "sts"));
    }
}

#[test]
fn steps_1_and_2_path_and_query() {
    for path in [
        "x",
        "/..",
        "/a/../..",
        "/%",
        "/%4",
        "/%zz",
        "*",
        "http://x/",
    ] {
        let mut request = good();
        request.path = path.to_owned();
        check(request.clone(), ("BadRequest", 400), "");
        assert!(judge(&request, &rules(NOW)).unwrap_err().is_bare());
    }
    let mut request = good();
    for (query, sentence) in [
        ("a=%", "Incomplete trailing escape % sequence"),
        ("a=%4", "Incomplete trailing escape % sequence"),
        ("a=%zz&b", "Illegal hex character in escape % pattern: %zz"),
        ("%4g=1", "Illegal hex character in escape % pattern: %4g"),
    ] {
        request.query = query.to_owned();
        check(request.clone(), ("MalformedQueryString", 400), sentence);
    }
    request.query = "a&".repeat(5_000);
    check(
        request,
        ("MalformedQueryString", 400),
        "Too many query parameters",
    );
    let crowd = (0..300).fold(good(), |request, number| {
        request.plus(&format!("x-{number}"), "")
    });
    check(crowd, ("BadRequest", 400), "Too many headers");
}

#[test]
fn steps_4_and_5_which_mechanism() {
    check(
        post(),
        ("MissingAuthenticationToken", 403),
        "Request is missing Authentication Token",
    );
    let mut query = post();
    query.query = "X-Amz-Algorithm=AWS4-HMAC-SHA1".to_owned();
    check(
        query.clone(),
        ("MissingAuthenticationToken", 403),
        "Request is missing Authentication Token",
    );
    query.query = "X-Amz-Signature=00".to_owned();
    check(
        query,
        ("MissingAuthenticationToken", 403),
        "Request is missing Authentication Token",
    );
    let mut both = good();
    both.query = "X-Amz-Algorithm=AWS4-HMAC-SHA256".to_owned();
    assert_eq!(judge(&both, &rules(NOW)), Err(AuthError::TwoMechanisms));
    check(both, MISMATCH, "");
}

#[test]
fn step_6_the_header() {
    for (value, shown) in [
        ("Bearer abc", "Bearer"),
        (
            "AWS4-ECDSA-P256-SHA256 Credential=x",
            "AWS4-ECDSA-P256-SHA256",
        ),
        ("", ""),
    ] {
        let request = good().set("Authorization", value);
        check(
            request,
            INCOMPLETE,
            &format!("Unsupported AWS 'algorithm': '{shown}'."),
        );
    }
    // What stands in for an algorithm may be a secret: shown in part only.
    let long = "s".repeat(100);
    check(
        good().set("Authorization", &long),
        INCOMPLETE,
        &format!("Unsupported AWS 'algorithm': '{}'.", &long[..32]),
    );
    check(
        good().set("Authorization", "AWS4-HMAC-SHA256 Credential"),
        INCOMPLETE,
        "'Credential' not a valid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): 'KfSoC26UaBDGXxo5AUFS45c1cmAbyLKDOxOTKcZYWt4='.",
    );
    let bare = good()
        .set("Authorization", "AWS4-HMAC-SHA256")
        .without("X-Amz-Date");
    let error = judge(&bare, &rules(NOW)).unwrap_err();
    assert!(error.message().starts_with("Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) Authorization="), "{error}");
    assert_eq!(
        (error.code(), error.json_code()),
        ("IncompleteSignature", "IncompleteSignatureException")
    );
    let error = judge(&good().without("X-Amz-Date"), &rules(NOW)).unwrap_err();
    assert!(
        error
            .message()
            .starts_with("Authorization header requires existence of either"),
        "{error}"
    );
}

#[test]
fn step_7_the_query() {
    let mut request = post();
    request.query = "X-Amz-Algorithm=AWS4-HMAC-SHA256".to_owned();
    check(
        request.clone(),
        INCOMPLETE,
        "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.",
    );
    request
        .query
        .push_str("&X-Amz-Credential=a&X-Amz-Signature=&X-Amz-Date=c&X-Amz-SignedHeaders=host");
    check(
        request,
        INCOMPLETE,
        "AWS query-string parameters must include 'X-Amz-Signature'. Re-examine the query-string parameters.",
    );
}

#[test]
fn steps_8_to_13_in_order() {
    let host = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
    check(edited("host;", ""), MISMATCH, host);
    // The host comes before the date, the date before the window, the window before the credential,
    // the credential before the scope.
    check(
        edited("host;", "").set("X-Amz-Date", "never"),
        MISMATCH,
        host,
    );
    let date = "Date must be in ISO-8601 'basic format'. Got 'never'. See http://en.wikipedia.org/wiki/ISO_8601";
    check(
        edited("/us-east-1", "").set("X-Amz-Date", "never"),
        INCOMPLETE,
        date,
    );
    let expired = "Signature expired: 20150830T122059Z is now earlier than 20150830T122100Z (20150830T123600Z - 15 min.)";
    check(
        edited("/us-east-1", "").set("X-Amz-Date", "20150830T122059Z"),
        MISMATCH,
        expired,
    );
    let early = "Signature not yet current: 20150830T125101Z is still later than 20150830T125100Z (20150830T123600Z + 15 min.)";
    check(
        good().set("X-Amz-Date", "20150830T125101Z"),
        MISMATCH,
        early,
    );
    let five = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIDEXAMPLE/20150830/sts/aws4_request'";
    check(edited("/us-east-1", ""), INCOMPLETE, five);
    check(
        edited("20150830/us-east-1/sts/aws4_request", "20150829/~/s3/aws4"),
        MISMATCH,
        "Credential should be scoped to a valid region, not '~'. Credential should be scoped to correct service: 'sts'. Credential should be scoped with a valid terminator: 'aws4_request', not 'aws4'. Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150829' != '20150830', from '20150830T123600Z'.",
    );
    let mut rules = rules(NOW);
    rules.region = Some("eu-west-1");
    assert_eq!(
        judge(&good(), &rules).unwrap_err().message(),
        "Credential should be scoped to a valid region, not 'us-east-1'."
    );
}

#[test]
fn step_15_shows_what_would_have_been_right() {
    let request = edited("Signature=", "Signature=0");
    let error = judge(&request, &rules(NOW)).unwrap_err();
    assert_eq!(
        (error.code(), error.json_code(), error.status()),
        ("SignatureDoesNotMatch", "InvalidSignatureException", 403)
    );
    let message = error.message();
    assert!(message.starts_with("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'POST\n/\n\ncontent-type:application/x-www-form-urlencoded\nhost:sts.amazonaws.com\n"), "{message}");
    assert!(message.contains("'\n\nThe String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/sts/aws4_request\n"), "{message}");
    assert!(message.ends_with("'\n"), "{message}");
}

#[test]
fn the_session_token_is_never_echoed() {
    let token = "Zm9vYmFy/secret+token==";
    let request = signed(post(), Some(token), NOW, "sts").set("Content-Type", "text/plain");
    let message = judge(&request, &rules(NOW)).unwrap_err().message();
    assert!(
        message.contains("x-amz-security-token:***\n") && !message.contains("secret+token"),
        "{message}"
    );
    let mut query = presigned(RawRequest::read("GET / HTTP/1.1\nHost:x"), NOW, "sts", 60);
    query
        .query
        .push_str("&X-Amz-Security-Token=Zm9vYmFy%2Fsecret");
    let message = judge(&query, &rules(NOW)).unwrap_err().message();
    assert!(
        message.contains("X-Amz-Security-Token=***") && !message.contains("secret"),
        "{message}"
    );
}

#[test]
fn dates_in_other_forms() {
    let date = |value: &str| good().set("X-Amz-Date", value);
    check(
        date("Sun, 30 Aug 2015 12:36:00 GMT"),
        INCOMPLETE,
        "Date must be in ISO-8601 'basic format'. Got 'Sun, 30 Aug 2015 12:36:00 GMT'. See http://en.wikipedia.org/wiki/ISO_8601",
    );
    // Extended form in Date: the string-to-sign has the basic form, so a signer that does so agrees.
    let request = date("2015-08-30T12:36:00Z");
    let error = judge(&request, &rules(NOW)).unwrap_err();
    assert!(
        error
            .message()
            .contains("'AWS4-HMAC-SHA256\n20150830T123600Z\n"),
        "{error}"
    );
}

#[test]
fn a_cached_key_is_the_derived_one_and_never_that_of_another_tag_or_scope() {
    let cache = KeyCache::new(16);
    let get = |id: &str, tag: u64, secret: &str, date: &str, region: &str, service: &str| {
        let key = cache.get_or_derive(id, tag, secret.as_bytes(), date, region, service);
        let derived = SigningKey::derive(secret.as_bytes(), date, region, service);
        assert_eq!(key.signature("x"), derived.signature("x"));
        key
    };
    let first = get("AKIA", 0, SECRET, "20150830", "us-east-1", "sts");
    let again = get("AKIA", 0, SECRET, "20150830", "us-east-1", "sts");
    assert!(std::sync::Arc::ptr_eq(&first, &again));
    // One element other at a time, and elements whose concatenation is the same.
    get("AKIB", 0, "other", "20150830", "us-east-1", "sts");
    get("AKIA", 1, "other", "20150830", "us-east-1", "sts");
    get("AKIA", 0, SECRET, "20150831", "us-east-1", "sts");
    get("AKIA", 0, SECRET, "20150830", "us-east-2", "sts");
    get("AKIA", 0, SECRET, "20150830", "us-east-1", "iam");
    get("AKIA2", 0, "other", "0150830", "us-east-1", "sts");
    for number in 2..10_000 {
        get(
            "AKIA",
            number,
            &number.to_string(),
            "20150830",
            "us-east-1",
            "sts",
        );
    }
    assert!(cache.len() <= 16, "{}", cache.len());
    assert_eq!(format!("{first:?}"), "SigningKey(***)");
}

#[test]
fn looking_for_a_key_puts_none_in() {
    let cache = KeyCache::new(16);
    let scope = ["20150830", "us-east-1", "sts"];
    assert!(cache.get("AKIA", 0, scope).is_none());
    assert!(cache.is_empty());
    let key = std::sync::Arc::new(SigningKey::derive(
        SECRET.as_bytes(),
        scope[0],
        scope[1],
        scope[2],
    ));
    cache.keep("AKIA", 0, scope, &key);
    let held = cache.get("AKIA", 0, scope).unwrap();
    assert!(std::sync::Arc::ptr_eq(&held, &key));
    assert!(cache.get("AKIA", 1, scope).is_none());
}
