//! AWS protocols: bytes to typed calls and back. Pure: no I/O, no clock, no randomness.
//!
//! The server's direction: [`route`] says which call a request is, [`Call::read`] decodes and checks
//! its input, [`write_output`], [`write_empty`] and [`write_error`] make the answer. The client's
//! direction: [`write_input`], [`read_output`], [`read_error`]. The types are generated from
//! `models/` by `cargo xtask codegen`; everything with a branch in it is written by hand.
#![forbid(unsafe_code)]

mod client;
mod codec;
mod form;
mod generated;
mod input;
mod json;
pub mod limits;
mod node;
mod pattern;
pub mod percent;
mod record;
mod reply;
mod route;
mod service;
mod shape;
mod time;
mod unknown;
mod xml;

pub use client::{ClientRequest, ReadError, RemoteError, read_error, read_output, write_input};
pub use codec::{Empty, Reader, Structure, Timestamp, Writer};
pub use generated::{cloudtrail, iam, organizations, sts};
pub use input::{InputError, Violation};
pub use json::push_string as push_json_string;
pub use pattern::Pattern;
pub use record::write_record;
pub use reply::{ErrorBody, Reply, write_empty, write_error, write_error_with, write_output};
pub use route::{Call, CallInfo, HttpRequest, RouteError, RouteProblem, route};
pub use service::{Protocol, Service, operation, operations};
pub use shape::{
    ErrorModel, Fault, ItemsNull, Kind, Member, Need, OperationModel, Privacy, Shape, Signing,
};
