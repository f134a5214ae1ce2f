//! Whose policies bear on a caller, by their names and texts: what `authorize` asks, for people.

use std::sync::Arc;

use locum_policy::PolicyType;
use locum_store::{Account, EventPolicy, Group, InlinePolicy, PolicyText, Role};

use super::CasePolicy;
use crate::authorize::OWN_PASSWORD;
use crate::caller::Identity;
use crate::entities;
use crate::managed;

/// One policy: its kind and name, and its text unless it is gone.
pub(crate) struct Source {
    pub(crate) kind: PolicyType,
    pub(crate) name: String,
    pub(crate) policy: Option<EventPolicy>,
}

impl Source {
    pub(crate) fn case(&self) -> CasePolicy {
        CasePolicy {
            kind: self.kind,
            name: self.name.clone(),
            text: self.policy.as_ref().map(|held| held.text().clone()),
            level: 0,
        }
    }
}

/// What a session was narrowed by.
#[derive(Clone, Copy, Default)]
pub(crate) struct Narrowed<'a> {
    pub(crate) policy: Option<&'a str>,
    pub(crate) policy_arns: &'a [String],
}

/// Collects sources.
pub(crate) struct Sources<'a> {
    account: &'a Account,
    found: Vec<Source>,
}

/// The policies of a caller, those of one kind in the order in which `authorize` asks them.
pub(crate) fn sources_of(
    account: &Account,
    identity: &Identity,
    narrowed: Narrowed<'_>,
) -> Vec<Source> {
    let mut sources = Sources {
        account,
        found: Vec::new(),
    };
    let boundary = match identity {
        Identity::Root => None,
        Identity::User(user) => {
            sources.held(&format!("user/{}", user.name), &user.inline, &user.attached);
            let rules = account.meta.password_policy;
            if rules.is_some_and(|rules| rules.allow_users_to_change) {
                sources.text(
                    PolicyType::Identity,
                    "AllowUsersToChangePassword",
                    &OWN_PASSWORD,
                );
            }
            for id in &user.groups {
                match account.group_by_id(id) {
                    Some(group) => sources.group(group),
                    None => sources.add(PolicyType::Identity, format!("group {id}"), None),
                }
            }
            user.boundary.as_deref()
        }
        Identity::RoleSession(role) => {
            sources.held(&format!("role/{}", role.name), &role.inline, &role.attached);
            role.boundary.as_deref()
        }
    };
    if let Some(arn) = boundary {
        sources.managed(PolicyType::Boundary, arn);
    }
    if let Some(text) = narrowed.policy {
        let text = EventPolicy::new(text);
        sources.add(PolicyType::Session, "session policy".to_owned(), Some(text));
    }
    for arn in narrowed.policy_arns {
        sources.managed(PolicyType::Session, arn);
    }
    sources.found
}

/// The trust policy of a role.
pub(crate) fn trust_of(role: &Role, arn: &str) -> Source {
    Source {
        kind: PolicyType::RoleTrust,
        name: arn.to_owned(),
        policy: Some(EventPolicy::new(role.trust.text())),
    }
}

impl Sources<'_> {
    fn add(&mut self, kind: PolicyType, name: String, policy: Option<EventPolicy>) {
        self.found.push(Source { kind, name, policy });
    }

    fn text(&mut self, kind: PolicyType, name: &str, text: &PolicyText) {
        let policy = EventPolicy::new(text.text());
        self.add(kind, name.to_owned(), Some(policy));
    }

    fn group(&mut self, group: &Group) {
        let owner = format!("group/{}", group.name);
        self.held(&owner, &group.inline, &group.attached);
    }

    fn held(&mut self, owner: &str, inline: &[InlinePolicy], attached: &[String]) {
        for held in inline {
            let name = format!("{owner}/{}", held.name);
            self.text(PolicyType::Identity, &name, &held.policy);
        }
        for arn in attached {
            self.managed(PolicyType::Identity, arn);
        }
    }

    fn managed(&mut self, kind: PolicyType, arn: &str) {
        let policy = match managed::find(arn) {
            Some(entry) => Some(entry.event_policy().clone()),
            None => {
                let held = entities::policy_by_arn(self.account, arn);
                let text = held.and_then(|held| entities::default_text(held));
                text.map(|text| EventPolicy::new(Arc::<str>::from(text.text())))
            }
        };
        self.add(kind, arn.to_owned(), policy);
    }
}
