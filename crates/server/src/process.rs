//! The process: file modes, descriptors, core dumps, worker threads.

use std::io;

use rustix::fs::Mode;
use rustix::process::{DumpableBehavior, Resource, Rlimit};

use crate::error::ServerError;
use crate::limits;

/// Makes the process one that holds secrets: files for its own user only, no core dumps, no
/// debugger of the same user (reference: attacks.md §4, points 7 and 9).
pub(crate) fn harden() -> Result<(), ServerError> {
    let process = |what| {
        move |source: rustix::io::Errno| ServerError::Process {
            what,
            source: source.into(),
        }
    };
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let none = Rlimit {
        current: Some(0),
        maximum: rustix::process::getrlimit(Resource::Core).maximum,
    };
    rustix::process::setrlimit(Resource::Core, none).map_err(process("core dumps"))?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(process("core dumps"))
}

/// Raises the soft limit of file descriptors to the hard one; answers how many connections fit.
pub(crate) fn descriptors() -> u64 {
    let Rlimit { current, maximum } = rustix::process::getrlimit(Resource::Nofile);
    // No limit at all reads as `None`.
    let Some(wanted) = maximum else {
        return u64::MAX;
    };
    let wanted = wanted.min(1 << 20);
    if current.is_some_and(|current| current < wanted) {
        let _ = rustix::process::setrlimit(
            Resource::Nofile,
            Rlimit {
                current: Some(wanted),
                maximum,
            },
        );
    }
    let now = rustix::process::getrlimit(Resource::Nofile)
        .current
        .unwrap_or(u64::MAX);
    now.saturating_sub(limits::DESCRIPTORS_RESERVED).max(1)
}

/// The runtime of the main thread: it takes connections in and serves the operator and metrics; calls
/// run on the worker threads.
pub(crate) fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(limits::BLOCKING_THREADS_MAX)
        .enable_all()
        .build()
}
