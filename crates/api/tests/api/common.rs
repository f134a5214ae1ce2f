//! A world in memory with a set clock, callers with keys, and one `check` for refusals.

use std::cell::RefCell;
use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use locum_api::operator::{self, Actor, WithRootKey};
use locum_api::{Clock, Random, Request, SetClock, Settings, World, bootstrap, handle};
use locum_sigv4::{Credentials, Header, RequestView};
use locum_store::{
    Account, AccountId, AccountMeta, AccountStatus, Change, Engine, Key, Loaded, MemoryEngine,
    MemoryOptions, Record, Revision, Unit, UnitWrite, memory,
};
use locum_wire::iam::{
    AccessKey, CreateAccessKeyRequest, CreateAccessKeyResponse, CreateRoleRequest,
    CreateRoleResponse, CreateUserRequest, CreateUserResponse, PutRolePolicyRequest,
    PutUserPolicyRequest, Role, User,
};
use locum_wire::sts::{AssumeRoleRequest, AssumeRoleResponse};
use locum_wire::{ClientRequest, Service, Structure, read_error, read_output, write_input};
use pollster::block_on;
use serde_json::Value;

pub(crate) use crate::denied::{check_denied, no_identity_policy};
pub(crate) use crate::documents::{
    allow, allow_if, assume_role, document, statement, trust, trust_if,
};

/// Who uses the operator's socket.
pub(crate) const OPERATOR: Actor = Actor::Operator {
    uid: 1_000,
    pid: 42,
};
/// 2026-03-01T12:00:00Z.
pub(crate) const START_S: i64 = 1_772_366_400;
/// Where every client of these tests sits.
pub(crate) const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
/// The region that requests are signed for.
pub(crate) const REGION: &str = "eu-central-1";

/// Never repeats and is the same in every run.
struct Counted(AtomicU64);

impl Random for Counted {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            // SplitMix64 of a counter.
            let mut value = self
                .0
                .fetch_add(1, Ordering::Relaxed)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15);
            value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let bytes = (value ^ (value >> 31)).to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}

/// What signs a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keys {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
}

/// An error answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

/// What came back, and what the trail says of it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    pub(crate) content_type: String,
    /// The record of the call; none when the store is down.
    pub(crate) event: Option<Value>,
    /// The record in the account that owns the resource, when that is another.
    pub(crate) owners_event: Option<Value>,
    /// The encoded authorization message of a refusal.
    pub(crate) message: Option<String>,
}

/// The world of a test.
pub(crate) struct Lab {
    pub(crate) engine: Arc<MemoryEngine>,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) world: World,
    /// The management account.
    pub(crate) account: String,
    /// A user of the management account that may do everything.
    pub(crate) admin: Keys,
    /// Every secret that was ever answered; none may stand in the trail.
    secrets: RefCell<Vec<String>>,
}

/// Another account and its root user.
pub(crate) struct Other {
    pub(crate) account: String,
    pub(crate) root: Keys,
}

impl Lab {
    /// A fresh installation.
    pub(crate) fn new() -> Lab {
        Lab::seeded(0)
    }

    /// A fresh installation whose ids and keys are others than those of [`Lab::new`].
    pub(crate) fn seeded(seed: u64) -> Lab {
        let (engine, clock, world) = world(seed);
        let mut admin = None;
        let keep = |held: &bootstrap::AdminCredentials| {
            let secret = held.secret_access_key.to_string();
            admin = Some(Keys {
                id: held.access_key_id.clone(),
                secret,
                token: None,
            });
            Ok(())
        };
        let account = block_on(bootstrap::bootstrap(&world, keep))
            .expect("bootstrap")
            .to_string();
        let admin = admin.expect("credentials of the first user");
        let secrets = RefCell::new(vec![admin.secret.clone()]);
        Lab {
            engine,
            clock,
            world,
            account,
            admin,
            secrets,
        }
    }

    /// A store with nothing in it, and nobody who could call.
    pub(crate) fn empty() -> Lab {
        let (engine, clock, world) = world(0);
        let admin = Keys {
            id: String::new(),
            secret: String::new(),
            token: None,
        };
        Lab {
            engine,
            clock,
            world,
            account: String::new(),
            admin,
            secrets: RefCell::default(),
        }
    }

    pub(crate) fn now_s(&self) -> i64 {
        self.clock.now_ms() / 1_000
    }

    /// Moves the clock on.
    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.set(self.clock.now_ms() + seconds * 1_000);
    }

    /// Another account of the organization.
    pub(crate) fn other(&self, name: &str) -> Other {
        let made = operator::create_account(&self.world, OPERATOR, name, None, WithRootKey::Yes);
        let (account, key) = block_on(made).expect("a new account");
        let key = key.expect("a root key");
        let secret = key.secret_access_key.to_string();
        self.secrets.borrow_mut().push(secret.clone());
        let root = Keys {
            id: key.access_key_id.clone(),
            secret,
            token: None,
        };
        Other {
            account: account.to_string(),
            root,
        }
    }

    /// Sends a request as it stands. Checks what holds for every call: one record for each account
    /// concerned, on one line, of this very request, with no secret in it.
    pub(crate) fn send(&self, request: http::Request<Bytes>) -> Answer {
        let before = self.engine.recorded_events().len();
        let (parts, body) = request.into_parts();
        let request = Request {
            parts,
            body,
            peer: PEER,
            tls: None,
        };
        let response = block_on(handle(&self.world, request));
        let events = self.engine.recorded_events().split_off(before);
        let status = response.status().as_u16();
        let header = |name: &str| {
            let value = response.headers().get(name);
            value
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        let request_id = header("x-amzn-requestid");
        let mut events = events.iter().map(|event| {
            assert!(
                !event.record.contains(&b'\n'),
                "a record on more than one line"
            );
            let text = std::str::from_utf8(&event.record).expect("a record in UTF-8");
            for secret in &*self.secrets.borrow() {
                assert!(
                    !text.contains(secret.as_str()),
                    "a secret in the trail: {text}"
                );
            }
            let value: Value = serde_json::from_str(text).expect("a record in JSON");
            assert_eq!(value["requestID"], request_id.as_str());
            assert_eq!(event.time_s, self.now_s());
            value
        });
        let (event, owners_event) = (events.next(), events.next());
        assert_eq!(event.is_some(), status != 503, "a record, status {status}");
        assert!(events.next().is_none(), "more than two records");
        let shared =
            |event: &Option<Value>| event.as_ref().map(|told| told["sharedEventID"].clone());
        match &owners_event {
            Some(_) => assert_eq!(shared(&event), shared(&owners_event)),
            None => assert_eq!(shared(&event).unwrap_or_default(), Value::Null),
        }
        let message = response.headers().get("x-locum-authorization-message");
        let message = message
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        Answer {
            status,
            message,
            content_type: header("content-type"),
            body: response.into_body(),
            event,
            owners_event,
        }
    }

    /// A request of `keys`, signed now.
    pub(crate) fn signed(
        &self,
        keys: &Keys,
        service: Service,
        body: ClientRequest,
    ) -> http::Request<Bytes> {
        sign(
            keys,
            service.scope_name(),
            self.now_s(),
            unsigned(service, body),
        )
    }

    /// Calls an operation and reads what it answers.
    pub(crate) fn call<I: Structure, O: Structure>(
        &self,
        keys: &Keys,
        (service, operation): (Service, &str),
        input: &I,
    ) -> Result<O, Refused> {
        let body = self.answered(keys, (service, operation), input)?;
        let output = read_output(service, operation, &body);
        Ok(output.unwrap_or_else(|error| {
            panic!("{operation}: {error}: {}", String::from_utf8_lossy(&body))
        }))
    }

    fn answered<I: Structure>(
        &self,
        keys: &Keys,
        (service, operation): (Service, &str),
        input: &I,
    ) -> Result<Bytes, Refused> {
        let body = write_input(service, operation, input);
        let answer = self.send(self.signed(keys, service, body));
        success(service, &answer)?;
        Ok(answer.body)
    }

    /// Calls an IAM operation.
    pub(crate) fn iam<I: Structure, O: Structure>(
        &self,
        keys: &Keys,
        operation: &str,
        input: &I,
    ) -> Result<O, Refused> {
        self.call(keys, (Service::Iam, operation), input)
    }

    /// Calls an IAM operation that answers nothing.
    pub(crate) fn tell<I: Structure>(
        &self,
        keys: &Keys,
        operation: &str,
        input: &I,
    ) -> Result<(), Refused> {
        self.answered(keys, (Service::Iam, operation), input)
            .map(|_| ())
    }

    /// Calls an STS operation.
    pub(crate) fn sts<I: Structure, O: Structure>(
        &self,
        keys: &Keys,
        operation: &str,
        input: &I,
    ) -> Result<O, Refused> {
        self.call(keys, (Service::Sts, operation), input)
    }

    /// An IAM form of the admin's, of whose answer only the error counts.
    pub(crate) fn ask(&self, form: &str) -> Result<(), Refused> {
        success(Service::Iam, &self.form(&self.admin, Service::Iam, form))
    }

    /// Sends a form as it stands, signed: what no SDK would write.
    pub(crate) fn form(&self, keys: &Keys, service: Service, form: &str) -> Answer {
        let content_type = "application/x-www-form-urlencoded; charset=utf-8";
        let body = format!("{form}&Version={}", service.api_version()).into_bytes();
        self.send(self.signed(
            keys,
            service,
            ClientRequest {
                content_type,
                target: None,
                body,
            },
        ))
    }

    /// Suspends or frees an account, which no operation does yet.
    pub(crate) fn set_status(&self, account: &str, status: AccountStatus) {
        let unit = Unit::Account(AccountId::parse(account).expect("an account id"));
        let held = self.engine.cached(unit).and_then(Loaded::account);
        let held = held.expect("the account");
        let meta = AccountMeta {
            status,
            ..AccountMeta::clone(&held.meta)
        };
        self.write(&held, vec![Record::AccountMeta(meta)], vec![]);
    }

    /// The revision of the management account: it moves with every write.
    pub(crate) fn revision(&self) -> Revision {
        let unit = Unit::Account(AccountId::parse(&self.account).expect("an account id"));
        let held = self.engine.cached(unit).and_then(Loaded::account);
        held.expect("the account").revision
    }

    /// Takes a record away, as no operation would.
    pub(crate) fn forget(&self, account: &str, key: Key) {
        let unit = Unit::Account(AccountId::parse(account).expect("an account id"));
        let held = self.engine.cached(unit).and_then(Loaded::account);
        self.write(&held.expect("the account"), vec![], vec![key]);
    }

    fn write(&self, held: &Account, puts: Vec<Record>, deletes: Vec<Key>) {
        let (unit, expects) = (Unit::Account(held.id), held.revision);
        let write = UnitWrite {
            unit,
            expects,
            puts,
            deletes,
        };
        let change = Change {
            writes: vec![write],
            ..Change::default()
        };
        block_on(self.engine.commit(change)).expect("commit");
    }

    // --- entities

    pub(crate) fn user(&self, by: &Keys, name: &str) -> User {
        let input = CreateUserRequest {
            user_name: name.to_owned(),
            ..CreateUserRequest::default()
        };
        let output: CreateUserResponse = self.iam(by, "CreateUser", &input).expect("CreateUser");
        output.user.expect("a user")
    }

    pub(crate) fn access_key(&self, by: &Keys, user: &str) -> Keys {
        let input = CreateAccessKeyRequest {
            user_name: Some(user.to_owned()),
        };
        let output: CreateAccessKeyResponse = self
            .iam(by, "CreateAccessKey", &input)
            .expect("CreateAccessKey");
        self.kept(output.access_key)
    }

    /// Remembers a secret: it must not stand in the trail from now on.
    pub(crate) fn secret(&self, text: &str) {
        self.secrets.borrow_mut().push(text.to_owned());
    }

    /// Remembers the secret of a new key.
    pub(crate) fn kept(&self, key: AccessKey) -> Keys {
        self.secrets
            .borrow_mut()
            .push(key.secret_access_key.clone());
        Keys {
            id: key.access_key_id,
            secret: key.secret_access_key,
            token: None,
        }
    }

    /// A new user with a key and, unless empty, an inline policy.
    pub(crate) fn user_with(&self, by: &Keys, name: &str, policy: &str) -> Keys {
        self.user(by, name);
        if !policy.is_empty() {
            self.user_policy(by, name, policy);
        }
        self.access_key(by, name)
    }

    pub(crate) fn user_policy(&self, by: &Keys, user: &str, policy: &str) {
        let input = PutUserPolicyRequest {
            user_name: user.to_owned(),
            policy_name: "inline".to_owned(),
            policy_document: policy.to_owned(),
        };
        self.tell(by, "PutUserPolicy", &input)
            .expect("PutUserPolicy");
    }

    pub(crate) fn role(&self, by: &Keys, name: &str, trust: &str) -> Role {
        self.try_role(by, name, trust).expect("CreateRole")
    }

    pub(crate) fn try_role(&self, by: &Keys, name: &str, trust: &str) -> Result<Role, Refused> {
        let input = CreateRoleRequest {
            role_name: name.to_owned(),
            assume_role_policy_document: trust.to_owned(),
            ..CreateRoleRequest::default()
        };
        let output: CreateRoleResponse = self.iam(by, "CreateRole", &input)?;
        Ok(output.role)
    }

    pub(crate) fn role_policy(&self, by: &Keys, role: &str, policy: &str) {
        let input = PutRolePolicyRequest {
            role_name: role.to_owned(),
            policy_name: "inline".to_owned(),
            policy_document: policy.to_owned(),
        };
        self.tell(by, "PutRolePolicy", &input)
            .expect("PutRolePolicy");
    }

    // --- sessions

    pub(crate) fn try_assume(
        &self,
        by: &Keys,
        input: &AssumeRoleRequest,
    ) -> Result<AssumeRoleResponse, Refused> {
        let output: AssumeRoleResponse = self.sts(by, "AssumeRole", input)?;
        let credentials = output.credentials.as_ref().expect("credentials");
        self.secrets
            .borrow_mut()
            .push(credentials.secret_access_key.clone());
        Ok(output)
    }

    pub(crate) fn assume(&self, by: &Keys, input: &AssumeRoleRequest) -> Keys {
        keys_of(&self.try_assume(by, input).expect("AssumeRole"))
    }
}

fn world(seed: u64) -> (Arc<MemoryEngine>, Arc<SetClock>, World) {
    let engine = Arc::new(memory(MemoryOptions::default()));
    let clock = Arc::new(SetClock::at(START_S * 1_000));
    let random = Arc::new(Counted(AtomicU64::new(seed << 32)));
    let settings = Settings {
        // Every refusal has a record of its own here, unless a test says otherwise.
        unauthenticated_records_max: u32::MAX,
        ..Settings::default()
    };
    let world = World::new(engine.clone(), clock.clone(), random, settings);
    (engine, clock, world)
}

/// A request without a signature.
pub(crate) fn unsigned(service: Service, request: ClientRequest) -> http::Request<Bytes> {
    let mut built = http::Request::builder()
        .method("POST")
        .uri("/")
        .header("host", format!("{}.example.test", service.scope_name()))
        .header("content-type", request.content_type)
        .header("user-agent", "tests/1");
    if let Some(target) = request.target {
        built = built.header("x-amz-target", target);
    }
    built.body(Bytes::from(request.body)).expect("a request")
}

/// Adds the headers of a signature.
pub(crate) fn sign(
    keys: &Keys,
    scope: &str,
    timestamp: i64,
    request: http::Request<Bytes>,
) -> http::Request<Bytes> {
    sign_in(keys, (scope, REGION), timestamp, request)
}

/// The same for a service in some region.
pub(crate) fn sign_in(
    keys: &Keys,
    (scope, region): (&str, &str),
    timestamp: i64,
    mut request: http::Request<Bytes>,
) -> http::Request<Bytes> {
    let headers: Vec<Header<'_>> = request
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
        query: request.uri().query().unwrap_or_default(),
        headers: &headers,
        body: request.body(),
    };
    let credentials = Credentials {
        access_key_id: &keys.id,
        secret: &keys.secret,
        session_token: keys.token.as_deref(),
    };
    let added = locum_sigv4::sign(&view, &credentials, timestamp, region, scope);
    for (name, value) in added {
        let name: http::HeaderName = name.parse().expect("a header name");
        request
            .headers_mut()
            .insert(name, value.parse().expect("a header value"));
    }
    request
}

/// The error of an answer that is none of the 200s.
pub(crate) fn success(service: Service, answer: &Answer) -> Result<(), Refused> {
    if answer.status == 200 {
        return Ok(());
    }
    let error = read_error(service, answer.status, &answer.body);
    Err(Refused {
        status: error.status,
        code: error.code,
        message: error.message,
    })
}

pub(crate) fn keys_of(output: &AssumeRoleResponse) -> Keys {
    let credentials = output.credentials.clone().expect("credentials");
    Keys {
        id: credentials.access_key_id,
        secret: credentials.secret_access_key,
        token: Some(credentials.session_token),
    }
}

/// What must be refused, with AWS's status, code and sentence.
#[track_caller]
pub(crate) fn check<T: Debug>(result: Result<T, Refused>, status: u16, code: &str, message: &str) {
    match result {
        Err(refused) => assert_eq!(
            (
                refused.status,
                refused.code.as_str(),
                refused.message.as_str()
            ),
            (status, code, message)
        ),
        Ok(output) => panic!("not refused with {code}: {output:?}"),
    }
}
