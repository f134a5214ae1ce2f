//! AWS protocols: bytes to typed calls and back. Pure.
#![forbid(unsafe_code)]
