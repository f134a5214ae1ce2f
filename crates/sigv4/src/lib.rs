//! AWS Signature Version 4: parse, canonicalise, verify, sign, presign. Pure.
//!
//! No I/O, no clock, no randomness: the time is an argument, keys are looked up by the caller. The
//! order of the checks and their sentences are AWS's, as probed on the query-protocol endpoints:
//!
//! 1. [`parse`] does everything that needs no secret and gives a [`Claim`], which proves nothing.
//! 2. The caller finds the secret of [`Claim::access_key_id`] and gets a [`SigningKey`], usually
//!    from a [`KeyCache`].
//! 3. [`verify`] compares the signature in constant time; only it makes a [`Verified`].
//!
//! [`sign`] and [`presign`] are the same rules from the client's side.
#![forbid(unsafe_code)]

mod cache;
mod canonical;
mod claim;
mod encode;
mod error;
mod key;
pub mod limits;
mod parse;
mod path;
mod query;
mod request;
mod sign;
mod time;
mod verify;

pub use cache::KeyCache;
pub use canonical::{PathRule, canonical_request, payload_hash, string_to_sign};
pub use claim::{Auth, Claim, Rules};
pub use error::{AuthError, Mismatch};
pub use key::SigningKey;
pub use parse::{claimed_key, parse};
pub use request::{Header, RequestView};
pub use sign::{Credentials, presign, sign};
pub use verify::{Verified, verify};
