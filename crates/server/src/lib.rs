//! The edge: sockets, TLS, limits, health, metrics, the operator's socket.
#![forbid(unsafe_code)]
