//! The log, the order of events, leases.

use super::common::*;
use super::{each, unit};
use locum_store::*;

#[test]
fn revisions_have_no_gaps_and_a_chain() {
    each("log", |subject| {
        let engine = subject.engine();
        let mut revision = make_account(engine, 1, vec![]);
        for number in 0..20 {
            let puts = vec![
                Record::Role(role(&format!("r{number}"))),
                Record::AccessKey(access_key("AKIAX", "u", "k")),
            ];
            let _ = commit(
                engine,
                change(vec![write(unit(1), Revision(999), vec![])], vec![]),
            );
            revision =
                commit(engine, change(vec![write(unit(1), revision, puts)], vec![])).unwrap();
        }
        subject.reopen();
        let engine = subject.engine();
        let all = pollster::block_on(engine.changes_since(Revision::NONE, 1_000)).unwrap();
        let revisions: Vec<_> = all.iter().map(|change| change.revision.0).collect();
        assert_eq!(revisions, (1..=21).collect::<Vec<_>>());
        assert_eq!(all[3].writes[0].puts[0], Record::Role(role("r2")));
        assert_eq!(all[3].writes[0].unit, unit(1));
        let chains: std::collections::HashSet<_> = all.iter().map(|change| change.chain).collect();
        assert_eq!(chains.len(), 21);
        let some = pollster::block_on(engine.changes_since(Revision(5), 3)).unwrap();
        assert_eq!(some[..], all[5..8]);
        assert!(
            pollster::block_on(engine.changes_since(Revision(21), 3))
                .unwrap()
                .is_empty()
        );
        assert_eq!(engine.counters().revision, 21);
    });
}

#[test]
fn reading_at_a_revision_waits_for_none_from_the_future() {
    each("at-least", |subject| {
        let engine = subject.engine();
        let revision = make_account(engine, 1, vec![]);
        let value = pollster::block_on(engine.read_at_least(unit(1), revision)).unwrap();
        assert_eq!(value.unwrap().revision(), revision);
        let future = pollster::block_on(engine.read_at_least(unit(1), Revision(9)));
        assert!(matches!(future, Err(LoadError::Behind { .. })));
    });
}

#[test]
fn events_keep_their_order() {
    each("events", |subject| {
        let engine = subject.engine();
        for number in 0..50 {
            commit(engine, Change::event(event(number))).unwrap();
        }
        let many = change(vec![], (50..60).map(event).collect());
        commit(engine, many).unwrap();
        let expected: Vec<_> = (0..60)
            .map(|n| String::from_utf8(event(n).record).unwrap())
            .collect();
        assert_eq!(subject.events(), expected);
        assert_eq!(subject.engine().counters().trail_events, 60);
        let mut revision = make_account(subject.engine(), 1, vec![]);
        for number in 60..70 {
            let puts = vec![Record::Role(role("r"))];
            revision = commit(
                subject.engine(),
                change(vec![write(unit(1), revision, puts)], vec![event(number)]),
            )
            .unwrap();
        }
        let expected: Vec<_> = (0..70)
            .map(|n| String::from_utf8(event(n).record).unwrap())
            .collect();
        assert_eq!(subject.events(), expected);
        subject.reopen();
        assert_eq!(subject.events(), expected, "nothing lost, nothing twice");
    });
}

#[test]
fn leases_have_one_holder() {
    each("lease", |subject| {
        let take = |engine: &dyn Engine, holder: &str, now_s| {
            pollster::block_on(engine.lease("jobs", holder, 10, now_s)).unwrap()
        };
        let held_by_a = |until_s| LeaseState::HeldBy {
            holder: "a".to_owned(),
            until_s,
        };
        assert_eq!(
            take(subject.engine(), "a", 100),
            LeaseState::Held { until_s: 110 }
        );
        assert_eq!(take(subject.engine(), "b", 105), held_by_a(110));
        assert_eq!(
            take(subject.engine(), "a", 108),
            LeaseState::Held { until_s: 118 }
        );
        subject.reopen();
        assert_eq!(take(subject.engine(), "b", 117), held_by_a(118));
        assert_eq!(
            take(subject.engine(), "b", 118),
            LeaseState::Held { until_s: 128 }
        );
        let empty = pollster::block_on(subject.engine().lease("", "a", 1, 1));
        assert!(matches!(empty, Err(LoadError::Argument(_))));
    });
}
