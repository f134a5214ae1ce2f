//! The embedded engine when its database handle is lost.

use super::*;
use crate::*;
use std::sync::Arc;

fn meta() -> Record {
    Record::AccountMeta(AccountMeta {
        name: "a".to_owned(),
        email: "a@example.com".to_owned(),
        created_s: 0,
        alias: None,
        status: AccountStatus::Active,
        joined_method: JoinedMethod::Created,
        root: RootUser::default(),
        password_policy: None,
        outbound_issuer: None,
    })
}

fn change(expects: Revision, puts: Vec<Record>, event: &str) -> Change {
    Change {
        writes: vec![UnitWrite {
            unit: Unit::Account(AccountId::from_number(1).unwrap()),
            expects,
            puts,
            deletes: Vec::new(),
        }],
        events: vec![Event {
            time_s: 0,
            record: format!("{{\"event\":\"{event}\"}}").into_bytes(),
            policies: Vec::new(),
        }],
        token: None,
    }
}

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn folder(name: &str) -> Folder {
    let path = std::env::temp_dir().join(format!("locum-disk-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    Folder(path)
}

fn open(folder: &Folder, log_bytes: u64) -> RedbEngine {
    let random: RandomSource = Arc::new(|out: &mut [u8]| getrandom::fill(out).unwrap());
    let options = RedbOptions {
        log_bytes,
        ..RedbOptions::new(random)
    };
    open_redb(&folder.0, options).unwrap()
}

#[test]
fn aud_01_a_lost_database_is_answered_and_opened_again() {
    let folder = folder("lost");
    let engine = open(&folder, 1 << 20);
    let first = pollster::block_on(engine.commit(change(Revision::NONE, vec![meta()], "one")));
    let first = first.unwrap();
    // What a failed write does: the handle is gone, what is in memory is no longer trusted.
    drop(engine.store.set_database(None));
    let lost = pollster::block_on(engine.commit(change(first, vec![], "two")));
    assert!(matches!(lost, Err(CommitError::Unavailable(_))), "{lost:?}");
    let until = Instant::now() + Duration::from_secs(5);
    let second = loop {
        match pollster::block_on(engine.commit(change(first, vec![], "three"))) {
            Ok(revision) => break revision,
            Err(error) => assert!(Instant::now() < until, "{error}"),
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(second, Revision(2));
    let unit = Unit::Account(AccountId::from_number(1).unwrap());
    let value = pollster::block_on(engine.load(unit)).unwrap().unwrap();
    assert_eq!(value.revision(), second);
    drop(engine);
    let reader = TrailReader::open(&folder.0).unwrap();
    let mut lines = reader.lines(TrailDay::of_time(0), 0).unwrap();
    for event in ["one", "three"] {
        let line = lines.next_line().unwrap().unwrap();
        assert_eq!(
            line.record(),
            format!("{{\"event\":\"{event}\"}}").as_bytes()
        );
    }
    assert!(lines.next_line().unwrap().is_none());
}

#[test]
fn the_log_keeps_to_its_room() {
    let folder = folder("log");
    let engine = open(&folder, 100_000);
    let large = |number: usize| {
        Record::Role(Role {
            name: format!("r{number}"),
            path: "/".to_owned(),
            id: format!("AROA{number}"),
            created_s: 0,
            description: Some("x".repeat(10_000)),
            max_session_duration_s: 3_600,
            trust: PolicyText::new("{}"),
            tags: Vec::new(),
            inline: Vec::new(),
            attached: Vec::new(),
            boundary: None,
            service_linked: None,
        })
    };
    let mut revision = Revision::NONE;
    let rounds = 8;
    for round in 0..rounds {
        let mut puts = vec![meta()];
        puts.extend((0..2).map(large));
        let event = format!("{round}");
        revision = pollster::block_on(engine.commit(change(revision, puts, &event))).unwrap();
    }
    let trimmed = pollster::block_on(engine.changes_since(Revision::NONE, 100));
    let Err(LoadError::Trimmed { floor }) = trimmed else {
        panic!("{trimmed:?}");
    };
    assert!(floor.0 >= 1 && floor < revision);
    let kept = pollster::block_on(engine.changes_since(floor, 100)).unwrap();
    assert_eq!(kept.len() as u64, rounds - floor.0);
    assert_eq!(kept.last().unwrap().revision, revision);
}

#[test]
fn aud_07_a_day_with_a_change_still_in_the_outbox_stays() {
    let folder = folder("outbox-day");
    let engine = open(&folder, 1 << 20);
    let wait = |engine: &RedbEngine, change| pollster::block_on(engine.commit(change));
    wait(&engine, change(Revision::NONE, vec![meta()], "written")).unwrap();
    let reader = TrailReader::open(&folder.0).unwrap();
    let day = TrailDay::of_time(0);
    // Its record reaches the file before the row leaves the outbox, which is when a crash would look for it.
    while reader.length(day).unwrap() == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let days = || vec![(day, reader.length(day).unwrap())];
    let refused = pollster::block_on(engine.remove_trail_days(days()));
    assert!(refused.is_err_and(|error| error.to_string().contains("only just recorded")));
    while engine.counters().outbox_rows > 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    let removed = pollster::block_on(engine.remove_trail_days(days())).unwrap();
    assert_eq!((removed.days, reader.days().unwrap()), (1, vec![]));
}
