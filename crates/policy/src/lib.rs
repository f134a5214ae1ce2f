//! The AWS IAM policy language: text to document to decision with reasons. Pure.
//!
//! The way through the crate is short:
//!
//! 1. [`Document::check`] reads a policy that somebody wants to save and reports every finding
//!    with AWS's own sentence and the span of the culprit; [`Document::parse`] reads one that was
//!    saved before.
//! 2. [`Policy::compile`] turns the document into its compiled form, once.
//! 3. [`decide`] answers a [`Request`] from compiled [`Policies`] with a [`Decision`] that knows
//!    its [`Reason`]. It does no I/O, knows no time and, on the common path, allocates nothing.
//!
//!
//! [`Policy::join`] makes one plan of all policies of a principal, whose cost does not grow with
//! statements about something else; [`explain`] says of every statement what matched and what did not.
//!
//! ```
//! use locum_policy::{
//!     ConditionKey, Context, Document, Kind, Policies, Policy, Principal, PrincipalKind, Request,
//!     ResourceRule, Values, decide,
//! };
//!
//! struct Nothing;
//! impl Context for Nothing {
//!     fn values<'a>(&'a self, _: &ConditionKey) -> Values<'a> {
//!         Values::Absent
//!     }
//! }
//!
//! let text = r#"{"Version": "2012-10-17", "Statement": [
//!     {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::reports/*"}]}"#;
//! let document = Document::check(text, Kind::Managed).map_err(|findings| findings[0].clone())?;
//! let policy = Policy::compile(&document);
//!
//! let principal = Principal {
//!     kind: PrincipalKind::User {
//!         arn: "arn:aws:iam::111122223333:user/ada",
//!         id: "AIDAIOSFODNN7EXAMPLE",
//!     },
//!     account: "111122223333",
//! };
//! let request = Request {
//!     action: "s3:GetObject",
//!     resource: "arn:aws:s3:::reports/may.csv",
//!     principal: &principal,
//!     context: &Nothing,
//! };
//! let policies = Policies {
//!     identity: &[&policy],
//!     boundary: None,
//!     session: None,
//!     resource: None,
//!     resource_rule: ResourceRule::Standard,
//!     resource_account: "111122223333",
//!     scp: None,
//!     rcp: None,
//! };
//! assert!(decide(&request, &policies).is_allowed());
//! # Ok::<(), locum_policy::Finding>(())
//! ```
#![forbid(unsafe_code)]

mod actions;
mod arn;
pub mod catalogue;
mod code;
mod condition;
mod cover;
mod date;
mod decide;
mod decision;
mod document;
mod explain;
mod fault;
mod finding;
mod gate;
mod index;
mod ip;
mod json;
mod key;
mod layout;
pub mod limits;
mod lookup;
mod number;
mod operator;
mod order;
mod pattern;
mod policy;
mod principal;
mod question;
mod read;
mod request;
mod review;
mod simulate;
mod statement;
mod suggest;
mod text;
mod trie;
mod truth;
mod validate;
mod value;
mod variable;

pub use arn::Arn;
pub use code::Code;
pub use decide::decide;
pub use decision::{Decision, PolicyType, Reason, StatementRef};
pub use document::{Document, Effect, size_without_whitespace};
pub use explain::{
    ConditionReport, Explanation, Named, NamedPolicies, Outcome, PolicyReport, PolicyValue,
    RequestValues, StatementReport, View, explain,
};
pub use finding::{Finding, Kind, Severity};
pub use key::{ConditionKey, KnownKey};
pub use layout::layout;
pub use pattern::wildcard_match;
pub use policy::Policy;
pub use request::{Context, Policies, Principal, PrincipalKind, Request, ResourceRule};
pub use review::{guess_kind, review};
pub use simulate::{
    ContextEntries, ContextEntry, ContextKeyType, EntryError, MatchedStatement, Position,
    Simulated, SimulatedDecision, principal_entries, simulate,
};
pub use value::{Value, Values};
