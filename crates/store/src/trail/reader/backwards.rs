//! A day's lines from the last one backwards, without reading what stands before.

use super::BLOCK;
use super::line::TrailLine;
use crate::limits::TRAIL_LINE_BYTES_MAX;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Whether reading backwards goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// It does.
    On,
    /// What was looked for is found.
    Enough,
}

/// Calls `look` with the whole lines of a file from its last backwards.
pub(super) fn backwards(
    file: &mut File,
    look: &mut dyn FnMut(TrailLine<'_>) -> Look,
) -> io::Result<()> {
    // `held` are the bytes from `start` to the end of the line that is looked for next.
    let mut start = file.seek(SeekFrom::End(0))?;
    let mut held: Vec<u8> = Vec::new();
    let mut whole = Whole::NotYet;
    loop {
        let feed = held.iter().rposition(|byte| *byte == b'\n');
        if let (Some(at), Whole::NotYet) = (feed, whole) {
            // What stands behind the last line feed is no whole line.
            held.truncate(at);
            whole = Whole::Yes;
            continue;
        }
        if let (Some(at), Whole::Yes) = (feed, whole) {
            if look(line_of(&held, start, at + 1)) == Look::Enough {
                return Ok(());
            }
            held.truncate(at);
            continue;
        }
        if start == 0 {
            if whole == Whole::Yes {
                look(line_of(&held, 0, 0));
            }
            return Ok(());
        }
        if held.len() > TRAIL_LINE_BYTES_MAX {
            match whole {
                // Nothing of it is needed: it is no whole line.
                Whole::NotYet => held.clear(),
                // No record is as long, so nothing before it is told.
                Whole::Yes => return Ok(()),
            }
        }
        let length = start.min(BLOCK as u64);
        start -= length;
        file.seek(SeekFrom::Start(start))?;
        let mut block = Vec::new();
        file.by_ref().take(length).read_to_end(&mut block)?;
        block.append(&mut held);
        held = block;
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Whole {
    NotYet,
    Yes,
}

fn line_of(held: &[u8], start: u64, from: usize) -> TrailLine<'_> {
    let bytes = held.get(from..).unwrap_or_default();
    let offset = start + from as u64;
    TrailLine {
        offset,
        end: offset + bytes.len() as u64 + 1,
        bytes,
    }
}
