//! Entry of cargo-fuzz for the target `json`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| locum_fuzz::targets::json::run(data));
