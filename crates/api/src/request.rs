//! A call as the edge hands it over, and the answer as the edge gets it back.

use std::net::IpAddr;

use bytes::Bytes;

/// How a connection is protected, in rustls's names (`TLSv1.3`, `TLS_AES_128_GCM_SHA256`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsDetails {
    /// The protocol version.
    pub version: &'static str,
    /// The cipher suite.
    pub cipher_suite: &'static str,
}

/// One HTTP request: complete, size-limited, of a known peer.
pub struct Request {
    /// Method, target and headers as received.
    pub parts: http::request::Parts,
    /// The whole body.
    pub body: Bytes,
    /// The client's address; forwarding headers count only as far as the edge trusts them.
    pub peer: IpAddr,
    /// Set when the connection is TLS.
    pub tls: Option<TlsDetails>,
}

/// One HTTP response.
pub type Response = http::Response<Bytes>;
