//! What every engine must do, run against each of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod accesses;
mod changes;
#[path = "../common/mod.rs"]
mod common;
mod credentials;
mod log;
mod policies;
mod values;

use common::*;
use locum_store::*;

/// An engine under test: how to get at it, reopen it and see its events.
trait Subject {
    fn engine(&self) -> &dyn Engine;
    /// Closes and opens again, where that means anything.
    fn reopen(&mut self);
    fn events(&self) -> Vec<String>;
}

struct Memory(MemoryEngine);

impl Subject for Memory {
    fn engine(&self) -> &dyn Engine {
        &self.0
    }
    fn reopen(&mut self) {}
    fn events(&self) -> Vec<String> {
        let events = self.0.recorded_events();
        events
            .into_iter()
            .map(|event| String::from_utf8(event.record).unwrap())
            .collect()
    }
}

struct Redb(TempDir, Option<RedbEngine>);

impl Subject for Redb {
    fn engine(&self) -> &dyn Engine {
        self.1.as_ref().unwrap()
    }
    fn reopen(&mut self) {
        self.1.take();
        self.1 = Some(self.0.open());
    }
    fn events(&self) -> Vec<String> {
        // Events of writes reach the trail a moment after their commit.
        for _ in 0..200 {
            if self.engine().counters().outbox_rows == 0 {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        trail_lines(self.0.path())
    }
}

fn each(name: &str, check: fn(&mut dyn Subject)) {
    check(&mut Memory(memory(MemoryOptions::default())));
    let dir = TempDir::new(name);
    let engine = dir.open();
    check(&mut Redb(dir, Some(engine)));
}

fn unit(number: u64) -> Unit {
    Unit::Account(account_id(number))
}
