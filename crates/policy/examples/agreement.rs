//! Asks the engine and the model about the worlds of some seeds: `agreement FIRST COUNT [THREADS]`.
//!
//! Progress goes to standard error, mismatches too; the last line on standard output is
//! `CASES MISMATCHES`. `cargo xtask agreement` runs it and keeps the ledger.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]

#[path = "../tests/generate/mod.rs"]
mod generate;
#[path = "../tests/model/mod.rs"]
mod model;

use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use generate::{Effort, Tally, shrink};

/// Both evaluators spend their time on short-lived values.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// 1,000 cases a world, as `xtask/src/agreement.rs` has it.
const EFFORT: Effort = Effort {
    asks: 50,
    neighbours: 3,
    selections: 5,
};
/// Worlds that a thread asks about at a time.
const WORLDS_PER_STEP: u64 = 20;
/// Mismatches shown.
const SHOWN_MAX: usize = 10;
const SAID_EVERY: Duration = Duration::from_secs(5);

/// What the threads share.
struct Work {
    next: u64,
    end: u64,
    done: Tally,
    said: Instant,
}

fn main() -> ExitCode {
    let numbers: Option<Vec<u64>> = std::env::args().skip(1).map(|n| n.parse().ok()).collect();
    let (first, count, threads) = match numbers.as_deref() {
        Some(&[first, count]) => (first, count, 2),
        Some(&[first, count, threads]) => (first, count, threads),
        _ => {
            eprintln!("usage: agreement FIRST COUNT [THREADS]");
            return ExitCode::FAILURE;
        }
    };
    let started = Instant::now();
    let work = Mutex::new(Work {
        next: first,
        end: first.saturating_add(count),
        done: Tally::default(),
        said: started,
    });
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| while step(&work, started) {});
        }
    });
    let Ok(work) = work.into_inner() else {
        eprintln!("a thread panicked");
        return ExitCode::FAILURE;
    };
    for (seed, case) in work.done.mismatches.iter().take(SHOWN_MAX) {
        let small = shrink(case, &|case| !case.said().agree());
        eprintln!("seed {seed}\n{}\n", small.report());
    }
    println!("{} {}", work.done.cases, work.done.mismatches.len());
    match work.done.mismatches.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Takes some worlds and asks about them; `false` when none is left.
fn step(work: &Mutex<Work>, started: Instant) -> bool {
    let seeds = {
        let Ok(mut work) = work.lock() else {
            return false;
        };
        let end = work.end.min(work.next.saturating_add(WORLDS_PER_STEP));
        let seeds = work.next..end;
        work.next = end;
        seeds
    };
    if seeds.is_empty() {
        return false;
    }
    let tally = Tally::of(seeds, EFFORT);
    let Ok(mut work) = work.lock() else {
        return false;
    };
    work.done.add(tally);
    if work.said.elapsed() > SAID_EVERY {
        work.said = Instant::now();
        let (cases, seconds) = (work.done.cases, started.elapsed().as_secs().max(1));
        let mismatches = work.done.mismatches.len();
        eprintln!(
            "{cases} cases, {} a second, {mismatches} mismatches",
            cases / seconds
        );
    }
    true
}
