//! The targets of one pass: the installation's own, and the trails of the accounts that are met.

use std::collections::HashMap;
use std::sync::Arc;

use locum_api::World;
use locum_store::{AccountId, Installation, Unit};

use super::Fault;
use super::target::Target;

/// What is delivered in one pass.
pub(super) struct Targets<'w> {
    world: &'w World,
    pub(super) all: Vec<Target>,
    /// Of each account that was met, the numbers of its targets.
    met: HashMap<String, Vec<usize>>,
    /// Targets that every account has.
    whole: Vec<usize>,
    pub(super) management: String,
    installation: Arc<Installation>,
}

impl<'w> Targets<'w> {
    pub(super) fn new(world: &'w World) -> Result<Targets<'w>, Fault> {
        let loaded = pollster::block_on(world.engine.load(Unit::Installation));
        let loaded = loaded.map_err(|error| Fault::Store(error.to_string()))?;
        let installation = loaded
            .and_then(locum_store::Loaded::installation)
            .ok_or_else(|| Fault::Store("there is no installation yet".to_owned()))?;
        let management = installation.management_account;
        let mut targets = Targets {
            world,
            all: vec![Target::own()],
            met: HashMap::new(),
            whole: vec![0],
            management: management.to_string(),
            installation,
        };
        let own = targets.load(management)?;
        targets.met.insert(targets.management.clone(), own);
        Ok(targets)
    }

    /// The one region that signatures may be scoped to, if there is one.
    pub(super) fn configured_region(&self) -> Option<String> {
        self.world.settings.region.clone()
    }

    /// The numbers of the targets that may take an account's records.
    pub(super) fn of(&mut self, account: &str) -> Result<Vec<usize>, Fault> {
        let mut numbers = self.whole.clone();
        if let Some(own) = self.met.get(account) {
            numbers.extend(own);
            return Ok(numbers);
        }
        let own = match account.parse::<AccountId>() {
            Ok(id) => self.load(id)?,
            Err(_) => Vec::new(),
        };
        numbers.extend(&own);
        self.met.insert(account.to_owned(), own);
        Ok(numbers)
    }

    fn load(&mut self, account: AccountId) -> Result<Vec<usize>, Fault> {
        let loaded = pollster::block_on(self.world.engine.load(Unit::Account(account)));
        let loaded = loaded.map_err(|error| Fault::Store(error.to_string()))?;
        let Some(held) = loaded.and_then(locum_store::Loaded::account) else {
            return Ok(Vec::new());
        };
        let organization = (account == self.installation.management_account)
            .then(|| {
                self.installation
                    .organization
                    .as_ref()
                    .map(|held| held.id.clone())
            })
            .flatten();
        let mut own = Vec::new();
        for trail in held.trails().iter() {
            let target = Target::of_trail(account, trail, organization.as_deref());
            let number = self.all.len();
            match target.is_of_all_accounts() {
                true => self.whole.push(number),
                false => own.push(number),
            }
            self.all.push(target);
        }
        Ok(own)
    }
}
