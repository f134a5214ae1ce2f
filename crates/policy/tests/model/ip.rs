//! Addresses and ranges, bit by bit.

use std::net::IpAddr;

/// The bits of an address; of an IPv4 address also when it is written inside IPv6.
pub(crate) type Bits = Vec<bool>;

const V4_BITS: usize = 32;
const V6_BITS: usize = 128;

/// An address alone.
pub(crate) fn address(text: &str) -> Option<Bits> {
    Some(bits(text.parse::<IpAddr>().ok()?.to_canonical()))
}

pub(crate) fn bits(address: IpAddr) -> Bits {
    match address {
        IpAddr::V4(v4) => (0..V4_BITS)
            .rev()
            .map(|i| v4.to_bits() >> i & 1 == 1)
            .collect(),
        IpAddr::V6(v6) => (0..V6_BITS)
            .rev()
            .map(|i| v6.to_bits() >> i & 1 == 1)
            .collect(),
    }
}

/// Whether an address lies in a range, `None` when the range is none. A range has the family of
/// its address; within `::ffff:0:0/96` that is IPv4.
pub(crate) fn contains(range: &str, address: &Bits) -> Option<bool> {
    let (base, length) = match range.split_once('/') {
        Some((base, length)) => (base, Some(prefix_length(length)?)),
        None => (range, None),
    };
    let base: IpAddr = base.parse().ok()?;
    let written = bits(base);
    let length = length.unwrap_or(written.len());
    if length > written.len() {
        return None;
    }
    let mapped = base.is_ipv6() && base.to_canonical().is_ipv4() && length >= V6_BITS - V4_BITS;
    let (base, length) = match mapped {
        true => (bits(base.to_canonical()), length - (V6_BITS - V4_BITS)),
        false => (written, length),
    };
    Some(base.len() == address.len() && base[..length] == address[..length])
}

fn prefix_length(text: &str) -> Option<usize> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let padded = text.len() > 1 && text.starts_with('0');
    if plain && !padded {
        text.parse().ok()
    } else {
        None
    }
}
