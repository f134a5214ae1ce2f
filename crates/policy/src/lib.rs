//! The AWS IAM policy language: text to document to decision with reasons. Pure.
#![forbid(unsafe_code)]
