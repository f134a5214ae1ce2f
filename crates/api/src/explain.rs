//! Explanations for the host's operator: why a call was refused, and whether one would be.
//!
//! Both ask the engine that decides calls. They see everything, of all accounts, so only the operator's
//! socket leads here, and each use leaves a record.

mod can;
mod current;
mod organization;
mod told;
mod why;

pub use can::{Question, QuestionValue, can};
pub use organization::{OrganizationPolicies, QuestionPolicy};
pub use why::{request_of, why};
