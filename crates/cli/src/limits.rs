//! Every limit of the command line, in one place.

use std::time::Duration;

/// Largest `~/.aws/config` or credentials file that is read, in bytes.
pub const CONFIG_FILE_BYTES_MAX: u64 = 1 << 20;
/// Largest output of a `credential_process` that is read, in bytes.
pub const PROCESS_OUTPUT_BYTES_MAX: u64 = 64 << 10;
/// How long a `credential_process` may take.
pub const PROCESS_TIME_MAX: Duration = Duration::from_secs(120);
/// Longest `source_profile` chain that is followed.
pub const PROFILE_CHAIN_MAX: usize = 16;
/// Largest answer of an endpoint that is read, in bytes.
pub const ANSWER_BYTES_MAX: u64 = 4 << 20;
/// Largest cache entry that is read, in bytes (a session token has at most 4,096).
pub const CACHE_ENTRY_BYTES_MAX: u64 = 64 << 10;
/// Largest policy file given with `--policy`, in bytes; the service's own limit is far lower.
pub const POLICY_FILE_BYTES_MAX: u64 = 64 << 10;
/// Entities of one page of an export.
pub const EXPORT_PAGE_ITEMS: i32 = 200;
/// Time to reach an endpoint.
pub const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// Time for one whole call.
pub const CALL_TIME_MAX: Duration = Duration::from_secs(60);
/// How often a call is tried when the endpoint fails or cannot be reached.
pub const CALL_ATTEMPTS_MAX: u32 = 3;
/// First pause between two tries; each further one is twice as long.
pub const CALL_PAUSE_FIRST: Duration = Duration::from_millis(200);
/// A cached session is used until this long before its end, or a quarter of its lifetime if that is shorter.
pub const CACHE_MARGIN_S_MAX: i64 = 15 * 60;
/// Lifetime of a role session when none is asked for, as on AWS.
pub const SESSION_DURATION_S_DEFAULT: i64 = 3600;
/// Bytes of the trail that `trail tail --follow` shows at once.
pub const TRAIL_CHUNK_BYTES: usize = 1 << 20;
/// Largest file of keys that is read, in bytes.
pub const KEYS_FILE_BYTES_MAX: u64 = 1 << 20;
/// Largest file of checkpoints that is read, in bytes; a signed line has about five hundred.
pub const CHECKPOINT_FILE_BYTES_MAX: u64 = 4 << 20;
/// Characters in a line of a PEM file (RFC 7468).
pub const PEM_LINE_CHARS: usize = 64;
/// Faults of delivered files that are told one by one.
pub const DELIVERED_FAULTS_TOLD_MAX: usize = 100;
/// How often `trail verify` tells how far it is.
pub const TRAIL_PROGRESS_EVERY: Duration = Duration::from_secs(1);
/// How often `trail tail --follow` looks for new records.
pub const TRAIL_POLL: Duration = Duration::from_millis(200);
/// Age from which a cache file is removed; the longest session lasts 36 hours.
pub const CACHE_AGE_MAX: Duration = Duration::from_secs(48 * 3600);
/// Largest policy that `locum policy` reads, in bytes; the language's own limits are lower.
pub const POLICY_DOCUMENT_BYTES_MAX: u64 = 1 << 20;
/// Width of a finding's source line when standard output is no terminal.
pub const SOURCE_WIDTH_DEFAULT: usize = 120;
