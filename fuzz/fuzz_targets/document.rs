//! Entry of cargo-fuzz for the target `document`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| locum_fuzz::targets::document::run(data));
