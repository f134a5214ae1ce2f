//! Accounts with as many entities as their quotas allow, written straight into the store.

use locum_store::{
    AccountId, Change, CredentialStatus, Engine, Group, InstanceProfile, Loaded, ManagedPolicy,
    MfaDevice, OidcProvider, PolicyText, PolicyVersion, Record, Revision, Role, SamlProvider,
    Secret, ServerCertificate, SshPublicKey, Tag, Unit, UnitWrite, User,
};
use pollster::block_on;

use crate::common::{Lab, START_S, allow, trust};

/// Records of one commit.
const CHUNK: usize = 500;

/// Puts records into the management account, as no operation would.
pub(crate) fn put(lab: &Lab, records: impl Iterator<Item = Record>) {
    let unit = Unit::Account(AccountId::parse(&lab.account).expect("an account id"));
    let mut records = records.peekable();
    while records.peek().is_some() {
        let held = lab.engine.cached(unit);
        let expects = held.as_ref().map_or(Revision::NONE, Loaded::revision);
        let write = UnitWrite {
            unit,
            expects,
            puts: records.by_ref().take(CHUNK).collect(),
            deletes: Vec::new(),
        };
        let change = Change {
            writes: vec![write],
            ..Change::default()
        };
        block_on(lab.engine.commit(change)).expect("commit");
    }
}

/// The name of the entity at `at`: in the order of the numbers.
pub(crate) fn name(kind: &str, at: usize) -> String {
    format!("{kind}-{at:05}")
}

fn id(prefix: &str, at: usize) -> String {
    format!("{prefix}{at:017}")
}

fn tags(at: usize) -> Vec<Tag> {
    let value = format!("team {}", at % 40);
    let key = "team".to_owned();
    vec![Tag { key, value }]
}

/// The ARN of an own policy of [`policies`].
pub(crate) fn policy_arn(lab: &Lab, at: usize) -> String {
    format!(
        "arn:aws:iam::{}:policy/crowd/{}",
        lab.account,
        name("policy", at)
    )
}

pub(crate) fn users(lab: &Lab, count: usize) -> impl Iterator<Item = Record> {
    let (policies, created_s) = ([policy_arn(lab, 0), policy_arn(lab, 1)], lab.now_s());
    (0..count).map(move |at| {
        Record::User(User {
            name: name("user", at),
            path: "/crowd/".to_owned(),
            id: id("AIDA", at),
            created_s,
            tags: tags(at),
            inline: Vec::new(),
            attached: policies.to_vec(),
            groups: Vec::new(),
            boundary: None,
            password_last_used_s: None,
        })
    })
}

pub(crate) fn roles(lab: &Lab, count: usize) -> impl Iterator<Item = Record> {
    let trust = PolicyText::new(trust(&format!("\"{}\"", lab.account)));
    let (policies, created_s) = ([policy_arn(lab, 0), policy_arn(lab, 1)], lab.now_s());
    (0..count).map(move |at| {
        Record::Role(Role {
            name: name("role", at),
            path: "/crowd/".to_owned(),
            id: id("AROA", at),
            created_s,
            description: None,
            max_session_duration_s: 3_600,
            trust: trust.clone(),
            tags: tags(at),
            inline: Vec::new(),
            attached: policies.to_vec(),
            boundary: None,
            service_linked: None,
        })
    })
}

pub(crate) fn policies(count: usize) -> impl Iterator<Item = Record> {
    (0..count).map(|at| {
        let text = allow("s3:GetObject", &format!("arn:aws:s3:::bucket-{at}/*"));
        let version = PolicyVersion {
            number: 1,
            created_s: START_S,
            text: PolicyText::new(text),
        };
        Record::Policy(ManagedPolicy {
            name: name("policy", at),
            path: "/crowd/".to_owned(),
            id: id("ANPA", at),
            created_s: START_S,
            updated_s: START_S,
            description: None,
            tags: tags(at),
            versions: vec![version],
            default_version: 1,
            latest_version: 1,
        })
    })
}

fn groups(count: usize) -> impl Iterator<Item = Record> {
    (0..count).map(|at| {
        Record::Group(Group {
            name: name("group", at),
            path: "/".to_owned(),
            id: id("AGPA", at),
            created_s: START_S,
            inline: Vec::new(),
            attached: Vec::new(),
        })
    })
}

fn profiles(count: usize) -> impl Iterator<Item = Record> {
    (0..count).map(|at| {
        Record::InstanceProfile(InstanceProfile {
            name: name("profile", at),
            path: "/".to_owned(),
            id: id("AIPA", at),
            created_s: START_S,
            tags: Vec::new(),
            role: None,
        })
    })
}

fn devices(count: usize) -> impl Iterator<Item = Record> {
    (0..count).map(|at| {
        Record::MfaDevice(MfaDevice {
            name: name("device", at),
            path: "/".to_owned(),
            user_id: None,
            seed: Secret::new([7; 40]),
            created_s: START_S,
            enabled_s: None,
            tags: Vec::new(),
            drift_steps: 0,
            last_step: None,
            failures: locum_store::Failures::default(),
        })
    })
}

fn providers(count: usize) -> impl Iterator<Item = Record> {
    (0..count).flat_map(|at| {
        let oidc = OidcProvider {
            url: format!("crowd.example.test/{at:05}"),
            created_s: START_S,
            client_ids: Vec::new(),
            thumbprints: Vec::new(),
            tags: Vec::new(),
        };
        let saml = SamlProvider {
            name: name("saml", at),
            id: id("SAML", at),
            created_s: START_S,
            valid_until_s: START_S,
            metadata: String::new(),
            tags: Vec::new(),
        };
        [Record::OidcProvider(oidc), Record::SamlProvider(saml)]
    })
}

fn certificates(count: usize) -> impl Iterator<Item = Record> {
    (0..count).map(|at| {
        Record::ServerCertificate(ServerCertificate {
            name: name("certificate", at),
            path: "/".to_owned(),
            id: id("ASCA", at),
            body: String::new(),
            chain: None,
            private_key: Secret::new(b"none"),
            uploaded_s: START_S,
            expires_s: START_S,
            tags: Vec::new(),
        })
    })
}

/// Public keys of the user with `user_id`.
pub(crate) fn ssh_keys(user_id: &str, count: u8) -> impl Iterator<Item = Record> {
    (0..count).map(move |at| {
        Record::SshPublicKey(SshPublicKey {
            id: id("APKA", usize::from(at)),
            user_id: user_id.to_owned(),
            spki: vec![at],
            status: CredentialStatus::Active,
            uploaded_s: START_S,
        })
    })
}

/// Uses up every quota of the account.
pub(crate) fn crowd(lab: &Lab) {
    put(lab, policies(1_500));
    put(lab, users(lab, 5_000));
    put(lab, roles(lab, 5_000));
    put(lab, groups(300));
    put(lab, profiles(1_000));
    put(lab, devices(5_000));
    put(lab, providers(100));
    put(lab, certificates(20));
}
