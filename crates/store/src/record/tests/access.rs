//! Samples of last accesses and of the reports of them.

use super::{Kind, read_back, sealer, unit_of};
use crate::record::{EncodeError, Encoded, encode};
use crate::*;

pub(super) fn access_samples() -> Vec<(&'static str, Record)> {
    let access = |action: &str, time_s| ActionAccess {
        service: "iam".to_owned(),
        action: action.to_owned(),
        time_s,
        region: "us-east-1".to_owned(),
    };
    let last = LastAccess {
        id: "AIDAFIXTURE".to_owned(),
        accesses: vec![access("", 16), access("GetUser", 17)],
    };
    let seen = Seen {
        by: "arn:aws:iam::000000000042:user/staff/Alice".to_owned(),
        time_s: 17,
        region: "us-east-1".to_owned(),
    };
    let job = |kind, completed_s| Job {
        id: "01234567-89ab-4def-8123-456789abcdef".to_owned(),
        kind,
        subject: "arn:aws:iam::000000000042:group/Staff".to_owned(),
        owner: "AROAFIXTURE:session".to_owned(),
        created_s: 18,
        completed_s,
        failure: None,
        allowed: Vec::new(),
        accessed: Vec::new(),
        entities: Vec::new(),
    };
    let made = Job {
        allowed: vec!["iam".to_owned(), "s3".to_owned()],
        accessed: vec![ServiceAccess {
            service: "iam".to_owned(),
            total: 1,
            last: seen.clone(),
            actions: vec![
                ("GetUser".to_owned(), Some(seen)),
                ("ListUsers".to_owned(), None),
            ],
        }],
        entities: vec![
            EntityAccess {
                id: "AIDAFIXTURE".to_owned(),
                services: vec![("iam".to_owned(), 17)],
            },
            EntityAccess {
                id: "AROAFIXTURE".to_owned(),
                services: Vec::new(),
            },
        ],
        ..job(JobKind::Actions, Some(19))
    };
    let failed = Job {
        failure: Some("an account could not be read".to_owned()),
        ..job(JobKind::Organization, Some(19))
    };
    vec![
        ("last-access", Record::LastAccess(last)),
        ("job", Record::Job(made)),
        (
            "job-services",
            Record::Job(job(JobKind::Services, Some(18))),
        ),
        (
            "job-in-progress",
            Record::Job(job(JobKind::Organization, None)),
        ),
        ("job-failed", Record::Job(failed)),
    ]
}

/// A report on a policy that `count` entities have, of which each called three services.
fn large(count: i64) -> Job {
    let services = ["iam", "organizations", "sts"];
    let seen = Seen {
        by: "arn:aws:iam::000000000042:user/staff/Alice".to_owned(),
        time_s: 1_772_366_400,
        region: "us-east-1".to_owned(),
    };
    let action = |number| (format!("ListSomethingOrOther{number}"), Some(seen.clone()));
    let accessed = services.map(|service| ServiceAccess {
        service: service.to_owned(),
        total: 10_000,
        last: seen.clone(),
        actions: (0..85).map(action).collect(),
    });
    let entity = |number: i64| EntityAccess {
        id: format!("AIDAFIXTURE{number:010}"),
        services: services
            .map(|service| (service.to_owned(), 1_772_366_400 - number * 3_456))
            .to_vec(),
    };
    Job {
        id: "01234567-89ab-4def-8123-456789abcdef".to_owned(),
        kind: JobKind::Actions,
        subject: "arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned(),
        owner: "AIDAFIXTURE".to_owned(),
        created_s: 1_772_366_400,
        completed_s: Some(1_772_366_400),
        failure: None,
        allowed: (0..450).map(|number| format!("service-{number}")).collect(),
        accessed: accessed.to_vec(),
        entities: (0..count).map(entity).collect(),
    }
}

fn encoded(job: &Job) -> Result<Encoded, EncodeError> {
    encode(&Record::Job(job.clone()), unit_of(Kind::Job), &sealer())
}

#[test]
fn a_report_over_all_that_an_account_may_hold_fits_a_record() {
    assert!(encoded(&large(10_000)).is_ok());
    let refused = encoded(&large(20_000));
    assert!(matches!(refused, Err(EncodeError::TooLarge { .. })));
}

#[test]
fn entities_are_kept_with_calls_before_and_after_the_report() {
    let mut job = large(2);
    job.entities[0].services = vec![("sts".to_owned(), 1_772_366_401)];
    job.entities[1].services = vec![("organizations".to_owned(), -1)];
    let raw = encoded(&job).unwrap().raw;
    let record = Record::Job(job);
    assert_eq!(read_back(&record, raw).unwrap(), record);
}

#[test]
fn a_call_that_no_service_tells_is_refused() {
    let mut job = large(1);
    job.entities[0].services.push(("s3".to_owned(), 1));
    assert!(matches!(encoded(&job), Err(EncodeError::Form(_))));
}
