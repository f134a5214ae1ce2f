//! The policy simulator: the engine that decides calls, asked with a context that somebody types in.

mod answer;
mod scene;
mod source;

use aws_lc_rs::digest;
use locum_policy::Kind;
use locum_store::{AccountId, Change};
use locum_wire::iam::{
    self, GetContextKeysForCustomPolicyRequest, GetContextKeysForPolicyResponse,
    GetContextKeysForPrincipalPolicyRequest, SimulateCustomPolicyRequest, SimulatePolicyResponse,
    SimulatePrincipalPolicyRequest,
};

use super::names;
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::needs::Needs;
use crate::operation::{Operation, answering};
use crate::snapshot::Snapshot;
use scene::{Asked, Scene, invalid};
use source::{Held, Supposed};

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
