//! AWS CloudTrail: looking up what was recorded, and the trails that deliver it.

mod deliveries;
mod keys;
mod logging;
mod lookup;
mod selectors;
mod tags;
mod trail;
mod trail_name;

use locum_store::{Change, Record, Trail};

use crate::caller::Caller;
use crate::iam::names;
use crate::operation::Operation;

pub use deliveries::{Deliveries, TrailDelivery};
pub(crate) use lookup::Lookups;

/// The rows of this service.
pub(crate) const OPERATIONS: &[&[Operation]] = &[
    lookup::OPERATIONS,
    trail::OPERATIONS,
    logging::OPERATIONS,
    selectors::OPERATIONS,
    tags::OPERATIONS,
    keys::OPERATIONS,
];

/// Puts a trail back as it is now.
fn put(caller: &Caller, trail: Trail) -> Change {
    names::change(&caller.account, vec![Record::Trail(trail)], vec![])
}
