//! The key ring that seals and opens session tokens: one key per epoch; rotate, retire, revoke.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use locum_store::{Installation, KeyState, Revision, Secret, SessionKeyEpoch};

use super::claims::Claims;
use crate::limits;
use crate::world::Random;

/// The first byte of every token; another value is another format.
const VERSION: u8 = 1;
pub(super) const NONCE_BYTES: usize = 12;
pub(super) const TAG_BYTES: usize = 16;
/// Version, epoch, nonce.
pub(super) const HEADER_BYTES: usize = 1 + 4 + NONCE_BYTES;
/// Separates this use of an epoch's secret from every other.
const KEY_LABEL: &[u8] = b"locum session token v1";
const MESSAGE_KEY_LABEL: &[u8] = b"locum sealed message v1";

/// Why a token does not open. The caller is told one thing only: it is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not base 64, too short, too long, or of another format.
    #[error("the token is not one of ours")]
    Malformed,
    /// The epoch is not in the ring: another cluster, or a key long gone.
    #[error("the token's key epoch {0} is unknown")]
    UnknownEpoch(u32),
    /// The operator revoked the epoch.
    #[error("the token's key epoch {0} is revoked")]
    RevokedEpoch(u32),
    /// The seal is broken.
    #[error("the token is not intact")]
    Tampered,
}

/// Why a session cannot be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SealError {
    /// The token would be longer than a token may be; the figure is in characters.
    #[error("the session token would be {0} characters long")]
    TooLarge(usize),
    /// The ring has no active key.
    #[error("the session key ring has no active key")]
    NoActiveKey,
}

pub(super) struct Epoch {
    pub(super) number: u32,
    state: KeyState,
    key: LessSafeKey,
    /// For messages that come back, which are no sessions.
    pub(super) message_key: LessSafeKey,
}

/// The ring of one installation revision, keys expanded.
pub(crate) struct Ring {
    revision: Revision,
    cluster_id: String,
    epochs: Vec<Epoch>,
}

/// A sealed session.
pub(crate) struct Sealed {
    /// The token as the client gets it.
    pub(crate) token: String,
}

impl Ring {
    /// A ring of `epochs`, as the installation `revision` holds them.
    pub(crate) fn new(revision: Revision, cluster_id: &str, epochs: &[SessionKeyEpoch]) -> Ring {
        let epochs = epochs.iter().filter_map(|epoch| {
            let root = hmac::Key::new(hmac::HMAC_SHA256, epoch.secret.expose());
            let derived = |label: &[u8]| {
                let derived = hmac::sign(&root, label);
                let unbound = UnboundKey::new(&AES_256_GCM, derived.as_ref());
                unbound.ok().map(LessSafeKey::new)
            };
            Some(Epoch {
                number: epoch.epoch,
                state: epoch.state,
                key: derived(KEY_LABEL)?,
                message_key: derived(MESSAGE_KEY_LABEL)?,
            })
        });
        Ring {
            revision,
            cluster_id: cluster_id.to_owned(),
            epochs: epochs.collect(),
        }
    }

    pub(super) fn cluster_id(&self) -> &str {
        &self.cluster_id
    }

    /// The epoch that seals: the newest active one.
    pub(super) fn active(&self) -> Option<&Epoch> {
        let active = self.epochs.iter();
        let active = active.filter(|epoch| epoch.state == KeyState::Active);
        active.max_by_key(|epoch| epoch.number)
    }

    /// An epoch whose seals still count.
    pub(super) fn live(&self, number: u32) -> Result<&Epoch, OpenError> {
        let mut epochs = self.epochs.iter();
        let found = epochs.find(|epoch| epoch.number == number);
        let found = found.ok_or(OpenError::UnknownEpoch(number))?;
        match found.state {
            KeyState::Revoked => Err(OpenError::RevokedEpoch(number)),
            _ => Ok(found),
        }
    }

    fn associated_data(&self, epoch: u32) -> Vec<u8> {
        let mut data = Vec::with_capacity(64);
        data.push(VERSION);
        data.extend_from_slice(&epoch.to_be_bytes());
        data.extend_from_slice(self.cluster_id.as_bytes());
        data
    }

    /// Seals `claims` under the newest active key, padded to at least `size_min` characters.
    pub(crate) fn seal(
        &self,
        claims: &Claims,
        size_min: usize,
        random: &dyn Random,
    ) -> Result<Sealed, SealError> {
        let epoch = self.active().ok_or(SealError::NoActiveKey)?;
        let mut body = claims.to_bytes();
        let bytes_min = size_min.min(limits::SESSION_TOKEN_SIZE_MAX).div_ceil(4) * 3;
        let padded = bytes_min
            .saturating_sub(HEADER_BYTES + TAG_BYTES)
            .max(body.len());
        body.resize(padded, 0);
        let size = (HEADER_BYTES + body.len() + TAG_BYTES).div_ceil(3) * 4;
        if size > limits::SESSION_TOKEN_SIZE_MAX {
            return Err(SealError::TooLarge(size));
        }
        let mut nonce = [0u8; NONCE_BYTES];
        random.fill(&mut nonce);
        let mut token = Vec::with_capacity(HEADER_BYTES + body.len() + TAG_BYTES);
        token.push(VERSION);
        token.extend_from_slice(&epoch.number.to_be_bytes());
        token.extend_from_slice(&nonce);
        let tag = epoch
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(self.associated_data(epoch.number)),
                &mut body,
            )
            .map_err(|_| SealError::NoActiveKey)?;
        token.extend_from_slice(&body);
        token.extend_from_slice(tag.as_ref());
        Ok(Sealed {
            token: STANDARD.encode(&token),
        })
    }

    /// Opens a token: intact, of this installation, of an epoch that still counts.
    pub(crate) fn open(&self, token: &str) -> Result<Claims, OpenError> {
        if token.len() > limits::SESSION_TOKEN_SIZE_MAX {
            return Err(OpenError::Malformed);
        }
        let bytes = STANDARD.decode(token).map_err(|_| OpenError::Malformed)?;
        let (header, sealed) = bytes
            .split_at_checked(HEADER_BYTES)
            .ok_or(OpenError::Malformed)?;
        let [VERSION, e0, e1, e2, e3, nonce @ ..] = header else {
            return Err(OpenError::Malformed);
        };
        let number = u32::from_be_bytes([*e0, *e1, *e2, *e3]);
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| OpenError::Malformed)?;
        let epoch = self.live(number)?;
        let mut buffer = zeroize::Zeroizing::new(sealed.to_vec());
        let plain = epoch
            .key
            .open_in_place(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(self.associated_data(number)),
                &mut buffer,
            )
            .map_err(|_| OpenError::Tampered)?;
        Claims::from_bytes(plain).ok_or(OpenError::Malformed)
    }
}

/// The ring of the installation revision last seen; rebuilt when the revision moves.
#[derive(Default)]
pub(crate) struct RingCache(ArcSwapOption<Ring>);

impl RingCache {
    /// The ring of `installation`.
    pub(crate) fn of(&self, installation: &Installation) -> Arc<Ring> {
        if let Some(ring) = self.0.load_full()
            && ring.revision == installation.revision
        {
            return ring;
        }
        let ring = Arc::new(Ring::new(
            installation.revision,
            &installation.cluster_id,
            &installation.keys,
        ));
        self.0.store(Some(ring.clone()));
        ring
    }
}

/// A fresh key of the session ring.
pub(crate) fn new_epoch(epoch: u32, now_s: i64, random: &dyn Random) -> SessionKeyEpoch {
    let mut bytes = zeroize::Zeroizing::new([0u8; 32]);
    random.fill(bytes.as_mut_slice());
    SessionKeyEpoch {
        epoch,
        secret: Secret::new(bytes.as_slice()),
        state: KeyState::Active,
        created_s: now_s,
    }
}
