//! Networks in CIDR notation, and whether an address lies in one.

use std::fmt;
use std::net::IpAddr;

use serde::Deserialize;

/// A network such as `10.0.0.0/8` or `2001:db8::/32`; a bare address is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

/// Why a text is not a usable network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CidrError {
    /// The part before the slash is no IP address.
    #[error("{0:?} is not an IP address or a network like 10.0.0.0/8")]
    Address(String),
    /// The part after the slash is no prefix length for that family.
    #[error("{0:?} has a prefix length that its address family does not allow")]
    Prefix(String),
    /// `/0` would trust everybody, which is never what is meant.
    #[error("{0:?} would trust every address; name the proxies' own networks")]
    Everybody(String),
    /// Bits are set behind the prefix, so it is unclear which network is meant.
    #[error("{0:?} has bits set behind its prefix; the network's first address is meant")]
    HostBits(String),
}

impl TryFrom<String> for Cidr {
    type Error = CidrError;

    fn try_from(text: String) -> Result<Cidr, CidrError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text.as_str(), None),
        };
        let Ok(address) = address.parse::<IpAddr>() else {
            return Err(CidrError::Address(text));
        };
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => bits,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                match digits.parse::<u8>() {
                    Ok(prefix) if prefix <= bits => prefix,
                    _ => return Err(CidrError::Prefix(text)),
                }
            }
            Some(_) => return Err(CidrError::Prefix(text)),
        };
        if prefix == 0 {
            return Err(CidrError::Everybody(text));
        }
        let cidr = Cidr { address, prefix };
        if cidr.key(address) != number(address) {
            return Err(CidrError::HostBits(text));
        }
        Ok(cidr)
    }
}

impl Cidr {
    /// Is `address` in this network? A v4-mapped v6 address counts as the v4 address it carries.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && self.key(address) == number(self.address)
    }

    fn key(&self, address: IpAddr) -> u128 {
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let behind = bits - u32::from(self.prefix);
        let number = number(address);
        number
            .checked_shr(behind)
            .and_then(|head| head.checked_shl(behind))
            .unwrap_or(0)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}
