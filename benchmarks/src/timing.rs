//! CPU time and allocations of short pieces of code, and medians over rounds.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

/// Counts what both sides of a comparison allocate.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What one call costs.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// CPU time of the calling thread.
    pub ns: f64,
    /// Calls of the allocator for new memory.
    pub allocations: f64,
}

/// CPU time of this thread so far, nanoseconds. Unlike a clock it does not count what other processes
/// take.
fn thread_cpu_ns() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    u64::try_from(time.tv_sec * 1_000_000_000 + time.tv_nsec).unwrap_or(0)
}

/// One batch: `count` calls of `call` with the number of the call.
pub fn batch(count: usize, mut call: impl FnMut(usize)) -> Cost {
    let region = Region::new(ALLOCATOR);
    let before = thread_cpu_ns();
    for number in 0..count {
        call(number);
    }
    let ns = thread_cpu_ns().saturating_sub(before);
    let allocations = region.change().allocations;
    Cost {
        ns: ns as f64 / count as f64,
        allocations: allocations as f64 / count as f64,
    }
}

/// The middle of `values`.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The median of several batches.
pub fn median_cost(costs: &[Cost]) -> Cost {
    let pick = |field: fn(&Cost) -> f64| median(&costs.iter().map(field).collect::<Vec<_>>());
    Cost {
        ns: pick(|cost| cost.ns),
        allocations: pick(|cost| cost.allocations),
    }
}
