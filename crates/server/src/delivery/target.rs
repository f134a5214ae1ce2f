//! What is delivered: everything, by the installation itself, and what the trails of accounts ask for.

use locum_api::OWN_TRAIL;
use locum_store::{ReadWriteType, Trail};

use super::files::{HOME_REGION, Seen};

/// Records that are delivered together, under one trail's name.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// Unique and lasting: the key of its chains.
    pub(super) id: String,
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
        trail: Box<Trail>,
    },
}

impl Target {
    /// The installation's own: all records of all accounts, always.
    pub(super) fn own() -> Target {
        Target {
            id: OWN_TRAIL.to_owned(),
            trail_name: OWN_TRAIL.to_owned(),
            home_region: HOME_REGION.to_owned(),
            organization: None,
            has_digests: true,
            wants: Wants::Everything,
        }
    }

    /// A trail of an account.
    pub(super) fn of_trail(account: &str, trail: &Trail, organization: Option<&str>) -> Target {
        let whole = trail.is_organization && organization.is_some();
        Target {
            id: format!(
                "{account}/{}",
                Trail::place(&trail.home_region, &trail.name)
            ),
            trail_name: trail.name.clone(),
            home_region: trail.home_region.clone(),
            organization: organization.filter(|_| whole).map(str::to_owned),
            has_digests: trail.log_file_validation,
            wants: Wants::Trail {
                account: (!whole).then(|| account.to_owned()),
                trail: Box::new(trail.clone()),
            },
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
            trail,
        } = &self.wants
        else {
            return true;
        };
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
        trail.is_logging && own.as_deref().is_none_or(|own| own == account) && in_region && selected
    }
}
