//! Why a server does not start or does not go on, one variant per culprit.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::ConfigError;

/// A server that cannot run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The configuration is refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The certificate or its key is not usable.
    #[error("{}: {message}", path.display())]
    Certificate {
        /// The file at fault.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// The data directory or a file in it is not usable.
    #[error("{}: {source}", path.display())]
    Files {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The store does not open.
    #[error("the store does not open: {0}")]
    Store(String),
    /// The first start could not make the management account.
    #[error("the first start failed: {0}")]
    FirstStart(String),
    /// The sink of the trail cannot be used as configured.
    #[error("the trail's sink: {0}")]
    Sink(String),
    /// Threads, signals or process settings could not be set up.
    #[error("{what}: {source}")]
    Process {
        /// What was being set up.
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
}
