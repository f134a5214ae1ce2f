//! Every setting as a row: its key, variable, flag, kind, default and meaning. The reference page is made of it.

/// What a setting's text has to look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A path of a file or directory.
    Path,
    /// `IP:PORT`.
    Address,
    /// A whole number that is not negative.
    Whole,
    /// `true` or `false`.
    Switch,
    /// Texts, comma-separated outside the file.
    List,
}

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The key in the TOML file, dotted.
    pub name: &'static str,
    /// The environment variable.
    pub variable: &'static str,
    /// The flag of `locum serve`.
    pub flag: &'static str,
    /// What values look like.
    pub kind: Kind,
    /// The default as one would write it; empty when there is none.
    pub default: &'static str,
    /// What it does, one sentence or two.
    pub meaning: &'static str,
}

macro_rules! key {
    ($name:literal, $variable:literal, $flag:literal, $kind:ident, $default:literal, $meaning:literal) => {
        Key {
            name: $name,
            variable: concat!("LOCUM_", $variable),
            flag: concat!("--", $flag),
            kind: Kind::$kind,
            default: $default,
            meaning: $meaning,
        }
    };
}

/// Every setting, in the order of the reference page.
pub(crate) const KEYS: &[Key] = &[
    key!(
        "data",
        "DATA",
        "data",
        Path,
        "locum-data",
        "The data directory; made with mode 0700 when it is missing."
    ),
    key!(
        "listen",
        "LISTEN",
        "listen",
        Address,
        "127.0.0.1:7420",
        "Where calls are accepted. Port 0 takes a free one. An address off loopback needs `tls`, or `insecure_plain_http`."
    ),
    key!(
        "metrics_listen",
        "METRICS_LISTEN",
        "metrics-listen",
        Address,
        "",
        "Where Prometheus may read `/metrics`, in plain HTTP and without a signature. Off when not set."
    ),
    key!(
        "tls.certificate",
        "TLS_CERTIFICATE",
        "tls-certificate",
        Path,
        "",
        "The certificate chain, PEM, the server's own first. Read again on SIGHUP and when the file changes."
    ),
    key!(
        "tls.key",
        "TLS_KEY",
        "tls-key",
        Path,
        "",
        "The certificate's private key, PEM (PKCS #8, PKCS #1 or SEC 1)."
    ),
    key!(
        "insecure_plain_http",
        "INSECURE_PLAIN_HTTP",
        "insecure-plain-http",
        Switch,
        "false",
        "Accept plain HTTP off loopback: anyone on the way can read session tokens and replay requests. Only behind something that encrypts."
    ),
    key!(
        "region",
        "REGION",
        "region",
        Text,
        "",
        "Accept only signatures scoped to this region. Any region is accepted when not set."
    ),
    key!(
        "partition",
        "PARTITION",
        "partition",
        Text,
        "aws",
        "The second field of every ARN."
    ),
    key!(
        "trusted_proxies",
        "TRUSTED_PROXIES",
        "trusted-proxies",
        List,
        "",
        "Networks (CIDR) whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, read right to left. Ignored from everyone else."
    ),
    key!(
        "workers",
        "WORKERS",
        "workers",
        Whole,
        "0",
        "Threads that serve calls; 0 is one per core."
    ),
    key!(
        "limits.connections_max",
        "LIMITS_CONNECTIONS_MAX",
        "limits-connections-max",
        Whole,
        "10000",
        "Connections open at once; further ones are answered 503 and closed."
    ),
    key!(
        "limits.connections_per_source_max",
        "LIMITS_CONNECTIONS_PER_SOURCE_MAX",
        "limits-connections-per-source-max",
        Whole,
        "4096",
        "Connections open at once from one address; trusted proxies are exempt."
    ),
    key!(
        "limits.body_bytes_max",
        "LIMITS_BODY_BYTES_MAX",
        "limits-body-bytes-max",
        Whole,
        "1048576",
        "Bytes of a request body."
    ),
    key!(
        "limits.header_bytes_max",
        "LIMITS_HEADER_BYTES_MAX",
        "limits-header-bytes-max",
        Whole,
        "16384",
        "Bytes of a request line and its headers together."
    ),
    key!(
        "limits.header_timeout_s",
        "LIMITS_HEADER_TIMEOUT_S",
        "limits-header-timeout-s",
        Whole,
        "30",
        "Seconds from a request's first byte to the end of its headers."
    ),
    key!(
        "limits.body_timeout_s",
        "LIMITS_BODY_TIMEOUT_S",
        "limits-body-timeout-s",
        Whole,
        "30",
        "Seconds from the end of the headers to the end of the body."
    ),
    key!(
        "limits.idle_timeout_s",
        "LIMITS_IDLE_TIMEOUT_S",
        "limits-idle-timeout-s",
        Whole,
        "75",
        "Seconds a connection may stay open without a request."
    ),
    key!(
        "limits.drain_timeout_s",
        "LIMITS_DRAIN_TIMEOUT_S",
        "limits-drain-timeout-s",
        Whole,
        "10",
        "Seconds that calls under way have to finish after SIGTERM or SIGINT."
    ),
    key!(
        "limits.unauthenticated_records_max",
        "LIMITS_UNAUTHENTICATED_RECORDS_MAX",
        "limits-unauthenticated-records-max",
        Whole,
        "10",
        "Refusals with one error that one address without a valid caller gets a minute with a record of their own in the trail; further ones have one record together."
    ),
    key!(
        "limits.lookups_per_s_max",
        "LIMITS_LOOKUPS_PER_S_MAX",
        "limits-lookups-per-s-max",
        Whole,
        "0",
        "LookupEvents calls that one account may make in one region and second; further ones get ThrottlingException. 0 is no limit; AWS allows 2."
    ),
    key!(
        "accept_restored_store",
        "ACCEPT_RESTORED_STORE",
        "accept-restored-store",
        Switch,
        "false",
        "Open a store that is older than its fence, as after putting back a backup. Every session ends; keys deleted since the backup are valid again. Set it for one start."
    ),
    key!(
        "trail.bucket",
        "TRAIL_BUCKET",
        "trail-bucket",
        Text,
        "local",
        "The name of the bucket that the trail's files are delivered to, as digests and CreateTrail have it. Without `trail.endpoint` it is the name of the folder `trail` in the data directory."
    ),
    key!(
        "trail.endpoint",
        "TRAIL_ENDPOINT",
        "trail-endpoint",
        Text,
        "",
        "The S3 service that holds the bucket, such as `https://s3.eu-west-1.amazonaws.com`. Files are put to `ENDPOINT/BUCKET/AWSLogs/…`."
    ),
    key!(
        "trail.region",
        "TRAIL_REGION",
        "trail-region",
        Text,
        "us-east-1",
        "The region that requests to the bucket are signed for."
    ),
    key!(
        "trail.credentials",
        "TRAIL_CREDENTIALS",
        "trail-credentials",
        Path,
        "",
        "A file with the bucket's credentials, in the JSON of `credential_process`. Read at each delivery."
    ),
    key!(
        "trail.ca_bundle",
        "TRAIL_CA_BUNDLE",
        "trail-ca-bundle",
        Path,
        "",
        "PEM certificates that vouch for the bucket's endpoint. The system's when not set."
    ),
    key!(
        "trail.deliver_every_s",
        "TRAIL_DELIVER_EVERY_S",
        "trail-deliver-every-s",
        Whole,
        "300",
        "Seconds between two deliveries of new records."
    ),
    key!(
        "trail.digest_every_s",
        "TRAIL_DIGEST_EVERY_S",
        "trail-digest-every-s",
        Whole,
        "3600",
        "Seconds that a signed digest spans."
    ),
    key!(
        "trail.keep_days",
        "TRAIL_KEEP_DAYS",
        "trail-keep-days",
        Whole,
        "",
        "Whole days (UTC) of the trail that are kept besides today; older ones are removed once they are delivered, and the rest stays provable. All are kept when not set. With fewer than 90, LookupEvents answers with what is there."
    ),
    key!(
        "log.format",
        "LOG_FORMAT",
        "log-format",
        Text,
        "text",
        "How log lines are written on standard error: `text` or `json`."
    ),
    key!(
        "log.level",
        "LOG_LEVEL",
        "log-level",
        Text,
        "info",
        "The least serious level that is written: `error`, `warn`, `info`, `debug` or `trace`."
    ),
];

impl Key {
    /// The row of a dotted key.
    pub(crate) fn by_name(name: &str) -> Option<&'static Key> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// The row of an environment variable.
    pub(crate) fn by_variable(variable: &str) -> Option<&'static Key> {
        KEYS.iter().find(|key| key.variable == variable)
    }
}
