//! The one binary, `locum`, as a library: its commands, and what they stand on.
//!
//! Each command is a file in [`commands`]. The rules of everything printed stand at the head of [`output`]; exit codes
//! are in [`error`]. Assuming a role goes [`role`] (what was named) → [`config::chain`] (how to get there) → [`assume`]
//! (cache or call) → [`mod@format`] (in whose words).
#![forbid(unsafe_code)]

pub mod account;
pub mod assume;
pub mod cache;
pub mod cli;
pub mod client;
pub mod clock;
pub mod commands;
pub mod config;
pub mod credentials;
pub mod dev;
pub mod duration;
pub mod env;
pub mod error;
pub mod explained;
pub mod format;
pub mod http;
pub mod json;
pub mod limits;
pub mod output;
pub mod policy;
pub mod process;
pub mod prompt;
pub mod role;
pub mod session;
pub mod settings;
pub mod table;
pub mod trail;
