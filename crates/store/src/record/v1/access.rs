//! Version 1 of last accesses and of the reports of them: their JSON, written and read.

use super::{EncodeError, Text, json, read, text};
use crate::change::Record;
use crate::engine::RecordError;
use crate::entity::{ActionAccess, EntityAccess, Job, JobKind, LastAccess, Seen, ServiceAccess};
use crate::record::{Context, Links, Stored};
use bytes::Bytes;
use read::{Parts, parts};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Service, action, time and region: there are many of them.
type AccessV1<'a> = (Text<'a>, Text<'a>, i64, Text<'a>);
/// By whom, time and region.
type SeenV1<'a> = (Text<'a>, i64, Text<'a>);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LastAccessV1<'a> {
    accesses: Vec<AccessV1<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum JobKindV1 {
    Services,
    Actions,
    Organization,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JobV1<'a> {
    kind: JobKindV1,
    subject: Text<'a>,
    owner: Text<'a>,
    created: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    completed: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    allowed: Vec<Text<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    accessed: Vec<ServiceAccessV1<'a>>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    entities: Text<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceAccessV1<'a> {
    service: Text<'a>,
    total: u32,
    last: SeenV1<'a>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    actions: Vec<(Text<'a>, Option<SeenV1<'a>>)>,
}

/// Writes a record of these kinds; `None` for any other.
pub(super) fn write(record: &Record, out: &mut Vec<u8>) -> Option<Result<(), EncodeError>> {
    match record {
        Record::LastAccess(held) => Some(json(&last_out(held), out)),
        Record::Job(job) => Some(job_out(job).and_then(|body| json(&body, out))),
        _ => None,
    }
}

fn last_out(held: &LastAccess) -> LastAccessV1<'_> {
    let accesses = held.accesses.iter().map(|access| {
        (
            text(&access.service),
            text(&access.action),
            access.time_s,
            text(&access.region),
        )
    });
    LastAccessV1 {
        accesses: accesses.collect(),
    }
}

fn seen_out(seen: &Seen) -> SeenV1<'_> {
    (text(&seen.by), seen.time_s, text(&seen.region))
}

fn seen_in((by, time_s, region): SeenV1<'_>) -> Seen {
    Seen {
        by: by.into_owned(),
        time_s,
        region: region.into_owned(),
    }
}

/// Entities as one text, for an account may hold ten thousand: `ID,A,B;ID;ID,,B`. For each accessed
/// service in its order there is, to base 36, how many seconds before the job was made the call was.
fn entities_out(job: &Job) -> Result<String, EncodeError> {
    let mut out = String::new();
    for entity in &job.entities {
        if entity.id.contains([',', ';']) {
            return Err(EncodeError::Form("a comma or semicolon in an id"));
        }
        let mut line = entity.id.clone();
        let mut told = 0;
        for held in &job.accessed {
            line.push(',');
            let mut services = entity.services.iter();
            if let Some((_, time_s)) = services.find(|(service, _)| *service == held.service) {
                line.push_str(&base_36(job.created_s.saturating_sub(*time_s)));
                told += 1;
            }
        }
        if told != entity.services.len() {
            return Err(EncodeError::Form("a call of a service that is not told"));
        }
        if !out.is_empty() {
            out.push(';');
        }
        out.push_str(line.trim_end_matches(','));
    }
    Ok(out)
}

fn base_36(number: i64) -> String {
    let mut rest = number.unsigned_abs();
    let mut digits = Vec::new();
    loop {
        let digit = u32::try_from(rest % 36).unwrap_or_default();
        digits.extend(char::from_digit(digit, 36));
        rest /= 36;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        digits.push('-');
    }
    digits.into_iter().rev().collect()
}

/// `None` when the text is not of that form.
fn entities_in(
    text: &str,
    created_s: i64,
    accessed: &[ServiceAccess],
) -> Option<Vec<EntityAccess>> {
    let lines = text.split(';').filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let mut fields = line.split(',');
            let id = fields.next()?.to_owned();
            let mut told = accessed.iter();
            let mut services = Vec::new();
            for field in fields {
                let service = told.next()?.service.clone();
                if !field.is_empty() {
                    let ago = i64::from_str_radix(field, 36).ok()?;
                    services.push((service, created_s.checked_sub(ago)?));
                }
            }
            Some(EntityAccess { id, services })
        })
        .collect()
}

fn job_out(job: &Job) -> Result<JobV1<'_>, EncodeError> {
    let accessed = job.accessed.iter().map(|held| {
        let actions = held.actions.iter();
        let actions = actions.map(|(name, seen)| (text(name), seen.as_ref().map(seen_out)));
        ServiceAccessV1 {
            service: text(&held.service),
            total: held.total,
            last: seen_out(&held.last),
            actions: actions.collect(),
        }
    });
    Ok(JobV1 {
        kind: match job.kind {
            JobKind::Services => JobKindV1::Services,
            JobKind::Actions => JobKindV1::Actions,
            JobKind::Organization => JobKindV1::Organization,
        },
        subject: text(&job.subject),
        owner: text(&job.owner),
        created: job.created_s,
        completed: job.completed_s,
        failure: job.failure.as_deref().map(text),
        allowed: job.allowed.iter().map(|held| text(held)).collect(),
        accessed: accessed.collect(),
        entities: entities_out(job)?.into(),
    })
}

fn accessed_in(held: ServiceAccessV1<'_>) -> ServiceAccess {
    let actions = held.actions.into_iter();
    let actions = actions.map(|(name, seen)| (name.into_owned(), seen.map(seen_in)));
    ServiceAccess {
        service: held.service.into_owned(),
        total: held.total,
        last: seen_in(held.last),
        actions: actions.collect(),
    }
}

fn only(id: &str) -> Links<'_> {
    Links {
        id,
        names: Vec::new(),
    }
}

impl Stored for LastAccess {
    fn links(&self) -> Links<'_> {
        only(&self.id)
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<LastAccess, RecordError> {
        let Parts { body, id, .. } = parts::<LastAccessV1<'_>>(raw, key, context)?;
        let accesses = body.accesses.into_iter();
        let accesses = accesses.map(|(service, action, time_s, region)| ActionAccess {
            service: service.into_owned(),
            action: action.into_owned(),
            time_s,
            region: region.into_owned(),
        });
        Ok(LastAccess {
            id: id.to_owned(),
            accesses: accesses.collect(),
        })
    }
}

impl Stored for Job {
    fn links(&self) -> Links<'_> {
        only(&self.id)
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<Job, RecordError> {
        let Parts { body, id, .. } = parts::<JobV1<'_>>(raw, key, context)?;
        let accessed: Vec<ServiceAccess> = body.accessed.into_iter().map(accessed_in).collect();
        let entities = entities_in(&body.entities, body.created, &accessed);
        Ok(Job {
            id: id.to_owned(),
            kind: match body.kind {
                JobKindV1::Services => JobKind::Services,
                JobKindV1::Actions => JobKind::Actions,
                JobKindV1::Organization => JobKind::Organization,
            },
            subject: body.subject.into_owned(),
            owner: body.owner.into_owned(),
            created_s: body.created,
            completed_s: body.completed,
            failure: body.failure.map(Cow::into_owned),
            allowed: body.allowed.into_iter().map(Cow::into_owned).collect(),
            accessed,
            entities: entities
                .ok_or_else(|| read::form(key, context, &"entities of another form"))?,
        })
    }
}
