//! Identifiers as AWS makes them: base-32 ids that encode their account, secret keys, request ids.

use locum_store::AccountId;

use crate::world::Random;

/// RFC 4648 base 32, the alphabet of AWS's unique ids.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Bytes of a secret access key before encoding: exactly 40 characters of base 64.
pub(crate) const SECRET_BYTES: usize = 30;

/// What an id names; the first four characters tell (IAM User Guide, "IAM identifiers").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdKind {
    /// `AKIA`: a long-term access key.
    AccessKey,
    /// `ASIA`: a temporary access key.
    SessionKey,
    /// `AIDA`: a user.
    User,
    /// `AROA`: a role.
    Role,
    /// `ANPA`: a managed policy.
    Policy,
    /// `AGPA`: a group.
    Group,
    /// `AIPA`: an instance profile.
    InstanceProfile,
    /// `APKA`: a public key.
    PublicKey,
    /// `ASCA`: a server certificate.
    ServerCertificate,
    /// `ACCA`: a credential for one service.
    ServiceCredential,
}

impl IdKind {
    /// The four-character prefix.
    pub fn prefix(self) -> &'static str {
        match self {
            IdKind::AccessKey => "AKIA",
            IdKind::SessionKey => "ASIA",
            IdKind::User => "AIDA",
            IdKind::Role => "AROA",
            IdKind::Policy => "ANPA",
            IdKind::Group => "AGPA",
            IdKind::InstanceProfile => "AIPA",
            IdKind::PublicKey => "APKA",
            IdKind::ServerCertificate => "ASCA",
            IdKind::ServiceCredential => "ACCA",
        }
    }

    /// Characters after the prefix: 16 for keys, 17 for entities.
    fn body_len(self) -> usize {
        match self {
            IdKind::AccessKey | IdKind::SessionKey => 16,
            IdKind::User
            | IdKind::Role
            | IdKind::Policy
            | IdKind::Group
            | IdKind::InstanceProfile
            | IdKind::PublicKey
            | IdKind::ServerCertificate
            | IdKind::ServiceCredential => 17,
        }
    }
}

fn base32(index: u64) -> char {
    // The mask keeps the index inside the alphabet.
    char::from(BASE32.get((index & 31) as usize).copied().unwrap_or(b'A'))
}

/// A fresh id of `kind` in `account`: eight characters say the account (halved, top bit set), the
/// ninth its lowest bit, the rest is random.
pub fn new_id(kind: IdKind, account: AccountId, random: &dyn Random) -> String {
    let mut id = String::with_capacity(21);
    id.push_str(kind.prefix());
    let number = account.number();
    let head = (number >> 1) | 0x80_0000_0000;
    for shift in (0..8).rev() {
        id.push(base32(head >> (shift * 5)));
    }
    let mut bytes = [0u8; 9];
    random.fill(&mut bytes);
    let odd = (number & 1) << 4;
    for (index, byte) in bytes.iter().take(kind.body_len() - 8).enumerate() {
        let value = u64::from(*byte);
        id.push(base32(if index == 0 {
            (value & 15) | odd
        } else {
            value
        }));
    }
    id
}

/// A policy id made of `hash` that encodes no account, as ids of before 2019 did not: AWS's own
/// policies have such ids.
pub(crate) fn accountless_policy_id(hash: &[u8]) -> String {
    let tail = hash.iter().take(16).map(|byte| base32(u64::from(*byte)));
    IdKind::Policy
        .prefix()
        .chars()
        .chain(['I'])
        .chain(tail)
        .collect()
}

/// The account that `id` was made in; `None` when it does not encode one.
///
/// Works on every id of [`new_id`] and on AWS's own ids issued since about 2019.
pub fn account_of_id(id: &str) -> Option<AccountId> {
    let body = id.as_bytes().get(4..)?;
    if !(16..=17).contains(&body.len()) {
        return None;
    }
    let mut head = 0u64;
    for byte in body.iter().take(9) {
        head = (head << 5) | base32_value(*byte)?;
    }
    if !body.iter().all(|byte| base32_value(*byte).is_some()) {
        return None;
    }
    // 45 bits: a set top bit, 39 bits of half the account, one bit of its parity, four random.
    if head >> 44 != 1 {
        return None;
    }
    AccountId::from_number((head >> 4) & 0xff_ffff_ffff)
}

fn base32_value(byte: u8) -> Option<u64> {
    match byte {
        b'A'..=b'Z' => Some(u64::from(byte - b'A')),
        b'2'..=b'7' => Some(u64::from(byte - b'2') + 26),
        _ => None,
    }
}

/// The id of a certificate, made of its hash: 32 characters, the same for the same certificate.
pub(crate) fn certificate_id(hash: &[u8]) -> String {
    let bytes = hash.iter().take(32);
    bytes.map(|byte| base32(u64::from(*byte))).collect()
}

/// Base 32 without padding; `bytes` are a multiple of five.
pub(crate) fn base32_text(bytes: &[u8]) -> zeroize::Zeroizing<String> {
    let mut text = zeroize::Zeroizing::new(String::with_capacity(bytes.len() * 8 / 5));
    for chunk in bytes.chunks_exact(5) {
        let group = chunk
            .iter()
            .fold(0u64, |group, byte| (group << 8) | u64::from(*byte));
        (0..8)
            .rev()
            .for_each(|at| text.push(base32(group >> (5 * at))));
    }
    text
}

/// The 40 characters of a secret access key made of 30 random bytes.
pub(crate) fn secret_text(bytes: &[u8; SECRET_BYTES]) -> [u8; 40] {
    let mut text = [0u8; 40];
    for (chunk, out) in bytes.chunks_exact(3).zip(text.chunks_exact_mut(4)) {
        let group = chunk
            .iter()
            .fold(0u32, |group, byte| (group << 8) | u32::from(*byte));
        for (position, slot) in out.iter_mut().enumerate() {
            let index = (group >> (18 - 6 * position)) & 63;
            *slot = BASE64.get(index as usize).copied().unwrap_or(b'A');
        }
    }
    text
}

/// A random (version 4) UUID in its usual text form.
pub(crate) fn uuid(random: &dyn Random) -> [u8; 36] {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut bytes = [0u8; 16];
    random.fill(&mut bytes);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut text = [b'-'; 36];
    let mut at = 0;
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            at += 1;
        }
        for nibble in [byte >> 4, byte & 15] {
            if let Some(slot) = text.get_mut(at) {
                *slot = HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
            }
            at += 1;
        }
    }
    text
}

/// [`uuid`] as a string.
pub(crate) fn uuid_string(random: &dyn Random) -> String {
    String::from_utf8_lossy(&uuid(random)).into_owned()
}

/// A new twelve-digit account id, never starting with 0.
pub(crate) fn new_account_id(random: &dyn Random) -> Option<AccountId> {
    let mut bytes = [0u8; 8];
    random.fill(&mut bytes);
    AccountId::from_number(100_000_000_000 + u64::from_le_bytes(bytes) % 900_000_000_000)
}

/// `prefix` and `length` random upper-case letters and digits.
pub(crate) fn upper_id(prefix: &str, length: usize, random: &dyn Random) -> String {
    let mut bytes = vec![0u8; length];
    random.fill(&mut bytes);
    let tail = bytes.iter().map(|byte| base32(u64::from(*byte)));
    prefix.chars().chain(tail).collect()
}

/// `prefix` and `length` random lower-case letters and digits, as in organization and request ids.
pub(crate) fn lower_id(prefix: &str, length: usize, random: &dyn Random) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz012345";
    let mut bytes = vec![0u8; length];
    random.fill(&mut bytes);
    let tail = bytes
        .iter()
        .map(|byte| char::from(LETTERS.get(usize::from(byte & 31)).copied().unwrap_or(b'a')));
    prefix.chars().chain(tail).collect()
}

#[cfg(test)]
mod tests;
