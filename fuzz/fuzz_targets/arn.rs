//! Entry of cargo-fuzz for the target `arn`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| locum_fuzz::targets::arn::run(data));
