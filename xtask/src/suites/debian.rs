//! What only Debian packages: the AWS CLI's second version, and the library that moves a program's clock.

use super::Setup;
use crate::run::succeed;
use crate::steps::Outcome;
use std::process::Command;

/// Where Debian puts the AWS CLI.
pub const AWS_CLI: &str = "/usr/bin/aws";

/// Installs both as root where there is apt.
pub fn install(_: &Setup) -> Result<Outcome, String> {
    if has_aws_cli_v2() && has_faketime() {
        return Ok(Outcome::Passed);
    }
    if !is_root() || !std::path::Path::new("/usr/bin/apt-get").exists() {
        let reason = "AWS CLI v2 or libfaketime is missing: `apt-get install awscli libfaketime`";
        return Ok(Outcome::Skipped(reason.to_owned()));
    }
    let apt = |args: &[&str]| {
        succeed(
            Command::new("apt-get")
                .args(args)
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )
    };
    apt(&["update", "-qq"])?;
    apt(&[
        "install",
        "-y",
        "-qq",
        "--no-install-recommends",
        "awscli",
        "libfaketime",
    ])?;
    if has_aws_cli_v2() && has_faketime() {
        Ok(Outcome::Passed)
    } else {
        let reason = "the package awscli is not version 2 here, or libfaketime is elsewhere";
        Ok(Outcome::Skipped(reason.to_owned()))
    }
}

fn has_faketime() -> bool {
    std::fs::read_dir("/usr/lib").is_ok_and(|entries| {
        let library = "faketime/libfaketime.so.1";
        entries.flatten().any(|e| e.path().join(library).exists())
    })
}

/// Whether version 2 of the AWS CLI is there.
pub fn has_aws_cli_v2() -> bool {
    Command::new(AWS_CLI)
        .arg("--version")
        .output()
        .is_ok_and(|done| String::from_utf8_lossy(&done.stdout).starts_with("aws-cli/2"))
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|done| done.stdout.trim_ascii() == b"0")
}
