//! Fuzz targets of the workspace: each is a plain function over bytes that panics when something is wrong.

#[path = "../../crates/policy/tests/generate/mod.rs"]
mod generate;
#[path = "../../crates/policy/tests/model/mod.rs"]
mod model;

pub mod driver;
pub mod targets;
