//! The npm packages that `tests/clients/js/package-lock.json` pins.

use super::Setup;
use crate::run::succeed;
use crate::steps::Outcome;
use std::process::Command;

/// `npm ci`, unless the lock file is the one that was installed.
pub fn install(setup: &Setup) -> Result<Outcome, String> {
    let folder = setup.root.join("tests/clients/js");
    let lock = folder.join("package-lock.json");
    let wanted = std::fs::read_to_string(&lock).map_err(|e| format!("{}: {e}", lock.display()))?;
    if wanted.contains("\"resolved\"") {
        return Err("package-lock.json names a registry; npm writes none with `omit-lockfile-registry-resolved`".to_owned());
    }
    let stamp = folder.join("node_modules/.installed-lock");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(Outcome::Passed);
    }
    succeed(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(&folder),
    )?;
    std::fs::write(&stamp, wanted).map_err(|e| format!("{}: {e}", stamp.display()))?;
    Ok(Outcome::Passed)
}
