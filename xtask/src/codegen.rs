//! `cargo xtask codegen [--check]`: the Rust types of `crates/wire` from the service models.

mod model;
mod names;
mod pattern;
mod rust;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const SERVICES: [&str; 4] = ["sts", "iam", "organizations", "cloudtrail"];

/// Regenerates `crates/wire/src/generated/`, or with `--check` fails when it is stale.
pub fn run(args: &[String]) -> Result<(), String> {
    let root = workspace_root()?;
    let files = generate(&root)?;
    match args {
        [] => write(&root, &files),
        [flag] if flag == "--check" => check(&root, &files),
        _ => Err("usage: cargo xtask codegen [--check]".to_owned()),
    }
}

/// The workspace this task was built in.
fn workspace_root() -> Result<PathBuf, String> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_path_buf)
        .ok_or_else(|| "xtask has no parent folder".to_owned())
}

/// Path relative to the workspace → text, for every generated file.
fn generate(root: &Path) -> Result<BTreeMap<PathBuf, String>, String> {
    let choice = model::Choice::load(&root.join("models/operations.toml"))?;
    let mut patterns = pattern::Patterns::new(choice.equivalents());
    let folder = Path::new("crates/wire/src/generated");
    let mut files = BTreeMap::new();
    for service in SERVICES {
        let model = model::Model::load(&root.join(format!("models/{service}.json")))?;
        let text = rust::service(&model, choice.of(service)?, &mut patterns)?;
        files.insert(folder.join(format!("{service}.rs")), text);
    }
    files.insert(folder.join("patterns.rs"), patterns.into_rust());
    Ok(files)
}

fn write(root: &Path, files: &BTreeMap<PathBuf, String>) -> Result<(), String> {
    for (path, text) in files {
        let path = root.join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        }
        std::fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}

fn check(root: &Path, files: &BTreeMap<PathBuf, String>) -> Result<(), String> {
    let stale: Vec<String> = files
        .iter()
        .filter(|(path, text)| {
            std::fs::read_to_string(root.join(path)).ok().as_deref() != Some(text.as_str())
        })
        .map(|(path, _)| path.display().to_string())
        .collect();
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!(
        "stale, run `cargo xtask codegen`: {}",
        stale.join(", ")
    ))
}
