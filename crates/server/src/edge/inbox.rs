//! Wakes from other threads, gathered: one signal per batch instead of one per call.
//!
//! A call waits for the store's thread, which completes many at once. Waking each connection's task
//! from there would signal its worker thread each time (a system call); instead they are put into the
//! worker's inbox, and only the first of a batch signals.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

use super::connection::Entry;

/// The inbox of one worker thread.
#[derive(Default)]
pub(crate) struct Inbox {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    woken: Vec<Arc<Entry>>,
    reader: Option<Waker>,
    closed: bool,
}

impl Inbox {
    /// Puts a connection in; called from any thread.
    pub(crate) fn put(&self, entry: Arc<Entry>) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.woken.push(entry);
        // Later ones of the batch find the reader signalled already.
        let reader = if inner.woken.len() == 1 {
            inner.reader.take()
        } else {
            None
        };
        drop(inner);
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    /// Wakes what is put in, on the worker's own thread where it costs little. Ends when closed.
    pub(crate) async fn read(&self) {
        let mut batch = Vec::new();
        poll_fn(|cx| {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::swap(&mut inner.woken, &mut batch);
            if !inner
                .reader
                .as_ref()
                .is_some_and(|reader| reader.will_wake(cx.waker()))
            {
                inner.reader = Some(cx.waker().clone());
            }
            let closed = inner.closed;
            drop(inner);
            for entry in batch.drain(..) {
                entry.deliver();
            }
            if closed {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// Ends the reader.
    pub(crate) fn close(&self) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.closed = true;
        let reader = inner.reader.take();
        drop(inner);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

/// Whether a connection is in the inbox already.
#[derive(Default)]
pub(crate) struct Queued(AtomicBool);

impl Queued {
    /// Marks it; true when it was not in before.
    pub(crate) fn enter(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }

    /// It is out again.
    pub(crate) fn leave(&self) {
        self.0.store(false, Ordering::Release);
    }
}
