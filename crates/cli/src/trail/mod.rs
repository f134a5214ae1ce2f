//! The audit trail on disk: finding its lines, following them, and showing a record as a row.

pub mod filter;
pub mod folder;
pub mod follow;
pub mod lines;
pub mod record;
pub mod tree;
