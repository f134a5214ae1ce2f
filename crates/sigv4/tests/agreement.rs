//! Agreement with botocore's signer on generated requests, and refusal of every changed field.
//!
//! `LOCUM_SIGV4_CASES` names the file that `tests/clients/sigv4_agreement.py FILE` writes; see
//! `tests/vectors.rs` for how such data is fetched.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers of tests"
)]

mod common;

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{RawRequest, foreign};
use locum_sigv4::{Auth, AuthError, KeyCache, Rules, parse, verify};
use serde_json::Value;

const SERVICES: &[&str] = &[
    "sts",
    "iam",
    "organizations",
    "execute-api",
    "dynamodb",
    "s3",
    "s3-outposts",
    "s3-object-lambda",
];

struct Case {
    request: RawRequest,
    secret: String,
    now: i64,
    presigned: bool,
    s3: bool,
}

fn read(line: &str) -> Case {
    let case: Value = serde_json::from_str(line).unwrap();
    let text = |name: &str| case[name].as_str().unwrap().to_owned();
    let headers = case["headers"].as_array().unwrap().iter().map(|pair| {
        let value = STANDARD.decode(pair[1].as_str().unwrap()).unwrap();
        (pair[0].as_str().unwrap().to_owned(), value)
    });
    Case {
        request: RawRequest {
            method: text("method"),
            path: text("path"),
            query: text("query"),
            headers: headers.collect(),
            body: STANDARD.decode(text("body")).unwrap(),
        },
        secret: text("secret"),
        now: case["now"].as_i64().unwrap(),
        presigned: text("kind") == "presigned",
        s3: text("service").starts_with("s3"),
    }
}

/// Keys come from one small cache, which so meets more scopes and secrets than it can hold.
static KEYS: LazyLock<KeyCache> = LazyLock::new(|| KeyCache::new(64));

fn judge(request: &RawRequest, secret: &str, now: i64) -> Result<(), AuthError> {
    let rules = Rules {
        skew_s_max: 900,
        now,
        services: SERVICES,
        region: None,
    };
    request.with(|view| {
        let Auth::Signed(claim) = parse(view, &rules)? else {
            return Err(AuthError::MissingAuthenticationToken);
        };
        let tag = secret
            .bytes()
            .fold(0u64, |tag, byte| tag.wrapping_mul(257) ^ u64::from(byte));
        let (date, region, service) = (claim.date(), claim.region(), claim.service());
        let key = KEYS.get_or_derive(
            claim.access_key_id(),
            tag,
            secret.as_bytes(),
            date,
            region,
            service,
        );
        verify(view, &claim, &key).map(|_| ())
    })
}

/// `path` with its last segment made another; what comes before may be removed by a later `..`.
fn altered(path: &str) -> String {
    let (before, last) = path.rsplit_once('/').unwrap();
    format!("{before}/q{last}")
}

/// Every request that differs from the case's in one field that the signature covers.
fn mutations(case: &Case) -> Vec<(String, RawRequest)> {
    let whole = &case.request;
    let mut out: Vec<(String, RawRequest)> = Vec::new();
    let mut add = |name: &str, change: &dyn Fn(&mut RawRequest)| {
        let mut changed = whole.clone();
        change(&mut changed);
        out.push((name.to_owned(), changed));
    };
    add("method", &|r| r.method = "PATCH".to_owned());
    add("path, longer", &|r| r.path.push_str("/z"));
    add("path, last segment", &|r| r.path = altered(&r.path));
    add("query, added", &|r| r.query = format!("{}&zz=1", r.query));
    query_mutations(whole, &mut add);
    if !unsigned_payload(case) {
        add("body", &|r| r.body.push(b'x'));
        if !whole.body.is_empty() {
            add("body, bit", &|r| r.body[0] ^= 1);
        }
    }
    for (position, (name, _)) in whole.headers.iter().enumerate() {
        if name.eq_ignore_ascii_case("user-agent") || name.eq_ignore_ascii_case("authorization") {
            continue;
        }
        add(&format!("header {name}, longer"), &|r| {
            r.headers[position].1.push(b'x')
        });
        add(&format!("header {name}, removed"), &|r| {
            drop(r.headers.remove(position))
        });
        add(&format!("header {name}, again"), &|r| {
            r.headers.push((name.clone(), b"x".to_vec()))
        });
    }
    add("header, added x-amz-", &|r| {
        r.headers
            .push(("x-amz-acl".to_owned(), b"public-read".to_vec()))
    });
    if let Some(authorization) = whole.header("Authorization") {
        for (what, from, to) in authorization_edits(&authorization) {
            add(what, &|r| {
                *r = r
                    .clone()
                    .set("Authorization", &authorization.replacen(&from, &to, 1))
            });
        }
    }
    out
}

/// Every parameter of the query taken away or changed.
fn query_mutations(whole: &RawRequest, mut add: impl FnMut(&str, &dyn Fn(&mut RawRequest))) {
    let parameters = whole
        .query
        .split('&')
        .filter(|part| !part.is_empty())
        .count();
    for position in 0..parameters {
        let name = whole
            .query
            .split('&')
            .filter(|part| !part.is_empty())
            .nth(position)
            .unwrap();
        if position > 4 && !name.starts_with("X-Amz-") {
            continue;
        }
        let edit = |change: &dyn Fn(&str) -> String| {
            let mut parts: Vec<String> = whole
                .query
                .split('&')
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect();
            parts[position] = change(&parts[position]);
            parts.retain(|part| !part.is_empty());
            parts.join("&")
        };
        let (removed, changed) = (
            edit(&|_| String::new()),
            edit(&|part| part.to_owned() + "q"),
        );
        add("query, removed", &|r| r.query.clone_from(&removed));
        add("query, changed", &|r| r.query.clone_from(&changed));
    }
}

fn unsigned_payload(case: &Case) -> bool {
    let declared = case.request.header("x-amz-content-sha256");
    case.s3 && (case.presigned || declared.as_deref() == Some("UNSIGNED-PAYLOAD"))
}

fn authorization_edits(authorization: &str) -> Vec<(&'static str, String, String)> {
    let scope = authorization
        .split_once("Credential=")
        .unwrap()
        .1
        .split_once(',')
        .unwrap()
        .0;
    let parts: Vec<&str> = scope.split('/').collect();
    let rest = |at: usize| parts[at..].join("/");
    let signature = authorization
        .rsplit_once("Signature=")
        .unwrap()
        .1
        .to_owned();
    let last = signature.chars().last().unwrap();
    let flipped = format!(
        "{}{}",
        &signature[..63],
        if last == '0' { '1' } else { '0' }
    );
    let other_service = if parts[3] == "sts" { "iam" } else { "sts" };
    vec![
        (
            "scope date",
            format!("/{}", rest(1)),
            format!("/19990101/{}", rest(2)),
        ),
        (
            "scope region",
            format!("/{}", rest(2)),
            format!("/xx-east-9/{}", rest(3)),
        ),
        (
            "scope service",
            format!("/{}", rest(3)),
            format!("/{other_service}/{}", rest(4)),
        ),
        (
            "scope terminator",
            "/aws4_request".to_owned(),
            "/aws5_request".to_owned(),
        ),
        (
            "scope, longer",
            "/aws4_request".to_owned(),
            "/aws4_request/".to_owned(),
        ),
        (
            "signed headers",
            "SignedHeaders=".to_owned(),
            "SignedHeaders=aaa;".to_owned(),
        ),
        ("signature, last digit", signature.clone(), flipped),
        (
            "signature, shorter",
            signature.clone(),
            signature[..63].to_owned(),
        ),
        (
            "signature, longer",
            signature.clone(),
            format!("{signature}0"),
        ),
        ("signature, empty", signature.clone(), String::new()),
        ("signature, zero", signature, "0".repeat(64)),
    ]
}

#[test]
fn agrees_with_botocore() {
    let Some(file) = foreign("LOCUM_SIGV4_CASES") else {
        return;
    };
    let text = std::fs::read_to_string(&file).unwrap();
    let (mut cases, mut changed) = (0, 0);
    for line in text.lines() {
        let case = read(line);
        if let Err(error) = judge(&case.request, &case.secret, case.now) {
            panic!("case {cases} is refused: {error:?}\n{line}");
        }
        assert!(
            judge(&case.request, "another secret", case.now).is_err(),
            "case {cases}: any key"
        );
        for (what, request) in mutations(&case) {
            assert!(
                judge(&request, &case.secret, case.now).is_err(),
                "case {cases}, {what}:\n{line}\n{request:?}"
            );
            changed += 1;
        }
        cases += 1;
    }
    println!("{cases} requests accepted, {changed} changed ones refused");
    assert!(cases >= 10_000, "only {cases} cases in {}", file.display());
}
