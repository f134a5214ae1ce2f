//! The index of the trail: which records have which attribute, found without reading the others.
//!
//! The day files are the truth and the index never is: every hit is read from its day file and
//! compared with what was asked. A record is indexed by a background thread after it is durable;
//! nobody waits for that. 65,536 records make an immutable segment (`segment` tells its form); the
//! newest ones are indexed in memory. A segment that is missing or damaged is made again, and until
//! then its records are found by reading them.

mod attribute;
mod block;
pub(crate) mod build;
mod json;
pub(crate) mod lines;
mod postings;
mod query;
mod run;
mod segment;
mod shelf;

pub use crate::trail::chain::record_of;
pub use attribute::{Attribute, Facts, Resource, facts};
pub use query::{Found, Hit, Position, Query, Term, search_folder};

pub(crate) use query::search_memory;

#[cfg(test)]
mod tests;
