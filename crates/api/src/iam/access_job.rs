//! Reports of last accesses as an account keeps them: found by id, replaced by newer ones, shown.

use std::sync::Arc;

use locum_policy::catalogue;
use locum_store::{Account, Change, Job, JobKind, Key, Record, ServiceAccess};
use locum_wire::iam::ErrorDetails;

use super::allowed_services::EVERY_SERVICE;
use super::names;
use crate::error::ApiError;
use crate::limits;

/// A job that is not there, too old, or of another kind or caller. The sentence is unconfirmed.
pub(super) fn not_found(id: &str) -> ApiError {
    ApiError::NoSuchEntity(format!("The job with id {id} cannot be found."))
}

fn is_over(job: &Job, now_s: i64) -> bool {
    now_s >= job.created_s.saturating_add(limits::ACCESS_JOB_S_MAX)
}

/// The account's job with this id and of one of these kinds.
///
/// # Errors
/// `NoSuchEntity`.
pub(super) fn find<'a>(
    account: &'a Account,
    id: &str,
    kinds: &[JobKind],
    now_s: i64,
) -> Result<&'a Arc<Job>, ApiError> {
    let job = account.jobs().get(id);
    job.filter(|job| kinds.contains(&job.kind) && !is_over(job, now_s))
        .ok_or_else(|| not_found(id))
}

/// Adds a job. What is over goes, and beyond the limits the oldest.
pub(super) fn add(account: &Account, job: Job, now_s: i64) -> Change {
    let mut held: Vec<&Arc<Job>> = account.jobs().iter().collect();
    held.sort_by(|a, b| (a.created_s, &a.id).cmp(&(b.created_s, &b.id)));
    let mut count = held.len().saturating_add(1);
    let entities = held.iter().map(|held| held.entities.len());
    let mut entities = entities.sum::<usize>().saturating_add(job.entities.len());
    let mut deletes = Vec::new();
    for old in held {
        let full = count > limits::ACCESS_JOBS_MAX || entities > limits::ACCESS_JOB_ENTITIES_MAX;
        if full || is_over(old, now_s) {
            deletes.push(Key::Job(old.id.clone()));
            count -= 1;
            entities = entities.saturating_sub(old.entities.len());
        }
    }
    names::change(account, vec![Record::Job(job)], deletes)
}

/// The job's state as answers spell it.
pub(super) fn status(job: &Job) -> String {
    let text = match (job.completed_s, &job.failure) {
        (_, Some(_)) => "FAILED",
        (Some(_), None) => "COMPLETED",
        (None, None) => "IN_PROGRESS",
    };
    text.to_owned()
}

/// Why there is no result.
pub(super) fn failure(job: &Job) -> Option<ErrorDetails> {
    let message = job.failure.clone()?;
    Some(ErrorDetails {
        code: "ServiceFailure".to_owned(),
        message,
    })
}

/// The services of a report, ascending, each with its calls.
pub(super) fn services<'a>(
    job: &'a Job,
) -> impl Iterator<Item = (&'a str, Option<&'a ServiceAccess>)> {
    let every = matches!(job.allowed.as_slice(), [only] if only == EVERY_SERVICE);
    let all = every.then(catalogue::services);
    let all = all.into_iter().flatten();
    let all = all.map(|service: &'static str| -> &'a str { service });
    let some = job
        .allowed
        .iter()
        .map(String::as_str)
        .filter(move |_| !every);
    all.chain(some).map(move |service| {
        let found = job
            .accessed
            .binary_search_by(|held| held.service.as_str().cmp(service));
        (service, found.ok().and_then(|at| job.accessed.get(at)))
    })
}
