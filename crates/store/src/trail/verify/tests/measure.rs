//! How fast a trail is proven: run by hand, optimised.
//!
//! `CARGO_PROFILE_TEST_OPT_LEVEL=3 cargo test -p locum-store --lib verify::tests::measure -- --ignored --nocapture`
//!
//! `LOCUM_MEASURE_TRAIL=DIR/trail` leaves the trail there instead, for timing `locum trail verify --data DIR`.
#![allow(clippy::print_stderr, reason = "it tells what it measured")]

use super::*;
use std::time::Instant;

const RECORDS: usize = 2_000_000;
const PER_DAY: usize = 250_000;
const PER_BATCH: usize = 20_000;

/// A record as long as those of AssumeRole are.
fn long(number: usize, time_s: i64) -> String {
    let mut text = record(number, time_s);
    text.pop();
    text + &format!(
        r#","userAgent":"{}","requestID":"{number:036}"}}"#,
        "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.12 "
            .repeat(4)
    )
}

#[test]
#[ignore = "a measurement"]
fn how_fast() {
    let kept = std::env::var_os("LOCUM_MEASURE_TRAIL").map(PathBuf::from);
    let held = kept.is_none().then(|| folder("measure"));
    let dir = kept.unwrap_or_else(|| held.as_ref().unwrap().0.clone());
    let (mut files, _) = TrailFiles::open(&dir).unwrap();
    for first in (0..RECORDS).step_by(PER_BATCH) {
        let day = (first / PER_DAY) as i64;
        let mut lines = String::new();
        for number in first..first + PER_BATCH {
            let second = (number % PER_DAY) as i64 * 86_400 / PER_DAY as i64;
            lines += &(long(number, FIRST_DAY_S + day * 86_400 + second) + "\n");
        }
        let day = FIRST_DAY_S / 86_400 + day;
        files.append(&[(day, lines.as_bytes())]).unwrap();
    }
    drop(files);
    let times = if held.is_some() { 3 } else { 0 };
    for _ in 0..times {
        let began = Instant::now();
        let report = verify(&dir, &VerifyOptions::default());
        let seconds = began.elapsed().as_secs_f64();
        assert_eq!((found(&report), report.proven), (vec![], RECORDS as u64));
        eprintln!(
            "{RECORDS} records, {} MB: {seconds:.2} s, {:.0} MB/s, {:.0} records/s",
            report.bytes / 1_000_000,
            report.bytes as f64 / 1e6 / seconds,
            RECORDS as f64 / seconds
        );
    }
}
