//! AssumeRole: a session of a role, in this account or another, for a caller that both sides allow.

use std::sync::Arc;

use locum_policy::{Arn, Document, Kind, KnownKey, ResourceRule};
use locum_store::{AccountId, Change, MfaDevice, Role};
use locum_wire::sts::{AssumeRoleRequest, AssumeRoleResponse, AssumedRoleUser};

use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::entities;
use crate::error::ApiError;
use crate::limits;
use crate::managed;
use crate::mfa;
use crate::needs::Needs;
use crate::operation::{Operation, answering};
use crate::session::SessionKind;
use crate::snapshot::Snapshot;
use crate::sts::{issue, session_tags};

/// An account, and the role of it that was meant if it is there.
type Found<'a> = (AccountId, Option<&'a Arc<Role>>);

/// The role that `arn` names: its account and the role, `None` when there is no such role. The whole
/// ARN must be right, path included.
fn find_role<'a>(
    cx: &Cx<'_>,
    state: &'a Snapshot,
    arn: &str,
) -> Result<Option<Found<'a>>, ApiError> {
    let invalid = || ApiError::Validation(format!("{arn} is invalid"));
    let parsed = Arn::parse(arn).ok_or_else(invalid)?;
    if parsed.partition.is_empty() || parsed.service.is_empty() || parsed.resource.is_empty() {
        return Err(invalid());
    }
    let ours = parsed.partition == cx.settings.partition
        && parsed.service == "iam"
        && parsed.region.is_empty();
    let Some(account) = AccountId::parse(parsed.account) else {
        return Ok(None);
    };
    let Some(path_and_name) = parsed.resource.strip_prefix("role/").filter(|_| ours) else {
        return Ok(Some((account, None)));
    };
    let name = path_and_name.rsplit('/').next().unwrap_or_default();
    let role = state
        .account(account)?
        .filter(|held| !entities::is_suspended(held))
        .and_then(|held| held.roles().get(name));
    // `/` + `a/b/` + name, as the role's own path and name spell it.
    let exact = |role: &&Arc<Role>| {
        let rest = path_and_name.strip_suffix(role.name.as_str());
        rest.is_some_and(|rest| role.path.strip_prefix('/') == Some(rest))
    };
    Ok(Some((account, role.filter(exact))))
}

fn needs<'a>(
    cx: &'a Cx<'a>,
    state: &'a Snapshot,
    caller: &'a Caller,
    input: &'a AssumeRoleRequest,
) -> Result<Needs<'a>, ApiError> {
    if caller.is_root() {
        return Err(ApiError::Forbidden(
            "Roles may not be assumed by root accounts.".into(),
        ));
    }
    if input.provided_contexts.is_some() {
        return Err(ApiError::Unsupported {
            parameter: "ProvidedContexts",
            reason: "this server knows no context provider",
        });
    }
    let tags = input.tags.as_deref().unwrap_or_default();
    let transitive = input.transitive_tag_keys.as_deref().unwrap_or_default();
    session_tags::check(caller, tags, transitive)?;
    let device = authenticated(cx, caller, input)?;
    let (account, role) = match find_role(cx, state, &input.role_arn)? {
        Some(found) => found,
        // An ARN of no account: answered as a role that nobody may assume.
        None => (caller.account.id, None),
    };
    let mut needs = Needs::on(input.role_arn.as_str(), account);
    needs.mfa_now = device.is_some();
    needs.resource_rule = ResourceRule::Trust;
    needs.resource_text = role.map(|role| &role.trust);
    needs.keys.push((
        KnownKey::RoleSessionName,
        input.role_session_name.as_str().into(),
    ));
    needs.keys.extend(
        input
            .external_id
            .as_deref()
            .map(|id| (KnownKey::ExternalId, id.into())),
    );
    needs.request_tags.extend(
        tags.iter()
            .map(|tag| (tag.key.as_str(), tag.value.as_str())),
    );
    needs
        .transitive_tag_keys
        .extend(transitive.iter().map(String::as_str));
    // The role's own tags alone: an inherited tag comes from the caller and overrides the role's in
    // the session that is made, never in the decision whether to make it.
    needs.inherited_tags = session_tags::inherited(caller);
    let tagged = !tags.is_empty() || !needs.inherited_tags.is_empty();
    needs
        .resource_tags
        .extend(role.into_iter().flat_map(|role| {
            role.tags
                .iter()
                .map(|tag| (tag.key.as_str(), tag.value.as_str()))
        }));
    if tagged {
        needs.also.push("sts:TagSession");
    }
    if let Some(identity) = source_identity(caller, input)? {
        needs
            .keys
            .push((KnownKey::StsSourceIdentity, identity.into()));
        needs.also.push("sts:SetSourceIdentity");
    }
    Ok(needs)
}

/// The caller's device once its code was used, if the request has one.
fn authenticated(
    cx: &Cx<'_>,
    caller: &Caller,
    input: &AssumeRoleRequest,
) -> Result<Option<MfaDevice>, ApiError> {
    let (serial, code) = (input.serial_number.as_deref(), input.token_code.as_deref());
    mfa::authenticate(cx, caller, serial, code)
}

/// The source identity of the new session: the one passed or the one inherited, never another.
fn source_identity<'a>(
    caller: &'a Caller,
    input: &'a AssumeRoleRequest,
) -> Result<Option<&'a str>, ApiError> {
    let held = caller
        .session
        .as_ref()
        .and_then(|session| session.source_identity.as_deref());
    match (held, input.source_identity.as_deref()) {
        (Some(held), Some(asked)) if held != asked => Err(ApiError::NotAuthorized(format!(
            "User: {} is not authorized to perform: sts:SetSourceIdentity on resource: {}",
            caller.arn, input.role_arn
        ))),
        (held, asked) => Ok(asked.or(held)),
    }
}

/// How long the session lasts, seconds.
fn duration_s(caller: &Caller, role: &Role, asked_s: Option<i32>) -> Result<i64, ApiError> {
    let duration_s = asked_s.map_or(limits::ROLE_SESSION_S_DEFAULT, i64::from);
    if caller.session.is_some() && duration_s > limits::CHAINED_SESSION_S_MAX {
        return Err(ApiError::Validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.".to_owned(),
        ));
    }
    if duration_s > i64::from(role.max_session_duration_s) {
        return Err(ApiError::Validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
                .to_owned(),
        ));
    }
    Ok(duration_s)
}

/// Session policies narrow, so a bad one refuses the call; it is never left out.
fn check_session_policies(
    cx: &Cx<'_>,
    state: &Snapshot,
    account: AccountId,
    policy: Option<&str>,
    arns: &[String],
) -> Result<(), ApiError> {
    if arns.len() > limits::SESSION_POLICY_ARNS_MAX {
        return Err(ApiError::Validation(
            "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10".to_owned(),
        ));
    }
    let characters = policy.map_or(0, |text| text.chars().count());
    let characters = characters + arns.iter().map(|arn| arn.chars().count()).sum::<usize>();
    if characters > limits::SESSION_POLICY_CHARACTERS_MAX {
        let percent = (characters * 100).div_ceil(limits::SESSION_POLICY_CHARACTERS_MAX);
        return Err(ApiError::PackedPolicyTooLarge(format!(
            "Packed policy consumes {percent}% of allotted space, please use smaller policy."
        )));
    }
    if let Some(text) = policy {
        Document::check(text, Kind::Session).map_err(crate::documents::first_finding)?;
    }
    for arn in arns {
        let held = state
            .account(account)?
            .and_then(|held| entities::policy_by_arn(held, arn));
        let ours = entities::is_of_partition(cx, arn);
        if !ours || (managed::find(arn).is_none() && held.is_none()) {
            return Err(ApiError::Validation(format!(
                "Policy {arn} does not exist or is not attachable."
            )));
        }
    }
    Ok(())
}

/// The managed session policies. One without an ARN is refused: leaving it out would widen.
fn policy_arns(input: &AssumeRoleRequest) -> Result<Vec<String>, ApiError> {
    let named = input
        .policy_arns
        .iter()
        .flatten()
        .map(|held| held.arn.clone());
    named.collect::<Option<Vec<String>>>().ok_or_else(|| {
        ApiError::Validation(
            "1 validation error detected: Value null at 'policyArns.1.member.arn' failed to satisfy constraint: Member must not be null".to_owned(),
        )
    })
}

fn assume_role(
    cx: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: AssumeRoleRequest,
) -> Result<(AssumeRoleResponse, Change), ApiError> {
    // The grant says that the trust policy of this role allowed it, so the role is there.
    let (account, role) = match find_role(cx, state, &input.role_arn)? {
        Some((account, Some(role))) => (account, role),
        _ => {
            return Err(ApiError::Internal(
                "a grant for a role that is not there".to_owned(),
            ));
        }
    };
    let duration_s = duration_s(caller, role, input.duration_seconds)?;
    let policy_arns = policy_arns(&input)?;
    check_session_policies(cx, state, account, input.policy.as_deref(), &policy_arns)?;
    let device = authenticated(cx, caller, &input)?;
    let identity = source_identity(caller, &input)?.map(str::to_owned);
    let mut claims = issue::claims(cx, SessionKind::Role, account, role.id.clone(), duration_s);
    claims.mfa_s = device.is_some().then_some(cx.now_s);
    claims.session_name = input.role_session_name;
    claims.policy = input.policy;
    claims.policy_arns = policy_arns;
    claims.source_identity = identity;
    let packed = claims.has_session_policy() || input.tags.is_some();
    let (tags, transitive) = (
        input.tags.unwrap_or_default(),
        input.transitive_tag_keys.unwrap_or_default(),
    );
    session_tags::put(caller, &mut claims, tags, transitive);
    let issued = issue::issue(cx, &claims, input.minimum_session_token_size)?;
    let partition = &cx.settings.partition;
    let output = AssumeRoleResponse {
        assumed_role_user: Some(AssumedRoleUser {
            arn: format!(
                "arn:{partition}:sts::{account}:assumed-role/{}/{}",
                role.name, claims.session_name
            ),
            assumed_role_id: format!("{}:{}", role.id, claims.session_name),
        }),
        credentials: Some(issued.credentials),
        packed_policy_size: packed.then_some(issued.utilization),
        session_token_size: Some(issued.size),
        session_token_utilization: Some(issued.utilization),
        source_identity: claims.source_identity,
    };
    Ok((output, issue::used(caller, device)))
}

pub(crate) const OPERATIONS: &[Operation] =
    &[answering!(Sts "sts" "AssumeRole" Issue, needs, assume_role)];
