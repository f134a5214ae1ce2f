//! What the store's tests share: values, folders, engines.
#![allow(dead_code, reason = "each test file uses a part of it")]

use locum_store::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"AIDAEXAMPLE"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x"}}}]}"#;

pub(crate) fn account_id(number: u64) -> AccountId {
    AccountId::from_number(number).unwrap()
}

pub(crate) fn meta(name: &str) -> AccountMeta {
    AccountMeta {
        name: name.to_owned(),
        email: format!("{name}@example.com"),
        created_s: 1_700_000_000,
        alias: None,
        status: AccountStatus::Active,
        joined_method: JoinedMethod::Created,
        root: RootUser::default(),
        password_policy: None,
        outbound_issuer: None,
    }
}

pub(crate) fn role(name: &str) -> Role {
    Role {
        name: name.to_owned(),
        path: "/".to_owned(),
        id: format!("AROA{}", name.to_uppercase()),
        created_s: 1_700_000_000,
        description: Some("reads the lake".to_owned()),
        max_session_duration_s: 3_600,
        trust: PolicyText::new(TRUST),
        tags: vec![Tag {
            key: "Team".to_owned(),
            value: "lake".to_owned(),
        }],
        inline: Vec::new(),
        attached: vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()],
        boundary: None,
        service_linked: None,
    }
}

pub(crate) fn user(name: &str) -> User {
    User {
        name: name.to_owned(),
        path: "/".to_owned(),
        id: format!("AIDA{}", name.to_uppercase()),
        created_s: 1_700_000_000,
        tags: Vec::new(),
        inline: vec![InlinePolicy {
            name: "assume".to_owned(),
            policy: PolicyText::new(
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}"#,
            ),
        }],
        attached: Vec::new(),
        groups: Vec::new(),
        boundary: None,
        password_last_used_s: None,
    }
}

pub(crate) fn access_key(id: &str, user: &str, secret: &str) -> AccessKey {
    AccessKey {
        id: id.to_owned(),
        user: KeyOwner::User {
            id: format!("AIDA{}", user.to_uppercase()),
            name: user.to_owned(),
        },
        secret: Secret::new(secret.as_bytes()),
        status: KeyStatus::Active,
        created_s: 1_700_000_000,
    }
}

pub(crate) fn event(number: usize) -> Event {
    Event {
        time_s: 1_795_478_400,
        record: format!(r#"{{"eventName":"CreateRole","eventID":"e-{number:06}"}}"#).into_bytes(),
        policies: Vec::new(),
    }
}

pub(crate) fn write(unit: Unit, expects: Revision, puts: Vec<Record>) -> UnitWrite {
    UnitWrite {
        unit,
        expects,
        puts,
        deletes: Vec::new(),
    }
}

pub(crate) fn change(writes: Vec<UnitWrite>, events: Vec<Event>) -> Change {
    Change {
        writes,
        events,
        token: None,
    }
}

pub(crate) fn commit(engine: &dyn Engine, change: Change) -> Result<Revision, CommitError> {
    pollster::block_on(engine.commit(change))
}

pub(crate) fn account(engine: &dyn Engine, number: u64) -> Option<Arc<Account>> {
    pollster::block_on(engine.load(Unit::Account(account_id(number))))
        .unwrap()
        .and_then(Loaded::account)
}

/// Makes an account with these records; returns its revision.
pub(crate) fn make_account(engine: &dyn Engine, number: u64, records: Vec<Record>) -> Revision {
    let mut puts = vec![Record::AccountMeta(meta(&format!("account-{number}")))];
    puts.extend(records);
    let unit = Unit::Account(account_id(number));
    commit(
        engine,
        change(vec![write(unit, Revision::NONE, puts)], vec![]),
    )
    .unwrap()
}

pub(crate) fn random() -> RandomSource {
    Arc::new(|out: &mut [u8]| getrandom::fill(out).unwrap())
}

/// A private folder that is removed at the end.
pub(crate) struct TempDir(pub(crate) PathBuf);

impl TempDir {
    pub(crate) fn new(name: &str) -> TempDir {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!(
            "locum-store-{name}-{}-{number}",
            std::process::id()
        ));
        let _ = std::fs::remove_dir_all(&path);
        TempDir(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn open(&self) -> RedbEngine {
        open_redb(&self.0, RedbOptions::new(random())).unwrap()
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The records of all days of the trail, as they were given to it.
pub(crate) fn trail_lines(dir: &Path) -> Vec<String> {
    let reader = TrailReader::open(dir).unwrap();
    let mut records = Vec::new();
    for day in reader.days().unwrap() {
        let mut lines = reader.lines(day, 0).unwrap();
        while let Some(line) = lines.next_line().unwrap() {
            records.push(String::from_utf8(line.record()).unwrap());
        }
    }
    records
}

pub(crate) const CANARY: &str = "canary-secret-9f8e7d6c5b4a";

/// An installation and an account with secrets in them; returns the account's revision.
pub(crate) fn fill(engine: &dyn Engine) -> Revision {
    let installation = vec![
        Record::InstallationMeta(InstallationMeta {
            management_account: account_id(1),
            created_s: 1,
        }),
        Record::SessionKey(SessionKeyEpoch {
            epoch: 1,
            secret: Secret::new(CANARY),
            state: KeyState::Active,
            created_s: 1,
        }),
    ];
    let first = write(Unit::Installation, Revision::NONE, installation);
    commit(engine, change(vec![first], vec![event(1)])).unwrap();
    let mut records: Vec<_> = (0..40)
        .map(|number| Record::Role(role(&format!("role-{number}"))))
        .collect();
    records.push(Record::AccessKey(access_key("AKIACANARY", "alice", CANARY)));
    make_account(engine, 1, records)
}

/// Why the folder cannot be opened.
pub(crate) fn refused(dir: &Path) -> OpenError {
    open_redb(dir, RedbOptions::new(random())).unwrap_err()
}
