//! The trail's files on a disk that fails between any two steps: the chain goes on as if it had not.

use super::*;
use crate::trail::verify::{TrailReport, VerifyOptions, verify_trail};

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn folder(name: &str) -> Folder {
    let path = std::env::temp_dir().join(format!("locum-files-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    Folder(path)
}

fn open(folder: &Folder) -> TrailFiles {
    let (files, opened) = TrailFiles::open(&folder.0).unwrap();
    assert_eq!(opened.alarm, None);
    files
}

fn lines(numbers: std::ops::Range<u32>) -> Vec<u8> {
    let lines = numbers.map(|number| format!("{{\"n\":{number}}}\n"));
    lines.collect::<String>().into_bytes()
}

fn judge(folder: &Folder) -> TrailReport {
    let reader = TrailReader::in_folder(&folder.0).unwrap();
    verify_trail(&reader, &VerifyOptions::default(), &mut |_| {}).unwrap()
}

/// The trail is whole and holds these records, in this order.
fn assert_holds(folder: &Folder, numbers: &[u32]) {
    let report = judge(folder);
    assert!(report.is_good(), "{:?}", report.findings);
    assert_eq!(report.proven, numbers.len() as u64);
    let reader = TrailReader::in_folder(&folder.0).unwrap();
    let mut held = Vec::new();
    for day in reader.days().unwrap() {
        let mut lines = reader.lines(day, 0).unwrap();
        while let Some(line) = lines.next_line().unwrap() {
            let sequence = line.point().unwrap().sequence;
            held.push((sequence, String::from_utf8(line.record()).unwrap()));
        }
    }
    held.sort();
    let texts: Vec<String> = held.into_iter().map(|(_, text)| text).collect();
    let wanted: Vec<String> = numbers
        .iter()
        .map(|number| format!("{{\"n\":{number}}}"))
        .collect();
    assert_eq!(texts, wanted);
}

/// A handle through which nothing can be written or cut off: a disk that answers with errors.
fn break_day(files: &mut TrailFiles, day: i64) {
    let path = files.path(day);
    let open = files.open.iter_mut().find(|open| open.day == day).unwrap();
    open.file = File::open(path).unwrap();
}

fn mend_day(files: &mut TrailFiles, day: i64) {
    let file = private_file(&files.path(day), Access::Append).unwrap();
    let open = files.open.iter_mut().find(|open| open.day == day).unwrap();
    open.file = file;
}

#[test]
fn aud_01_a_failed_append_takes_number_and_hash_back() {
    let folder = folder("failed");
    let mut files = open(&folder);
    files.append(&[(1, &lines(0..3))]).unwrap();
    for failure in 0..3 {
        break_day(&mut files, 1);
        assert!(files.append(&[(1, &lines(90..95))]).is_err());
        if failure > 0 {
            // What a write that failed half-way leaves behind: whole lines, and half of one.
            let mut left = beside(&files.path(1));
            let mut linked = Vec::new();
            files
                .linker
                .link(files.last, &lines(90..92), &mut linked)
                .unwrap();
            left.write_all(&linked).unwrap();
            left.write_all(b"{\"n\":92,\"integ").unwrap();
            // Beside it the trail is still whole: what was not acknowledged is no part of it.
            assert!(judge(&folder).is_good());
        }
        assert!(
            files.append(&[(1, &lines(90..95))]).is_err(),
            "as long as it cannot be cut off"
        );
        mend_day(&mut files, 1);
        files
            .append(&[(1, &lines(3 + failure..4 + failure))])
            .unwrap();
    }
    assert_holds(&folder, &[0, 1, 2, 3, 4, 5]);
    drop(files);
    // And over a restart.
    open(&folder).append(&[(1, &lines(6..7))]).unwrap();
    assert_holds(&folder, &[0, 1, 2, 3, 4, 5, 6]);
}

fn beside(path: &Path) -> File {
    std::fs::OpenOptions::new().append(true).open(path).unwrap()
}

#[test]
fn aud_01_a_batch_over_midnight_is_written_whole_or_not_at_all() {
    let folder = folder("midnight");
    let mut files = open(&folder);
    files.append(&[(1, &lines(0..2))]).unwrap();
    let in_the_way = files.path(2);
    std::fs::create_dir(&in_the_way).unwrap();
    let batch = [
        (1, &lines(2..4)[..]),
        (2, &lines(4..6)[..]),
        (1, &lines(6..7)[..]),
    ];
    assert!(files.append(&batch).is_err());
    std::fs::remove_dir(&in_the_way).unwrap();
    assert_holds(&folder, &[0, 1]);
    files.append(&batch).unwrap();
    assert_holds(&folder, &[0, 1, 2, 3, 4, 5, 6]);
    drop(files);
    open(&folder).append(&[(2, &lines(7..8))]).unwrap();
    assert_holds(&folder, &[0, 1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn aud_07_what_was_acknowledged_is_in_the_head() {
    let folder = folder("head");
    let mut files = open(&folder);
    for number in 0..20 {
        let day = i64::from(number) / 7;
        files.append(&[(day, &lines(number..number + 2))]).unwrap();
        let reader = TrailReader::in_folder(&folder.0).unwrap();
        let head = reader.head().unwrap().known().unwrap();
        let newest = reader.newest().unwrap().unwrap();
        assert_eq!(
            (head.point, head.day, head.length),
            (newest.point, newest.day, newest.length)
        );
        assert_eq!(head.point.sequence, u64::from(number) * 2 + 2);
    }
}

#[test]
fn aud_07_a_crash_between_the_records_and_the_head_loses_nothing() {
    let folder = folder("crash");
    let mut files = open(&folder);
    files.append(&[(1, &lines(0..3))]).unwrap();
    let head = std::fs::read(folder.0.join("head")).unwrap();
    files
        .append(&[(1, &lines(3..5)), (2, &lines(5..6))])
        .unwrap();
    drop(files);
    // The head as it was before; half a line behind.
    std::fs::write(folder.0.join("head"), head).unwrap();
    beside(&folder.0.join("1970-01-03.jsonl"))
        .write_all(b"{\"n\":6")
        .unwrap();
    let report = judge(&folder);
    assert!(report.is_good(), "{:?}", report.findings);
    assert_eq!((report.proven, report.unfinished), (6, 1));
    let (mut files, opened) = TrailFiles::open(&folder.0).unwrap();
    assert_eq!((opened.alarm, opened.repairs.len()), (None, 1));
    files.append(&[(2, &lines(6..7))]).unwrap();
    assert_holds(&folder, &[0, 1, 2, 3, 4, 5, 6]);
}

#[test]
fn torn_ends_of_older_days_are_cut_off_too() {
    let folder = folder("older");
    let mut files = open(&folder);
    for day in 1..6 {
        files.append(&[(day, &lines(0..1))]).unwrap();
    }
    drop(files);
    // The clock had been set back as the machine went down.
    beside(&folder.0.join("1970-01-02.jsonl"))
        .write_all(b"{\"n\":6")
        .unwrap();
    let (_, opened) = TrailFiles::open(&folder.0).unwrap();
    assert_eq!((opened.alarm, opened.repairs.len()), (None, 1));
    let report = judge(&folder);
    assert_eq!(
        (report.proven, report.unfinished, report.is_good()),
        (5, 0, true)
    );
}

#[test]
fn aud_07_nothing_is_acknowledged_into_a_file_that_lost_its_name() {
    let folder = folder("unnamed");
    let mut files = open(&folder);
    files.append(&[(1, &lines(0..3))]).unwrap();
    let (path, aside) = (files.path(1), folder.0.join("aside"));
    std::fs::rename(&path, &aside).unwrap();
    assert!(files.append(&[(1, &lines(80..81))]).is_err(), "moved");
    std::fs::copy(&aside, &path).unwrap();
    assert!(files.append(&[(1, &lines(81..82))]).is_err(), "replaced");
    // Put back it goes on, with nothing of what was refused.
    std::fs::rename(&aside, &path).unwrap();
    files.append(&[(1, &lines(3..4))]).unwrap();
    assert_holds(&folder, &[0, 1, 2, 3]);
    std::fs::remove_file(&path).unwrap();
    for _ in 0..2 {
        assert!(files.append(&[(1, &lines(4..5))]).is_err(), "removed");
    }
    drop(files);
    let (_, opened) = TrailFiles::open(&folder.0).unwrap();
    assert_eq!(
        opened.alarm,
        Some(TrailAlarm::Missing { found: 0, head: 4 })
    );
}
