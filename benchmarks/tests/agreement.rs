//! Locum's verifier agrees with the signer of the AWS SDK for Rust on generated requests, and refuses
//! every one of them with one field changed.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SessionTokenMode, SignableBody, SignableRequest,
    SignatureLocation, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use locum_sigv4::{Auth, AuthError, Header, RequestView, Rules, SigningKey, parse, verify};

const CASES: u64 = 12_000;
const SERVICES: &[&str] = &["sts", "iam", "organizations", "execute-api", "s3"];

/// A small generator of numbers, so that a failing case can be made again.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % below
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.next(from.len())]
    }

    fn text(&mut self, least: usize, most: usize, odd: &[&str]) -> String {
        let letters = ["a", "b", "z", "Q", "0", "7", "-", ".", "_", "~"];
        let length = least + self.next(most - least + 1);
        (0..length)
            .map(|_| {
                if self.next(4) == 0 {
                    self.pick(odd)
                } else {
                    self.pick(&letters)
                }
            })
            .collect()
    }
}

#[derive(Debug, Clone)]
struct Case {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    service: &'static str,
    secret: String,
    now: i64,
    unsigned_payload: bool,
}

fn made(number: u64) -> Case {
    let mut numbers = Numbers((number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let service = SERVICES[numbers.next(SERVICES.len())];
    let s3 = service == "s3";
    let presigned = numbers.next(5) < 2;
    let escapes = ["%20", "%2B", "%25", "%C3%A9", "%3D", "%26", "%3A"];
    let mut path = String::new();
    for _ in 0..numbers.next(4) {
        // A dot segment at the end is read in two ways by the signers; no client sends one.
        path.push('/');
        path.push_str(&numbers.text(1, 8, &escapes).replace('.', "x"));
    }
    if path.is_empty() || numbers.next(4) == 0 {
        path.push('/');
    }
    let pairs: Vec<String> = (0..numbers.next(6))
        .map(|_| {
            format!(
                "{}={}",
                numbers.text(1, 5, &escapes),
                numbers.text(0, 8, &escapes)
            )
        })
        .collect();
    let method = numbers.pick(&["GET", "POST", "PUT", "DELETE"]).to_owned();
    let body = if method == "POST" || method == "PUT" {
        numbers.text(0, 300, &["é", "&", "\n"]).into_bytes()
    } else {
        Vec::new()
    };
    let mut headers = vec![(
        "host".to_owned(),
        numbers
            .pick(&["localhost:8080", "sts.amazonaws.com"])
            .to_owned(),
    )];
    for position in 0..numbers.next(5) {
        let prefix = numbers.pick(&["x-amz-meta-", "x-", "a-"]);
        headers.push((
            format!("{prefix}{position}"),
            numbers.text(0, 20, &[" ", "  ", "\"", ",", "="]),
        ));
    }
    let token = (numbers.next(2) == 0).then(|| numbers.text(1, 600, &["/", "+", "="]));
    let secret = numbers.text(40, 40, &["/", "+"]);
    let now = 946_684_800 + i64::try_from(numbers.next(2_500_000_000)).unwrap();
    let unsigned_payload = s3 && (presigned || numbers.next(2) == 0);
    let mut case = Case {
        method,
        path,
        query: pairs.join("&"),
        headers,
        body,
        service,
        secret,
        now,
        unsigned_payload,
    };
    apply(
        &mut case,
        token,
        presigned,
        numbers.pick(&["us-east-1", "eu-central-1", "local"]),
    );
    case
}

/// Signs with the SDK's signer and adds what it says.
fn apply(case: &mut Case, token: Option<String>, presigned: bool, region: &str) {
    let s3 = case.service == "s3";
    let identity =
        Credentials::new("AKIAIOSFODNN7EXAMPLE", &case.secret, token, None, "test").into();
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = if s3 {
        PercentEncodingMode::Single
    } else {
        PercentEncodingMode::Double
    };
    settings.uri_path_normalization_mode = if s3 {
        UriPathNormalizationMode::Disabled
    } else {
        UriPathNormalizationMode::Enabled
    };
    settings.payload_checksum_kind = if s3 && !presigned {
        PayloadChecksumKind::XAmzSha256
    } else {
        PayloadChecksumKind::NoHeader
    };
    settings.session_token_mode = SessionTokenMode::Include;
    if presigned {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(Duration::from_secs(600));
    }
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(case.service)
        .time(SystemTime::UNIX_EPOCH + Duration::from_secs(case.now as u64))
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let question = if case.query.is_empty() { "" } else { "?" };
    let uri = format!(
        "https://{}{}{question}{}",
        case.headers[0].1, case.path, case.query
    );
    let body = if case.unsigned_payload {
        SignableBody::UnsignedPayload
    } else {
        SignableBody::Bytes(&case.body)
    };
    let headers: Vec<(String, String)> = case.headers.clone();
    let pairs = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let request = SignableRequest::new(&case.method, &uri, pairs, body).unwrap();
    let (instructions, _) = sign(request, &parameters).unwrap().into_parts();
    for (name, value) in instructions.headers() {
        case.headers.push((name.to_owned(), value.to_owned()));
    }
    for (name, value) in instructions.params() {
        let separator = if case.query.is_empty() { "" } else { "&" };
        let value: String = value
            .bytes()
            .map(|byte| match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    char::from(byte).to_string()
                }
                other => format!("%{other:02X}"),
            })
            .collect();
        case.query.push_str(&format!("{separator}{name}={value}"));
    }
}

fn judge(case: &Case) -> Result<(), AuthError> {
    let headers: Vec<Header<'_>> = case
        .headers
        .iter()
        .map(|(name, value)| Header {
            name,
            value: value.as_bytes(),
        })
        .collect();
    let view = RequestView {
        method: &case.method,
        path: &case.path,
        query: &case.query,
        headers: &headers,
        body: &case.body,
    };
    let rules = Rules {
        skew_s_max: 900,
        now: case.now,
        services: SERVICES,
        region: None,
    };
    let Auth::Signed(claim) = parse(&view, &rules)? else {
        return Err(AuthError::MissingAuthenticationToken);
    };
    let key = SigningKey::derive(
        case.secret.as_bytes(),
        claim.date(),
        claim.region(),
        claim.service(),
    );
    verify(&view, &claim, &key).map(|_| ())
}

fn refused(case: &Case, what: &str, change: impl FnOnce(&mut Case)) {
    let mut changed = case.clone();
    change(&mut changed);
    assert!(
        judge(&changed).is_err(),
        "{what} was changed and accepted: {changed:#?}"
    );
}

#[test]
fn agrees_with_the_sdk_for_rust() {
    for number in 0..CASES {
        let case = made(number);
        if let Err(error) = judge(&case) {
            panic!("case {number} is refused: {error}\n{case:#?}");
        }
        refused(&case, "the method", |case| case.method = "PATCH".to_owned());
        refused(&case, "the path", |case| case.path.push_str("/q"));
        refused(&case, "the query", |case| {
            case.query
                .push_str(if case.query.is_empty() { "q=1" } else { "&q=1" })
        });
        refused(&case, "the secret", |case| case.secret.push('q'));
        if !case.unsigned_payload {
            refused(&case, "the body", |case| case.body.push(b'q'));
        }
        for position in 0..case.headers.len() {
            refused(&case, "a header", |case| case.headers[position].1.push('q'));
            refused(&case, "a header's presence", |case| {
                drop(case.headers.remove(position))
            });
        }
        let parameters: Vec<String> = case
            .query
            .split('&')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        for position in 0..parameters.len() {
            refused(&case, "a parameter", |case| {
                let mut parts = parameters.clone();
                parts[position].push('q');
                case.query = parts.join("&");
            });
        }
    }
}
