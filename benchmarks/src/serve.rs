//! GetCallerIdentity and AssumeRole over HTTP, each paired with a bare hyper server in every round.

use std::path::Path;

use crate::client::{self, Client, Remote, Setup};
use crate::load::{self, Outcome, Pool};
use crate::report::Section;
use crate::requests::{self, Call, WHO};
use crate::server::{Scratch, Server};
use crate::timing::median;

/// How much is sent.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub rounds: usize,
    pub requests: usize,
    pub connections: usize,
}

/// One server's figures in one round.
#[derive(Clone)]
pub struct Slot {
    pub cpu_us: f64,
    pub outcome: Outcome,
}

impl Slot {
    pub fn per_second(&self) -> f64 {
        self.outcome.answered as f64 / self.outcome.wall.as_secs_f64()
    }
}

/// Sends `pool` to `server` and tells what it cost the server.
pub fn slot(server: &Server, pool: &Pool, connections: usize) -> Slot {
    let before = server.cpu_us();
    let outcome = load::run(server.address, pool, connections).expect("the load ran");
    assert_eq!(
        outcome.failed, 0,
        "first of the failures: {:?}",
        outcome.first_failure
    );
    Slot {
        cpu_us: (server.cpu_us() - before) / pool.len() as f64,
        outcome,
    }
}

/// Fresh signatures: every request differs from every other of the run.
pub fn pool(operation: Operation, setup: &Setup, host: &str, count: usize, round: usize) -> Pool {
    let mut pool = Pool::default();
    for number in 0..count {
        let number = (round * count + number) as u64;
        let request = match operation {
            Operation::Who => requests::bytes(&WHO, &setup.user, host, number),
            Operation::Assume => {
                let body = requests::assume_role(&setup.role_arn, number);
                requests::bytes(
                    &Call {
                        service: "sts",
                        target: None,
                        body: &body,
                    },
                    &setup.user,
                    host,
                    number,
                )
            }
        };
        pool.push(&request);
    }
    pool
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Who,
    Assume,
}

/// The section of the report.
pub fn run(program: &Path, size: Size) -> Section {
    let Size {
        rounds,
        requests,
        connections,
    } = size;
    let scratch = Scratch::new("http");
    let data = scratch.join("data");
    let locum = Server::locum(program, &data);
    let remote = Remote(locum.address);
    let setup = client::set_up(&remote, &client::admin(&data));
    let mut section = Section::new(
        "Requests per core",
        &format!(
            "`locum serve` over plain HTTP on loopback, {connections} kept-alive connections, every request with a \
             signature of its own, every record durable before its answer. The floors read the same requests and \
             answer a constant body of the same size: **bare hyper** is the server of hyper's own examples on \
             tokio's default runtime; **bare hyper, tuned** has Locum's threads and settings (a runtime per thread, \
             no look for the client's end while a call is under way), which is the harder floor. {rounds} rounds; \
             in each, all three get the same {requests} requests, one after the other. CPU is the server's user and \
             system time; requests per core follow from it. Requests per second share {} cores with the load \
             generator. The caller is a user of another account, the role asks for an external id.",
            std::thread::available_parallelism().map_or(1, usize::from)
        ),
        &[
            "operation",
            "server",
            "CPU per request",
            "requests per core",
            "requests/s",
            "p50",
            "p99",
            "Locum, of this floor",
        ],
    );
    for operation in [Operation::Who, Operation::Assume] {
        rows(
            &mut section,
            operation,
            &compare(&locum, &setup, operation, size),
        );
    }
    section.note(format!(
        "Resident memory of `locum` after this load: {:.0} MiB.",
        locum.rss_mib()
    ));
    locum.stop();
    section
}

/// What was measured of one server, round by round.
struct Measured {
    name: &'static str,
    slots: Vec<Slot>,
}

/// Rounds of both floors and Locum, each round beginning with another of them. Locum comes last in the
/// answer.
fn compare(locum: &Server, setup: &Setup, operation: Operation, size: Size) -> [Measured; 3] {
    let Size {
        rounds,
        requests,
        connections,
    } = size;
    let body = match operation {
        Operation::Who => WHO.body.to_owned(),
        Operation::Assume => requests::assume_role(&setup.role_arn, 1),
    };
    let answer = Remote(locum.address).call(
        &Call {
            service: "sts",
            target: None,
            body: &body,
        },
        &setup.user,
    );
    let bytes = answer
        .split_once("\r\n\r\n")
        .map_or(0, |(_, body)| body.len());
    let (stock, tuned) = (Server::bare(bytes, "stock"), Server::bare(bytes, "tuned"));
    let servers = [&stock, &tuned, locum];
    let names = ["bare hyper", "bare hyper, tuned", "locum"];
    let mut measured = names.map(|name| Measured {
        name,
        slots: Vec::new(),
    });
    let host = locum.address.to_string();
    let warm = pool(operation, setup, &host, 5_000, 1_000);
    for server in servers {
        slot(server, &warm, connections);
    }
    for round in 0..rounds {
        let pool = pool(operation, setup, &host, requests, round);
        for turn in 0..servers.len() {
            let turn = (round + turn) % servers.len();
            measured[turn]
                .slots
                .push(slot(servers[turn], &pool, connections));
        }
        let last = |one: &Measured| one.slots.last().map_or(0.0, |slot| slot.cpu_us);
        let [stock, tuned, own] = &measured;
        eprintln!(
            "  {operation:?} round {round}: bare {:.2} µs, tuned {:.2} µs, locum {:.2} µs",
            last(stock),
            last(tuned),
            last(own)
        );
    }
    stock.stop();
    tuned.stop();
    measured
}

/// Locum's requests per core as a share of a floor's: median, least and most of the rounds.
fn share(floor: &Measured, own: &Measured) -> String {
    let ratios: Vec<f64> = floor
        .slots
        .iter()
        .zip(&own.slots)
        .map(|(floor, own)| floor.cpu_us / own.cpu_us * 100.0)
        .collect();
    let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let most = ratios.iter().copied().fold(0.0, f64::max);
    format!("**{:.0} %** ({least:.0}–{most:.0})", median(&ratios))
}

fn rows(section: &mut Section, operation: Operation, measured: &[Measured; 3]) {
    let name = match operation {
        Operation::Who => "GetCallerIdentity",
        Operation::Assume => "AssumeRole",
    };
    let [stock, tuned, own] = measured;
    for one in [stock, tuned, own] {
        let pick =
            |field: &dyn Fn(&Slot) -> f64| median(&one.slots.iter().map(field).collect::<Vec<_>>());
        let cpu_us = pick(&|slot| slot.cpu_us);
        section.row(&[
            name.to_owned(),
            one.name.to_owned(),
            format!("{cpu_us:.1} µs"),
            format!("{:.0}", 1_000_000.0 / cpu_us),
            format!("{:.0}", pick(&Slot::per_second)),
            format!(
                "{:.2} ms",
                pick(&|slot| f64::from(slot.outcome.percentile_us(0.5))) / 1_000.0
            ),
            format!(
                "{:.2} ms",
                pick(&|slot| f64::from(slot.outcome.percentile_us(0.99))) / 1_000.0
            ),
            if std::ptr::eq(one, own) {
                String::new()
            } else {
                share(one, own)
            },
        ]);
    }
}
