//! The arrows that the design allows between crates, compared with every `Cargo.toml`.

use crate::project::Project;

/// Crate → what it may name. Nothing else is allowed; see ARCHITECTURE.md.
const ALLOWED: &[(&str, &[&str])] = &[
    ("policy", &[]),
    ("sigv4", &[]),
    ("wire", &[]),
    ("store", &["policy"]),
    ("api", &["policy", "sigv4", "wire", "store"]),
    ("server", &["api", "store", "wire", "sigv4"]),
    ("cli", &["server", "policy", "sigv4", "wire"]),
    ("xtask", &[]),
];

const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Arrows that are not in the list, and crates that the list does not know.
pub fn check(project: &Project) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for (path, text) in project.with_extension("toml") {
        let Some(room) = room(path) else { continue };
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == room) else {
            found.push(format!("{path}: the room `{room}` is not in the design"));
            continue;
        };
        let manifest: toml::Table = text.parse().map_err(|e| format!("{path}: {e}"))?;
        for target in named(&manifest) {
            if !allowed.contains(&target.as_str()) {
                found.push(format!("{path}: {room} may not name {target}"));
            }
        }
    }
    Ok(found)
}

/// The room of a manifest: `crates/X/Cargo.toml` or `xtask/Cargo.toml`.
fn room(path: &str) -> Option<&str> {
    let folder = path.strip_suffix("/Cargo.toml")?;
    match folder {
        "xtask" => Some(folder),
        _ => folder.strip_prefix("crates/"),
    }
}

/// Our own crates that a manifest names, in any kind of dependency and for any target.
fn named(manifest: &toml::Table) -> Vec<String> {
    let mut tables: Vec<&toml::Table> = vec![manifest];
    if let Some(targets) = manifest.get("target").and_then(|v| v.as_table()) {
        tables.extend(targets.values().filter_map(|v| v.as_table()));
    }
    let mut names = Vec::new();
    for table in tables {
        for kind in KINDS {
            let Some(dependencies) = table.get(kind).and_then(|v| v.as_table()) else {
                continue;
            };
            for (key, value) in dependencies {
                let package = value.get("package").and_then(|v| v.as_str()).unwrap_or(key);
                if let Some(ours) = package.strip_prefix("locum-") {
                    names.push(ours.to_owned());
                }
            }
        }
    }
    names
}
