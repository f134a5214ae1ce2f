//! Samples of last accesses and of the reports of them.

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
        entities: vec![EntityAccess {
            id: "AIDAFIXTURE".to_owned(),
            services: vec![("iam".to_owned(), 17)],
        }],
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
