//! The index of an open store: kept up by a thread of its own, asked through another.

use super::lines::{self, Step, forwards};
use super::postings::RECORDS_MAX;
use super::query::{Found, Query, search};
use super::run::Run;
use super::segment::encode;
use super::shelf::Shelf;
use crate::completion::Promise;
use crate::disk::files::{Access, private_file};
use crate::engine::{LoadError, Unavailable};
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

/// How often new records are looked for.
const TICK: Duration = Duration::from_millis(200);
/// Bytes that are indexed in one go, so that an end of the program does not wait long.
const STEP_BYTES: u64 = 8 * 1024 * 1024;
/// Bytes of the newest records that are put into memory in one go: a look-up waits for that.
const FOLLOW_BYTES: u64 = 2 * 1024 * 1024;
/// Bytes that a look-up may have indexed first.
const CATCH_UP_BYTES: u64 = 512 * 1024;
/// The priority of the thread that builds.
#[cfg(target_os = "linux")]
const BUILDER_NICE: i32 = 19;
/// The end of an old day's file makes a segment when it is that long, or has not grown for a while:
/// records come late around midnight, and for longer when a clock was set back.
const END_BYTES_MIN: u64 = 4 * 1024 * 1024;
/// How long that is.
const END_QUIET: Duration = Duration::from_secs(60);
/// Look-ups that wait.
const QUEUE_MAX: usize = 64;

type Durable = Box<dyn Fn(i64) -> u64 + Send + Sync>;
type Answer = Promise<Result<Found, LoadError>>;

/// The index of an open store.
pub(crate) struct Index {
    dir: PathBuf,
    shelf: Shelf,
    /// The newest records. Held for writing only while a batch of them is put in.
    newest: RwLock<Option<Run>>,
    /// Held by whoever builds.
    builder: Mutex<Builder>,
    /// Bytes of a day's file that are durable; 0 when all that stand there are.
    durable: Durable,
    asked: SyncSender<(Query, Answer)>,
    /// Records of one segment.
    records_max: AtomicUsize,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("dir", &self.dir).finish()
    }
}

#[derive(Debug, Default)]
struct Builder {
    /// A segment in the making that is not the newest.
    gap: Option<(Run, u64)>,
    /// Gaps in which there is no whole line.
    empty: BTreeSet<(i64, u64)>,
    /// Where lines are read to.
    held: Vec<u8>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens the index of a trail's folder. The receiver is for [`Index::answer`].
pub(crate) fn open(
    dir: &Path,
    durable: impl Fn(i64) -> u64 + Send + Sync + 'static,
) -> io::Result<(Index, Receiver<(Query, Answer)>)> {
    let (asked, questions) = sync_channel(QUEUE_MAX);
    let index = Index {
        dir: dir.to_path_buf(),
        shelf: Shelf::open(&dir.join("index"))?,
        newest: RwLock::default(),
        builder: Mutex::default(),
        durable: Box::new(durable),
        asked,
        records_max: AtomicUsize::new(RECORDS_MAX),
    };
    Ok((index, questions))
}

/// What a step of building came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// There is more to do.
    More,
    /// Everything is indexed.
    Done,
}

impl Index {
    /// Has a query answered.
    pub(crate) fn ask(&self, query: Query, answer: Answer) {
        if let Err(error) = self.asked.try_send((query, answer)) {
            let (reason, (_, answer)) = match error {
                TrySendError::Full(asked) => (Unavailable::Overloaded, asked),
                TrySendError::Disconnected(asked) => (Unavailable::Closed, asked),
            };
            answer.set(Err(reason.into()));
        }
    }

    /// The thread that answers: until closed.
    pub(crate) fn answer(&self, questions: &Receiver<(Query, Answer)>, closed: impl Fn() -> bool) {
        loop {
            match questions.recv_timeout(TICK) {
                Ok((query, answer)) => answer.set(self.search(&query)),
                Err(RecvTimeoutError::Timeout) if !closed() => {}
                Err(_) => break,
            }
        }
        while let Ok((_, answer)) = questions.try_recv() {
            answer.set(Err(Unavailable::Closed.into()));
        }
    }

    pub(super) fn search(&self, query: &Query) -> Result<Found, LoadError> {
        // What is new is indexed first, unless somebody does already: whoever asks finds what was
        // answered before. A fault here is found again, and told, by the search itself.
        if let Ok(mut builder) = self.builder.try_lock() {
            let _ = self.step(&mut builder, CATCH_UP_BYTES);
        }
        let newest = self.newest.read().unwrap_or_else(PoisonError::into_inner);
        search(&self.dir, &self.shelf, newest.as_ref(), query)
            .map_err(|error| Unavailable::Storage(error.to_string()).into())
    }

    /// The thread that builds: until closed.
    pub(crate) fn build(&self, stop: &Receiver<()>) {
        // After the calls: on Linux this is the priority of the thread.
        #[cfg(target_os = "linux")]
        let _ = rustix::process::setpriority_process(None, BUILDER_NICE);
        loop {
            let progress = {
                let mut builder = lock(&self.builder);
                self.step(&mut builder, STEP_BYTES)
            };
            let wait = match progress {
                Ok(Progress::More) => Duration::ZERO,
                // A fault of the disk is tried again: the index is behind meanwhile, nothing else.
                Ok(Progress::Done) | Err(_) => TICK,
            };
            if stop.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    }

    /// Indexes a part of what is not indexed: the newest records first, then gaps, the newest first.
    fn step(&self, builder: &mut Builder, bytes_max: u64) -> io::Result<Progress> {
        for key in self.shelf.damaged() {
            self.shelf.remove(key);
        }
        let days = lines::days(&self.dir)?;
        self.forget_removed(builder, &days);
        let Some(today) = days.first().copied() else {
            return Ok(Progress::Done);
        };
        let followed = self.follow(today, bytes_max.min(FOLLOW_BYTES), &mut builder.held)?;
        if followed == Progress::More {
            return Ok(Progress::More);
        }
        if builder.gap.is_none() {
            builder.gap = self.next_gap(&days, &builder.empty)?;
        }
        let Some((run, end)) = &mut builder.gap else {
            return Ok(Progress::Done);
        };
        let file = private_file(&lines::path(&self.dir, run.day), Access::Read)
            .map_err(|error| io::Error::other(error.to_string()))?;
        let until = (*end).min(run.end.saturating_add(bytes_max));
        take(&file, run, until, &mut builder.held)?;
        if !run.is_full() && until < *end {
            return Ok(Progress::More);
        }
        if let Some((run, _)) = builder.gap.take() {
            match run.rows.is_empty() {
                true => drop(builder.empty.insert((run.day, run.start))),
                false => self.seal(&run)?,
            }
        }
        Ok(Progress::More)
    }

    /// Segments of days that were removed go, and what was begun for them.
    fn forget_removed(&self, builder: &mut Builder, days: &[i64]) {
        for day in self.shelf.days() {
            if !days.contains(&day) {
                let segments = self.shelf.of_day(day).into_iter();
                segments.for_each(|(start, _)| self.shelf.remove((day, start)));
            }
        }
        builder.gap.take_if(|(run, _)| !days.contains(&run.day));
        builder.empty.retain(|(day, _)| days.contains(day));
    }

    fn records_max(&self) -> usize {
        self.records_max.load(Ordering::Relaxed)
    }

    fn seal(&self, run: &Run) -> io::Result<()> {
        self.shelf
            .put((run.day, run.start), run.end, &encode(run))
            .map_err(|error| io::Error::other(error.to_string()))
    }

    /// How far a day's file may be read: what is behind may still be taken back.
    fn durable_end(&self, day: i64, len: u64) -> u64 {
        match (self.durable)(day) {
            0 => len,
            durable => durable.min(len),
        }
    }

    /// Puts new records of the newest day into memory, and writes a segment when there are enough.
    fn follow(&self, today: i64, bytes_max: u64, held: &mut Vec<u8>) -> io::Result<Progress> {
        let file = match private_file(&lines::path(&self.dir, today), Access::Read) {
            Ok(file) => file,
            Err(error) => return Err(io::Error::other(error.to_string())),
        };
        let end = self.durable_end(today, file.metadata()?.len());
        let mut newest = self.newest.write().unwrap_or_else(PoisonError::into_inner);
        let current = newest.take_if(|run| run.day != today || run.end > end);
        if let Some(run) = current.filter(|run| run.day != today && !run.rows.is_empty()) {
            self.seal(&run)?;
        }
        let run = newest.get_or_insert_with(|| {
            let covered = self.shelf.of_day(today).last().map_or(0, |(_, end)| *end);
            Run::new(today, covered.min(end), self.records_max())
        });
        let until = end.min(run.end.saturating_add(bytes_max));
        let before = run.end;
        take(&file, run, until, held)?;
        let more = run.end < end && run.end > before;
        if run.is_full() {
            drop(newest);
            // Look-ups go on in memory until the segment is there.
            if let Some(full) = &*self.newest.read().unwrap_or_else(PoisonError::into_inner) {
                self.seal(full)?;
            }
            *self.newest.write().unwrap_or_else(PoisonError::into_inner) = None;
            return Ok(Progress::More);
        }
        Ok(match more {
            true => Progress::More,
            false => Progress::Done,
        })
    }

    /// The newest part of a day's file that no segment covers, without the part in memory.
    fn next_gap(
        &self,
        days: &[i64],
        empty: &BTreeSet<(i64, u64)>,
    ) -> io::Result<Option<(Run, u64)>> {
        let newest = self.newest.read().unwrap_or_else(PoisonError::into_inner);
        let in_memory = newest.as_ref().map(|run| (run.day, run.start));
        drop(newest);
        for day in days.iter().copied() {
            let mut end = match in_memory.filter(|(run_day, _)| *run_day == day) {
                Some((_, start)) => start,
                None => self.quiet_end(day)?,
            };
            for (start, segment_end) in self.shelf.of_day(day).into_iter().rev() {
                if segment_end > end {
                    // Records that are gone again: it covers what is not there.
                    self.shelf.remove((day, start));
                    continue;
                }
                if segment_end < end && !empty.contains(&(day, segment_end)) {
                    return Ok(Some((Run::new(day, segment_end, self.records_max()), end)));
                }
                end = start;
            }
            if end > 0 && !empty.contains(&(day, 0)) {
                return Ok(Some((Run::new(day, 0, self.records_max()), end)));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
impl Index {
    /// One step of building; whether there is more to do.
    pub(super) fn advance_for_test(&self) -> bool {
        let mut builder = lock(&self.builder);
        self.step(&mut builder, STEP_BYTES)
            .unwrap_or(Progress::Done)
            == Progress::More
    }

    /// Smaller segments than in use.
    pub(super) fn records_per_segment_for_test(&self, records: usize) {
        self.records_max.store(records, Ordering::Relaxed);
    }

    pub(super) fn newest_end_for_test(&self) -> Option<u64> {
        let newest = self.newest.read().unwrap_or_else(PoisonError::into_inner);
        newest.as_ref().map(|run| run.end)
    }
}

impl Index {
    /// How far an old day's file is to be indexed now.
    fn quiet_end(&self, day: i64) -> io::Result<u64> {
        let found = std::fs::metadata(lines::path(&self.dir, day))?;
        let end = self.durable_end(day, found.len());
        let covered = self.shelf.of_day(day).last().map_or(0, |(_, end)| *end);
        let quiet = found.modified()?.elapsed().unwrap_or_default() >= self.end_quiet();
        let is_due = quiet || end.saturating_sub(covered) >= END_BYTES_MIN;
        Ok(match is_due {
            true => end,
            false => covered.min(end),
        })
    }

    /// Tests do not wait.
    fn end_quiet(&self) -> Duration {
        match self.records_max() < RECORDS_MAX {
            true => Duration::ZERO,
            false => END_QUIET,
        }
    }
}

/// Puts whole lines into a run, until it is full.
fn take(file: &File, run: &mut Run, until: u64, held: &mut Vec<u8>) -> io::Result<()> {
    forwards(file, (run.end, until), held, |_, line| {
        run.push(line);
        match run.is_full() {
            true => Step::Stop,
            false => Step::More,
        }
    })?;
    Ok(())
}
