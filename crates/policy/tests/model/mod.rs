//! A second evaluator, slow and literal, written from the language's reference and sharing no code with the engine.
//!
//! It reads the policies' text on its own and takes from the engine's crate nothing but the plain
//! data of a question (who asks, the kinds of values). Where the reference leaves something open,
//! the model says so beside the line and takes the side that never helps a request.
//!
//! What no policy decides (calls that need no permission, resources that AWS keeps to itself) is
//! not in here: the engine is not asked about it either.
#![allow(
    dead_code,
    unused_imports,
    clippy::indexing_slicing,
    reason = "obvious code is the point of a model, and each test uses its part of it"
)]

mod arn;
mod condition;
mod date;
mod decision;
mod document;
mod ip;
mod json;
mod pattern;
mod principal;
mod scalar;
mod statement;
mod truth;

pub(crate) use arn::split as split_arn;
pub(crate) use decision::{Answer, Policies, Verdict, decide, type_name};
pub(crate) use document::{Document, Element, Statement};
pub(crate) use pattern::wildcard;
pub(crate) use statement::{Place, applies};
pub(crate) use truth::Truth;

use locum_policy::{PrincipalKind, Values};
use std::cell::RefCell;
use std::collections::HashMap;

/// Where the values of condition keys come from: the key in lower case.
pub(crate) type Lookup<'a> = dyn Fn(&str) -> Values<'a> + 'a;

/// Who asks what.
pub(crate) struct Question<'a> {
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) caller: PrincipalKind<'a>,
    /// The caller's account; empty for services, providers and nobody.
    pub(crate) account: &'a str,
    pub(crate) lookup: &'a Lookup<'a>,
    /// What was told of statements, by address and place: the same question may be put to several
    /// selections of the same policies.
    pub(crate) told: RefCell<HashMap<(*const Statement, Place), statement::Applies>>,
}

impl<'a> Question<'a> {
    /// The values of a key as a policy writes it. `iam:ResourceTag/k` is `aws:ResourceTag/k`.
    fn values(&self, key: &str) -> Values<'a> {
        let key = key.to_ascii_lowercase();
        match key.strip_prefix("iam:resourcetag/") {
            Some(tag) => (self.lookup)(&format!("aws:resourcetag/{tag}")),
            None => (self.lookup)(&key),
        }
    }
}
