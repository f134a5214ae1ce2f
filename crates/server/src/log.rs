//! Structured log lines on standard error, as text or JSON; never bodies, headers or secrets.

use std::sync::Once;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry};

use crate::config::{LogConfig, LogFormat, LogLevel};

/// Sets up the log of this process, once; a subscriber that is there already stays.
///
/// Only Locum's own lines are written: the libraries below would write headers at `trace` (INT-06).
pub(crate) fn start(config: LogConfig) {
    let level = match config.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let ours = tracing_subscriber::filter::Targets::new().with_target("locum", level);
    let lines = match config.format {
        LogFormat::Text => fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(false)
            .with_filter(ours)
            .boxed(),
        LogFormat::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_writer(std::io::stderr)
            .with_filter(ours)
            .boxed(),
    };
    let subscriber = Registry::default().with(lines);
    let _ = tracing::subscriber::set_global_default(subscriber);
    panics_to_log();
}

/// A panic's message may quote what it was about; its place never does.
fn panics_to_log() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic
                .location()
                .map(ToString::to_string)
                .unwrap_or_default();
            tracing::error!(alarm = "panic", place, "a defect was caught");
        }));
    });
}
