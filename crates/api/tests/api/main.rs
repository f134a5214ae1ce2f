//! The product at its own border: requests in, answers and trail records out, over a store in memory.
#![allow(clippy::panic, reason = "helpers of tests fail by panicking")]

mod common;
mod every_operation;
