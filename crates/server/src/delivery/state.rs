//! How far delivery is: kept in one small file, written before and after what it tells of.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use locum_api::TrailDelivery;
use locum_store::TrailDay;
use serde::{Deserialize, Serialize};

use super::sink::write_whole;
use crate::limits;

/// How many bytes of each day's file (days since 1970-01-01) are behind us. Records go to the day of
/// their time, so an older file can still grow.
pub(crate) type Reached = BTreeMap<i64, u64>;

/// What is delivered, and what the next digests will tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    /// All records before it are delivered.
    pub(crate) done: Reached,
    /// A delivery that was begun. It is done again, to the letter, before anything else.
    pub(crate) begun: Option<Begun>,
    /// Unix seconds of the end of the digests that come next; 0 before the first record.
    pub(crate) digest_end_s: i64,
    /// One chain of digests for each account and region of each target, by its name.
    pub(crate) chains: BTreeMap<String, Chain>,
    /// What GetTrailStatus tells of each trail, by its lasting id.
    #[serde(default)]
    pub(crate) trails: BTreeMap<String, TrailDelivery>,
    /// Whether files go to a bucket now, and not to the folder.
    #[serde(default)]
    pub(crate) in_bucket: Option<bool>,
    /// Files that no digest named yet as the sink was changed: they are in the one, their digest is in the other.
    #[serde(default)]
    pub(crate) moved: Vec<LogFile>,
}

/// Which records a delivery takes, and the minute in its files' names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Begun {
    pub(crate) until: Reached,
    pub(crate) at_s: i64,
}

/// The digests of one account and region, in spans: StopLogging ends one, StartLogging begins the next.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Chain {
    pub(crate) target: String,
    pub(crate) account: String,
    pub(crate) region: String,
    /// When the span of the next digest begins.
    pub(crate) start_s: i64,
    pub(crate) previous: Option<Previous>,
    pub(crate) files: Vec<LogFile>,
    /// Nothing is delivered, and no digest comes, until logging starts again.
    #[serde(default)]
    pub(crate) has_ended: bool,
    /// The last digests of the spans before, oldest first: nothing else would tell that one is missing.
    #[serde(default)]
    pub(crate) ended: Vec<Previous>,
}

impl Chain {
    /// No further digest is tied to the newest one.
    pub(super) fn end(&mut self) {
        self.has_ended = true;
        self.end_span();
    }

    fn end_span(&mut self) {
        self.ended.extend(self.previous.take());
        let over = self
            .ended
            .len()
            .saturating_sub(limits::DELIVERY_SPANS_KEPT_MAX);
        self.ended.drain(..over);
    }

    /// The next digest is the first of a chain.
    pub(super) fn begin_again(&mut self, start_s: i64) {
        self.has_ended = false;
        self.start_s = start_s;
    }

    /// Object and hash of the digests that have to be in the folder: the last one of each span.
    pub(super) fn digests_expected(&self) -> impl Iterator<Item = (&String, &String)> {
        let digests = self.ended.iter().chain(&self.previous);
        let digests = digests.filter(|told| !told.in_bucket);
        digests.map(|told| (&told.object, &told.hash))
    }
}

/// The newest digest of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Previous {
    pub(crate) object: String,
    /// SHA-256 of the unpacked digest, hexadecimal.
    pub(crate) hash: String,
    /// Hexadecimal.
    pub(crate) signature: String,
    #[serde(default)]
    pub(crate) in_bucket: bool,
}

/// A delivered file that no digest names yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LogFile {
    pub(crate) object: String,
    /// SHA-256 of the unpacked file, hexadecimal.
    pub(crate) hash: String,
    /// `YYYY-MM-DDThh:mm:ssZ`.
    pub(crate) oldest: String,
    pub(crate) newest: String,
    #[serde(default)]
    pub(crate) in_bucket: bool,
}

impl State {
    /// The state that is kept; the first one when there is none.
    pub(crate) fn read(path: &Path) -> io::Result<State> {
        match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::from),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(State::default()),
            Err(error) => Err(error),
        }
    }

    /// Notes where files go. After a change each chain begins anew, as whoever checks the one sink has not the other:
    /// a digest is tied to none elsewhere.
    pub(crate) fn move_to(&mut self, in_bucket: bool) {
        match self.in_bucket.replace(in_bucket) {
            Some(before) if before == in_bucket => {}
            Some(_) => {
                for chain in self.chains.values_mut() {
                    chain.end_span();
                    self.moved.extend(chain.files.iter().cloned());
                }
                let over = self.moved.len();
                let over = over.saturating_sub(limits::DELIVERY_MOVED_KEPT_MAX);
                self.moved.drain(..over);
            }
            // Kept by a server that did not note it.
            None => {
                for chain in self.chains.values_mut() {
                    let digests = chain.ended.iter_mut().chain(&mut chain.previous);
                    digests.for_each(|told| told.in_bucket = in_bucket);
                    let files = chain.files.iter_mut();
                    files.for_each(|file| file.in_bucket = in_bucket);
                }
            }
        }
    }

    /// Days without a file are forgotten: what comes for them later is in a new one.
    pub(crate) fn forget_removed(&mut self, days: &[TrailDay]) {
        let is_there = |day: &i64| days.iter().any(|there| there.number() == *day);
        self.done.retain(|day, _| is_there(day));
    }

    pub(crate) fn keep(&self, path: &Path) -> io::Result<()> {
        write_whole(path, &serde_json::to_vec(self)?)
    }
}
