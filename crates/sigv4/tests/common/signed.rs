//! Requests signed here, as a client of STS or S3 would, for tests of refusals.
#![allow(
    dead_code,
    clippy::expect_used,
    reason = "helpers of tests; each binary uses a part"
)]

use locum_sigv4::{Auth, AuthError, Credentials, Rules, SigningKey, parse, presign, sign, verify};

use crate::common::RawRequest;

pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
pub(crate) const NOW: i64 = 1_440_938_160;
pub(crate) const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// What STS accepts at `now`.
pub(crate) fn rules(now: i64) -> Rules<'static> {
    Rules {
        skew_s_max: 900,
        now,
        services: &["sts"],
        region: None,
    }
}

pub(crate) fn credentials(session_token: Option<&str>) -> Credentials<'_> {
    Credentials {
        access_key_id: "AKIDEXAMPLE",
        secret: SECRET,
        session_token,
    }
}

/// A POST to STS, not yet signed.
pub(crate) fn post() -> RawRequest {
    RawRequest::read(&format!(
        "POST / HTTP/1.1\nHost:sts.amazonaws.com\nContent-Type:application/x-www-form-urlencoded\n\n{BODY}"
    ))
}

/// `request` with the headers of its signature.
pub(crate) fn signed(
    request: RawRequest,
    token: Option<&str>,
    at: i64,
    service: &str,
) -> RawRequest {
    let added = request.with(|view| sign(view, &credentials(token), at, "us-east-1", service));
    added
        .iter()
        .fold(request, |request, (name, value)| request.set(name, value))
}

/// `request` with its signature in the query.
pub(crate) fn presigned(
    mut request: RawRequest,
    at: i64,
    service: &str,
    expires_s: u32,
) -> RawRequest {
    let added = request.with(|view| {
        presign(
            view,
            &credentials(None),
            at,
            "us-east-1",
            service,
            expires_s,
        )
    });
    let separator = if request.query.is_empty() { "" } else { "&" };
    request.query = format!("{}{separator}{added}", request.query);
    request
}

/// Parse and verify under `rules` with `SECRET`; an unsigned request counts as lacking a token.
pub(crate) fn judge(request: &RawRequest, rules: &Rules<'_>) -> Result<(), AuthError> {
    request.with(|view| {
        let Auth::Signed(claim) = parse(view, rules)? else {
            return Err(AuthError::MissingAuthenticationToken);
        };
        let key = SigningKey::derive(
            SECRET.as_bytes(),
            claim.date(),
            claim.region(),
            claim.service(),
        );
        verify(view, &claim, &key).map(|_| ())
    })
}

/// Must be accepted by STS at `NOW`.
#[track_caller]
pub(crate) fn accepted(request: &RawRequest) {
    assert_eq!(judge(request, &rules(NOW)), Ok(()), "{request:?}");
}

/// Must be refused by STS at `NOW` with this code, status and (where given) sentence.
#[track_caller]
pub(crate) fn refused(request: &RawRequest, code: &str, status: u16, sentence: &str) {
    let error = judge(request, &rules(NOW)).expect_err("accepted");
    assert_eq!(
        (error.code(), error.status()),
        (code, status),
        "{error:?}\n{request:?}"
    );
    if !sentence.is_empty() {
        assert_eq!(error.message(), sentence);
    }
}
