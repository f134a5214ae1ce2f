//! `cargo xtask bench`: builds and runs the benchmarks, which live in a workspace of their own.

use crate::project::root;
use std::process::Command;

/// Passes its arguments on.
pub fn run(args: &[String]) -> Result<(), String> {
    let status = Command::new("cargo")
        .args([
            "run",
            "--release",
            "--manifest-path",
            "benchmarks/Cargo.toml",
            "--",
        ])
        .args(args)
        .current_dir(root()?)
        .status()
        .map_err(|e| format!("cargo: {e}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("benchmarks: {status}"))
    }
}
