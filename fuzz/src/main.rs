//! `locum-fuzz INPUTS [--seconds S] [TARGET…]`: every target, or those named, on so many inputs each.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use locum_fuzz::driver::{Bounds, drive};
use locum_fuzz::targets::ALL;

/// Seconds after which a target gives up when nothing else is said.
const SECONDS: u64 = 24 * 60 * 60;
/// Exit code when nothing failed but some target had no time for all of its inputs.
const OUT_OF_TIME: u8 = 3;

fn main() -> ExitCode {
    let Some((bounds, names)) = arguments() else {
        eprintln!("usage: locum-fuzz INPUTS [--seconds S] [TARGET…]");
        return ExitCode::FAILURE;
    };
    let (mut failed, mut late) = (false, false);
    let named = |name: &str| names.is_empty() || names.iter().any(|given| given == name);
    for target in ALL.iter().filter(|target| named(target.name)) {
        let began = Instant::now();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let name = target.name;
        match drive(target, folder, bounds) {
            Ok(driven) if driven.inputs < driven.wanted => {
                late = true;
                println!(
                    "LATE {name}: {} of {} inputs, then {} s were over",
                    driven.inputs,
                    driven.wanted,
                    bounds.time.as_secs()
                );
            }
            Ok(driven) => println!(
                "{name}: {} inputs in {:.1} s",
                driven.inputs,
                began.elapsed().as_secs_f64()
            ),
            Err(message) => {
                failed = true;
                println!("FAILED {message}");
            }
        }
    }
    match (failed, late) {
        (true, _) => ExitCode::FAILURE,
        (false, true) => ExitCode::from(OUT_OF_TIME),
        (false, false) => ExitCode::SUCCESS,
    }
}

/// The bounds, and the names of targets; `None` when they make no sense.
fn arguments() -> Option<(Bounds, Vec<String>)> {
    let mut args = std::env::args().skip(1);
    let inputs = args.next()?.parse().ok()?;
    let mut seconds = SECONDS;
    let mut names = Vec::new();
    while let Some(arg) = args.next() {
        if arg == "--seconds" {
            seconds = args.next()?.parse().ok()?;
        } else if ALL.iter().any(|target| target.name == arg) {
            names.push(arg);
        } else {
            return None;
        }
    }
    let time = Duration::from_secs(seconds);
    Some((Bounds { inputs, time }, names))
}
