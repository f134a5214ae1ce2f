//! The threads that serve connections: each its own runtime, so that a connection never changes threads.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle};

use super::inbox::Inbox;
use crate::limits;

/// One worker thread.
struct Worker {
    handle: Handle,
    inbox: Arc<Inbox>,
    connections: Arc<AtomicU32>,
    thread: Option<JoinHandle<()>>,
}

/// All worker threads.
pub(crate) struct Workers(Vec<Worker>);

/// A connection's place on a worker, given back on drop.
pub(crate) struct Place {
    handle: Handle,
    inbox: Arc<Inbox>,
    connections: Arc<AtomicU32>,
}

impl Workers {
    /// Starts `count` threads; 0 is one per core.
    pub(crate) fn start(count: usize) -> io::Result<Workers> {
        let count = match count {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            count => count,
        };
        (0..count)
            .map(|_| Worker::start())
            .collect::<io::Result<_>>()
            .map(Workers)
    }

    /// A place on the worker with the fewest connections.
    pub(crate) fn place(&self) -> Option<Place> {
        let idlest = self
            .0
            .iter()
            .min_by_key(|worker| worker.connections.load(Ordering::Relaxed))?;
        idlest.connections.fetch_add(1, Ordering::Relaxed);
        Some(Place {
            handle: idlest.handle.clone(),
            inbox: Arc::clone(&idlest.inbox),
            connections: Arc::clone(&idlest.connections),
        })
    }
}

impl Worker {
    fn start() -> io::Result<Worker> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(limits::BLOCKING_THREADS_MAX)
            .build()?;
        let handle = runtime.handle().clone();
        let inbox = Arc::new(Inbox::default());
        let reading = Arc::clone(&inbox);
        let thread = std::thread::Builder::new()
            .name("locum-worker".to_owned())
            .stack_size(limits::WORKER_STACK_BYTES)
            .spawn(move || {
                runtime.block_on(reading.read());
                // Connections that are left were cut off by the drain.
                runtime.shutdown_background();
            })?;
        Ok(Worker {
            handle,
            inbox,
            connections: Arc::default(),
            thread: Some(thread),
        })
    }
}

impl Place {
    /// The worker's inbox.
    pub(crate) fn inbox(&self) -> &Arc<Inbox> {
        &self.inbox
    }

    /// For spawning tasks on the worker's thread.
    pub(crate) fn handle(&self) -> Handle {
        self.handle.clone()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        for worker in &self.0 {
            worker.inbox.close();
        }
        for worker in &mut self.0 {
            if let Some(thread) = worker.thread.take() {
                // A worker that panicked has nothing left to say.
                let _ = thread.join();
            }
        }
    }
}
