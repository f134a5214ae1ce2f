//! The engine and the model agree on generated cases, a million in each run.
//!
//! `cargo xtask agreement --cases N` asks further ones and keeps count in a ledger. Where the test runs
//! once for each mutant, `LOCUM_AGREEMENT_CASES` asks for fewer.

mod generate;
mod model;

use generate::{Effort, Tally, shrink};
use model::Verdict;

const CASES: u64 = 1_000_000;
const EFFORT: Effort = Effort {
    asks: 20,
    neighbours: 0,
    selections: 1,
};
const THREADS: u64 = 2;
/// Mismatches shown; the rest is counted.
const SHOWN_MAX: usize = 3;

/// How often each answer must come in ten thousand cases, so that the generators do not rot.
const SHARES: &[(Verdict, u64)] = &[
    (Verdict::Allowed, 1500),
    (Verdict::Root, 100),
    (Verdict::CrossAccount, 800),
    (Verdict::NoQuestion, 50),
    (Verdict::Denied("scp"), 200),
    (Verdict::Denied("rcp"), 200),
    (Verdict::Denied("resource"), 100),
    (Verdict::Denied("trust"), 50),
    (Verdict::Denied("identity"), 300),
    (Verdict::Denied("boundary"), 50),
    (Verdict::Denied("session"), 100),
    (Verdict::Lacks("scp"), 50),
    (Verdict::Lacks("rcp"), 50),
    (Verdict::Lacks("resource"), 200),
    (Verdict::Lacks("trust"), 200),
    (Verdict::Lacks("identity"), 400),
    (Verdict::Lacks("boundary"), 20),
    (Verdict::Lacks("session"), 50),
];

fn cases() -> u64 {
    match std::env::var("LOCUM_AGREEMENT_CASES") {
        Ok(cases) => cases.parse().unwrap_or(CASES),
        Err(_) => CASES,
    }
}

#[test]
fn pol_22_the_engine_agrees_with_its_specification() {
    let cases = cases();
    let worlds = cases.div_ceil(EFFORT.asks);
    let tally = std::thread::scope(|scope| {
        let run = |thread| {
            move || {
                let seeds = (0..worlds).filter(|seed| seed % THREADS == thread);
                Tally::of(seeds, EFFORT)
            }
        };
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(run(thread)))
            .collect();
        let mut all = Tally::default();
        for thread in threads {
            all.add(thread.join().unwrap());
        }
        all
    });
    if !tally.mismatches.is_empty() {
        let shown = tally.mismatches.iter().take(SHOWN_MAX).map(|(seed, case)| {
            let small = shrink(case, &|case| !case.said().agree());
            format!("seed {seed}\n{}", small.report())
        });
        let shown: Vec<String> = shown.collect();
        panic!(
            "{} mismatches\n{}",
            tally.mismatches.len(),
            shown.join("\n\n")
        );
    }
    assert!(tally.cases >= cases);
    // Documents that the engine refuses test nothing.
    assert!(tally.refused * 20 < tally.documents, "{tally:?}");
    for (verdict, share) in SHARES {
        let found = tally.verdicts.get(verdict).copied().unwrap_or(0);
        assert!(found * 10_000 >= share * tally.cases, "{verdict:?} {found}");
    }
}
