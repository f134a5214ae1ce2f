//! The segments in `DIR/trail/index`, by day and place: opened once, the least recently used closed.

use super::segment::Segment;
use crate::day;
use crate::disk::files::{Access, FileError, private_dir, private_file};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Segments that are open at once: 65 million records, a few megabytes of fences.
const OPEN_MAX: usize = 1_024;

/// A segment's place: its day, and the byte of the day's file that it begins with.
pub(super) type Key = (i64, u64);

/// The folder of the segments.
#[derive(Debug)]
pub(super) struct Shelf {
    dir: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Segments of a day by their beginning, with their end.
    known: BTreeMap<i64, BTreeMap<u64, u64>>,
    open: HashMap<Key, (Arc<Segment>, u64)>,
    /// Segments that could not be opened.
    bad: BTreeSet<Key>,
    clock: u64,
}

fn file_name((day, start): Key, end: u64) -> String {
    format!("{}.{start:012x}-{end:012x}.idx", day::name_of(day))
}

fn parse(name: &str) -> Option<(Key, u64)> {
    let (date, range) = name.strip_suffix(".idx")?.split_once('.')?;
    let (start, end) = range.split_once('-')?;
    let number = |text: &str| u64::from_str_radix(text, 16).ok();
    let (start, end) = (number(start)?, number(end)?);
    (start < end).then_some(((day::of_name(date)?, start), end))
}

impl Shelf {
    /// Lists the folder, which need not be there.
    pub(super) fn open(dir: &Path) -> io::Result<Shelf> {
        let shelf = Shelf {
            dir: dir.to_path_buf(),
            state: Mutex::default(),
        };
        shelf.list()?;
        Ok(shelf)
    }

    /// Lists the folder again.
    pub(super) fn list(&self) -> io::Result<()> {
        let entries = match std::fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let mut known: BTreeMap<i64, BTreeMap<u64, u64>> = BTreeMap::new();
        for entry in entries {
            let name = entry?.file_name();
            if let Some(((day, start), end)) = name.to_str().and_then(parse) {
                known.entry(day).or_default().insert(start, end);
            }
        }
        self.lock().known = known;
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The segments of a day, the oldest first: begin and end. What overlaps an earlier one is left out.
    pub(super) fn of_day(&self, day: i64) -> Vec<(u64, u64)> {
        let mut covered = 0;
        let state = self.lock();
        let known = state.known.get(&day).into_iter().flatten();
        known
            .map(|(start, end)| (*start, *end))
            .filter(|(start, end)| {
                let fits = *start >= covered;
                covered = if fits { *end } else { covered };
                fits
            })
            .collect()
    }

    /// A segment, opened; `None` when it is gone or damaged.
    pub(super) fn get(&self, key: Key, end: u64) -> Option<Arc<Segment>> {
        let mut state = self.lock();
        state.clock += 1;
        let clock = state.clock;
        if let Some((segment, used)) = state.open.get_mut(&key) {
            *used = clock;
            return (!segment.is_damaged()).then(|| segment.clone());
        }
        drop(state);
        let path = self.dir.join(file_name(key, end));
        let file = private_file(&path, Access::Read).ok();
        let segment = file.and_then(|file| Segment::open(file).ok().flatten());
        let segment =
            segment.filter(|found| (found.day, found.start, found.end) == (key.0, key.1, end));
        let mut state = self.lock();
        let Some(segment) = segment.map(Arc::new) else {
            state.bad.insert(key);
            return None;
        };
        if state.open.len() >= OPEN_MAX {
            let oldest = state.open.iter().min_by_key(|(_, (_, used))| *used);
            let oldest = oldest.map(|(key, _)| *key);
            oldest.map(|key| state.open.remove(&key));
        }
        state.open.insert(key, (segment.clone(), clock));
        Some(segment)
    }

    /// Puts a new segment in its place. It is not synced: a torn one is found out by its checksums.
    pub(super) fn put(&self, key: Key, end: u64, bytes: &[u8]) -> Result<(), FileError> {
        private_dir(&self.dir)?;
        let path = self.dir.join(file_name(key, end));
        let draft = self.dir.join("draft");
        match std::fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(FileError::io(&draft)(error));
            }
            _ => {}
        }
        let mut file = private_file(&draft, Access::New)?;
        io::Write::write_all(&mut file, bytes).map_err(FileError::io(&draft))?;
        std::fs::rename(&draft, &path).map_err(FileError::io(&path))?;
        let mut state = self.lock();
        state.open.remove(&key);
        state.known.entry(key.0).or_default().insert(key.1, end);
        Ok(())
    }

    /// Takes a segment away, so that it is made again.
    pub(super) fn remove(&self, key: Key) {
        let mut state = self.lock();
        state.open.remove(&key);
        let end = state
            .known
            .get_mut(&key.0)
            .and_then(|segments| segments.remove(&key.1));
        drop(state);
        if let Some(end) = end {
            let _ = std::fs::remove_file(self.dir.join(file_name(key, end)));
        }
    }

    /// The days that have segments.
    pub(super) fn days(&self) -> Vec<i64> {
        let state = self.lock();
        let known = state.known.iter();
        let some = known.filter(|(_, segments)| !segments.is_empty());
        some.map(|(day, _)| *day).collect()
    }

    /// Segments that were found to be damaged since they were opened.
    pub(super) fn damaged(&self) -> Vec<Key> {
        let mut state = self.lock();
        let bad = std::mem::take(&mut state.bad);
        let open = state.open.iter();
        open.filter(|(_, (segment, _))| segment.is_damaged())
            .map(|(key, _)| *key)
            .chain(bad)
            .collect()
    }
}
