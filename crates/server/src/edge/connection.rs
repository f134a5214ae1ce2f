//! Open connections: how many, what each is waiting for and since when, and how one is told to end.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Wake, Waker};
use std::time::Instant;

use super::inbox::{Inbox, Queued};
use crate::config;
use crate::limits;

/// What a connection is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// The TLS handshake.
    Handshake = 0,
    /// The next request.
    Idle = 1,
    /// The rest of the headers.
    Head = 2,
    /// The rest of the body.
    Body = 3,
    /// The answer of the api.
    Handle = 4,
    /// HTTP/2, where requests overlap; [`Entry::streams`] says whether any is open.
    Streams = 5,
}

const PHASE_BITS: u32 = 3;
const PHASE_MASK: u64 = (1 << PHASE_BITS) - 1;

/// What a connection shall do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Go on.
    Run,
    /// Finish what is under way, take nothing new.
    Drain,
    /// End now.
    Kill,
}

/// One open connection. Written by its own task, read by the sweeper.
pub(crate) struct Entry {
    /// Milliseconds of [`Registry::now_ms`] and the phase in one word.
    activity: AtomicU64,
    order: AtomicU8,
    streams: AtomicU32,
    waker: OnceLock<Waker>,
    pub(crate) peer: IpAddr,
    slot: usize,
    inbox: Arc<Inbox>,
    queued: Queued,
}

/// As the waker of calls: from the store's thread into the inbox of the connection's thread.
impl Wake for Entry {
    fn wake(self: Arc<Self>) {
        if self.queued.enter() {
            let inbox = Arc::clone(&self.inbox);
            inbox.put(self);
        }
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.queued.enter() {
            self.inbox.put(Arc::clone(self));
        }
    }
}

impl Entry {
    /// Out of the inbox, on the connection's own thread.
    pub(crate) fn deliver(&self) {
        self.queued.leave();
        if let Some(waker) = self.waker.get() {
            waker.wake_by_ref();
        }
    }

    pub(crate) fn enter(&self, phase: Phase, now_ms: u64) {
        self.activity.store(
            now_ms << PHASE_BITS | u64::from(phase as u8),
            Ordering::Relaxed,
        );
    }

    /// Bytes came in: an idle connection has begun a request.
    pub(crate) fn heard(&self, now_ms: u64) {
        if self.activity.load(Ordering::Relaxed) & PHASE_MASK == u64::from(Phase::Idle as u8) {
            self.enter(Phase::Head, now_ms);
        }
    }

    /// HTTP/2: a request began.
    pub(crate) fn stream_began(&self, now_ms: u64) {
        self.streams.fetch_add(1, Ordering::Relaxed);
        self.enter(Phase::Streams, now_ms);
    }

    /// HTTP/2: a request ended.
    pub(crate) fn stream_ended(&self, now_ms: u64) {
        self.streams.fetch_sub(1, Ordering::Relaxed);
        self.enter(Phase::Streams, now_ms);
    }

    /// What to do next. Keeps the task's waker at the first call, so that an order can be given to a
    /// connection that sleeps.
    pub(crate) fn order(&self, waker: &Waker) -> Order {
        if self.waker.get().is_none() {
            // A task's waker stays the same for its life.
            let _ = self.waker.set(waker.clone());
        }
        match self.order.load(Ordering::Acquire) {
            0 => Order::Run,
            1 => Order::Drain,
            _ => Order::Kill,
        }
    }

    fn give(&self, order: Order) {
        let value = match order {
            Order::Run => 0,
            Order::Drain => 1,
            Order::Kill => 2,
        };
        if self.order.fetch_max(value, Ordering::AcqRel) < value
            && let Some(waker) = self.waker.get()
        {
            waker.wake_by_ref();
        }
    }

    /// Has this connection waited longer than it may?
    fn overdue(&self, now_ms: u64, limits: &config::Limits) -> Option<Order> {
        let activity = self.activity.load(Ordering::Relaxed);
        let waited = now_ms.saturating_sub(activity >> PHASE_BITS);
        let seconds = |s: u32| u64::from(s) * 1_000;
        let over = |limit: u32| (waited > seconds(limit)).then_some(Order::Kill);
        match activity & PHASE_MASK {
            0 => over(limits::HANDSHAKE_TIMEOUT_S),
            1 => over(limits.idle_timeout_s),
            2 => over(limits.header_timeout_s),
            3 => over(limits.body_timeout_s),
            4 => over(limits::HANDLE_TIMEOUT_S),
            _ if self.streams.load(Ordering::Relaxed) > 0 => {
                over(limits::HANDLE_TIMEOUT_S.saturating_add(limits.body_timeout_s))
            }
            // GOAWAY first; killed when the peer does not go.
            _ if waited > seconds(limits.idle_timeout_s.saturating_mul(2)) => Some(Order::Kill),
            _ => over(limits.idle_timeout_s).map(|_| Order::Drain),
        }
    }
}

/// Why a connection was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// Too many connections.
    Everywhere,
    /// Too many from this address.
    Source,
}

#[derive(Default)]
struct Slots {
    entries: Vec<Option<Arc<Entry>>>,
    free: Vec<usize>,
    per_source: HashMap<IpAddr, u32>,
    draining: bool,
}

/// All open connections.
pub(crate) struct Registry {
    slots: Mutex<Slots>,
    open: AtomicU32,
    started: Instant,
    now_ms: AtomicU64,
    limits: config::Limits,
}

impl Registry {
    pub(crate) fn new(limits: config::Limits) -> Registry {
        Registry {
            slots: Mutex::default(),
            open: AtomicU32::new(0),
            started: Instant::now(),
            now_ms: AtomicU64::new(0),
            limits,
        }
    }

    /// Milliseconds since the start as of the last sweep: coarse, and free to read.
    pub(crate) fn now_ms(&self) -> u64 {
        self.now_ms.load(Ordering::Relaxed)
    }

    /// Connections open now.
    pub(crate) fn open(&self) -> u32 {
        self.open.load(Ordering::Relaxed)
    }

    /// Takes a connection in, unless there are too many. `exempt` are trusted proxies.
    pub(crate) fn admit(
        &self,
        peer: IpAddr,
        exempt: Exempt,
        inbox: &Arc<Inbox>,
    ) -> Result<Arc<Entry>, Full> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if self.open() >= self.limits.connections_max || slots.draining {
            return Err(Full::Everywhere);
        }
        let from = slots.per_source.entry(peer).or_insert(0);
        if exempt == Exempt::No && *from >= self.limits.connections_per_source_max {
            return Err(Full::Source);
        }
        *from += 1;
        self.open.fetch_add(1, Ordering::Relaxed);
        let slot = slots.free.pop().unwrap_or(slots.entries.len());
        let entry = Arc::new(Entry {
            activity: AtomicU64::new(self.now_ms() << PHASE_BITS),
            order: AtomicU8::new(0),
            streams: AtomicU32::new(0),
            waker: OnceLock::new(),
            peer,
            slot,
            inbox: Arc::clone(inbox),
            queued: Queued::default(),
        });
        match slots.entries.get_mut(slot) {
            Some(place) => *place = Some(Arc::clone(&entry)),
            None => slots.entries.push(Some(Arc::clone(&entry))),
        }
        Ok(entry)
    }

    /// A connection has ended.
    pub(crate) fn release(&self, entry: &Entry) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = slots.entries.get_mut(entry.slot)
            && place.take().is_some()
        {
            slots.free.push(entry.slot);
            self.open.fetch_sub(1, Ordering::Relaxed);
        }
        if let Some(count) = slots.per_source.get_mut(&entry.peer) {
            *count -= 1;
            if *count == 0 {
                slots.per_source.remove(&entry.peer);
            }
        }
    }

    /// Moves the coarse clock and ends what is overdue; answers how many were ended.
    pub(crate) fn sweep(&self) -> u32 {
        let now_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.now_ms.store(now_ms, Ordering::Relaxed);
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ended = 0;
        for entry in slots.entries.iter().flatten() {
            if let Some(order) = entry.overdue(now_ms, &self.limits) {
                entry.give(order);
                ended += u32::from(order == Order::Kill);
            }
        }
        ended
    }

    /// Gives every connection an order; after [`Order::Drain`] none is admitted.
    pub(crate) fn order_all(&self, order: Order) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.draining = true;
        for entry in slots.entries.iter().flatten() {
            // Nothing is lost with a handshake.
            let handshake =
                entry.activity.load(Ordering::Relaxed) & PHASE_MASK == Phase::Handshake as u64;
            entry.give(if handshake { Order::Kill } else { order });
        }
    }
}

/// May a source have more than its share of connections?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exempt {
    /// A trusted proxy: many clients behind one address.
    Yes,
    /// Anyone else.
    No,
}
