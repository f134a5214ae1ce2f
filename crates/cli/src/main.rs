//! The program `locum`: hands its command line to the library and ends with its exit code.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(locum_cli::cli::main(std::env::args_os()))
}
