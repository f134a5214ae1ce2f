//! Policies in files: reading them, and showing what was found in them.

pub mod machine;
pub mod source;
pub mod supposed;
pub mod text;
