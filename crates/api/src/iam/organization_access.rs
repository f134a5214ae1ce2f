//! Reports of which services accounts of the organization last called.
//!
//! There are no service control policies here, so every service is allowed. As on AWS the report of
//! the root leaves the management account out, and only that account may ask. Reports are made after
//! the call, see [`make`]: an organization may have more accounts than one call may look at.

mod make;

use locum_policy::KnownKey;
use locum_store::{AccountId, Change, Job, JobKind, ServiceAccess};
use locum_wire::Timestamp;
use locum_wire::iam::{
    self, AccessDetail, GenerateOrganizationsAccessReportRequest,
    GenerateOrganizationsAccessReportResponse, GetOrganizationsAccessReportRequest,
    GetOrganizationsAccessReportResponse,
};

use super::allowed_services::EVERY_SERVICE;
use super::policy::figure;
use super::{access_job, page, service_names};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::ids;
use crate::limits;
use crate::needs::Needs;
use crate::operation::{Operation, answering};
use crate::snapshot::Snapshot;

pub(crate) use make::make;

const KINDS: &[JobKind] = &[JobKind::Organization];

/// Whose accesses a report sums up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// All accounts but the management account.
    Root,
    /// One account.
    Account(AccountId),
}

/// Only the management account asks; policies of other accounts cannot change that. The sentence is
/// unconfirmed.
fn from_management<'a>(
    state: &Snapshot,
    caller: &Caller,
    resource: String,
) -> Result<Needs<'a>, ApiError> {
    if caller.account.id == state.installation.management_account {
        return Ok(Needs::on(resource, caller.account.id));
    }
    Err(ApiError::Forbidden(
        "This operation can be called only from the organization's management account.".into(),
    ))
}

/// What a path names: `ORGANIZATION/ROOT` or `ORGANIZATION/ROOT/ACCOUNT`.
///
/// # Errors
/// `InvalidInput` for what is no path, `NoSuchEntity` for one of something that is not here (sentences
/// unconfirmed).
fn scope(state: &Snapshot, path: &str) -> Result<Scope, ApiError> {
    let parts: Vec<&str> = path.split('/').collect();
    if parts.iter().any(|part| part.is_empty()) {
        let sentence = format!("The entity path {path} is not valid.");
        return Err(ApiError::InvalidInput(sentence.into()));
    }
    let held = state.installation.organization.as_ref();
    let ours = |organization: &str, root: &str| {
        held.is_some_and(|held| held.id == organization && held.root_id == root)
    };
    let scope = match parts.as_slice() {
        [organization, root] if ours(organization, root) => Some(Scope::Root),
        [organization, root, account] if ours(organization, root) => {
            let account = AccountId::parse(account);
            let account = account.filter(|id| state.installation.account(*id).is_some());
            account.map(Scope::Account)
        }
        // There are no organizational units yet.
        _ => None,
    };
    scope.ok_or_else(|| ApiError::NoSuchEntity(format!("The entity path {path} cannot be found.")))
}

fn needs_generate<'a>(
    cx: &'a Cx<'a>,
    state: &'a Snapshot,
    caller: &'a Caller,
    input: &'a GenerateOrganizationsAccessReportRequest,
) -> Result<Needs<'a>, ApiError> {
    let resource = format!(
        "arn:{}:iam::{}:access-report/{}",
        cx.settings.partition, caller.account.id, input.entity_path
    );
    let needs = from_management(state, caller, resource)?;
    Ok(match &input.organizations_policy_id {
        Some(id) => needs.key(KnownKey::OrganizationsPolicyId, id.as_str()),
        None => needs,
    })
}

fn generate_organizations_access_report(
    cx: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GenerateOrganizationsAccessReportRequest,
) -> Result<(GenerateOrganizationsAccessReportResponse, Change), ApiError> {
    let account = &caller.account;
    let scope = scope(state, &input.entity_path)?;
    // As on AWS a policy's id is of no account for the management account, which no policy limits.
    let limited = scope != Scope::Account(state.installation.management_account);
    if let Some(id) = input.organizations_policy_id.filter(|_| limited) {
        return Err(ApiError::NoSuchEntity(format!(
            "The policy {id} cannot be found: this server has no service control policies."
        )));
    }
    let jobs = account.jobs().iter();
    if jobs.filter(|job| make::is_pending(job, cx.now_s)).count() >= limits::ORGANIZATION_JOBS_MAX {
        let model = &iam::errors::REPORT_GENERATION_LIMIT_EXCEEDED;
        let sentence = "Maximum number of concurrent jobs exceeded";
        return Err(ApiError::modelled(model, sentence));
    }
    let job = Job {
        id: ids::uuid_string(cx.random),
        kind: JobKind::Organization,
        subject: input.entity_path,
        owner: caller.user_id(),
        created_s: cx.now_s,
        completed_s: None,
        failure: None,
        allowed: vec![EVERY_SERVICE.to_owned()],
        accessed: Vec::new(),
        entities: Vec::new(),
    };
    let output = GenerateOrganizationsAccessReportResponse {
        job_id: Some(job.id.clone()),
    };
    Ok((output, access_job::add(account, job, cx.now_s)))
}

/// The services in the order that is asked for. Those that were never called come first where the
/// oldest calls do.
fn sorted<'a>(job: &'a Job, key: Option<&str>) -> Vec<(&'a str, Option<&'a ServiceAccess>)> {
    let mut all: Vec<_> = access_job::services(job).collect();
    let time = |(_, access): &(&str, Option<&ServiceAccess>)| access.map(|held| held.last.time_s);
    match key {
        Some("SERVICE_NAMESPACE_DESCENDING") => all.reverse(),
        Some("LAST_AUTHENTICATED_TIME_ASCENDING") => all.sort_by_key(time),
        Some("LAST_AUTHENTICATED_TIME_DESCENDING") => {
            all.sort_by_key(|held| std::cmp::Reverse(time(held)));
        }
        _ => {}
    }
    all
}

fn shown(service: &str, access: Option<&ServiceAccess>) -> AccessDetail {
    let last = access.map(|access| &access.last);
    let total = access.map_or(0, |access| access.total);
    AccessDetail {
        entity_path: last.map(|last| last.by.clone()),
        last_authenticated_time: last.map(|last| Timestamp(last.time_s)),
        region: last.map(|last| last.region.clone()),
        service_name: service_names::name_of(service).to_owned(),
        service_namespace: service.to_owned(),
        total_authenticated_entities: Some(i32::try_from(total).unwrap_or(i32::MAX)),
    }
}

fn get_organizations_access_report(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetOrganizationsAccessReportRequest,
) -> Result<(GetOrganizationsAccessReportResponse, Change), ApiError> {
    let job = access_job::find(&caller.account, &input.job_id, KINDS, cx.now_s)?;
    let mut output = GetOrganizationsAccessReportResponse {
        error_details: access_job::failure(job),
        is_truncated: Some(false),
        job_completion_date: job.completed_s.map(Timestamp),
        job_creation_date: Timestamp(job.created_s),
        job_status: access_job::status(job),
        ..GetOrganizationsAccessReportResponse::default()
    };
    let key = input.sort_key.as_deref();
    let binding = format!(
        "GetOrganizationsAccessReport {} {}",
        job.id,
        key.unwrap_or_default()
    );
    let after = page::after(&binding, input.marker.as_deref())?;
    if job.completed_s.is_none() || job.failure.is_some() {
        return Ok((output, Change::default()));
    }
    let all = sorted(job, key);
    let (accessible, accessed) = (all.len(), job.accessed.len());
    let start = after.parse::<usize>().map_or(0, |last| last + 1);
    let rest = all.into_iter().enumerate().skip(start);
    let rest = rest.map(|(place, held)| (place.to_string(), held));
    let page = page::take(
        &binding,
        rest,
        input.max_items,
        |(place, _)| place,
        |(_, (service, access))| Ok(shown(service, access)),
    )?;
    output.access_details = Some(page.items);
    output.is_truncated = Some(page.marker.is_some());
    output.marker = page.marker;
    output.number_of_services_accessible = Some(figure(accessible));
    output.number_of_services_not_accessed = Some(figure(accessible.saturating_sub(accessed)));
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "GenerateOrganizationsAccessReport" Read, needs_generate,
        generate_organizations_access_report),
    answering!(Iam "iam" "GetOrganizationsAccessReport" Read,
        |_, state, caller, _| from_management(state, caller, "*".to_owned()),
        get_organizations_access_report),
];
