//! AssumeRole as the number of roles grows: from 10 to 1,000,000, over up to 1,000 accounts.

use std::path::Path;
use std::time::Instant;

use crate::client::{self};
use crate::dataset::{self, Shape};
use crate::load::{self, Pool};
use crate::process::milliseconds;
use crate::report::Section;
use crate::requests::{self, Call, Keys};
use crate::server::{Scratch, Server};
use crate::timing::median;

const REQUESTS: usize = 20_000;
/// Roles that are in use at a time, spread over all accounts.
const WORKING_SET: usize = 1_000;

/// The number of the round before the first, for session names of its own.
const FIRST_TOUCH: usize = 1_000;

/// One size of the curve.
struct Point {
    shape: Shape,
    server: Server,
    admin: Keys,
    filled_s: f64,
    first_touch_us: f64,
    cpu_us: Vec<f64>,
    p99_us: Vec<f64>,
}

/// The section of the report.
pub fn run(program: &Path, roles_max: usize, rounds: usize) -> Section {
    let mut section = Section::new(
        "Cost by number of roles",
        &format!(
            "AssumeRole as a user of the management account, over roles spread over up to 1,000 accounts. \"First touch\" \
             takes {REQUESTS} roles at random just after the start: accounts are loaded, records read and policies \
             compiled within it. \"Working set\" asks for the same {WORKING_SET} roles, drawn from all accounts, again \
             and again; {rounds} rounds in turn over all sizes, median."
        ),
        &[
            "roles",
            "accounts",
            "start-up",
            "first touch, CPU",
            "working set, CPU",
            "p99",
            "to the smallest",
            "memory after",
        ],
    );
    let scratch = Scratch::new("curve");
    let sizes = [10, 1_000, 10_000, 100_000, 1_000_000];
    let mut points: Vec<Point> = Vec::new();
    for roles in sizes.into_iter().filter(|roles| *roles <= roles_max) {
        points.push(point(program, &scratch, Shape::of(roles)));
    }
    for round in 0..=rounds {
        for point in &mut points {
            let (cpu_us, p99_us) = measure(point, WORKING_SET, round);
            // The first round fills caches.
            if round > 0 {
                point.cpu_us.push(cpu_us);
                point.p99_us.push(p99_us);
            }
        }
    }
    let smallest = points
        .first()
        .map_or(f64::NAN, |point| median(&point.cpu_us));
    for point in points {
        let cpu_us = median(&point.cpu_us);
        section.row(&[
            format!("{}", point.shape.roles()),
            format!("{}", point.shape.accounts),
            format!("{:.0} ms", milliseconds(point.server.start_up)),
            format!("{:.1} µs", point.first_touch_us),
            format!("{cpu_us:.1} µs"),
            format!("{:.2} ms", median(&point.p99_us) / 1_000.0),
            format!("{:.2}×", cpu_us / smallest),
            format!("{:.0} MiB", point.server.rss_mib()),
        ]);
        eprintln!(
            "  {} roles were written in {:.1} s",
            point.shape.roles(),
            point.filled_s
        );
        point.server.stop();
    }
    section
}

/// Makes the data directory, starts a server on it and touches roles for the first time.
fn point(program: &Path, scratch: &Scratch, shape: Shape) -> Point {
    let data = scratch.join(&format!("roles-{}", shape.roles()));
    Server::locum(program, &data).stop();
    let began = Instant::now();
    dataset::fill(&data, shape);
    let filled_s = began.elapsed().as_secs_f64();
    let server = Server::locum(program, &data);
    let mut point = Point {
        shape,
        admin: client::admin(&data),
        server,
        filled_s,
        first_touch_us: 0.0,
        cpu_us: Vec::new(),
        p99_us: Vec::new(),
    };
    let (first_touch_us, _) = measure(&point, REQUESTS, FIRST_TOUCH);
    point.first_touch_us = first_touch_us;
    eprintln!(
        "  {} roles: written in {filled_s:.1} s, first touch {first_touch_us:.1} µs",
        shape.roles()
    );
    point
}

/// CPU per request and p99 of one pool of requests for at most `in_use` different roles.
fn measure(point: &Point, in_use: usize, round: usize) -> (f64, f64) {
    let roles = point.shape.roles();
    let in_use = in_use.min(roles);
    let host = point.server.address.to_string();
    let mut pool = Pool::default();
    for number in 0..REQUESTS {
        // A fixed mix of the number: the same roles in every round.
        let mixed = (number as u64 % in_use as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        let arn = dataset::role_arn(point.shape, (mixed % roles as u64) as usize);
        let unique = (round * REQUESTS + number) as u64;
        let body = requests::assume_role(&arn, unique);
        let call = Call {
            service: "sts",
            target: None,
            body: &body,
        };
        pool.push(&requests::bytes(&call, &point.admin, &host, unique));
    }
    let before = point.server.cpu_us();
    let outcome = load::run(point.server.address, &pool, load::CONNECTIONS).expect("the load ran");
    assert_eq!(
        outcome.failed, 0,
        "first of the failures: {:?}",
        outcome.first_failure
    );
    let cpu_us = (point.server.cpu_us() - before) / REQUESTS as f64;
    (cpu_us, f64::from(outcome.percentile_us(0.99)))
}
