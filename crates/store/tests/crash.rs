//! kill -9 in the middle of writes: what was acknowledged is there, and nothing is there twice.
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
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const WRITERS: u64 = 4;
const CYCLES: usize = 5;

fn unit(number: u64) -> Unit {
    Unit::Account(account_id(number))
}

fn line(kind: &str, cycle: &str, writer: u64, number: u64) -> Event {
    Event {
        time_s: 1_795_478_400,
        record: format!(r#"{{"eventID":"{kind}-{cycle}-{writer}-{number}"}}"#).into_bytes(),
        policies: Vec::new(),
    }
}

/// Not a test of its own: the process that is killed. It prints what was acknowledged.
#[test]
fn child_writes_until_killed() {
    let Some(dir) = std::env::var_os("LOCUM_STORE_CRASH_DIR") else {
        return;
    };
    let cycle = std::env::var("LOCUM_STORE_CRASH_CYCLE").unwrap();
    let engine = open_redb(Path::new(&dir), RedbOptions::new(random())).unwrap();
    let engine: &dyn Engine = &engine;
    println!("ready {}", engine.counters().revision);
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let cycle = &cycle;
            scope.spawn(move || {
                let mut revision = match account(engine, writer) {
                    Some(account) => account.revision,
                    None => make_account(engine, writer, vec![]),
                };
                for number in 0.. {
                    let put = Record::Role(role(&format!("r{}", number % 20)));
                    let mut user = user("counter");
                    user.created_s = number as i64;
                    let writes = vec![write(unit(writer), revision, vec![put, Record::User(user)])];
                    let event = line("write", cycle, writer, number);
                    revision = commit(engine, change(writes, vec![event])).unwrap();
                    println!("ack write {writer} {number} {revision}");
                    commit(engine, Change::event(line("event", cycle, writer, number))).unwrap();
                    println!("ack event {writer} {number} 0");
                }
            });
        }
    });
}

#[test]
fn con_02_what_was_acknowledged_survives_kill_9() {
    let dir = TempDir::new("crash");
    let mut acknowledged: Vec<String> = Vec::new();
    for cycle in 0..CYCLES {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["child_writes_until_killed", "--exact", "--nocapture"])
            .env("LOCUM_STORE_CRASH_DIR", dir.path())
            .env("LOCUM_STORE_CRASH_CYCLE", cycle.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let reader = BufReader::new(child.stdout.take().unwrap());
        let lines = std::thread::spawn(move || {
            let lines = reader.lines().map_while(Result::ok);
            lines
                .filter(|line| line.starts_with("ack "))
                .collect::<Vec<_>>()
        });
        std::thread::sleep(Duration::from_millis(350 + 130 * cycle as u64));
        child.kill().unwrap();
        child.wait().unwrap();
        let lines = lines.join().unwrap();
        let mut last: HashMap<u64, (i64, u64)> = HashMap::new();
        for text in &lines {
            // The last line may be cut off.
            let words: Vec<_> = text.split(' ').collect();
            let [_, kind, writer, number, revision] = words[..] else {
                continue;
            };
            let (writer, number) = (writer.parse().unwrap(), number.parse().unwrap());
            acknowledged.push(
                String::from_utf8(line(kind, &cycle.to_string(), writer, number).record).unwrap(),
            );
            if let ("write", Ok(revision)) = (kind, revision.parse()) {
                last.insert(writer, (number as i64, revision));
            }
        }
        check(&dir, &last, &acknowledged);
    }
    assert!(
        acknowledged.len() > 100,
        "{} acknowledged",
        acknowledged.len()
    );
}

/// The chain is whole, as the crash left it or as the next start did.
fn verify(dir: &TempDir) {
    let reader = TrailReader::open(dir.path()).unwrap();
    let report = verify_trail(&reader, &VerifyOptions::default(), &mut |_| {}).unwrap();
    assert!(report.is_good(), "{:?}", report.findings);
    assert_eq!(report.unproven, 0);
}

fn check(dir: &TempDir, last: &HashMap<u64, (i64, u64)>, acknowledged: &[String]) {
    verify(dir);
    let engine = dir.open();
    assert_eq!(engine.report().trail_alarm, None);
    for (writer, (number, revision)) in last {
        let value = account(&engine, *writer).unwrap();
        assert!(
            value.revision.0 >= *revision,
            "writer {writer}: {} < {revision}",
            value.revision
        );
        assert!(value.users().get("counter").unwrap().created_s >= *number);
    }
    let newest = engine.counters().revision;
    let log = pollster::block_on(engine.changes_since(Revision::NONE, 1_000_000)).unwrap();
    assert_eq!(
        log.len() as u64,
        newest.min(limits::CHANGES_READ_MAX as u64)
    );
    drop(engine);
    verify(dir);
    let mut counts: HashMap<String, u32> = HashMap::new();
    for line in trail_lines(dir.path()) {
        assert!(
            line.starts_with("{\"eventID\"") && line.ends_with("\"}"),
            "torn: {line}"
        );
        *counts.entry(line).or_default() += 1;
    }
    for line in acknowledged {
        assert!(counts.contains_key(line), "lost: {line}");
    }
    let twice: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "twice: {twice:?}");
}
