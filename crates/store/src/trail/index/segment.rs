//! One immutable segment of the index on disk.
//!
//! ```text
//! heavy     blocks of long posting lists, each its own
//! postings  blocks of entries: difference of the hash, then the number of bytes of a posting list
//!           and the list, or 0 and the place of a heavy block
//! rows      blocks of 256 records: lengths of the lines and differences of their times
//! fences    one block: the first hash and the place of each postings block, the place of each rows block
//! foot      one block of fixed length at the end: what is covered, where the fences stand
//! tail      magic and version
//! ```
//! Each block ends with its checksum. A look-up reads one postings block; a segment in memory is its
//! fences, a few kilobytes.

use super::block::{
    BLOCK_BYTES_MAX, Place, Reader, SUM_BYTES, push, push_number, push_signed, read,
};
use super::postings::{self, Set};
use super::run::{Row, Run};
use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a segment's file ends with: its kind and the version of its form.
const MAGIC: &[u8; 8] = b"LOCUMIX3";
/// Bytes of the foot: eight numbers.
const FOOT_BYTES: usize = 64;
/// A postings block is closed beyond this size.
const POSTINGS_BYTES: usize = 4_096;
/// A longer posting list has a block of its own.
const LIGHT_BYTES_MAX: usize = 128;
/// So many records are never longer: three bytes for each and for their number.
const LIGHT_RECORDS_MAX: usize = LIGHT_BYTES_MAX / 3 - 1;
/// Rows of one block.
const ROWS: usize = 256;

/// A segment that is open: its file, what it covers, its fences.
#[derive(Debug)]
pub(super) struct Segment {
    file: File,
    pub(super) day: i64,
    /// The bytes of the day's file that are covered.
    pub(super) start: u64,
    pub(super) end: u64,
    /// Unix seconds of the oldest and the newest record.
    pub(super) times: (i64, i64),
    records: u64,
    hashes: Vec<(u64, Place)>,
    rows: Vec<(u64, Place)>,
    /// Something in it is not as it was written: it is made again.
    damaged: AtomicBool,
}

/// The bytes of a segment's file.
pub(super) fn encode(run: &Run) -> Vec<u8> {
    let all = run.sorted();
    let mut out = Vec::with_capacity(all.len() * 5);
    let hashes = encode_postings(&mut out, &all);
    let rows = encode_rows(&mut out, run);
    let mut fences = Vec::new();
    push_number(&mut fences, hashes.len() as u64);
    for (hash, place) in &hashes {
        push_number(&mut fences, *hash);
        push_number(&mut fences, place.offset);
        push_number(&mut fences, u64::from(place.len));
    }
    push_number(&mut fences, rows.len() as u64);
    for (offset, place) in &rows {
        push_number(&mut fences, *offset);
        push_number(&mut fences, place.offset);
        push_number(&mut fences, u64::from(place.len));
    }
    // Fences of more than a block are several blocks, one after the other.
    let begin = out.len() as u64;
    let parts = fences.chunks(BLOCK_BYTES_MAX);
    for part in parts {
        push(&mut out, part);
    }
    let times = run.rows.iter().map(|row| row.time_s);
    let known = times.filter(|time_s| *time_s != i64::MIN);
    let (oldest, newest) = known.fold((i64::MAX, i64::MIN), |(low, high), time_s| {
        (low.min(time_s), high.max(time_s))
    });
    let mut foot = Vec::with_capacity(FOOT_BYTES);
    for number in [
        run.day,
        run.start as i64,
        run.end as i64,
        run.rows.len() as i64,
        oldest,
        newest,
        begin as i64,
        fences.len() as i64,
    ] {
        foot.extend(number.to_le_bytes());
    }
    push(&mut out, &foot);
    out.extend_from_slice(MAGIC);
    out
}

fn encode_postings(out: &mut Vec<u8>, all: &[u64]) -> Vec<(u64, Place)> {
    let mut bytes = Vec::new();
    // Heavy lists first, so that their places are known when the entries are written.
    let heavy: Vec<Option<Place>> = lists(all)
        .map(|(_, list)| {
            if list.len() <= LIGHT_RECORDS_MAX {
                return None;
            }
            bytes.clear();
            postings::write(&mut bytes, list);
            (bytes.len() > LIGHT_BYTES_MAX).then(|| push(out, &bytes))
        })
        .collect();
    let mut fences = Vec::new();
    let (mut block, mut first, mut last) = (Vec::new(), 0, 0);
    for ((hash, list), heavy) in lists(all).zip(heavy) {
        if block.len() >= POSTINGS_BYTES {
            fences.push((first, push(out, &block)));
            block.clear();
        }
        if block.is_empty() {
            (first, last) = (hash, hash);
        }
        push_number(&mut block, hash - last);
        last = hash;
        match heavy {
            Some(place) => {
                push_number(&mut block, 0);
                push_number(&mut block, place.offset);
                push_number(&mut block, u64::from(place.len));
            }
            None => {
                bytes.clear();
                postings::write(&mut bytes, list);
                push_number(&mut block, bytes.len() as u64);
                block.extend_from_slice(&bytes);
            }
        }
    }
    if !block.is_empty() {
        fences.push((first, push(out, &block)));
    }
    fences
}

/// Each hash with its postings.
fn lists(all: &[u64]) -> impl Iterator<Item = (u64, &[u64])> {
    all.chunk_by(|left, right| left >> 16 == right >> 16)
        .filter_map(|chunk| Some((chunk.first()? >> 16, chunk)))
}

fn encode_rows(out: &mut Vec<u8>, run: &Run) -> Vec<(u64, Place)> {
    let mut fences = Vec::new();
    for rows in run.rows.chunks(ROWS) {
        let (mut block, mut last) = (Vec::new(), 0i64);
        for row in rows {
            push_number(&mut block, row.len);
            push_signed(&mut block, row.time_s.wrapping_sub(last));
            last = row.time_s;
        }
        let offset = rows.first().map_or(run.start, |row| row.offset);
        fences.push((offset, push(out, &block)));
    }
    fences
}

impl Segment {
    /// Opens a segment's file; `None` when it is not one, of another version, or damaged.
    pub(super) fn open(file: File) -> io::Result<Option<Segment>> {
        let size = file.metadata()?.len();
        let tail = (FOOT_BYTES + SUM_BYTES + MAGIC.len()) as u64;
        let Some(foot_at) = size.checked_sub(tail) else {
            return Ok(None);
        };
        let mut magic = [0; 8];
        std::os::unix::fs::FileExt::read_exact_at(&file, &mut magic, size - 8)?;
        if magic != *MAGIC {
            return Ok(None);
        }
        let place = Place {
            offset: foot_at,
            len: FOOT_BYTES as u32,
        };
        let Some(foot) = read(&file, place)? else {
            return Ok(None);
        };
        let numbers: Vec<i64> = foot
            .chunks_exact(8)
            .filter_map(|bytes| Some(i64::from_le_bytes(bytes.try_into().ok()?)))
            .collect();
        let [day, start, end, records, oldest, newest, begin, len] = numbers.as_slice() else {
            return Ok(None);
        };
        let Some(fences) = read_fences(&file, (*begin as u64, *len as u64), foot_at)? else {
            return Ok(None);
        };
        let Some((hashes, rows)) = decode_fences(&fences) else {
            return Ok(None);
        };
        Ok(Some(Segment {
            file,
            day: *day,
            start: *start as u64,
            end: *end as u64,
            times: (*oldest, *newest),
            records: *records as u64,
            hashes,
            rows,
            damaged: AtomicBool::new(false),
        }))
    }

    pub(super) fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    /// Notes that something of it is not as it was written.
    pub(super) fn spoil<T>(&self) -> Option<T> {
        self.damaged.store(true, Ordering::Relaxed);
        None
    }

    fn block(&self, place: Place) -> io::Result<Option<Vec<u8>>> {
        match read(&self.file, place)? {
            None => Ok(self.spoil()),
            found => Ok(found),
        }
    }

    /// Adds the records that have the hash to the set; `None` when the segment is damaged.
    pub(super) fn find(&self, hash: u64, set: &mut Set) -> io::Result<Option<()>> {
        let after = self.hashes.partition_point(|(first, _)| *first <= hash);
        let Some((first, place)) = after.checked_sub(1).and_then(|at| self.hashes.get(at)) else {
            return Ok(Some(()));
        };
        let Some(block) = self.block(*place)? else {
            return Ok(None);
        };
        match entry(&block, *first, hash) {
            Err(Broken) => Ok(self.spoil()),
            Ok(Entry::None) => Ok(Some(())),
            Ok(Entry::Light(list)) => Ok(set.add(list).or_else(|| self.spoil())),
            Ok(Entry::Heavy(place)) => match self.block(place)? {
                Some(list) => Ok(set.add(&list).or_else(|| self.spoil())),
                None => Ok(None),
            },
        }
    }

    /// The rows of the block that a record is in, and the number of the first of them.
    pub(super) fn rows(&self, record: u16) -> io::Result<Option<(usize, Vec<Row>)>> {
        let at = usize::from(record) / ROWS;
        let Some((offset, place)) = self.rows.get(at) else {
            return Ok(self.spoil());
        };
        let Some(block) = self.block(*place)? else {
            return Ok(None);
        };
        let (mut reader, mut offset, mut time_s) = (Reader(&block), *offset, 0i64);
        let mut rows = Vec::with_capacity(ROWS);
        while !reader.is_empty() {
            let (Some(len), Some(step)) = (reader.number(), reader.signed()) else {
                return Ok(self.spoil());
            };
            time_s = time_s.wrapping_add(step);
            rows.push(Row {
                offset,
                len,
                time_s,
            });
            offset = offset.saturating_add(len);
        }
        Ok(Some((at * ROWS, rows)))
    }

    /// How many records it covers.
    pub(super) fn records(&self) -> u64 {
        self.records
    }
}

fn read_fences(file: &File, (begin, len): (u64, u64), end: u64) -> io::Result<Option<Vec<u8>>> {
    let (mut fences, mut at) = (Vec::new(), begin);
    while (fences.len() as u64) < len {
        let left = (len - fences.len() as u64).min(BLOCK_BYTES_MAX as u64);
        let place = Place {
            offset: at,
            len: left as u32,
        };
        if at.saturating_add(left) > end {
            return Ok(None);
        }
        let Some(part) = read(file, place)? else {
            return Ok(None);
        };
        fences.extend(part);
        at += left + SUM_BYTES as u64;
    }
    Ok(Some(fences))
}

type Fences = Vec<(u64, Place)>;

fn decode_fences(bytes: &[u8]) -> Option<(Fences, Fences)> {
    let mut reader = Reader(bytes);
    let mut table = || {
        let count = reader.number()?;
        let mut table = Vec::new();
        for _ in 0..count {
            let first = reader.number()?;
            let offset = reader.number()?;
            let len = u32::try_from(reader.number()?).ok()?;
            table.push((first, Place { offset, len }));
        }
        Some(table)
    };
    Some((table()?, table()?))
}

struct Broken;

enum Entry<'a> {
    None,
    Light(&'a [u8]),
    Heavy(Place),
}

/// The entry of a hash in a postings block.
fn entry(block: &[u8], first: u64, wanted: u64) -> Result<Entry<'_>, Broken> {
    let (mut reader, mut hash) = (Reader(block), first);
    while !reader.is_empty() {
        hash = hash.wrapping_add(reader.number().ok_or(Broken)?);
        let len = reader.number().ok_or(Broken)?;
        let found = if len == 0 {
            let offset = reader.number().ok_or(Broken)?;
            let len = reader.number().and_then(|len| u32::try_from(len).ok());
            let len = len.ok_or(Broken)?;
            Entry::Heavy(Place { offset, len })
        } else {
            let len = usize::try_from(len).map_err(|_| Broken)?;
            Entry::Light(reader.take(len).ok_or(Broken)?)
        };
        if hash == wanted {
            return Ok(found);
        }
        if hash > wanted {
            break;
        }
    }
    Ok(Entry::None)
}
