//! Policy engines on W1 to W4 in one run, and how Locum's grows.

use std::hint::black_box;

use locum_policy::Policy;

use crate::peers::{Ask, PEERS};
use crate::report::Section;
use crate::timing::{Cost, batch, median_cost};
use crate::workload::{self, Compiled, Workload, read};

const ROUNDS: usize = 15;
/// What one round of one engine may take, about.
const ROUND_NS: f64 = 4_000_000.0;

fn locum(workload: &Workload) -> Option<Ask> {
    let compiled = Compiled::new(workload);
    let workload = workload.clone();
    Some(Box::new(move || compiled.is_allowed(black_box(&workload))))
}

/// What one answer costs, once it is known to be right, and those of the twins too; else what is
/// wrong.
fn cost(
    workload: &Workload,
    twins: &[Workload],
    engine: fn(&Workload) -> Option<Ask>,
) -> Result<Cost, &'static str> {
    for question in std::iter::once(workload).chain(twins) {
        let ask = engine(question).ok_or("does not take it")?;
        if ask() != question.is_allowed {
            return Err("wrong answer");
        }
    }
    let ask = engine(workload).ok_or("does not take it")?;
    let once = batch(20, |_| assert_eq!(ask(), workload.is_allowed)).ns;
    let calls = (ROUND_NS / once.max(1.0)).clamp(1.0, 20_000.0) as usize;
    let costs: Vec<Cost> = (0..ROUNDS)
        .map(|_| batch(calls, |_| assert_eq!(black_box(ask()), workload.is_allowed)))
        .collect();
    Ok(median_cost(costs.get(1..).unwrap_or(&costs)))
}

/// The section of the report.
pub fn run() -> Section {
    let mut section = Section::new(
        "Policy engines",
        "W1: one policy of 5 statements, allowed through `${aws:PrincipalTag/team}` in a resource. W2: 20 policies of 10 \
         statements that all match the action and half of them the resource; all but the last fail on a condition. W3: 1,000 \
         statements over 40 services, the explicit Deny last. W4: a trust policy with an external id, the organization, MFA \
         present and young, and a `StringNotLike` Deny with a variable. Policies are compiled and requests prepared \
         beforehand. Before an engine is timed, its answer to the question and to each twin that must be answered the other \
         way is checked. Cedar and Rego have the statements one by one, a variable as a field of the request.",
        &[
            "question",
            "engine",
            "CPU per decision",
            "allocations",
            "beside Locum",
        ],
    );
    for (workload, twins) in workload::all() {
        let own = cost(&workload, &twins, locum).expect("Locum answers");
        let engines = [("Locum", locum as fn(&Workload) -> Option<Ask>)];
        for (name, engine) in engines.into_iter().chain(PEERS.iter().copied()) {
            let (ns, allocations, ratio) = match cost(&workload, &twins, engine) {
                Ok(cost) => (
                    format!("{:.0} ns", cost.ns),
                    format!("{:.1}", cost.allocations),
                    format!("{:.1}x", cost.ns / own.ns),
                ),
                Err(what) => (what.to_owned(), String::new(), String::new()),
            };
            section.row(&[
                workload.name.to_owned(),
                name.to_owned(),
                ns,
                allocations,
                ratio,
            ]);
        }
    }
    for (name, shape) in [
        ("W2", workload::w2_of as fn(usize) -> Workload),
        ("W3", workload::w3_of),
    ] {
        let costs = [10, 100, 1_000, 10_000].map(|count| {
            let cost = cost(&shape(count), &[], locum).expect("Locum answers");
            (count, cost.ns)
        });
        let words = costs.map(|(count, ns)| format!("{ns:.0} ns with {count} statements"));
        section.note(format!("The shape of {name}: {}.", words.join(", ")));
    }
    for (name, workload) in [("W2", workload::w2()), ("W3", workload::w3_of(1000))] {
        section.note(format!("{name}: {}", making(&workload)));
    }
    section
}

/// What it costs to compile the policies of a workload and to join them.
fn making(workload: &Workload) -> String {
    let documents: Vec<_> = workload.identity.iter().map(|text| read(text)).collect();
    let policies: Vec<Policy> = documents.iter().map(Policy::compile).collect();
    let policies: Vec<&Policy> = policies.iter().collect();
    let statements: usize = workload
        .identity
        .iter()
        .map(|text| text.matches("\"Effect\"").count())
        .sum();
    let made = |make: &dyn Fn()| {
        let rounds: Vec<Cost> = (0..ROUNDS).map(|_| batch(20, |_| make())).collect();
        median_cost(&rounds).ns / statements as f64
    };
    let compile = made(&|| {
        documents
            .iter()
            .for_each(|document| drop(black_box(Policy::compile(document))));
    });
    let join = made(&|| drop(black_box(Policy::join(&policies))));
    format!(
        "{compile:.0} ns a statement to compile a policy from its document, {join:.0} ns to join policies."
    )
}
