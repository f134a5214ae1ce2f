//! The AWS IAM policy language: text to document to decision with reasons. Pure.
//!
//! The crate does no I/O, knows no time and draws no random numbers: whatever a decision depends on is
//! handed to it.
//!
//! | You want to | |
//! |---|---|
//! | decide whether a request is allowed, and why | [`Document::parse`], [`Policy::compile`], [`decide`], [`explain`] |
//! | refuse what AWS refuses when a policy is saved | [`Document::check`] |
//! | tell an author what may be wrong with a policy | [`review`], [`layout()`](layout()) |
//! | try out a request that somebody types in | [`simulate`] |
//! | know whether a new policy allows more than the old one | [`compare`], [`can_ever`] |
//! | look up actions, resource types and condition keys | [`catalogue`] |
//!
//! # Decide and explain
//!
//! A policy is compiled once and used for any number of decisions. The caller, the resource's account and
//! the request's condition values are yours; [`Context`] is asked for a value only when a condition needs it.
//!
//! ```
//! use locum_policy::{
//!     ConditionKey, Context, Document, KnownKey, Named, NamedPolicies, Policies, Policy,
//!     Principal, PrincipalKind, Request, Value, Values, decide, explain,
//! };
//!
//! struct Web {
//!     from: std::net::IpAddr,
//! }
//! impl Context for Web {
//!     fn values<'a>(&'a self, key: &ConditionKey) -> Values<'a> {
//!         match key {
//!             ConditionKey::Known(KnownKey::SourceIp) => Values::One(Value::Ip(self.from)),
//!             _ => Values::Absent,
//!         }
//!     }
//! }
//!
//! let text = r#"{"Version": "2012-10-17", "Statement": [{
//!     "Effect": "Allow",
//!     "Action": "s3:Get*",
//!     "Resource": "arn:aws:s3:::reports/*",
//!     "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
//! }]}"#;
//! let document = Document::parse(text).map_err(|findings| findings[0].clone())?;
//! let policy = Policy::compile(&document);
//!
//! let ada = Principal {
//!     kind: PrincipalKind::User {
//!         arn: "arn:aws:iam::111122223333:user/ada",
//!         id: "AIDAIOSFODNN7EXAMPLE",
//!     },
//!     account: "111122223333",
//! };
//! let ask = |context: &Web| {
//!     let request = Request {
//!         action: "s3:GetObject",
//!         resource: "arn:aws:s3:::reports/may.csv",
//!         principal: &ada,
//!         context,
//!     };
//!     // A boundary, session policies, the resource's own policy and the organization's policies have
//!     // a field each: `Policies { boundary: Some(&other), ..Policies::of_identity(…) }`.
//!     let decision = decide(&request, &Policies::of_identity(&[&policy], "111122223333"));
//!
//!     // The same once more, slowly and with the whole story.
//!     let named = [Named { name: "reports", document: Some(&document) }];
//!     let story = explain(&request, &NamedPolicies::of_identity(&named, "111122223333"));
//!     assert_eq!(*story.decision(), decision);
//!     (decision, story.for_owner().text())
//! };
//!
//! let (decision, _) = ask(&Web { from: "192.0.2.9".parse()? });
//! assert!(decision.is_allowed());
//!
//! let (decision, story) = ask(&Web { from: "198.51.100.7".parse()? });
//! assert!(!decision.is_allowed());
//! assert_eq!(
//!     decision.sentence("arn:aws:iam::111122223333:user/ada", "s3:GetObject", "arn:aws:s3:::reports/may.csv"),
//!     "User: arn:aws:iam::111122223333:user/ada is not authorized to perform: s3:GetObject on resource: \
//!      arn:aws:s3:::reports/may.csv because no identity-based policy allows the s3:GetObject action"
//! );
//! // The policy's own line, and below it the values on both sides.
//! assert!(story.contains(r#""Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}"#));
//! assert!(story.contains("198.51.100.7"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Policy::join`] makes one plan of all policies of a principal, whose cost does not grow with statements
//! about something else. On the common path a decision allocates nothing.
//!
//! # Validate
//!
//! [`Document::check`] is what AWS does when a policy of one [`Kind`] is saved: every finding has AWS's own
//! sentence, and the bytes of the culprit. [`review`] says more, and in plainer words.
//!
//! ```
//! use locum_policy::{Code, Document, Kind, Severity, review};
//!
//! let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject",
//!     "Resource": "arn:aws:s3:::reports/*", "Condition": {"DateLessThan": {"aws:CurrentTime": "soon"}}}}"#;
//! let findings = match Document::check(text, Kind::Managed) {
//!     Ok(_) => Vec::new(),
//!     Err(findings) => findings,
//! };
//! assert_eq!(findings[0].message, "The policy failed legacy parsing");
//! assert_eq!(&text[findings[0].span.clone()], "\"soon\"");
//!
//! let findings = review(text, Kind::Managed, None);
//! assert_eq!((findings[0].code, findings[0].severity), (Code::TypeMismatchDate, Severity::Error));
//! ```
//!
//! # Simulate
//!
//! [`simulate`] takes a context of names and texts, gives the decision of [`decide`], and says which
//! statements decided and which condition keys nobody gave.
//!
//! ```
//! use locum_policy::{
//!     ContextEntries, ContextEntry, Document, Named, NamedPolicies, Principal, PrincipalKind, Request,
//!     SimulatedDecision, simulate,
//! };
//!
//! let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject",
//!     "Resource": "arn:aws:s3:::${aws:PrincipalTag/team}/*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}}"#;
//! let document = Document::parse(text).map_err(|findings| findings[0].clone())?;
//! let policies = [Named { name: "team", document: Some(&document) }];
//! let policies = NamedPolicies::of_identity(&policies, "111122223333");
//! let role = Principal {
//!     kind: PrincipalKind::RoleSession {
//!         role_arn: "arn:aws:iam::111122223333:role/app",
//!         role_id: "AROAIOSFODNN7EXAMPLE",
//!         session_arn: "arn:aws:sts::111122223333:assumed-role/app/run",
//!         session_name: "run",
//!     },
//!     account: "111122223333",
//! };
//! let ask = |entries: &[ContextEntry]| {
//!     let context = ContextEntries::new(entries)?;
//!     let request = Request {
//!         action: "s3:GetObject",
//!         resource: "arn:aws:s3:::blue/plan.txt",
//!         principal: &role,
//!         context: &context,
//!     };
//!     Ok::<_, locum_policy::EntryError>(simulate(&request, &policies))
//! };
//! let team = ContextEntry::text("aws:PrincipalTag/team", "blue");
//! let secure = ContextEntry::text("aws:SecureTransport", "true");
//! assert_eq!(ask(&[team.clone(), secure])?.decision, SimulatedDecision::Allowed);
//! let denied = ask(&[team])?;
//! assert_eq!(denied.decision, SimulatedDecision::ImplicitDeny);
//! assert_eq!(denied.missing, ["aws:SecureTransport"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Compare
//!
//! [`compare`] proves that a policy allows nothing that another one does not, or shows a request.
//!
//! ```
//! use locum_policy::{Comparison, Document, Finding, PolicyType, compare};
//!
//! let policy = |resource: &str| {
//!     let text = format!(r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow",
//!         "Action": "s3:GetObject", "Resource": "arn:aws:s3:::{resource}"}}}}"#);
//!     Document::parse(&text).map_err(|findings| findings[0].clone())
//! };
//! let (old, new) = (policy("reports/2026/*")?, policy("reports/202?/*")?);
//! assert_eq!(compare(&[&new], &[&old], PolicyType::Identity), Comparison::NotMorePermissive);
//! match compare(&[&old], &[&new], PolicyType::Identity) {
//!     Comparison::MorePermissive { witness, .. } => {
//!         assert_eq!(witness.action, "s3:GetObject");
//!         assert!(witness.resource.starts_with("arn:aws:s3:::reports/202"));
//!         assert!(!witness.resource.starts_with("arn:aws:s3:::reports/2026/"));
//!     }
//!     other => panic!("{other:?}"),
//! }
//! # Ok::<(), Finding>(())
//! ```
#![forbid(unsafe_code)]

mod actions;
mod arn;
pub mod catalogue;
mod code;
mod compare;
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
mod services;
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
pub use compare::{
    Comparison, Held, Missed, Part, Possibility, Relation, Unsure, Witness, can_ever, compare,
    relation,
};
pub use decide::decide;
pub use decision::{Decision, PolicyType, Reason, StatementRef};
pub use document::{Document, Effect, size_without_whitespace, without_whitespace};
pub use explain::{
    ConditionReport, Explanation, Named, NamedPolicies, Outcome, PolicyReport, PolicyValue,
    RequestValues, StatementReport, View, explain, in_lines,
};
pub use finding::{Finding, Kind, Severity};
pub use key::{ConditionKey, KnownKey};
pub use layout::layout;
pub use pattern::wildcard_match;
pub use policy::Policy;
pub use request::{
    Context, Policies, Principal, PrincipalKind, RCP_FULL_AWS_ACCESS, Request, ResourceRule,
};
pub use review::{guess_kind, review};
pub use simulate::{
    ContextEntries, ContextEntry, ContextKeyType, EntryError, MatchedStatement, Position,
    Simulated, SimulatedDecision, principal_entries, simulate,
};
pub use value::{Value, Values};
