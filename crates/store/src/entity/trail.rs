//! The trails of an account: what CloudTrail's trails API keeps of them.

use super::Tag;

/// A trail: which records are delivered, and to which of the server's sinks. What Locum records does
/// not depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trail {
    /// In the case given; unique in its account and home region ignoring case.
    pub name: String,
    /// The region that it was made in.
    pub home_region: String,
    /// Unix seconds.
    pub created_s: i64,
    /// The name of a sink in the server's configuration.
    pub s3_bucket_name: String,
    /// Whether records of all regions are delivered, and the trail is seen in all of them.
    pub is_multi_region: bool,
    /// Whether records of global services (IAM, Organizations) are delivered.
    pub includes_global_service_events: bool,
    /// Whether signed digests are delivered with the records.
    pub log_file_validation: bool,
    /// Whether records of all accounts of the organization are delivered (management account only).
    pub is_organization: bool,
    /// Which management events; in the order given, never empty.
    pub selectors: Vec<EventSelector>,
    /// Whether records are delivered now.
    pub is_logging: bool,
    /// Unix seconds of the last StartLogging.
    pub started_s: Option<i64>,
    /// Unix seconds of the last StopLogging.
    pub stopped_s: Option<i64>,
    /// In the order given.
    pub tags: Vec<Tag>,
}

impl Trail {
    /// `REGION/name`: where the trail stands in its account.
    pub fn place(home_region: &str, name: &str) -> String {
        format!("{home_region}/{name}").to_ascii_lowercase()
    }
}

/// Which management events a trail delivers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSelector {
    /// By what the calls do.
    pub read_write: ReadWriteType,
    /// Whether there are any at all.
    pub includes_management_events: bool,
    /// `kms.amazonaws.com`: services whose events are left out.
    pub excluded_sources: Vec<String>,
}

/// Reading calls, writing calls, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadWriteType {
    /// Both.
    All,
    /// `readOnly` is true.
    ReadOnly,
    /// `readOnly` is false.
    WriteOnly,
}
