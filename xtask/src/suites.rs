//! `cargo xtask check`, `test` and `ci`: the steps, in order of cost.
//!
//! `check` is everything that needs no running product; `test` is `check` and every test, and installs what it
//! needs; `ci` is `test` where a skipped step fails. `test NAME…` runs the named steps alone.

mod clients;
mod debian;
mod node;
mod python;
mod rust;
mod vectors;

use crate::project::{output, root};
use crate::run::succeed;
use crate::steps::{Outcome, Steps};
use crate::{attacks, codegen, deny, tidy};
use std::process::Command;

/// What the steps share.
pub struct Setup {
    /// The workspace.
    pub root: std::path::PathBuf,
    /// `target/clients`: everything installed for the tests.
    pub folder: std::path::PathBuf,
}

type Step = (&'static str, fn(&Setup) -> Result<Outcome, String>);

const CHECKS: &[Step] = &[
    ("fmt", |_| cargo(&["fmt", "--all", "--check"])),
    ("tidy", |_| passed(tidy::run(&[]))),
    ("codegen", |_| passed(codegen::run(&["--check".to_owned()]))),
    ("attacks", |_| passed(attacks::run(&["--check".to_owned()]))),
    ("deny", |_| deny::step()),
    ("clippy", |_| {
        cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ])
    }),
    ("docs", rust::documentation),
];

const TESTS: &[Step] = &[
    ("python", python::install),
    ("python-oracle", python::install_oracle),
    ("node", node::install),
    ("debian", debian::install),
    ("vectors", vectors::fetch),
    ("rust", rust::tests),
    ("signatures", rust::signatures),
    ("doctests", rust::doctests),
    ("fuzz", rust::fuzz),
    ("binary", rust::binary),
    ("clients-python", clients::python),
    ("clients-js", clients::node),
    ("oracle", clients::oracle),
];

/// `cargo xtask check`.
pub fn check(args: &[String]) -> Result<(), String> {
    run(&[CHECKS], args)
}

/// `cargo xtask test [NAME…]`.
pub fn test(args: &[String]) -> Result<(), String> {
    run(&[CHECKS, TESTS], args)
}

/// `cargo xtask ci`: the same, and nothing may be skipped.
pub fn ci(args: &[String]) -> Result<(), String> {
    if crate::steps::strict() {
        return test(args);
    }
    let me = std::env::current_exe().map_err(|e| e.to_string())?;
    let status = Command::new(me)
        .arg("test")
        .args(args)
        .env("CI", "true")
        .status()
        .map_err(|e| e.to_string())?;
    if status.success() {
        Ok(())
    } else {
        Err(String::new())
    }
}

fn run(lists: &[&[Step]], names: &[String]) -> Result<(), String> {
    let all = || lists.iter().copied().flatten();
    if let Some(unknown) = names.iter().find(|name| !all().any(|(n, _)| n == name)) {
        let known: Vec<&str> = all().map(|(name, _)| *name).collect();
        return Err(format!(
            "no step `{unknown}`; there are {}",
            known.join(", ")
        ));
    }
    let root = root()?;
    let folder = target()?.join("clients");
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let setup = Setup { root, folder };
    let mut steps = Steps::start();
    for (name, step) in all() {
        if names.is_empty() || names.iter().any(|wanted| wanted == name) {
            steps.run(name, || step(&setup));
        }
    }
    steps.finish()
}

/// The folder that cargo builds into, wherever it was put.
fn target() -> Result<std::path::PathBuf, String> {
    let metadata = output(
        Command::new("cargo")
            .args(["metadata", "--format-version", "1", "--no-deps"])
            .current_dir(root()?),
    )?;
    let metadata: serde_json::Value =
        serde_json::from_str(&metadata).map_err(|e| format!("cargo metadata: {e}"))?;
    let folder = metadata["target_directory"].as_str();
    folder
        .map(Into::into)
        .ok_or_else(|| "cargo metadata names no target folder".to_owned())
}

fn passed(outcome: Result<(), String>) -> Result<Outcome, String> {
    outcome.map(|()| Outcome::Passed)
}

fn cargo(args: &[&str]) -> Result<Outcome, String> {
    succeed(Command::new("cargo").args(args).current_dir(root()?))?;
    Ok(Outcome::Passed)
}
