//! The official test vectors, read from where their owners publish them.
//!
//! They are not kept in this repository; `cargo xtask test` fetches both and sets the variables:
//!
//! - `LOCUM_AWS_SIGV4_SUITE`: the folder `aws-signing-test-suite` of the crates.io package
//!   `aws-sigv4`. Fetch: a throw-away manifest with the one dependency `aws-sigv4 = "1"`, then
//!   `cargo fetch`; the source is in `~/.cargo/registry/src/*/aws-sigv4-*/`.
//! - `LOCUM_BOTOCORE_SUITE`: the folder `tests/unit/auth/aws4_testsuite` of botocore's source
//!   distribution. Fetch: `pip download --no-binary :all: --no-deps botocore`, then unpack the
//!   `.tar.gz`.
//!
//! - `LOCUM_SIGV4_CASES` (test `agreement`): a file made by
//!   `python3 tests/clients/sigv4_agreement.py FILE`, which needs botocore.
//!
//! Without them the tests print a line beginning with `SKIP:`; with `CI=true` they fail.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers of tests"
)]

mod common;

use std::path::{Path, PathBuf};

use common::{RawRequest, foreign};
use locum_sigv4::{
    Auth, AuthError, Credentials, PathRule, Rules, SigningKey, canonical_request, parse, sign,
    string_to_sign, verify,
};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const NOW: i64 = 1_440_938_160;
const SCOPE: &str = "20150830/us-east-1/service/aws4_request";
const RULES: Rules<'_> = Rules {
    skew_s_max: 900,
    now: NOW,
    services: &["service"],
    region: Some("us-east-1"),
};

fn text(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    text.replace("\r\n", "\n")
}

fn key() -> SigningKey {
    SigningKey::derive(SECRET.as_bytes(), "20150830", "us-east-1", "service")
}

fn accept(request: &RawRequest) -> Result<(), AuthError> {
    request.with(|view| {
        let Auth::Signed(claim) = parse(view, &RULES)? else {
            panic!("{request:?} is unsigned")
        };
        assert_eq!(claim.access_key_id(), "AKIDEXAMPLE");
        verify(view, &claim, &key()).map(|_| ())
    })
}

/// The canonical text, the string-to-sign and the signature of one vector under `rule`.
fn check_texts(
    request: &RawRequest,
    canonical: &str,
    to_sign: &str,
    signature: &str,
    rule: PathRule,
) {
    let tail: Vec<&str> = canonical.rsplitn(3, '\n').collect();
    let made = request.with(|view| canonical_request(view, tail[1], tail[0], rule));
    assert_eq!(made, canonical);
    assert_eq!(string_to_sign(&made, "20150830T123600Z", SCOPE), to_sign);
    assert_eq!(key().signature(to_sign), signature);
}

/// Folders below `root` that hold a file whose name ends in `suffix`.
fn cases(root: &Path, suffix: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        let entries: Vec<PathBuf> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        if entries
            .iter()
            .any(|path| path.to_string_lossy().ends_with(suffix))
        {
            found.push(folder);
        }
        open.extend(entries.into_iter().filter(|path| path.is_dir()));
    }
    found.sort();
    found
}

#[test]
fn aws_signing_test_suite() {
    let Some(root) = foreign("LOCUM_AWS_SIGV4_SUITE") else {
        return;
    };
    let cases = cases(&root.join("v4"), "header-signed-request.txt");
    assert!(cases.len() >= 38, "{} cases", cases.len());
    for case in &cases {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        println!("{name}");
        let file = |name: &str| text(&case.join(name));
        if !case.join("context.json").exists() {
            check_double_encoding(
                &RawRequest::read(&file("request.txt")),
                &file("header-canonical-request.txt"),
            );
            continue;
        }
        for place in ["header", "query"] {
            let signed = RawRequest::read(&file(&format!("{place}-signed-request.txt")));
            let canonical = file(&format!("{place}-canonical-request.txt"));
            let to_sign = file(&format!("{place}-string-to-sign.txt"));
            let signature = file(&format!("{place}-signature.txt"));
            // The suite leaves the token out of the signature here; what is not signed is refused.
            if name == "post-sts-header-after" {
                let refusal = accept(&signed).unwrap_err();
                assert_eq!(
                    refusal.code(),
                    "SignatureDoesNotMatch",
                    "{place}: {refusal:?}"
                );
                continue;
            }
            let as_sent = name.ends_with("-unnormalized");
            let rule = if as_sent {
                PathRule::AsSent
            } else {
                PathRule::Normalised
            };
            check_texts(&signed, &canonical, &to_sign, &signature, rule);
            if !as_sent {
                accept(&signed).unwrap_or_else(|error| panic!("{name} {place}: {error:?}"));
            }
        }
        check_signer(
            &RawRequest::read(&file("request.txt")),
            &name,
            &file("context.json"),
            &file("header-signature.txt"),
        );
    }
}

/// Two cases of the older suite: only the canonical URI counts.
fn check_double_encoding(request: &RawRequest, canonical: &str) {
    let made =
        request.with(|view| canonical_request(view, "host;x-amz-date", "", PathRule::Normalised));
    let uri = |text: &str| text.lines().nth(1).unwrap().to_owned();
    assert_eq!(uri(&made), uri(canonical));
}

/// Our signer makes the suite's signatures.
fn check_signer(request: &RawRequest, name: &str, context: &str, signature: &str) {
    let context: serde_json::Value = serde_json::from_str(context).unwrap();
    // Signing a body hash header outside S3, escaping inside the signer, or leaving paths alone outside
    // S3 are not offered.
    if context["sign_body"] == true
        || name.ends_with("-unnormalized")
        || name == "get-space-normalized"
    {
        return;
    }
    let token = context["credentials"]["token"]
        .as_str()
        .filter(|_| context["omit_session_token"] != true);
    let credentials = Credentials {
        access_key_id: "AKIDEXAMPLE",
        secret: SECRET,
        session_token: token,
    };
    let added = request.with(|view| sign(view, &credentials, NOW, "us-east-1", "service"));
    let authorization = &added.last().unwrap().1;
    assert!(
        authorization.ends_with(&format!("Signature={signature}")),
        "{name}: {authorization}"
    );
}

#[test]
fn botocore_test_suite() {
    let Some(root) = foreign("LOCUM_BOTOCORE_SUITE") else {
        return;
    };
    let cases = cases(&root, ".req");
    assert!(cases.len() >= 30, "{} cases", cases.len());
    for case in &cases {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        println!("{name}");
        let file = |suffix: &str| text(&case.join(format!("{name}.{suffix}")));
        let signature = file("authz").trim().rsplit_once('=').unwrap().1.to_owned();
        let authorization = file("authz").trim().to_owned();
        let mut request = RawRequest::read(&file("req"));
        if let Some(token) = RawRequest::read(&file("sreq")).header("X-Amz-Security-Token") {
            request = request.set("X-Amz-Security-Token", &token);
        }
        check_texts(
            &request,
            &file("creq"),
            &file("sts"),
            &signature,
            PathRule::Normalised,
        );
        let outcome = accept(&request.set("Authorization", &authorization));
        if name == "post-sts-header-after" {
            assert_eq!(
                outcome.unwrap_err(),
                AuthError::HeaderNotSigned("x-amz-security-token".to_owned())
            );
        } else {
            outcome.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        }
    }
}
