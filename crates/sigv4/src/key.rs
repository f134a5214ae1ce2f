//! Signing keys: derived from a secret, good for one day, region and service.

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use zeroize::Zeroizing;

use crate::encode;

/// A derived signing key. Its memory is wiped when it is dropped (aws-lc cleanses HMAC contexts);
/// it has no way to show its contents.
pub struct SigningKey {
    key: hmac::Key,
}

impl SigningKey {
    /// `HMAC(HMAC(HMAC(HMAC("AWS4" + secret, date), region), service), "aws4_request")`, with `date`
    /// as `YYYYMMDD`.
    pub fn derive(secret: &[u8], date: &str, region: &str, service: &str) -> SigningKey {
        let mut first = Zeroizing::new(Vec::with_capacity(secret.len() + 4));
        first.extend_from_slice(b"AWS4");
        first.extend_from_slice(secret);
        let mut key = hmac::Key::new(HMAC_SHA256, &first);
        for part in [date, region, service, "aws4_request"] {
            key = hmac::Key::new(HMAC_SHA256, step(&key, part.as_bytes()).as_slice());
        }
        SigningKey { key }
    }

    /// The signature of a string-to-sign, as 64 lower-case hexadecimal digits.
    pub fn signature(&self, string_to_sign: &str) -> String {
        encode::hex(&self.mac(string_to_sign.as_bytes()))
            .iter()
            .map(|&byte| char::from(byte))
            .collect()
    }

    pub(crate) fn mac(&self, message: &[u8]) -> [u8; 32] {
        *step(&self.key, message)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(***)")
    }
}

fn step(key: &hmac::Key, message: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    let tag = hmac::sign(key, message);
    out.iter_mut()
        .zip(tag.as_ref())
        .for_each(|(to, from)| *to = *from);
    out
}
