//! What principals last did, and the reports of it that were asked for.

/// When a principal last called what: a user, a role or the account's root. Attempts count, refused
/// ones too. Gathered in memory and kept now and then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastAccess {
    /// Unique id of the user or role; root's is the account's id.
    pub id: String,
    /// In ascending order of service and action, each pair once.
    pub accesses: Vec<ActionAccess>,
}

/// The last call of one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionAccess {
    /// `iam`.
    pub service: String,
    /// `GetUser`; empty for calls that named no action of the service.
    pub action: String,
    /// Unix seconds.
    pub time_s: i64,
    /// The region of the call.
    pub region: String,
}

impl LastAccess {
    /// The last call of `action` of `service`.
    pub fn of(&self, service: &str, action: &str) -> Option<&ActionAccess> {
        let at = |held: &ActionAccess| (&*held.service, &*held.action).cmp(&(service, action));
        let found = self.accesses.binary_search_by(at).ok()?;
        self.accesses.get(found)
    }

    /// Puts `access` in; what was held of the same action goes, unless it is newer.
    pub fn put(&mut self, access: ActionAccess) {
        let wanted = (&*access.service, &*access.action);
        let at = |held: &ActionAccess| (&*held.service, &*held.action).cmp(&wanted);
        match self.accesses.binary_search_by(at) {
            Ok(found) => {
                let held = self.accesses.get_mut(found);
                if let Some(held) = held.filter(|held| held.time_s <= access.time_s) {
                    *held = access;
                }
            }
            Err(place) => self.accesses.insert(place, access),
        }
    }
}

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    /// Services that an entity or policy allows.
    Services,
    /// The same with their actions.
    Actions,
    /// Services, over accounts of the organization.
    Organization,
}

/// A report of last accesses: what was asked for, and the result as it was when it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// A UUID.
    pub id: String,
    /// What it is about.
    pub kind: JobKind,
    /// ARN of a user, group, role or policy, or path of an entity of the organization.
    pub subject: String,
    /// Unique id of who asked for it, for sessions with their name.
    pub owner: String,
    /// Unix seconds.
    pub created_s: i64,
    /// Unix seconds; `None` as long as there is no result.
    pub completed_s: Option<i64>,
    /// Why there will be no result.
    pub failure: Option<String>,
    /// The services that are allowed, ascending; `*` alone stands for all.
    pub allowed: Vec<String>,
    /// Those of them that were called, ascending.
    pub accessed: Vec<ServiceAccess>,
    /// Who may have called them.
    pub entities: Vec<EntityAccess>,
}

/// The calls of one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAccess {
    /// `iam`.
    pub service: String,
    /// How many entities (for the organization: accounts) called it.
    pub total: u32,
    /// The last call.
    pub last: Seen,
    /// Its actions that are allowed, each with its last call; empty when none was called or none is told.
    pub actions: Vec<(String, Option<Seen>)>,
}

/// A call, as reports tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// ARN of the user or role; for the organization the path of the account.
    pub by: String,
    /// Unix seconds.
    pub time_s: i64,
    /// The region of the call.
    pub region: String,
}

/// The calls of one entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityAccess {
    /// Unique id of the user or role.
    pub id: String,
    /// The services that it called, each with the Unix seconds of the last call.
    pub services: Vec<(String, i64)>,
}
