//! `cargo xtask tidy`: the house rules that no compiler checks.

mod arrows;
mod documents;
mod forgotten;
mod functions;
mod headers;
mod purity;
mod sizes;
mod words;

use crate::project::Project;

/// One rule: what it is called, and the places that break it.
type Rule = (&'static str, fn(&Project) -> Result<Vec<String>, String>);

const RULES: &[Rule] = &[
    ("arrows between crates", arrows::check),
    ("first lines", headers::check),
    ("sizes of files and functions", sizes::check),
    ("forbidden words", words::check),
    ("no forgotten files", forgotten::check),
    ("pure rooms", purity::check),
    ("documents", documents::check),
];

/// Checks every rule and prints each place that breaks one.
pub fn run(args: &[String]) -> Result<(), String> {
    if !args.is_empty() {
        return Err("usage: cargo xtask tidy".to_owned());
    }
    let project = Project::load()?;
    let mut found = 0;
    for (name, rule) in RULES {
        for place in rule(&project)? {
            println!("tidy: {name}: {place}");
            found += 1;
        }
    }
    if found == 0 {
        Ok(())
    } else {
        Err(format!("tidy: {found} findings"))
    }
}
