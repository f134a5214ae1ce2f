//! Every bound of this crate.

/// Most header lines that a request may carry.
pub const HEADERS_MAX: usize = 256;
/// Most header names in `SignedHeaders`.
pub const SIGNED_HEADERS_MAX: usize = 128;
/// Signed names that are compared without going through the list again.
pub(crate) const SIGNED_HEADERS_INLINE: usize = 24;
/// Most parameters in a query string.
pub const QUERY_PARAMETERS_MAX: usize = 4_096;
/// Query parameters that are sorted without allocating.
pub(crate) const QUERY_PARAMETERS_INLINE: usize = 24;
/// Bytes of a canonical request that are kept on the stack before hashing begins.
pub(crate) const CANONICAL_INLINE: usize = 2_048;
/// Shortest access key id (as in AWS's models).
pub const ACCESS_KEY_ID_MIN: usize = 16;
/// Longest access key id (IAM's model: 16 to 128).
pub const ACCESS_KEY_ID_MAX: usize = 128;
/// Longest region or service name in a scope.
pub const SCOPE_PART_MAX: usize = 64;
/// Seven days: S3's bound on `X-Amz-Expires`.
pub const EXPIRES_S_MAX: i64 = 604_800;
/// Entries of one set of the key cache: what one lookup compares at most.
pub(crate) const CACHE_WAYS: usize = 8;
