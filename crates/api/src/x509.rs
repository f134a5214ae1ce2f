//! Certificates and keys as users upload them: PEM and OpenSSH text, parsed to what is stored.

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, KeyPair as _,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_parser::certificate::X509Certificate;
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::{FromDer as _, Pem};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::limits;

/// The PEM blocks of a text that holds nothing else; `None` for anything else.
fn blocks(text: &str) -> Option<Vec<Pem>> {
    let mut rest = text.trim().as_bytes();
    let mut blocks = Vec::new();
    while !rest.is_empty() {
        // The parser would skip what stands before a block.
        if !rest.starts_with(b"-----BEGIN ") || blocks.len() >= limits::PEM_BLOCKS_MAX {
            return None;
        }
        let (after, block) = parse_x509_pem(rest).ok()?;
        rest = after.trim_ascii();
        blocks.push(block);
    }
    Some(blocks)
}

fn block(text: &str) -> Option<Pem> {
    let blocks = blocks(text)?;
    let count = blocks.len();
    blocks.into_iter().next().filter(|_| count == 1)
}

/// A certificate in DER, known to parse.
pub(crate) struct Certificate(Vec<u8>);

impl Certificate {
    /// The certificate of a PEM text that holds nothing else.
    pub(crate) fn parse(text: &str) -> Option<Certificate> {
        Certificate::of(block(text)?)
    }

    /// The certificates of a PEM text that holds nothing else, one at least.
    pub(crate) fn parse_chain(text: &str) -> Option<Vec<Certificate>> {
        let chain = blocks(text)?.into_iter().map(Certificate::of);
        let chain: Vec<Certificate> = chain.collect::<Option<_>>()?;
        (!chain.is_empty()).then_some(chain)
    }

    fn of(block: Pem) -> Option<Certificate> {
        let certificate = Certificate(block.contents);
        let whole = X509Certificate::from_der(&certificate.0).ok()?.0.is_empty();
        (block.label == "CERTIFICATE" && whole).then_some(certificate)
    }

    fn read(&self) -> Option<X509Certificate<'_>> {
        X509Certificate::from_der(&self.0)
            .ok()
            .map(|(_, read)| read)
    }

    /// The bytes it was made of.
    pub(crate) fn der(&self) -> &[u8] {
        &self.0
    }

    /// Unix seconds of the end of its validity.
    pub(crate) fn expires_s(&self) -> Option<i64> {
        Some(self.read()?.validity().not_after.timestamp())
    }

    /// Did `issuer` sign it, as its names say?
    pub(crate) fn is_issued_by(&self, issuer: &Certificate) -> bool {
        let (Some(held), Some(issuer)) = (self.read(), issuer.read()) else {
            return false;
        };
        held.issuer().as_raw() == issuer.subject().as_raw()
            && held.verify_signature(Some(issuer.public_key())).is_ok()
    }

    /// Is `key` (PEM) the private key of this certificate? `None` when it is no private key.
    pub(crate) fn matches(&self, key: &str) -> Option<bool> {
        let public = public_half(key)?;
        let held = self.read()?;
        Some(held.public_key().subject_public_key.data.as_ref() == public.as_slice())
    }
}

/// The public key of a private key in PEM, as a certificate holds it.
fn public_half(key: &str) -> Option<Vec<u8>> {
    let block = block(key)?;
    let der = zeroize::Zeroizing::new(block.contents);
    let rsa = |pair: Result<rsa::KeyPair, _>| Some(pair.ok()?.public_key().as_ref().to_vec());
    let curves = [
        &ECDSA_P256_SHA256_ASN1_SIGNING,
        &ECDSA_P384_SHA384_ASN1_SIGNING,
        &ECDSA_P521_SHA512_ASN1_SIGNING,
    ];
    let mut curves = curves.into_iter();
    match block.label.as_str() {
        "RSA PRIVATE KEY" => rsa(rsa::KeyPair::from_der(&der)),
        "EC PRIVATE KEY" => curves.find_map(|curve| {
            let pair = EcdsaKeyPair::from_private_key_der(curve, &der).ok()?;
            Some(pair.public_key().as_ref().to_vec())
        }),
        "PRIVATE KEY" => rsa(rsa::KeyPair::from_pkcs8(&der)).or_else(|| {
            curves.find_map(|curve| {
                let pair = EcdsaKeyPair::from_pkcs8(curve, &der).ok()?;
                Some(pair.public_key().as_ref().to_vec())
            })
        }),
        _ => None,
    }
}

/// Why a public key is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PublicKeyFault {
    /// Neither OpenSSH text nor PEM.
    Encoding,
    /// No RSA key, a short one, or a broken one.
    Key,
}

/// How OpenSSH names an RSA key.
const SSH_RSA: &str = "ssh-rsa";

/// The RSA key of an OpenSSH or PEM text, as the DER of its SubjectPublicKeyInfo.
pub(crate) fn public_key(text: &str) -> Result<Vec<u8>, PublicKeyFault> {
    let text = text.trim();
    let spki = if text.starts_with("-----BEGIN ") {
        let block = block(text).ok_or(PublicKeyFault::Key)?;
        match block.label.as_str() {
            "PUBLIC KEY" => block.contents,
            "RSA PUBLIC KEY" => wrapped(&block.contents).ok_or(PublicKeyFault::Key)?,
            _ => return Err(PublicKeyFault::Encoding),
        }
    } else {
        let mut words = text.split_ascii_whitespace();
        let (kind, blob) = (words.next(), words.next());
        match (kind, blob) {
            (Some(SSH_RSA), Some(blob)) => from_ssh(blob).ok_or(PublicKeyFault::Key)?,
            (Some(kind), Some(_)) if kind.starts_with("ssh-") || kind.starts_with("ecdsa-") => {
                return Err(PublicKeyFault::Key);
            }
            _ => return Err(PublicKeyFault::Encoding),
        }
    };
    // Re-encoded, so that one key has one form.
    let (modulus, exponent) = parts(&spki).ok_or(PublicKeyFault::Key)?;
    encoded(&modulus, &exponent).ok_or(PublicKeyFault::Key)
}

/// Modulus and exponent without leading zeros.
fn parts(spki: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (rest, read) = SubjectPublicKeyInfo::from_der(spki).ok()?;
    if !rest.is_empty() {
        return None;
    }
    match read.parsed().ok()? {
        PublicKey::RSA(key) => Some((stripped(key.modulus), stripped(key.exponent))),
        _ => None,
    }
}

fn stripped(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.iter().skip(zeros).copied().collect()
}

/// The SubjectPublicKeyInfo of an RSA key, if it is long enough. The library checks modulus and exponent.
fn encoded(modulus: &[u8], exponent: &[u8]) -> Option<Vec<u8>> {
    let bits = modulus.len() * 8 - modulus.first()?.leading_zeros() as usize;
    if !(limits::SSH_KEY_BITS_MIN..=limits::SSH_KEY_BITS_MAX).contains(&bits) {
        return None;
    }
    let key = rsa::PublicKeyComponents {
        n: modulus,
        e: exponent,
    };
    let der: PublicKeyX509Der<'_> = key.as_der().ok()?;
    rsa::PublicKey::from_der(der.as_ref()).ok()?;
    Some(der.as_ref().to_vec())
}

/// The SubjectPublicKeyInfo around a PKCS #1 key.
fn wrapped(pkcs1: &[u8]) -> Option<Vec<u8>> {
    let (rest, key) = x509_parser::public_key::RSAPublicKey::from_der(pkcs1).ok()?;
    if !rest.is_empty() {
        return None;
    }
    encoded(&stripped(key.modulus), &stripped(key.exponent))
}

/// RFC 4253, 6.6: the name, the exponent, the modulus, each with its length before it.
fn from_ssh(blob: &str) -> Option<Vec<u8>> {
    fn field<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (field, after) = after.split_at_checked(length)?;
        *rest = after;
        Some(field)
    }
    let bytes = STANDARD.decode(blob).ok()?;
    let mut rest = bytes.as_slice();
    let (name, exponent, modulus) = (field(&mut rest)?, field(&mut rest)?, field(&mut rest)?);
    if name != SSH_RSA.as_bytes() || !rest.is_empty() {
        return None;
    }
    encoded(&stripped(modulus), &stripped(exponent))
}

/// The key as OpenSSH sends it.
fn ssh_blob(spki: &[u8]) -> Option<Vec<u8>> {
    let (modulus, exponent) = parts(spki)?;
    let mut blob = Vec::with_capacity(modulus.len() + exponent.len() + 24);
    let mut field = |bytes: &[u8], number: bool| {
        // A number whose first bit is set would be negative.
        let zero = number && bytes.first().is_some_and(|first| first & 0x80 != 0);
        let length = u32::try_from(bytes.len() + usize::from(zero)).unwrap_or(u32::MAX);
        blob.extend_from_slice(&length.to_be_bytes());
        blob.extend(zero.then_some(0));
        blob.extend_from_slice(bytes);
    };
    field(SSH_RSA.as_bytes(), false);
    field(&exponent, true);
    field(&modulus, true);
    Some(blob)
}

/// `ssh-rsa AAAA…`.
pub(crate) fn ssh_text(spki: &[u8]) -> Option<String> {
    Some(format!("{SSH_RSA} {}", STANDARD.encode(ssh_blob(spki)?)))
}

/// The MD5 fingerprint, as `ssh-keygen -E md5` shows it: an identifier, no proof of anything.
pub(crate) fn fingerprint(spki: &[u8]) -> Option<String> {
    let digest = md5::compute(ssh_blob(spki)?);
    let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(pairs.join(":"))
}

/// PEM of a SubjectPublicKeyInfo.
pub(crate) fn pem_text(spki: &[u8]) -> String {
    let text = STANDARD.encode(spki);
    let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
    for (index, character) in text.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem.push_str("\n-----END PUBLIC KEY-----\n");
    pem
}
