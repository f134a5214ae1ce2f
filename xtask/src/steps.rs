//! Steps of a long task: each is timed, announced, counted, and a failing one does not hide the next.

use std::time::{Duration, Instant};

/// What a step came to.
pub enum Outcome {
    /// A check that holds.
    Passed,
    /// A suite that ran, with the tests it counted.
    Ran(Count),
    /// Not run, and why. In CI this is a failure.
    Skipped(String),
    /// Not run, and why; the missing tool is not to be had everywhere, so CI goes on.
    SkippedEverywhere(String),
}

/// Tests of one suite.
#[derive(Clone, Copy, Default)]
pub struct Count {
    /// Tests that held.
    pub passed: u64,
    /// Tests that did not.
    pub failed: u64,
    /// Tests that were left out.
    pub skipped: u64,
}

/// Runs steps and keeps the score.
pub struct Steps {
    started: Instant,
    total: Count,
    failures: Vec<String>,
}

/// Whether a skipped step fails the run: `CI=true`.
pub fn strict() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

impl Steps {
    /// Starts the clock.
    pub fn start() -> Steps {
        Steps {
            started: Instant::now(),
            total: Count::default(),
            failures: Vec::new(),
        }
    }

    /// Runs one step.
    pub fn run(&mut self, name: &str, step: impl FnOnce() -> Result<Outcome, String>) {
        println!("{} ==> {name}", stamp(self.started.elapsed()));
        let began = Instant::now();
        let outcome = step();
        let took = began.elapsed().as_secs_f64();
        let at = stamp(self.started.elapsed());
        match outcome {
            Ok(Outcome::Passed) => {
                self.total.passed += 1;
                println!("{at} ok   {name} ({took:.1} s)");
            }
            Ok(Outcome::Ran(count)) => self.count(name, &at, took, count),
            Ok(Outcome::Skipped(reason)) if strict() => {
                self.fail(name, &format!("skipped, which CI may not: {reason}"));
            }
            Ok(Outcome::Skipped(reason) | Outcome::SkippedEverywhere(reason)) => {
                self.total.skipped += 1;
                println!("{at} SKIP {name}: {reason}");
            }
            Err(message) => {
                println!("{at} FAIL {name} ({took:.1} s)\n{message}");
                self.fail(name, message.lines().next().unwrap_or_default());
            }
        }
    }

    fn count(&mut self, name: &str, at: &str, took: f64, count: Count) {
        self.total.passed += count.passed;
        self.total.skipped += count.skipped;
        let Count {
            passed,
            failed,
            skipped,
        } = count;
        let word = if failed == 0 { "ok  " } else { "FAIL" };
        println!(
            "{at} {word} {name} ({took:.1} s): {passed} passed, {failed} failed, {skipped} skipped"
        );
        if failed > 0 {
            self.total.failed += failed;
            self.failures
                .push(format!("{name}: {failed} tests, see above"));
        }
    }

    fn fail(&mut self, name: &str, message: &str) {
        self.total.failed += 1;
        self.failures.push(format!("{name}: {message}"));
    }

    /// Prints the score; the last line is for programs.
    pub fn finish(self) -> Result<(), String> {
        println!("{} done", stamp(self.started.elapsed()));
        for failure in &self.failures {
            println!("FAILED {failure}");
        }
        let Count {
            passed,
            failed,
            skipped,
        } = self.total;
        println!("{passed} passed, {failed} failed, {skipped} skipped");
        if failed == 0 && self.failures.is_empty() {
            Ok(())
        } else {
            Err(String::new())
        }
    }
}

fn stamp(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    format!("[{:02}:{:02}]", seconds / 60, seconds % 60)
}
