//! The trail on a disk that fails, fills up, hangs and comes back.

use super::*;
use crate::engine::CommitError;
use crate::id::Revision;
use crate::limits::EVENT_BYTES_MAX;
use std::future::Future;
use std::sync::mpsc;
use std::task::{Context, Poll};
use std::thread;

/// A disk that does what it is told.
#[derive(Clone, Default)]
struct Fake {
    lines: Arc<Mutex<Vec<u8>>>,
    mode: Arc<Mutex<Mode>>,
    batches: Arc<AtomicU64>,
    kept: Arc<Mutex<Vec<EventPolicy>>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Fine,
    Fail(io::ErrorKind),
    Hang,
}

impl Disk for Fake {
    fn keep(&mut self, policies: &[EventPolicy]) -> io::Result<()> {
        if !policies.is_empty() && *lock(&self.mode) != Mode::Fine {
            return Err(io::ErrorKind::StorageFull.into());
        }
        lock(&self.kept).extend_from_slice(policies);
        Ok(())
    }
    fn append(&mut self, segments: &[(i64, &[u8])]) -> io::Result<()> {
        self.batches.fetch_add(1, Ordering::Relaxed);
        while *lock(&self.mode) == Mode::Hang {
            thread::sleep(Duration::from_millis(5));
        }
        if let Mode::Fail(kind) = *lock(&self.mode) {
            return Err(kind.into());
        }
        for (_, bytes) in segments {
            lock(&self.lines).extend_from_slice(bytes);
        }
        Ok(())
    }
    fn durable(&self, _day: i64) -> u64 {
        lock(&self.lines).len() as u64
    }
}

struct Running {
    trail: Arc<Trail>,
    disk: Fake,
    stop: Option<mpsc::Sender<()>>,
    threads: Vec<thread::JoinHandle<()>>,
}

fn run() -> Running {
    let trail = Arc::new(Trail::new(Arc::default()));
    let disk = Fake::default();
    let (stop, stopped) = mpsc::channel();
    let writer = {
        let (trail, mut disk) = (trail.clone(), disk.clone());
        thread::spawn(move || trail.run(&mut disk))
    };
    let watch = {
        let trail = trail.clone();
        thread::spawn(move || {
            while stopped.recv_timeout(crate::limits::WATCH_TICK)
                == Err(mpsc::RecvTimeoutError::Timeout)
            {
                trail.watch(Instant::now());
            }
        })
    };
    Running {
        trail,
        disk,
        stop: Some(stop),
        threads: vec![writer, watch],
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        *lock(&self.disk.mode) = Mode::Fine;
        self.trail.close();
        self.stop.take();
        for thread in self.threads.drain(..) {
            thread.join().unwrap();
        }
    }
}

fn event(text: &str) -> Event {
    Event::new(0, text.as_bytes().to_vec())
}

impl Running {
    fn commit(&self, text: &str) -> Result<Revision, CommitError> {
        pollster::block_on(self.trail.commit(vec![event(text)]))
    }

    fn text(&self) -> String {
        String::from_utf8(lock(&self.disk.lines).clone()).unwrap()
    }

    fn set(&self, mode: Mode) {
        *lock(&self.disk.mode) = mode;
    }
}

fn unavailable(result: &Result<Revision, CommitError>) -> bool {
    matches!(result, Err(CommitError::Unavailable(_)))
}

#[test]
fn aud_01_a_failing_disk_is_answered_and_recovered_from() {
    let running = run();
    for kind in [
        io::ErrorKind::StorageFull,
        io::ErrorKind::Other,
        io::ErrorKind::ReadOnlyFilesystem,
    ] {
        running.set(Mode::Fail(kind));
        assert!(unavailable(&running.commit("lost")), "{kind:?}");
        running.set(Mode::Fine);
        running.commit("kept").unwrap();
    }
    assert_eq!(running.text(), "kept\n".repeat(3));
    assert_eq!(running.trail.figures.failures.load(Ordering::Relaxed), 3);
    assert_eq!(running.trail.figures.unavailable.load(Ordering::Relaxed), 3);
}

#[test]
fn aud_01_a_hung_disk_is_answered_within_two_seconds_and_recovered_from() {
    let running = run();
    running.set(Mode::Hang);
    let began = Instant::now();
    let results: Vec<_> = thread::scope(|scope| {
        let calls: Vec<_> = (0..8)
            .map(|number| {
                // Some meet the batch that hangs, some the one behind it.
                thread::sleep(Duration::from_millis(10));
                let running = &running;
                scope.spawn(move || running.commit(&format!("call {number}")))
            })
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    assert!(results.iter().all(unavailable), "{results:?}");
    assert!(began.elapsed() < Duration::from_millis(2_000));
    let began = Instant::now();
    assert!(unavailable(&running.commit("refused at once")));
    assert!(began.elapsed() < Duration::from_millis(100));
    running.set(Mode::Fine);
    let until = Instant::now() + Duration::from_secs(5);
    while unavailable(&running.commit("back")) {
        assert!(Instant::now() < until, "did not resume");
        thread::sleep(Duration::from_millis(5));
    }
    assert!(running.text().ends_with("back\n"));
    assert!(!running.text().contains("refused"));
}

#[test]
fn a_bounded_queue_refuses_what_it_cannot_hold() {
    let running = run();
    running.set(Mode::Hang);
    // One that the writer takes and hangs on; the others stay in the queue.
    let mut first = Box::pin(running.trail.commit(vec![event("first")]));
    let noop = Waker::noop();
    assert!(
        first
            .as_mut()
            .poll(&mut Context::from_waker(noop))
            .is_pending()
    );
    while running.disk.batches.load(Ordering::Relaxed) == 0 {
        thread::sleep(Duration::from_millis(1));
    }
    let record = "x".repeat(EVENT_BYTES_MAX);
    let count = TRAIL_QUEUE_BYTES_MAX / EVENT_BYTES_MAX + 8;
    let mut calls: Vec<_> = (0..count)
        .map(|_| Box::pin(running.trail.commit(vec![event(&record)])))
        .collect();
    let waker = Waker::noop();
    let refused = calls
        .iter_mut()
        .filter_map(
            |call| match call.as_mut().poll(&mut Context::from_waker(waker)) {
                Poll::Ready(result) => Some(result),
                Poll::Pending => None,
            },
        )
        .collect::<Vec<_>>();
    assert!(!refused.is_empty());
    let overloaded = CommitError::Unavailable(Unavailable::Overloaded);
    assert!(
        refused
            .iter()
            .all(|result| *result == Err(overloaded.clone()))
    );
}

#[test]
fn events_that_wait_share_a_batch() {
    let running = run();
    running.set(Mode::Hang);
    thread::scope(|scope| {
        let running = &running;
        scope.spawn(move || running.commit("first").unwrap());
        thread::sleep(Duration::from_millis(50));
        for number in 0..20 {
            scope.spawn(move || running.commit(&format!("{number}")).unwrap());
        }
        thread::sleep(Duration::from_millis(100));
        running.set(Mode::Fine);
    });
    assert_eq!(running.disk.batches.load(Ordering::Relaxed), 2);
    assert_eq!(running.text().lines().count(), 21);
}

#[test]
fn a_call_that_moves_to_another_task_is_still_woken() {
    struct Flag(std::sync::atomic::AtomicBool);
    impl std::task::Wake for Flag {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let running = run();
    running.set(Mode::Hang);
    let mut call = Box::pin(running.trail.commit(vec![event("moved")]));
    let flags: Vec<_> = (0..3).map(|_| Arc::new(Flag(false.into()))).collect();
    for flag in &flags {
        let waker = Waker::from(flag.clone());
        assert!(
            call.as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        // The second and third poll find the batch already with the writer.
        thread::sleep(Duration::from_millis(50));
    }
    running.set(Mode::Fine);
    let until = Instant::now() + Duration::from_secs(5);
    while !flags[2].0.load(Ordering::SeqCst) {
        assert!(Instant::now() < until, "never woken");
        thread::sleep(Duration::from_millis(1));
    }
    let waker = Waker::noop();
    assert!(
        call.as_mut()
            .poll(&mut Context::from_waker(waker))
            .is_ready()
    );
}

#[test]
fn outbox_rows_are_told_apart_by_what_became_of_them() {
    let running = run();
    let wait = |ready: &dyn Fn(&Rows) -> bool| {
        let mut all = Rows::default();
        let until = Instant::now() + Duration::from_secs(5);
        while !ready(&all) {
            let rows = running.trail.take_rows();
            all.delivered.extend(rows.delivered);
            all.failed.extend(rows.failed);
            assert!(Instant::now() < until, "{all:?}");
        }
        all
    };
    running.trail.deliver([(1, event("a")), (2, event("b"))]);
    assert_eq!(wait(&|rows| rows.delivered.len() == 2).delivered, [1, 2]);
    running.set(Mode::Fail(io::ErrorKind::StorageFull));
    running.trail.deliver([(3, event("c"))]);
    assert_eq!(wait(&|rows| !rows.failed.is_empty()).failed, [3]);
    assert_eq!(running.text(), "a\nb\n");
}

#[test]
fn aud_01_a_record_whose_policies_cannot_be_kept_is_not_acknowledged() {
    let running = run();
    let mut told = event("refers");
    told.policies.push(EventPolicy::new("text"));
    running.set(Mode::Fail(io::ErrorKind::StorageFull));
    let refused = pollster::block_on(running.trail.commit(vec![told.clone()]));
    assert!(unavailable(&refused), "{refused:?}");
    running.set(Mode::Fine);
    assert_eq!(running.text(), "");
    pollster::block_on(running.trail.commit(vec![told])).unwrap();
    assert_eq!(running.text(), "refers\n");
    assert_eq!(lock(&running.disk.kept).len(), 1);
}
