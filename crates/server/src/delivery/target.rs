//! What is delivered: everything, by the installation itself, and what the trails of accounts ask for.

use locum_api::{OWN_TRAIL, TrailDelivery};
use locum_store::{AccountId, ReadWriteType, Trail};
use locum_wire::Timestamp;

use super::files::{HOME_REGION, Seen};

/// Records that are delivered together, under one trail's name.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// Unique and lasting: the key of its chains.
    pub(super) id: String,
    /// What its state is told by; none for the installation's own.
    pub(super) told_as: Option<String>,
    /// In the names of digests.
    pub(super) trail_name: String,
    pub(super) home_region: String,
    /// `o-…` when the files stand under the organization.
    organization: Option<String>,
    /// Signed digests are delivered as well.
    pub(super) has_digests: bool,
    wants: Wants,
}

#[derive(Debug, Clone)]
enum Wants {
    Everything,
    /// Of this account alone, unless the trail is the organization's.
    Trail {
        account: Option<String>,
        /// As events have their times.
        created: String,
        started: Option<String>,
        stopped: Option<String>,
        trail: Box<Trail>,
    },
}

impl Target {
    /// The installation's own: all records of all accounts, always.
    pub(super) fn own() -> Target {
        Target {
            id: OWN_TRAIL.to_owned(),
            told_as: None,
            trail_name: OWN_TRAIL.to_owned(),
            home_region: HOME_REGION.to_owned(),
            organization: None,
            has_digests: true,
            wants: Wants::Everything,
        }
    }

    /// A trail of an account; one of the organization stands in other folders, so it has chains of its own.
    pub(super) fn of_trail(
        account: AccountId,
        trail: &Trail,
        organization: Option<&str>,
    ) -> Target {
        let organization = organization.filter(|_| trail.is_organization);
        let told_as = TrailDelivery::id(account, trail);
        let at = |time_s: Option<i64>| time_s.map(|time_s| Timestamp(time_s).to_string());
        Target {
            id: match organization {
                Some(organization) => format!("{told_as}/{organization}"),
                None => told_as.clone(),
            },
            told_as: Some(told_as),
            trail_name: trail.name.clone(),
            home_region: trail.home_region.clone(),
            organization: organization.map(str::to_owned),
            has_digests: trail.log_file_validation,
            wants: Wants::Trail {
                account: organization.is_none().then(|| account.to_string()),
                created: Timestamp(trail.created_s).to_string(),
                started: at(trail.started_s),
                stopped: at(trail.stopped_s),
                trail: Box::new(trail.clone()),
            },
        }
    }

    /// Whether every account has it.
    pub(super) fn is_of_all_accounts(&self) -> bool {
        match &self.wants {
            Wants::Everything => true,
            Wants::Trail { account, .. } => account.is_none(),
        }
    }

    /// Whether digests come for a span that began at `start_s`, also without files.
    pub(super) fn has_digests_since(&self, start_s: i64) -> bool {
        let logs = match &self.wants {
            Wants::Everything => true,
            Wants::Trail { trail, .. } => {
                trail.is_logging
                    || trail
                        .stopped_s
                        .is_some_and(|stopped_s| stopped_s >= start_s)
            }
        };
        self.has_digests && logs
    }

    /// Where a chain that begins in the span from `start_s` begins.
    pub(super) fn begins_s(&self, start_s: i64) -> i64 {
        match &self.wants {
            Wants::Everything => start_s,
            Wants::Trail { trail, .. } => trail.started_s.unwrap_or(start_s).max(start_s),
        }
    }

    /// `AWSLogs/`, or `AWSLogs/o-…/`.
    pub(super) fn prefix(&self) -> String {
        match &self.organization {
            Some(organization) => format!("AWSLogs/{organization}/"),
            None => "AWSLogs/".to_owned(),
        }
    }

    /// Whether a record that is filed under this account and region is one of this target's.
    pub(super) fn takes(&self, seen: &Seen, account: &str, region: &str) -> bool {
        let Wants::Trail {
            account: own,
            created,
            started,
            stopped,
            trail,
        } = &self.wants
        else {
            return true;
        };
        // By when it happened and not by when it is delivered: what was recorded before StopLogging still
        // comes. Earlier starts are forgotten, so of several within one delivery too much comes, not too little.
        let time = Some(&seen.event_time);
        let is_logged = started.is_some()
            && seen.event_time >= *created
            && (time <= stopped.as_ref() || (trail.is_logging && time >= started.as_ref()));
        let is_global = matches!(
            seen.event_source.as_str(),
            "iam.amazonaws.com" | "organizations.amazonaws.com"
        );
        let in_region = match is_global {
            true => trail.includes_global_service_events,
            false => trail.is_multi_region || region == trail.home_region,
        };
        let selected = trail.selectors.iter().any(|selector| {
            let kind = match selector.read_write {
                ReadWriteType::All => true,
                ReadWriteType::ReadOnly => seen.read_only,
                ReadWriteType::WriteOnly => !seen.read_only,
            };
            kind && selector.includes_management_events
                && !selector.excluded_sources.contains(&seen.event_source)
        });
        is_logged && own.as_deref().is_none_or(|own| own == account) && in_region && selected
    }
}
