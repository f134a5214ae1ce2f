//! A file has at most 600 lines (aim at 400) and a function 70; `xtask/tidy.toml` lists the exceptions, which may only shrink.

use crate::project::{Project, is_generated};
use crate::tidy::functions;
use std::collections::BTreeMap;

const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 70;
const EXTENSIONS: [&str; 3] = ["rs", "py", "mjs"];

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Exceptions {
    files: BTreeMap<String, Exception>,
    functions: BTreeMap<String, Exception>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    lines: usize,
    reason: String,
}

/// Files and functions above their limit, and exceptions that are no longer needed.
pub fn check(project: &Project) -> Result<Vec<String>, String> {
    let text = project
        .files
        .get("xtask/tidy.toml")
        .ok_or("xtask/tidy.toml is missing")?;
    let exceptions: Exceptions =
        toml::from_str(text).map_err(|e| format!("xtask/tidy.toml: {e}"))?;
    let mut files = BTreeMap::new();
    let mut bodies = BTreeMap::new();
    for extension in EXTENSIONS {
        for (path, text) in project.with_extension(extension) {
            if is_generated(path) {
                continue;
            }
            files.insert(path.to_owned(), text.lines().count());
            for function in functions::of(extension, text) {
                let name = format!("{path}::{}", function.name);
                let lines = bodies.entry(name).or_insert(0);
                *lines = function.lines.max(*lines);
            }
        }
    }
    let mut found = judge(&files, &exceptions.files, FILE_LINES_MAX);
    found.extend(judge(&bodies, &exceptions.functions, FUNCTION_LINES_MAX));
    Ok(found)
}

fn judge(
    measured: &BTreeMap<String, usize>,
    exceptions: &BTreeMap<String, Exception>,
    max: usize,
) -> Vec<String> {
    let mut found = Vec::new();
    for (name, lines) in measured {
        let allowed = exceptions.get(name).map_or(max, |e| e.lines);
        if *lines > allowed {
            found.push(format!("{name}: {lines} lines, {allowed} allowed"));
        }
    }
    for (name, exception) in exceptions {
        match measured.get(name) {
            None => found.push(format!("tidy.toml: {name} is gone, take it off the list")),
            Some(lines) if *lines <= max => {
                found.push(format!("tidy.toml: {name} fits now, take it off the list"));
            }
            Some(_) if exception.reason.trim().is_empty() => {
                found.push(format!("tidy.toml: {name} gives no reason"));
            }
            Some(_) => {}
        }
    }
    found
}
