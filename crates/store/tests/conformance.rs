//! What every engine must do, run against each of them.

mod common;

use common::*;
use locum_store::limits::*;
use locum_store::*;
use std::sync::Arc;

/// An engine under test: how to get at it, reopen it and see its events.
trait Subject {
    fn engine(&self) -> &dyn Engine;
    /// Closes and opens again, where that means anything.
    fn reopen(&mut self);
    fn events(&self) -> Vec<String>;
}

struct Memory(MemoryEngine);

impl Subject for Memory {
    fn engine(&self) -> &dyn Engine {
        &self.0
    }
    fn reopen(&mut self) {}
    fn events(&self) -> Vec<String> {
        let events = self.0.recorded_events();
        events
            .into_iter()
            .map(|event| String::from_utf8(event.record).unwrap())
            .collect()
    }
}

struct Redb(TempDir, Option<RedbEngine>);

impl Subject for Redb {
    fn engine(&self) -> &dyn Engine {
        self.1.as_ref().unwrap()
    }
    fn reopen(&mut self) {
        self.1.take();
        self.1 = Some(self.0.open());
    }
    fn events(&self) -> Vec<String> {
        // Events of writes reach the trail a moment after their commit.
        for _ in 0..200 {
            if self.engine().counters().outbox_rows == 0 {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        trail_lines(self.0.path())
    }
}

fn each(name: &str, check: fn(&mut dyn Subject)) {
    check(&mut Memory(memory(MemoryOptions::default())));
    let dir = TempDir::new(name);
    let engine = dir.open();
    check(&mut Redb(dir, Some(engine)));
}

fn unit(number: u64) -> Unit {
    Unit::Account(account_id(number))
}

#[test]
fn what_is_written_is_read_back() {
    each("readback", |subject| {
        let engine = subject.engine();
        let revision = make_account(
            engine,
            1,
            vec![
                Record::Role(role("Reader")),
                Record::User(user("Alice")),
                Record::AccessKey(access_key("AKIAALICE1", "Alice", "s3cr3t")),
                Record::Policy(ManagedPolicy {
                    name: "Deploy".to_owned(),
                    path: "/team/".to_owned(),
                    id: "ANPADEPLOY".to_owned(),
                    created_s: 1,
                    updated_s: 2,
                    description: None,
                    tags: Vec::new(),
                    versions: vec![PolicyVersion {
                        number: 1,
                        created_s: 1,
                        text: PolicyText::new(TRUST),
                    }],
                    default_version: 1,
                    latest_version: 1,
                }),
            ],
        );
        assert_eq!(revision, Revision(1));
        for _ in 0..2 {
            let account = account(subject.engine(), 1).unwrap();
            assert_eq!(account.revision, revision);
            assert_eq!(*account.meta, meta("account-1"));
            assert_eq!(**account.roles().get("READER").unwrap(), role("Reader"));
            assert_eq!(**account.users().get("alice").unwrap(), user("Alice"));
            let key = account.access_key("AKIAALICE1").unwrap();
            assert!(key.secret.ct_eq(b"s3cr3t"));
            assert_eq!(**key, access_key("AKIAALICE1", "Alice", "s3cr3t"));
            assert_eq!(account.role_by_id("AROAREADER").unwrap().name, "Reader");
            assert_eq!(account.user_by_id("AIDAALICE").unwrap().name, "Alice");
            assert_eq!(account.policy_by_id("ANPADEPLOY").unwrap().path, "/team/");
            assert_eq!(account.access_keys_of("AIDAALICE").len(), 1);
            assert!(account.root_access_keys().is_empty());
            let count = account.attachment_count("arn:aws:iam::aws:policy/ReadOnlyAccess");
            assert_eq!((count.users, count.roles), (0, 1));
            assert!(account.damage().is_none());
            subject.reopen();
        }
    });
}

#[test]
fn the_installation_is_read_back() {
    each("installation", |subject| {
        let summary = AccountSummary {
            id: account_id(7),
            name: "seven".to_owned(),
            email: "Seven@Example.com".to_owned(),
            alias: Some("lucky".to_owned()),
            joined_s: 3,
            status: AccountStatus::Active,
            joined_method: JoinedMethod::Invited,
        };
        let key = |epoch, state| SessionKeyEpoch {
            epoch,
            secret: Secret::new(vec![u8::try_from(epoch).unwrap(); 32]),
            state,
            created_s: 1,
        };
        let request = CreateAccountRequest {
            id: "car-1".to_owned(),
            account_name: "seven".to_owned(),
            requested_s: 1,
            completed_s: Some(2),
            state: CreateAccountState::Succeeded {
                account: account_id(7),
            },
        };
        let organization = Organization {
            id: "o-1".to_owned(),
            root_id: "r-1".to_owned(),
            feature_set: "ALL".to_owned(),
            created_s: 9,
        };
        let puts = vec![
            Record::InstallationMeta(InstallationMeta {
                management_account: account_id(7),
                created_s: 1,
            }),
            Record::SessionKey(key(2, KeyState::Active)),
            Record::SessionKey(key(1, KeyState::Retired)),
            Record::AccountSummary(summary.clone()),
            Record::CreateAccountRequest(request.clone()),
            Record::Organization(organization.clone()),
        ];
        let first = write(Unit::Installation, Revision::NONE, puts);
        let revision = commit(subject.engine(), change(vec![first], vec![])).unwrap();
        for _ in 0..2 {
            let loaded = pollster::block_on(subject.engine().load(Unit::Installation));
            let value = loaded.unwrap().unwrap().installation().unwrap();
            assert_eq!(value.revision, revision);
            assert_eq!(value.cluster_id, subject.engine().cluster_id());
            assert_eq!(value.management_account, account_id(7));
            let ring = vec![key(1, KeyState::Retired), key(2, KeyState::Active)];
            assert_eq!(value.keys, ring);
            assert_eq!(**value.account(account_id(7)).unwrap(), summary);
            assert_eq!(
                value.account_by_email("seven@EXAMPLE.com").unwrap().id,
                account_id(7)
            );
            assert_eq!(value.account_by_alias("lucky").unwrap().id, account_id(7));
            assert!(value.account_by_alias("other").is_none());
            assert_eq!(
                **value.create_account_requests().get("car-1").unwrap(),
                request
            );
            assert_eq!(value.organization, Some(organization.clone()));
            subject.reopen();
        }
        let revoked = UnitWrite {
            deletes: vec![Key::SessionKey(1), Key::AccountSummary(account_id(7))],
            ..write(Unit::Installation, revision, vec![])
        };
        commit(subject.engine(), change(vec![revoked], vec![])).unwrap();
        for _ in 0..2 {
            let loaded = pollster::block_on(subject.engine().load(Unit::Installation));
            let value = loaded.unwrap().unwrap().installation().unwrap();
            assert_eq!(value.keys, vec![key(2, KeyState::Active)]);
            assert!(value.account_by_email("seven@example.com").is_none());
            assert!(value.account_by_alias("lucky").is_none());
            assert!(value.accounts().is_empty());
            subject.reopen();
        }
    });
}

#[test]
fn a_missing_unit_is_none() {
    each("missing", |subject| {
        let engine = subject.engine();
        assert!(account(engine, 404).is_none());
        assert!(engine.cached(unit(404)).is_none());
        let installation = pollster::block_on(engine.load(Unit::Installation)).unwrap();
        assert!(installation.is_none());
    });
}

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
fn puts_replace_and_deletes_delete() {
    each("replace", |subject| {
        let engine = subject.engine();
        let first = make_account(
            engine,
            1,
            vec![Record::Role(role("Old")), Record::Role(role("Gone"))],
        );
        assert!(account(engine, 1).unwrap().role_by_id("AROAOLD").is_some());
        let mut renamed = role("New");
        renamed.id = "AROAOLD".to_owned();
        renamed.attached = vec!["arn:aws:iam::aws:policy/Other".to_owned()];
        let second = commit(
            engine,
            change(
                vec![UnitWrite {
                    unit: unit(1),
                    expects: first,
                    puts: vec![Record::Role(renamed.clone())],
                    deletes: vec![
                        Key::Role("OLD".to_owned()),
                        Key::Role("gone".to_owned()),
                        Key::User("never".to_owned()),
                    ],
                }],
                vec![],
            ),
        )
        .unwrap();
        for _ in 0..2 {
            let value = account(subject.engine(), 1).unwrap();
            assert_eq!(value.revision, second);
            let names: Vec<_> = value.roles().iter().map(|role| role.name.clone()).collect();
            assert_eq!(names, ["New"]);
            assert_eq!(value.role_by_id("AROAOLD").unwrap().name, "New");
            assert!(value.role_by_id("AROAGONE").is_none());
            assert_eq!(
                value
                    .attachment_count("arn:aws:iam::aws:policy/ReadOnlyAccess")
                    .total(),
                0
            );
            assert_eq!(
                value
                    .attachment_count("arn:aws:iam::aws:policy/Other")
                    .roles,
                1
            );
            subject.reopen();
        }
    });
}

#[test]
fn tables_are_in_order_and_paged() {
    each("pages", |subject| {
        let mut names: Vec<String> = (0..250)
            .map(|n| format!("Role-{:03}", (n * 37) % 250))
            .collect();
        make_account(
            subject.engine(),
            1,
            names.iter().map(|name| Record::Role(role(name))).collect(),
        );
        names.sort();
        for _ in 0..2 {
            let value = account(subject.engine(), 1).unwrap();
            let found: Vec<_> = value.roles().iter().map(|role| role.name.clone()).collect();
            assert_eq!(found, names);
            let page: Vec<_> = value
                .roles()
                .after("ROLE-099")
                .take(3)
                .map(|role| role.name.clone())
                .collect();
            assert_eq!(page, ["Role-100", "Role-101", "Role-102"]);
            let between: Vec<_> = value
                .roles()
                .after("role-0995")
                .take(1)
                .map(|role| role.name.clone())
                .collect();
            assert_eq!(between, ["Role-100"]);
            subject.reopen();
        }
    });
}

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
                vec![Event {
                    time_s: 0,
                    record: vec![b'x'; EVENT_BYTES_MAX + 1],
                }],
            ),
            change(
                vec![],
                vec![Event {
                    time_s: 0,
                    record: vec![b'x'; EVENT_BYTES_MAX + 1],
                }],
            ),
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
            change(
                vec![],
                vec![Event {
                    time_s: 0,
                    record: b"two\nlines".to_vec(),
                }],
            ),
            change(
                vec![],
                vec![Event {
                    time_s: 0,
                    record: Vec::new(),
                }],
            ),
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

#[test]
fn readers_keep_the_value_they_hold() {
    each("snapshot", |subject| {
        let engine = subject.engine();
        let first = make_account(engine, 1, vec![Record::Role(role("a"))]);
        let before = account(engine, 1).unwrap();
        let second = commit(
            engine,
            change(
                vec![write(unit(1), first, vec![Record::Role(role("b"))])],
                vec![],
            ),
        )
        .unwrap();
        assert_eq!(before.roles().len(), 1);
        let after = engine.cached(unit(1)).and_then(Loaded::account).unwrap();
        assert_eq!((after.revision, after.roles().len()), (second, 2));
        // Unchanged entities are shared, with what was compiled of them.
        assert!(Arc::ptr_eq(
            before.roles().get("a").unwrap(),
            after.roles().get("a").unwrap()
        ));
    });
}
