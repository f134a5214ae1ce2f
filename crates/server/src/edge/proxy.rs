//! Whose address a request comes from, when a trusted proxy says it forwards for somebody else.

use std::net::IpAddr;

use http::HeaderMap;

use crate::config::Cidr;
use crate::limits;

/// What a trusted proxy says of the client, or what the socket says when there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    /// The client's address, v4-mapped ones as v4.
    pub(crate) address: IpAddr,
    /// The client's own connection to the proxy was TLS.
    pub(crate) forwarded_https: ForwardedHttps,
}

/// Did a trusted proxy say that it was reached over TLS?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ForwardedHttps {
    /// `X-Forwarded-Proto: https`.
    Yes,
    /// Anything else.
    No,
}

/// A trusted proxy sent an address list that cannot be read up to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnreadableForwarding;

/// Is `peer` one of the proxies?
pub(crate) fn is_trusted(peer: IpAddr, trusted: &[Cidr]) -> bool {
    trusted.iter().any(|network| network.contains(peer))
}

/// The client of a request that came from `peer`.
///
/// From an untrusted peer the headers mean nothing. From a trusted one `X-Forwarded-For` is read
/// right to left over further trusted proxies; the first other address is the client. An entry that
/// is no plain IP address and stands where the client should is refused: guessing would let
/// `aws:SourceIp` match the proxy's own network.
pub(crate) fn client(
    peer: IpAddr,
    headers: &HeaderMap,
    trusted: &[Cidr],
) -> Result<Client, UnreadableForwarding> {
    let peer = peer.to_canonical();
    if !is_trusted(peer, trusted) {
        return Ok(Client {
            address: peer,
            forwarded_https: ForwardedHttps::No,
        });
    }
    let https = headers
        .get_all("x-forwarded-proto")
        .iter()
        .next_back()
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.rsplit(',').next())
        .is_some_and(|last| last.trim().eq_ignore_ascii_case("https"));
    let forwarded_https = if https {
        ForwardedHttps::Yes
    } else {
        ForwardedHttps::No
    };
    let mut address = peer;
    let mut hops = 0;
    for value in headers.get_all("x-forwarded-for").iter().rev() {
        for entry in value
            .to_str()
            .map_err(|_| UnreadableForwarding)?
            .rsplit(',')
        {
            hops += 1;
            if hops > limits::FORWARDED_HOPS_MAX {
                return Err(UnreadableForwarding);
            }
            // `IpAddr` reads no octal, no zone, no port: what it reads means one address only.
            let hop = entry
                .trim()
                .parse::<IpAddr>()
                .map_err(|_| UnreadableForwarding)?;
            address = hop.to_canonical();
            if !is_trusted(address, trusted) {
                return Ok(Client {
                    address,
                    forwarded_https,
                });
            }
        }
    }
    Ok(Client {
        address,
        forwarded_https,
    })
}
