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
struct Slot {
    cpu_us: f64,
    outcome: Outcome,
}

impl Slot {
    fn per_second(&self) -> f64 {
        self.outcome.answered as f64 / self.outcome.wall.as_secs_f64()
    }
}

/// Sends `pool` to `server` and tells what it cost the server.
fn slot(server: &Server, pool: &Pool, connections: usize) -> Slot {
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
fn pool(operation: Operation, setup: &Setup, host: &str, count: usize, round: usize) -> Pool {
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
enum Operation {
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
             signature of its own, every record durable before its answer. The floor is a bare hyper server with the \
             same threads and settings that reads the same requests and answers a constant body of the same size. \
             {rounds} rounds; in each, both get the same {requests} requests, one after the other. CPU is the \
             server's user and system time; requests per core follow from it. Requests per second share {} cores \
             with the load generator. The caller is a user of another account, the role asks for an external id.",
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
            "of the floor",
        ],
    );
    for operation in [Operation::Who, Operation::Assume] {
        let (bare, own) = compare(&locum, &setup, operation, size);
        rows(&mut section, operation, &bare, &own);
    }
    section.note(format!(
        "Resident memory of `locum` after this load: {:.0} MiB.",
        locum.rss_mib()
    ));
    locum.stop();
    section
}

/// Rounds of bare server and Locum, alternating which comes first.
fn compare(
    locum: &Server,
    setup: &Setup,
    operation: Operation,
    size: Size,
) -> (Vec<Slot>, Vec<Slot>) {
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
    let bare = Server::bare(bytes, "own");
    let host = locum.address.to_string();
    let warm = pool(operation, setup, &host, 5_000, 1_000);
    slot(&bare, &warm, connections);
    slot(locum, &warm, connections);
    let (mut floor, mut own) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let pool = pool(operation, setup, &host, requests, round);
        for turn in [round % 2, (round + 1) % 2] {
            match turn {
                0 => floor.push(slot(&bare, &pool, connections)),
                _ => own.push(slot(locum, &pool, connections)),
            }
        }
        eprintln!(
            "  {operation:?} round {round}: bare {:.2} µs, locum {:.2} µs",
            floor.last().map_or(0.0, |slot| slot.cpu_us),
            own.last().map_or(0.0, |slot| slot.cpu_us)
        );
    }
    bare.stop();
    (floor, own)
}

fn rows(section: &mut Section, operation: Operation, bare: &[Slot], own: &[Slot]) {
    let name = match operation {
        Operation::Who => "GetCallerIdentity",
        Operation::Assume => "AssumeRole",
    };
    let ratios: Vec<f64> = bare
        .iter()
        .zip(own)
        .map(|(bare, own)| bare.cpu_us / own.cpu_us)
        .collect();
    let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let most = ratios.iter().copied().fold(0.0, f64::max);
    let ratio = format!(
        "**{:.0} %** ({:.0}–{:.0})",
        median(&ratios) * 100.0,
        least * 100.0,
        most * 100.0
    );
    for (server, slots, share) in [
        ("bare hyper", bare, "100 %".to_owned()),
        ("locum", own, ratio),
    ] {
        let pick =
            |field: &dyn Fn(&Slot) -> f64| median(&slots.iter().map(field).collect::<Vec<_>>());
        let cpu_us = pick(&|slot| slot.cpu_us);
        section.row(&[
            name.to_owned(),
            server.to_owned(),
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
            share,
        ]);
    }
}
