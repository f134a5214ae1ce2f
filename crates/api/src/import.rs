//! Import of a whole account, for the host's operator: all of a file becomes one change, or nothing.

mod check;
mod file;
mod linked;
mod plan;
mod text;

use std::collections::HashMap;
use std::sync::Arc;

use locum_policy::Arn;
use locum_store::{Account, AccountId, Installation, Loaded, Unit, UnitWrite};

pub use text::Mapping;

use crate::documents;
use crate::limits;
use crate::operator::{self, Actor, OperatorError};
use crate::world::World;
use file::File;
use plan::{Ground, Plan};

/// Whether anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// All of it, when all of it is good.
    Write,
    /// Nothing: the plan alone is wanted.
    DryRun,
}

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The account that the file went to.
    pub account: AccountId,
    /// One line an entity: `+` is new, `=` was there already.
    pub lines: Vec<String>,
    /// What could not be carried, in sentences.
    pub not_carried: Vec<String>,
    /// New users, groups, roles, instance profiles and policies.
    pub created: [usize; 5],
}

/// Imports the JSON of `aws iam get-account-authorization-details`. The file's account becomes what
/// `mappings` say of it, else the account of the same id, which must be of this installation.
///
/// Everything is checked as the API checks it. Entities keep their unique ids; one that is there
/// already and is the same is left alone, one that differs is a problem.
///
/// # Errors
/// [`OperatorError::NotImported`] with everything that is wrong with the file; nothing was changed.
pub async fn import(
    world: &World,
    actor: Actor,
    name: &str,
    text: &str,
    mappings: &[Mapping],
    mode: Mode,
) -> Result<Imported, OperatorError> {
    let asked = [("file", name.to_owned())];
    operator::commit(world, actor, "ImportAccount", &asked, async || {
        let (file, source) = read(text, world)?;
        let mapped = mappings.iter().find(|mapping| mapping.from == source);
        let target = mapped.map_or(source, |mapping| mapping.to);
        let installation = operator::installation(world).await?;
        let held = load(world, target).await?;
        let held = held.ok_or(OperatorError::NoSuchAccount(target))?;
        let ground = Ground {
            partition: &world.settings.partition,
            target: &held,
            source,
            mappings,
            named: &named(world, &file, mappings).await?,
            others: &others(world, &installation, target).await?,
        };
        let planned = plan::plan(&ground, &file).map_err(OperatorError::NotImported)?;
        let parameters = told(name, target, &planned, mode);
        let imported = Imported {
            account: target,
            lines: planned.lines,
            not_carried: planned.not_carried,
            created: planned.created,
        };
        let write = UnitWrite {
            unit: Unit::Account(target),
            expects: held.revision,
            puts: planned.puts,
            deletes: Vec::new(),
        };
        let nothing = mode == Mode::DryRun || write.puts.is_empty();
        let writes = if nothing { Vec::new() } else { vec![write] };
        Ok((Some(target), writes, parameters, imported))
    })
    .await
}

fn told(name: &str, target: AccountId, planned: &Plan, mode: Mode) -> Vec<(&'static str, String)> {
    let [users, groups, roles, profiles, policies] = planned.created;
    vec![
        ("file", name.to_owned()),
        ("accountId", target.to_string()),
        ("dryRun", (mode == Mode::DryRun).to_string()),
        ("users", users.to_string()),
        ("groups", groups.to_string()),
        ("roles", roles.to_string()),
        ("instanceProfiles", profiles.to_string()),
        ("policies", policies.to_string()),
    ]
}

fn problem(text: String) -> OperatorError {
    OperatorError::NotImported(vec![text])
}

/// The file and whose it is.
fn read<'a>(text: &'a str, world: &World) -> Result<(File<'a>, AccountId), OperatorError> {
    let file: File<'a> = serde_json::from_str(text).map_err(|error| {
        problem(format!(
            "this is not the JSON of aws iam get-account-authorization-details: {error}"
        ))
    })?;
    if file.is_truncated || file.marker.is_some() {
        let why = "this is one page of several: let the AWS CLI gather them";
        return Err(problem(why.to_owned()));
    }
    let users = file.user_detail_list.iter().map(|held| held.arn.as_str());
    let groups = file.group_detail_list.iter().map(|held| held.arn.as_str());
    let roles = file.role_detail_list.iter().map(|held| held.arn.as_str());
    let policies = file.policies.iter().map(|held| held.arn.as_str());
    let partition = &world.settings.partition;
    let mut accounts = users.chain(groups).chain(roles).chain(policies);
    let first = accounts.find_map(|arn| {
        let parsed = Arn::parse(arn).filter(|arn| arn.partition == partition);
        AccountId::parse(parsed?.account)
    });
    let source = first.ok_or_else(|| problem("the file names no account".to_owned()))?;
    Ok((file, source))
}

async fn load(world: &World, id: AccountId) -> Result<Option<Arc<Account>>, OperatorError> {
    let loaded = world.engine.load(Unit::Account(id)).await;
    let loaded = loaded.map_err(|error| OperatorError::Store(error.to_string()))?;
    Ok(loaded.and_then(Loaded::account))
}

/// The accounts that trust policies of the file name, as they are here.
async fn named(
    world: &World,
    file: &File<'_>,
    mappings: &[Mapping],
) -> Result<HashMap<AccountId, Option<Arc<Account>>>, OperatorError> {
    let mut found = HashMap::new();
    for role in &file.role_detail_list {
        let Ok(shown) = role.assume_role_policy_document.text() else {
            continue;
        };
        let shown = text::mapped(&shown, mappings);
        // What is no document is told with its role.
        let Ok(document) =
            documents::checked_trust(&text::veiled(&shown, &world.settings.partition))
        else {
            continue;
        };
        for arn in document.principal_arns() {
            let named = documents::principal(&world.settings.partition, arn);
            let Some((account, _)) = named.filter(|(account, _)| !found.contains_key(account))
            else {
                continue;
            };
            if found.len() >= limits::IMPORT_ACCOUNTS_MAX {
                return Err(problem(format!(
                    "the trust policies name more than {} accounts",
                    limits::IMPORT_ACCOUNTS_MAX
                )));
            }
            found.insert(account, load(world, account).await?);
        }
    }
    Ok(found)
}

/// All accounts but the target: unique ids must not be theirs.
async fn others(
    world: &World,
    installation: &Installation,
    target: AccountId,
) -> Result<Vec<Arc<Account>>, OperatorError> {
    if installation.accounts().len() > limits::IMPORT_ACCOUNTS_MAX {
        return Err(problem(format!(
            "the unique ids cannot be compared with those of more than {} accounts",
            limits::IMPORT_ACCOUNTS_MAX
        )));
    }
    let mut others = Vec::new();
    for summary in installation.accounts().iter() {
        if summary.id != target {
            others.extend(load(world, summary.id).await?);
        }
    }
    Ok(others)
}
