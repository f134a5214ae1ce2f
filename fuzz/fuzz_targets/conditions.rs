//! Entry of cargo-fuzz for the target `conditions`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| locum_fuzz::targets::conditions::run(data));
