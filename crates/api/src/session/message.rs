//! Messages that leave sealed and come back: of one length, opened by this installation alone.

use std::io::{Read, Write};

use aws_lc_rs::aead::{Aad, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::ring::{HEADER_BYTES, NONCE_BYTES, OpenError, Ring, SealError, TAG_BYTES};
use crate::limits;
use crate::world::Random;

/// The first byte of every message; another value is another format.
const VERSION: u8 = 1;
/// Bytes of the length of what is packed.
const LENGTH_BYTES: usize = 2;
/// Bytes that are sealed, padding included.
const BODY_BYTES: usize = limits::AUTHORIZATION_MESSAGE_SIZE / 4 * 3 - HEADER_BYTES - TAG_BYTES;

/// What a message is for; one cannot be taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The encoded authorization message of a refused call.
    Authorization,
    /// The part of a trail record that is not for the account of the record.
    Trail,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Purpose::Authorization => b"authorization",
            Purpose::Trail => b"trail",
        }
    }
}

impl Ring {
    fn message_data(&self, purpose: Purpose, epoch: u32) -> Vec<u8> {
        let mut data = Vec::with_capacity(96);
        data.push(VERSION);
        data.extend_from_slice(&epoch.to_be_bytes());
        data.extend_from_slice(purpose.label());
        data.push(0);
        data.extend_from_slice(self.cluster_id().as_bytes());
        data
    }

    /// Seals the longest of the texts that `body` gives for the levels 0, 1, … that fits. The result
    /// always has [`limits::AUTHORIZATION_MESSAGE_SIZE`] characters.
    ///
    /// # Errors
    /// No text fits, or the ring has no active key.
    pub(crate) fn seal_message(
        &self,
        purpose: Purpose,
        body: &dyn Fn(usize) -> Option<String>,
        random: &dyn Random,
    ) -> Result<String, SealError> {
        let epoch = self.active().ok_or(SealError::NoActiveKey)?;
        let mut levels = (0..).map_while(body).take(limits::MESSAGE_LEVELS_MAX);
        let packed = levels.find_map(|text| pack(&text));
        let mut packed = packed.ok_or(SealError::TooLarge(BODY_BYTES))?;
        let mut nonce = [0; NONCE_BYTES];
        random.fill(&mut nonce);
        let mut message = Vec::with_capacity(HEADER_BYTES + BODY_BYTES + TAG_BYTES);
        message.push(VERSION);
        message.extend_from_slice(&epoch.number.to_be_bytes());
        message.extend_from_slice(&nonce);
        let tag = epoch
            .message_key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(self.message_data(purpose, epoch.number)),
                &mut packed,
            )
            .map_err(|_| SealError::NoActiveKey)?;
        message.extend_from_slice(&packed);
        message.extend_from_slice(tag.as_ref());
        Ok(URL_SAFE_NO_PAD.encode(&message))
    }

    /// Opens a message.
    ///
    /// # Errors
    /// See [`OpenError`]; callers of the API are told one thing only.
    pub(crate) fn open_message(
        &self,
        purpose: Purpose,
        message: &str,
    ) -> Result<String, OpenError> {
        if message.len() != limits::AUTHORIZATION_MESSAGE_SIZE {
            return Err(OpenError::Malformed);
        }
        let bytes = URL_SAFE_NO_PAD
            .decode(message)
            .map_err(|_| OpenError::Malformed)?;
        let (header, sealed) = bytes
            .split_at_checked(HEADER_BYTES)
            .ok_or(OpenError::Malformed)?;
        let [VERSION, e0, e1, e2, e3, nonce @ ..] = header else {
            return Err(OpenError::Malformed);
        };
        let epoch = self.live(u32::from_be_bytes([*e0, *e1, *e2, *e3]))?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| OpenError::Malformed)?;
        let mut buffer = sealed.to_vec();
        let plain = epoch
            .message_key
            .open_in_place(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(self.message_data(purpose, epoch.number)),
                &mut buffer,
            )
            .map_err(|_| OpenError::Tampered)?;
        unpack(plain).ok_or(OpenError::Malformed)
    }
}

/// Length, packed text, zeros; none when it is too long.
fn pack(text: &str) -> Option<Vec<u8>> {
    if text.len() > limits::MESSAGE_TEXT_BYTES_MAX {
        return None;
    }
    let mut encoder = DeflateEncoder::new(vec![0; LENGTH_BYTES], Compression::default());
    encoder.write_all(text.as_bytes()).ok()?;
    let mut packed = encoder.finish().ok()?;
    if packed.len() > BODY_BYTES {
        return None;
    }
    let length = u16::try_from(packed.len() - LENGTH_BYTES).ok()?;
    packed
        .get_mut(..LENGTH_BYTES)?
        .copy_from_slice(&length.to_be_bytes());
    packed.resize(BODY_BYTES, 0);
    Some(packed)
}

fn unpack(body: &[u8]) -> Option<String> {
    let (length, rest) = body.split_first_chunk::<LENGTH_BYTES>()?;
    let packed = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
    let mut text = String::new();
    let most = u64::try_from(limits::MESSAGE_TEXT_BYTES_MAX).ok()?;
    DeflateDecoder::new(packed)
        .take(most)
        .read_to_string(&mut text)
        .ok()?;
    Some(text)
}
