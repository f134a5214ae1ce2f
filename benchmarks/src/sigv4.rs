//! Verification of a typical STS request, beside `scratchstack-aws-signature`.

use std::hint::black_box;

use bytes::Bytes;
use http::Request;
use locum_sigv4::{Auth, Credentials, Header, KeyCache, RequestView, Rules, parse, sign, verify};
use scratchstack_aws_principal::User;
use scratchstack_aws_signature::{
    GetSigningKeyRequest, GetSigningKeyResponse, KSecretKey, NO_ADDITIONAL_SIGNED_HEADERS,
    SignatureOptions, sigv4_validate_request,
};
use smallvec::SmallVec;
use tower::BoxError;

use crate::report::Section;
use crate::timing::{Cost, batch, median, median_cost};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const NOW: i64 = 1_767_225_600;
const ROUNDS: usize = 21;
const CALLS: usize = 4_000;
/// The copies that the peer takes apart: few enough to stay in the cache.
const COPIES: usize = 64;

/// A POST of AssumeRole as boto3 sends it: ten headers, a body of about 250 bytes.
pub fn typical(token: Option<&str>) -> Request<Bytes> {
    let body = "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A210987654321%3Arole%2Fdeploy\
                &RoleSessionName=build-4711&ExternalId=5f2d7f0e-7a3c-4b8e&DurationSeconds=3600\
                &Tags.member.1.Key=team&Tags.member.1.Value=platform&SourceIdentity=ada";
    let mut headers: Vec<(String, String)> = [
        ("Host", "sts.us-east-1.amazonaws.com"),
        ("Accept-Encoding", "identity"),
        ("User-Agent", "Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11.7"),
        ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
        ("amz-sdk-invocation-id", "0d7bf6a3-5f2d-4f3e-9c7e-0b1a2c3d4e5f"),
        ("amz-sdk-request", "attempt=1"),
        ("Content-Length", &body.len().to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
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
        body: body.as_bytes(),
    };
    let credentials = Credentials {
        access_key_id: KEY_ID,
        secret: SECRET,
        session_token: token,
    };
    let added = sign(&view, &credentials, NOW, "us-east-1", "sts");
    headers.extend(added);
    let mut request = Request::post("/");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.body(Bytes::from(body)).expect("a request")
}

/// What the product does per request, from the headers as hyper gives them.
pub fn ours(request: &Request<Bytes>, keys: &KeyCache) {
    let headers: SmallVec<[Header<'_>; 24]> = request
        .headers()
        .iter()
        .map(|(name, value)| Header {
            name: name.as_str(),
            value: value.as_bytes(),
        })
        .collect();
    let view = RequestView {
        method: request.method().as_str(),
        path: request.uri().path(),
        query: request.uri().query().unwrap_or(""),
        headers: &headers,
        body: request.body(),
    };
    let rules = Rules {
        skew_s_max: 900,
        now: NOW,
        services: &["iam", "organizations", "sts"],
        region: None,
    };
    let Ok(Auth::Signed(claim)) = parse(&view, &rules) else {
        panic!("not signed")
    };
    let (date, region, service) = (claim.date(), claim.region(), claim.service());
    let key = keys.get_or_derive(
        claim.access_key_id(),
        0,
        SECRET.as_bytes(),
        date,
        region,
        service,
    );
    black_box(verify(&view, &claim, &key).expect("a right signature"));
}

/// The peer, with its signing key at hand as well. It takes the request by value: the copies are made
/// before the clock runs.
fn theirs(runtime: &tokio::runtime::Runtime, requests: Vec<Request<Bytes>>) -> Cost {
    let date = chrono::DateTime::from_timestamp(NOW, 0).expect("a time");
    let key = SECRET.parse::<KSecretKey>().expect("a secret").to_ksigning(
        date.date_naive(),
        "us-east-1",
        "sts",
    );
    let user = User::new("aws", "123456789012", "/", "user").expect("a user");
    let response = GetSigningKeyResponse::builder()
        .principal(user)
        .signing_key(key)
        .build()
        .expect("an answer");
    let mut service = tower::service_fn(move |_: GetSigningKeyRequest| {
        let response = response.clone();
        async move { Ok::<_, BoxError>(response) }
    });
    let count = requests.len();
    let mut requests = requests.into_iter();
    batch(count, |_| {
        let request = requests.next().expect("a copy");
        let required = NO_ADDITIONAL_SIGNED_HEADERS;
        let options = SignatureOptions::default();
        let call = sigv4_validate_request(
            request,
            "us-east-1",
            "sts",
            &mut service,
            date,
            &required,
            options,
        );
        black_box(runtime.block_on(call).expect("a right signature"));
    })
}

/// The section of the report.
pub fn run() -> Section {
    let mut section = Section::new(
        "Signature verification",
        "A POST of AssumeRole with ten headers and a body of about 250 bytes, parsed and verified with the signing \
         key cached; median over rounds that alternate between the two. `scratchstack-aws-signature` gets its key at \
         once, too.",
        &[
            "request",
            "CPU per call",
            "allocations per call",
            "scratchstack",
            "its allocations",
            "ratio",
        ],
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let token = "x".repeat(800);
    for (name, token) in [
        ("long-term key", None),
        ("session, token of 800 bytes", Some(token.as_str())),
    ] {
        let request = typical(token);
        let keys = KeyCache::new(1_024);
        let (mut own, mut other, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let mine = batch(CALLS, |_| ours(&request, &keys));
            let peers: Vec<Cost> = (0..CALLS / COPIES / 4)
                .map(|_| theirs(&runtime, vec![request.clone(); COPIES]))
                .collect();
            let peer = median_cost(&peers);
            if round > 0 {
                own.push(mine);
                other.push(peer);
                ratios.push(peer.ns / mine.ns);
            }
        }
        let (mine, peer) = (median_cost(&own), median_cost(&other));
        section.row(&[
            name.to_owned(),
            format!("{:.2} µs", mine.ns / 1_000.0),
            format!("{:.1}", mine.allocations),
            format!("{:.2} µs", peer.ns / 1_000.0),
            format!("{:.0}", peer.allocations),
            format!("{:.1}×", median(&ratios)),
        ]);
    }
    section
}
