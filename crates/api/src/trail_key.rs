//! The key that signs the trail's digests: made once, its private half sealed in the installation.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{self, KeyPair as _, UnparsedPublicKey};
use locum_store::{Record, Secret, TrailKey, Unit, UnitWrite};

use crate::limits;
use crate::operator::{self, OperatorError};
use crate::world::World;

/// Signs digests the way CloudTrail does: RSA, PKCS #1 v1.5, SHA-256.
#[derive(Debug)]
pub struct TrailSigner {
    fingerprint: String,
    public_key: Vec<u8>,
    pair: KeyPair,
}

impl TrailSigner {
    /// 32 hexadecimal digits that name the key in digests.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// PKCS #1 DER.
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// The signature of `message`; the same for the same bytes.
    ///
    /// # Errors
    /// When the library fails.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, OperatorError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        self.pair
            .sign(
                &signature::RSA_PKCS1_SHA256,
                &random,
                message,
                &mut signature,
            )
            .map_err(|_| fault("it does not sign"))?;
        Ok(signature)
    }
}

/// Whether `signature` is one of `message` by this key (PKCS #1 DER).
pub fn is_signed(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, public_key)
        .verify(message, signature)
        .is_ok()
}

/// The name of a public key: half of its SHA-256. CloudTrail's are as long; how it makes them is not told.
pub fn fingerprint(public_key: &[u8]) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, public_key);
    let half = hash.as_ref().iter().take(16);
    half.map(|byte| format!("{byte:02x}")).collect()
}

/// The key that signs now; the first call makes one, which takes a good part of a second.
///
/// # Errors
/// When the store does not answer or the library fails.
pub async fn trail_signer(world: &World) -> Result<TrailSigner, OperatorError> {
    let now_s = world.clock.now_ms().div_euclid(1_000);
    let held = operator::installation(world).await?;
    let valid = held
        .trail_keys
        .iter()
        .rev()
        .find(|key| key.valid_from_s <= now_s && now_s < key.valid_until_s);
    if let Some(key) = valid {
        return opened(key.private_key.expose());
    }
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| fault("none can be made"))?;
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(|_| fault("it has no form"))?;
    let private_key = Secret::new(der.as_ref());
    let signer = opened(private_key.expose())?;
    let asked = [("publicKeyFingerprint", signer.fingerprint.clone())];
    operator::commit(world, "CreateTrailKey", &asked, async || {
        let held = operator::installation(world).await?;
        let key = TrailKey {
            fingerprint: signer.fingerprint.clone(),
            public_key: signer.public_key.clone(),
            private_key: private_key.clone(),
            valid_from_s: now_s - limits::TRAIL_KEY_EARLY_S,
            valid_until_s: now_s + limits::TRAIL_KEY_LIFE_S,
        };
        let write = UnitWrite {
            unit: Unit::Installation,
            expects: held.revision,
            puts: vec![Record::TrailKey(key)],
            deletes: Vec::new(),
        };
        Ok((
            Some(held.management_account),
            vec![write],
            asked.to_vec(),
            (),
        ))
    })
    .await?;
    Ok(signer)
}

fn opened(pkcs8: &[u8]) -> Result<TrailSigner, OperatorError> {
    let pair = KeyPair::from_pkcs8(pkcs8).map_err(|_| fault("it cannot be read"))?;
    let public_key = pair.public_key().as_ref().to_vec();
    Ok(TrailSigner {
        fingerprint: fingerprint(&public_key),
        public_key,
        pair,
    })
}

fn fault(what: &str) -> OperatorError {
    OperatorError::Store(format!("the key of the trail's digests: {what}"))
}
