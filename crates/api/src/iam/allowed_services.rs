//! Which services and actions a policy's statements allow, whatever the resources and conditions.
//!
//! Statements that deny are not looked at: a report tells what could be reached by what is granted.

use std::collections::BTreeSet;

use locum_policy::catalogue;
use locum_store::{Account, InlinePolicy};
use locum_wire::Service;
use serde_json::Value;

use crate::entities;
use crate::managed;
use crate::operations::operations;

/// What one statement with `Allow` is about.
pub(super) enum Allowed {
    /// These actions.
    Only(Vec<Pattern>),
    /// All but these.
    AllBut(Vec<Pattern>),
}

/// One entry of a list of actions.
pub(super) struct Pattern {
    /// In lower case; `*` for all.
    service: String,
    /// As it is written, wildcards and all.
    action: String,
}

impl Pattern {
    fn read(text: &str) -> Pattern {
        let (service, action) = text.split_once(':').unwrap_or((text, "*"));
        Pattern {
            service: service.to_ascii_lowercase(),
            action: action.to_owned(),
        }
    }

    fn is_of(&self, service: &str) -> bool {
        self.service == "*" || self.service == service
    }

    /// The actions of `service` that it stands for.
    fn actions(&self, service: &str) -> Vec<&'static str> {
        if !self.is_of(service) {
            return Vec::new();
        }
        let pattern = format!("{service}:{}", self.action);
        let actions = catalogue::actions_matching(&pattern);
        actions.map(|action| action.name).collect()
    }
}

impl Allowed {
    /// Does it allow any action of the service?
    pub(super) fn anything_in(&self, service: &str) -> bool {
        match self {
            Allowed::Only(patterns) => patterns.iter().any(|held| held.is_of(service)),
            Allowed::AllBut(patterns) => !patterns
                .iter()
                .any(|held| held.action == "*" && held.is_of(service)),
        }
    }
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The statements that allow. What cannot be read allows nothing, here as when it is decided on.
pub(super) fn allows(document: &str) -> Vec<Allowed> {
    let Ok(Value::Object(document)) = serde_json::from_str(document) else {
        return Vec::new();
    };
    let statements = match document.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(statement) => vec![statement],
        None => Vec::new(),
    };
    let allowing =
        |statement: &&Value| statement.get("Effect").and_then(Value::as_str) == Some("Allow");
    let patterns = |list: &Value| texts(list).into_iter().map(Pattern::read).collect();
    let read = |statement: &Value| match statement.get("Action") {
        Some(actions) => Some(Allowed::Only(patterns(actions))),
        None => Some(Allowed::AllBut(patterns(statement.get("NotAction")?))),
    };
    statements
        .into_iter()
        .filter(allowing)
        .filter_map(read)
        .collect()
}

/// The text in force of the managed policy `arn`, AWS's or of the account; empty when there is none.
pub(super) fn managed_text(account: &Account, arn: &str) -> String {
    let own = entities::policy_by_arn(account, arn);
    let own = own.and_then(|policy| entities::default_text(policy));
    let text = own.map(|text| text.text().to_owned());
    let text = text.or_else(|| managed::find(arn).map(managed::ManagedEntry::text));
    text.unwrap_or_default()
}

/// What inline and attached policies of one holder allow.
pub(super) fn held(
    account: &Account,
    inline: &[InlinePolicy],
    attached: &[String],
) -> Vec<Allowed> {
    let inline = inline.iter().flat_map(|held| allows(held.policy.text()));
    let attached = attached.iter();
    let attached = attached.flat_map(|arn| allows(&managed_text(account, arn)));
    inline.chain(attached).collect()
}

/// All services of the catalogue, as reports keep them.
pub(super) const EVERY_SERVICE: &str = "*";

/// The services of the catalogue of which anything is allowed, ascending; [`EVERY_SERVICE`] alone when
/// that is all of them.
pub(super) fn services(allowed: &[Allowed]) -> Vec<String> {
    // Most statements name their services: those are looked up once, however often they are named.
    let mut named = BTreeSet::new();
    let mut others = Vec::new();
    for allowed in allowed {
        match allowed {
            Allowed::Only(patterns) if patterns.iter().all(|held| held.service != "*") => {
                named.extend(patterns.iter().map(|held| held.service.as_str()));
            }
            other => others.push(other),
        }
    }
    let reached = |service: &&str| {
        named.contains(*service) || others.iter().any(|held| held.anything_in(service))
    };
    let reached: Vec<String> = catalogue::services()
        .filter(reached)
        .map(str::to_owned)
        .collect();
    if reached.len() == catalogue::services().count() {
        return vec![EVERY_SERVICE.to_owned()];
    }
    reached
}

/// The actions of `service` that are allowed and tracked, ascending: only operations of this server
/// can be seen to be called.
pub(super) fn tracked_actions(allowed: &[Allowed], service: &str) -> Vec<&'static str> {
    let offered = operations().filter(|row| scope(row.service) == service);
    let offered: BTreeSet<&'static str> = offered.map(|row| row.name).collect();
    let mut reached = BTreeSet::new();
    for allowed in allowed {
        match allowed {
            Allowed::Only(patterns) => {
                reached.extend(patterns.iter().flat_map(|held| held.actions(service)));
            }
            Allowed::AllBut(patterns) => {
                let left_out: BTreeSet<&str> = patterns
                    .iter()
                    .flat_map(|held| held.actions(service))
                    .collect();
                reached.extend(offered.iter().filter(|name| !left_out.contains(*name)));
            }
        }
    }
    offered.intersection(&reached).copied().collect()
}

fn scope(service: Service) -> &'static str {
    service.scope_name()
}
