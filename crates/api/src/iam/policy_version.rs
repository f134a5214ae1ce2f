//! Versions of managed policies: create, get, list, make the default, delete.

use locum_policy::Kind;
use locum_store::{Change, ManagedPolicy, PolicyVersion, Record};
use locum_wire::iam::{
    CreatePolicyVersionRequest, CreatePolicyVersionResponse, DeletePolicyVersionRequest,
    GetPolicyVersionRequest, GetPolicyVersionResponse, ListPolicyVersionsRequest,
    ListPolicyVersionsResponse, SetDefaultPolicyVersionRequest,
};
use locum_wire::{Timestamp, iam};

use super::policy::{self, Named, named, on_policy};
use super::{names, page};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::documents;
use crate::error::ApiError;
use crate::limits;
use crate::managed::ManagedEntry;
use crate::operation::{Operation, answering, silent};
use crate::snapshot::Snapshot;

fn no_version(arn: &str, id: &str) -> ApiError {
    ApiError::NoSuchEntity(format!(
        "Policy {arn} version {id} does not exist or is not attachable."
    ))
}

fn cannot_update() -> ApiError {
    ApiError::Forbidden("Cannot update policies outside your own account.".into())
}

/// The number of `v3`. The model allows a suffix (`v3.x`), which no version has.
fn number(id: &str) -> Option<u32> {
    id.strip_prefix('v')?.parse().ok()
}

/// The version that `id` names.
///
/// # Errors
/// `NoSuchEntity` with AWS's sentence.
fn version<'a>(
    policy: &'a ManagedPolicy,
    arn: &str,
    id: &str,
) -> Result<&'a PolicyVersion, ApiError> {
    number(id)
        .and_then(|number| policy.version(number))
        .ok_or_else(|| no_version(arn, id))
}

/// A version as lists show it: without its document.
fn listed(policy: &ManagedPolicy, version: &PolicyVersion) -> iam::PolicyVersion {
    iam::PolicyVersion {
        create_date: Some(Timestamp(version.created_s)),
        document: None,
        is_default_version: Some(version.number == policy.default_version),
        version_id: Some(format!("v{}", version.number)),
    }
}

/// The one version of an AWS managed policy that is built in.
fn listed_aws(entry: &ManagedEntry) -> iam::PolicyVersion {
    iam::PolicyVersion {
        create_date: Some(Timestamp(entry.updated_s)),
        document: None,
        is_default_version: Some(true),
        version_id: Some(format!("v{}", entry.version)),
    }
}

fn put(caller: &Caller, policy: ManagedPolicy) -> Change {
    names::change(&caller.account, vec![Record::Policy(policy)], vec![])
}

fn create_policy_version(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: CreatePolicyVersionRequest,
) -> Result<(CreatePolicyVersionResponse, Change), ApiError> {
    let mut policy = match named(caller, &input.policy_arn) {
        Named::Own(policy) => ManagedPolicy::clone(policy),
        Named::Aws(_) => return Err(cannot_update()),
        Named::Nothing => return Err(policy::not_found(&input.policy_arn)),
    };
    let (text, size) = documents::identity(&input.policy_document, Kind::Managed)?;
    policy::size_quota(size)?;
    if policy.versions.len() >= limits::VERSIONS_PER_POLICY_MAX {
        return Err(ApiError::LimitExceeded(format!(
            "A managed policy can have up to {} versions. Before you create a new version, you must delete an existing version.",
            limits::VERSIONS_PER_POLICY_MAX
        )));
    }
    // A number is never given twice, even after its version was deleted.
    let number = policy.latest_version.saturating_add(1);
    let version = PolicyVersion {
        number,
        created_s: cx.now_s,
        text,
    };
    policy.latest_version = number;
    policy.updated_s = cx.now_s;
    if input.set_as_default == Some(true) {
        policy.default_version = number;
    }
    let shown = listed(&policy, &version);
    policy.versions.push(version);
    Ok((
        CreatePolicyVersionResponse {
            policy_version: Some(shown),
        },
        put(caller, policy),
    ))
}

fn get_policy_version(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetPolicyVersionRequest,
) -> Result<(GetPolicyVersionResponse, Change), ApiError> {
    let (arn, id) = (&input.policy_arn, &input.version_id);
    let shown = match named(caller, arn) {
        Named::Own(policy) => {
            let version = version(policy, arn, id)?;
            let document = Some(documents::encoded(version.text.text()));
            iam::PolicyVersion {
                document,
                ..listed(policy, version)
            }
        }
        Named::Aws(entry) if number(id) == Some(entry.version) => {
            let document = Some(documents::encoded(&entry.text()));
            iam::PolicyVersion {
                document,
                ..listed_aws(entry)
            }
        }
        _ => return Err(no_version(arn, id)),
    };
    Ok((
        GetPolicyVersionResponse {
            policy_version: Some(shown),
        },
        Change::default(),
    ))
}

fn list_policy_versions(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListPolicyVersionsRequest,
) -> Result<(ListPolicyVersionsResponse, Change), ApiError> {
    let arn = &input.policy_arn;
    let binding = format!("ListPolicyVersions {arn}");
    let after = page::after(&binding, input.marker.as_deref())?;
    let mut versions: Vec<iam::PolicyVersion> = match named(caller, arn) {
        Named::Own(policy) => {
            let older = |version: &&PolicyVersion| {
                number(&after).is_none_or(|after| version.number < after)
            };
            policy
                .versions
                .iter()
                .filter(older)
                .map(|version| listed(policy, version))
                .collect()
        }
        Named::Aws(entry) if after.is_empty() => vec![listed_aws(entry)],
        Named::Aws(_) => Vec::new(),
        Named::Nothing => return Err(policy::not_found(arn)),
    };
    // Newest first, as AWS answers.
    versions.reverse();
    let page = page::take(
        &binding,
        versions.into_iter(),
        input.max_items,
        |version| version.version_id.as_deref().unwrap_or_default(),
        Ok,
    )?;
    let output = ListPolicyVersionsResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        versions: Some(page.items),
    };
    Ok((output, Change::default()))
}

fn set_default_policy_version(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: SetDefaultPolicyVersionRequest,
) -> Result<Change, ApiError> {
    let (arn, id) = (&input.policy_arn, &input.version_id);
    let held = match named(caller, arn) {
        Named::Own(policy) => policy,
        Named::Aws(_) => return Err(cannot_update()),
        Named::Nothing => return Err(no_version(arn, id)),
    };
    let number = version(held, arn, id)?.number;
    if number == held.default_version {
        return Ok(Change::default());
    }
    Ok(put(
        caller,
        ManagedPolicy {
            default_version: number,
            ..ManagedPolicy::clone(held)
        },
    ))
}

fn delete_policy_version(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeletePolicyVersionRequest,
) -> Result<Change, ApiError> {
    let (arn, id) = (&input.policy_arn, &input.version_id);
    let held = match named(caller, arn) {
        Named::Own(policy) => policy,
        Named::Aws(_) => {
            return Err(ApiError::Forbidden(
                "Cannot delete policy versions for policies outside your own account.".into(),
            ));
        }
        Named::Nothing => return Err(no_version(arn, id)),
    };
    let number = version(held, arn, id)?.number;
    if number == held.default_version {
        return Err(ApiError::DeleteConflict(
            "Cannot delete the default version of a policy.",
        ));
    }
    let mut policy = ManagedPolicy::clone(held);
    policy.versions.retain(|version| version.number != number);
    Ok(put(caller, policy))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "CreatePolicyVersion" Write,
        |cx, _, caller, input| on_policy(cx, caller, &input.policy_arn), create_policy_version),
    answering!(Iam "iam" "GetPolicyVersion" Read,
        |cx, _, caller, input| on_policy(cx, caller, &input.policy_arn), get_policy_version),
    answering!(Iam "iam" "ListPolicyVersions" Read,
        |cx, _, caller, input| on_policy(cx, caller, &input.policy_arn), list_policy_versions),
    silent!(Iam "iam" "SetDefaultPolicyVersion" Write,
        |cx, _, caller, input| on_policy(cx, caller, &input.policy_arn), set_default_policy_version),
    silent!(Iam "iam" "DeletePolicyVersion" Write,
        |cx, _, caller, input| on_policy(cx, caller, &input.policy_arn), delete_policy_version),
];
