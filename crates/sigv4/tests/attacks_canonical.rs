//! Rows SIG-13 to SIG-21 of the attack list; each test begins with its row's id.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod common;
#[path = "common/signed.rs"]
mod signed;

use common::RawRequest;
use locum_sigv4::{AuthError, Rules};
use signed::{BODY, NOW, accepted, judge, post, refused, rules, signed};

const S3: Rules<'_> = Rules {
    skew_s_max: 900,
    now: NOW,
    services: &["s3"],
    region: None,
};
const HASH_OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

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
fn sig_13_two_mechanisms_are_refused() {
    for query in [
        "X-Amz-Signature=00",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "X-Amz-Credential=x",
        "x-amz-signature=00",
        "X-Amz-Security-Token=x",
        "AWSAccessKeyId=AKIDEXAMPLE&Signature=x&SignatureVersion=2&SignatureMethod=HmacSHA256",
    ] {
        let mut request = post();
        request.query = query.to_owned();
        refused(
            &signed(request, None, NOW, "sts"),
            "SignatureDoesNotMatch",
            403,
            "",
        );
    }
    let again = good().header("Authorization").unwrap();
    for other in ["Basic Zm9v", "AWS AKIDEXAMPLE:abc", again.as_str()] {
        refused(
            &good().plus("authorization", other),
            "IncompleteSignature",
            400,
            "'Authorization' must be given exactly once.",
        );
    }
    let labelled = edited(good(), "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256");
    refused(
        &labelled,
        "IncompleteSignature",
        400,
        "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.",
    );
    for parameter in ["Signature=0", "Credential=x", "SignedHeaders=host"] {
        let twice = good().header("Authorization").unwrap() + ", " + parameter;
        refused(
            &good().set("Authorization", &twice),
            "IncompleteSignature",
            400,
            "",
        );
    }
}

#[test]
fn sig_14_signed_headers_have_one_reading() {
    let list = "content-type;host;x-amz-date";
    for changed in [
        "host;content-type;x-amz-date",
        "Content-Type;host;x-amz-date",
        "content-type;host;host;x-amz-date",
        "content-type;host;x-amz-date;",
        ";content-type;host;x-amz-date",
        "content-type;;host;x-amz-date",
        "content-type;x-amz-date",
        "content-type;HOST;x-amz-date",
        "content-type;host",
        "content-type;host;x-absent;x-amz-date",
    ] {
        refused(
            &edited(good(), list, changed),
            "SignatureDoesNotMatch",
            403,
            "",
        );
    }
    // A header that is signed as empty and is not there: a signer that lists it gets nowhere.
    let request = signed(post().plus("x-absent", ""), None, NOW, "sts");
    accepted(&request);
    refused(
        &request.without("x-absent"),
        "SignatureDoesNotMatch",
        403,
        "",
    );
    // The token left out of the signature.
    refused(
        &good().plus("X-Amz-Security-Token", "t"),
        "SignatureDoesNotMatch",
        403,
        "'x-amz-security-token' must be a 'SignedHeader' in the AWS Authorization.",
    );
    // An empty payload hash is not "no payload hash".
    let s3 = signed(put().plus("X-Amz-Content-Sha256", ""), None, NOW, "s3");
    assert_eq!(judge(&s3, &S3), Err(AuthError::BadContentSha256));
    refused(
        &signed(post().plus("X-Amz-Content-Sha256", ""), None, NOW, "sts"),
        "SignatureDoesNotMatch",
        403,
        "",
    );
}

#[test]
fn sig_14_repeated_deciding_headers_are_refused() {
    let token = signed(post(), Some("t"), NOW, "sts");
    for (request, name) in [
        (good().plus("Host", "sts.amazonaws.com"), "Host"),
        (good().plus(":authority", "sts.amazonaws.com"), "Host"),
        (
            token.plus("x-amz-security-token", "t"),
            "X-Amz-Security-Token",
        ),
    ] {
        assert_eq!(
            judge(&request, &rules(NOW)),
            Err(AuthError::Duplicate(name.to_owned()))
        );
    }
}

#[test]
fn sig_15_header_values_have_one_canonical_form() {
    let request = |value: &[u8]| {
        let mut request = post();
        request
            .headers
            .push(("X-Amz-Meta-A".to_owned(), value.to_vec()));
        request
    };
    let base = signed(request(b"a b \"c d\" e"), None, NOW, "sts");
    let swapped = |value: &[u8]| {
        let mut changed = base.clone();
        let held = changed
            .headers
            .iter_mut()
            .find(|(name, _)| name == "X-Amz-Meta-A")
            .unwrap();
        held.1 = value.to_vec();
        changed
    };
    for same in [
        &b"  a  b \"c   d\" e "[..],
        b"a\tb\t\"c d\" e",
        b"a\r\n b\n\t\"c d\" e",
        b"a b \"c d\" e\r\n",
    ] {
        accepted(&swapped(same));
    }
    for other in [
        &b"a b c d e"[..],
        b"ab \"c d\" e",
        b"a b \"cd\" e",
        b"A b \"c d\" e",
        b"",
        b"a,b \"c d\" e",
        b"a b \"c d\" e\xff",
        b"a\xa0b \"c d\" e",
    ] {
        refused(&swapped(other), "SignatureDoesNotMatch", 403, "");
    }
    accepted(&signed(request("é ü".as_bytes()), None, NOW, "sts"));
    accepted(&signed(request(b"\xff\xfe \x80"), None, NOW, "sts"));
    // A repeated header keeps its order, and is not the same as one with a comma missing or added.
    let two = signed(
        post().plus("x-two", "b").plus("x-two", "a"),
        None,
        NOW,
        "sts",
    );
    accepted(&two);
    accepted(&two.clone().set("x-two", "b,a"));
    for other in ["a,b", "b, a", "b", "b,a,"] {
        refused(
            &two.clone().set("x-two", other),
            "SignatureDoesNotMatch",
            403,
            "",
        );
    }
}

#[test]
fn sig_16_paths_have_the_meaning_that_was_signed() {
    let at = |path: &str, service: &str| {
        let mut request = RawRequest::read("GET / HTTP/1.1\nHost:x");
        request.path = path.to_owned();
        signed(request, None, NOW, service)
    };
    let moved = |request: &RawRequest, path: &str| RawRequest {
        path: path.to_owned(),
        ..request.clone()
    };
    // Outside S3 the path is normalised, as every signer does; escapes are never taken for separators.
    let base = at("/a/b", "sts");
    for same in ["/a/b", "//a//b", "/./a/./b", "/x/../a/b", "/a/c/../b"] {
        accepted(&moved(&base, same));
    }
    for other in [
        "/a/b/",
        "/a%2Fb",
        "/a/%62",
        "/a/%2e/b",
        "/a/%2e%2e/a/b",
        "/a/b%00",
        "/a/b;c",
        "/a/b+",
        "/A/b",
        "/a/b/.",
        "/a/b/c/..",
        "/a%252fb",
    ] {
        refused(&moved(&base, other), "SignatureDoesNotMatch", 403, "");
    }
    // S3 removes nothing.
    let base = at("/a/./b//c", "s3");
    assert_eq!(judge(&base, &S3), Ok(()));
    for other in [
        "/a/b//c",
        "/a/b/c",
        "/a/./b/c",
        "/a/./b%2F/c",
        "/a/./b//c/",
        "/a/%252e/b//c",
    ] {
        let error = judge(&moved(&base, other), &S3).unwrap_err();
        assert_eq!(error.code(), "SignatureDoesNotMatch", "{other}");
    }
    for path in [
        "/a%2Fb",
        "/a b",
        "/a+b",
        "/%E2%82%AC",
        "/€",
        "/a%00b",
        "/%252f",
        "/a;b",
    ] {
        assert_eq!(judge(&at(path, "s3"), &S3), Ok(()), "{path}");
    }
    assert!(judge(&moved(&at("/a%2Fb", "s3"), "/a/b"), &S3).is_err());
    assert!(judge(&moved(&at("/a+b", "s3"), "/a%20b"), &S3).is_err());
    for path in ["/../a", "/a/../../b", "/..", "/%2", "/%g0"] {
        assert_eq!(
            judge(&moved(&base, path), &S3),
            Err(AuthError::MalformedPath),
            "{path}"
        );
    }
}

#[test]
fn sig_16_query_has_the_meaning_that_was_signed() {
    let mut request = RawRequest::read("GET / HTTP/1.1\nHost:x");
    request.query = "b=1%2B2&a=x%20y&a=w&e".to_owned();
    let base = signed(request, None, NOW, "sts");
    let moved = |query: &str| RawRequest {
        query: query.to_owned(),
        ..base.clone()
    };
    for same in [
        "b=1%2B2&a=x%20y&a=w&e",
        "a=x+y&a=w&b=1%2b2&e=",
        "&&e&%61=w&a=x%20y&b=1%2B2",
    ] {
        accepted(&moved(same));
    }
    for other in [
        "b=1+2&a=x%20y&a=w&e",
        "b=1%2B2&a=x%20y&e",
        "b=1%2B2&a=x%20y&a=w",
        "b=1%2B2&a=x%20y&a=w&e&e",
        "b=1%2B2&a=x%20y%26a=w&e",
        "B=1%2B2&a=x%20y&a=w&e",
    ] {
        refused(&moved(other), "SignatureDoesNotMatch", 403, "");
    }
}

#[test]
fn sig_17_forwarding_headers_do_not_change_the_host() {
    let request = good()
        .plus("X-Forwarded-Host", "other")
        .plus("X-Forwarded-Proto", "https")
        .plus("X-Forwarded-Port", "1")
        .plus("Forwarded", "host=other");
    accepted(&request);
    let moved = good()
        .set("Host", "other")
        .plus("X-Forwarded-Host", "sts.amazonaws.com");
    refused(&moved, "SignatureDoesNotMatch", 403, "");
    for host in [
        "sts.amazonaws.com:80",
        "STS.amazonaws.com",
        "sts.amazonaws.com.",
    ] {
        refused(&good().set("Host", host), "SignatureDoesNotMatch", 403, "");
    }
}

#[test]
fn sig_18_payload_is_always_the_body_outside_s3() {
    for declared in [
        "UNSIGNED-PAYLOAD",
        HASH_OF_NOTHING,
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x",
    ] {
        // The header signed as it stands, with the body's own hash in the last line: still refused.
        refused(
            &signed(
                post().plus("x-amz-content-sha256", declared),
                None,
                NOW,
                "sts",
            ),
            "SignatureDoesNotMatch",
            403,
            "",
        );
    }
    let hash = locum_sigv4::payload_hash(BODY.as_bytes());
    accepted(&signed(
        post().plus("x-amz-content-sha256", &hash),
        None,
        NOW,
        "sts",
    ));
    // What an S3 signer would make of it, relabelled for STS.
    let s3 = signed(
        post().plus("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        None,
        NOW,
        "s3",
    );
    refused(
        &edited(s3, "/s3/", "/sts/"),
        "SignatureDoesNotMatch",
        403,
        "",
    );
    // S3 takes it, and checks every hash that it is given.
    let unsigned = signed(
        put().plus("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        None,
        NOW,
        "s3",
    );
    assert_eq!(judge(&unsigned, &S3), Ok(()));
    let mut other = signed(put(), None, NOW, "s3");
    assert_eq!(judge(&other, &S3), Ok(()));
    other.body = b"DATA".to_vec();
    assert_eq!(judge(&other, &S3), Err(AuthError::ContentSha256Mismatch));
    assert!(
        judge(
            &signed(put(), None, NOW, "s3").without("x-amz-content-sha256"),
            &S3
        )
        .is_err()
    );
}

#[test]
fn sig_19_no_digit_of_the_signature_is_special() {
    let authorization = good().header("Authorization").unwrap();
    let (head, signature) = authorization.rsplit_once('=').unwrap();
    for position in 0..64 {
        let mut digits = signature.as_bytes().to_vec();
        let digit = digits.get_mut(position).unwrap();
        *digit = if *digit == b'0' { b'1' } else { b'0' };
        let changed = format!("{head}={}", String::from_utf8(digits).unwrap());
        refused(
            &good().set("Authorization", &changed),
            "SignatureDoesNotMatch",
            403,
            "",
        );
    }
    let upper = format!("{head}={}", signature.to_uppercase());
    refused(
        &good().set("Authorization", &upper),
        "SignatureDoesNotMatch",
        403,
        "",
    );
}

#[test]
fn sig_21_key_ids_are_taken_literally() {
    for (id, seen) in [
        ("akidexample", "akidexample"),
        ("AKIDEXAMPLE%20", "AKIDEXAMPLE%20"),
    ] {
        let request = edited(good(), "AKIDEXAMPLE", id);
        let found = request.with(|view| match locum_sigv4::parse(view, &rules(NOW)) {
            Ok(locum_sigv4::Auth::Signed(claim)) => claim.access_key_id().to_owned(),
            other => panic!("{other:?}"),
        });
        assert_eq!(found, seen, "no folding, no decoding: the look-up decides");
    }
    refused(
        &edited(good(), "AKIDEXAMPLE", "AKIDEXAMPLE "),
        "IncompleteSignature",
        400,
        "",
    );
    refused(
        &edited(good(), "AKIDEXAMPLE", ""),
        "IncompleteSignature",
        400,
        "",
    );
    refused(
        &edited(good(), "AKIDEXAMPLE", &"A".repeat(129)),
        "IncompleteSignature",
        400,
        "",
    );
}
