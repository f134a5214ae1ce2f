//! Rooms that do no I/O and know no time: what their source may not name.

use crate::project::Project;

const CLOCKS: &[&str] = &["SystemTime", "Instant::now", "Timestamp::now", "Zoned::now"];
const WORLD: &[&str] = &[
    "std::fs",
    "std::env::",
    "std::process",
    "std::thread",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
    "ToSocketAddrs",
    "tokio::",
    "getrandom::",
    "aws_lc_rs::rand",
];

/// The room, and the lists that hold in it. `api` gets its clock and its randomness as arguments and opens no socket.
const ROOMS: &[(&str, &[&[&str]])] = &[
    ("crates/policy/src/", &[CLOCKS, WORLD]),
    ("crates/sigv4/src/", &[CLOCKS, WORLD]),
    ("crates/wire/src/", &[CLOCKS, WORLD]),
    ("crates/api/src/", &[CLOCKS, WORLD]),
];

/// Lines of pure rooms that reach outside. Their tests may.
pub fn check(project: &Project) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for (path, text) in project.with_extension("rs") {
        let Some((room, lists)) = ROOMS.iter().find(|(room, _)| path.starts_with(room)) else {
            continue;
        };
        if path.ends_with("/tests.rs") || path.contains("/tests/") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or(line);
            for name in lists.iter().copied().flatten() {
                if code.contains(name) {
                    let number = number + 1;
                    found.push(format!("{path}:{number}: `{name}` in {room}"));
                }
            }
        }
    }
    Ok(found)
}
