//! The audit trail on disk: finding its lines, following them, and showing a record as a row.

pub mod lines;
pub mod record;
