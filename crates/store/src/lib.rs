//! Accounts as values, changes as values, and the engines that keep them.
#![forbid(unsafe_code)]
