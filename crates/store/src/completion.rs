//! A result that one thread sets and one future waits for, without a runtime.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

#[derive(Debug)]
enum State<T> {
    Waiting(Option<Waker>),
    Set(T),
    Taken,
}

/// Where the result is set; the first one counts.
#[derive(Debug)]
pub(crate) struct Promise<T>(Arc<Mutex<State<T>>>);

impl<T> Clone for Promise<T> {
    fn clone(&self) -> Self {
        Promise(self.0.clone())
    }
}

/// The future of the result.
#[derive(Debug)]
pub(crate) struct Outcome<T>(Arc<Mutex<State<T>>>);

/// A promise and its future.
pub(crate) fn promise<T>() -> (Promise<T>, Outcome<T>) {
    let state = Arc::new(Mutex::new(State::Waiting(None)));
    (Promise(state.clone()), Outcome(state))
}

impl<T> Promise<T> {
    /// Sets the result and wakes the waiting future. Later calls change nothing.
    pub(crate) fn set(&self, value: T) {
        let waker = {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match &mut *state {
                State::Waiting(waker) => {
                    let waker = waker.take();
                    *state = State::Set(value);
                    waker
                }
                State::Set(_) | State::Taken => None,
            }
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Whether nothing was set yet.
    pub(crate) fn is_waiting(&self) -> bool {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(&*state, State::Waiting(_))
    }
}

impl<T> Future for Outcome<T> {
    type Output = T;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *state, State::Taken) {
            State::Set(value) => Poll::Ready(value),
            State::Waiting(_) => {
                *state = State::Waiting(Some(context.waker().clone()));
                Poll::Pending
            }
            // Polled after it was ready: a future may stay pending then.
            State::Taken => Poll::Pending,
        }
    }
}
