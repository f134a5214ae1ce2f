//! Measures the embedded engine: `figures DIR [ACCOUNTS ROLES]` makes a data directory and prints
//! commits, events, loads and openings per second, and CPU per event.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a tool for developers"
)]

use locum_store::*;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"AIDAEXAMPLEEXAMPLE12"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"example-external-id"}}}]}"#;

fn random() -> RandomSource {
    // A pool refilled from the system: nonces are made faster than a system call each.
    let pool = Mutex::new((vec![0u8; 4096], 4096));
    Arc::new(move |out: &mut [u8]| {
        let mut pool = pool.lock().unwrap();
        let (bytes, used) = &mut *pool;
        if *used + out.len() > bytes.len() {
            getrandom::fill(bytes).unwrap();
            *used = 0;
        }
        out.copy_from_slice(&bytes[*used..*used + out.len()]);
        *used += out.len();
    })
}

fn role(number: u64) -> Role {
    Role {
        name: format!("role-{number:06}"),
        path: "/".to_owned(),
        id: format!("AROAEXAMPLE{number:010}"),
        created_s: 1_700_000_000,
        description: None,
        max_session_duration_s: 3_600,
        trust: PolicyText::new(TRUST),
        tags: Vec::new(),
        inline: vec![InlinePolicy {
            name: "read".to_owned(),
            policy: PolicyText::new(
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::lake","arn:aws:s3:::lake/*"]}]}"#,
            ),
        }],
        attached: Vec::new(),
        boundary: None,
        service_linked: None,
    }
}

fn meta(number: u64) -> AccountMeta {
    AccountMeta {
        name: format!("account-{number}"),
        email: format!("{number}@example.com"),
        created_s: 1_700_000_000,
        alias: None,
        status: AccountStatus::Active,
        joined_method: JoinedMethod::Created,
        root: RootUser::default(),
        password_policy: None,
        outbound_issuer: None,
    }
}

fn unit(number: u64) -> Unit {
    Unit::Account(AccountId::from_number(number + 1).unwrap())
}

fn open(dir: &Path) -> RedbEngine {
    open_redb(dir, RedbOptions::new(random())).unwrap()
}

/// CPU nanoseconds of the threads whose names begin like this.
fn cpu(prefix: &str) -> u64 {
    let mut sum = 0;
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let path = task.unwrap().path();
        let name = std::fs::read_to_string(path.join("comm")).unwrap_or_default();
        if name.starts_with(prefix) {
            let stat = std::fs::read_to_string(path.join("schedstat")).unwrap_or_default();
            sum += stat.split(' ').next().unwrap().parse::<u64>().unwrap_or(0);
        }
    }
    sum
}

/// Runs `count` futures, `width` at a time, on this thread.
fn drive<'a, T>(count: usize, width: usize, mut make: impl FnMut(usize) -> BoxFuture<'a, T>) {
    struct Task(usize, Arc<(Mutex<Vec<usize>>, Condvar)>);
    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.1.0.lock().unwrap().push(self.0);
            self.1.1.notify_one();
        }
    }
    let ready = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
    let wakers: Vec<Waker> = (0..width)
        .map(|place| Waker::from(Arc::new(Task(place, ready.clone()))))
        .collect();
    let mut next = 0;
    let mut running: Vec<Option<BoxFuture<'a, T>>> = (0..width).map(|_| None).collect();
    let mut open = 0;
    let mut turn: Vec<usize> = (0..width).collect();
    loop {
        for place in turn.drain(..) {
            loop {
                if running[place].is_none() {
                    if next == count {
                        break;
                    }
                    running[place] = Some(make(next));
                    next += 1;
                    open += 1;
                }
                let future = running[place].as_mut().unwrap();
                match future
                    .as_mut()
                    .poll(&mut Context::from_waker(&wakers[place]))
                {
                    Poll::Pending => break,
                    Poll::Ready(_) => {
                        running[place] = None;
                        open -= 1;
                    }
                }
            }
        }
        if open == 0 && next == count {
            return;
        }
        let mut queue = ready.0.lock().unwrap();
        while queue.is_empty() {
            queue = ready.1.wait(queue).unwrap();
        }
        std::mem::swap(&mut turn, &mut queue);
    }
}

fn per_second(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

/// `work` is what the caller does between two events.
fn events(engine: &RedbEngine, count: usize, width: usize, work: Duration) {
    let record = format!("{{\"x\":\"{}\"}}", "x".repeat(1_192)).into_bytes();
    let (before, caller, writer) = (engine.counters(), cpu("figures"), cpu("locum-trail"));
    let began = Instant::now();
    drive(count, width, |_| {
        let began = Instant::now();
        while began.elapsed() < work {}
        engine.commit(Change::event(Event::new(1_795_478_400, record.clone())))
    });
    let time = began.elapsed();
    let after = engine.counters();
    println!(
        "events, {width} in flight, {work:.0?} between: {:.0}/s, {:.1} a sync, CPU per event: caller {} ns, trail thread {} ns",
        per_second(count, time),
        count as f64 / (after.trail_batches - before.trail_batches) as f64,
        ((cpu("figures") - caller) / count as u64)
            .saturating_sub(u64::try_from(work.as_nanos()).unwrap()),
        (cpu("locum-trail") - writer) / count as u64,
    );
}

fn commits(engine: &RedbEngine, count: usize, width: usize) {
    let mut revisions = vec![Revision::NONE; width];
    for (place, revision) in revisions.iter_mut().enumerate() {
        *revision = pollster::block_on(engine.load(unit(place as u64)))
            .unwrap()
            .unwrap()
            .revision();
    }
    let before = engine.counters();
    let began = Instant::now();
    std::thread::scope(|scope| {
        for (place, mut revision) in revisions.into_iter().enumerate() {
            scope.spawn(move || {
                for turn in 0..count / width {
                    let change = Change {
                        writes: vec![UnitWrite {
                            unit: unit(place as u64),
                            expects: revision,
                            puts: vec![Record::Role(role(turn as u64 % 50))],
                            deletes: Vec::new(),
                        }],
                        events: vec![Event::new(
                            1_795_478_400,
                            format!("{{\"eventID\":\"{place}-{turn}-{revision}\"}}").into_bytes(),
                        )],
                        token: None,
                    };
                    revision = pollster::block_on(engine.commit(change)).unwrap();
                }
            });
        }
    });
    let time = began.elapsed();
    let after = engine.counters();
    println!(
        "commits, {width} at a time: {:.0}/s, {:.1} a transaction",
        per_second(count, time),
        count as f64 / (after.write_batches - before.write_batches) as f64,
    );
}

fn fill(engine: &RedbEngine, accounts: u64, roles: u64) {
    let began = Instant::now();
    for number in 0..accounts {
        if engine.cached(unit(number)).is_some() {
            continue;
        }
        let mut puts = vec![Record::AccountMeta(meta(number))];
        puts.extend((0..roles).map(|number| Record::Role(role(number))));
        let change = Change {
            writes: vec![UnitWrite {
                unit: unit(number),
                expects: Revision::NONE,
                puts,
                deletes: Vec::new(),
            }],
            ..Change::default()
        };
        pollster::block_on(engine.commit(change)).unwrap();
    }
    let time = began.elapsed();
    println!("filled {accounts} accounts of {roles} roles in {time:.1?}");
}

fn rss() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<u64>()
        .unwrap()
        / 1024
}

fn opening(dir: &Path, accounts: u64) {
    let began = Instant::now();
    let engine = open(dir);
    println!("opened in {:.1?}, RSS {} MiB", began.elapsed(), rss());
    let step = (accounts / 100).max(1);
    let numbers: Vec<u64> = (0..accounts)
        .step_by(usize::try_from(step).unwrap())
        .collect();
    let began = Instant::now();
    for number in &numbers {
        pollster::block_on(engine.load(unit(*number)))
            .unwrap()
            .unwrap();
    }
    println!(
        "loaded {} accounts, each in {:.2?}, RSS {} MiB",
        numbers.len(),
        began.elapsed() / u32::try_from(numbers.len()).unwrap(),
        rss()
    );
    let account = engine.cached(unit(0)).unwrap().account().unwrap();
    let began = Instant::now();
    let count = account.roles().iter().count();
    println!("decoded {count} roles in {:.2?}", began.elapsed());
    let began = Instant::now();
    account.role_by_id("AROAEXAMPLE0000000007").unwrap();
    println!("built its indexes in {:.2?}", began.elapsed());
    let began = Instant::now();
    let mut found = 0;
    for turn in 0..1_000_000u64 {
        let account = engine
            .cached(unit(numbers[turn as usize % numbers.len()]))
            .unwrap()
            .account()
            .unwrap();
        found += account.revision.0;
    }
    println!(
        "cached(): {} ns ({found})",
        began.elapsed().as_nanos() / 1_000_000
    );
    let names: Vec<String> = (0..count)
        .map(|number| format!("role-{number:06}"))
        .collect();
    let began = Instant::now();
    for turn in 0..1_000_000usize {
        found += account
            .roles()
            .get(&names[turn % names.len()])
            .unwrap()
            .created_s as u64;
    }
    println!(
        "roles().get(): {} ns ({found})",
        began.elapsed().as_nanos() / 1_000_000
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let dir = Path::new(&arguments[1]);
    let number = |at: usize, default| {
        arguments
            .get(at)
            .map_or(default, |text| text.parse().unwrap())
    };
    let (accounts, roles) = (number(2, 100), number(3, 1_000));
    if arguments.get(4).is_some_and(|word| word == "kill") {
        // Ends like a crash, in the middle of commits.
        let engine = open(dir);
        fill(&engine, 0, 0);
        std::thread::spawn(|| {
            std::thread::sleep(Duration::from_millis(1_500));
            std::process::abort();
        });
        commits(&engine, 1_000_000, 8);
        return;
    }
    if !dir.exists() {
        let began = Instant::now();
        let engine = open(dir);
        println!("made in {:.1?}", began.elapsed());
        fill(&engine, accounts, roles);
        for width in [1, 16, 64] {
            commits(
                &engine,
                200 * width,
                width.min(usize::try_from(accounts).unwrap()),
            );
        }
        for work in [Duration::ZERO, Duration::from_micros(20)] {
            for width in [1, 16, 64, 256] {
                events(&engine, 1_000 * width.min(64), width, work);
            }
        }
        let began = Instant::now();
        drop(engine);
        println!("closed in {:.1?}", began.elapsed());
    }
    opening(dir, accounts);
}
