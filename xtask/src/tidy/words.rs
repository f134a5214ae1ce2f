//! Words that may not stay in the tree: unfinished work, and paths of one machine.

use crate::project::{Project, is_generated};

/// Written in two halves so that this file does not contain them.
const FORBIDDEN: &[(&str, &str)] = &[
    (concat!("todo", "!"), "unfinished work"),
    (concat!("FIX", "ME"), "unfinished work"),
    (concat!("unimplemented", "!"), "unfinished work"),
    (concat!("/wo", "rk/"), "a path of one machine"),
    (concat!("/tmp/bash", "_jobs"), "a path of one machine"),
];

/// Lines with such a word.
pub fn check(project: &Project) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for (path, text) in &project.files {
        if is_generated(path) || path.starts_with("models/") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            for (word, why) in FORBIDDEN {
                if line.contains(word) {
                    found.push(format!("{path}:{}: {why}: {word}", number + 1));
                }
            }
        }
    }
    Ok(found)
}
