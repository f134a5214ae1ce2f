//! AWS CloudTrail: looking up what was recorded, and the trails that deliver it.

use crate::operation::Operation;

/// The rows of this service.
pub(crate) const OPERATIONS: &[&[Operation]] = &[];
