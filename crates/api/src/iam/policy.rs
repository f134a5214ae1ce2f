//! Managed policies: create, get, list, delete, and who they are attached to.

use std::sync::Arc;

use locum_policy::{Arn, Kind};
use locum_store::{Account, AccountId, Change, Key, ManagedPolicy, PolicyVersion, Record};
use locum_wire::iam::{
    CreatePolicyRequest, CreatePolicyResponse, DeletePolicyRequest, GetPolicyRequest,
    GetPolicyResponse, ListPoliciesRequest, ListPoliciesResponse,
};
use locum_wire::{Timestamp, iam};

use super::{names, page};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::documents;
use crate::entities::{self, AWS_ACCOUNT};
use crate::error::ApiError;
use crate::ids::{self, IdKind};
use crate::limits;
use crate::managed::{self, ManagedEntry};
use crate::needs::Needs;
use crate::operation::{Operation, answering, silent};
use crate::snapshot::Snapshot;

/// What the ARN of a managed policy names.
pub(super) enum Named<'a> {
    /// A customer managed policy of the caller's account.
    Own(&'a Arc<ManagedPolicy>),
    /// One of AWS's.
    Aws(&'static ManagedEntry),
    /// No policy that is here.
    Nothing,
}

/// The policy that `arn` names, every letter in its case.
pub(super) fn named<'a>(caller: &'a Caller, arn: &str) -> Named<'a> {
    match managed::find(arn) {
        Some(entry) => Named::Aws(entry),
        None => entities::policy_by_arn(&caller.account, arn).map_or(Named::Nothing, Named::Own),
    }
}

/// Whose policy `arn` speaks of.
///
/// # Errors
/// `ValidationError` for what is no ARN, `InvalidInput` for the ARN of something else.
fn owner_of(cx: &Cx<'_>, arn: &str) -> Result<Option<AccountId>, ApiError> {
    let parsed = Arn::parse(arn)
        .ok_or_else(|| ApiError::Validation("Invalid ARN:  Could not be parsed!".to_owned()))?;
    let owner = AccountId::parse(parsed.account);
    let good = parsed.partition == cx.settings.partition
        && parsed.service == "iam"
        && parsed.region.is_empty()
        && parsed.resource.starts_with("policy/")
        && (owner.is_some() || parsed.account == AWS_ACCOUNT);
    if good {
        Ok(owner)
    } else {
        Err(ApiError::InvalidInput(
            format!("ARN {arn} is not valid.").into(),
        ))
    }
}

/// What an operation on the managed policy `arn` is asked about. AWS's policies belong to every
/// account, one of another account to that account, which refuses.
///
/// # Errors
/// See [`owner_of`].
pub(super) fn on_policy<'a>(
    cx: &Cx<'_>,
    caller: &'a Caller,
    arn: &'a str,
) -> Result<Needs<'a>, ApiError> {
    let owner = owner_of(cx, arn)?.unwrap_or(caller.account.id);
    let needs = Needs::on(arn, owner);
    Ok(match named(caller, arn) {
        Named::Own(policy) => needs.resource_tagged(&policy.tags),
        _ => needs,
    })
}

/// GetPolicy, DeletePolicy and the tags of policies say it so.
pub(super) fn not_found(arn: &str) -> ApiError {
    ApiError::NoSuchEntity(format!("Policy {arn} was not found."))
}

/// A figure that never comes near the bounds of the wire's integers.
pub(super) fn figure(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn attachments(account: &Account, arn: &str) -> i32 {
    i32::try_from(account.attachment_count(arn).total()).unwrap_or(i32::MAX)
}

fn boundaries(account: &Account, arn: &str) -> i32 {
    i32::try_from(account.attachment_count(arn).boundaries).unwrap_or(i32::MAX)
}

/// A policy as ListPolicies shows it: without description and tags.
pub(super) fn listed(cx: &Cx<'_>, account: &Account, policy: &ManagedPolicy) -> iam::Policy {
    let arn = entities::policy_arn(cx, account.id, policy);
    iam::Policy {
        attachment_count: Some(attachments(account, &arn)),
        permissions_boundary_usage_count: Some(boundaries(account, &arn)),
        arn: Some(arn),
        create_date: Some(Timestamp(policy.created_s)),
        default_version_id: Some(format!("v{}", policy.default_version)),
        description: None,
        is_attachable: Some(true),
        path: Some(policy.path.clone()),
        policy_id: Some(policy.id.clone()),
        policy_name: Some(policy.name.clone()),
        tags: None,
        update_date: Some(Timestamp(policy.updated_s)),
    }
}

/// One of AWS's policies as ListPolicies shows it.
pub(super) fn listed_aws(cx: &Cx<'_>, account: &Account, entry: &ManagedEntry) -> iam::Policy {
    let arn = entry.arn(&cx.settings.partition);
    iam::Policy {
        attachment_count: Some(attachments(account, &arn)),
        permissions_boundary_usage_count: Some(boundaries(account, &arn)),
        arn: Some(arn),
        create_date: Some(Timestamp(entry.created_s)),
        default_version_id: Some(format!("v{}", entry.version)),
        description: None,
        is_attachable: Some(true),
        path: Some(entry.path.to_owned()),
        policy_id: Some(entry.id()),
        policy_name: Some(entry.name.to_owned()),
        tags: None,
        update_date: Some(Timestamp(entry.updated_s)),
    }
}

fn needs_create<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a CreatePolicyRequest,
) -> Result<Needs<'a>, ApiError> {
    let path = input.path.as_deref().unwrap_or(names::ROOT_PATH);
    let arn = entities::arn(cx, caller.account.id, "policy", path, &input.policy_name);
    let tags = input.tags.as_deref().unwrap_or_default();
    Ok(Needs::on(arn, caller.account.id).tagging(tags, Some("iam:TagPolicy")))
}

fn create_policy(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: CreatePolicyRequest,
) -> Result<(CreatePolicyResponse, Change), ApiError> {
    let account = &caller.account;
    if account.policy_by_name(&input.policy_name).is_some() {
        return Err(ApiError::EntityAlreadyExists(format!(
            "A policy called {} already exists. Duplicate names are not allowed.",
            input.policy_name
        )));
    }
    names::quota(
        account.policies().len(),
        "PoliciesPerAccount",
        limits::POLICIES_PER_ACCOUNT_MAX,
    )?;
    let (text, size) = documents::identity(&input.policy_document, Kind::Managed)?;
    size_quota(size)?;
    let policy = ManagedPolicy {
        path: names::path(input.path)?,
        tags: names::tags(input.tags.unwrap_or_default(), names::KeyCase::Counts)?,
        id: ids::new_id(IdKind::Policy, account.id, cx.random),
        name: input.policy_name,
        created_s: cx.now_s,
        updated_s: cx.now_s,
        description: input.description,
        versions: vec![PolicyVersion {
            number: 1,
            created_s: cx.now_s,
            text,
        }],
        default_version: 1,
        latest_version: 1,
    };
    // AWS's answer has the tags, not the description.
    let shown = iam::Policy {
        tags: names::tags_if_any(&policy.tags),
        ..listed(cx, account, &policy)
    };
    let change = names::change(account, vec![Record::Policy(policy)], vec![]);
    Ok((
        CreatePolicyResponse {
            policy: Some(shown),
        },
        change,
    ))
}

/// The quota on one version's characters, white space not counted.
pub(crate) fn size_quota(size: usize) -> Result<(), ApiError> {
    names::quota(
        size.saturating_sub(1),
        "PolicySize",
        limits::MANAGED_POLICY_CHARACTERS_MAX,
    )
}

fn get_policy(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetPolicyRequest,
) -> Result<(GetPolicyResponse, Change), ApiError> {
    let account = &caller.account;
    let policy = match named(caller, &input.policy_arn) {
        Named::Own(policy) => iam::Policy {
            description: policy.description.clone(),
            tags: Some(names::shown_tags(&policy.tags)),
            ..listed(cx, account, policy)
        },
        Named::Aws(entry) => iam::Policy {
            description: entry.description.map(str::to_owned),
            tags: Some(Vec::new()),
            ..listed_aws(cx, account, entry)
        },
        Named::Nothing => return Err(not_found(&input.policy_arn)),
    };
    Ok((
        GetPolicyResponse {
            policy: Some(policy),
        },
        Change::default(),
    ))
}

/// One line of ListPolicies: the account's policy of a name stands before AWS's of the same name.
enum Line<'a> {
    Own(&'a ManagedPolicy),
    Aws(&'a ManagedEntry),
}

/// Ends a name in a key; below every character of a name, so that keys sort as names do.
const END: char = '\0';

impl Line<'_> {
    fn key(&self) -> String {
        let (name, rank) = match self {
            Line::Own(policy) => (policy.name.as_str(), '0'),
            Line::Aws(entry) => (entry.name, '1'),
        };
        let mut key = name.to_ascii_lowercase();
        key.extend([END, rank]);
        key
    }
}

/// The account's and AWS's policies after the marker, as one sorted sequence.
fn lines<'a>(
    account: &'a Account,
    scope: &str,
    after: &str,
) -> impl Iterator<Item = (String, Line<'a>)> + use<'a> {
    let name = after.split(END).next().unwrap_or_default();
    let own = (scope != "AWS").then(|| account.policies().after(name));
    let all = if scope == "Local" {
        &[][..]
    } else {
        managed::all()
    };
    let first = all.partition_point(|entry| Line::Aws(entry).key().as_str() <= after);
    let aws = all.get(first..).unwrap_or_default();
    let keyed = |line: Line<'a>| (line.key(), line);
    let mut own = own
        .into_iter()
        .flatten()
        .map(|policy| Line::Own(policy))
        .map(keyed)
        .peekable();
    let mut aws = aws.iter().map(Line::Aws).map(keyed).peekable();
    std::iter::from_fn(move || match (own.peek(), aws.peek()) {
        (Some((left, _)), Some((right, _))) if left > right => aws.next(),
        (Some(_), _) => own.next(),
        (None, _) => aws.next(),
    })
}

fn list_policies(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListPoliciesRequest,
) -> Result<(ListPoliciesResponse, Change), ApiError> {
    let account = &caller.account;
    let scope = input.scope.as_deref().unwrap_or("All");
    let prefix = input.path_prefix.unwrap_or_default();
    let usage = input.policy_usage_filter.unwrap_or_default();
    let attached_only = input.only_attached == Some(true);
    let binding = format!(
        "ListPolicies {} {scope} {prefix} {usage} {attached_only}",
        account.id
    );
    let after = page::after(&binding, input.marker.as_deref())?;
    let wanted = |(_, line): &(String, Line<'_>)| {
        let (path, arn) = match line {
            Line::Own(policy) => (
                policy.path.as_str(),
                entities::policy_arn(cx, account.id, policy),
            ),
            Line::Aws(entry) => (entry.path, entry.arn(&cx.settings.partition)),
        };
        let count = account.attachment_count(&arn);
        // Which use is asked about; `OnlyAttached` alone takes either.
        let used = match usage.as_str() {
            "PermissionsBoundary" => count.boundaries > 0,
            "PermissionsPolicy" => !attached_only || count.total() > 0,
            _ => !attached_only || count.total() > 0 || count.boundaries > 0,
        };
        used && path.starts_with(&prefix)
    };
    let rest = lines(account, scope, &after).filter(wanted);
    let page = page::take(
        &binding,
        rest,
        input.max_items,
        |(key, _)| key,
        |(_, line)| {
            Ok(match line {
                Line::Own(policy) => listed(cx, account, policy),
                Line::Aws(entry) => listed_aws(cx, account, entry),
            })
        },
    )?;
    let output = ListPoliciesResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        policies: Some(page.items),
    };
    Ok((output, Change::default()))
}

fn delete_policy(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeletePolicyRequest,
) -> Result<Change, ApiError> {
    let account = &caller.account;
    let policy = match named(caller, &input.policy_arn) {
        Named::Own(policy) => policy,
        Named::Aws(_) => {
            return Err(ApiError::Forbidden(
                "Cannot delete policies outside your own account.".into(),
            ));
        }
        Named::Nothing => return Err(not_found(&input.policy_arn)),
    };
    let count = account.attachment_count(&input.policy_arn);
    if count.total() > 0 || count.boundaries > 0 {
        return Err(ApiError::DeleteConflict(
            "Cannot delete a policy attached to entities.",
        ));
    }
    if policy.versions.len() > 1 {
        return Err(ApiError::DeleteConflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
        ));
    }
    Ok(names::change(
        account,
        vec![],
        vec![Key::Policy(policy.name.to_ascii_lowercase())],
    ))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "CreatePolicy" Write, needs_create, create_policy),
    answering!(Iam "iam" "GetPolicy" Read,
        |cx, _, caller, input| on_policy(cx, caller, &input.policy_arn), get_policy),
    answering!(Iam "iam" "ListPolicies" Read, names::everywhere, list_policies),
    silent!(Iam "iam" "DeletePolicy" Write,
        |cx, _, caller, input| on_policy(cx, caller, &input.policy_arn), delete_policy),
];
