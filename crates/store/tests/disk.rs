//! The embedded engine's files: modes, keys, damage, restored copies, torn ends, backups.

mod common;

use common::*;
use locum_store::*;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

const CANARY: &str = "canary-secret-9f8e7d6c5b4a";

fn unit(number: u64) -> Unit {
    Unit::Account(account_id(number))
}

fn refused(dir: &Path) -> OpenError {
    open_redb(dir, RedbOptions::new(random())).unwrap_err()
}

/// An installation and an account with secrets in them; returns the account's revision.
fn fill(engine: &dyn Engine) -> Revision {
    let installation = vec![
        Record::InstallationMeta(InstallationMeta {
            management_account: account_id(1),
            created_s: 1,
        }),
        Record::SessionKey(SessionKeyEpoch {
            epoch: 1,
            secret: Secret::new(CANARY),
            state: KeyState::Active,
            created_s: 1,
        }),
    ];
    let first = write(Unit::Installation, Revision::NONE, installation);
    commit(engine, change(vec![first], vec![event(1)])).unwrap();
    let mut records: Vec<_> = (0..40)
        .map(|number| Record::Role(role(&format!("role-{number}"))))
        .collect();
    records.push(Record::AccessKey(access_key("AKIACANARY", "alice", CANARY)));
    make_account(engine, 1, records)
}

fn find(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        }
        found.push(path);
    }
    found
}

#[test]
fn int_07_aud_02_no_file_holds_a_secret() {
    let dir = TempDir::new("canary");
    let backup = dir.path().join("backup.redb");
    let engine = dir.open();
    fill(&engine);
    pollster::block_on(engine.backup(&backup)).unwrap();
    drop(engine);
    let mut seen = 0;
    for path in files(dir.path()).into_iter().filter(|path| path.is_file()) {
        let bytes = fs::read(&path).unwrap();
        for form in [CANARY.to_owned(), base64(CANARY), hex(CANARY)] {
            assert!(!find(&bytes, form.as_bytes()), "{path:?} holds {form}");
        }
        // That the search can find what is there.
        seen += usize::from(find(&bytes, b"AKIACANARY"));
    }
    assert_eq!(seen, 2, "database and backup hold the key's id");
    let engine = dir.open();
    let value = account(&engine, 1).unwrap();
    assert!(
        value
            .access_key("AKIACANARY")
            .unwrap()
            .secret
            .ct_eq(CANARY.as_bytes())
    );
    assert!(!format!("{value:?}").contains(CANARY));
}

fn base64(text: &str) -> String {
    // Of whole triplets, so that it stands in the encoding of anything that holds it at its front.
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let whole = &text.as_bytes()[..text.len() / 3 * 3];
    whole
        .chunks(3)
        .flat_map(|chunk| {
            let bits = u32::from(chunk[0]) << 16 | u32::from(chunk[1]) << 8 | u32::from(chunk[2]);
            (0..4).map(move |place| DIGITS[(bits >> (18 - 6 * place) & 63) as usize] as char)
        })
        .collect()
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn int_11_files_are_private_whatever_the_umask() {
    let dir = TempDir::new("umask");
    let status = Command::new("sh")
        .args([
            "-c",
            "umask 000; exec \"$0\" child_fills_a_folder --exact --nocapture",
        ])
        .arg(std::env::current_exe().unwrap())
        .env("LOCUM_STORE_TEST_DIR", dir.path())
        .status()
        .unwrap();
    assert!(status.success());
    let all = files(dir.path());
    assert!(all.len() >= 6, "{all:?}");
    for path in all.iter().chain([&dir.path().to_path_buf()]) {
        let mode = fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, expected, "{path:?}");
    }
}

/// Not a test of its own: what the test above runs under another umask.
#[test]
fn child_fills_a_folder() {
    if let Some(dir) = std::env::var_os("LOCUM_STORE_TEST_DIR") {
        let dir = Path::new(&dir);
        let engine = open_redb(dir, RedbOptions::new(random())).unwrap();
        fill(&engine);
        pollster::block_on(engine.backup(&dir.join("backup.redb"))).unwrap();
    }
}

#[test]
fn int_11_wider_modes_are_refused() {
    let dir = TempDir::new("modes");
    fill(&dir.open());
    for (name, mode, narrow) in [
        ("", 0o750, 0o700),
        ("master.key", 0o640, 0o600),
        ("locum.redb", 0o604, 0o600),
        ("fence", 0o660, 0o600),
        ("trail", 0o701, 0o700),
        ("trail/2026-11-24.jsonl", 0o644, 0o600),
    ] {
        let path = dir.path().join(name);
        let set = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        set(mode);
        let error = refused(dir.path());
        assert!(
            matches!(error, OpenError::File(FileError::Mode { .. })),
            "{name}: {error}"
        );
        set(narrow);
        drop(dir.open());
    }
}

#[test]
fn links_and_pipes_are_refused() {
    let dir = TempDir::new("links");
    fill(&dir.open());
    let key = dir.path().join("master.key");
    let aside = dir.path().join("elsewhere");
    fs::rename(&key, &aside).unwrap();
    std::os::unix::fs::symlink(&aside, &key).unwrap();
    assert!(matches!(refused(dir.path()), OpenError::File(_)));
    fs::remove_file(&key).unwrap();
    assert!(
        Command::new("mkfifo")
            .args(["-m", "600"])
            .arg(&key)
            .status()
            .unwrap()
            .success()
    );
    assert!(matches!(
        refused(dir.path()),
        OpenError::File(FileError::Kind { .. })
    ));
}

#[test]
fn a_second_process_is_refused() {
    let dir = TempDir::new("lock");
    let _engine = dir.open();
    assert!(matches!(refused(dir.path()), OpenError::Locked(_)));
}

#[test]
fn the_master_key_is_needed() {
    let dir = TempDir::new("key");
    fill(&dir.open());
    let key = dir.path().join("master.key");
    let right = fs::read(&key).unwrap();
    assert_eq!(right.len(), 32);
    fs::remove_file(&key).unwrap();
    assert!(matches!(
        refused(dir.path()),
        OpenError::MasterKeyMissing(_)
    ));
    assert!(!key.exists(), "never made anew beside a database");
    let put = |bytes: &[u8]| {
        fs::write(&key, bytes).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    };
    put(&right[..31]);
    assert!(matches!(
        refused(dir.path()),
        OpenError::MasterKeySize { size: 31, .. }
    ));
    put(&[9; 32]);
    assert!(matches!(refused(dir.path()), OpenError::MasterKeyWrong(_)));
    put(&right);
    assert!(account(&dir.open(), 1).is_some());
}

#[test]
fn randomness_that_is_none_is_refused() {
    let dir = TempDir::new("random");
    let nothing = RedbOptions::new(std::sync::Arc::new(|_: &mut [u8]| {}));
    assert!(matches!(
        open_redb(dir.path(), nothing),
        Err(OpenError::Random)
    ));
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
        let mut expected = kept.to_vec();
        expected.extend_from_slice(&event(9).record);
        expected.push(b'\n');
        assert_eq!(fs::read(&path).unwrap(), expected);
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
    for number in 0..10 {
        let put = write(unit(1), revision, vec![Record::Role(role("r"))]);
        revision = commit(&engine, change(vec![put], vec![event(number)])).unwrap();
    }
    // What a crash leaves: the outbox still full, a part of its events in the trail.
    let path = dir.path().join("trail/2026-11-24.jsonl");
    let crashed = TempDir::new("crashed");
    fs::create_dir(crashed.path()).unwrap();
    fs::create_dir(crashed.path().join("trail")).unwrap();
    for name in ["", "trail"] {
        let narrow = fs::Permissions::from_mode(0o700);
        fs::set_permissions(crashed.path().join(name), narrow).unwrap();
    }
    for name in ["locum.redb", "master.key", "trail/2026-11-24.jsonl"] {
        fs::copy(dir.path().join(name), crashed.path().join(name)).unwrap();
    }
    let expected = trail_lines(crashed.path());
    drop(engine);
    assert!(path.exists());
    let torn = crashed.path().join("trail/2026-11-24.jsonl");
    let bytes = fs::read(&torn).unwrap();
    fs::write(&torn, &bytes[..bytes.len() - 70]).unwrap();
    let engine = crashed.open();
    assert!(engine.report().redelivered >= 1, "{:?}", engine.report());
    let lines = trail_lines(crashed.path());
    assert_eq!(
        lines.len(),
        expected.len().max(10),
        "nothing lost, nothing twice"
    );
    drop(engine);
    let engine = crashed.open();
    assert_eq!(engine.report().redelivered, 0);
    assert_eq!(trail_lines(crashed.path()), lines);
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
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut newest = Revision::NONE;
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    let revision = account(engine, 1).unwrap().revision;
                    assert!(revision >= newest, "{revision} after {newest}");
                    newest = revision;
                }
            });
        }
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
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
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
