//! Delivered files that were taken out or put there, a sink that was changed, a trail that was written anew.

use std::io::Write;

use aws_lc_rs::digest::{SHA256, digest};
use flate2::write::GzEncoder;
use locum_store::{FindingKind, TrailReader};

use super::sink::{answer, bucket, service};
use super::trails::trail;
use super::*;
use crate::trail::{ProofOptions, prove};

const OTHER: &str = "444455556666";

/// Three hours of two accounts, and what no digest names yet.
fn three_hours() -> Site {
    let site = site();
    for hour in 0..4 {
        let now_s = NOON_S + hour * HOUR_S;
        for account in [ACCOUNT, OTHER] {
            site.record(now_s, "CallX", account, "us-east-1", "IAMUser");
        }
        site.pass(now_s + 60);
    }
    assert_eq!(site.faults(), Vec::<String>::new());
    site
}

impl Site {
    fn folder(&self) -> PathBuf {
        self.data.join("trail")
    }
}

#[test]
fn aud_06_all_delivered_files_that_were_taken_out_are_named() {
    let site = three_hours();
    let last: Vec<PathBuf> = [ACCOUNT, OTHER]
        .iter()
        .flat_map(|account| site.files(&format!("{account}_CloudTrail-Digest_")).pop())
        .collect();
    std::fs::remove_dir_all(site.folder().join("AWSLogs")).unwrap();
    let faults = site.faults();
    for digest in last {
        let named = |fault: &&String| fault.starts_with(&digest.display().to_string());
        assert_eq!(faults.iter().filter(named).count(), 1, "{faults:?}");
    }
    // And what no digest named yet.
    assert!(
        faults.iter().any(|fault| fault.contains("T1501Z")),
        "{faults:?}"
    );
    // Without the state as well, the keys are left.
    std::fs::remove_file(site.folder().join("delivery")).unwrap();
    let faults = site.faults();
    assert!(
        faults.len() == 1 && faults[0].contains("delivery: it is missing"),
        "{faults:?}"
    );
}

#[test]
fn aud_06_a_state_that_was_taken_out_hides_nothing() {
    let site = three_hours();
    let state = site.folder().join("delivery");
    let whole = std::fs::read(&state).unwrap();
    std::fs::remove_file(&state).unwrap();
    std::fs::remove_dir_all(site.folder().join("AWSLogs").join(OTHER)).unwrap();
    assert!(
        site.faults()
            .iter()
            .any(|fault| fault.contains("delivery: it is missing"))
    );
    // With it the account's chain is known.
    std::fs::write(&state, whole).unwrap();
    let faults = site.faults();
    assert!(
        faults.iter().any(|fault| fault.contains(OTHER)),
        "{faults:?}"
    );

    let site = three_hours();
    std::fs::remove_file(site.folder().join("delivery")).unwrap();
    for file in site.files("20261125T1500") {
        std::fs::remove_file(file).unwrap();
    }
    for file in site.files("T1401Z").into_iter().chain(site.files("T1501Z")) {
        std::fs::remove_file(file).unwrap();
    }
    assert!(!site.faults().is_empty());
}

fn pack(path: &Path, json: &[u8]) {
    let file = std::fs::File::create(path).unwrap();
    let mut packer = GzEncoder::new(file, flate2::Compression::default());
    packer.write_all(json).unwrap();
    packer.finish().unwrap();
}

#[test]
fn aud_06_a_log_file_that_was_put_there_is_named() {
    let site = three_hours();
    let logs = site.files(&format!("{ACCOUNT}_CloudTrail_"));
    for file in [&logs[0], logs.last().unwrap()] {
        let held = content(&std::fs::read(file).unwrap()).unwrap();
        let text = String::from_utf8(held).unwrap();
        let name = file.display().to_string();
        let (front, _) = name.rsplit_once('_').unwrap();
        let other = "AAAAAAAAAAAAAAAA";
        let forged = PathBuf::from(format!("{front}_{other}.json.gz"));
        for changed in [
            text.replace("CallX", "CallY"),
            text.replace(",\"integrity\":", ",\"other\":"),
            text.replace("\"sequence\":", "\"sequence\":9"),
            r#"{"Records":[]}"#.to_owned(),
            "no records".to_owned(),
        ] {
            assert_ne!(changed, text);
            // Under a name as the server makes it, and under another.
            let hash = digest(&SHA256, changed.as_bytes());
            let unique = hash.as_ref().iter().take(8);
            let unique: String = unique.map(|byte| format!("{byte:02X}")).collect();
            for unique in [&unique, other] {
                let forged = PathBuf::from(format!("{front}_{unique}.json.gz"));
                pack(&forged, changed.as_bytes());
                let faults = site.faults();
                let named = forged.display().to_string();
                assert!(
                    faults.len() == 1 && faults[0].starts_with(&named),
                    "{changed}: {faults:?}"
                );
                std::fs::remove_file(&forged).unwrap();
            }
        }
        // A copy is one file too many, too.
        pack(&forged, text.as_bytes());
        assert!(site.faults()[0].contains("its name"));
        std::fs::remove_file(&forged).unwrap();
    }
    assert_eq!(site.faults(), Vec::<String>::new());
}

#[test]
fn files_of_a_trail_without_digests_are_no_fault() {
    let site = site();
    let mut audit = trail("audit");
    audit.log_file_validation = false;
    audit.selectors[0]
        .excluded_sources
        .push("iam.amazonaws.com".to_owned());
    site.put(&audit);
    site.own(NOON_S + 10, "Call1");
    site.pass(NOON_S + 60);
    site.pass(NOON_S + HOUR_S);
    let own = site.files(&format!("{}_CloudTrail_", site.management));
    assert!(own.len() > 1, "its file is another one: {own:?}");
    assert_eq!(site.faults(), Vec::<String>::new());
}

#[test]
fn a_sink_that_was_changed_is_no_fault_and_hides_none() {
    let mut site = site();
    let url = service(|stream| answer(stream, "200 OK", ""));
    let mut now_s = NOON_S;
    for into_bucket in [false, true, false, true, false] {
        site.delivery.sink = match into_bucket {
            true => Sink::Bucket(Box::new(bucket(&site, &url))),
            false => Sink::Folder(site.folder()),
        };
        for _ in 0..2 {
            // One file that a digest in the same sink names, and one whose digest goes to the next.
            now_s += HOUR_S;
            site.pass(now_s);
            assert_eq!(site.faults(), Vec::<String>::new());
            site.record(now_s, "CallX", ACCOUNT, "us-east-1", "IAMUser");
            site.pass(now_s + 60);
            assert_eq!(site.faults(), Vec::<String>::new());
        }
    }
    for file in site.files(ACCOUNT) {
        let whole = std::fs::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert!(!site.faults().is_empty(), "removed {}", file.display());
        std::fs::write(file, whole).unwrap();
    }
    assert_eq!(site.faults(), Vec::<String>::new());
}

/// The trail without record `left_out`, every record behind it numbered and hashed anew.
fn rewrite(site: &Site, left_out: u64) {
    let reader = TrailReader::open(&site.data).unwrap();
    let mut records = Vec::new();
    for day in reader.days().unwrap() {
        let mut lines = reader.lines(day, 0).unwrap();
        while let Some(line) = lines.next_line().unwrap() {
            let sequence = line.point().unwrap().sequence;
            records.push((sequence, reader.path(day), line.record()));
        }
        std::fs::write(reader.path(day), "").unwrap();
    }
    records.retain(|(sequence, _, _)| *sequence != left_out);
    records.sort();
    let mut hash = [0u8; 32];
    for (at, (_, path, record)) in records.iter().enumerate() {
        let number = at as u64 + 1;
        let hashed = [&hash[..], &number.to_be_bytes(), record].concat();
        hash.copy_from_slice(digest(&SHA256, &hashed).as_ref());
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let body = String::from_utf8(record.strip_suffix(b"}").unwrap().to_vec()).unwrap();
        let line = format!("{body},\"integrity\":{{\"sequence\":{number},\"hash\":\"{hex}\"}}}}\n");
        let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(line.as_bytes()).unwrap();
    }
    std::fs::remove_file(site.folder().join("head")).unwrap();
}

#[test]
fn aud_06_a_trail_that_was_written_anew_contradicts_what_was_delivered() {
    let site = site();
    for hour in 0..3 {
        let now_s = NOON_S + hour * HOUR_S;
        for _ in 0..5 {
            site.record(now_s, "CallX", ACCOUNT, "us-east-1", "IAMUser");
            site.record(now_s, "CallY", OTHER, "us-east-1", "IAMUser");
        }
        site.pass(now_s + 60);
    }
    let judge = || {
        let reader = TrailReader::open(&site.data).unwrap();
        let delivered = check_delivered(reader.dir(), &site.keys()).unwrap().spans;
        let options = ProofOptions {
            delivered: &delivered,
            ..ProofOptions::default()
        };
        let report = prove(&reader, &site.keys(), options, &mut |_| {})
            .unwrap()
            .report;
        let found = report
            .findings
            .iter()
            .map(|finding| (finding.kind, finding.sequence));
        found.collect::<Vec<_>>()
    };
    assert_eq!(judge(), []);
    let trail: Vec<(PathBuf, Vec<u8>)> = std::fs::read_dir(site.folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    let newest = {
        let reader = TrailReader::open(&site.data).unwrap();
        reader.newest().unwrap().unwrap().point.sequence
    };
    for left_out in [1, 4, 5, 14, newest - 1] {
        rewrite(&site, left_out);
        let found = judge();
        // Without a head, but else whole by itself.
        assert_eq!(
            found,
            [
                (FindingKind::DeliveredDiffers, left_out),
                (FindingKind::HeadMissing, newest - 1)
            ]
        );
        for (path, bytes) in &trail {
            std::fs::write(path, bytes).unwrap();
        }
        assert_eq!(judge(), []);
    }
}
