//! What delivery did since the start, as metrics.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::metrics::{Figure, FigureKind};

/// What delivery did since the start, for metrics.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) files: AtomicU64,
    pub(crate) digests: AtomicU64,
    pub(crate) failures: AtomicU64,
    /// 1 while the last try failed.
    pub(crate) failing: AtomicU64,
}

impl Figures {
    /// The figures as metrics.
    pub(crate) fn figures(&self) -> [Figure; 4] {
        let figure = |name, help, kind, value: &AtomicU64| Figure {
            name,
            help,
            kind,
            value: f64::from(u32::try_from(value.load(Ordering::Relaxed)).unwrap_or(u32::MAX)),
        };
        [
            figure(
                "locum_trail_delivered_files_total",
                "Files of records delivered.",
                FigureKind::Counter,
                &self.files,
            ),
            figure(
                "locum_trail_delivered_digests_total",
                "Signed digests delivered.",
                FigureKind::Counter,
                &self.digests,
            ),
            figure(
                "locum_trail_delivery_failures_total",
                "Deliveries that failed and were or will be tried again.",
                FigureKind::Counter,
                &self.failures,
            ),
            figure(
                "locum_trail_delivery_failing",
                "1 while the last delivery failed.",
                FigureKind::Gauge,
                &self.failing,
            ),
        ]
    }
}
