//! The checkout as the tasks see it: its root, its files, and their text.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every file that git tracks or would track, with its text.
pub struct Project {
    /// The workspace's folder.
    pub root: PathBuf,
    /// Path relative to `root`, with `/` between its parts → text. Files that are not UTF-8 are left out.
    pub files: BTreeMap<String, String>,
}

impl Project {
    /// Reads the checkout once.
    pub fn load() -> Result<Project, String> {
        let root = root()?;
        let listed = output(
            Command::new("git")
                .args(["ls-files", "--cached", "--others", "--exclude-standard"])
                .current_dir(&root),
        )?;
        let files = listed
            .lines()
            .filter_map(|path| {
                let text = std::fs::read_to_string(root.join(path)).ok()?;
                Some((path.to_owned(), text))
            })
            .collect();
        Ok(Project { root, files })
    }

    /// Files whose name ends in `.extension`.
    pub fn with_extension<'a>(
        &'a self,
        extension: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files
            .iter()
            .filter(move |(path, _)| {
                path.rsplit_once('.')
                    .is_some_and(|(_, found)| found == extension)
            })
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

/// The workspace this task was built in.
pub fn root() -> Result<PathBuf, String> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_path_buf)
        .ok_or_else(|| "xtask has no parent folder".to_owned())
}

/// Generated code is data: the rules about sizes do not hold for it.
pub fn is_generated(path: &str) -> bool {
    path.contains("/generated/") || path.ends_with("package-lock.json")
}

/// Standard output of a command that has to succeed.
pub fn output(command: &mut Command) -> Result<String, String> {
    let name = format!("{command:?}");
    let done = command.output().map_err(|e| format!("{name}: {e}"))?;
    if done.status.success() {
        return String::from_utf8(done.stdout).map_err(|e| format!("{name}: {e}"));
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(format!("{name}: {}\n{said}", done.status))
}

/// Whether a program answers `--version`.
pub fn has(program: &str, args: &[&str]) -> bool {
    Command::new(program)
        .args(args)
        .arg("--version")
        .output()
        .is_ok_and(|done| done.status.success())
}
