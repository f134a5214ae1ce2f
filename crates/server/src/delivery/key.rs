//! Signatures of digests the way CloudTrail makes them: RSA, PKCS #1 v1.5, SHA-256.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{self, KeyPair as _, UnparsedPublicKey};
use locum_api::{World, add_trail_key, fingerprint, trail_key};
use locum_store::{Secret, Signature};

use super::Fault;
use super::sink::write_whole;

/// Signs digests.
#[derive(Debug)]
pub(crate) struct Signer {
    pub(super) fingerprint: String,
    /// PKCS #1 DER.
    pub(super) public_key: Vec<u8>,
    pair: KeyPair,
}

impl Signer {
    /// The installation's signer; the first time a key is made, which takes a good part of a second.
    fn of(world: &World) -> Result<Signer, Fault> {
        let store = |error: locum_api::operator::OperatorError| Fault::Store(error.to_string());
        let fault = |_| Fault::Store("the key of the trail's digests cannot be used".to_owned());
        if let Some(key) = pollster::block_on(trail_key(world)).map_err(store)? {
            return Signer::open(key.private_key.expose()).map_err(fault);
        }
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(fault)?;
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(fault)?;
        let private_key = Secret::new(der.as_ref());
        let signer = Signer::open(private_key.expose()).map_err(fault)?;
        let added = add_trail_key(world, &signer.public_key, &private_key);
        pollster::block_on(added).map_err(store)?;
        Ok(signer)
    }

    /// The signer, whose public key is in the trail's folder before anything that it signed is.
    pub(crate) fn kept(world: &World, data: &Path) -> Result<Signer, Fault> {
        static MAKING: Mutex<()> = Mutex::new(());
        let held = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
        let signer = Signer::of(world)?;
        drop(held);
        let folder = super::keys_path(data);
        let path = folder.join(format!("{}.der", signer.fingerprint));
        if !path.exists() {
            let kept = std::fs::create_dir_all(&folder)
                .and_then(|()| write_whole(&path, &signer.public_key));
            kept.map_err(|source| Fault::State { path, source })?;
        }
        Ok(signer)
    }

    /// The signature of a statement of the trail's own.
    pub(crate) fn vouch(&self, statement: &[u8]) -> Result<Signature, Fault> {
        let signed = self.sign(statement);
        let signed = signed.map_err(|Unspecified| Fault::Store("signing failed".to_owned()))?;
        Ok(Signature::of_bytes(self.fingerprint.clone(), &signed))
    }

    fn open(pkcs8: &[u8]) -> Result<Signer, Unspecified> {
        let pair = KeyPair::from_pkcs8(pkcs8).map_err(|_| Unspecified)?;
        let public_key = pair.public_key().as_ref().to_vec();
        Ok(Signer {
            fingerprint: fingerprint(&public_key),
            public_key,
            pair,
        })
    }

    /// The signature of `message`; the same for the same bytes.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        let padding = &signature::RSA_PKCS1_SHA256;
        self.pair.sign(padding, &random, message, &mut signature)?;
        Ok(signature)
    }
}

#[cfg(test)]
impl Signer {
    pub(crate) fn open_for_test(pkcs8: &[u8]) -> Signer {
        let opened = Signer::open(pkcs8);
        assert!(opened.is_ok(), "a private key");
        opened.unwrap()
    }

    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    pub(crate) fn public_key(&self) -> &[u8] {
        &self.public_key
    }
}

/// Whether `signature` is one of `message` by this key (PKCS #1 DER).
pub(crate) fn is_signed(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, public_key)
        .verify(message, signature)
        .is_ok()
}
