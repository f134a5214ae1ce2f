//! What is done to a trail, and what proving it says.

mod measure;
mod removed;
mod strangers;
mod trials;

use super::*;
use crate::trail::Disk;
use crate::trail::file::TrailFiles;
use crate::trail::head::HeadState;
use std::path::{Path, PathBuf};

/// 2026-01-05 00:00:00 UTC.
const FIRST_DAY_S: i64 = 20_458 * 86_400;

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn folder(name: &str) -> Folder {
    let path = std::env::temp_dir().join(format!("locum-verify-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    Folder(path)
}

/// A record like those of calls.
fn record(number: usize, time_s: i64) -> String {
    let time_of_day = time_s.rem_euclid(86_400);
    let (hour, minute, second) = (time_of_day / 3600, time_of_day / 60 % 60, time_of_day % 60);
    let day = TrailDay::of_time(time_s);
    format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","principalId":"AIDA{number:016}","arn":"arn:aws:iam::111122223333:user/user-{number}","accountId":"111122223333","accessKeyId":"AKIA{number:016}","userName":"user-{number}"}},"eventTime":"{day}T{hour:02}:{minute:02}:{second:02}Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.{}","requestParameters":{{"roleArn":"arn:aws:iam::111122223333:role/app","roleSessionName":"{}"}},"responseElements":null,"eventID":"{number:036}","readOnly":true,"eventCategory":"Management"}}"#,
        number % 250,
        "s".repeat(number % 60)
    )
}

/// Appends records of these times, some to a batch.
fn append(dir: &Path, numbers: std::ops::Range<usize>, time_s: impl Fn(usize) -> i64) {
    let (mut files, _) = TrailFiles::open(dir).unwrap();
    let numbers: Vec<usize> = numbers.collect();
    for batch in numbers.chunks(7) {
        let mut segments: Vec<(i64, Vec<u8>)> = Vec::new();
        for number in batch {
            let day = time_s(*number).div_euclid(86_400);
            let line = record(*number, time_s(*number)) + "\n";
            match segments.last_mut() {
                Some((last, bytes)) if *last == day => bytes.extend_from_slice(line.as_bytes()),
                _ => segments.push((day, line.into_bytes())),
            }
        }
        let segments: Vec<(i64, &[u8])> = segments
            .iter()
            .map(|(day, bytes)| (*day, bytes.as_slice()))
            .collect();
        files.append(&segments).unwrap();
    }
}

/// Three days of records, a few around each midnight out of time.
fn three_days(name: &str, records: usize) -> Folder {
    first_of_three_days(name, records, records)
}

/// The same when only so many of them are written yet.
fn first_of_three_days(name: &str, records: usize, written: usize) -> Folder {
    let folder = folder(name);
    let per_day = records / 3;
    append(&folder.0, 0..written, |number| {
        let late = number % per_day == 2 && number > per_day;
        let day = number / per_day - usize::from(late);
        FIRST_DAY_S
            + day as i64 * 86_400
            + if late {
                86_399
            } else {
                (number % per_day) as i64 * 60
            }
    });
    folder
}

fn verify(dir: &Path, options: &VerifyOptions<'_>) -> TrailReport {
    let reader = TrailReader::in_folder(dir).unwrap();
    verify_trail(&reader, options, &mut |_| {}).unwrap()
}

fn day(number: i64) -> TrailDay {
    TrailDay::of_time(FIRST_DAY_S + number * 86_400)
}

/// The kinds and numbers of what was found.
fn found(report: &TrailReport) -> Vec<(FindingKind, u64, u64)> {
    let findings = report.findings.iter();
    findings
        .map(|finding| (finding.kind, finding.sequence, finding.through))
        .collect()
}

fn points(dir: &Path) -> Vec<ChainPoint> {
    let reader = TrailReader::in_folder(dir).unwrap();
    let mut points = Vec::new();
    for day in reader.days().unwrap() {
        let mut lines = reader.lines(day, 0).unwrap();
        while let Some(line) = lines.next_line().unwrap() {
            points.extend(line.point());
        }
    }
    points.sort_unstable_by_key(|point| point.sequence);
    points
}

#[test]
fn a_whole_trail_is_good() {
    let folder = three_days("whole", 90);
    let report = verify(&folder.0, &VerifyOptions::default());
    assert_eq!(found(&report), []);
    assert_eq!((report.proven, report.unproven, report.days), (90, 0, 3));
    let points = points(&folder.0);
    assert_eq!(report.range, Some((points[0], points[89])));
    let numbers: Vec<u64> = points.iter().map(|point| point.sequence).collect();
    assert_eq!(numbers, (1..=90).collect::<Vec<u64>>());
    // Also after more of it, and with its own points as checkpoints.
    append(&folder.0, 90..95, |number| {
        FIRST_DAY_S + 3 * 86_400 + number as i64
    });
    let options = VerifyOptions {
        checkpoints: &points,
        ..VerifyOptions::default()
    };
    let report = verify(&folder.0, &options);
    assert_eq!(found(&report), []);
    assert_eq!((report.proven, report.checkpoints_held), (95, 90));
}

#[test]
fn aud_06_an_older_copy_is_found_with_a_checkpoint() {
    let folder = three_days("rolled-back", 60);
    let newest = TrailReader::in_folder(&folder.0).unwrap();
    let newest = crate::Checkpoint::newest(&newest).unwrap().unwrap();
    assert_eq!(newest.point.sequence, 60);
    let mut signed = newest.clone();
    signed.signature = Some(crate::Signature::of_bytes("0f".repeat(16), &[7; 256]));
    assert_eq!(signed.statement(), newest.statement());
    let texts = [&newest, &signed].map(|told| told.to_string() + "\n" + &told.to_json());
    let read = crate::Checkpoint::of_lines(&texts.join("\n")).unwrap();
    assert_eq!(
        read,
        [
            newest.clone(),
            newest.clone(),
            signed.clone(),
            signed.clone()
        ]
    );
    let durable = crate::Checkpoint::durable(&TrailReader::in_folder(&folder.0).unwrap());
    assert_eq!(durable.unwrap(), Some(newest.clone()));
    // Half a signature is none, and no other version is read as this one.
    let line = signed.to_string();
    for bad in [
        line.rsplit_once(' ').unwrap().0.to_owned(),
        line.replace(" v1 ", " v2 "),
        line.clone() + " more",
        signed.to_json().replace("\"version\":1", "\"version\":2"),
        signed.to_json().replace("\"key\"", "\"kez\""),
    ] {
        assert_eq!(crate::Checkpoint::of_lines(&bad), Err(1), "{bad}");
    }
    let options = VerifyOptions {
        checkpoints: &[newest.point],
        ..VerifyOptions::default()
    };
    assert!(verify(&folder.0, &options).is_good());
    // The same records, and their head, as they were before: whole by themselves.
    let older = first_of_three_days("older", 60, 50);
    assert!(verify(&older.0, &VerifyOptions::default()).is_good());
    let report = verify(&older.0, &options);
    assert_eq!(found(&report), [(FindingKind::RolledBack, 60, 60)]);
    // Or gone another way since.
    append(&older.0, 100..130, |_| FIRST_DAY_S + 2 * 86_400);
    assert!(verify(&older.0, &VerifyOptions::default()).is_good());
    let report = verify(&older.0, &options);
    assert_eq!(found(&report), [(FindingKind::CheckpointDiffers, 60, 60)]);
    for bad in ["x", "60", "60 abc t", "{\"sequence\":60}", "60 0 t u"] {
        assert_eq!(
            crate::Checkpoint::of_lines(&format!("\n{bad}\n")),
            Err(2),
            "{bad}"
        );
    }
}

#[test]
fn a_pass_can_end_with_a_day() {
    let folder = three_days("until", 60);
    let options = VerifyOptions {
        until: Some(day(0)),
        ..VerifyOptions::default()
    };
    let report = verify(&folder.0, &options);
    assert_eq!(found(&report), []);
    assert!((21..=23).contains(&report.proven), "{report:?}");
    let path = folder.0.join(day(2).file_name());
    std::fs::write(&path, "no record\n").unwrap();
    assert!(
        verify(&folder.0, &options).is_good(),
        "later days are not judged"
    );
    let path = folder.0.join(day(0).file_name());
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("AssumeRole", "AssumeRule", 1)).unwrap();
    assert_eq!(
        found(&verify(&folder.0, &options)),
        [(FindingKind::Changed, 1, 1)]
    );
}

#[test]
fn a_later_day_can_be_the_first() {
    let folder = three_days("from", 60);
    let options = VerifyOptions {
        from: Some(day(1)),
        ..VerifyOptions::default()
    };
    let report = verify(&folder.0, &options);
    assert_eq!(
        (found(&report), report.proven, report.unproven),
        (vec![], 40, 0)
    );
    // What stands before it is not judged.
    std::fs::write(folder.0.join(day(0).file_name()), "no records\n").unwrap();
    let report = verify(&folder.0, &options);
    assert_eq!(found(&report), [(FindingKind::Missing, 23, 23)]);
    assert_eq!(report.unproven, 2, "its first, and the one behind the gap");
    assert!(!verify(&folder.0, &VerifyOptions::default()).is_good());
}

#[test]
fn aud_06_a_head_that_is_gone_damaged_or_of_another_trail_is_found() {
    let folder = three_days("head", 30);
    let path = folder.0.join("head");
    let whole = std::fs::read(&path).unwrap();
    for bit in (0..whole.len() * 8).step_by(7) {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&path, &bytes).unwrap();
        // A bit of a blank or of the check alone says nothing wrong, but is seen.
        let report = verify(&folder.0, &VerifyOptions::default());
        assert_eq!(
            found(&report),
            [(FindingKind::HeadDamaged, 30, 30)],
            "bit {bit}"
        );
        if bit % 400 != 0 {
            continue;
        }
        let (files, opened) = TrailFiles::open(&folder.0).unwrap();
        assert_eq!(opened.alarm, Some(crate::TrailAlarm::Unknown(30)));
        drop(files);
    }
    std::fs::remove_file(&path).unwrap();
    let report = verify(&folder.0, &VerifyOptions::default());
    assert_eq!(found(&report), [(FindingKind::HeadMissing, 30, 30)]);
    let other = three_days("head-other", 27);
    std::fs::copy(other.0.join("head"), &path).unwrap();
    let report = verify(&folder.0, &VerifyOptions::default());
    assert_eq!(found(&report), [(FindingKind::HeadDiffers, 27, 27)]);
}

#[test]
fn aud_06_a_server_that_finds_its_trail_cut_leaves_the_gap_to_be_seen() {
    let folder = three_days("cut", 30);
    let path = folder.0.join(day(2).file_name());
    let text = std::fs::read_to_string(&path).unwrap();
    let kept: String = text.split_inclusive('\n').take(7).collect();
    std::fs::write(&path, &kept).unwrap();
    let before = verify(&folder.0, &VerifyOptions::default());
    let (first, last) = (before.findings[0].sequence, before.findings[0].through);
    assert_eq!((before.findings[0].kind, last), (FindingKind::CutTail, 30));
    let (files, opened) = TrailFiles::open(&folder.0).unwrap();
    let alarm = crate::TrailAlarm::Missing {
        found: first - 1,
        head: 30,
    };
    assert_eq!(opened.alarm, Some(alarm));
    drop(files);
    append(&folder.0, 30..34, |_| FIRST_DAY_S + 2 * 86_400);
    // No number is given twice, so nobody can fill the gap unseen.
    let report = verify(&folder.0, &VerifyOptions::default());
    assert_eq!(found(&report), [(FindingKind::Missing, first, 30)]);
    assert_eq!(report.range.unwrap().1.sequence, 34);
    let (_, opened) = TrailFiles::open(&folder.0).unwrap();
    assert_eq!(opened.alarm, None, "told once");
}

#[test]
fn what_is_written_meanwhile_is_no_fault() {
    let folder = three_days("meanwhile", 30);
    let HeadState::Known(head) = TrailReader::in_folder(&folder.0).unwrap().head().unwrap() else {
        panic!("no head");
    };
    // As seen between the write and the head: half a line, and one in an older file whose turn was before.
    use std::io::Write;
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .open(folder.0.join(head.day.file_name()))
        .unwrap();
    file.write_all(b"{\"eventVersion\":\"1.11\",\"userIdent")
        .unwrap();
    let report = verify(&folder.0, &VerifyOptions::default());
    assert_eq!((found(&report), report.unfinished), (vec![], 1));
}

#[test]
fn a_clock_that_was_set_back_does_not_break_the_chain() {
    let folder = folder("clock");
    // Forward by a month, back by two days, on again.
    let times = [0, 0, 30, 30, -2, -2, 0, 1, -2, 30, 1];
    for (number, days) in times.iter().enumerate() {
        append(&folder.0, number..number + 1, |_| {
            FIRST_DAY_S + days * 86_400
        });
    }
    let report = verify(&folder.0, &VerifyOptions::default());
    assert_eq!(
        (found(&report), report.proven, report.days),
        (vec![], 11, 4)
    );
}

#[test]
fn beside_a_writer_around_midnight_nothing_is_found() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let folder = three_days("beside", 30);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (mut files, _) = TrailFiles::open(&folder.0).unwrap();
            let mut number = 30_usize;
            while !stop.load(Ordering::Relaxed) {
                // Records of both days in turn, as no midnight has them.
                let time_s = FIRST_DAY_S + 86_400 * (1 + number as i64 % 2);
                let line = record(number, time_s) + "\n";
                let segment = (time_s.div_euclid(86_400), line.as_bytes());
                files.append(&[segment]).unwrap();
                number += 1;
            }
        });
        let until = std::time::Instant::now() + std::time::Duration::from_secs(2);
        let mut proven = 0;
        while std::time::Instant::now() < until {
            let report = verify(&folder.0, &VerifyOptions::default());
            if !report.is_good() {
                stop.store(true, Ordering::Relaxed);
            }
            assert_eq!(found(&report), []);
            assert!(report.proven >= proven, "what was there is there");
            proven = report.proven;
        }
        stop.store(true, Ordering::Relaxed);
        assert!(proven > 30);
    });
}

#[test]
fn a_gap_behind_the_head_that_the_pass_began_with_may_be_newer_than_the_pass() {
    let folder = three_days("newer", 30);
    let reader = TrailReader::in_folder(&folder.0).unwrap();
    let began_with = reader.head().unwrap();
    let last = began_with.known().unwrap().point;
    append(&folder.0, 30..34, |_| FIRST_DAY_S + 3 * 86_400);
    let line = points(&folder.0)[32];
    let place = Place {
        day: day(3),
        line: 1,
        offset: 0,
        end: 1,
    };
    let judge = |head, reader| {
        let mut judge = Judge::new(reader, &VerifyOptions::default(), head);
        judge.begin(Some((31, walk::Beginning::Later)), Some(last));
        let at = crate::Integrity::At(line);
        judge.line(place, b"{", at, None).unwrap();
        (judge.is_over(), found(&judge.report))
    };
    // Written since: the file of record 31 had been looked at before.
    assert_eq!(judge(began_with, &reader), (true, vec![]));
    // Known when the pass began.
    let missing = vec![(FindingKind::Missing, 31, 32)];
    assert_eq!(
        judge(reader.head().unwrap(), &reader),
        (false, missing.clone())
    );
    // Nobody wrote it: the head does not tell of it.
    let older = first_of_three_days("newer-older", 30, 30);
    let older = TrailReader::in_folder(&older.0).unwrap();
    assert_eq!(judge(began_with, &older), (false, missing));
}
