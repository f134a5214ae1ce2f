//! The accounts that a call reads, loaded as they are asked for.

use std::sync::Arc;

use locum_store::{Account, AccountId, Loaded, Unit};

use crate::error::ApiError;
use crate::snapshot::Snapshot;
use crate::world::World;

pub(super) async fn snapshot(
    world: &World,
    caller: Option<AccountId>,
) -> Result<Snapshot, ApiError> {
    let installation = match loaded(world, Unit::Installation).await? {
        Some(Loaded::Installation(installation)) => installation,
        _ => return Err(ApiError::Unavailable("the store is empty".to_owned())),
    };
    let mut state = Snapshot::new(installation);
    if let Some(account) = caller {
        let value = load(world, account).await?;
        state.add(account, value);
    }
    Ok(state)
}

pub(super) async fn load(
    world: &World,
    account: AccountId,
) -> Result<Option<Arc<Account>>, ApiError> {
    match loaded(world, Unit::Account(account)).await? {
        Some(Loaded::Account(value)) => Ok(Some(value)),
        _ => Ok(None),
    }
}

async fn loaded(world: &World, unit: Unit) -> Result<Option<Loaded>, ApiError> {
    if let Some(hit) = world.engine.cached(unit) {
        return Ok(Some(hit));
    }
    world
        .engine
        .load(unit)
        .await
        .map_err(|error| ApiError::Unavailable(error.to_string()))
}
