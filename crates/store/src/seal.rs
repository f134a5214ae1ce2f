//! Secrets sealed at rest, and a tag on every record so that a changed byte is noticed.
//!
//! One master key (32 random bytes in a file of its own) gives two keys: one seals secrets with
//! AES-256-GCM, one makes tags (GMAC). Both bind what they protect to its place: cluster id, unit,
//! kind and name. Nonces are 96 random bits from the caller's source, good for 2^32 writes
//! (NIST SP 800-38D, 8.3) under one master key.

use crate::id::Unit;
use crate::record::Kind;
use crate::secret::Secret;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// A source of random bytes, handed in by the edge.
pub type RandomSource = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// Bytes of a master key.
pub(crate) const MASTER_KEY_BYTES: usize = 32;
const NONCE: usize = 12;
const TAG: usize = 16;
/// Bytes in front of every stored record: nonce and tag.
pub(crate) const STAMP: usize = NONCE + TAG;

/// The two keys of one data directory.
pub(crate) struct Sealer {
    secrets: LessSafeKey,
    records: LessSafeKey,
    cluster_id: Box<str>,
    random: RandomSource,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({})", self.cluster_id)
    }
}

/// The operation of the cipher that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SealError {
    #[error("the key was not accepted")]
    Key,
    #[error("sealing failed")]
    Seal,
    #[error("the seal is broken: wrong master key, wrong place or changed bytes")]
    Broken,
}

impl Sealer {
    pub(crate) fn new(
        master: &[u8; MASTER_KEY_BYTES],
        cluster_id: &str,
        random: RandomSource,
    ) -> Result<Sealer, SealError> {
        let derive = |label: &[u8]| {
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, master), label);
            let bytes = Zeroizing::new(tag.as_ref().to_vec());
            UnboundKey::new(&AES_256_GCM, &bytes)
                .map(LessSafeKey::new)
                .map_err(|_| SealError::Key)
        };
        Ok(Sealer {
            secrets: derive(b"locum store v1 secrets")?,
            records: derive(b"locum store v1 records")?,
            cluster_id: cluster_id.into(),
            random,
        })
    }

    pub(crate) fn cluster_id(&self) -> &str {
        &self.cluster_id
    }

    fn nonce(&self) -> [u8; NONCE] {
        let mut nonce = [0; NONCE];
        (self.random)(&mut nonce);
        nonce
    }

    /// Cluster id, unit, kind and name, unambiguously: the first and last are delimited.
    fn place(&self, unit: Unit, kind: Kind, name: &str, room: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.cluster_id.len() + name.len() + room + 16);
        out.extend_from_slice(self.cluster_id.as_bytes());
        out.push(0);
        out.extend_from_slice(&unit_bytes(unit));
        out.push(kind as u8);
        out.extend_from_slice(&u32::try_from(name.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(name.as_bytes());
        out
    }

    /// Nonce, cipher text and tag of a secret for this place.
    pub(crate) fn seal(
        &self,
        unit: Unit,
        kind: Kind,
        name: &str,
        secret: &Secret,
    ) -> Result<Vec<u8>, SealError> {
        let nonce = self.nonce();
        let mut text = Zeroizing::new(secret.expose().to_vec());
        let tag = self
            .secrets
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(self.place(unit, kind, name, 0)),
                &mut text,
            )
            .map_err(|_| SealError::Seal)?;
        let mut out = nonce.to_vec();
        out.extend_from_slice(&text);
        out.extend_from_slice(tag.as_ref());
        Ok(out)
    }

    /// The secret sealed for this place.
    pub(crate) fn open(
        &self,
        unit: Unit,
        kind: Kind,
        name: &str,
        sealed: &[u8],
    ) -> Result<Secret, SealError> {
        let (nonce, rest) = sealed.split_first_chunk().ok_or(SealError::Broken)?;
        let mut text = Zeroizing::new(rest.to_vec());
        let plain = self
            .secrets
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(self.place(unit, kind, name, 0)),
                &mut text,
            )
            .map_err(|_| SealError::Broken)?;
        Ok(Secret::new(plain.to_vec()))
    }

    /// Nonce and tag over a record at its place.
    pub(crate) fn stamp(
        &self,
        unit: Unit,
        kind: Kind,
        name: &str,
        raw: &[u8],
    ) -> Result<[u8; STAMP], SealError> {
        let nonce = self.nonce();
        let mut aad = self.place(unit, kind, name, raw.len());
        aad.extend_from_slice(raw);
        let tag = self
            .records
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(aad),
                &mut [],
            )
            .map_err(|_| SealError::Seal)?;
        let mut stamp = [0; STAMP];
        let (first, last) = stamp.split_at_mut(NONCE);
        first.copy_from_slice(&nonce);
        last.copy_from_slice(tag.as_ref());
        Ok(stamp)
    }

    /// Whether the record is what was stamped for this place.
    pub(crate) fn check(
        &self,
        unit: Unit,
        kind: Kind,
        name: &str,
        stamp: &[u8; STAMP],
        raw: &[u8],
    ) -> Result<(), SealError> {
        let (nonce, tag) = stamp.split_first_chunk().ok_or(SealError::Broken)?;
        let mut tag = tag.to_vec();
        let mut aad = self.place(unit, kind, name, raw.len());
        aad.extend_from_slice(raw);
        self.records
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(aad),
                &mut tag,
            )
            .map(|_| ())
            .map_err(|_| SealError::Broken)
    }
}

/// A unit as nine bytes that sort the installation before all accounts.
pub(crate) fn unit_bytes(unit: Unit) -> [u8; 9] {
    let (first, number) = match unit {
        Unit::Installation => (0, 0),
        Unit::Account(id) => (1, id.number()),
    };
    let mut out = [first; 9];
    if let Some(rest) = out.last_chunk_mut::<8>() {
        *rest = number.to_be_bytes();
    }
    out
}
