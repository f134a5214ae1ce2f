//! The one binary, `locum`.
fn main() {}
