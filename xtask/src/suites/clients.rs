//! The black-box suites: real SDKs, command lines and an oracle against the built binary.

use super::{Setup, debian, python, rust};
use crate::run::{Ended, run};
use crate::steps::{Count, Outcome};
use std::path::Path;
use std::process::Command;

/// boto3, both AWS CLIs, raw sockets, the shell: pytest starts the servers it needs.
pub fn python(setup: &Setup) -> Result<Outcome, String> {
    pytest(setup, &python::interpreter(setup), "tests/clients")
}

/// `locum policy compare` against z3.
pub fn oracle(setup: &Setup) -> Result<Outcome, String> {
    pytest(setup, &python::oracle(setup), "tests/oracle")
}

fn pytest(setup: &Setup, interpreter: &Path, folder: &str) -> Result<Outcome, String> {
    let mut command = Command::new(interpreter);
    command
        .args(["-m", "pytest", "-q", "--color=no"])
        .args(["-p", "no:cacheprovider"])
        .arg(folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(&setup.root);
    environment(setup, &mut command)?;
    let ended = run(&mut command)?;
    let last = ended.lines.iter().rev().find(|line| line.contains(" in "));
    let mut count = Count::default();
    let words: Vec<&str> = last.map_or(Vec::new(), |line| line.split([' ', ',']).collect());
    for pair in words.windows(2) {
        let [number, what] = pair else { continue };
        let Ok(number) = number.parse::<u64>() else {
            continue;
        };
        match *what {
            "passed" => count.passed = number,
            "failed" | "error" | "errors" => count.failed += number,
            "skipped" => count.skipped = number,
            _ => {}
        }
    }
    judged(&ended, count)
}

/// The AWS SDK for JavaScript, by node's own runner.
pub fn node(setup: &Setup) -> Result<Outcome, String> {
    let mut command = Command::new("node");
    command
        .args(["--test", "--test-reporter=tap", "--test-concurrency=1"])
        .current_dir(setup.root.join("tests/clients/js"));
    environment(setup, &mut command)?;
    let ended = run(&mut command)?;
    let mut count = Count::default();
    for line in &ended.lines {
        let number = |mark: &str| line.strip_prefix(mark).and_then(|n| n.parse().ok());
        if let Some(passed) = number("# pass ") {
            count.passed = passed;
        } else if let Some(failed) = number("# fail ") {
            count.failed = failed;
        } else if let Some(skipped) = number("# skipped ") {
            count.skipped = skipped;
        }
    }
    judged(&ended, count)
}

fn environment(setup: &Setup, command: &mut Command) -> Result<(), String> {
    let binary = rust::binary_path()?;
    if !binary.is_file() {
        return Err(format!("{} was not built", binary.display()));
    }
    command
        .env("LOCUM_BIN", binary)
        .env("LOCUM_AWS_CLI_V1", setup.folder.join("venv/bin/aws"));
    if debian::has_aws_cli_v2() {
        command.env("LOCUM_AWS_CLI_V2", debian::AWS_CLI);
    }
    Ok(())
}

fn judged(ended: &Ended, count: Count) -> Result<Outcome, String> {
    if !ended.status.success() && count.failed == 0 {
        return Err(format!("the runner ended with {}", ended.status));
    }
    if count.passed == 0 {
        return Err("no test ran".to_owned());
    }
    Ok(Outcome::Ran(count))
}
