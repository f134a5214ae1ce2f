//! The lines of the trail: the last ones, and those that come.

use std::path::Path;

use locum_server::trail::{FileError, Look, TrailDay, TrailLines, TrailReader};

use crate::error::CliError;
use crate::limits;

/// A place in the trail.
#[derive(Debug)]
pub struct Trail {
    reader: TrailReader,
    /// The day being read, and its lines from where reading goes on.
    at: Option<(TrailDay, TrailLines)>,
}

/// The reader of a data directory's trail.
pub fn reader(data: &Path) -> Result<TrailReader, CliError> {
    TrailReader::open(data).map_err(|_| {
        let message = format!("there is no trail in {}", data.display());
        CliError::configuration(
            message,
            "name the server's data directory with --data DIR or LOCUM_DATA",
        )
    })
}

/// A trail that cannot be read.
pub fn failed(error: FileError) -> CliError {
    let error = std::io::Error::other(error.to_string());
    CliError::io("cannot read the trail".to_owned(), error)
}

impl Trail {
    /// The trail of a data directory.
    pub fn open(data: &Path) -> Result<Trail, CliError> {
        Ok(Trail {
            reader: reader(data)?,
            at: None,
        })
    }

    /// The last `count` whole lines, oldest first. Reading goes on from their end.
    pub fn last(&mut self, count: usize) -> Result<Vec<Vec<u8>>, CliError> {
        let mut found: Vec<Vec<u8>> = Vec::new();
        let days = self.reader.days().map_err(failed)?;
        let mut end = None;
        for day in days.iter().rev() {
            let mut day_end = 0;
            let look = |line: locum_server::trail::TrailLine<'_>| {
                day_end = day_end.max(line.end);
                if found.len() < count {
                    found.push(line.bytes.to_vec());
                }
                match found.len() < count {
                    true => Look::On,
                    false => Look::Enough,
                }
            };
            self.reader.backwards(*day, look).map_err(failed)?;
            end.get_or_insert((*day, day_end));
            if found.len() >= count {
                break;
            }
        }
        if let Some((day, offset)) = end {
            let lines = self.reader.lines(day, offset).map_err(failed)?;
            self.at = Some((day, lines));
        }
        found.reverse();
        Ok(found)
    }

    /// Whole lines written since the last look, at most one chunk of them.
    pub fn more(&mut self) -> Result<Vec<Vec<u8>>, CliError> {
        let mut found = Vec::new();
        loop {
            if let Some((_, lines)) = &mut self.at {
                let mut bytes = 0;
                while let Some(line) = lines.next_line().map_err(failed)? {
                    bytes += line.bytes.len();
                    found.push(line.bytes.to_vec());
                    if bytes >= limits::TRAIL_CHUNK_BYTES {
                        break;
                    }
                }
                if !found.is_empty() {
                    return Ok(found);
                }
            }
            let days = self.reader.days().map_err(failed)?;
            let read = self.at.as_ref().map(|(day, _)| *day);
            let Some(next) = days.into_iter().find(|day| Some(*day) > read) else {
                return Ok(found);
            };
            let lines = self.reader.lines(next, 0).map_err(failed)?;
            self.at = Some((next, lines));
        }
    }
}
