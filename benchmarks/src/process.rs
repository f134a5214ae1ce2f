//! Memory at rest, time to be ready, size of the program.

use std::path::Path;
use std::time::Duration;

use crate::report::Section;
use crate::server::{Scratch, Server};
use crate::timing::median;

const STARTS: usize = 11;

/// The section of the report.
pub fn run(program: &Path) -> Section {
    let mut section = Section::new(
        "Process",
        &format!(
            "Median of {STARTS} starts; ready means the line that says so was read. Memory is the resident set a second later."
        ),
        &["figure", "value"],
    );
    let scratch = Scratch::new("process");
    let (mut empty, mut memory) = (Vec::new(), Vec::new());
    for number in 0..STARTS {
        let server = Server::locum(program, &scratch.join(&format!("empty-{number}")));
        empty.push(milliseconds(server.start_up));
        if number % 4 == 0 {
            std::thread::sleep(Duration::from_secs(1));
            memory.push(server.rss_mib());
        }
        server.stop();
    }
    let existing: Vec<f64> = (0..STARTS)
        .map(|_| {
            let server = Server::locum(program, &scratch.join("empty-0"));
            let took = milliseconds(server.start_up);
            server.stop();
            took
        })
        .collect();
    let size = std::fs::metadata(program).map_or(0, |data| data.len());
    let mut row = |name: &str, value: String| section.row(&[name.to_owned(), value]);
    row(
        "ready on an empty data directory",
        format!("{:.0} ms", median(&empty)),
    );
    row(
        "ready on an existing data directory",
        format!("{:.0} ms", median(&existing)),
    );
    row(
        "resident memory, idle",
        format!("{:.1} MiB", median(&memory)),
    );
    row(
        "size of the program",
        format!("{:.1} MiB", size as f64 / 1_048_576.0),
    );
    section
}

/// For tables.
pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
