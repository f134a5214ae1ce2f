//! Keys that whoever checks the trail trusts, and what they say of signatures.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use locum_store::Signature;

use crate::delivery::check::DigestKey;
use crate::delivery::is_signed;

/// Public keys by fingerprint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedKeys(BTreeMap<String, Vec<u8>>);

impl TrustedKeys {
    /// Keys in PKCS #1 DER; what they are called is reckoned, not believed.
    pub fn of_ders(ders: impl IntoIterator<Item = Vec<u8>>) -> TrustedKeys {
        let named = ders.into_iter();
        TrustedKeys(
            named
                .map(|der| (locum_api::fingerprint(&der), der))
                .collect(),
        )
    }

    /// The keys in `DIR/keys` of a trail's folder: as good as the folder itself. A file that holds another key than
    /// its name says vouches for nothing.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn of_folder(dir: &Path) -> io::Result<TrustedKeys> {
        let entries = match std::fs::read_dir(dir.join("keys")) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(TrustedKeys::default());
            }
            Err(error) => return Err(error),
        };
        let mut ders = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let Some(der) = std::fs::read(&path).ok() else {
                continue;
            };
            let name = path.file_name().and_then(|name| name.to_str());
            let right = locum_api::fingerprint(&der) + ".der";
            if name == Some(&right) {
                ders.push(der);
            }
        }
        Ok(TrustedKeys::of_ders(ders))
    }

    /// The key of this fingerprint.
    pub fn get(&self, fingerprint: &str) -> Option<&[u8]> {
        self.0.get(fingerprint).map(Vec::as_slice)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of the keys made this signature of the statement.
    pub fn have_signed(&self, statement: &[u8], signature: &Signature) -> bool {
        let (Some(key), Some(bytes)) = (self.get(&signature.key), signature.bytes()) else {
            return false;
        };
        is_signed(key, statement, &bytes)
    }
}

impl FromIterator<DigestKey> for TrustedKeys {
    fn from_iter<T: IntoIterator<Item = DigestKey>>(keys: T) -> TrustedKeys {
        TrustedKeys::of_ders(keys.into_iter().map(|key| key.der))
    }
}
