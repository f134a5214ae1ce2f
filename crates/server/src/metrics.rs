//! Counters in fixed arrays, and their Prometheus text. No names or ARNs of tenants, no lock on the hot path.

mod listener;

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::StatusCode;

pub(crate) use listener::serve;

use crate::edge::Refusal;

/// Latency buckets: powers of two of a microsecond, from 2^5 (32 µs) to 2^20 (about 1 s).
const BUCKET_FIRST: u32 = 5;
const BUCKETS: usize = 16;

/// What a figure is to Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FigureKind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
}

/// A figure kept elsewhere and asked for when metrics are read.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    /// Metric name, with its unit.
    pub name: &'static str,
    /// One sentence.
    pub help: &'static str,
    /// Counter or gauge.
    pub kind: FigureKind,
    /// Its value now.
    pub value: f64,
}

type Figures = Box<dyn Fn() -> Vec<Figure> + Send + Sync>;

/// Calls of one operation.
#[derive(Default)]
struct Calls {
    /// Answers by class: 2xx, 4xx, 5xx.
    classes: [AtomicU64; 3],
    /// Calls by time taken; the last is everything slower.
    buckets: [AtomicU64; BUCKETS + 1],
    sum_us: AtomicU64,
}

/// Everything that is counted.
pub struct Metrics {
    operations: Vec<(&'static str, &'static str)>,
    /// One per operation, then one for what no operation was recognised in.
    calls: Vec<Calls>,
    refused: [AtomicU64; Refusal::ALL.len()],
    connections: [AtomicU64; CONNECTION_EVENTS.len()],
    connections_closed: AtomicU64,
    figures: Figures,
}

const CONNECTION_EVENTS: [&str; 5] = [
    "accepted",
    "turned_away",
    "overdue",
    "handshake_failed",
    "broken",
];

impl Metrics {
    /// Counters for `operations` (service and name); `figures` is asked at each reading.
    pub fn new(
        operations: Vec<(&'static str, &'static str)>,
        figures: impl Fn() -> Vec<Figure> + Send + Sync + 'static,
    ) -> Metrics {
        let calls = (0..=operations.len()).map(|_| Calls::default()).collect();
        Metrics {
            operations,
            calls,
            refused: Default::default(),
            connections: Default::default(),
            connections_closed: AtomicU64::new(0),
            figures: Box::new(figures),
        }
    }

    pub(crate) fn call(&self, operation: Option<usize>, status: StatusCode, took: Duration) {
        let index = operation.unwrap_or(usize::MAX).min(self.operations.len());
        let Some(calls) = self.calls.get(index) else {
            return;
        };
        let class = match status.as_u16() {
            500.. => 2,
            400..500 => 1,
            _ => 0,
        };
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        add(calls.classes.get(class), 1);
        add(calls.buckets.get(bucket(us)), 1);
        add(Some(&calls.sum_us), us);
    }

    pub(crate) fn refused(&self, refusal: Refusal) {
        add(self.refused.get(refusal as usize), 1);
    }

    pub(crate) fn connection_opened(&self) {
        add(self.connections.first(), 1);
    }

    pub(crate) fn connection_refused(&self) {
        add(self.connections.get(1), 1);
    }

    pub(crate) fn connections_overdue(&self, count: u32) {
        add(self.connections.get(2), count.into());
    }

    pub(crate) fn handshake_failed(&self) {
        add(self.connections.get(3), 1);
    }

    pub(crate) fn connection_broken(&self) {
        add(self.connections.get(4), 1);
    }

    pub(crate) fn connection_closed(&self) {
        add(Some(&self.connections_closed), 1);
    }

    /// The text that Prometheus reads (text exposition format 0.0.4).
    pub fn text(&self) -> String {
        let mut out = String::with_capacity(8 * 1024);
        // Writing to a String cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        head(out, "locum_build_info", "The running program.", "gauge")?;
        writeln!(
            out,
            "locum_build_info{{version=\"{}\"}} 1",
            env!("CARGO_PKG_VERSION")
        )?;
        self.write_calls(out)?;
        head(
            out,
            "locum_http_refused_total",
            "Requests refused before they were a call.",
            "counter",
        )?;
        for (refusal, count) in Refusal::ALL.iter().zip(&self.refused) {
            let reason = refusal.label();
            writeln!(
                out,
                "locum_http_refused_total{{reason=\"{reason}\"}} {}",
                get(count)
            )?;
        }
        head(
            out,
            "locum_connections_total",
            "Connections by what became of them.",
            "counter",
        )?;
        for (event, count) in CONNECTION_EVENTS.iter().zip(&self.connections) {
            writeln!(
                out,
                "locum_connections_total{{event=\"{event}\"}} {}",
                get(count)
            )?;
        }
        head(
            out,
            "locum_connections_open",
            "Connections open now.",
            "gauge",
        )?;
        let opened = self.connections.first().map_or(0, get);
        writeln!(
            out,
            "locum_connections_open {}",
            opened.saturating_sub(get(&self.connections_closed))
        )?;
        for figure in (self.figures)() {
            let kind = match figure.kind {
                FigureKind::Counter => "counter",
                FigureKind::Gauge => "gauge",
            };
            head(out, figure.name, figure.help, kind)?;
            writeln!(out, "{} {}", figure.name, figure.value)?;
        }
        Ok(())
    }

    fn write_calls(&self, out: &mut String) -> std::fmt::Result {
        let others = [("", "")];
        let named = || {
            self.operations
                .iter()
                .chain(&others)
                .zip(&self.calls)
                .filter(|(_, calls)| calls.any())
        };
        head(
            out,
            "locum_requests_total",
            "Calls answered, by class of status.",
            "counter",
        )?;
        for ((service, operation), calls) in named() {
            for (class, count) in ["2xx", "4xx", "5xx"].iter().zip(&calls.classes) {
                writeln!(
                    out,
                    "locum_requests_total{{service=\"{service}\",operation=\"{operation}\",class=\"{class}\"}} {}",
                    get(count)
                )?;
            }
        }
        head(
            out,
            "locum_request_seconds",
            "Time from a call's headers to its answer.",
            "histogram",
        )?;
        for ((service, operation), calls) in named() {
            let labels = format!("service=\"{service}\",operation=\"{operation}\"");
            let mut total = 0;
            for (index, count) in calls.buckets.iter().enumerate() {
                total += get(count);
                let bound = bound(index);
                writeln!(
                    out,
                    "locum_request_seconds_bucket{{{labels},le=\"{bound}\"}} {total}"
                )?;
            }
            let seconds = Duration::from_micros(get(&calls.sum_us)).as_secs_f64();
            writeln!(out, "locum_request_seconds_sum{{{labels}}} {seconds}")?;
            writeln!(out, "locum_request_seconds_count{{{labels}}} {total}")?;
        }
        Ok(())
    }
}

impl Calls {
    fn any(&self) -> bool {
        self.classes.iter().any(|count| get(count) > 0)
    }
}

/// The first bucket whose bound is not below `us`.
fn bucket(us: u64) -> usize {
    let exponent = u64::BITS - us.saturating_sub(1).leading_zeros();
    usize::try_from(exponent.saturating_sub(BUCKET_FIRST))
        .unwrap_or(BUCKETS)
        .min(BUCKETS)
}

/// The upper bound of a bucket, seconds, as Prometheus writes it.
fn bound(index: usize) -> String {
    match u32::try_from(index) {
        Ok(index) if (index as usize) < BUCKETS => {
            Duration::from_micros(1 << (BUCKET_FIRST + index))
                .as_secs_f64()
                .to_string()
        }
        _ => "+Inf".to_owned(),
    }
}

fn head(out: &mut String, name: &str, help: &str, kind: &str) -> std::fmt::Result {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

fn add(counter: Option<&AtomicU64>, count: u64) {
    if let Some(counter) = counter {
        counter.fetch_add(count, Ordering::Relaxed);
    }
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
