//! Development tasks of the workspace: `cargo xtask codegen|tidy|ci|test|bench`.
fn main() {}
