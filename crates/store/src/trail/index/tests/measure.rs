//! How long a look-up takes among ten million records: run by hand, optimised.
//!
//! `CARGO_PROFILE_TEST_OPT_LEVEL=3 cargo test -p locum-store --lib measure -- --ignored --nocapture`
#![allow(clippy::print_stderr, reason = "it tells what it measured")]

use super::super::postings::RECORDS_MAX;
use super::super::query::search;
use super::super::run::Run;
use super::super::segment::encode;
use super::super::shelf::Shelf;
use super::*;
use std::os::unix::fs::FileExt;
use std::time::Instant;

const SEGMENTS: usize = 153;
const SEGMENTS_PER_DAY: usize = 10;

/// The records of one segment without the last.
fn base() -> Run {
    let mut base = Run::new(0, 0, RECORDS_MAX + 1);
    let began = Instant::now();
    for number in 0..RECORDS_MAX - 1 {
        let small = |count: usize| u8::try_from(number % count).unwrap();
        let shape = ("2026-01-01", small(5), small(50), small(7));
        base.push(record(number, shape).as_bytes());
    }
    let each = began.elapsed().as_secs_f64() * 1e6 / RECORDS_MAX as f64;
    eprintln!("to read and hash a record: {each:.2} µs, its making included");
    base
}

/// Segments of ten million records, their day files sparse: each segment's last record alone is there.
fn fill(folder: &Folder, shelf: &Shelf) {
    let base = base();
    let first_day = crate::day::of_name("2026-01-01").unwrap();
    let (mut bytes, mut start, mut took) = (0, 0, Duration::ZERO);
    for segment in 0..SEGMENTS {
        if segment % SEGMENTS_PER_DAY == 0 {
            start = 0;
        }
        let day = first_day + i64::try_from(segment / SEGMENTS_PER_DAY).unwrap();
        let name = crate::day::name_of(day);
        let mut run = base.clone();
        let end = start + base.end;
        (run.day, run.start, run.end) = (day, start, end);
        run.rows.iter_mut().for_each(|row| row.offset += start);
        let needle = record(1_000_000 + segment, (&name, 200, 200, 200));
        let needle = needle.replace("u200", &format!("needle-{segment}"));
        let mut options = std::fs::OpenOptions::new();
        let options = options.write(true).create(true).truncate(false).mode(0o600);
        let file = options
            .open(folder.0.join(format!("{name}.jsonl")))
            .unwrap();
        file.write_all_at(format!("\n{needle}\n").as_bytes(), end - 1)
            .unwrap();
        run.push(needle.as_bytes());
        start = run.end;
        let (key, end) = ((run.day, run.start), run.end);
        let began = Instant::now();
        let encoded = encode(&run);
        took += began.elapsed();
        bytes += encoded.len();
        shelf.put(key, end, &encoded).unwrap();
    }
    let records = (SEGMENTS * RECORDS_MAX) as f64;
    eprintln!(
        "{records} records: {:.1} bytes of index each, {:.2} µs to make them a segment",
        bytes as f64 / records,
        took.as_secs_f64() * 1e6 / records
    );
}

fn look(folder: &Folder, shelf: &Shelf, what: &str, query: &Query) {
    let mut times = Vec::new();
    let mut found = 0;
    for _ in 0..15 {
        let began = Instant::now();
        found = search(&folder.0, shelf, None, query).unwrap().hits.len();
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let first = times[0];
    times.sort_by(f64::total_cmp);
    eprintln!(
        "{what}: {found} found; first {first:.2} ms, median {:.2} ms, worst {:.2} ms",
        times[7], times[14]
    );
}

#[test]
#[ignore = "a measurement"]
fn measure_look_ups() {
    let folder = Folder::new("measure");
    let shelf = Shelf::open(&folder.0.join("index")).unwrap();
    fill(&folder, &shelf);
    let one = |attribute, value: &str| Query {
        terms: vec![Term::is(attribute, value)],
        ..Query::default()
    };
    let asked = |attribute, value: &str| {
        let mut query = one(attribute, value);
        query
            .terms
            .insert(0, Term::is(Attribute::Region, "us-east-1"));
        query
            .terms
            .insert(0, Term::is(Attribute::Account, format!("{:012}", 200)));
        query
    };
    let fresh = Shelf::open(&folder.0.join("index")).unwrap();
    let never = one(Attribute::EventId, "never");
    look(&folder, &fresh, "nothing has it, segments opened", &never);
    look(&folder, &shelf, "nothing has it", &never);
    look(
        &folder,
        &shelf,
        "the newest",
        &one(Attribute::Username, "needle-152"),
    );
    look(
        &folder,
        &shelf,
        "the oldest",
        &one(Attribute::Username, "needle-0"),
    );
    look(
        &folder,
        &shelf,
        "the oldest, by LookupEvents",
        &asked(Attribute::Username, "needle-0"),
    );
    let common = asked(Attribute::EventSource, "iam.amazonaws.com");
    look(&folder, &shelf, "a common value, a rare account", &common);
    let mut none = asked(Attribute::EventName, "Event1");
    none.terms.push(Term::is(Attribute::Failed, "true"));
    look(
        &folder,
        &shelf,
        "common values that no record has together",
        &none,
    );
}
