//! What every operation means: `handle`, authenticate, authorize, one file per resource.
//!
//! The product is one function, [`handle()`]: a world (state, clock, randomness) and a request in, a
//! response out. On its way a call passes proof types that only one function each can make:
//! `sigv4::Verified` → [`Caller`] → [`Grant`]; an operation cannot be called without the last one.
//! Operations are plain functions over values that answer an output and a `Change`; only [`handle()`]
//! (and [`operator`], for the host's operator) commits.
#![forbid(unsafe_code)]

mod authenticate;
mod authorize;
pub mod bootstrap;
mod caller;
mod case;
mod cloudtrail;
mod context;
mod cx;
mod denial;
mod documents;
mod entities;
mod error;
mod event;
pub mod explain;
mod handle;
mod iam;
mod ids;
pub mod import;
mod json;
mod last_used;
pub mod limits;
mod managed;
mod mfa;
mod needs;
mod noise;
mod operation;
mod operations;
pub mod operator;
mod organizations;
mod password;
mod request;
mod saml_metadata;
mod session;
mod snapshot;
mod sts;
mod totp;
mod trail_key;
mod world;
mod x509;

pub use authorize::Grant;
pub use caller::{Caller, Identity};
pub use cloudtrail::{Deliveries, TrailDelivery};
pub use cx::Cx;
pub use denial::Denial;
pub use error::{ApiError, TokenFault, WireError};
pub use handle::{EdgeRefusal, Handled, handle, handle_named, refused_by_edge};
pub use ids::{IdKind, account_of_id, new_id};
pub use last_used::{LastUses, keep as keep_last_uses};
pub use needs::Needs;
pub use noise::keep as keep_noise;
pub use operation::{Access, Operation};
pub use operations::operations;
pub use request::{Request, Response, TlsDetails};
pub use session::{Claims, OpenError, SessionKind};
pub use snapshot::Snapshot;
pub use trail_key::{add_trail_key, fingerprint, trail_key, trail_public_keys};
pub use world::{Clock, LOCAL_SINK, OWN_TRAIL, Random, SetClock, Settings, World};
