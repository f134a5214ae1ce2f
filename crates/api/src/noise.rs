//! Calls without a valid caller: a few a minute have a record each, the others one record together.
//!
//! Whoever has no credentials could fill the disk otherwise. What is counted is answered before its
//! record is durable, which is the one exception from the rule: nothing was allowed, and nobody is named.
//! Counts are written every few seconds, so that a crash loses no more than that.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use locum_store::{Change, CommitError, Event};
use locum_wire::{Timestamp, push_json_string};

use crate::world::{Random, World};
use crate::{ids, json, limits};

/// What was heard of calls without a valid caller, and is not in the trail yet.
#[derive(Debug, Default)]
pub(crate) struct Noise {
    state: Mutex<State>,
    counted: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    /// The minute that records of their own are counted in, since 1970.
    minute: i64,
    sources: HashMap<IpAddr, Source>,
    /// Whatever came from further sources.
    others: Counted,
    /// Records of their own in this minute, from all sources.
    alone: u32,
    /// What is to be written.
    ended: Vec<Summary>,
}

#[derive(Debug, Default)]
struct Source {
    /// Records of their own, by error.
    alone: HashMap<String, u32>,
    counted: Counted,
}

/// Calls that have one record together.
#[derive(Clone, Debug, Default)]
struct Counted {
    count: u64,
    first_s: i64,
    last_s: i64,
    errors: BTreeMap<String, u64>,
}

#[derive(Clone, Debug)]
struct Summary {
    /// The address, or the first one of an IPv6 network; none for all further ones.
    source: Option<IpAddr>,
    counted: Counted,
}

/// What becomes of a call's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noted {
    /// It has one of its own.
    Alone,
    /// It is counted.
    Counted,
}

/// What counts as one source: an address, or the /64 that one IPv6 host can use all of.
fn source_of(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) >> 64 << 64)),
        address => address,
    }
}

impl Counted {
    fn add(&mut self, count: u64, (first_s, last_s): (i64, i64), error: &str) {
        if self.count == 0 {
            (self.first_s, self.last_s) = (first_s, last_s);
        }
        self.first_s = self.first_s.min(first_s);
        self.last_s = self.last_s.max(last_s);
        self.count += count;
        let room = self.errors.len() < limits::NOISE_ERRORS_MAX;
        let error = match self.errors.contains_key(error) || room {
            true => error,
            false => "Other",
        };
        *self.errors.entry(error.to_owned()).or_default() += count;
    }

    fn merge(&mut self, other: &Counted) {
        for (error, count) in &other.errors {
            self.add(*count, (other.first_s, other.last_s), error);
        }
    }
}

impl State {
    /// A new minute: everybody may have records of his own again.
    fn end_minute(&mut self) {
        self.end_counts();
        self.alone = 0;
        self.sources.clear();
    }

    /// What was counted so far is to be written.
    fn end_counts(&mut self) {
        let sources = self.sources.iter_mut();
        let named = sources.map(|(source, held)| Summary {
            source: Some(*source),
            counted: std::mem::take(&mut held.counted),
        });
        let others = Summary {
            source: None,
            counted: std::mem::take(&mut self.others),
        };
        let counted: Vec<Summary> = named.chain([others]).collect();
        counted.into_iter().for_each(|summary| self.put(summary));
    }

    /// Kept until it is written; when there is no room any more, together with the others.
    fn put(&mut self, summary: Summary) {
        if summary.counted.count == 0 {
            return;
        }
        if self.ended.len() < limits::NOISE_SUMMARIES_MAX {
            self.ended.push(summary);
        } else if let Some(last) = self.ended.last_mut() {
            last.source = None;
            last.counted.merge(&summary.counted);
        }
    }
}

impl Noise {
    /// Notes a refused call without a valid caller, of which `alone_max` a minute have a record of their
    /// own from one source and with one error, and a hundred times as many in all.
    pub(crate) fn note(&self, peer: IpAddr, error: &str, now_s: i64, alone_max: u32) -> Noted {
        let mut state = self.lock();
        let minute = now_s.div_euclid(60);
        if state.minute != minute {
            state.end_minute();
            state.minute = minute;
        }
        let State {
            sources,
            others,
            alone,
            ..
        } = &mut *state;
        let source = source_of(peer);
        let known = sources.contains_key(&source) || sources.len() < limits::NOISE_SOURCES_MAX;
        let counted = if known {
            let held = sources.entry(source).or_default();
            let room = held.alone.len() < limits::NOISE_ERRORS_MAX;
            if *alone < alone_max.saturating_mul(100) && (room || held.alone.contains_key(error)) {
                let own = held.alone.entry(error.to_owned()).or_default();
                if *own < alone_max {
                    *own += 1;
                    *alone += 1;
                    return Noted::Alone;
                }
            }
            &mut held.counted
        } else {
            others
        };
        counted.add(1, (now_s, now_s), error);
        self.counted.fetch_add(1, Ordering::Relaxed);
        Noted::Counted
    }

    /// Calls counted since the start.
    pub(crate) fn counted(&self) -> u64 {
        self.counted.load(Ordering::Relaxed)
    }

    fn take(&self) -> Vec<Summary> {
        let mut state = self.lock();
        state.end_counts();
        std::mem::take(&mut state.ended)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes what was counted since the last time: one record for each source. What cannot be written now is
/// kept for the next time. The edge calls this every few seconds, and at a stop.
pub async fn keep(world: &World) {
    let summaries = world.noise.take();
    for part in summaries.chunks(limits::NOISE_SUMMARIES_A_COMMIT) {
        let events = part
            .iter()
            .map(|summary| Event::new(summary.counted.last_s, record(summary, &*world.random)));
        let change = Change {
            events: events.collect(),
            ..Change::default()
        };
        if let Err(CommitError::Unavailable(_)) = world.engine.commit(change).await {
            let mut state = world.noise.lock();
            part.iter().for_each(|summary| state.put(summary.clone()));
        }
    }
}

fn record(summary: &Summary, random: &dyn Random) -> Vec<u8> {
    let counted = &summary.counted;
    let mut out = String::with_capacity(768);
    out.push_str("{\"eventVersion\":\"1.11\",\"userIdentity\":{\"type\":\"Unknown\"}");
    json::plain(&mut out, "eventTime", &Timestamp(counted.last_s));
    json::field(&mut out, "eventSource", "edge.locum.internal");
    json::field(&mut out, "eventName", "UnauthenticatedCalls");
    json::field(&mut out, "awsRegion", "us-east-1");
    match summary.source {
        Some(source) => json::plain(&mut out, "sourceIPAddress", &source),
        None => json::field(&mut out, "sourceIPAddress", "others"),
    }
    json::raw(&mut out, "userAgent", "null");
    let most = counted.errors.iter().max_by_key(|(_, count)| **count);
    if let Some((error, _)) = most {
        json::field(&mut out, "errorCode", error);
    }
    let message = format!("{} calls without a valid caller", counted.count);
    json::field(&mut out, "errorMessage", &message);
    out.push_str(
        ",\"requestParameters\":null,\"responseElements\":null,\"additionalEventData\":{\"count\":",
    );
    out.push_str(&counted.count.to_string());
    json::plain(&mut out, "firstTime", &Timestamp(counted.first_s));
    json::plain(&mut out, "lastTime", &Timestamp(counted.last_s));
    if let Some(IpAddr::V6(network)) = summary.source {
        json::plain(&mut out, "network", &format_args!("{network}/64"));
    }
    json::key(&mut out, "errorCodes");
    out.push('{');
    for (at, (error, count)) in counted.errors.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        push_json_string(&mut out, error);
        out.push(':');
        out.push_str(&count.to_string());
    }
    out.push_str("}}");
    json::field(&mut out, "requestID", &ids::uuid_string(random));
    json::field(&mut out, "eventID", &ids::uuid_string(random));
    out.push_str(",\"readOnly\":true,\"eventType\":\"AwsServiceEvent\",\"managementEvent\":true,\"eventCategory\":\"Management\"}");
    out.into_bytes()
}

impl World {
    /// Calls without a valid caller that were counted instead of recorded one by one, since the start.
    #[must_use]
    pub fn unauthenticated_counted(&self) -> u64 {
        self.noise.counted()
    }
}
