//! What the figures were measured on.

use std::process::Command;

/// One sentence: processor, cores, kernel, compiler.
pub fn describe() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .unwrap_or(": unknown");
    let model = model.trim_start_matches([' ', '\t', ':']);
    let sha = if cpu.contains("sha_ni") {
        "with"
    } else {
        "without"
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc
        .map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned())
        .unwrap_or_default();
    format!(
        "{model}, {cores} cores ({sha} SHA instructions), Linux {}, {rustc}.\n",
        kernel.trim()
    )
}
