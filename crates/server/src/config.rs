//! What an operator may set: one TOML file, `LOCUM_…` variables over it, flags over both; anything unknown is refused.

mod cidr;
mod error;
mod keys;
mod load;

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

pub use cidr::{Cidr, CidrError};
pub use error::{ConfigError, Origin};
pub use keys::{Key, Kind};

use crate::limits;

/// Everything `locum serve` can be told. See [`Config::reference`] for what each setting means.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The data directory.
    pub data: PathBuf,
    /// Where calls are accepted.
    pub listen: SocketAddr,
    /// Where `/metrics` is served, if anywhere.
    pub metrics_listen: Option<SocketAddr>,
    /// The certificate, if TLS is spoken.
    pub tls: TlsConfig,
    /// Plain HTTP off loopback.
    pub insecure_plain_http: bool,
    /// The only region that signatures may be scoped to.
    pub region: Option<String>,
    /// The second field of every ARN.
    pub partition: String,
    /// Whose forwarding headers are believed.
    pub trusted_proxies: Vec<Cidr>,
    /// Threads that serve calls; 0 is one per core.
    pub workers: usize,
    /// Sizes, counts and times.
    pub limits: Limits,
    /// Open a store that is older than its fence, as after putting back a backup.
    pub accept_restored_store: bool,
    /// Where the trail is delivered to.
    pub trail: TrailConfig,
    /// What is written on standard error.
    pub log: LogConfig,
}

/// The delivery of the trail: CloudTrail's files with signed digests.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrailConfig {
    /// The bucket's name, in digests and for CreateTrail; also of the local folder.
    pub bucket: String,
    /// The S3 service; without one, files stay in the trail's own folder.
    pub endpoint: Option<String>,
    /// The region that requests to the bucket are signed for.
    pub region: String,
    /// The file with the bucket's credentials, as `credential_process` prints them.
    pub credentials: Option<PathBuf>,
    /// PEM certificates that vouch for the endpoint, instead of the system's.
    pub ca_bundle: Option<PathBuf>,
    /// Seconds between two deliveries.
    pub deliver_every_s: u32,
    /// Seconds that a digest spans.
    pub digest_every_s: u32,
    /// Days of the trail that are kept besides today; all when not set.
    pub keep_days: Option<u32>,
}

/// The files of the certificate. Both are set or none.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsConfig {
    /// The chain, PEM.
    pub certificate: Option<PathBuf>,
    /// The private key, PEM.
    pub key: Option<PathBuf>,
}

/// Sizes in bytes, times in seconds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections open at once.
    pub connections_max: u32,
    /// Connections open at once from one address.
    pub connections_per_source_max: u32,
    /// Bytes of a body.
    pub body_bytes_max: usize,
    /// Bytes of a request line and its headers.
    pub header_bytes_max: usize,
    /// First byte to the end of the headers.
    pub header_timeout_s: u32,
    /// End of the headers to the end of the body.
    pub body_timeout_s: u32,
    /// Open without a request.
    pub idle_timeout_s: u32,
    /// From SIGTERM to the end.
    pub drain_timeout_s: u32,
    /// Refusals with one error that one address without a valid caller gets a minute with a record of
    /// their own.
    pub unauthenticated_records_max: u32,
    /// LookupEvents calls of one account in one region and second; 0 is no limit.
    pub lookups_per_s_max: u32,
}

/// How the log looks.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// Lines for people or for programs.
    pub format: LogFormat,
    /// The least serious level written.
    pub level: LogLevel,
}

/// The shape of a log line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One line for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// How serious a line is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Something failed that should not.
    Error,
    /// An alarm: look at it.
    Warn,
    /// Start, stop, reload.
    #[default]
    Info,
    /// Connections and refusals.
    Debug,
    /// Everything. Still no bodies, headers or secrets.
    Trace,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            data: PathBuf::from("locum-data"),
            listen: SocketAddr::from(([127, 0, 0, 1], 7420)),
            metrics_listen: None,
            tls: TlsConfig::default(),
            insecure_plain_http: false,
            region: None,
            partition: "aws".to_owned(),
            trusted_proxies: Vec::new(),
            workers: 0,
            limits: Limits::default(),
            accept_restored_store: false,
            trail: TrailConfig::default(),
            log: LogConfig::default(),
        }
    }
}

impl Default for TrailConfig {
    fn default() -> TrailConfig {
        TrailConfig {
            bucket: locum_api::LOCAL_SINK.to_owned(),
            endpoint: None,
            region: "us-east-1".to_owned(),
            credentials: None,
            ca_bundle: None,
            deliver_every_s: limits::DELIVER_EVERY_S,
            digest_every_s: limits::DIGEST_EVERY_S,
            keep_days: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections_max: limits::CONNECTIONS_MAX,
            connections_per_source_max: limits::CONNECTIONS_PER_SOURCE_MAX,
            body_bytes_max: limits::BODY_BYTES_MAX,
            header_bytes_max: limits::HEADER_BYTES_MAX,
            header_timeout_s: limits::HEADER_TIMEOUT_S,
            body_timeout_s: limits::BODY_TIMEOUT_S,
            idle_timeout_s: limits::IDLE_TIMEOUT_S,
            drain_timeout_s: limits::DRAIN_TIMEOUT_S,
            unauthenticated_records_max: locum_api::limits::NOISE_ALONE_MAX,
            lookups_per_s_max: 0,
        }
    }
}

impl Config {
    /// Every setting with its key, variable, flag, default and meaning, in the order of the reference page.
    pub fn reference() -> &'static [Key] {
        keys::KEYS
    }
}
