//! The embedded engine and damage: changed bytes, restored copies, torn ends, races.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod common;

use common::*;
use locum_store::*;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};

fn unit(number: u64) -> Unit {
    Unit::Account(account_id(number))
}

#[test]
fn con_09_a_restored_copy_is_noticed() {
    let dir = TempDir::new("restore");
    let backup = dir.path().join("copy.redb");
    let engine = dir.open();
    let revision = fill(&engine);
    pollster::block_on(engine.backup(&backup)).unwrap();
    let revoke = UnitWrite {
        deletes: vec![Key::AccessKey("AKIACANARY".to_owned())],
        ..write(unit(1), revision, vec![])
    };
    let last = commit(&engine, change(vec![revoke], vec![])).unwrap();
    drop(engine);
    fs::rename(&backup, dir.path().join("locum.redb")).unwrap();
    let error = refused(dir.path());
    assert!(
        matches!(error, OpenError::RolledBack { fence, .. } if fence == last),
        "{error}"
    );
    let accept = RedbOptions {
        restore: Restore::Accept,
        ..RedbOptions::new(random())
    };
    let engine = open_redb(dir.path(), accept).unwrap();
    let restored = engine.report().restored.unwrap();
    assert_eq!((restored.from, restored.fence), (revision, last));
    // No revision is given a second time.
    let value = account(&engine, 1).unwrap();
    assert!(value.access_key("AKIACANARY").is_some());
    let next = commit(
        &engine,
        change(vec![write(unit(1), value.revision, vec![])], vec![]),
    )
    .unwrap();
    assert_eq!(next.0, last.0 + 1);
    let since = pollster::block_on(engine.changes_since(revision, 10));
    assert!(matches!(since, Err(LoadError::Trimmed { floor }) if floor == last));
    drop(engine);
    assert_eq!(dir.open().report().restored, None);
}

#[test]
fn con_09_another_history_is_noticed() {
    let (one, two) = (TempDir::new("one"), TempDir::new("two"));
    fill(&one.open());
    fill(&two.open());
    for name in ["locum.redb", "master.key"] {
        fs::copy(two.path().join(name), one.path().join(name)).unwrap();
    }
    assert!(matches!(refused(one.path()), OpenError::Diverged(_)));
}

#[test]
fn a_backup_opens_with_the_same_key() {
    let (dir, other) = (TempDir::new("from"), TempDir::new("to"));
    let engine = dir.open();
    fill(&engine);
    let to = dir.path().join("copy.redb");
    pollster::block_on(engine.backup(&to)).unwrap();
    let again = pollster::block_on(engine.backup(&to));
    assert!(matches!(again, Err(BackupError::Exists(_))));
    drop(other.open());
    fs::remove_file(other.path().join("locum.redb")).unwrap();
    fs::copy(&to, other.path().join("locum.redb")).unwrap();
    assert!(matches!(
        refused(other.path()),
        OpenError::MasterKeyWrong(_)
    ));
    fs::copy(
        dir.path().join("master.key"),
        other.path().join("master.key"),
    )
    .unwrap();
    let copy = other.open();
    let (left, right) = (account(&engine, 1).unwrap(), account(&copy, 1).unwrap());
    assert_eq!(left.revision, right.revision);
    assert!(left.roles().iter().eq(right.roles().iter()));
    assert!(
        right
            .access_key("AKIACANARY")
            .unwrap()
            .secret
            .ct_eq(CANARY.as_bytes())
    );
    assert_eq!(engine.cluster_id(), copy.cluster_id());
}

#[test]
fn torn_ends_of_the_trail_are_cut_off() {
    let dir = TempDir::new("torn");
    let engine = dir.open();
    for number in 0..5 {
        commit(&engine, Change::event(event(number))).unwrap();
    }
    drop(engine);
    let path = dir.path().join("trail/2026-11-24.jsonl");
    let whole = fs::read(&path).unwrap();
    let check = |bytes: &[u8], kept: &[u8], cut: usize| {
        fs::write(&path, bytes).unwrap();
        let engine = dir.open();
        let repairs = &engine.report().repairs;
        assert_eq!(
            repairs.iter().map(|repair| repair.bytes_cut).sum::<u64>(),
            cut as u64
        );
        commit(&engine, Change::event(event(9))).unwrap();
        drop(engine);
        let found = fs::read(&path).unwrap();
        let added = found.strip_prefix(kept).unwrap();
        assert_eq!(added.iter().filter(|byte| **byte == b'\n').count(), 1);
        assert!(added.starts_with(event(9).record.strip_suffix(b"}").unwrap()));
    };
    check(&whole, &whole, 0);
    check(
        &whole[..whole.len() - 1],
        &whole[..whole.len() / 5 * 4],
        whole.len() / 5 - 1,
    );
    check(&[&whole[..], b"{\"half"].concat(), &whole, 6);
    check(&[&whole[..], &[0; 5_000]].concat(), &whole, 5_000);
    check(&[b'x'; 200_000], b"", 200_000);
    check(b"", b"", 0);
}

#[test]
fn events_of_committed_writes_survive_the_loss_of_the_trail_s_tail() {
    let dir = TempDir::new("outbox");
    let engine = dir.open();
    let mut revision = make_account(&engine, 1, vec![]);
    // The trail cannot be written, so the events stay in the outbox, as after a crash.
    let (trail, aside) = (dir.path().join("trail"), dir.path().join("aside"));
    fs::rename(&trail, &aside).unwrap();
    fs::File::create(&trail).unwrap();
    for number in 0..10 {
        let put = write(unit(1), revision, vec![Record::Role(role("r"))]);
        revision = commit(&engine, change(vec![put], vec![event(number)])).unwrap();
    }
    drop(engine);
    fs::remove_file(&trail).unwrap();
    fs::rename(&aside, &trail).unwrap();
    // Some had reached the trail, the last of them half.
    let mut bytes = Vec::new();
    for number in [0, 3, 4] {
        bytes.extend_from_slice(&event(number).record);
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(&event(5).record[..20]);
    let day = trail.join("2026-11-24.jsonl");
    fs::write(&day, &bytes).unwrap();
    fs::set_permissions(&day, fs::Permissions::from_mode(0o600)).unwrap();
    let engine = dir.open();
    assert_eq!(engine.report().redelivered, 7, "{:?}", engine.report());
    drop(engine);
    let engine = dir.open();
    assert_eq!(engine.report().redelivered, 0);
    let mut lines = trail_lines(dir.path());
    lines.sort();
    let expected: Vec<_> = (0..10)
        .map(|number| String::from_utf8(event(number).record).unwrap())
        .collect();
    assert_eq!(lines, expected, "nothing lost, nothing twice");
}

#[test]
fn changed_bytes_are_noticed_and_never_served() {
    let dir = TempDir::new("flip");
    let revision = {
        let engine = dir.open();
        fill(&engine)
    };
    let path = dir.path().join("locum.redb");
    let whole = fs::read(&path).unwrap();
    let original = account(&dir.open(), 1).unwrap();
    let mut noticed = 0;
    let spots: Vec<usize> = (0..whole.len())
        .step_by(whole.len() / 220 + 1)
        .chain(positions(&whole, b"sts:ExternalId").into_iter().step_by(3))
        .chain(positions(&whole, b"AROAROLE-").into_iter().step_by(5))
        .collect();
    for spot in spots {
        let mut bytes = whole.clone();
        bytes[spot] ^= 0x04;
        fs::write(&path, &bytes).unwrap();
        let Ok(engine) = open_redb(dir.path(), RedbOptions::new(random())) else {
            noticed += 1;
            continue;
        };
        match pollster::block_on(engine.load(unit(1))) {
            Err(_) => noticed += 1,
            Ok(None) => panic!("byte {spot}: the account is gone without a word"),
            Ok(Some(value)) => {
                let value = value.account().unwrap();
                assert_eq!(value.revision, revision, "byte {spot}");
                assert!(
                    value.roles().iter().eq(original.roles().iter()),
                    "byte {spot}"
                );
                assert!(value.access_keys().iter().eq(original.access_keys().iter()));
                assert_eq!(value.meta, original.meta);
            }
        }
    }
    assert!(noticed >= 30, "only {noticed} changes were noticed");
}

fn positions(haystack: &[u8], needle: &[u8]) -> Vec<usize> {
    let windows = haystack.windows(needle.len()).enumerate();
    windows
        .filter(|(_, window)| *window == needle)
        .map(|(at, _)| at + 2)
        .collect()
}

#[test]
fn loads_and_writes_race_without_stale_values() {
    let dir = TempDir::new("stale");
    let options = RedbOptions {
        // So small that every account is dropped at once.
        cache_bytes: 1,
        ..RedbOptions::new(random())
    };
    let engine = open_redb(dir.path(), options).unwrap();
    let engine: &dyn Engine = &engine;
    let first = make_account(engine, 1, vec![]);
    // Also when an assertion fails, or the readers would read for ever.
    struct Stop(AtomicBool);
    impl Drop for StopGuard<'_> {
        fn drop(&mut self) {
            self.0.0.store(true, Ordering::Relaxed);
        }
    }
    struct StopGuard<'a>(&'a Stop);
    let stop = Stop(AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut newest = Revision::NONE;
                while !stop.0.load(Ordering::Relaxed) {
                    let revision = account(engine, 1).unwrap().revision;
                    assert!(revision >= newest, "{revision} after {newest}");
                    newest = revision;
                }
            });
        }
        let _guard = StopGuard(&stop);
        let mut revision = first;
        for number in 0..60 {
            let put = write(
                unit(1),
                revision,
                vec![Record::Role(role(&format!("r{number}")))],
            );
            revision = commit(engine, change(vec![put], vec![])).unwrap();
            let seen = account(engine, 1).unwrap();
            assert_eq!(seen.revision, revision, "a write is read by its writer");
            assert_eq!(seen.roles().len(), number + 1);
        }
    });
}

#[test]
fn an_unwritable_trail_is_answered_and_nothing_is_lost() {
    let dir = TempDir::new("trail-gone");
    let engine = dir.open();
    let revision = make_account(&engine, 1, vec![]);
    let (trail, aside) = (dir.path().join("trail"), dir.path().join("aside"));
    fs::rename(&trail, &aside).unwrap();
    fs::File::create(&trail)
        .unwrap()
        .write_all(b"in the way")
        .unwrap();
    let failed = commit(&engine, Change::event(event(1)));
    assert!(
        matches!(failed, Err(CommitError::Unavailable(_))),
        "{failed:?}"
    );
    // A write is durable with its event in the outbox.
    let put = write(unit(1), revision, vec![Record::Role(role("r"))]);
    commit(&engine, change(vec![put], vec![event(2)])).unwrap();
    fs::remove_file(&trail).unwrap();
    fs::rename(&aside, &trail).unwrap();
    commit(&engine, Change::event(event(3))).unwrap();
    drop(engine);
    drop(dir.open());
    let lines = trail_lines(dir.path());
    let has = |number| {
        lines
            .iter()
            .filter(|line| line.contains(&format!("e-{number:06}")))
            .count()
    };
    assert_eq!((has(1), has(2), has(3)), (0, 1, 1), "{lines:?}");
}

#[test]
fn aud_06_a_policys_text_is_private_and_known_by_its_hash() {
    let dir = TempDir::new("policies");
    let engine = dir.open();
    let hash = PolicyHash::of("text");
    let mut told = event(1);
    told.policies.push(EventPolicy::new("text"));
    commit(&engine, change(vec![], vec![told.clone()])).unwrap();
    let name = hash.to_string();
    let file = dir
        .path()
        .join("trail/policies")
        .join(name.chars().take(2).collect::<String>())
        .join(&name);
    assert_eq!(fs::read_to_string(&file).unwrap(), "text");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let ask = || pollster::block_on(engine.event_policy(hash));
    assert_eq!(ask().unwrap().as_deref(), Some("text"));
    // Of another length it is written again at the next start; changed in place it counts as not kept.
    fs::write(&file, "TEXT").unwrap();
    assert_eq!(ask().unwrap(), None);
    let reader = TrailReader::open(dir.path()).unwrap();
    assert_eq!(changed_texts(&reader).unwrap(), std::slice::from_ref(&file));
    fs::write(&file, [0xff; 4]).unwrap();
    assert_eq!(ask().unwrap(), None);
    assert_eq!(changed_texts(&reader).unwrap(), std::slice::from_ref(&file));
    fs::write(&file, "text").unwrap();
    fs::write(file.with_extension("new"), "te").unwrap();
    assert!(changed_texts(&reader).unwrap().is_empty());
    drop(engine);
    fs::write(&file, "torn").unwrap();
    fs::write(&file, "te").unwrap();
    let engine = dir.open();
    commit(&engine, change(vec![], vec![told])).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "text");
}

/// An account and its record; then the end.
fn first_change(engine: RedbEngine) {
    let put = write(
        unit(1),
        Revision::NONE,
        vec![Record::AccountMeta(meta("one"))],
    );
    commit(&engine, change(vec![put], vec![event(1)])).unwrap();
}

#[test]
fn aud_06_a_trail_that_was_removed_is_noticed() {
    let dir = TempDir::new("no-trail");
    let trail = dir.path().join("trail");
    let empty = |engine: RedbEngine| {
        drop(engine);
        fs::remove_dir_all(&trail).unwrap();
    };
    // A first start that ended before the first change.
    let engine = dir.open();
    assert_eq!(
        (engine.report().created, engine.report().trail_alarm),
        (true, None)
    );
    empty(engine);
    let engine = dir.open();
    assert_eq!(
        (engine.report().created, engine.report().trail_alarm),
        (false, None)
    );
    first_change(engine);
    let engine = dir.open();
    assert_eq!(engine.report().trail_alarm, None);
    empty(engine);
    // Until a record tells of it, at each start.
    for _ in 0..2 {
        let engine = dir.open();
        assert_eq!(engine.report().trail_alarm, Some(TrailAlarm::Gone));
        assert_eq!(engine.counters().trail_alarms, 1);
    }
    let engine = dir.open();
    commit(&engine, change(vec![], vec![event(2)])).unwrap();
    drop(engine);
    assert_eq!(dir.open().report().trail_alarm, None);
}

#[test]
fn aud_07_the_record_of_a_first_change_that_a_crash_kept_from_the_trail_is_no_alarm() {
    let dir = TempDir::new("first-record");
    let engine = dir.open();
    let (trail, aside) = (dir.path().join("trail"), dir.path().join("aside"));
    fs::rename(&trail, &aside).unwrap();
    fs::File::create(&trail).unwrap();
    first_change(engine);
    fs::remove_file(&trail).unwrap();
    fs::rename(&aside, &trail).unwrap();
    let engine = dir.open();
    assert_eq!(
        (engine.report().redelivered, engine.report().trail_alarm),
        (1, None)
    );
}
