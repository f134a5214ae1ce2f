//! The index against reading everything: the same answers, whatever is missing or damaged.

use super::build;
use super::query::{Found, Position, Query, Term, search_folder};
use super::*;
use crate::completion::promise;
use proptest::prelude::*;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A folder that goes away.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("locum-index-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .unwrap();
        Folder(path)
    }

    fn append(&self, day: &str, lines: &[String]) {
        let path = self.0.join(format!("{day}.jsonl"));
        let options = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .clone();
        let mut file = options.open(path).unwrap();
        for line in lines {
            file.write_all(line.as_bytes()).unwrap();
            file.write_all(b"\n").unwrap();
        }
    }

    fn segments(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.0.join("index"));
        let mut paths: Vec<_> = entries
            .into_iter()
            .flatten()
            .map(|it| it.unwrap().path())
            .collect();
        paths.sort();
        paths
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A record of user `user` in account `account`, as the trail has them.
fn record(number: usize, (day, user, account, event): (&str, u8, u8, u8)) -> String {
    let second = number % 60;
    let failed = if number.is_multiple_of(7) {
        r#""errorCode":"AccessDenied","errorMessage":"no","#
    } else {
        ""
    };
    let integrity = format!(
        r#","integrity":{{"sequence":{number},"hash":"{:064x}"}}"#,
        number
    );
    format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","principalId":"AIDA{user}","arn":"arn:aws:iam::{account:012}:user/u{user}","accessKeyId":"AKIA{user}","userName":"u{user}"}},"eventTime":"{day}T00:00:{second:02}Z","eventSource":"iam.amazonaws.com","eventName":"Event{event}","awsRegion":"us-east-1",{failed}"requestParameters":{{"n":{number},"policy":"{{\"eventName\":\"Event9\"}}"}},"responseElements":null,"requestID":"r-{number}","eventID":"e-{number}","readOnly":{},"resources":[{{"ARN":"arn:aws:iam::{account:012}:role/r{event}","accountId":"{account:012}","type":"AWS::IAM::Role"}}],"recipientAccountId":"{account:012}"{integrity}}}"#,
        number.is_multiple_of(3)
    )
}

/// All that is looked for, read from the records themselves.
fn linear(lines: &[(i64, u64, String)], query: &Query) -> Vec<(Position, Vec<u8>)> {
    let before = query.before;
    let wanted = lines.iter().rev().filter(|(day, offset, line)| {
        let position = Position {
            day: *day,
            offset: *offset,
        };
        before.is_none_or(|before| position < before)
            && facts(line.as_bytes()).is_some_and(|facts| query.matches(&facts))
    });
    wanted
        .take(query.limit)
        .map(|(day, offset, line)| {
            let position = Position {
                day: *day,
                offset: *offset,
            };
            (position, line.clone().into_bytes())
        })
        .collect()
}

fn placed(days: &[(&str, Vec<String>)]) -> Vec<(i64, u64, String)> {
    let mut all = Vec::new();
    for (day, lines) in days {
        let mut offset = 0;
        for line in lines {
            all.push((crate::day::of_name(day).unwrap(), offset, line.clone()));
            offset += line.len() as u64 + 1;
        }
    }
    all
}

fn hits(found: &Found) -> Vec<(Position, Vec<u8>)> {
    let hits = found.hits.iter();
    hits.map(|hit| (hit.position, hit.line.clone())).collect()
}

/// Builds until there is nothing more to do.
fn settle(index: &build::Index) {
    while index.advance_for_test() {}
}

fn queries(seed: u64) -> Vec<Query> {
    let one = |attribute, value: &str| Query {
        terms: vec![Term::is(attribute, value)],
        limit: 1_000,
        ..Query::default()
    };
    let pick = seed % 5;
    let mut all = vec![
        Query {
            limit: 7,
            ..Query::default()
        },
        one(Attribute::EventName, &format!("Event{}", pick % 3)),
        one(Attribute::Username, &format!("u{pick}")),
        one(Attribute::EventId, &format!("e-{}", seed % 200)),
        one(Attribute::RequestId, "r-never"),
        one(Attribute::ReadOnly, "true"),
        one(Attribute::Failed, "true"),
        one(Attribute::ResourceName, "r1"),
        one(Attribute::EventName, "Event9"),
    ];
    let mut both = one(Attribute::Account, "000000000001");
    both.terms.push(Term(vec![
        (Attribute::EventName, "Event1".to_owned()),
        (Attribute::AccessKeyId, format!("AKIA{pick}")),
    ]));
    all.push(both.clone());
    both.from_s = crate::day::time_of("2026-01-02T00:00:10Z").unwrap();
    both.until_s = crate::day::time_of("2026-01-03T00:00:20Z").unwrap();
    all.push(both);
    all
}

fn compare(dir: &Path, index: Option<&build::Index>, lines: &[(i64, u64, String)], seed: u64) {
    for mut query in queries(seed) {
        let answer = |query: &Query| match index {
            Some(index) => index.search(query).unwrap(),
            None => search_folder(dir, query).unwrap(),
        };
        let found = answer(&query);
        assert_eq!(hits(&found), linear(lines, &query), "{query:?}");
        // The same in pages of three.
        let (whole, mut paged) = (hits(&found), Vec::new());
        let limit = query.limit;
        query.limit = 3;
        loop {
            let page = answer(&query);
            paged.extend(hits(&page));
            query.before = page.next;
            if page.next.is_none() || paged.len() >= limit {
                break;
            }
        }
        paged.truncate(limit);
        assert_eq!(paged, whole, "{query:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is indexed, half indexed, damaged or not there, the answer is what reading everything gives.
    #[test]
    fn the_index_answers_as_reading_everything_does(
        shapes in proptest::collection::vec((0u8..5, 0u8..3, 0u8..3), 1..240),
        cuts in (0usize..100, 0usize..100),
        damage in proptest::collection::vec((any::<usize>(), any::<usize>(), 1u8..), 0..3),
        per_segment in 1usize..40,
    ) {
        let folder = Folder::new("property");
        let names = ["2026-01-01", "2026-01-02", "2026-01-03"];
        let mut days: Vec<(&str, Vec<String>)> = names.iter().map(|name| (*name, Vec::new())).collect();
        let total = shapes.len();
        for (number, (user, account, event)) in shapes.iter().enumerate() {
            let at = (number * 3 / total).min(2);
            days[at].1.push(record(number, (names[at], *user, *account, *event)));
        }
        // A line that is no record keeps its place and is found by nothing.
        let place = cuts.0.min(days[0].1.len());
        days[0].1.insert(place, "not a record".to_owned());
        let lines = placed(&days);
        let half = days[2].1.len() * cuts.1 / 100;
        for (name, texts) in days.iter().take(2) {
            folder.append(name, texts);
        }
        folder.append(names[2], &days[2].1[..half]);
        let (index, _questions) = build::open(&folder.0, |_| 0).unwrap();
        index.records_per_segment_for_test(per_segment);
        settle(&index);
        folder.append(names[2], &days[2].1[half..]);
        compare(&folder.0, Some(&index), &lines, total as u64);
        compare(&folder.0, None, &lines, total as u64);
        settle(&index);
        compare(&folder.0, Some(&index), &lines, total as u64);
        // Bytes of segments changed under an index that has them open, and under one that opens them.
        for (which, at, xor) in &damage {
            let segments = folder.segments();
            if segments.is_empty() {
                break;
            }
            let path = &segments[which % segments.len()];
            let mut bytes = std::fs::read(path).unwrap();
            let place = at % bytes.len();
            bytes[place] ^= xor;
            std::fs::write(path, bytes).unwrap();
        }
        compare(&folder.0, Some(&index), &lines, total as u64 + 1);
        compare(&folder.0, None, &lines, total as u64 + 2);
        settle(&index);
        compare(&folder.0, Some(&index), &lines, total as u64 + 3);
        let (again, _questions) = build::open(&folder.0, |_| 0).unwrap();
        again.records_per_segment_for_test(per_segment);
        settle(&again);
        compare(&folder.0, Some(&again), &lines, total as u64 + 4);
        std::fs::remove_dir_all(folder.0.join("index")).ok();
        compare(&folder.0, None, &lines, total as u64);
    }
}

#[test]
fn what_is_not_durable_is_not_indexed_and_a_cut_tail_is_forgotten() {
    let folder = Folder::new("durable");
    let day = "2026-01-01";
    let lines: Vec<String> = (0..10)
        .map(|number| record(number, (day, 1, 1, 1)))
        .collect();
    folder.append(day, &lines);
    let length = |count: usize| {
        lines[..count]
            .iter()
            .map(|line| line.len() as u64 + 1)
            .sum::<u64>()
    };
    let durable = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(length(6)));
    let known = durable.clone();
    let known = move |_| known.load(std::sync::atomic::Ordering::Relaxed);
    let (index, _questions) = build::open(&folder.0, known).unwrap();
    settle(&index);
    assert_eq!(index.newest_end_for_test(), Some(length(6)));
    // The last four are taken back and others written in their place.
    let path = folder.0.join("2026-01-01.jsonl");
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(length(4)).unwrap();
    let other: Vec<String> = (20..24)
        .map(|number| record(number, (day, 2, 2, 2)))
        .collect();
    folder.append(day, &other);
    durable.store(0, std::sync::atomic::Ordering::Relaxed);
    let all: Vec<String> = lines[..4].iter().chain(&other).cloned().collect();
    compare(&folder.0, None, &placed(&[(day, all)]), 1);
}

#[test]
fn a_removed_day_takes_its_segments_along() {
    let folder = Folder::new("removed");
    let lines = |day: &str, from: usize| -> Vec<String> {
        (from..from + 20)
            .map(|n| record(n, (day, 1, 1, 1)))
            .collect()
    };
    for (day, from) in [("2026-01-01", 0), ("2026-01-02", 20), ("2026-01-03", 40)] {
        folder.append(day, &lines(day, from));
    }
    let (index, _questions) = build::open(&folder.0, |_| 0).unwrap();
    index.records_per_segment_for_test(8);
    settle(&index);
    let of = |day: &str| {
        let paths = folder.segments();
        paths
            .iter()
            .filter(|path| path.to_string_lossy().contains(day))
            .count()
    };
    assert!(of("2026-01-01") > 0 && of("2026-01-02") > 0);
    let query = Query::default();
    let all = index.search(&query).unwrap();
    assert_eq!(all.hits.len(), 50);
    let before = all.next;
    std::fs::remove_file(folder.0.join("2026-01-01.jsonl")).unwrap();
    // A page that was to go on in the removed day ends; nothing of it is an error.
    let rest = index
        .search(&Query {
            before,
            ..query.clone()
        })
        .unwrap();
    assert!(rest.hits.is_empty() && rest.next.is_none());
    settle(&index);
    assert_eq!(
        (of("2026-01-01"), index.search(&query).unwrap().hits.len()),
        (0, 40)
    );
    assert!(of("2026-01-02") > 0);
    // A segment that was left by a crash goes as well, and says nothing of a new file of that day.
    folder.append("2026-01-01", &lines("2026-01-01", 60));
    settle(&index);
    assert_eq!(
        index
            .search(&Query {
                limit: 100,
                ..query
            })
            .unwrap()
            .hits
            .len(),
        60
    );
}

#[test]
fn dos_05_an_answer_costs_no_more_than_it_may() {
    let folder = Folder::new("budget");
    let day = "2026-01-01";
    let lines: Vec<String> = (0..500)
        .map(|number| record(number, (day, 1, 1, 1)))
        .collect();
    folder.append(day, &lines);
    let mut query = Query {
        terms: vec![Term::is(Attribute::EventId, "e-0")],
        bytes_max: 10_000,
        ..Query::default()
    };
    let mut pages = 0;
    loop {
        let page = search_folder(&folder.0, &query).unwrap();
        pages += 1;
        query.before = page.next;
        if page.next.is_none() || !page.hits.is_empty() {
            assert_eq!(page.hits.len(), 1);
            break;
        }
    }
    assert!(pages > 10, "{pages}");
}

#[test]
fn the_threads_answer_and_end() {
    let folder = Folder::new("threads");
    let day = "2026-01-01";
    let lines: Vec<String> = (0..100)
        .map(|number| record(number, (day, 1, 1, 1)))
        .collect();
    folder.append(day, &lines);
    let (index, questions) = build::open(&folder.0, |_| 0).unwrap();
    let (stop, stopped) = std::sync::mpsc::channel();
    let closed = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (index, closed) = (&index, &closed);
        scope.spawn(move || index.build(&stopped));
        scope.spawn(move || {
            index.answer(&questions, || {
                closed.load(std::sync::atomic::Ordering::Relaxed)
            });
        });
        let (answer, outcome) = promise();
        let query = Query {
            terms: vec![Term::is(Attribute::EventId, "e-42")],
            ..Query::default()
        };
        index.ask(query, answer);
        let found = pollster::block_on(outcome).unwrap();
        assert_eq!(found.hits[0].line, lines[42].as_bytes());
        closed.store(true, std::sync::atomic::Ordering::Relaxed);
        drop(stop);
    });
}

#[test]
fn the_attributes_of_a_session_are_those_of_the_caller_and_of_what_was_issued() {
    let line = br#"{"userIdentity":{"type":"AssumedRole","principalId":"AROA1:ci","arn":"arn:aws:sts::1:assumed-role/Deploy/ci","accountId":"1","accessKeyId":"ASIA1","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA1","arn":"arn:aws:iam::1:role/team/Deploy","userName":"Deploy"},"attributes":{},"sourceIdentity":"alice"}},"eventTime":"2026-01-01T00:00:00Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":"eu-west-1","requestParameters":{"roleArn":"arn:aws:iam::2:role/Next","sourceIdentity":"alice","tags":[{"key":"arn","value":"x"}]},"responseElements":{"credentials":{"accessKeyId":"ASIA2","expiration":1},"assumedRoleUser":{"assumedRoleId":"AROA2:ci","arn":"arn:aws:sts::2:assumed-role/Next/ci"}},"requestID":"r","eventID":"e","readOnly":true,"resources":[{"ARN":"arn:aws:iam::2:role/team/Next","accountId":"2","type":"AWS::IAM::Role"}],"recipientAccountId":"1","integrity":{"sequence":3,"hash":"0000000000000000000000000000000000000000000000000000000000000000"}}"#;
    let facts = facts(line).unwrap();
    for (attribute, value) in [
        (Attribute::Username, "ci"),
        (Attribute::AccessKeyId, "ASIA1"),
        (Attribute::PrincipalId, "AROA1:ci"),
        (
            Attribute::PrincipalArn,
            "arn:aws:sts::1:assumed-role/Deploy/ci",
        ),
        (Attribute::Role, "arn:aws:iam::1:role/team/Deploy"),
        (Attribute::Role, "Deploy"),
        (Attribute::Session, "arn:aws:sts::1:assumed-role/Deploy/ci"),
        (Attribute::Session, "arn:aws:sts::2:assumed-role/Next/ci"),
        (Attribute::Session, "ASIA2"),
        (Attribute::SourceIdentity, "alice"),
        (Attribute::ResourceName, "arn:aws:iam::2:role/team/Next"),
        (Attribute::ResourceName, "Next"),
        (Attribute::ResourceType, "AWS::IAM::Role"),
        (Attribute::Region, "eu-west-1"),
        (Attribute::Account, "1"),
        (Attribute::Failed, "false"),
        (Attribute::ReadOnly, "true"),
    ] {
        assert!(facts.has(attribute, value), "{attribute:?} {value}");
    }
    assert_eq!(
        facts
            .values()
            .filter(|(held, _)| *held == Attribute::Session)
            .count(),
        3
    );
    let record = String::from_utf8(record_of(line)).unwrap();
    assert!(record.ends_with(r#""recipientAccountId":"1"}"#), "{record}");
    assert_eq!(record_of(b"{\"a\":1}"), b"{\"a\":1}");
}

mod facts;
mod measure;

#[test]
fn texts_without_escapes_are_not_copied() {
    let line = record(1, ("2026-01-01", 1, 1, 1));
    let facts = super::attribute::facts(line.as_bytes()).unwrap();
    assert!(matches!(facts.account, std::borrow::Cow::Borrowed(_)));
    let escaped = line.replace(
        "\"recipientAccountId\":\"",
        "\"recipientAccountId\":\"\\u0041",
    );
    assert_ne!(line, escaped);
    let facts = super::attribute::facts(escaped.as_bytes()).unwrap();
    assert!(facts.account.starts_with('A'));
}

#[test]
fn aud_06_a_line_without_a_place_in_the_chain_is_no_evidence() {
    let folder = Folder::new("stranger");
    let right = record(1, ("2026-01-02", 1, 1, 1));
    let forged = record(2, ("2026-01-01", 1, 1, 1));
    let (body, _) = crate::trail::chain::split(forged.as_bytes());
    let forged = String::from_utf8(body.to_vec()).unwrap() + "}";
    folder.append("2026-01-01", &[forged]);
    folder.append("2026-01-02", std::slice::from_ref(&right));
    let (index, _questions) = build::open(&folder.0, |_| u64::MAX).unwrap();
    for built in [false, true] {
        if built {
            settle(&index);
        }
        for query in [
            Query {
                limit: 10,
                ..Query::default()
            },
            queries(1)[2].clone(),
        ] {
            let found = index.search(&query).unwrap();
            let held: Vec<&[u8]> = found.hits.iter().map(|hit| hit.line.as_slice()).collect();
            assert_eq!(held, [right.as_bytes()], "{query:?}");
        }
    }
}
