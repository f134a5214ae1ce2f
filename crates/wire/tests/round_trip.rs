//! Every generated structure, filled at random: what one direction writes the other reads back.
#![allow(
    clippy::panic,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "helpers of tests fail by panicking"
)]

mod support;

use locum_wire::{
    CallInfo, HttpRequest, Kind, Need, Protocol, Service, Shape, Structure, operations,
    read_output, route, write_input, write_output,
};
use locum_wire::{cloudtrail, iam, organizations, sts};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Texts that bring out what codecs get wrong, among texts that the models' patterns accept.
const POOL: &[&str] = &[
    "a<b>&\"c'</a>]]>",
    "100% = 1+1&x=y?#",
    "tab\tline\nfeed\rreturn",
    "  blanks  ",
    "äß中🦀é",
    "",
    "Zz_9",
    "user-1@example.com",
    "arn:aws:iam::123456789012:role/path/name",
    "/",
    "/path/of/it/",
    "v1",
    "v12.beta-1",
    "123456789012",
    "000123",
    "AKIAIOSFODNN7EXAMPLE",
    "{\"Version\":\"2012-10-17\"}",
    "o-a1b2c3d4e5",
    "r-a1b2",
    "car-a1b2c3d4e5f6",
    "ou-a1b2-a1b2c3d4",
    "p-FullAWSAccess",
    "h-a1b2c3d4",
    "arn:aws:organizations::123456789012:account/o-a1b2c3d4e5/123456789012",
    "arn:aws:organizations::123456789012:organization/o-a1b2c3d4e5",
    "Key with space",
    "Kostenträger.:/=+-@",
    "https://example.com/callback",
    "o-a1b2c3d4e5/r-a1b2/",
    "o-a1b2c3d4e5/r-a1b2/ou-a1b2-a1b2c3d4/",
    "arn:aws:organizations::123456789012:policy/o-a1b2c3d4e5/service_control_policy/p-a1b2c3d4e5",
    "arn:aws:organizations::123456789012:ou/o-a1b2c3d4e5/ou-a1b2-a1b2c3d4",
    "arn:aws:organizations::123456789012:root/o-a1b2c3d4e5/r-a1b2",
    "arn:aws:organizations::123456789012:handshake/o-a1b2c3d4e5/invite/h-a1b2c3d4",
    "rt-a1b2c3d4",
    "rp-a1b2c3d4",
    "2011",
    "aws-service.example.com",
    "A0B1C2D3E4F5A0B1C2D3",
    "lower-case",
    "plain",
];

/// Decisions taken from a finite run of random bytes.
struct Choices<'a>(std::slice::Iter<'a, u8>);

impl Choices<'_> {
    fn below(&mut self, n: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or(0)) % n
    }
}

/// Whether what is made must also meet the model's constraints.
#[derive(Clone, Copy, PartialEq)]
enum Wish {
    Valid,
    Anything,
}

fn text(shape: &Shape, wish: Wish, choices: &mut Choices<'_>) -> String {
    if !shape.values.is_empty() {
        return shape.values[choices.below(shape.values.len())].to_owned();
    }
    if wish == Wish::Anything {
        return POOL[choices.below(POOL.len())].to_owned();
    }
    let (min, max) = (
        shape.min.unwrap_or(0) as usize,
        shape.max.unwrap_or(i64::MAX) as usize,
    );
    let fitting: Vec<String> = POOL
        .iter()
        .flat_map(|t| {
            let least: String = t.chars().cycle().take(min).collect();
            [(*t).to_owned(), t.repeat(4), t.repeat(25), least]
        })
        .filter(|t| (min..=max).contains(&t.chars().count()))
        .filter(|t| shape.pattern.is_none_or(|p| p.matches(t)))
        .collect();
    assert!(
        !fitting.is_empty(),
        "no text in the pool fits {}",
        shape.name
    );
    fitting[choices.below(fitting.len())].clone()
}

fn value(shape: &Shape, wish: Wish, depth: usize, choices: &mut Choices<'_>) -> Value {
    let count = |choices: &mut Choices<'_>| shape.min.unwrap_or(0) as usize + choices.below(3);
    match &shape.kind {
        Kind::String => text(shape, wish, choices).into(),
        Kind::Integer | Kind::Long => (shape.min.unwrap_or(0) + choices.below(2) as i64).into(),
        Kind::Boolean => (choices.below(2) == 1).into(),
        Kind::Timestamp => (1_400_000_000_i64 + choices.below(256) as i64 * 7_654_321).into(),
        Kind::Blob => ["", "AA==", "SGVsbG8gd29ybGQh"][choices.below(3)].into(),
        Kind::List(item) => (0..count(choices))
            .map(|_| value(item, wish, depth, choices))
            .collect(),
        Kind::Map(key, item) => {
            let fits = |k: &&&str| {
                wish == Wish::Anything || key.pattern.is_none_or(|pattern| pattern.matches(k))
            };
            let keys: Vec<&&str> = ["Users", "key <1>", "ä"].iter().filter(fits).collect();
            let n = choices.below(keys.len() + 1);
            keys.into_iter()
                .take(n)
                .map(|k| ((*k).to_owned(), value(item, wish, depth, choices)))
                .collect()
        }
        Kind::Structure(members) => {
            let mut out = Map::new();
            for member in *members {
                let wanted = member.need == Need::Required || (depth < 6 && choices.below(3) > 0);
                if wanted {
                    out.insert(
                        member.name.to_owned(),
                        value(member.shape, wish, depth + 1, choices),
                    );
                }
            }
            // A form cannot say that a structure is there and has nothing in it.
            if let (true, Wish::Valid, [first, ..]) = (out.is_empty() && depth > 0, wish, *members)
            {
                out.insert(
                    first.name.to_owned(),
                    value(first.shape, wish, depth + 1, choices),
                );
            }
            Value::Object(out)
        }
    }
}

/// A structure filled at random, by way of the JSON reader.
fn filled<T: Structure>(wish: Wish, bytes: &[u8]) -> T {
    let json = value(T::SHAPE, wish, 0, &mut Choices(bytes.iter()));
    read_output(Service::Organizations, "", json.to_string().as_bytes())
        .unwrap_or_else(|e| panic!("{}: {e}: {json}", T::SHAPE.name))
}

/// Server writes, client reads.
fn output<T: Structure>(service: Service, bytes: &[u8]) {
    let value: T = filled(Wish::Anything, bytes);
    let protocol = match service {
        Service::Organizations | Service::CloudTrail => Protocol::Json11,
        Service::Sts | Service::Iam => Protocol::Query,
    };
    let reply = write_output(
        &CallInfo {
            service,
            operation: "Some",
            protocol,
        },
        &value,
        "id",
    );
    let read: T = read_output(service, "Some", &reply.body)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&reply.body)));
    assert_eq!(read, value, "{}", String::from_utf8_lossy(&reply.body));
    let json = CallInfo {
        service: Service::Sts,
        operation: "Some",
        protocol: Protocol::QueryJson,
    };
    let reply = write_output(&json, &value, "id");
    let tree: Value = serde_json::from_slice(&reply.body).expect("valid JSON");
    assert_eq!(
        tree["SomeResponse"]["ResponseMetadata"],
        json!({"RequestId": "id"})
    );
}

/// Client writes, server reads: only the inputs of operations, within the model's constraints.
fn input<T: Structure>(service: Service, bytes: &[u8]) {
    let model = operations(service)
        .iter()
        .find(|o| o.input == Some(T::SHAPE.name));
    let Some(model) = model else { return };
    let value: T = filled(Wish::Valid, bytes);
    let request = write_input(service, model.name, &value);
    let http = HttpRequest {
        method: "POST",
        path: "/",
        content_type: Some(request.content_type),
        target: request.target.as_deref(),
        scope_service: Some(service.scope_name()),
        body: &request.body,
        ..HttpRequest::default()
    };
    let text = String::from_utf8_lossy(&request.body);
    let call = route(&http).unwrap_or_else(|e| panic!("{e}: {text}"));
    assert_eq!(
        (call.service, call.operation.as_ref()),
        (service, model.name)
    );
    assert_eq!(
        call.read::<T>().unwrap_or_else(|e| panic!("{e}: {text}")),
        value,
        "{text}"
    );
}

macro_rules! each {
    ($module:ident $($name:ident)*) => {
        pub(super) fn all(bytes: &[u8]) {
            $(
                super::output::<super::$module::$name>(SERVICE, bytes);
                super::input::<super::$module::$name>(SERVICE, bytes);
            )*
        }
    };
}

mod each_sts {
    const SERVICE: super::Service = super::Service::Sts;
    locum_wire::every_sts_structure!(each);
}

mod each_iam {
    const SERVICE: super::Service = super::Service::Iam;
    locum_wire::every_iam_structure!(each);
}

mod each_organizations {
    const SERVICE: super::Service = super::Service::Organizations;
    locum_wire::every_organizations_structure!(each);
}

mod each_cloudtrail {
    const SERVICE: super::Service = super::Service::CloudTrail;
    locum_wire::every_cloudtrail_structure!(each);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_structure_survives_both_directions(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        each_sts::all(&bytes);
        each_iam::all(&bytes);
        each_organizations::all(&bytes);
        each_cloudtrail::all(&bytes);
    }

    #[test]
    fn dos_05_no_bytes_make_the_readers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), tail in "[<>/a-z&;#\\[{\"},:0-9]{0,80}") {
        let mut text = bytes;
        text.extend(tail.bytes());
        let _ = read_output::<sts::AssumeRoleResponse>(Service::Sts, "AssumeRole", &text);
        let _ = read_output::<organizations::ListAccountsResponse>(Service::Organizations, "ListAccounts", &text);
        let _ = read_output::<iam::ListUsersResponse>(Service::Iam, "ListUsers", tail.as_bytes());
        for service in Service::ALL {
            let _ = locum_wire::read_error(service, 500, &text);
        }
        for (content_type, target) in [(support::FORM, None), (support::JSON, Some("AWSOrganizationsV20161128.CreateAccount"))] {
            let request = HttpRequest { method: "POST", path: "/", content_type: Some(content_type), target, body: &text, ..HttpRequest::default() };
            if let Ok(call) = route(&request) {
                let _ = call.read::<organizations::CreateAccountRequest>();
            }
        }
    }
}
