//! Figures of Locum beside a floor and beside its peers: `locum-benchmarks all|sigv4|policy|engines|handle|large|http|recording|process|curve|trail`.
//!
//! A workspace of its own, so that peers and load tools never weigh on the main build.

mod bare;
mod client;
mod curve;
mod dataset;
mod engines;
mod handle;
mod large;
mod load;
mod machine;
mod peers;
mod policy;
mod process;
mod recording;
mod report;
mod requests;
mod serve;
mod server;
mod sigv4;
mod timing;
mod trail;
mod translate;
mod workload;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use report::Section;

const USAGE: &str = "usage: locum-benchmarks COMMAND [OPTION…]

  all       every section
  sigv4     signature verification, beside scratchstack-aws-signature
  policy    decisions of the policy engine
  engines   policy engines on W1 to W4, and how Locum's grows
  handle    one call inside one process: CPU and allocations
  large     calls about one entity in a small and in a large account
  http      GetCallerIdentity and AssumeRole beside a bare hyper server
  recording what records cost AssumeRole, against the same server with its records discarded
  process   idle memory, start-up time, binary size
  curve     AssumeRole from 10 to 1,000,000 roles
  trail     look-ups in the trail by way of its index

  --locum FILE       the program to measure (without it, built from this checkout)
  --rounds N         rounds of the sections http and recording (default 7)
  --requests N       requests per slot (default 30,000)
  --connections N    kept-alive connections of the http section (default 64)
  --roles-max N      where the curve ends (default 1,000,000)
  --records N        records of the trail section (default 2,000,000; each takes 1.2 KB in the folder for temporary files)
  --write FILE       also write the report there (docs/performance.md)";

/// What the command line asks for.
struct Options {
    command: String,
    locum: Option<PathBuf>,
    size: serve::Size,
    roles_max: usize,
    records: usize,
    write: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments
        .first()
        .is_some_and(|first| first == "bare-server")
    {
        return bare::main(&arguments);
    }
    let Some(options) = options(&arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::from(252);
    };
    let sections = sections(&options);
    if sections.is_empty() {
        eprintln!("{USAGE}");
        return ExitCode::from(252);
    }
    let report = whole(&sections, &options);
    println!("{report}");
    if let Some(file) = &options.write
        && let Err(error) = std::fs::write(file, report)
    {
        eprintln!("{}: {error}", file.display());
        return ExitCode::from(255);
    }
    ExitCode::SUCCESS
}

fn options(arguments: &[String]) -> Option<Options> {
    let mut options = Options {
        command: arguments.first()?.clone(),
        locum: None,
        size: serve::Size {
            rounds: 7,
            requests: 30_000,
            connections: load::CONNECTIONS,
        },
        roles_max: 1_000_000,
        records: 2_000_000,
        write: None,
    };
    let mut rest = arguments.iter().skip(1);
    while let Some(name) = rest.next() {
        let value = rest.next()?;
        match name.as_str() {
            "--locum" => options.locum = Some(value.into()),
            "--rounds" => options.size.rounds = value.parse().ok()?,
            "--requests" => options.size.requests = value.parse().ok()?,
            "--connections" => options.size.connections = value.parse().ok()?,
            "--roles-max" => options.roles_max = value.parse().ok()?,
            "--records" => options.records = value.parse().ok()?,
            "--write" => options.write = Some(value.into()),
            _ => return None,
        }
    }
    Some(options)
}

fn sections(options: &Options) -> Vec<Section> {
    let asked = |name: &str| options.command == name || options.command == "all";
    let mut sections = Vec::new();
    let mut add = |name: &str, make: &dyn Fn() -> Section| {
        if asked(name) {
            eprintln!("{name} …");
            sections.push(make());
        }
    };
    // Whoever asks for one of these three needs the program itself.
    let locum = ["http", "process", "curve"]
        .iter()
        .any(|name| asked(name))
        .then(|| locum(options));
    let path = locum.unwrap_or_default();
    add("http", &|| serve::run(&path, options.size));
    add("recording", &|| recording::run(options.size));
    add("sigv4", &sigv4::run);
    add("policy", &policy::run);
    add("engines", &engines::run);
    add("handle", &handle::run);
    add("large", &large::run);
    add("process", &|| process::run(&path));
    add("trail", &|| trail::run(options.records));
    add("curve", &|| {
        curve::run(&path, options.roles_max, options.size.rounds)
    });
    sections
}

/// The program to measure: given, or built from this checkout.
fn locum(options: &Options) -> PathBuf {
    if let Some(path) = &options.locum {
        return path.clone();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let built = Command::new("cargo")
        .args(["build", "--release", "--package", "locum-cli"])
        .current_dir(&root)
        .status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "locum does not build"
    );
    root.join("target/release/locum")
}

fn whole(sections: &[Section], options: &Options) -> String {
    let mut out = String::from(
        "# Performance\n\nMade by `cargo xtask bench all --write docs/performance.md`. Figures of one machine mean little on \
         another; the ratios mean more, since both sides of each were measured in the same run.\n\n",
    );
    out.push_str(&machine::describe());
    out.push('\n');
    for section in sections {
        out.push_str(&section.markdown());
        out.push('\n');
    }
    if options.command == "all" {
        out.push_str(
            "To repeat it: `cargo xtask bench all`; one section: `cargo xtask bench sigv4`.\n",
        );
    }
    out
}
