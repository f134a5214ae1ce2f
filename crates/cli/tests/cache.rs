//! The cache: what makes an entry another one, when it is used, and who may read it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::type_complexity,
    reason = "tests say what went wrong by panicking"
)]

use std::cell::Cell;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use locum_cli::cache::{Cache, Key, Mode, margin_s};
use locum_cli::credentials::{Credentials, Secret};
use locum_cli::error::CliError;
use locum_cli::session::Session;

const NOW: i64 = 1_800_000_000;

/// A directory of this test, removed at its end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Directory {
        let path = std::env::temp_dir().join(format!("locum-cache-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Directory(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn session(expires_s: i64) -> Session {
    let credentials = Credentials {
        access_key_id: format!("ASIA{expires_s}"),
        secret: Secret::new("s"),
        session_token: Some(Secret::new("t")),
        expires_s: Some(expires_s),
    };
    Session {
        credentials,
        identity: None,
    }
}

#[test]
fn the_margin_is_15_minutes_or_a_quarter() {
    assert_eq!(
        [
            margin_s(43_200),
            margin_s(3600),
            margin_s(1800),
            margin_s(900)
        ],
        [900, 900, 450, 225]
    );
}

#[test]
fn an_entry_is_used_until_its_margin() {
    let directory = Directory::new("margin");
    let cache = Cache::at(directory.0.clone()).unwrap();
    let key = Key::of(&[("a", "b".to_owned())]);
    let calls = Cell::new(0);
    let get = |mode, now: i64| {
        let make = || {
            calls.set(calls.get() + 1);
            Ok(session(now + 3600))
        };
        cache
            .session(&key, mode, 3600, &|| now, make)
            .unwrap()
            .credentials
            .expires_s
            .unwrap()
    };
    assert_eq!(get(Mode::Use, NOW), NOW + 3600);
    assert_eq!(get(Mode::Use, NOW + 1), NOW + 3600, "taken from the cache");
    assert_eq!(
        get(Mode::Use, NOW + 2699),
        NOW + 3600,
        "one second before the margin"
    );
    assert_eq!(calls.get(), 1);
    assert_eq!(
        get(Mode::Use, NOW + 2700),
        NOW + 6300,
        "at the margin it is got anew"
    );
    assert_eq!(
        get(Mode::Refresh, NOW + 2701),
        NOW + 6301,
        "refresh does not look"
    );
    assert_eq!(get(Mode::Use, NOW + 2702), NOW + 6301, "but keeps");
    assert_eq!(get(Mode::Off, NOW + 2703), NOW + 6303, "off does not look");
    assert_eq!(get(Mode::Use, NOW + 2704), NOW + 6301, "and does not keep");
    assert_eq!(calls.get(), 4);
}

#[test]
fn keys_do_not_run_into_each_other() {
    let of = |facts: &[(&str, &str)]| {
        let facts: Vec<(&str, String)> = facts.iter().map(|(n, v)| (*n, (*v).to_owned())).collect();
        Key::of(&facts).as_str().to_owned()
    };
    let all = [
        of(&[("a", "b")]),
        of(&[("a", "bc")]),
        of(&[("ab", "c")]),
        of(&[("a", ""), ("b", "")]),
        of(&[("a", "b"), ("c", "d")]),
        of(&[("c", "d"), ("a", "b")]),
        of(&[]),
    ];
    for (at, one) in all.iter().enumerate() {
        assert!(all[at + 1..].iter().all(|other| other != one), "{at}");
    }
}

#[test]
fn files_are_for_their_owner_only() {
    let directory = Directory::new("modes");
    let mode = |path: &PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    fs::create_dir_all(&directory.0).unwrap();
    fs::set_permissions(&directory.0, fs::Permissions::from_mode(0o755)).unwrap();
    let cache = Cache::at(directory.0.clone()).unwrap();
    assert_eq!(mode(&directory.0), 0o700);
    let key = Key::of(&[("a", "b".to_owned())]);
    cache
        .session(&key, Mode::Use, 3600, &|| NOW, || Ok(session(NOW + 3600)))
        .unwrap();
    let entry = directory.0.join(format!("{}.json", key.as_str()));
    for file in fs::read_dir(&directory.0).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
    fs::set_permissions(&entry, fs::Permissions::from_mode(0o644)).unwrap();
    let calls = AtomicUsize::new(0);
    let make = || {
        calls.fetch_add(1, Ordering::Relaxed);
        Ok(session(NOW + 3600))
    };
    cache.session(&key, Mode::Use, 3600, &|| NOW, make).unwrap();
    assert_eq!(
        calls.load(Ordering::Relaxed),
        1,
        "an entry that others could have read is not used"
    );
    assert_eq!(mode(&entry), 0o600, "and its successor is private again");
}

#[test]
fn a_torn_entry_is_got_anew_and_a_failure_is_not_kept() {
    let directory = Directory::new("torn");
    let cache = Cache::at(directory.0.clone()).unwrap();
    let key = Key::of(&[("a", "b".to_owned())]);
    let failed = cache.session(&key, Mode::Use, 3600, &|| NOW, || {
        Err(CliError::NoCredentials)
    });
    assert!(failed.is_err());
    cache
        .session(&key, Mode::Use, 3600, &|| NOW, || Ok(session(NOW + 3600)))
        .unwrap();
    let entry = directory.0.join(format!("{}.json", key.as_str()));
    let text = fs::read(&entry).unwrap();
    fs::write(&entry, &text[..text.len() / 2]).unwrap();
    let again = cache
        .session(&key, Mode::Use, 3600, &|| NOW, || Ok(session(NOW + 3601)))
        .unwrap();
    assert_eq!(again.credentials.expires_s, Some(NOW + 3601));
}

#[test]
fn of_many_callers_one_makes_the_call() {
    let directory = Directory::new("flight");
    let cache = Cache::at(directory.0.clone()).unwrap();
    let key = Key::of(&[("a", "b".to_owned())]);
    let calls = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                let make = || {
                    calls.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(std::time::Duration::from_millis(50));
                    Ok(session(NOW + 3600))
                };
                cache.session(&key, Mode::Use, 3600, &|| NOW, make).unwrap();
            });
        }
    });
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}
