//! Rows SIG-01 to SIG-12 of the attack list; each test begins with its row's id.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod common;
#[path = "common/signed.rs"]
mod signed;

use common::RawRequest;
use locum_sigv4::{AuthError, Rules};
use signed::{NOW, accepted, judge, post, presigned, refused, rules, signed};

const S3: Rules<'_> = Rules {
    skew_s_max: 900,
    now: NOW,
    services: &["s3"],
    region: None,
};

fn good() -> RawRequest {
    signed(post(), None, NOW, "sts")
}

fn put() -> RawRequest {
    RawRequest::read("PUT /bucket/key HTTP/1.1\nHost:s3.example.com\n\ndata")
}

/// `request` with its Authorization header changed.
fn edited(request: RawRequest, from: &str, to: &str) -> RawRequest {
    let authorization = request.header("Authorization").unwrap();
    assert!(
        authorization.contains(from),
        "{from} not in {authorization}"
    );
    let changed = authorization.replacen(from, to, 1);
    request.set("Authorization", &changed)
}

#[test]
fn sig_01_unsigned_amz_header_is_refused() {
    let names = [
        "x-amz-copy-source",
        "x-amz-acl",
        "x-amz-grant-read",
        "x-amz-grant-full-control",
        "x-amz-tagging",
        "x-amz-security-token",
        "x-amz-storage-class",
        "x-amz-object-lock-mode",
        "x-amz-object-lock-legal-hold",
        "x-amz-website-redirect-location",
        "x-amz-trailer",
        "x-amz-decoded-content-length",
        "x-amz-target",
    ];
    let url = presigned(put(), NOW, "s3", 60);
    assert_eq!(judge(&url, &S3), Ok(()));
    for name in names {
        for shown in [
            name.to_owned(),
            name.to_uppercase(),
            name.replace("x-amz", "X-Amz"),
        ] {
            let expected = Err(AuthError::HeaderNotSigned(name.to_owned()));
            assert_eq!(
                judge(&url.clone().plus(&shown, "x"), &S3),
                expected,
                "presigned {shown}"
            );
            assert_eq!(
                judge(&good().plus(&shown, "x"), &rules(NOW)),
                expected,
                "header {shown}"
            );
            assert_eq!(
                judge(&good().plus(&shown, ""), &rules(NOW)),
                expected,
                "empty {shown}"
            );
        }
    }
    let sentence = "'x-amz-acl' must be a 'SignedHeader' in the AWS Authorization.";
    refused(
        &good().plus("X-Amz-Acl", "private"),
        "SignatureDoesNotMatch",
        403,
        sentence,
    );
}

#[test]
fn sig_02_streaming_payload_without_a_check_is_refused() {
    for form in [
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "STREAMING-AWS4-HMAC-SHA256-EVENTS",
    ] {
        // Even when the signature over the header is right, nothing here checks the chunks yet.
        let request = signed(put().plus("x-amz-content-sha256", form), None, NOW, "s3");
        assert_eq!(
            judge(&request, &S3),
            Err(AuthError::BadContentSha256),
            "{form}"
        );
        let forged = edited(request, "Signature=", "Signature=0");
        assert!(judge(&forged, &S3).is_err(), "{form}");
    }
}

#[test]
fn sig_03_streaming_header_on_a_presigned_request_is_refused() {
    let request = put().plus("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    let url = presigned(request, NOW, "s3", 60);
    assert_eq!(judge(&url, &S3), Err(AuthError::BadContentSha256));
    let mut forged = presigned(put(), NOW, "s3", 60);
    forged.query = forged
        .query
        .replace("X-Amz-Signature=", "X-Amz-Signature=0");
    assert_eq!(
        judge(&forged, &S3).unwrap_err().code(),
        "SignatureDoesNotMatch"
    );
}

#[test]
fn sig_07_parameters_that_differ_in_case_or_are_repeated_are_refused() {
    let url = presigned(
        RawRequest::read("GET /?Action=GetCallerIdentity HTTP/1.1\nHost:x"),
        NOW,
        "sts",
        60,
    );
    accepted(&url);
    for name in [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Signature",
        "X-Amz-SignedHeaders",
        "X-Amz-Date",
        "X-Amz-Expires",
    ] {
        for again in [
            name.to_owned(),
            name.to_lowercase(),
            name.replace('-', "%2D"),
            name.to_uppercase(),
        ] {
            for front in [true, false] {
                let mut request = url.clone();
                let other = format!("{again}=1");
                request.query = if front {
                    format!("{other}&{}", url.query)
                } else {
                    format!("{}&{other}", url.query)
                };
                assert_eq!(
                    judge(&request, &rules(NOW)),
                    Err(AuthError::Duplicate(name.to_owned())),
                    "{again}"
                );
            }
        }
    }
    // The other spelling alone is no signature at all.
    let mut request = url.clone();
    request.query = url.query.replace("X-Amz-Signature", "x-amz-signature");
    refused(&request, "IncompleteSignature", 400, "");
}

#[test]
fn sig_10_time_is_always_checked() {
    let at = |seconds: i64| signed(post(), None, NOW + seconds, "sts");
    refused(
        &at(-960),
        "SignatureDoesNotMatch",
        403,
        "Signature expired: 20150830T122000Z is now earlier than 20150830T122100Z (20150830T123600Z - 15 min.)",
    );
    refused(
        &at(960),
        "SignatureDoesNotMatch",
        403,
        "Signature not yet current: 20150830T125200Z is still later than 20150830T125100Z (20150830T123600Z + 15 min.)",
    );
    refused(&at(-901), "SignatureDoesNotMatch", 403, "");
    refused(&at(901), "SignatureDoesNotMatch", 403, "");
    refused(&at(i64::MIN / 4), "SignatureDoesNotMatch", 403, "");
    // A long X-Amz-Expires does not widen the window of STS.
    let get = RawRequest::read("GET / HTTP/1.1\nHost:x");
    refused(
        &presigned(get.clone(), NOW - 901, "sts", 604_800),
        "SignatureDoesNotMatch",
        403,
        "",
    );
    accepted(&presigned(get.clone(), NOW - 899, "sts", 60));
}

#[test]
fn sig_10_expiry_of_presigned_requests() {
    let url = |at: i64, expires_s: u32| presigned(put(), at, "s3", expires_s);
    assert_eq!(judge(&url(NOW - 60, 60), &S3), Ok(()));
    assert_eq!(judge(&url(NOW - 61, 60), &S3), Err(AuthError::UrlExpired));
    assert_eq!(judge(&url(NOW - 604_800, 604_800), &S3), Ok(()));
    assert!(matches!(
        judge(&url(NOW + 901, 604_800), &S3),
        Err(AuthError::NotYetCurrent { .. })
    ));
    for service in ["s3", "sts"] {
        for value in [
            "0",
            "-1",
            "604801",
            "60%20",
            "%2060",
            "",
            "+60",
            "6e1",
            "0x3c",
            "99999999999999999999",
        ] {
            let mut request = put();
            request.body.clear();
            let mut request = presigned(request, NOW, service, 60);
            request.query = request
                .query
                .replace("X-Amz-Expires=60", &format!("X-Amz-Expires={value}"));
            let rules = Rules {
                services: &["s3", "sts"],
                ..S3
            };
            let error = judge(&request, &rules).expect_err(value);
            assert_eq!(
                (error.code(), error.status()),
                ("AuthorizationQueryParametersError", 400),
                "{value}"
            );
        }
    }
    let mut missing = url(NOW, 60);
    missing.query = missing.query.replace("&X-Amz-Expires=60", "");
    assert!(matches!(
        judge(&missing, &S3),
        Err(AuthError::BadExpires(_))
    ));
}

#[test]
fn sig_10_dates_that_disagree_are_refused() {
    // The scope's day is another: 23:59:59 signed for the next day, and the other way round.
    let midnight = 1_440_979_200;
    for (at, scope, other) in [
        (midnight - 1, "20150830", "20150831"),
        (midnight, "20150831", "20150830"),
    ] {
        let request = signed(post(), None, at, "sts");
        assert_eq!(
            judge(&request, &rules(midnight + 1)),
            Ok(()),
            "across midnight"
        );
        let changed = edited(request, scope, other);
        let error = judge(&changed, &rules(midnight + 1)).unwrap_err();
        assert!(
            error
                .message()
                .starts_with("Date in Credential scope does not match YYYYMMDD"),
            "{error}"
        );
    }
    // Two dates for a presigned request, two X-Amz-Date headers.
    let url = presigned(
        RawRequest::read("GET / HTTP/1.1\nHost:x\nX-Amz-Date:20150830T123600Z"),
        NOW,
        "sts",
        60,
    );
    assert_eq!(
        judge(&url, &rules(NOW)),
        Err(AuthError::Duplicate("X-Amz-Date".to_owned()))
    );
    let two = good().plus("x-amz-date", "20150830T123601Z");
    assert_eq!(
        judge(&two, &rules(NOW)),
        Err(AuthError::Duplicate("X-Amz-Date".to_owned()))
    );
    // X-Amz-Date wins over Date, so Date cannot stretch the window.
    let old = signed(post(), None, NOW - 2_000, "sts").plus("Date", "20150830T123600Z");
    refused(&old, "SignatureDoesNotMatch", 403, "");
}

#[test]
fn sig_11_signature_for_another_service_is_refused() {
    let url = presigned(
        RawRequest::read("GET /bucket/key HTTP/1.1\nHost:x"),
        NOW,
        "s3",
        3_600,
    );
    refused(
        &url,
        "SignatureDoesNotMatch",
        403,
        "Credential should be scoped to correct service: 'sts'.",
    );
}

#[test]
fn sig_12_scope_is_checked_and_signed() {
    refused(
        &signed(post(), None, NOW, "iam"),
        "SignatureDoesNotMatch",
        403,
        "Credential should be scoped to correct service: 'sts'.",
    );
    refused(
        &signed(post(), None, NOW, ""),
        "SignatureDoesNotMatch",
        403,
        "Credential should be scoped to correct service: 'sts'.",
    );
    // Signed for iam, relabelled sts.
    let relabelled = edited(signed(post(), None, NOW, "iam"), "/iam/", "/sts/");
    refused(&relabelled, "SignatureDoesNotMatch", 403, "");
    for (from, to) in [
        ("us-east-1", "us-west-2"),
        ("aws4_request", "aws4_requesT"),
        ("aws4_request", ""),
    ] {
        refused(&edited(good(), from, to), "SignatureDoesNotMatch", 403, "");
    }
}
