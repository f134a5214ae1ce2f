//! Lines of the day files: which days there are, one line by its place, and the lines before a place.

use super::query::Position;
use crate::trail::reader::{TrailDay, days_in};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Longest line that is read: an event at its largest, and what is added to it.
pub(super) const LINE_BYTES_MAX: usize = crate::limits::EVENT_BYTES_MAX + 4_096;
/// Bytes read at a time.
const CHUNK_BYTES: usize = 1 << 20;
/// The days that have a file, the newest first.
pub(crate) fn days(dir: &Path) -> io::Result<Vec<i64>> {
    let days = days_in(dir)?.into_iter().rev();
    Ok(days.map(TrailDay::number).collect())
}

/// The file of a day.
pub(crate) fn path(dir: &Path, day: i64) -> PathBuf {
    dir.join(TrailDay::of_number(day).file_name())
}

/// Reads exactly the line that stands there, without its line feed. `None` when no line stands there.
pub(super) fn line_at(file: &File, offset: u64, len: u64) -> io::Result<Option<Vec<u8>>> {
    let Some(len) = usize::try_from(len)
        .ok()
        .filter(|len| *len <= LINE_BYTES_MAX)
    else {
        return Ok(None);
    };
    // With the byte before it, to see that a line begins here.
    let before = u64::from(offset > 0);
    let mut bytes = vec![0; len + before as usize];
    match file.read_exact_at(&mut bytes, offset - before) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let begins = before == 0 || bytes.first() == Some(&b'\n');
    let ends = bytes.pop() == Some(b'\n');
    let line = bytes.split_off(before as usize);
    Ok((begins && ends && !line.contains(&b'\n')).then_some(line))
}

/// Goes through the whole lines of `start..end`, the last one first, until `each` says stop.
/// `start` must be the beginning of a line. Returns how far it came: the place of the last line seen.
pub(super) fn backwards(
    file: &File,
    (start, end): (u64, u64),
    mut each: impl FnMut(u64, &[u8]) -> io::Result<Step>,
) -> io::Result<u64> {
    // `held` are the bytes from `at` on that were not given out yet.
    let (mut at, mut held) = (end, Vec::<u8>::new());
    let mut last = end;
    loop {
        while let Some(feed) = held
            .split_last()
            .and_then(|(_, text)| memchr::memrchr(b'\n', text))
        {
            let line = held.split_off(feed + 1);
            if visit(at + feed as u64 + 1, &line, &mut each, &mut last)? == Step::Stop {
                return Ok(last);
            }
        }
        if at == start {
            visit(at, &held, &mut each, &mut last)?;
            return Ok(last);
        }
        let count = CHUNK_BYTES.min(usize::try_from(at - start).unwrap_or(CHUNK_BYTES));
        let mut chunk = vec![0; count];
        at -= count as u64;
        file.read_exact_at(&mut chunk, at)?;
        if held.len() > LINE_BYTES_MAX {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a line of the trail is too long",
            ));
        }
        chunk.extend_from_slice(&held);
        held = chunk;
    }
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    More,
    Stop,
}

/// Gives out one line, with its line feed in `line`; a torn one at the end of the file is left out.
fn visit(
    at: u64,
    line: &[u8],
    each: &mut impl FnMut(u64, &[u8]) -> io::Result<Step>,
    last: &mut u64,
) -> io::Result<Step> {
    match line.split_last() {
        Some((b'\n', text)) => {
            *last = at;
            each(at, text)
        }
        _ => Ok(Step::More),
    }
}

/// Goes through the whole lines from `start` on up to `end`, and returns where the next one begins. `held` is
/// where it reads to, kept from call to call.
pub(super) fn forwards(
    file: &File,
    (start, end): (u64, u64),
    held: &mut Vec<u8>,
    mut each: impl FnMut(u64, &[u8]) -> Step,
) -> io::Result<u64> {
    let (mut at, mut read) = (start, start);
    held.clear();
    while read < end {
        let count = CHUNK_BYTES.min(usize::try_from(end - read).unwrap_or(CHUNK_BYTES));
        let from = held.len();
        held.resize(from + count, 0);
        if let Some(place) = held.get_mut(from..) {
            file.read_exact_at(place, read)?;
        }
        read += count as u64;
        let mut begin = 0;
        while let Some(len) = held
            .get(begin..)
            .and_then(|text| memchr::memchr(b'\n', text))
        {
            let line = held.get(begin..begin + len).unwrap_or_default();
            let step = each(at, line);
            begin += len + 1;
            at += len as u64 + 1;
            if step == Step::Stop {
                return Ok(at);
            }
        }
        held.drain(..begin);
        if held.len() > LINE_BYTES_MAX {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a line of the trail is too long",
            ));
        }
    }
    Ok(at)
}

impl Position {
    /// The place of a line.
    pub(super) fn new(day: i64, offset: u64) -> Position {
        Position { day, offset }
    }
}
