//! The AWS CLI's second version, which only Debian packages.

use super::Setup;
use crate::run::succeed;
use crate::steps::Outcome;
use std::process::Command;

/// Where Debian puts it.
pub const PATH: &str = "/usr/bin/aws";

/// Installs it as root where there is apt.
pub fn install(_: &Setup) -> Result<Outcome, String> {
    if is_v2() {
        return Ok(Outcome::Passed);
    }
    if !is_root() || !std::path::Path::new("/usr/bin/apt-get").exists() {
        let reason = "AWS CLI v2 is not at /usr/bin/aws; install it with `apt-get install awscli`";
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
    apt(&["install", "-y", "-qq", "--no-install-recommends", "awscli"])?;
    if is_v2() {
        Ok(Outcome::Passed)
    } else {
        Ok(Outcome::Skipped(
            "the package awscli is not version 2 here".to_owned(),
        ))
    }
}

/// Whether version 2 is there.
pub fn is_v2() -> bool {
    Command::new(PATH)
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
