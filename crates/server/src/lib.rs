//! The edge: sockets, TLS, limits, health, metrics, the operator's socket.
//!
//! [`run()`] is the whole server. The function behind the sockets is a [`seam::Handler`]; [`run()`] puts
//! the api there.
#![forbid(unsafe_code)]

mod api;
pub mod config;
mod credentials_file;
mod delivery;
pub mod edge;
mod error;
mod host;
pub mod limits;
mod log;
pub mod metrics;
pub mod operator;
mod process;
mod random;
mod records;
mod retention;
pub mod roots;
mod run;
#[cfg(test)]
mod scratch;
pub mod seam;
pub mod tls;
pub mod trail;

pub use config::{Config, ConfigError};
pub use credentials_file::{CREDENTIALS_NAME, write_credentials};
pub use delivery::check::{Delivered, DeliveredSpan, DigestKey, check_delivered, digest_keys};
pub use error::ServerError;
pub use host::{Ready, host};
pub use locum_store::trail_index;
pub use random::{PooledRandom, SystemClock};
pub use run::{run, run_on};
