//! Looking up in the trail: time for each look-up and bytes of index for each record.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use locum_store::trail_index::{Attribute, Query, Term};
use locum_store::{Engine, RedbEngine, RedbOptions, open_redb};

use crate::report::Section;
use crate::server::Scratch;
use crate::timing::median;

/// How often each look-up is timed.
const TIMES: usize = 21;
/// Records of one day's file.
const RECORDS_PER_DAY: usize = 500_000;
/// Records of one segment of the index.
const RECORDS_PER_SEGMENT: usize = 65_536;

/// One record of the kind that AssumeRole leaves: 1.1 KB, half of its attributes its own.
fn record(number: usize, day: &str) -> String {
    let (user, role, account) = (number % 997, number % 211, number % 101);
    let (hour, minute, second) = (number / 25_000 % 20, number / 500 % 50, number / 10 % 50);
    format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","principalId":"AIDABENCH{user:012}","arn":"arn:aws:iam::{account:012}:user/user-{user}","accountId":"{account:012}","accessKeyId":"AKIABENCH{user:011}","userName":"user-{user}"}},"eventTime":"{day}T{hour:02}:{minute:02}:{second:02}Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1","userAgent":"Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.1 md/arch#x86_64","requestParameters":{{"roleArn":"arn:aws:iam::{account:012}:role/role-{role}","roleSessionName":"session-{number}","durationSeconds":3600}},"responseElements":{{"credentials":{{"accessKeyId":"ASIABENCH{number:011}","expiration":"Jan 1, 2026, 1:00:00 AM"}},"assumedRoleUser":{{"assumedRoleId":"AROABENCH{role:012}:session-{number}","arn":"arn:aws:sts::{account:012}:assumed-role/role-{role}/session-{number}"}}}},"requestID":"00000000-0000-4000-8000-{number:012}","eventID":"10000000-0000-4000-8000-{number:012}","readOnly":true,"resources":[{{"ARN":"arn:aws:iam::{account:012}:role/role-{role}","accountId":"{account:012}","type":"AWS::IAM::Role"}}],"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"{account:012}","eventCategory":"Management"}}"#
    )
}

/// Writes the day files; returns their bytes.
fn fill(trail: &Path, records: usize) -> u64 {
    let mut builder = std::fs::DirBuilder::new();
    let made = builder.mode(0o700).recursive(true).create(trail);
    made.expect("the trail's folder");
    let mut bytes = 0;
    for first in (0..records).step_by(RECORDS_PER_DAY) {
        let number = first / RECORDS_PER_DAY;
        let day = format!("2026-{:02}-{:02}", 1 + number / 28, 1 + number % 28);
        let mut options = std::fs::OpenOptions::new();
        let file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(trail.join(format!("{day}.jsonl")));
        let mut file = std::io::BufWriter::new(file.expect("a day's file"));
        for number in first..records.min(first + RECORDS_PER_DAY) {
            let line = record(number, &day) + "\n";
            bytes += line.len() as u64;
            file.write_all(line.as_bytes()).expect("a record");
        }
        file.flush().expect("a day's file");
    }
    bytes
}

/// Bytes of the index, and how many records its segments must still take.
fn index_size(trail: &Path) -> (u64, usize) {
    let entries = std::fs::read_dir(trail.join("index"));
    let sizes = entries
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|end| end == "idx"));
    let sizes: Vec<u64> = sizes
        .filter_map(|entry| Some(entry.metadata().ok()?.len()))
        .collect();
    (sizes.iter().sum(), sizes.len())
}

/// A store over day files with `records` records, its index complete; how long that took.
fn prepare(data: &Path, records: usize) -> (RedbEngine, Duration) {
    let mut options = RedbOptions::new(Arc::new(|out: &mut [u8]| {
        getrandom::fill(out).expect("random bytes");
    }));
    options.cache_bytes = 64 << 20;
    let engine = open_redb(data, options).expect("the store");
    let began = Instant::now();
    // The last day's newest records stay in memory; every other one is in a segment at the end.
    let days = records.div_ceil(RECORDS_PER_DAY);
    let last = records - (days - 1) * RECORDS_PER_DAY;
    let segments = (days - 1) * RECORDS_PER_DAY.div_ceil(RECORDS_PER_SEGMENT);
    let segments = segments + last / RECORDS_PER_SEGMENT;
    while index_size(&data.join("trail")).1 < segments {
        std::thread::sleep(Duration::from_millis(50));
    }
    (engine, began.elapsed())
}

/// How many were found, and the times in milliseconds.
fn look(
    engine: &RedbEngine,
    attribute: Attribute,
    value: String,
    owner: usize,
) -> (usize, Vec<f64>) {
    let query = Query {
        terms: vec![
            Term::is(Attribute::Account, format!("{:012}", owner % 101)),
            Term::is(Attribute::Region, "us-east-1"),
            Term::is(attribute, value),
        ],
        ..Query::default()
    };
    let mut found = 0;
    let mut times: Vec<f64> = (0..TIMES)
        .map(|_| {
            let began = Instant::now();
            let answer = wait(engine.search(query.clone()));
            found = answer.expect("an answer").hits.len();
            began.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (found, times)
}

/// The section of the report.
pub fn run(records: usize) -> Section {
    let scratch = Scratch::new("trail");
    let data = scratch.join("data");
    let mut builder = std::fs::DirBuilder::new();
    builder.mode(0o700).create(&data).expect("a data directory");
    let bytes = fill(&data.join("trail"), records);
    let (engine, built) = prepare(&data, records);
    let (index, _) = index_size(&data.join("trail"));
    let mut section = Section::new(
        "Looking up in the trail",
        &format!(
            "{records} records of {} bytes each; one attribute, 50 records at most, as LookupEvents asks: within one \
             account and region. Median and worst of {TIMES}, the files in the page cache.",
            bytes / records as u64
        ),
        &["looked up", "found", "median", "worst"],
    );
    let middle = records / 2;
    for (what, attribute, value, owner) in [
        ("nothing has it", Attribute::EventId, "never".to_owned(), 0),
        (
            "newest event",
            Attribute::EventId,
            event_id(records - 1),
            records - 1,
        ),
        ("oldest event", Attribute::EventId, event_id(0), 0),
        (
            "issued key",
            Attribute::Session,
            format!("ASIABENCH{middle:011}"),
            middle,
        ),
        ("user", Attribute::Username, "user-7".to_owned(), 7),
        (
            "event name",
            Attribute::EventName,
            "AssumeRole".to_owned(),
            7,
        ),
    ] {
        let (found, times) = look(&engine, attribute, value, owner);
        let worst = times.last().copied().unwrap_or_default();
        let median = format!("{:.2} ms", median(&times));
        section.row(&[
            what.to_owned(),
            found.to_string(),
            median,
            format!("{worst:.2} ms"),
        ]);
    }
    section.note(format!(
        "The index has {:.1} bytes for each record. Making all of it anew took {:.1} s, {:.1} µs for each record, on one \
         thread beside everything else.",
        index as f64 / records as f64,
        built.as_secs_f64(),
        built.as_secs_f64() * 1e6 / records as f64
    ));
    section
}

fn event_id(number: usize) -> String {
    format!("10000000-0000-4000-8000-{number:012}")
}

/// Waits for an answer on this thread.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime").block_on(future)
}
