//! Development tasks of the workspace: one file per command, this one only chooses.

mod agreement;
mod attacks;
mod bench;
mod catalogue;
mod codegen;
mod deny;
mod managed;
mod project;
mod run;
mod steps;
mod suites;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask COMMAND
  test [STEP…]       everything: the checks, then every test; installs what it needs
  check [STEP…]      fmt, tidy, codegen, attacks, deny, clippy, docs
  ci                 test, where a skipped step fails
  tidy               the house rules that no compiler checks
  deny               licences, bans and sources of the dependencies
  codegen [--check]  the Rust types of crates/wire from the service models
  pack-managed-policies FILE.json
                     the managed policies that crates/api carries
  agreement [--cases N]
                     more generated cases for the policy engine, counted in a ledger
  pack-actions FILE.json
                     the catalogue of actions that crates/policy carries
  attacks [--check]  docs/attacks.md from the names of the tests
  bench [ARG…]       the benchmarks";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    let outcome = match args.first().map(String::as_str) {
        Some("agreement") => agreement::run(rest),
        Some("attacks") => attacks::run(rest),
        Some("bench") => bench::run(rest),
        Some("check") => suites::check(rest),
        Some("ci") => suites::ci(rest),
        Some("codegen") => codegen::run(rest),
        Some("deny") => deny::run(rest),
        Some("pack-actions") => catalogue::run(rest),
        Some("pack-managed-policies") => managed::run(rest),
        Some("test") => suites::test(rest),
        Some("tidy") => tidy::run(rest),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            if !message.is_empty() {
                eprintln!("{message}");
            }
            ExitCode::FAILURE
        }
    }
}
