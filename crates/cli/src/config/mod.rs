//! The shared AWS configuration: `~/.aws/config`, `~/.aws/credentials` and the variables that go with them.

pub mod chain;
pub mod endpoint;
pub mod file;
mod shared;

pub use shared::{Profile, SharedConfig};
