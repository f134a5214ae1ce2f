//! Days that are removed beside a writer, and what becomes of texts that only they refer to.

use super::*;
use crate::event_policy::{EventPolicy, PolicyHash};
use crate::trail::Disk;
use crate::trail::file::TrailFiles;
use crate::trail::pruned::Pruned;
use crate::trail::reader::TrailDay;
use crate::trail::verify::{Marker, TrailReport, VerifyOptions, verify_trail};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn folder(name: &str) -> Folder {
    let path = std::env::temp_dir().join(format!("locum-remove-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    Folder(path)
}

fn days(reader: &TrailReader) -> Vec<i64> {
    let days = reader.days().unwrap();
    days.into_iter().map(TrailDay::number).collect()
}

fn lengths(reader: &TrailReader, days: &[i64]) -> Vec<DayLength> {
    let days = days.iter().map(|day| TrailDay::of_number(*day));
    days.map(|day| (day, reader.length(day).unwrap())).collect()
}

fn judge(reader: &TrailReader) -> TrailReport {
    let marker = Pruned::read(reader).unwrap();
    let options = VerifyOptions {
        marker: marker.as_ref().map_or(Marker::None, Marker::Trusted),
        ..VerifyOptions::default()
    };
    verify_trail(reader, &options, &mut |_| {}).unwrap()
}

#[test]
fn aud_07_a_record_that_comes_for_a_removed_day_is_kept() {
    let folder = folder("late");
    let (mut files, _) = TrailFiles::open(&folder.0).unwrap();
    for day in 1..4 {
        files.append(&[(day, b"{\"n\":1}\n{\"n\":2}\n")]).unwrap();
    }
    let reader = TrailReader::in_folder(&folder.0).unwrap();
    let gone = lengths(&reader, &[1, 2]);
    let marker = Pruned::with_days(None, &reader, &gone, "-")
        .unwrap()
        .unwrap();
    marker.write(&reader).unwrap();
    // One of them has grown since: it stays, and so do those behind it.
    files.append(&[(1, b"{\"n\":3}\n")]).unwrap();
    assert!(files.set_aside(&gone).is_err());
    assert_eq!(days(&reader), [1, 2, 3]);
    assert!(judge(&reader).is_good());
    files.append(&[(2, b"{\"n\":3}\n")]).unwrap();
    let gone = lengths(&reader, &[1, 2]);
    let marker = Pruned::with_days(None, &reader, &gone, "-")
        .unwrap()
        .unwrap();
    marker.write(&reader).unwrap();
    files.set_aside(&gone).unwrap();
    assert_eq!(days(&reader), [3]);
    assert!(judge(&reader).is_good());
    // The writer had day 2 open; what comes for it now is in a new file, and provable.
    files
        .append(&[(2, b"{\"n\":4}\n"), (3, b"{\"n\":5}\n")])
        .unwrap();
    assert_eq!(days(&reader), [2, 3]);
    let report = judge(&reader);
    assert_eq!((report.findings, report.proven), (vec![], 4));
    drop(files);
    let aside = std::fs::read_dir(&folder.0).unwrap();
    let aside =
        aside.filter(|entry| entry.as_ref().unwrap().path().extension() == Some(OsStr::new(ASIDE)));
    assert_eq!(aside.count(), 2);
    let (_, opened) = TrailFiles::open(&folder.0).unwrap();
    assert_eq!(opened.alarm, None);
    assert!(
        !folder.0.join("1970-01-02.jsonl.removed").exists(),
        "a crash leaves it to the next start"
    );
}

fn text_path(folder: &Folder, hash: PolicyHash) -> PathBuf {
    let name = hash.to_string();
    folder
        .0
        .join("policies")
        .join(name.split_at(2).0)
        .join(&name)
}

fn age(folder: &Folder, hash: PolicyHash, days: u64) {
    let time = SystemTime::now() - Duration::from_secs(days * 86_400);
    let file = std::fs::File::open(text_path(folder, hash)).unwrap();
    file.set_modified(time).unwrap();
}

#[test]
fn a_text_goes_with_the_last_day_that_refers_to_it_and_is_written_again() {
    let folder = folder("texts");
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    let today = i64::try_from(now.as_secs()).unwrap() / 86_400;
    let (mut files, _) = TrailFiles::open(&folder.0).unwrap();
    let [old, used, new] = ["old", "used", "new"].map(EventPolicy::new);
    files
        .keep(&[old.clone(), used.clone(), new.clone()])
        .unwrap();
    let trail = Arc::new(Trail::new(Arc::default()));
    for day in [today - 20, today - 10, today] {
        files.append(&[(day, b"{}\n")]).unwrap();
    }
    drop(files);
    age(&folder, old.hash(), 15);
    age(&folder, used.hash(), 15);
    let (mut files, _) = TrailFiles::open(&folder.0).unwrap();
    // Not known to this writer, and referred to today.
    files.keep(std::slice::from_ref(&used)).unwrap();
    let writer = {
        let trail = trail.clone();
        std::thread::spawn(move || {
            trail.run(&mut files);
            files
        })
    };
    let reader = TrailReader::in_folder(&folder.0).unwrap();
    // The times are not to be relied on before the day on which they were first noted.
    let gone = lengths(&reader, &[today - 20]);
    let removed = remove(&trail, &folder.0, gone).unwrap();
    assert_eq!(
        removed,
        TrailRemoved {
            days: 1,
            policy_texts: 0
        }
    );
    let since = crate::day::name_of(today - 11);
    std::fs::write(folder.0.join("policies/since"), since + "\n").unwrap();
    let removed = remove(&trail, &folder.0, Vec::new()).unwrap();
    assert_eq!(
        removed,
        TrailRemoved {
            days: 0,
            policy_texts: 1
        }
    );
    assert!(!text_path(&folder, old.hash()).exists());
    assert!(text_path(&folder, used.hash()).exists() && text_path(&folder, new.hash()).exists());
    trail.close();
    let mut files = writer.join().unwrap();
    files.keep(std::slice::from_ref(&old)).unwrap();
    assert!(text_path(&folder, old.hash()).exists());
}
