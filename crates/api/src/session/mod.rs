//! Sessions: sealed, not stored. A session token is an authenticated, encrypted value that any node opens.

mod bytes;
mod claims;
mod message;
mod ring;

pub use claims::{Claims, SessionKind};
pub(crate) use message::Purpose;
pub use ring::OpenError;
pub(crate) use ring::{Ring, RingCache, SealError, new_epoch};

#[cfg(test)]
mod tests;
