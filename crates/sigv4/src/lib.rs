//! AWS Signature Version 4: parse, canonicalise, verify, sign, presign. Pure.
#![forbid(unsafe_code)]
