//! `cargo xtask deny`: licences, banned crates and sources of every dependency, against `deny.toml`.
//!
//! `cargo deny` does it when it is installed. Building it costs many minutes on a small machine, so without it
//! the same lists are checked here, from `cargo metadata`; known advisories are then not looked up, which is said.

use crate::project::{has, output, root};
use crate::run::succeed;
use crate::steps::Outcome;
use std::collections::BTreeSet;
use std::process::Command;

/// The parts of `deny.toml` that this check reads; `cargo deny` reads the rest.
#[derive(serde::Deserialize)]
struct Rules {
    licenses: Licenses,
    bans: Bans,
}

#[derive(serde::Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

#[derive(serde::Deserialize)]
struct Bans {
    deny: Vec<Banned>,
}

#[derive(serde::Deserialize)]
struct Banned {
    #[serde(rename = "crate")]
    name: String,
}

/// Runs the check.
pub fn run(args: &[String]) -> Result<(), String> {
    if !args.is_empty() {
        return Err("usage: cargo xtask deny".to_owned());
    }
    match step()? {
        Outcome::SkippedEverywhere(reason) => println!("SKIP {reason}"),
        _ => println!("cargo deny: fine"),
    }
    Ok(())
}

/// The check as a step.
pub fn step() -> Result<Outcome, String> {
    if has("cargo", &["deny"]) {
        let what = ["deny", "check", "bans", "licenses", "sources"];
        return succeed(Command::new("cargo").args(what)).map(|_| Outcome::Passed);
    }
    let found = findings()?;
    if !found.is_empty() {
        return Err(found.join("\n"));
    }
    Ok(Outcome::SkippedEverywhere(
        "cargo-deny is not installed; licences, bans and sources hold by xtask's own check, advisories were not looked up"
            .to_owned(),
    ))
}

fn findings() -> Result<Vec<String>, String> {
    let root = root()?;
    let text =
        std::fs::read_to_string(root.join("deny.toml")).map_err(|e| format!("deny.toml: {e}"))?;
    let rules: Rules = toml::from_str(&text).map_err(|e| format!("deny.toml: {e}"))?;
    let built = built(&root)?;
    let metadata = output(
        Command::new("cargo")
            .args(["metadata", "--format-version", "1", "--locked"])
            .current_dir(&root),
    )?;
    let metadata: serde_json::Value =
        serde_json::from_str(&metadata).map_err(|e| format!("cargo metadata: {e}"))?;
    let mut found = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let version = package["version"].as_str().unwrap_or_default();
        if built.contains(&format!("{name} v{version}")) {
            judge(package, &rules, &mut found);
        }
    }
    Ok(found)
}

/// `name vVERSION` of every package that is built here. `cargo metadata` also lists optional dependencies that
/// no feature turns on; `cargo tree` does not.
fn built(root: &std::path::Path) -> Result<BTreeSet<String>, String> {
    let tree = output(
        Command::new("cargo")
            .args(["tree", "--workspace", "--locked", "--edges", "all"])
            .args(["--prefix", "none", "--no-dedupe"])
            .current_dir(root),
    )?;
    let first_two = |line: &str| {
        let mut words = line.split(' ');
        Some(format!("{} {}", words.next()?, words.next()?))
    };
    Ok(tree.lines().filter_map(first_two).collect())
}

fn judge(package: &serde_json::Value, rules: &Rules, found: &mut Vec<String>) {
    let name = package["name"].as_str().unwrap_or_default();
    let version = package["version"].as_str().unwrap_or_default();
    let license = package["license"].as_str().unwrap_or_default();
    if !licensed(license, &rules.licenses.allow) {
        found.push(format!(
            "{name} {version}: licence `{license}` is not on deny.toml's list"
        ));
    }
    if rules.bans.deny.iter().any(|banned| banned.name == name) {
        found.push(format!("{name} {version}: banned in deny.toml"));
    }
    match package["source"].as_str() {
        None | Some("registry+https://github.com/rust-lang/crates.io-index") => {}
        Some(other) => found.push(format!("{name} {version}: from {other}")),
    }
}

/// Whether an SPDX expression can be met with the allowed licences. `AND` binds closer than `OR`.
fn licensed(expression: &str, allow: &[String]) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    any(&mut rest, allow) && rest.is_empty()
}

fn any(words: &mut &[&str], allow: &[String]) -> bool {
    let mut met = all(words, allow);
    while let [first, rest @ ..] = *words
        && *first == "OR"
    {
        *words = rest;
        met |= all(words, allow);
    }
    met
}

fn all(words: &mut &[&str], allow: &[String]) -> bool {
    let mut met = one(words, allow);
    while let [first, rest @ ..] = *words
        && *first == "AND"
    {
        *words = rest;
        met &= one(words, allow);
    }
    met
}

fn one(words: &mut &[&str], allow: &[String]) -> bool {
    match *words {
        ["(", rest @ ..] => {
            *words = rest;
            let met = any(words, allow);
            if let [")", rest @ ..] = *words {
                *words = rest;
            }
            met
        }
        [license, "WITH", exception, rest @ ..] => {
            *words = rest;
            let whole = format!("{license} WITH {exception}");
            allow.contains(&whole)
        }
        [license, rest @ ..] => {
            *words = rest;
            allow.iter().any(|allowed| allowed == license)
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests;
