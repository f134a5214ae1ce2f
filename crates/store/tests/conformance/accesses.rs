//! Last accesses and reports of them: the same from memory and from disk.

use super::common::*;
use super::{each, unit};
use locum_store::*;

fn seen_at(time_s: i64) -> ActionAccess {
    ActionAccess {
        service: "iam".to_owned(),
        action: "GetUser".to_owned(),
        time_s,
        region: "us-east-1".to_owned(),
    }
}

#[test]
fn last_accesses_and_reports_are_the_same_from_memory_and_from_disk() {
    each("accesses", |subject| {
        let last = LastAccess {
            id: "AIDA1".to_owned(),
            accesses: vec![seen_at(5)],
        };
        let job = |id: &str| Job {
            id: id.to_owned(),
            kind: JobKind::Organization,
            subject: "o-1/r-1".to_owned(),
            owner: "AIDA1".to_owned(),
            created_s: 6,
            completed_s: None,
            failure: None,
            allowed: vec!["*".to_owned()],
            accessed: Vec::new(),
            entities: Vec::new(),
        };
        let puts = vec![
            Record::LastAccess(last.clone()),
            Record::Job(job("0a")),
            Record::Job(job("0b")),
        ];
        let first = make_account(subject.engine(), 1, puts);
        for _ in 0..2 {
            let value = account(subject.engine(), 1).unwrap();
            assert_eq!(**value.last_accesses().get("aida1").unwrap(), last);
            assert_eq!(**value.jobs().get("0A").unwrap(), job("0a"));
            assert_eq!(value.jobs().len(), 2);
            subject.reopen();
        }
        let write = UnitWrite {
            unit: unit(1),
            expects: first,
            puts: vec![],
            deletes: vec![
                Key::LastAccess("AIDA1".to_owned()),
                Key::Job("0b".to_owned()),
            ],
        };
        commit(subject.engine(), change(vec![write], vec![])).unwrap();
        for _ in 0..2 {
            let value = account(subject.engine(), 1).unwrap();
            assert!(value.last_accesses().is_empty());
            assert_eq!(value.jobs().iter().next().unwrap().id, "0a");
            subject.reopen();
        }
    });
}

#[test]
fn the_newest_access_of_an_action_is_held_once_in_order() {
    let mut last = LastAccess {
        id: "AIDA1".to_owned(),
        accesses: Vec::new(),
    };
    let other = |action: &str| ActionAccess {
        action: action.to_owned(),
        ..seen_at(1)
    };
    for access in [
        seen_at(5),
        other("ListUsers"),
        other(""),
        seen_at(4),
        seen_at(6),
    ] {
        last.put(access);
    }
    let held: Vec<_> = last
        .accesses
        .iter()
        .map(|held| (&*held.action, held.time_s))
        .collect();
    assert_eq!(held, [("", 1), ("GetUser", 6), ("ListUsers", 1)]);
    assert_eq!(last.of("iam", "GetUser"), Some(&seen_at(6)));
    assert_eq!(last.of("sts", "GetUser"), None);
}
