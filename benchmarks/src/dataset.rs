//! Data directories with any number of roles, written through the store itself.

use std::path::Path;
use std::sync::{Arc, Mutex};

use locum_store::{
    AccountId, AccountMeta, AccountStatus, AccountSummary, Change, Engine, InlinePolicy,
    Installation, JoinedMethod, PolicyText, Record, RedbEngine, RedbOptions, Revision, Role,
    RootUser, Unit, UnitWrite, open_redb,
};
use tokio::runtime::Runtime;

use crate::client::{ROLE_POLICY, trust};

/// Records of one change; below the store's limit.
const RECORDS_PER_CHANGE: usize = 5_000;
const CREATED_S: i64 = 1_700_000_000;

/// How many roles, over how many accounts.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub accounts: usize,
    pub roles_per_account: usize,
}

impl Shape {
    /// At most 1,000 accounts, at least one role in each.
    pub fn of(roles: usize) -> Shape {
        let accounts = roles.min(1_000);
        Shape {
            accounts,
            roles_per_account: roles / accounts.max(1),
        }
    }

    /// All of them.
    pub fn roles(self) -> usize {
        self.accounts * self.roles_per_account
    }
}

/// The ARN of role number `number` of `shape`.
pub fn role_arn(shape: Shape, number: usize) -> String {
    let (account, role) = (number % shape.accounts, number / shape.accounts);
    format!(
        "arn:aws:iam::{}:role/{}",
        account_id(account),
        role_name(role)
    )
}

fn account_id(number: usize) -> AccountId {
    AccountId::from_number(300_000_000_000 + 7_919 * number as u64).expect("twelve digits")
}

fn role_name(number: usize) -> String {
    format!("role-{number:06}")
}

/// Adds accounts and roles to a data directory that a server has made before and has left.
pub fn fill(data: &Path, shape: Shape) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let engine = open_redb(data, RedbOptions::new(Arc::new(random()))).expect("the store");
    let installation = installation(&runtime, &engine);
    let commit = |writes: Vec<UnitWrite>| {
        let change = Change {
            writes,
            ..Change::default()
        };
        runtime.block_on(engine.commit(change)).expect("a commit")
    };
    let summaries = (0..shape.accounts)
        .map(|number| Record::AccountSummary(summary(number)))
        .collect();
    commit(vec![UnitWrite {
        unit: Unit::Installation,
        expects: installation.revision,
        puts: summaries,
        deletes: Vec::new(),
    }]);
    let trust = trust(&format!(
        "arn:aws:iam::{}:root",
        installation.management_account
    ));
    for account in 0..shape.accounts {
        let mut expects = Revision::NONE;
        let mut records = vec![Record::AccountMeta(meta(account))];
        for number in 0..shape.roles_per_account {
            records.push(Record::Role(role(account, number, &trust)));
            if records.len() >= RECORDS_PER_CHANGE {
                expects = commit(vec![write(account, expects, std::mem::take(&mut records))]);
            }
        }
        if !records.is_empty() {
            commit(vec![write(account, expects, records)]);
        }
    }
}

fn installation(runtime: &Runtime, engine: &RedbEngine) -> Arc<Installation> {
    let loaded = runtime
        .block_on(engine.load(Unit::Installation))
        .expect("a load");
    loaded
        .and_then(|loaded| loaded.installation())
        .expect("an installation")
}

fn write(account: usize, expects: Revision, puts: Vec<Record>) -> UnitWrite {
    UnitWrite {
        unit: Unit::Account(account_id(account)),
        expects,
        puts,
        deletes: Vec::new(),
    }
}

fn role(account: usize, number: usize, trust: &str) -> Role {
    Role {
        name: role_name(number),
        path: "/".to_owned(),
        id: format!("AROA{account:06}X{number:010}"),
        created_s: CREATED_S,
        description: None,
        max_session_duration_s: 3_600,
        trust: PolicyText::new(trust),
        tags: Vec::new(),
        inline: vec![InlinePolicy {
            name: "lake".to_owned(),
            policy: PolicyText::new(ROLE_POLICY),
        }],
        attached: Vec::new(),
        boundary: None,
        service_linked: None,
    }
}

fn meta(number: usize) -> AccountMeta {
    AccountMeta {
        name: format!("account-{number}"),
        email: format!("{number}@example.com"),
        created_s: CREATED_S,
        alias: None,
        status: AccountStatus::Active,
        joined_method: JoinedMethod::Created,
        root: RootUser::default(),
        password_policy: None,
        outbound_issuer: None,
    }
}

fn summary(number: usize) -> AccountSummary {
    AccountSummary {
        id: account_id(number),
        name: format!("account-{number}"),
        email: format!("{number}@example.com"),
        alias: None,
        joined_s: CREATED_S,
        status: AccountStatus::Active,
        joined_method: JoinedMethod::Created,
    }
}

/// From the system, in larger pieces: a million nonces are a million small reads otherwise.
fn random() -> impl Fn(&mut [u8]) + Send + Sync {
    let pool = Mutex::new(Vec::<u8>::new());
    move |out: &mut [u8]| {
        let mut pool = pool.lock().expect("no panic before");
        if pool.len() < out.len() {
            pool.resize(4_096.max(out.len()), 0);
            getrandom::fill(&mut pool).expect("random bytes");
        }
        let rest = pool.len() - out.len();
        out.copy_from_slice(pool.get(rest..).unwrap_or_default());
        pool.truncate(rest);
    }
}
