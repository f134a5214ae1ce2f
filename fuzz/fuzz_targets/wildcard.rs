//! Entry of cargo-fuzz for the target `wildcard`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| locum_fuzz::targets::wildcard::run(data));
