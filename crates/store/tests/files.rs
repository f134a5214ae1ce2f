//! The embedded engine's files: modes, keys, secrets.
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
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

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

/// Makes a private folder of these files.
fn lay(dir: &Path, files: &[(&str, Vec<u8>)]) {
    fs::create_dir(dir).unwrap();
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).unwrap();
    for (name, bytes) in files {
        fs::write(dir.join(name), bytes).unwrap();
        fs::set_permissions(dir.join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// With `LOCUM_WRITE_FIXTURES=1` the store is written when it is missing, and never changed.
#[test]
fn a_store_of_format_1_is_opened() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/store-v1");
    let names = ["locum.redb", "master.key"];
    if !fixture.exists() && std::env::var_os("LOCUM_WRITE_FIXTURES").is_some() {
        let dir = TempDir::new("fixture");
        fill(&dir.open());
        fs::create_dir_all(&fixture).unwrap();
        for name in names {
            fs::copy(dir.path().join(name), fixture.join(name)).unwrap();
        }
    }
    let dir = TempDir::new("format-1");
    let files = names.map(|name| (name, fs::read(fixture.join(name)).unwrap()));
    lay(dir.path(), &files);
    let engine = dir.open();
    assert_eq!(engine.report().revision, Revision(2));
    let value = account(&engine, 1).unwrap();
    assert_eq!(**value.roles().get("role-7").unwrap(), role("role-7"));
    let key = value.access_key("AKIACANARY").unwrap();
    assert!(key.secret.ct_eq(CANARY.as_bytes()));
    let log = pollster::block_on(engine.changes_since(Revision::NONE, 10)).unwrap();
    assert_eq!(log.len(), 2);
    commit(
        &engine,
        change(
            vec![write(
                Unit::Account(account_id(1)),
                value.revision,
                vec![Record::User(user("new"))],
            )],
            vec![],
        ),
    )
    .unwrap();
}

#[test]
fn a_first_start_that_was_killed_starts_over() {
    for (name, bytes) in [
        ("locum.redb", Vec::new()),
        ("locum.redb.new", Vec::new()),
        ("locum.redb.new", vec![7; 5_000]),
        ("master.key.new", vec![1; 5]),
    ] {
        let dir = TempDir::new("killed");
        lay(dir.path(), &[(name, bytes)]);
        let engine = dir.open();
        assert!(engine.report().created, "{name}");
        fill(&engine);
        drop(engine);
        assert!(account(&dir.open(), 1).is_some(), "{name}");
        assert!(!dir.path().join("locum.redb.new").exists());
    }
    // A damaged database that has its name is never taken for a new one.
    let dir = TempDir::new("damaged");
    lay(dir.path(), &[("locum.redb", vec![7; 5_000])]);
    refused(dir.path());
}
