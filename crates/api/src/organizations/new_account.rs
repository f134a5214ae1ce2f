//! Making an account: its unit, its entry in the index, and the role that the management account uses.

use locum_policy::Kind;
use locum_store::{
    AccountId, AccountMeta, AccountStatus, AccountSummary, Installation, JoinedMethod, PolicyText,
    Record, Revision, Role, RootUser, Unit, UnitWrite,
};

use crate::documents;
use crate::error::ApiError;
use crate::ids::{self, IdKind};
use crate::limits;
use crate::world::Random;

/// The role that every new account has, unless the request names another.
pub(crate) const ACCESS_ROLE: &str = "OrganizationAccountAccessRole";
/// How long its sessions may last, seconds.
const ACCESS_ROLE_SESSION_S_MAX: u32 = 3_600;

/// What a new account is made of.
pub(crate) struct NewAccount<'a> {
    pub(crate) name: &'a str,
    pub(crate) email: &'a str,
    pub(crate) role_name: &'a str,
    pub(crate) partition: &'a str,
    pub(crate) now_s: i64,
}

/// Why there is no new account (Organizations' `FailureReason`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    EmailExists,
    LimitExceeded,
    NoFreeId,
}

impl Refused {
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Refused::EmailExists => "EMAIL_ALREADY_EXISTS",
            Refused::LimitExceeded => "ACCOUNT_LIMIT_EXCEEDED",
            Refused::NoFreeId => "INTERNAL_FAILURE",
        }
    }
}

/// The account's own unit and its index entry.
pub(crate) struct Made {
    pub(crate) id: AccountId,
    pub(crate) unit: UnitWrite,
    pub(crate) summary: AccountSummary,
}

/// Plans a new account; nothing is written.
pub(crate) fn plan(
    installation: &Installation,
    new: &NewAccount<'_>,
    random: &dyn Random,
) -> Result<Result<Made, Refused>, ApiError> {
    if installation.account_by_email(new.email).is_some() {
        return Ok(Err(Refused::EmailExists));
    }
    if installation.accounts().len() >= limits::ACCOUNTS_PER_ORGANIZATION_MAX {
        return Ok(Err(Refused::LimitExceeded));
    }
    let mut fresh = (0..8).filter_map(|_| ids::new_account_id(random));
    let Some(id) = fresh.find(|id| installation.account(*id).is_none()) else {
        return Ok(Err(Refused::NoFreeId));
    };
    let role = access_role(installation.management_account, id, new, random)?;
    let unit = UnitWrite {
        unit: Unit::Account(id),
        expects: Revision::NONE,
        puts: vec![Record::AccountMeta(meta(new)), Record::Role(role)],
        deletes: Vec::new(),
    };
    Ok(Ok(Made {
        id,
        unit,
        summary: summary(id, new),
    }))
}

pub(crate) fn meta(new: &NewAccount<'_>) -> AccountMeta {
    AccountMeta {
        name: new.name.to_owned(),
        email: new.email.to_owned(),
        created_s: new.now_s,
        alias: None,
        status: AccountStatus::Active,
        joined_method: JoinedMethod::Created,
        root: RootUser::default(),
        password_policy: None,
        outbound_issuer: None,
    }
}

pub(crate) fn summary(id: AccountId, new: &NewAccount<'_>) -> AccountSummary {
    AccountSummary {
        id,
        name: new.name.to_owned(),
        email: new.email.to_owned(),
        alias: None,
        joined_s: new.now_s,
        status: AccountStatus::Active,
        joined_method: JoinedMethod::Created,
    }
}

fn access_role(
    management: AccountId,
    account: AccountId,
    new: &NewAccount<'_>,
    random: &dyn Random,
) -> Result<Role, ApiError> {
    let partition = new.partition;
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:{partition}:iam::{management}:root"}},"Action":"sts:AssumeRole"}}]}}"#
    );
    // The text is ours, and still it goes the way of every other.
    locum_policy::Document::check(&trust, Kind::Trust).map_err(documents::first_finding)?;
    Ok(Role {
        name: new.role_name.to_owned(),
        path: "/".to_owned(),
        id: ids::new_id(IdKind::Role, account, random),
        created_s: new.now_s,
        description: None,
        max_session_duration_s: ACCESS_ROLE_SESSION_S_MAX,
        trust: PolicyText::new(trust),
        tags: Vec::new(),
        inline: Vec::new(),
        attached: vec![format!(
            "arn:{partition}:iam::aws:policy/AdministratorAccess"
        )],
        boundary: None,
        service_linked: None,
    })
}
