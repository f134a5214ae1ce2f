//! Every source and test file is reached by something that compiles or runs it.

use crate::project::Project;

/// Files that nothing names.
pub fn check(project: &Project) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for (path, _) in project.with_extension("rs") {
        if !is_root(path) && !is_named_module(project, path) {
            found.push(format!("{path}: no `mod` names it, so nothing compiles it"));
        }
    }
    for extension in ["py", "mjs"] {
        for (path, _) in project.with_extension(extension) {
            if path.starts_with("tests/") && !is_run(project, path) {
                found.push(format!(
                    "{path}: no test run finds it and nothing imports it"
                ));
            }
        }
    }
    Ok(found)
}

/// Files that cargo finds by itself.
fn is_root(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let folder_and_file = parts
        .iter()
        .rev()
        .take(2)
        .rev()
        .copied()
        .collect::<Vec<_>>();
    match folder_and_file.as_slice() {
        ["build.rs"] | [_, "build.rs"] => true,
        ["src", "main.rs" | "lib.rs"] => true,
        ["bin" | "examples" | "benches" | "tests" | "fuzz_targets", _] => {
            !path.contains("/src/") || path.contains("/src/bin/")
        }
        [_, "main.rs"] => parts.contains(&"tests") || parts.contains(&"bin"),
        _ => false,
    }
}

/// Whether the file above declares this one, by name or by path.
fn is_named_module(project: &Project, path: &str) -> bool {
    let Some((folder, file)) = path.rsplit_once('/') else {
        return false;
    };
    let stem = file.trim_end_matches(".rs");
    let (folder, name) = match stem {
        "mod" => folder.rsplit_once('/').unwrap_or(("", folder)),
        _ => (folder, stem),
    };
    let above = [
        format!("{folder}.rs"),
        format!("{folder}/mod.rs"),
        format!("{folder}/lib.rs"),
        format!("{folder}/main.rs"),
    ];
    let siblings = project
        .files
        .iter()
        .filter(|(other, _)| other.as_str() != path && in_folder(other, folder));
    let parents = above.iter().filter_map(|p| project.files.get_key_value(p));
    let by_path = format!(
        "#[path = \"{}/{file}\"]",
        folder.rsplit('/').next().unwrap_or(folder)
    );
    let uncles = folder.rsplit_once('/').map_or("", |(above, _)| above);
    let named_from_above = project
        .files
        .iter()
        .filter(|(other, _)| in_folder(other, uncles))
        .any(|(_, text)| text.lines().any(|line| line.trim() == by_path));
    named_from_above
        || parents.chain(siblings).any(|(_, text)| {
            text.lines().any(|line| {
                let line = line.trim();
                line.ends_with(&format!("mod {name};"))
                    || line.ends_with(&format!("mod r#{name};"))
                    || (line.starts_with("#[path") && line.contains(file))
            })
        })
}

fn in_folder(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .and_then(|rest| rest.strip_prefix('/'))
        .is_some_and(|rest| !rest.contains('/'))
}

/// pytest finds `test_*.py` and `conftest.py`, node finds `*.test.mjs`; the rest has to be named somewhere.
fn is_run(project: &Project, path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    if (file.starts_with("test_") && file.ends_with(".py"))
        || ["conftest.py", "__init__.py"].contains(&file)
        || file.ends_with(".test.mjs")
    {
        return true;
    }
    let stem = file.trim_end_matches(".py").trim_end_matches(".mjs");
    project.files.iter().any(|(other, text)| {
        other != path
            && (other.starts_with("tests/") || other.starts_with("xtask/"))
            && !other.ends_with(".md")
            && text.contains(stem)
    })
}
