//! A Python environment under `target/clients/venv` with what `tests/clients/requirements.txt` pins.

use super::Setup;
use crate::run::succeed;
use crate::steps::Outcome;
use std::path::PathBuf;
use std::process::Command;

/// The environment's interpreter.
pub fn interpreter(setup: &Setup) -> PathBuf {
    setup.folder.join("venv/bin/python")
}

/// Makes or completes the environment.
pub fn install(setup: &Setup) -> Result<Outcome, String> {
    let requirements = setup.root.join("tests/clients/requirements.txt");
    let wanted = std::fs::read_to_string(&requirements)
        .map_err(|e| format!("{}: {e}", requirements.display()))?;
    let stamp = setup.folder.join("venv/installed.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(Outcome::Passed);
    }
    if !interpreter(setup).exists() {
        succeed(
            Command::new("python3")
                .args(["-m", "venv"])
                .arg(setup.folder.join("venv")),
        )?;
    }
    succeed(
        Command::new(interpreter(setup))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "-r",
            ])
            .arg(&requirements),
    )?;
    std::fs::write(&stamp, wanted).map_err(|e| format!("{}: {e}", stamp.display()))?;
    Ok(Outcome::Passed)
}
