//! First start: the installation, its management account, and the first user with its key.

use locum_store::{
    AccountId, AccountSummary, Change, CommitError, Event, InstallationMeta, JoinedMethod,
    KeyOwner, Organization, Record, Revision, Unit, UnitWrite, User,
};

use crate::iam::access_key::new_key;
use crate::ids::{self, IdKind};
use crate::operator::{self, Actor, Told};
use crate::organizations::new_account::{self, NewAccount};
use crate::session::new_epoch;
use crate::world::{Random, World};

/// The first user's name.
pub const ADMIN: &str = "admin";

/// The key of the first user, handed over once.
pub struct AdminCredentials {
    /// The management account.
    pub account: AccountId,
    /// `AKIA…`.
    pub access_key_id: String,
    /// Forty characters; zeroed on drop.
    pub secret_access_key: zeroize::Zeroizing<String>,
}

/// Why first start failed.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// The store does not answer.
    #[error("the store cannot be read: {0}")]
    Load(#[from] locum_store::LoadError),
    /// The credentials could not be kept, so nothing was created.
    #[error("the first credentials could not be written: {0}")]
    Keep(String),
    /// The store does not take writes.
    #[error("the store cannot be written: {0}")]
    Commit(#[from] CommitError),
    /// No account id could be made.
    #[error("no account id could be made")]
    NoAccountId,
}

/// Makes the installation when the store is empty, and answers its management account.
///
/// `keep` gets the first user's key before anything is committed and must have it on disk when it
/// returns; an installation without known credentials cannot come to be.
///
/// # Errors
/// See [`BootstrapError`]; the store is unchanged then.
pub async fn bootstrap(
    world: &World,
    keep: impl FnOnce(&AdminCredentials) -> Result<(), String>,
) -> Result<AccountId, BootstrapError> {
    if let Some(loaded) = world.engine.load(Unit::Installation).await?
        && let Some(installation) = loaded.installation()
    {
        return Ok(installation.management_account);
    }
    let random = &*world.random;
    let now_s = world.clock.now_ms().div_euclid(1_000);
    let account = ids::new_account_id(random).ok_or(BootstrapError::NoAccountId)?;
    let new = NewAccount {
        name: "management",
        email: "management@locum.invalid",
        role_name: new_account::ACCESS_ROLE,
        partition: &world.settings.partition,
        now_s,
    };
    let user = admin(world, account, now_s);
    let owner = KeyOwner::User {
        id: user.id.clone(),
        name: user.name.clone(),
    };
    let (key, secret) = new_key(now_s, random, account, owner);
    let credentials = AdminCredentials {
        account,
        access_key_id: key.id.clone(),
        secret_access_key: zeroize::Zeroizing::new(secret),
    };
    keep(&credentials).map_err(BootstrapError::Keep)?;
    let installation = installation_unit(account, &new, random);
    let unit = UnitWrite {
        unit: Unit::Account(account),
        expects: Revision::NONE,
        puts: vec![
            Record::AccountMeta(new_account::meta(&new)),
            Record::User(user),
            Record::AccessKey(key),
        ],
        deletes: Vec::new(),
    };
    let told = Told {
        event: "CreateInstallation",
        account: Some(account),
        parameters: &[],
        error: None,
    };
    let record = operator::record(world, now_s, Actor::Server, &told);
    let events = vec![Event::new(now_s, record)];
    let change = Change {
        writes: vec![installation, unit],
        events,
        ..Change::default()
    };
    world.engine.commit(change).await?;
    Ok(account)
}

/// What belongs to the installation and to no account.
fn installation_unit(account: AccountId, new: &NewAccount<'_>, random: &dyn Random) -> UnitWrite {
    let now_s = new.now_s;
    UnitWrite {
        unit: Unit::Installation,
        expects: Revision::NONE,
        puts: vec![
            Record::InstallationMeta(InstallationMeta {
                management_account: account,
                created_s: now_s,
            }),
            Record::SessionKey(new_epoch(1, now_s, random)),
            Record::Organization(organization(now_s, random)),
            // AWS shows the management account as one that was invited.
            Record::AccountSummary(AccountSummary {
                joined_method: JoinedMethod::Invited,
                ..new_account::summary(account, new)
            }),
        ],
        deletes: Vec::new(),
    }
}

fn admin(world: &World, account: AccountId, now_s: i64) -> User {
    User {
        name: ADMIN.to_owned(),
        path: "/".to_owned(),
        id: ids::new_id(IdKind::User, account, &*world.random),
        created_s: now_s,
        tags: Vec::new(),
        inline: Vec::new(),
        attached: vec![format!(
            "arn:{}:iam::aws:policy/AdministratorAccess",
            world.settings.partition
        )],
        groups: Vec::new(),
        boundary: None,
        password_last_used_s: None,
    }
}

fn organization(now_s: i64, random: &dyn Random) -> Organization {
    Organization {
        id: ids::lower_id("o-", 10, random),
        root_id: ids::lower_id("r-", 4, random),
        feature_set: "ALL".to_owned(),
        created_s: now_s,
    }
}
