//! Python environments with what a `requirements.txt` pins: one for `tests/clients`, one for `tests/oracle`.

use super::Setup;
use crate::run::succeed;
use crate::steps::Outcome;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The interpreter of the clients' environment, `target/clients/venv`.
pub fn interpreter(setup: &Setup) -> PathBuf {
    setup.folder.join("venv/bin/python")
}

/// The interpreter of the oracle's, `target/clients/oracle`.
pub fn oracle(setup: &Setup) -> PathBuf {
    setup.folder.join("oracle/bin/python")
}

/// Makes or completes the environment of the clients.
pub fn install(setup: &Setup) -> Result<Outcome, String> {
    let requirements = setup.root.join("tests/clients/requirements.txt");
    complete(&setup.folder.join("venv"), &requirements)
}

/// Makes or completes the environment of the oracle.
pub fn install_oracle(setup: &Setup) -> Result<Outcome, String> {
    let requirements = setup.root.join("tests/oracle/requirements.txt");
    complete(&setup.folder.join("oracle"), &requirements)
}

fn complete(environment: &Path, requirements: &Path) -> Result<Outcome, String> {
    let wanted = std::fs::read_to_string(requirements)
        .map_err(|e| format!("{}: {e}", requirements.display()))?;
    let stamp = environment.join("installed.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(Outcome::Passed);
    }
    let interpreter = environment.join("bin/python");
    if !interpreter.exists() {
        succeed(
            Command::new("python3")
                .args(["-m", "venv"])
                .arg(environment),
        )?;
    }
    succeed(
        Command::new(interpreter)
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "-r",
            ])
            .arg(requirements),
    )?;
    std::fs::write(&stamp, wanted).map_err(|e| format!("{}: {e}", stamp.display()))?;
    Ok(Outcome::Passed)
}
