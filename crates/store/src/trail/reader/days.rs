//! Days, each of which has a file of its own: their names, and which there are.

use crate::day;
use std::fmt;
use std::io;
use std::path::Path;
use std::str::FromStr;

/// A UTC day, which has a file of its own: days since 1970-01-01, shown as `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrailDay(i64);

impl TrailDay {
    /// The day of a Unix time in seconds.
    pub fn of_time(time_s: i64) -> TrailDay {
        TrailDay(day::day_of(time_s))
    }

    /// Days since 1970-01-01.
    pub fn number(self) -> i64 {
        self.0
    }

    pub(crate) fn of_number(day: i64) -> TrailDay {
        TrailDay(day)
    }

    /// The name of the day's file in the trail's folder.
    pub fn file_name(self) -> String {
        format!("{self}.jsonl")
    }
}

impl fmt::Display for TrailDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&day::name_of(self.0))
    }
}

/// Not a day as `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a day of the form YYYY-MM-DD")]
pub struct NoDay;

impl FromStr for TrailDay {
    type Err = NoDay;
    fn from_str(text: &str) -> Result<TrailDay, NoDay> {
        day::of_name(text).map(TrailDay).ok_or(NoDay)
    }
}

/// The days that have a file in a trail's folder, oldest first.
pub(crate) fn days_in(dir: &Path) -> io::Result<Vec<TrailDay>> {
    let mut days = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        let day = name.strip_suffix(".jsonl").map(str::parse::<TrailDay>);
        days.extend(day.and_then(Result::ok));
    }
    days.sort_unstable();
    Ok(days)
}
