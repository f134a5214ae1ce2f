//! One simulation, whichever operation asked: what it is about, checked, and its answers.

use locum_policy::{
    Arn, ContextEntries, ContextEntry, ContextKeyType, Kind, Named, NamedPolicies, Request,
    ResourceRule, Simulated, simulate,
};
use locum_store::AccountId;
use locum_wire::iam::{self, SimulatePolicyResponse};

use super::super::page;
use super::answer;
use super::source::{self, Held, Supposed};
use crate::caller::Caller;
use crate::case::slices;
use crate::error::ApiError;
use crate::limits;

/// Everything that one simulation is about, whichever operation asked.
pub(super) struct Scene {
    /// What the pages of this simulation are bound to.
    pub(super) binding: String,
    pub(super) identity: Vec<Held>,
    pub(super) boundary: Option<Held>,
    pub(super) resource: Option<Held>,
    pub(super) scp: Option<Vec<Vec<Held>>>,
    pub(super) caller: Supposed,
    pub(super) entries: Vec<ContextEntry>,
    pub(super) resource_account: String,
    pub(super) actions: Vec<String>,
    pub(super) resources: Vec<String>,
}

/// The parameters that both operations have.
pub(super) struct Asked<'a> {
    pub(super) actions: Vec<String>,
    pub(super) resources: Option<Vec<String>>,
    pub(super) resource_policy: Option<String>,
    pub(super) resource_owner: Option<&'a str>,
    pub(super) handling: Option<&'a str>,
    pub(super) entries: Option<Vec<iam::ContextEntry>>,
}

pub(super) fn invalid(sentence: String) -> ApiError {
    ApiError::InvalidInput(sentence.into())
}

/// Actions by their whole names: a simulation of a pattern would be the answer to another question.
fn checked_actions(actions: Vec<String>) -> Result<Vec<String>, ApiError> {
    let bad = actions.iter().find(|action| {
        let parts = action.split_once(':');
        parts.is_none_or(|(service, name)| service.is_empty() || name.is_empty())
            || action.contains(['*', '?'])
    });
    match bad {
        Some(action) => Err(invalid(format!("Invalid Action Name: {action}"))),
        None => Ok(actions),
    }
}

/// Resources by their ARNs, which may hold wildcards; `*` without any.
fn checked_resources(resources: Option<Vec<String>>) -> Result<Vec<String>, ApiError> {
    let resources = resources.filter(|resources| !resources.is_empty());
    let resources = resources.unwrap_or_else(|| vec!["*".to_owned()]);
    let is_resource = |text: &str| text == "*" || Arn::parse(text).is_some();
    if let Some(bad) = resources.iter().find(|text| !is_resource(text)) {
        let sentence = format!("ResourceNames are not in a valid ARN format: {bad}.");
        return Err(invalid(sentence));
    }
    if resources.len() > limits::SIMULATIONS_PER_PAGE_MAX {
        return Err(invalid(format!(
            "A simulation takes at most {} resources.",
            limits::SIMULATIONS_PER_PAGE_MAX
        )));
    }
    Ok(resources)
}

fn checked_entries(entries: Vec<iam::ContextEntry>) -> Result<Vec<ContextEntry>, ApiError> {
    let entries = entries.into_iter();
    entries
        .map(|entry| {
            let key = entry.context_key_name.unwrap_or_default();
            if key.is_empty() {
                return Err(invalid("A context entry has no ContextKeyName.".to_owned()));
            }
            let word = entry.context_key_type.as_deref().unwrap_or("string");
            let key_type = ContextKeyType::parse(word)
                .ok_or_else(|| invalid(format!("Invalid ContextKeyType: {word}")))?;
            Ok(ContextEntry {
                key,
                key_type,
                values: entry.context_key_values.unwrap_or_default(),
            })
        })
        .collect()
}

impl Scene {
    pub(super) fn new(
        caller: &Caller,
        binding: String,
        (identity, boundary, supposed): (Vec<Held>, Option<Held>, Supposed),
        asked: Asked<'_>,
    ) -> Result<Scene, ApiError> {
        if asked.handling.is_some() {
            return Err(ApiError::Unsupported {
                parameter: "ResourceHandlingOption",
                reason: "this server knows no scenarios of EC2",
            });
        }
        let account = caller.account.id.text();
        let owner = asked.resource_owner.unwrap_or(account.as_str());
        let owner = account_named(owner)
            .ok_or_else(|| invalid(format!("Invalid ResourceOwner: {owner}")))?;
        let resource = asked.resource_policy.as_slice();
        let resource = source::given(resource, "ResourcePolicy", Kind::Resource)?;
        let mut entries = checked_entries(asked.entries.unwrap_or_default())?;
        for derived in supposed.entries(account.as_str()) {
            let is_given = |given: &ContextEntry| given.key.eq_ignore_ascii_case(&derived.key);
            if !entries.iter().any(is_given) {
                entries.push(derived);
            }
        }
        ContextEntries::new(&entries).map_err(|error| invalid(error.to_string()))?;
        let scene = Scene {
            binding,
            identity,
            boundary,
            resource: resource
                .into_iter()
                .next()
                .map(|(_, document)| ("ResourcePolicy".to_owned(), document)),
            scp: None,
            caller: supposed,
            entries,
            resource_account: owner.to_string(),
            actions: checked_actions(asked.actions)?,
            resources: checked_resources(asked.resources)?,
        };
        if scene.actions.len().saturating_mul(scene.resources.len()) > limits::SIMULATIONS_MAX {
            return Err(invalid(format!(
                "A simulation answers at most {} pairs of action and resource.",
                limits::SIMULATIONS_MAX
            )));
        }
        Ok(scene)
    }

    /// A page of results: every action on all resources, in the order given.
    pub(super) fn run(
        &self,
        account: &str,
        marker: Option<&str>,
        max_items: Option<i32>,
    ) -> Result<SimulatePolicyResponse, ApiError> {
        let after = page::after(&self.binding, marker)?;
        let actions = self.actions.iter().enumerate();
        let actions = actions
            .map(|(index, action)| (format!("{index:06}"), action))
            .filter(|(key, _)| *key > after);
        let context = ContextEntries::new(&self.entries);
        let context = context.map_err(|error| invalid(error.to_string()))?;
        let principal = self.caller.principal(account);
        let about = |action: &str| {
            let each = self.resources.iter().map(|resource| {
                let request = Request {
                    action,
                    resource,
                    principal: &principal,
                    context: &context,
                };
                (resource.as_str(), self.simulate(&request))
            });
            let simulated: Vec<_> = each.collect();
            answer::about(action, &simulated, self.resource_account != account)
        };
        // However many results a page may have, the resources in them are bounded.
        let fitting = limits::SIMULATIONS_PER_PAGE_MAX / self.resources.len().max(1);
        let fitting = i32::try_from(fitting.max(1)).unwrap_or(i32::MAX);
        let default = i32::try_from(limits::PAGE_ITEMS_DEFAULT).unwrap_or(i32::MAX);
        let max_items = max_items.unwrap_or(default).min(fitting);
        let page = page::take(
            &self.binding,
            actions,
            Some(max_items),
            |(key, _)| key,
            |(_, action)| Ok(about(action)),
        )?;
        Ok(SimulatePolicyResponse {
            evaluation_results: Some(page.items),
            is_truncated: Some(page.marker.is_some()),
            marker: page.marker,
        })
    }

    fn simulate(&self, request: &Request<'_>) -> Simulated {
        let identity = lent(&self.identity);
        let scp: Option<Vec<Vec<Named<'_>>>> = self
            .scp
            .as_ref()
            .map(|levels| levels.iter().map(|level| lent(level)).collect());
        let scp = slices(scp.as_deref());
        simulate(
            request,
            &NamedPolicies {
                identity: &identity,
                boundary: self.boundary.as_ref().map(lend),
                session: None,
                resource: self.resource.as_ref().map(lend),
                resource_rule: match self.resource {
                    Some(_) => ResourceRule::of_resource(request.resource),
                    None => ResourceRule::Standard,
                },
                resource_account: &self.resource_account,
                scp: scp.as_deref(),
                rcp: None,
            },
        )
    }
}

fn lend(held: &Held) -> Named<'_> {
    Named {
        name: &held.0,
        document: held.1.as_ref(),
    }
}

fn lent(held: &[Held]) -> Vec<Named<'_>> {
    held.iter().map(lend).collect()
}

/// An account by its number or the ARN of its root user.
fn account_named(text: &str) -> Option<AccountId> {
    let inner = text.strip_suffix(":root").unwrap_or(text);
    AccountId::parse(inner.rsplit(':').next().unwrap_or(inner))
}
