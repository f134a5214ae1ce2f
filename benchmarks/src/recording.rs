//! What records cost: AssumeRole on a server that keeps them and on the same server with its records discarded.

use crate::client::{self, Remote, Setup};
use crate::report::Section;
use crate::serve::{Operation, Size, Slot, pool, slot};
use crate::server::{Scratch, Server};
use crate::timing::median;

/// A server, its caller and what was measured of it.
struct Side {
    name: &'static str,
    server: Server,
    setup: Setup,
    slots: Vec<Slot>,
}

impl Side {
    fn start(name: &'static str, scratch: &Scratch) -> Side {
        let data = scratch.join(name);
        let server = Server::recording(name, &data);
        let setup = client::set_up(&Remote(server.address), &client::admin(&data));
        Side {
            name,
            server,
            setup,
            slots: Vec::new(),
        }
    }

    fn send(&self, count: usize, round: usize, connections: usize) -> Slot {
        let host = self.server.address.to_string();
        let pool = pool(Operation::Assume, &self.setup, &host, count, round);
        slot(&self.server, &pool, connections)
    }

    fn median(&self, field: impl Fn(&Slot) -> f64) -> f64 {
        median(&self.slots.iter().map(field).collect::<Vec<_>>())
    }
}

/// The section of the report.
pub fn run(size: Size) -> Section {
    let scratch = Scratch::new("recording");
    let mut sides = ["kept", "discarded"].map(|name| Side::start(name, &scratch));
    for side in &sides {
        side.send(5_000, 1_000, size.connections);
    }
    for round in 0..size.rounds {
        for turn in 0..2 {
            let side = &mut sides[(round + turn) % 2];
            let measured = side.send(size.requests, round, size.connections);
            eprintln!(
                "  round {round}, {}: {:.0} requests/s, {:.2} µs",
                side.name,
                measured.per_second(),
                measured.cpu_us
            );
            side.slots.push(measured);
        }
    }
    let section = section(&sides, size);
    for side in sides {
        side.server.stop();
    }
    section
}

fn section(sides: &[Side; 2], size: Size) -> Section {
    let [kept, discarded] = sides;
    let mut section = Section::new(
        "What recording costs",
        &format!(
            "AssumeRole over {} kept-alive connections, {} requests in each of {} rounds, on two servers in turn: one as \
             `locum serve` is, and one whose store discards the records of calls that change nothing, which then wait for \
             no disk. Records are made on both. Throughput is that of both cores with the load generator on them.",
            size.connections, size.requests, size.rounds
        ),
        &["records", "requests/s", "CPU per request", "p50", "p99"],
    );
    for side in [discarded, kept] {
        let ms = |part: f64| side.median(|slot| f64::from(slot.outcome.percentile_us(part))) / 1_000.0;
        section.row(&[
            side.name.to_owned(),
            format!("{:.0}", side.median(Slot::per_second)),
            format!("{:.1} µs", side.median(|slot| slot.cpu_us)),
            format!("{:.2} ms", ms(0.5)),
            format!("{:.2} ms", ms(0.99)),
        ]);
    }
    let pairs = || kept.slots.iter().zip(&discarded.slots);
    let costs = |ratio: &dyn Fn(&Slot, &Slot) -> f64| -> (f64, f64, f64) {
        let shares: Vec<f64> = pairs()
            .map(|(kept, discarded)| (1.0 - ratio(kept, discarded)) * 100.0)
            .collect();
        let least = shares.iter().copied().fold(f64::INFINITY, f64::min);
        let most = shares.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        (median(&shares), least, most)
    };
    let (throughput, least, most) =
        costs(&|kept, discarded| kept.per_second() / discarded.per_second());
    let (per_core, low, high) = costs(&|kept, discarded| discarded.cpu_us / kept.cpu_us);
    section.note(format!(
        "Recording costs {throughput:.1} % ({least:.1} to {most:.1}) of the throughput, and {per_core:.1} % ({low:.1} to \
         {high:.1}) of the requests that a core could answer."
    ));
    section
}
