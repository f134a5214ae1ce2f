//! Locum's policy engine on W1 to W4, and how it grows.

use std::hint::black_box;

use locum_policy::Policy;

use crate::report::Section;
use crate::timing::{Cost, batch, median_cost};
use crate::workload::{self, Compiled, Workload, read};

const ROUNDS: usize = 15;
const CALLS: usize = 20_000;

/// What one answer costs, once it is known to be right, and those of the twins too.
fn cost(workload: &Workload, twins: &[Workload], ask: &dyn Fn(&Workload) -> bool) -> Cost {
    for question in std::iter::once(workload).chain(twins) {
        assert_eq!(ask(question), question.is_allowed, "{}", question.name);
    }
    let costs: Vec<Cost> = (0..ROUNDS)
        .map(|_| {
            batch(CALLS, |_| {
                assert_eq!(black_box(ask(black_box(workload))), workload.is_allowed)
            })
        })
        .collect();
    median_cost(costs.get(1..).unwrap_or(&costs))
}

/// The section of the report.
pub fn run() -> Section {
    let mut section = Section::new(
        "Policy engines",
        "W1: one policy of 5 statements, allowed through `${aws:PrincipalTag/team}` in a resource. W2: 20 policies of 10 \
         statements that all match the action and half of them the resource; all but the last fail on a condition. W3: 1,000 \
         statements over 40 services, the explicit Deny last. W4: a trust policy with an external id, the organization, MFA \
         present and young, and a `StringNotLike` Deny with a variable. Policies are compiled beforehand.",
        &["question", "CPU per decision", "allocations"],
    );
    let mut row = |name: &str, cost: Cost| {
        section.row(&[
            name.to_owned(),
            format!("{:.0} ns", cost.ns),
            format!("{:.1}", cost.allocations),
        ]);
    };
    for (workload, twins) in workload::all() {
        let compiled = Compiled::new(&workload);
        row(
            workload.name,
            cost(&workload, &twins, &|w| compiled.is_allowed(w)),
        );
    }
    for count in [10, 100, 1_000, 10_000] {
        for (name, workload) in [
            ("W2", workload::w2_of(count)),
            ("W3", workload::w3_of(count)),
        ] {
            let compiled = Compiled::new(&workload);
            let cost = cost(&workload, &[], &|w| compiled.is_allowed(w));
            row(&format!("{name}'s shape, {count} statements"), cost);
        }
    }
    for (name, workload) in [("W2", workload::w2()), ("W3", workload::w3_of(1000))] {
        let documents: Vec<_> = workload.identity.iter().map(|text| read(text)).collect();
        let statements = if name == "W2" { 200.0 } else { 1000.0 };
        let made = |make: &dyn Fn()| {
            let rounds: Vec<Cost> = (0..ROUNDS).map(|_| batch(20, |_| make())).collect();
            median_cost(&rounds).ns / statements
        };
        let compile = made(&|| {
            documents
                .iter()
                .for_each(|document| drop(black_box(Policy::compile(document))));
        });
        let policies: Vec<Policy> = documents.iter().map(Policy::compile).collect();
        let policies: Vec<&Policy> = policies.iter().collect();
        let join = made(&|| drop(black_box(Policy::join(&policies))));
        section.note(format!(
            "{name}: {compile:.0} ns a statement to compile, {join:.0} ns to join.",
        ));
    }
    section
}
