//! `cargo xtask agreement [--cases N]`: further generated cases for the engine and its second evaluator, counted in a ledger.

use crate::project::{output, root};
use std::io::Write;
use std::process::{Command, Stdio};

/// One line a run; the seeds of the next continue where the last ends.
const LEDGER: &str = "crates/policy/agreement-ledger.tsv";
const HEADER: &str = "date\tcommit\tfirst seed\tseeds\tcases\tmismatches\n";
/// Seeds below are those of the test that every run of CI repeats.
const FIRST_SEED: u64 = 1_000_000;
/// Cases that one seed stands for at least, as in `examples/agreement.rs` of `locum-policy`.
const CASES_PER_SEED: u64 = 1_000;
const CASES_DEFAULT: u64 = 10_000_000;
const USAGE: &str = "usage: cargo xtask agreement [--cases N]";

/// Runs the cases and adds a line to the ledger.
pub fn run(args: &[String]) -> Result<(), String> {
    let cases = match args {
        [] => CASES_DEFAULT,
        [flag, number] if flag == "--cases" => number.parse().map_err(|_| USAGE.to_owned())?,
        _ => return Err(USAGE.to_owned()),
    };
    let root = root()?;
    let path = root.join(LEDGER);
    let ledger = std::fs::read_to_string(&path).unwrap_or_else(|_| HEADER.to_owned());
    let first = next_seed(&ledger)?;
    let seeds = cases.div_ceil(CASES_PER_SEED);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let child = Command::new("cargo")
        .args(["run", "--quiet", "--release", "--locked"])
        .args(["-p", "locum-policy", "--example", "agreement", "--"])
        .args([first, seeds, threads as u64].map(|number| number.to_string()))
        .current_dir(&root)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cargo: {e}"))?;
    let done = child
        .wait_with_output()
        .map_err(|e| format!("cargo: {e}"))?;
    let said = String::from_utf8_lossy(&done.stdout);
    let Some((asked, mismatches)) = said.trim().split_once(' ') else {
        return Err(format!("the run ended with {} and no count", done.status));
    };
    let line = format!(
        "{}\t{}\t{first}\t{seeds}\t{asked}\t{mismatches}\n",
        today()?,
        commit()?
    );
    let mut file = std::fs::File::create(&path).map_err(|e| format!("{LEDGER}: {e}"))?;
    file.write_all(format!("{ledger}{line}").as_bytes())
        .map_err(|e| format!("{LEDGER}: {e}"))?;
    println!("{} cases so far", total(&ledger)? + number(asked)?);
    match mismatches {
        "0" => Ok(()),
        _ => Err(format!("{mismatches} mismatches, see above")),
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.trim()
        .parse()
        .map_err(|_| format!("{LEDGER}: `{text}` is no number"))
}

/// The columns of the ledger's lines.
fn lines(ledger: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = ledger.lines().skip(1);
    lines.map(|line| line.split('\t').collect())
}

fn next_seed(ledger: &str) -> Result<u64, String> {
    match lines(ledger).last().as_deref() {
        None => Ok(FIRST_SEED),
        Some([_, _, first, seeds, ..]) => Ok(number(first)? + number(seeds)?),
        Some(_) => Err(format!("{LEDGER}: the last line has too few columns")),
    }
}

fn total(ledger: &str) -> Result<u64, String> {
    let mut total = 0;
    for columns in lines(ledger) {
        total += columns.get(4).map_or(Ok(0), |cases| number(cases))?;
    }
    Ok(total)
}

fn today() -> Result<String, String> {
    Ok(output(Command::new("date").args(["-u", "+%F"]))?
        .trim()
        .to_owned())
}

/// The commit that was tested; `+` when the checkout has changes.
fn commit() -> Result<String, String> {
    let git = |args: &[&str]| output(Command::new("git").args(args).current_dir(root()?));
    let head = git(&["rev-parse", "--short", "HEAD"])?;
    let changes = git(&["status", "--porcelain", "--untracked-files=no"])?;
    let changed = changes.lines().any(|line| !line.ends_with(LEDGER));
    Ok(format!("{}{}", head.trim(), if changed { "+" } else { "" }))
}
