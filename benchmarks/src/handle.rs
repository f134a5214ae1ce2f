//! One call inside one process: CPU and allocations of `handle`, without sockets.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use locum_api::bootstrap::bootstrap;
use locum_api::{Random, SetClock, Settings, World, handle};
use locum_store::{MemoryOptions, memory};
use tokio::runtime::Runtime;

use crate::client::{Client, set_up};
use crate::report::Section;
use crate::requests::{Call, Keys, WHO, assume_role, now_s, value};
use crate::timing::{Cost, batch, median_cost};

const ROUNDS: usize = 400;
/// As many as a server has under way with 64 connections.
const CALLS: usize = 64;

/// Numbers that differ, which is all that a benchmark needs of randomness.
struct Counter(AtomicU64);

impl Random for Counter {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            let number = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            let mixed = (number ^ (number >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = mixed ^ (mixed >> 32);
            chunk
                .iter_mut()
                .zip(mixed.to_le_bytes())
                .for_each(|(to, from)| *to = from);
        }
    }
}

/// A world with the memory engine, called without sockets.
pub struct InProcess {
    pub runtime: Runtime,
    pub world: World,
    pub now_s: i64,
}

impl Client for InProcess {
    fn call(&self, call: &Call<'_>, keys: &Keys) -> String {
        let response = self
            .runtime
            .block_on(handle(&self.world, value(call, keys, self.now_s, 0)));
        let status = response.status();
        let body = String::from_utf8_lossy(response.body()).into_owned();
        assert!(
            status.is_success(),
            "{} was answered: {status}\n{body}",
            call.body
        );
        body
    }
}

/// A first start, and the administrator's keys.
pub fn world() -> (InProcess, Keys) {
    let now_s = now_s();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let world = World::new(
        Arc::new(memory(MemoryOptions::default())),
        Arc::new(SetClock::at(now_s * 1_000)),
        Arc::new(Counter(AtomicU64::new(1))),
        Settings::default(),
    );
    let mut admin = None;
    let keep = |credentials: &locum_api::bootstrap::AdminCredentials| {
        admin = Some(Keys {
            access_key_id: credentials.access_key_id.clone(),
            secret: credentials.secret_access_key.to_string(),
            session_token: None,
        });
        Ok(())
    };
    runtime
        .block_on(bootstrap(&world, keep))
        .expect("a first start");
    (
        InProcess {
            runtime,
            world,
            now_s,
        },
        admin.expect("credentials"),
    )
}

fn measure(inside: &InProcess, keys: &Keys, body: &dyn Fn(u64) -> String) -> Cost {
    let mut costs = Vec::new();
    for round in 0..ROUNDS {
        // Made shortly before they are answered, as a server reads them shortly before.
        let requests: Vec<_> = (0..CALLS)
            .map(|number| {
                let number = (round * CALLS + number) as u64;
                let body = body(number);
                let call = Call {
                    service: "sts",
                    target: None,
                    body: &body,
                };
                value(&call, keys, inside.now_s, number)
            })
            .collect();
        let mut requests = requests.into_iter();
        costs.push(batch(CALLS, |_| {
            let request = requests.next().expect("a request");
            let response = inside.runtime.block_on(handle(&inside.world, request));
            assert_eq!(black_box(response).status(), 200);
        }));
    }
    median_cost(costs.get(ROUNDS / 10..).unwrap_or(&costs))
}

/// The section of the report.
pub fn run() -> Section {
    let mut section = Section::new(
        "One call",
        "`locum_api::handle` in one process with the memory engine: signature, policies, session, record and answer, \
         without sockets and disk. The request's own values are made before the clock runs and freed within.",
        &["operation", "CPU per call", "allocations per call"],
    );
    let (inside, admin) = world();
    let setup = set_up(&inside, &admin);
    let who = measure(&inside, &setup.user, &|_| WHO.body.to_owned());
    let assume = measure(&inside, &setup.user, &|number| {
        assume_role(&setup.role_arn, number)
    });
    for (name, cost) in [("GetCallerIdentity", who), ("AssumeRole", assume)] {
        section.row(&[
            name.to_owned(),
            format!("{:.1} µs", cost.ns / 1_000.0),
            format!("{:.0}", cost.allocations),
        ]);
    }
    section
}
