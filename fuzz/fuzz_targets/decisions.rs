//! Entry of cargo-fuzz for the target `decisions`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| locum_fuzz::targets::decisions::run(data));
