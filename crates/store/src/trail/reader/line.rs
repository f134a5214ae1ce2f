//! One line of a day's file, taken apart.

use crate::trail::chain::{ChainPoint, Integrity, record_of, split};

/// One whole line of the trail, without its line feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrailLine<'a> {
    /// Where it begins in its day's file.
    pub offset: u64,
    /// Where the next one begins.
    pub end: u64,
    /// As it stands in the file.
    pub bytes: &'a [u8],
}

impl TrailLine<'_> {
    /// What it says of its place in the chain. Whether that is true is for
    /// [`verify_trail`](crate::verify_trail) to say.
    pub fn integrity(&self) -> Integrity {
        split(self.bytes).1
    }

    /// Its place in the chain, when it says one.
    pub fn point(&self) -> Option<ChainPoint> {
        ChainPoint::of_line(self.bytes)
    }

    /// The record as it was given to the trail: see [`record_of`].
    pub fn record(&self) -> Vec<u8> {
        record_of(self.bytes)
    }
}
