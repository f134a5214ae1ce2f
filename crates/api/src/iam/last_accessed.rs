//! Reports of which services an entity or policy allows, and when they were last called.
//!
//! A report is made when it is asked for and tells what was so at that moment. Attempts count whether
//! they succeeded or not, as on AWS; session policies, boundaries and statements that deny do not.

mod subject;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use locum_policy::catalogue;
use locum_store::{Change, EntityAccess, Job, JobKind, Seen, ServiceAccess};
use locum_wire::Timestamp;
use locum_wire::iam::{
    EntityDetails, GenerateServiceLastAccessedDetailsRequest,
    GenerateServiceLastAccessedDetailsResponse, GetServiceLastAccessedDetailsRequest,
    GetServiceLastAccessedDetailsResponse, GetServiceLastAccessedDetailsWithEntitiesRequest,
    GetServiceLastAccessedDetailsWithEntitiesResponse, ServiceLastAccessed,
    TrackedActionLastAccessed,
};

use super::allowed_services::{self, Allowed, EVERY_SERVICE};
use super::{access_job, names, page, service_names};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::ids;
use crate::limits;
use crate::operation::{Operation, answering};
use crate::snapshot::Snapshot;
use subject::{Entity, Subject};

const KINDS: &[JobKind] = &[JobKind::Services, JobKind::Actions];

/// The newest call of something, by which of the entities.
#[derive(Clone)]
struct Newest {
    time_s: i64,
    region: String,
    by: usize,
}

/// The calls of one service, being summed up.
#[derive(Default)]
struct Sum {
    total: u32,
    last: Option<Newest>,
    actions: BTreeMap<String, Newest>,
}

/// Keeps the newer of the two; of calls at one time the first.
fn newest(held: &mut Option<Newest>, call: Newest) {
    if held.as_ref().is_none_or(|held| held.time_s < call.time_s) {
        *held = Some(call);
    }
}

/// What entities called of the services that are reached, and each entity's own calls.
fn summed(
    cx: &Cx<'_>,
    caller: &Caller,
    entities: &[Entity<'_>],
    reaches: &dyn Fn(&str) -> bool,
) -> (BTreeMap<String, Sum>, Vec<EntityAccess>) {
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    let mut each = Vec::with_capacity(entities.len());
    for (by, entity) in entities.iter().enumerate() {
        let mut services: Vec<(String, i64)> = Vec::new();
        for access in cx.last_uses.accesses(&caller.account, entity.id()).accesses {
            let told = cx.now_s - access.time_s <= limits::LAST_USES_TOLD_S_MAX;
            if !told || !reaches(&access.service) {
                continue;
            }
            let sum = sums.entry(access.service.clone()).or_default();
            let call = Newest {
                time_s: access.time_s,
                region: access.region,
                by,
            };
            match services
                .iter_mut()
                .find(|(held, _)| *held == access.service)
            {
                Some((_, time_s)) => *time_s = access.time_s.max(*time_s),
                None => {
                    services.push((access.service, access.time_s));
                    sum.total = sum.total.saturating_add(1);
                }
            }
            newest(&mut sum.last, call.clone());
            if !access.action.is_empty() {
                let mut held = sum.actions.remove(&access.action);
                newest(&mut held, call);
                sum.actions.extend(held.map(|held| (access.action, held)));
            }
        }
        each.push(EntityAccess {
            id: entity.id().to_owned(),
            services,
        });
    }
    (sums, each)
}

/// The actions that are allowed, each with its last call; nothing when none of them was called.
fn actions(
    allowed: &[Allowed],
    service: &str,
    sum: &Sum,
    seen: &dyn Fn(&Newest) -> Seen,
) -> Vec<(String, Option<Seen>)> {
    let tracked = allowed_services::tracked_actions(allowed, service);
    let all: Vec<(String, Option<Seen>)> = tracked
        .into_iter()
        .map(|name| (name.to_owned(), sum.actions.get(name).map(seen)))
        .collect();
    if all.iter().all(|(_, seen)| seen.is_none()) {
        return Vec::new();
    }
    all
}

fn generate_service_last_accessed_details(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GenerateServiceLastAccessedDetailsRequest,
) -> Result<(GenerateServiceLastAccessedDetailsResponse, Change), ApiError> {
    let account = &caller.account;
    let subject = Subject::find(cx, caller, &input.arn)?;
    let kind = match input.granularity.as_deref() {
        Some("ACTION_LEVEL") => JobKind::Actions,
        _ => JobKind::Services,
    };
    let allowed = subject.allows(account);
    let services = allowed_services::services(&allowed);
    let entities = subject.entities(account, &input.arn);
    let reaches = |service: &str| {
        services
            .iter()
            .any(|held| held == EVERY_SERVICE || held == service)
    };
    let (sums, each) = summed(cx, caller, &entities, &reaches);
    let seen = |call: &Newest| Seen {
        by: entities
            .get(call.by)
            .map_or_else(String::new, |entity| entity.arn(cx, account.id)),
        time_s: call.time_s,
        region: call.region.clone(),
    };
    let accessed = sums.into_iter().filter_map(|(service, sum)| {
        let last = seen(sum.last.as_ref()?);
        let actions = match kind {
            JobKind::Actions => actions(&allowed, &service, &sum, &seen),
            _ => Vec::new(),
        };
        Some(ServiceAccess {
            service,
            total: sum.total,
            last,
            actions,
        })
    });
    let job = Job {
        id: ids::uuid_string(cx.random),
        kind,
        subject: input.arn,
        owner: caller.user_id(),
        created_s: cx.now_s,
        completed_s: Some(cx.now_s),
        failure: None,
        accessed: accessed.collect(),
        allowed: services,
        entities: each,
    };
    let output = GenerateServiceLastAccessedDetailsResponse {
        job_id: Some(job.id.clone()),
    };
    Ok((output, access_job::add(account, job, cx.now_s)))
}

/// The job, which only who asked for it may read: the same user, or a session of the same role with
/// the same name.
fn job_of<'a>(cx: &Cx<'_>, caller: &'a Caller, id: &str) -> Result<&'a Job, ApiError> {
    let job = access_job::find(&caller.account, id, KINDS, cx.now_s)?;
    if job.owner != caller.user_id() {
        return Err(access_job::not_found(id));
    }
    Ok(job)
}

fn shown(service: &str, access: Option<&ServiceAccess>) -> ServiceLastAccessed {
    let last = access.map(|access| &access.last);
    let actions = access.map(|access| access.actions.iter()).into_iter();
    let actions = actions.flatten().map(|(name, seen)| {
        let seen = seen.as_ref();
        TrackedActionLastAccessed {
            action_name: Some(name.clone()),
            last_accessed_entity: seen.map(|seen| seen.by.clone()),
            last_accessed_region: seen.map(|seen| seen.region.clone()),
            last_accessed_time: seen.map(|seen| Timestamp(seen.time_s)),
        }
    });
    let actions: Vec<TrackedActionLastAccessed> = actions.collect();
    ServiceLastAccessed {
        last_authenticated: last.map(|last| Timestamp(last.time_s)),
        last_authenticated_entity: last.map(|last| last.by.clone()),
        last_authenticated_region: last.map(|last| last.region.clone()),
        service_name: service_names::name_of(service).to_owned(),
        service_namespace: service.to_owned(),
        total_authenticated_entities: Some(
            access.map_or(0, |access| i32::try_from(access.total).unwrap_or(i32::MAX)),
        ),
        tracked_actions_last_accessed: (!actions.is_empty()).then_some(actions),
    }
}

fn get_service_last_accessed_details(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetServiceLastAccessedDetailsRequest,
) -> Result<(GetServiceLastAccessedDetailsResponse, Change), ApiError> {
    let job = job_of(cx, caller, &input.job_id)?;
    let binding = format!("GetServiceLastAccessedDetails {}", job.id);
    let after = page::after(&binding, input.marker.as_deref())?;
    let rest = access_job::services(job).filter(|(service, _)| *service > after.as_str());
    let page = page::take(
        &binding,
        rest,
        input.max_items,
        |(service, _)| service,
        |(service, access)| Ok(shown(service, access)),
    )?;
    let created = Timestamp(job.created_s);
    let output = GetServiceLastAccessedDetailsResponse {
        error: access_job::failure(job),
        is_truncated: Some(page.marker.is_some()),
        job_completion_date: job.completed_s.map_or(created, Timestamp),
        job_creation_date: created,
        job_status: access_job::status(job),
        job_type: Some(match job.kind {
            JobKind::Actions => "ACTION_LEVEL".to_owned(),
            _ => "SERVICE_LEVEL".to_owned(),
        }),
        marker: page.marker,
        services_last_accessed: page.items,
    };
    Ok((output, Change::default()))
}

/// The entities of a report with their last call of `service`, the most recent first, those that never
/// called it last; of one time in the order of the report. The place tells where a page ended.
fn by_time<'a>(job: &'a Job, service: &str) -> Vec<(&'a EntityAccess, Option<i64>)> {
    let reached = access_job::services(job).any(|(held, _)| held == service);
    let entities = job.entities.iter().filter(|_| reached).map(|entity| {
        let called = entity.services.iter().find(|(held, _)| held == service);
        (entity, called.map(|(_, time_s)| *time_s))
    });
    let mut entities: Vec<_> = entities.collect();
    entities.sort_by_key(|(_, time_s)| Reverse(*time_s));
    entities
}

fn get_service_last_accessed_details_with_entities(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetServiceLastAccessedDetailsWithEntitiesRequest,
) -> Result<(GetServiceLastAccessedDetailsWithEntitiesResponse, Change), ApiError> {
    let account = &caller.account;
    let job = job_of(cx, caller, &input.job_id)?;
    let namespace = input.service_namespace;
    // The sentence is unconfirmed.
    let service = catalogue::service(&namespace).ok_or_else(|| {
        ApiError::InvalidInput(format!("The service namespace {namespace} is not valid.").into())
    })?;
    let prefix = service.prefix;
    let binding = format!(
        "GetServiceLastAccessedDetailsWithEntities {} {prefix}",
        job.id
    );
    let after = page::after(&binding, input.marker.as_deref())?;
    let start = after.parse::<usize>().map_or(0, |last| last + 1);
    // Whoever was deleted since has no name to be shown by.
    let rest = by_time(job, prefix).into_iter().enumerate().skip(start);
    let rest = rest.filter_map(|(place, (held, time_s))| {
        let entity = Entity::by_id(account, &held.id)?;
        Some((place.to_string(), entity, time_s))
    });
    let page = page::take(
        &binding,
        rest,
        input.max_items,
        |(place, ..)| place,
        |(_, entity, time_s)| {
            Ok(EntityDetails {
                entity_info: entity.info(cx, account.id),
                last_authenticated: time_s.map(Timestamp),
            })
        },
    )?;
    let created = Timestamp(job.created_s);
    let output = GetServiceLastAccessedDetailsWithEntitiesResponse {
        entity_details_list: page.items,
        error: access_job::failure(job),
        is_truncated: Some(page.marker.is_some()),
        job_completion_date: job.completed_s.map_or(created, Timestamp),
        job_creation_date: created,
        job_status: access_job::status(job),
        marker: page.marker,
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "GenerateServiceLastAccessedDetails" Read,
        |cx, _, caller, input| subject::needs(cx, caller, &input.arn),
        generate_service_last_accessed_details),
    answering!(Iam "iam" "GetServiceLastAccessedDetails" Read, names::everywhere,
        get_service_last_accessed_details),
    answering!(Iam "iam" "GetServiceLastAccessedDetailsWithEntities" Read, names::everywhere,
        get_service_last_accessed_details_with_entities),
];
