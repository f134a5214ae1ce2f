//! Typed generators: policies, callers and requests that hit and nearly miss, from a number alone.
//!
//! A [`World`] is a set of policies of every type around one focus (a caller, an action, a
//! resource). Of each world many [`Ask`]s are made, derived from what its policies say, each with
//! its own selection of the policies. The same number always gives the same world.
#![allow(
    dead_code,
    unused_imports,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "each test uses its part of it, and generated indices are in range"
)]

mod ask;
mod caller;
mod compiled;
mod conditions;
mod facts;
mod policy;
mod random;
mod run;
mod shrink;
mod simulated;
mod text;
mod values;
mod world;

pub(crate) use ask::{Ask, Selection};
pub(crate) use caller::Caller;
pub(crate) use compiled::{Compiled, Plain, verdict};
pub(crate) use facts::{Bound, Fact, Facts};
pub(crate) use policy::{Condition, List, Policy, Principals, Statement, Version};
pub(crate) use random::Random;
pub(crate) use run::{Case, Effort, Tally};
pub(crate) use shrink::shrink;
pub(crate) use world::{Slot, World};
