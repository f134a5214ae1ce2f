//! Changes: preconditions, atomicity, limits.

use super::common::*;
use super::{each, unit};
use locum_store::limits::*;
use locum_store::*;

#[test]
fn preconditions_decide_races() {
    each("conflict", |subject| {
        let engine = subject.engine();
        let first = make_account(engine, 1, vec![]);
        let put = |expects| {
            change(
                vec![write(unit(1), expects, vec![Record::Role(role("R"))])],
                vec![event(1)],
            )
        };
        let conflict = |found| CommitError::Conflict {
            unit: unit(1),
            expected: Revision::NONE,
            found,
        };
        let again = write(
            unit(1),
            Revision::NONE,
            vec![Record::AccountMeta(meta("x"))],
        );
        assert_eq!(
            commit(engine, change(vec![again], vec![])),
            Err(conflict(first))
        );
        let second = commit(engine, put(first)).unwrap();
        assert!(matches!(
            commit(engine, put(first)),
            Err(CommitError::Conflict { .. })
        ));
        assert!(matches!(
            commit(engine, put(Revision(99))),
            Err(CommitError::Conflict { .. })
        ));
        assert_eq!(second, Revision(2), "a refused change takes no revision");
        assert_eq!(
            subject.events().len(),
            1,
            "a refused change leaves no event"
        );
        assert_eq!(account(subject.engine(), 1).unwrap().revision, second);
    });
}

#[test]
fn of_many_changes_to_one_revision_one_wins() {
    each("race", |subject| {
        let engine = subject.engine();
        let first = make_account(engine, 1, vec![]);
        let results: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..16)
                .map(|number| {
                    scope.spawn(move || {
                        let puts = vec![Record::Role(role(&format!("r{number}")))];
                        let result = commit(
                            engine,
                            change(vec![write(unit(1), first, puts)], vec![event(number)]),
                        );
                        (number, result)
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        let won: Vec<_> = results
            .iter()
            .filter(|(_, result)| result.is_ok())
            .collect();
        assert_eq!(won.len(), 1, "{results:?}");
        let lost =
            |result: &Result<_, CommitError>| matches!(result, Err(CommitError::Conflict { .. }));
        assert_eq!(
            results.iter().filter(|(_, result)| lost(result)).count(),
            15
        );
        let value = account(engine, 1).unwrap();
        assert_eq!(value.roles().len(), 1);
        assert!(value.roles().get(&format!("r{}", won[0].0)).is_some());
        assert_eq!(
            subject.events(),
            vec![String::from_utf8(event(won[0].0).record).unwrap()]
        );
    });
}

#[test]
fn writes_to_several_units_are_one() {
    each("units", |subject| {
        let engine = subject.engine();
        let first = make_account(engine, 1, vec![]);
        let both = |expects_one| {
            change(
                vec![
                    write(
                        unit(2),
                        Revision::NONE,
                        vec![Record::AccountMeta(meta("two"))],
                    ),
                    write(unit(1), expects_one, vec![Record::User(user("u"))]),
                ],
                vec![event(1), event(2)],
            )
        };
        let refused = commit(engine, both(Revision(77)));
        assert!(matches!(refused, Err(CommitError::Conflict { .. })));
        assert!(
            account(engine, 2).is_none(),
            "nothing of a refused change remains"
        );
        let revision = commit(engine, both(first)).unwrap();
        assert_eq!(account(engine, 1).unwrap().revision, revision);
        assert_eq!(account(engine, 2).unwrap().revision, revision);
        assert_eq!(subject.events().len(), 2);
    });
}

#[test]
fn con_06_what_is_too_large_is_refused_whole() {
    each("large", |subject| {
        let engine = subject.engine();
        let first = make_account(engine, 1, vec![]);
        let with_text = |size: usize| {
            let mut large = role("large");
            large.description = Some("x".repeat(size));
            change(
                vec![write(
                    unit(1),
                    first,
                    vec![Record::Role(role("small")), Record::Role(large)],
                )],
                vec![event(1)],
            )
        };
        let refused = [
            with_text(RECORD_BYTES_MAX),
            change(
                vec![write(unit(1), first, vec![])],
                vec![Event::new(0, vec![b'x'; EVENT_BYTES_MAX + 1])],
            ),
            change(vec![], vec![Event::new(0, vec![b'x'; EVENT_BYTES_MAX + 1])]),
            change(vec![], vec![event(1); CHANGE_EVENTS_MAX + 1]),
            change(
                vec![UnitWrite {
                    deletes: vec![Key::User("u".to_owned()); CHANGE_RECORDS_MAX + 1],
                    ..write(unit(1), first, vec![])
                }],
                vec![],
            ),
            change(
                vec![write(
                    unit(1),
                    first,
                    vec![Record::User(user(&"n".repeat(KEY_BYTES_MAX + 1)))],
                )],
                vec![],
            ),
        ];
        for change in refused {
            assert!(matches!(
                commit(engine, change),
                Err(CommitError::TooLarge { .. })
            ));
        }
        assert_eq!(account(engine, 1).unwrap().roles().len(), 0);
        // The largest legal record, next to another in the same change.
        let mut sizes = (0, RECORD_BYTES_MAX);
        let overhead = 600;
        sizes.0 = RECORD_BYTES_MAX - overhead;
        commit(engine, with_text(sizes.0)).unwrap();
        subject.reopen();
        let value = account(subject.engine(), 1).unwrap();
        assert_eq!(
            value
                .roles()
                .get("large")
                .unwrap()
                .description
                .as_ref()
                .unwrap()
                .len(),
            sizes.0
        );
        assert_eq!(subject.events().len(), 1);
    });
}

#[test]
fn contradictory_changes_are_refused() {
    each("malformed", |subject| {
        let engine = subject.engine();
        let first = make_account(engine, 1, vec![]);
        let new = |number, puts| write(unit(number), Revision::NONE, puts);
        let malformed = [
            change(vec![new(2, vec![Record::Role(role("r"))])], vec![]),
            change(
                vec![write(unit(1), first, vec![]), write(unit(1), first, vec![])],
                vec![],
            ),
            change(
                vec![write(
                    unit(1),
                    first,
                    vec![Record::Role(role("a")), Record::Role(role("A"))],
                )],
                vec![],
            ),
            change(
                vec![write(
                    Unit::Installation,
                    Revision::NONE,
                    vec![Record::Role(role("a"))],
                )],
                vec![],
            ),
            change(
                vec![UnitWrite {
                    deletes: vec![Key::AccountMeta],
                    ..write(unit(1), first, vec![])
                }],
                vec![],
            ),
            change(
                vec![UnitWrite {
                    deletes: vec![Key::Organization],
                    ..write(unit(1), first, vec![])
                }],
                vec![],
            ),
            change(vec![], vec![Event::new(0, b"two\nlines".to_vec())]),
            change(vec![], vec![Event::new(0, Vec::new())]),
        ];
        for change in malformed {
            assert!(
                matches!(
                    commit(engine, change.clone()),
                    Err(CommitError::Malformed(_))
                ),
                "{change:?}"
            );
        }
        assert_eq!(engine.counters().revision, 1);
        assert!(subject.events().is_empty());
    });
}
