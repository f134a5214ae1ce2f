//! The decision: one evaluation order over all policies that bear on a request.

use crate::decision::{Decision, PolicyType, Reason};
use crate::request::{Policies, Request};

/// Answers `request` from `policies`.
pub fn decide(_request: &Request<'_>, _policies: &Policies<'_>) -> Decision {
    Decision::new(Reason::NoAllow(PolicyType::Identity), false)
}
