//! A call that waits for its events to be durable.

use super::batch::Done;
use super::{Trail, lock};
use crate::change::Event;
use crate::engine::CommitError;
use crate::id::Revision;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

/// The future of events on their way to the trail.
#[derive(Debug)]
pub(crate) struct TrailCommit<'a> {
    pub(super) trail: &'a Trail,
    pub(super) step: Step,
}

#[derive(Debug)]
pub(super) enum Step {
    Start(Vec<Event>),
    Waiting {
        done: Arc<Done>,
        batch: u64,
        place: usize,
    },
}

impl Future for TrailCommit<'_> {
    type Output = Result<Revision, CommitError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let trail = self.trail;
        match &self.step {
            Step::Start(events) => {
                let bytes = events.iter().map(|event| event.record.len() + 1).sum();
                // Cloned outside the lock.
                let waker = context.waker().clone();
                let mut state = lock(&trail.state);
                if let Some(reason) = state.refusal(bytes) {
                    drop(state);
                    trail.figures.unavailable.fetch_add(1, Ordering::Relaxed);
                    return Poll::Ready(Err(reason.into()));
                }
                for event in events {
                    state.open.content.push(event);
                }
                let step = Step::Waiting {
                    done: state.open.done.clone(),
                    batch: state.open.number,
                    place: state.open.wakers.len(),
                };
                state.open.wakers.push(waker);
                trail.queued(state);
                self.step = step;
                Poll::Pending
            }
            Step::Waiting { done, batch, place } => {
                if let Some(result) = done.result(&trail.revision) {
                    return Poll::Ready(result);
                }
                let mut state = lock(&trail.state);
                if state.open.number == *batch {
                    if let Some(waker) = state.open.wakers.get_mut(*place) {
                        waker.clone_from(context.waker());
                    }
                    return Poll::Pending;
                }
                drop(state);
                lock(&done.late).push(context.waker().clone());
                match done.result(&trail.revision) {
                    Some(result) => Poll::Ready(result),
                    None => Poll::Pending,
                }
            }
        }
    }
}
