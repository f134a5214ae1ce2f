//! The worked example of `locum dev`: made through the public API, with signed requests, like any user would.

pub mod example;
pub mod profiles;
pub mod tour;
