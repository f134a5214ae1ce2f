//! `locum-fuzz SECONDS [TARGET…]`: every target, or those named, for so many seconds each.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use locum_fuzz::{driver::drive, targets::ALL};

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let Some(Ok(seconds)) = args.next().map(|seconds| seconds.parse()) else {
        eprintln!("usage: locum-fuzz SECONDS [TARGET…]");
        return ExitCode::FAILURE;
    };
    let names: Vec<String> = args.collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut failed = false;
    for target in ALL {
        if !names.is_empty() && !names.iter().any(|name| name == target.name) {
            continue;
        }
        match drive(target, folder, Duration::from_secs(seconds)) {
            Ok(inputs) => println!("{}: {inputs} inputs", target.name),
            Err(message) => {
                failed = true;
                println!("FAILED {message}");
            }
        }
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
