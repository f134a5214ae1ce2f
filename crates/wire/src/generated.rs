//! The types of the service models, written by `cargo xtask codegen`.

#[rustfmt::skip]
pub mod cloudtrail;
#[rustfmt::skip]
pub mod iam;
#[rustfmt::skip]
pub mod organizations;
#[rustfmt::skip]
mod patterns;
#[rustfmt::skip]
pub mod sts;
