//! IP addresses and address ranges as policies write them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses: `192.0.2.0/24`, `2001:db8::/32`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Range {
    V4 { network: u32, mask: u32 },
    V6 { network: u128, mask: u128 },
}

impl Range {
    /// Reads an address with an optional prefix length. Bits beyond the prefix are ignored, as AWS
    /// does. No octal, no zone, no shortened v4. A range of v4-mapped v6 addresses is one of v4.
    pub(crate) fn parse(text: &str) -> Option<Range> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix_length(prefix)?)),
            None => (text, None),
        };
        match address.parse::<IpAddr>().ok()? {
            IpAddr::V4(address) => v4(address, prefix.unwrap_or(32)),
            IpAddr::V6(address) => match address.to_ipv4_mapped() {
                Some(mapped) => v4(mapped, prefix.unwrap_or(128).checked_sub(96)?),
                None => v6(address, prefix.unwrap_or(128)),
            },
        }
    }

    /// Whether the address, which is canonical, is in the range; a v4 address is never in a v6 range.
    #[inline]
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        match (self, address) {
            (Range::V4 { network, mask }, IpAddr::V4(address)) => {
                address.to_bits() & mask == *network
            }
            (Range::V6 { network, mask }, IpAddr::V6(address)) => {
                address.to_bits() & mask == *network
            }
            _ => false,
        }
    }
}

fn prefix_length(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let padded = text.len() > 1 && text.starts_with('0');
    (plain && !padded).then(|| text.parse().ok())?
}

fn v4(address: Ipv4Addr, prefix: u32) -> Option<Range> {
    let host = 32_u32.checked_sub(prefix)?;
    let mask = u32::MAX.checked_shl(host).unwrap_or(0);
    Some(Range::V4 {
        network: address.to_bits() & mask,
        mask,
    })
}

fn v6(address: Ipv6Addr, prefix: u32) -> Option<Range> {
    let host = 128_u32.checked_sub(prefix)?;
    let mask = u128::MAX.checked_shl(host).unwrap_or(0);
    Some(Range::V6 {
        network: address.to_bits() & mask,
        mask,
    })
}
