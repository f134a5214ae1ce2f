//! Requests as SDKs send them, signed in advance, as bytes for a socket or as values for `handle`.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use locum_sigv4::{Credentials, Header, RequestView, sign};

/// Credentials that are kept.
#[derive(Debug, Clone)]
pub struct Keys {
    pub access_key_id: String,
    pub secret: String,
    pub session_token: Option<String>,
}

impl Keys {
    fn view(&self) -> Credentials<'_> {
        Credentials {
            access_key_id: &self.access_key_id,
            secret: &self.secret,
            session_token: self.session_token.as_deref(),
        }
    }
}

/// One call: which service, how it is encoded, its body.
pub struct Call<'a> {
    pub service: &'a str,
    /// `X-Amz-Target` of the JSON protocol.
    pub target: Option<&'a str>,
    pub body: &'a str,
}

/// Seconds since 1970.
pub fn now_s() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// All headers of a signed call, as botocore sends them. `number` makes the invocation id, and with it
/// the signature, one of its own.
pub fn headers(
    call: &Call<'_>,
    keys: &Keys,
    host: &str,
    at: i64,
    number: u64,
) -> Vec<(String, String)> {
    let kind = match call.target {
        Some(_) => "application/x-amz-json-1.1",
        None => "application/x-www-form-urlencoded; charset=utf-8",
    };
    let mut headers: Vec<(String, String)> = [
        ("Host", host),
        ("Accept-Encoding", "identity"),
        ("Content-Type", kind),
        ("User-Agent", "Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11.7"),
        ("amz-sdk-invocation-id", &format!("{number:08x}-5f2d-4f3e-9c7e-0b1a2c3d4e5f")),
        ("amz-sdk-request", "attempt=1"),
        ("Content-Length", &call.body.len().to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    if let Some(target) = call.target {
        headers.push(("X-Amz-Target".to_owned(), target.to_owned()));
    }
    let views: Vec<Header<'_>> = headers
        .iter()
        .map(|(name, value)| Header {
            name,
            value: value.as_bytes(),
        })
        .collect();
    let view = RequestView {
        method: "POST",
        path: "/",
        query: "",
        headers: &views,
        body: call.body.as_bytes(),
    };
    let added = sign(&view, &keys.view(), at, "us-east-1", call.service);
    headers.extend(added);
    headers
}

/// The call as bytes for a connection that is kept.
pub fn bytes(call: &Call<'_>, keys: &Keys, host: &str, number: u64) -> Vec<u8> {
    let mut out = String::from("POST / HTTP/1.1\r\n");
    for (name, value) in headers(call, keys, host, now_s(), number) {
        out.push_str(&name);
        out.push_str(": ");
        out.push_str(&value);
        out.push_str("\r\n");
    }
    out.push_str("\r\n");
    out.push_str(call.body);
    out.into_bytes()
}

/// The call as the edge hands it to the api.
pub fn value(call: &Call<'_>, keys: &Keys, at: i64, number: u64) -> locum_api::Request {
    let mut request = http::Request::post("/");
    for (name, value) in headers(call, keys, "127.0.0.1:8080", at, number) {
        request = request.header(name, value);
    }
    let (parts, ()) = request.body(()).expect("a request").into_parts();
    locum_api::Request {
        parts,
        body: Bytes::copy_from_slice(call.body.as_bytes()),
        peer: std::net::Ipv4Addr::LOCALHOST.into(),
        tls: None,
    }
}

/// GetCallerIdentity.
pub const WHO: Call<'_> = Call {
    service: "sts",
    target: None,
    body: "Action=GetCallerIdentity&Version=2011-06-15",
};

/// The body of AssumeRole with an external id and a session name of its own.
pub fn assume_role(role_arn: &str, number: u64) -> String {
    format!(
        "Action=AssumeRole&Version=2011-06-15&RoleArn={}&RoleSessionName=bench-{number}&ExternalId={EXTERNAL_ID}&DurationSeconds=3600",
        role_arn.replace(':', "%3A").replace('/', "%2F")
    )
}

/// What the roles of the benchmarks ask for.
pub const EXTERNAL_ID: &str = "5f2d7f0e-7a3c-4b8e-9a51-2f6c8d0e1b3a";
