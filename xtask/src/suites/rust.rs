//! The Rust suites, the documentation, and the binary that the client tests run.

use super::{Setup, target, vectors};
use crate::project::has;
use crate::run::{Ended, run, succeed};
use crate::steps::{Count, Outcome};
use std::path::PathBuf;
use std::process::Command;

/// `rustdoc` with every warning an error.
pub fn documentation(setup: &Setup) -> Result<Outcome, String> {
    succeed(
        Command::new("cargo")
            .args(["doc", "--workspace", "--no-deps", "--locked", "--quiet"])
            .env("RUSTDOCFLAGS", "-D warnings")
            .current_dir(&setup.root),
    )?;
    Ok(Outcome::Passed)
}

/// Every test of the workspace but the documentation's and the signatures'.
pub fn tests(setup: &Setup) -> Result<Outcome, String> {
    suite(setup, Share::Others)
}

/// The tests of signatures, which read the published vectors. They run apart: the tests of the server hand on every
/// `LOCUM_…` variable as a setting, and the server refuses settings that it does not know.
pub fn signatures(setup: &Setup) -> Result<Outcome, String> {
    suite(setup, Share::Signatures)
}

#[derive(Clone, Copy, PartialEq)]
enum Share {
    Signatures,
    Others,
}

fn suite(setup: &Setup, share: Share) -> Result<Outcome, String> {
    let mut command = Command::new("cargo");
    command.current_dir(&setup.root);
    if has("cargo", &["nextest"]) {
        command
            .args(["nextest", "run", "--workspace", "--locked"])
            .args(["--no-fail-fast", "--no-tests=fail"])
            .args(["--status-level=fail", "--final-status-level=fail"])
            .args(match share {
                Share::Signatures => ["-E", "package(locum-sigv4)"],
                Share::Others => ["-E", "not package(locum-sigv4)"],
            });
    } else {
        command
            .args(["test", "--all-targets", "--locked", "--no-fail-fast"])
            .args(match share {
                Share::Signatures => &["-p", "locum-sigv4"][..],
                Share::Others => &["--workspace", "--exclude", "locum-sigv4"],
            })
            .arg("--quiet");
    }
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LOCUM_") {
            command.env_remove(name);
        }
    }
    if share == Share::Signatures {
        for (name, path) in vectors::environment(setup) {
            command.env(name, path);
        }
    }
    counted(run(&mut command)?)
}

/// The examples in the documentation.
pub fn doctests(setup: &Setup) -> Result<Outcome, String> {
    counted(run(Command::new("cargo")
        .args([
            "test",
            "--workspace",
            "--doc",
            "--locked",
            "--no-fail-fast",
            "--quiet",
        ])
        .current_dir(&setup.root))?)
}

/// Inputs of the cheapest fuzz target; the others do fewer. The same in every run, whatever else the machine does.
const FUZZ_INPUTS: &str = "200000";
/// Seconds after which a target gives up: all of them together end before the step's own limit.
const FUZZ_SECONDS_MAX: &str = "200";

/// Every fuzz target on a fixed number of inputs, by the driver that needs nothing installed.
pub fn fuzz(setup: &Setup) -> Result<Outcome, String> {
    let ended = run(Command::new("cargo")
        .args(["run", "--quiet", "--locked"])
        .args(["--manifest-path", "fuzz/Cargo.toml", "--", FUZZ_INPUTS])
        .args(["--seconds", FUZZ_SECONDS_MAX])
        .env("CARGO_TARGET_DIR", target()?.join("fuzz"))
        .current_dir(&setup.root))?;
    let late: Vec<&str> = ended
        .lines
        .iter()
        .filter_map(|line| line.strip_prefix("LATE "))
        .collect();
    match ended.status.code() {
        Some(0) => Ok(Outcome::Passed),
        // The driver's code for "nothing failed, and there was no time for all".
        Some(3) => Ok(Outcome::Skipped(format!("in part: {}", late.join("; ")))),
        _ => Err(format!("the fuzz targets: {}", ended.status)),
    }
}

/// The binary under test: with `LOCUM_PROFILE=release` the one that people run, else the one the suites built.
pub fn binary(setup: &Setup) -> Result<Outcome, String> {
    succeed(
        Command::new("cargo")
            .args([
                "build",
                "--quiet",
                "--locked",
                "-p",
                "locum-cli",
                "--profile",
                &profile(),
            ])
            .current_dir(&setup.root),
    )?;
    Ok(Outcome::Passed)
}

/// Where `binary` put it.
pub fn binary_path() -> Result<PathBuf, String> {
    let profile = profile();
    let folder = if profile == "dev" { "debug" } else { &profile };
    Ok(target()?.join(folder).join("locum"))
}

fn profile() -> String {
    std::env::var("LOCUM_PROFILE").unwrap_or_else(|_| "dev".to_owned())
}

/// Adds up what the runners' closing lines say.
fn counted(ended: Ended) -> Result<Outcome, String> {
    let mut count = Count::default();
    for line in &ended.lines {
        let words: Vec<&str> = line
            .split(|c: char| c.is_whitespace() || [',', ';', ':', '.'].contains(&c))
            .filter(|word| !word.is_empty())
            .collect();
        if !(line.starts_with("test result:") || line.trim_start().starts_with("Summary [")) {
            continue;
        }
        for pair in words.windows(2) {
            let [number, what] = pair else { continue };
            let Ok(number) = number.parse::<u64>() else {
                continue;
            };
            match *what {
                "passed" => count.passed += number,
                "failed" => count.failed += number,
                "skipped" | "ignored" => count.skipped += number,
                _ => {}
            }
        }
    }
    if !ended.status.success() && count.failed == 0 {
        return Err(format!("the runner ended with {}", ended.status));
    }
    Ok(Outcome::Ran(count))
}
