//! Every limit of the store, in one place.

use std::time::Duration;

/// Largest encoded record: the largest legal entity (a managed policy of five versions at 6,144
/// characters of up to four bytes, fifty tags) is below 160 KiB.
pub const RECORD_BYTES_MAX: usize = 512 * 1024;
/// Longest name in a record key (the longest of AWS's is a 128-character name; ids are shorter).
pub const KEY_BYTES_MAX: usize = 512;
/// Puts and deletes of one change: an account with all its quotas used up, imported at once.
pub const CHANGE_RECORDS_MAX: usize = 16_384;
/// Bytes of all records and events of one change.
pub const CHANGE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Largest event: CloudTrail's own limit for one record.
pub const EVENT_BYTES_MAX: usize = 256 * 1024;
/// Policies that one event refers to.
pub const EVENT_POLICIES_MAX: usize = 256;
/// Bytes of one of their texts: the largest document that the engine reads.
pub const EVENT_POLICY_BYTES_MAX: usize = locum_policy::limits::DOCUMENT_BYTES_MAX;
/// Texts that the trail's writer remembers to have kept; beyond it looks at the disk again.
pub const POLICY_HASHES_KNOWN_MAX: usize = 65_536;
/// Events of one change.
pub const CHANGE_EVENTS_MAX: usize = 1_000;

/// Longest line of the trail that is read as one: an event with its place in the chain, and room.
pub const TRAIL_LINE_BYTES_MAX: usize = 1 << 20;

/// Events that wait for the trail, in bytes; beyond it calls are answered `Unavailable`.
pub const TRAIL_QUEUE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Calls that wait for the trail.
pub const TRAIL_QUEUE_CALLS_MAX: usize = 65_536;
/// How long the trail's writer waits for a group as large as the last one.
pub const TRAIL_GATHER_MAX: Duration = Duration::from_millis(1);
/// Changes that wait for the writer.
pub const WRITE_QUEUE_MAX: usize = 8_192;
/// Bytes that wait for the writer.
pub const WRITE_QUEUE_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Changes in one transaction of the writer.
pub const BATCH_CHANGES_MAX: usize = 1_024;
/// Bytes in one transaction of the writer.
pub const BATCH_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Loads that wait for a reader.
pub const LOAD_QUEUE_MAX: usize = 4_096;
/// Rows of events whose delivery to the trail is not yet confirmed; beyond it writes are refused.
pub const OUTBOX_ROWS_MAX: usize = 20_000;

/// A commit that is not durable by then is answered `Unavailable` (its outcome is unknown).
/// With the watch's tick it stays below two seconds.
pub const COMMIT_WAIT_MAX: Duration = Duration::from_millis(1_500);
/// How often waiting commits are looked at.
pub const WATCH_TICK: Duration = Duration::from_millis(250);
/// How long the writer idles before it tidies (delivered outbox rows, the fence).
pub const TIDY_AFTER: Duration = Duration::from_millis(500);
/// Pause between tries when storage fails.
pub const RETRY_PAUSE: Duration = Duration::from_millis(200);

/// Bytes of the change log that are kept unless the options say otherwise.
pub const LOG_BYTES_DEFAULT: u64 = 64 * 1024 * 1024;
/// Changes that one `changes_since` returns at most.
pub const CHANGES_READ_MAX: usize = 10_000;
/// Shards of the change log. The number is fixed for the life of a data directory.
pub const SHARDS: u16 = 1;
/// Longest lease name and holder.
pub const LEASE_TEXT_BYTES_MAX: usize = 256;

/// Bytes of accounts kept in memory unless the options say otherwise.
pub const CACHE_BYTES_DEFAULT: u64 = 4 * 1024 * 1024 * 1024;
/// Bytes of redb's own page cache. Small: accounts are served from values, not from pages.
pub const PAGE_CACHE_BYTES: usize = 32 * 1024 * 1024;

/// Runs of consecutive records that the marker of removed days tells of. One, but for records around midnights and
/// clocks that were set.
pub(crate) const GONE_RANGES_MAX: usize = 10_000;
