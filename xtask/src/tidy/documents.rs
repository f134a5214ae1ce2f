//! Markdown: one title a file, links that lead somewhere, and a changelog that is being written.

use crate::project::Project;
use std::collections::BTreeSet;

/// Documents that every checkout has.
const REQUIRED: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "LICENSE",
];

/// Broken documents.
pub fn check(project: &Project) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for name in REQUIRED {
        if !project.files.contains_key(*name) {
            found.push(format!("{name} is missing"));
        }
    }
    if let Some(text) = project.files.get("CHANGELOG.md")
        && !prose(text).any(|line| line == "## Unreleased")
    {
        found.push("CHANGELOG.md: no section `## Unreleased`".to_owned());
    }
    for (path, text) in project.with_extension("md") {
        let titles = prose(text).filter(|line| line.starts_with("# ")).count();
        if titles != 1 {
            found.push(format!("{path}: {titles} titles, one is wanted"));
        }
        for target in links(text) {
            if let Some(why) = broken(project, path, &target) {
                found.push(format!("{path}: link to {target}: {why}"));
            }
        }
    }
    Ok(found)
}

/// Lines outside code blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// Targets of `[text](target)`, outside code.
fn links(text: &str) -> Vec<String> {
    let mut targets = Vec::new();
    for line in prose(text) {
        // Every second piece between back quotes is code.
        for piece in line.split('`').step_by(2) {
            for start in piece.split("](").skip(1) {
                if let Some((target, _)) = start.split_once(')') {
                    targets.push(target.to_owned());
                }
            }
        }
    }
    targets
}

fn broken(project: &Project, from: &str, target: &str) -> Option<&'static str> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() {
        from.to_owned()
    } else {
        resolve(from, file)
    };
    let is_folder = || project.root.join(&path).is_dir();
    let Some(text) = project.files.get(&path) else {
        return (!is_folder()).then_some("no such file");
    };
    if anchor.is_empty() || anchors(text).contains(anchor) {
        return None;
    }
    Some("no such heading")
}

fn resolve(from: &str, to: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in to.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// Headings as the anchors that hosting sites make of them.
fn anchors(text: &str) -> BTreeSet<String> {
    prose(text)
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
        .collect()
}
