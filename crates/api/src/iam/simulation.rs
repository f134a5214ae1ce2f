//! The policy simulator: the engine that decides calls, asked with a context that somebody types in.

mod source;

use aws_lc_rs::digest;
use locum_policy::{
    ContextEntries, ContextEntry, ContextKeyType, Kind, Named, NamedPolicies, PolicyType, Position,
    Request, ResourceRule, Simulated, simulate,
};
use locum_store::{AccountId, Change};
use locum_wire::iam::{
    self, EvaluationResult, GetContextKeysForCustomPolicyRequest, GetContextKeysForPolicyResponse,
    GetContextKeysForPrincipalPolicyRequest, ResourceSpecificResult, SimulateCustomPolicyRequest,
    SimulatePolicyResponse, SimulatePrincipalPolicyRequest,
};

use super::policy::figure;
use super::{names, page};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::limits;
use crate::needs::Needs;
use crate::operation::{Operation, answering};
use crate::snapshot::Snapshot;
use source::{Held, Supposed};

/// Everything that one simulation is about, whichever operation asked.
struct Scene {
    /// What the pages of this simulation are bound to.
    binding: String,
    identity: Vec<Held>,
    boundary: Option<Held>,
    resource: Option<Held>,
    scp: Option<Vec<Vec<Held>>>,
    caller: Supposed,
    entries: Vec<ContextEntry>,
    resource_account: String,
    actions: Vec<String>,
    resources: Vec<String>,
}

/// The parameters that both operations have.
struct Asked<'a> {
    actions: Vec<String>,
    resources: Option<Vec<String>>,
    resource_policy: Option<String>,
    resource_owner: Option<&'a str>,
    handling: Option<&'a str>,
    entries: Option<Vec<iam::ContextEntry>>,
}

fn invalid(sentence: String) -> ApiError {
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
    fn new(
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
            resources: asked
                .resources
                .filter(|resources| !resources.is_empty())
                .unwrap_or_else(|| vec!["*".to_owned()]),
        };
        if scene.actions.len().saturating_mul(scene.resources.len()) > limits::SIMULATIONS_MAX {
            return Err(invalid(format!(
                "A simulation answers at most {} pairs of action and resource.",
                limits::SIMULATIONS_MAX
            )));
        }
        Ok(scene)
    }

    /// A page of results: every action on every resource, in the order given.
    fn run(
        &self,
        account: &str,
        marker: Option<&str>,
        max_items: Option<i32>,
    ) -> Result<SimulatePolicyResponse, ApiError> {
        let after = page::after(&self.binding, marker)?;
        let resources = self.resources.iter();
        let pairs = self
            .actions
            .iter()
            .flat_map(|action| resources.clone().map(move |resource| (action, resource)));
        let pairs = pairs
            .enumerate()
            .map(|(index, pair)| (format!("{index:06}"), pair))
            .filter(|(key, _)| *key > after);
        let context = ContextEntries::new(&self.entries);
        let context = context.map_err(|error| invalid(error.to_string()))?;
        let principal = self.caller.principal(account);
        let page = page::take(
            &self.binding,
            pairs,
            max_items,
            |(key, _)| key,
            |(_, (action, resource))| {
                let request = Request {
                    action,
                    resource,
                    principal: &principal,
                    context: &context,
                };
                Ok(shown(self.simulate(&request), action, resource))
            },
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
        let scp: Option<Vec<&[Named<'_>]>> = scp
            .as_ref()
            .map(|levels| levels.iter().map(Vec::as_slice).collect());
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

fn shown(simulated: Simulated, action: &str, resource: &str) -> EvaluationResult {
    let decision = simulated.decision.word().to_owned();
    let place = |position: Position| iam::Position {
        column: Some(figure(position.column)),
        line: Some(figure(position.line)),
    };
    let matched: Vec<iam::Statement> = simulated
        .matched
        .iter()
        .map(|found| iam::Statement {
            end_position: Some(place(found.end)),
            source_policy_id: Some(found.policy.clone()),
            source_policy_type: Some(source_type(found.policy_type).to_owned()),
            start_position: Some(place(found.start)),
        })
        .collect();
    let boundary = simulated.allowed_by_boundary;
    let boundary = boundary.map(|allowed| iam::PermissionsBoundaryDecisionDetail {
        allowed_by_permissions_boundary: Some(allowed),
    });
    let organizations = simulated.allowed_by_organizations;
    let specific = ResourceSpecificResult {
        eval_decision_details: Some(Vec::new()),
        eval_resource_decision: decision.clone(),
        eval_resource_name: resource.to_owned(),
        matched_statements: Some(matched.clone()),
        missing_context_values: Some(simulated.missing.clone()),
        permissions_boundary_decision_detail: boundary.clone(),
    };
    EvaluationResult {
        eval_action_name: action.to_owned(),
        eval_decision: decision,
        eval_decision_details: Some(Vec::new()),
        eval_resource_name: Some(resource.to_owned()),
        matched_statements: Some(matched),
        missing_context_values: Some(simulated.missing),
        organizations_decision_detail: organizations.map(|allowed| {
            iam::OrganizationsDecisionDetail {
                allowed_by_organizations: Some(allowed),
            }
        }),
        permissions_boundary_decision_detail: boundary,
        resource_specific_results: Some(vec![specific]),
    }
}

/// AWS answers these words, not the values of its model.
fn source_type(policy_type: PolicyType) -> &'static str {
    match policy_type {
        PolicyType::Resource | PolicyType::RoleTrust | PolicyType::Rcp => "Resource Policy",
        _ => "IAM Policy",
    }
}

/// The one boundary that a simulation may put in the place of the entity's own.
fn given_boundary(texts: Option<Vec<String>>) -> Result<Option<Held>, ApiError> {
    let texts = texts.unwrap_or_default();
    if texts.len() > 1 {
        let sentence = "PermissionsBoundaryPolicyInputList takes one policy.";
        return Err(invalid(sentence.to_owned()));
    }
    let list = "PermissionsBoundaryPolicyInputList";
    Ok(source::given(&texts, list, Kind::Boundary)?.pop())
}

/// The user who is supposed to call, by ARN.
fn given_caller(cx: &Cx<'_>, caller: &Caller, arn: &str) -> Result<Supposed, ApiError> {
    match source::find(cx, caller, arn)?.caller {
        user @ Supposed::User { .. } => Ok(user),
        _ => Err(invalid(format!("Invalid CallerArn: {arn} is no user."))),
    }
}

/// What the pages of one simulation have in common.
fn bound(operation: &str, account: AccountId, input: &impl std::fmt::Debug) -> String {
    let text = format!("{operation} {account} {input:?}");
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    hash.as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn simulate_custom_policy(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    mut input: SimulateCustomPolicyRequest,
) -> Result<(SimulatePolicyResponse, Change), ApiError> {
    let (marker, max_items) = (input.marker.take(), input.max_items.take());
    let binding = bound("SimulateCustomPolicy", caller.account.id, &input);
    let supposed = match input.caller_arn.as_deref() {
        Some(arn) => given_caller(cx, caller, arn)?,
        None if input.resource_policy.is_some() => {
            let sentence = "A ResourcePolicy needs a CallerArn: it has to be told who calls.";
            return Err(invalid(sentence.to_owned()));
        }
        None => Supposed::Somebody,
    };
    let identity = source::given(&input.policy_input_list, "PolicyInputList", Kind::Inline)?;
    let boundary = given_boundary(input.permissions_boundary_policy_input_list)?;
    let levels = input.ordered_organization_policy_input_list;
    let levels = levels.map(|levels| {
        let levels = levels.into_iter().enumerate();
        let level = |(index, level): (usize, iam::OrderedOrganizationPolicyType)| {
            let list = format!("OrderedOrganizationPolicyInputList.{}", index + 1);
            let texts = level.service_control_policy_input_list.unwrap_or_default();
            source::given(&texts, &list, Kind::Scp)
        };
        levels.map(level).collect::<Result<Vec<_>, _>>()
    });
    let asked = Asked {
        actions: input.action_names,
        resources: input.resource_arns,
        resource_policy: input.resource_policy,
        resource_owner: input.resource_owner.as_deref(),
        handling: input.resource_handling_option.as_deref(),
        entries: input.context_entries,
    };
    let mut scene = Scene::new(caller, binding, (identity, boundary, supposed), asked)?;
    scene.scp = levels.transpose()?;
    let account = caller.account.id.text();
    let output = scene.run(account.as_str(), marker.as_deref(), max_items)?;
    Ok((output, Change::default()))
}

fn simulate_principal_policy(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    mut input: SimulatePrincipalPolicyRequest,
) -> Result<(SimulatePolicyResponse, Change), ApiError> {
    if input.policy_exclusion_list.is_some() {
        return Err(ApiError::Unsupported {
            parameter: "PolicyExclusionList",
            reason: "all policies of the entity are simulated",
        });
    }
    let (marker, max_items) = (input.marker.take(), input.max_items.take());
    let binding = bound("SimulatePrincipalPolicy", caller.account.id, &input);
    let mut source = source::find(cx, caller, &input.policy_source_arn)?;
    let added = input.policy_input_list.unwrap_or_default();
    let added = source::given(&added, "PolicyInputList", Kind::Inline)?;
    source.identity.extend(added);
    let boundary = given_boundary(input.permissions_boundary_policy_input_list)?;
    let supposed = match (input.caller_arn.as_deref(), source.caller) {
        (Some(arn), _) => given_caller(cx, caller, arn)?,
        (None, Supposed::Somebody) if input.resource_policy.is_some() => {
            let sentence = "A ResourcePolicy needs a CallerArn: a group does not call.";
            return Err(invalid(sentence.to_owned()));
        }
        (None, own) => own,
    };
    let asked = Asked {
        actions: input.action_names,
        resources: input.resource_arns,
        resource_policy: input.resource_policy,
        resource_owner: input.resource_owner.as_deref(),
        handling: input.resource_handling_option.as_deref(),
        entries: input.context_entries,
    };
    let boundary = boundary.or(source.boundary);
    let scene = Scene::new(
        caller,
        binding,
        (source.identity, boundary, supposed),
        asked,
    )?;
    let account = caller.account.id.text();
    let output = scene.run(account.as_str(), marker.as_deref(), max_items)?;
    Ok((output, Change::default()))
}

fn keys_of(held: &[Held]) -> GetContextKeysForPolicyResponse {
    let documents = held.iter().filter_map(|(_, document)| document.as_ref());
    let mut keys: Vec<String> = documents.flat_map(|held| held.context_keys()).collect();
    keys.sort_by_key(|key| key.to_ascii_lowercase());
    keys.dedup_by(|later, earlier| later.eq_ignore_ascii_case(earlier));
    GetContextKeysForPolicyResponse {
        context_key_names: Some(keys),
    }
}

fn get_context_keys_for_custom_policy(
    _: &Cx<'_>,
    _: &Snapshot,
    _: &Caller,
    _: &Grant,
    input: GetContextKeysForCustomPolicyRequest,
) -> Result<(GetContextKeysForPolicyResponse, Change), ApiError> {
    let held = source::given(&input.policy_input_list, "PolicyInputList", Kind::Inline)?;
    Ok((keys_of(&held), Change::default()))
}

fn get_context_keys_for_principal_policy(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetContextKeysForPrincipalPolicyRequest,
) -> Result<(GetContextKeysForPolicyResponse, Change), ApiError> {
    let source = source::find(cx, caller, &input.policy_source_arn)?;
    let added = input.policy_input_list.unwrap_or_default();
    let mut held = source.identity;
    held.extend(source.boundary);
    held.extend(source::given(&added, "PolicyInputList", Kind::Inline)?);
    Ok((keys_of(&held), Change::default()))
}

/// An entity of the caller's account by ARN, with its tags; whatever else it names is asked about all
/// the same and refused by the operation.
fn on_entity<'a>(caller: &'a Caller, arn: &'a str) -> Needs<'a> {
    let needs = Needs::on(arn, caller.account.id);
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    let name = resource.rsplit('/').next().unwrap_or_default();
    let (users, roles) = (caller.account.users(), caller.account.roles());
    match resource.split_once('/').map(|(kind, _)| kind) {
        Some("user") => match users.get(name) {
            Some(user) => needs.resource_tagged(&user.tags),
            None => needs,
        },
        Some("role") => match roles.get(name) {
            Some(role) => needs.resource_tagged(&role.tags),
            None => needs,
        },
        _ => needs,
    }
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "SimulateCustomPolicy" Read, names::everywhere, simulate_custom_policy),
    answering!(Iam "iam" "SimulatePrincipalPolicy" Read,
        |_, _, caller, input| Ok(on_entity(caller, &input.policy_source_arn)),
        simulate_principal_policy),
    answering!(Iam "iam" "GetContextKeysForCustomPolicy" Read, names::everywhere,
        get_context_keys_for_custom_policy),
    answering!(Iam "iam" "GetContextKeysForPrincipalPolicy" Read,
        |_, _, caller, input| Ok(on_entity(caller, &input.policy_source_arn)),
        get_context_keys_for_principal_policy),
];
