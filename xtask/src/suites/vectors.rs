//! The published signature vectors, read from the packages that carry them, and requests signed by botocore.

use super::{Setup, python};
use crate::project::output;
use crate::run::succeed;
use crate::steps::Outcome;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The crate whose source holds AWS's own suite; it is read and never built.
const AWS_SIGV4: &str = "1.6.4";
/// The source distribution that holds the classic suite.
const BOTOCORE: &str = "1.44.5";

/// Fetches both suites and makes the generated cases.
pub fn fetch(setup: &Setup) -> Result<Outcome, String> {
    aws_suite(setup)?;
    botocore_suite(setup)?;
    cases(setup)?;
    Ok(Outcome::Passed)
}

/// Environment of the Rust tests: variable → folder or file. Missing ones are left out.
pub fn environment(setup: &Setup) -> Vec<(&'static str, PathBuf)> {
    let aws = std::fs::read_to_string(setup.folder.join("aws-suite.path")).unwrap_or_default();
    [
        ("LOCUM_AWS_SIGV4_SUITE", PathBuf::from(aws)),
        ("LOCUM_BOTOCORE_SUITE", botocore_folder(setup)),
        ("LOCUM_SIGV4_CASES", cases_file(setup)),
    ]
    .into_iter()
    .filter(|(_, path)| path.is_absolute() && path.exists())
    .collect()
}

fn aws_suite(setup: &Setup) -> Result<(), String> {
    let folder = setup.folder.join("aws-sigv4");
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(&folder))
            .and_then(|()| std::fs::write(&path, text))
            .map_err(|e| format!("{}: {e}", path.display()))
    };
    write("src/lib.rs", "")?;
    write(
        "Cargo.toml",
        &format!(
            "[package]\nname = \"vectors\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [dependencies]\naws-sigv4 = {{ version = \"={AWS_SIGV4}\", default-features = false }}\n\n[workspace]\n"
        ),
    )?;
    let metadata = output(
        Command::new("cargo")
            .args(["metadata", "--format-version", "1"])
            .current_dir(&folder),
    )?;
    let metadata: serde_json::Value =
        serde_json::from_str(&metadata).map_err(|e| format!("cargo metadata: {e}"))?;
    let manifest = metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|package| package["name"] == "aws-sigv4")
        .and_then(|package| package["manifest_path"].as_str())
        .ok_or("cargo metadata does not name aws-sigv4")?;
    let suite = Path::new(manifest).with_file_name("aws-signing-test-suite");
    if !suite.is_dir() {
        return Err(format!("{}: no such folder", suite.display()));
    }
    let path = suite.display().to_string();
    std::fs::write(setup.folder.join("aws-suite.path"), path).map_err(|e| e.to_string())
}

fn botocore_folder(setup: &Setup) -> PathBuf {
    let source = setup.folder.join(format!("botocore-{BOTOCORE}"));
    source.join("tests/unit/auth/aws4_testsuite")
}

fn botocore_suite(setup: &Setup) -> Result<(), String> {
    if botocore_folder(setup).is_dir() {
        return Ok(());
    }
    succeed(
        Command::new(python::interpreter(setup))
            .args([
                "-m",
                "pip",
                "download",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .args(["--no-deps", "--no-binary", ":all:", "--dest"])
            .arg(&setup.folder)
            .arg(format!("botocore=={BOTOCORE}")),
    )?;
    succeed(
        Command::new("tar")
            .arg("-xzf")
            .arg(setup.folder.join(format!("botocore-{BOTOCORE}.tar.gz")))
            .arg("-C")
            .arg(&setup.folder)
            .arg(format!("botocore-{BOTOCORE}/tests/unit/auth")),
    )?;
    Ok(())
}

fn cases_file(setup: &Setup) -> PathBuf {
    setup.folder.join("sigv4-cases.jsonl")
}

fn cases(setup: &Setup) -> Result<(), String> {
    let script = setup.root.join("tests/clients/sigv4_agreement.py");
    if !script.exists() {
        return Ok(());
    }
    succeed(
        Command::new(python::interpreter(setup))
            .arg(script)
            .arg(cases_file(setup)),
    )?;
    Ok(())
}
