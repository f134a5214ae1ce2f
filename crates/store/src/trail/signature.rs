//! A signature as the trail's own files and lines hold it. Making and checking one is for who has the keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// Characters of a key's name or a signature at most: those of an RSA key of 8,192 bits have 1,368.
const WORD_BYTES_MAX: usize = 2_048;

/// Who signed, and the signature: RSA, PKCS #1 v1.5, SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The fingerprint of the public key.
    pub key: String,
    /// Base64.
    pub value: String,
}

impl Signature {
    /// A signature that was read; `None` when the texts are none.
    pub fn new(key: String, value: String) -> Option<Signature> {
        let is_word = |text: &str| {
            (1..=WORD_BYTES_MAX).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        (is_word(&key) && is_word(&value)).then_some(Signature { key, value })
    }

    /// What was signed with the key of this fingerprint.
    pub fn of_bytes(key: String, signature: &[u8]) -> Signature {
        Signature {
            key,
            value: STANDARD.encode(signature),
        }
    }

    /// The signature itself; `None` when the text is none.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        STANDARD.decode(&self.value).ok()
    }
}
