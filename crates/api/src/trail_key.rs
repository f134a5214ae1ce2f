//! The keys that sign the trail's digests: kept in the installation, their private halves sealed.

use locum_store::{Record, Secret, TrailKey, Unit, UnitWrite};

use crate::limits;
use crate::operator::{self, Actor, OperatorError};
use crate::world::World;

/// The name of a public key (PKCS #1 DER): half of its SHA-256 in 32 hexadecimal digits. CloudTrail's
/// are as long; how it makes them is not told.
pub fn fingerprint(public_key: &[u8]) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, public_key);
    let half = hash.as_ref().iter().take(16);
    half.map(|byte| format!("{byte:02x}")).collect()
}

/// The key that signs now, if there is one.
///
/// # Errors
/// When the store does not answer.
pub async fn trail_key(world: &World) -> Result<Option<TrailKey>, OperatorError> {
    let now_s = world.clock.now_ms().div_euclid(1_000);
    let held = operator::installation(world).await?;
    let mut keys = held.trail_keys.iter().rev();
    let valid = keys.find(|key| key.valid_from_s <= now_s && now_s < key.valid_until_s);
    Ok(valid.cloned())
}

/// The public keys (PKCS #1 DER) of all keys that ever signed.
///
/// # Errors
/// When the store does not answer.
pub async fn trail_public_keys(world: &World) -> Result<Vec<Vec<u8>>, OperatorError> {
    let held = operator::installation(world).await?;
    let keys = held.trail_keys.iter();
    Ok(keys.map(|key| key.public_key.clone()).collect())
}

/// Keeps a new key (PKCS #1 and PKCS #8 DER), which signs from now on.
///
/// # Errors
/// When the store does not answer.
pub async fn add_trail_key(
    world: &World,
    public_key: &[u8],
    private_key: &Secret,
) -> Result<(), OperatorError> {
    let now_s = world.clock.now_ms().div_euclid(1_000);
    let fingerprint = fingerprint(public_key);
    let asked = [("publicKeyFingerprint", fingerprint.clone())];
    operator::commit(world, Actor::Server, "CreateTrailKey", &asked, async || {
        let held = operator::installation(world).await?;
        let key = TrailKey {
            fingerprint: fingerprint.clone(),
            public_key: public_key.to_vec(),
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
    .await
}
