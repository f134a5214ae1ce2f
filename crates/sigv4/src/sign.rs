//! The client's side: signing headers and presigned query strings.

use std::fmt::Write as _;

use crate::canonical::{self, ALGORITHM, Hashing, PathRule, Tokens};
use crate::encode;
use crate::key::SigningKey;
use crate::request::{Header, RequestView};
use crate::time::Stamp;

/// What signs.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The access key id.
    pub access_key_id: &'a str,
    /// The secret access key.
    pub secret: &'a str,
    /// The session token of temporary credentials.
    pub session_token: Option<&'a str>,
}

impl std::fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// Headers that proxies and HTTP libraries change on the way, hence never signed (botocore's list),
/// and those that signing itself sets.
const NOT_SIGNED: &[&str] = &[
    "authorization",
    "baggage",
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-amzn-trace-id",
];

/// The headers that sign `request` at `timestamp` (seconds since 1970): `X-Amz-Date`,
/// `X-Amz-Security-Token` with temporary credentials, `x-amz-content-sha256` for S3, `Authorization`.
///
/// The request must hold its `Host` header; any of the headers above that it already holds must be
/// replaced by those given back.
pub fn sign(
    request: &RequestView<'_>,
    credentials: &Credentials<'_>,
    timestamp: i64,
    region: &str,
    service: &str,
) -> Vec<(String, String)> {
    let stamp = Stamp::from_seconds(timestamp);
    let rule = PathRule::of_service(service);
    let mut added = vec![("X-Amz-Date".to_owned(), stamp.text().to_owned())];
    if let Some(token) = credentials.session_token {
        added.push(("X-Amz-Security-Token".to_owned(), token.to_owned()));
    }
    let declared = declared_payload(request).filter(|_| rule == PathRule::AsSent);
    let payload = declared.unwrap_or_else(|| canonical::payload_hash(request.body));
    if rule == PathRule::AsSent {
        added.push(("x-amz-content-sha256".to_owned(), payload.clone()));
    }
    let is_set = |name: &str| added.iter().any(|(set, _)| set.eq_ignore_ascii_case(name));
    let kept = request.headers.iter().filter(|header| !is_set(header.name));
    let own = added.iter().map(|(name, value)| Header {
        name,
        value: value.as_bytes(),
    });
    let headers: Vec<Header<'_>> = kept.copied().chain(own).collect();
    let signed = signed_list(&headers);
    let whole = RequestView {
        headers: &headers,
        ..*request
    };
    let mut text = Hashing::new();
    canonical::write(
        &whole,
        &signed,
        payload.as_bytes(),
        rule,
        Tokens::Kept,
        &mut text,
    );
    let scope = scope(&stamp, region, service);
    let signature = signature(text, &stamp, credentials, region, service);
    let key_id = credentials.access_key_id;
    added.push((
        "Authorization".to_owned(),
        format!(
            "{ALGORITHM} Credential={key_id}/{scope}, SignedHeaders={signed}, Signature={signature}"
        ),
    ));
    added
}

/// The query parameters that sign `request` at `timestamp` for `expires_s` seconds, ready to stand
/// behind the request's own query (after a `&`, when there is one).
///
/// Every header of the request is signed and must be sent with it; usually there is `Host` alone.
pub fn presign(
    request: &RequestView<'_>,
    credentials: &Credentials<'_>,
    timestamp: i64,
    region: &str,
    service: &str,
    expires_s: u32,
) -> String {
    let stamp = Stamp::from_seconds(timestamp);
    let rule = PathRule::of_service(service);
    let signed = signed_list(request.headers);
    let credential = format!(
        "{}/{}",
        credentials.access_key_id,
        scope(&stamp, region, service)
    );
    let mut added = format!(
        "X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={}&X-Amz-Date={}&X-Amz-Expires={expires_s}&X-Amz-SignedHeaders={}",
        encode::encode(&credential),
        stamp.text(),
        encode::encode(&signed)
    );
    if let Some(token) = credentials.session_token {
        added.push_str("&X-Amz-Security-Token=");
        added.push_str(&encode::encode(token));
    }
    let separator = if request.query.is_empty() { "" } else { "&" };
    let query = format!("{}{separator}{added}", request.query);
    let whole = RequestView {
        query: &query,
        ..*request
    };
    let payload = match rule {
        PathRule::Normalised => canonical::payload_hash(request.body),
        PathRule::AsSent => {
            declared_payload(request).unwrap_or_else(|| "UNSIGNED-PAYLOAD".to_owned())
        }
    };
    let mut text = Hashing::new();
    canonical::write(
        &whole,
        &signed,
        payload.as_bytes(),
        rule,
        Tokens::Kept,
        &mut text,
    );
    let signature = signature(text, &stamp, credentials, region, service);
    // Writing to a String cannot fail.
    let _ = write!(added, "&X-Amz-Signature={signature}");
    added
}

fn declared_payload(request: &RequestView<'_>) -> Option<String> {
    let value = request.values("x-amz-content-sha256").next()?;
    Some(String::from_utf8_lossy(value).into_owned())
}

fn signed_list(headers: &[Header<'_>]) -> String {
    let mut names: Vec<String> = headers
        .iter()
        .map(|header| {
            if header.name == ":authority" {
                "host".to_owned()
            } else {
                header.name.to_ascii_lowercase()
            }
        })
        .filter(|name| !NOT_SIGNED.contains(&name.as_str()))
        .collect();
    names.sort_unstable();
    names.dedup();
    names.join(";")
}

fn scope(stamp: &Stamp, region: &str, service: &str) -> String {
    format!("{}/{region}/{service}/aws4_request", stamp.date())
}

/// Hashes the canonical request byte by byte: a header's value need not be UTF-8.
fn signature(
    canonical: Hashing,
    stamp: &Stamp,
    credentials: &Credentials<'_>,
    region: &str,
    service: &str,
) -> String {
    let hash = canonical.finish();
    let scope = scope(stamp, region, service);
    let text = canonical::text_of_hash(&hash, stamp.text(), &scope);
    SigningKey::derive(credentials.secret.as_bytes(), stamp.date(), region, service)
        .signature(&text)
}
