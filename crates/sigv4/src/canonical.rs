//! The canonical request and the string-to-sign, streamed into a hash or written out as text.

use aws_lc_rs::digest::{Context, SHA256, digest};

use crate::claim::{Claim, names};
use crate::encode;
use crate::error::{AuthError, Mismatch};
use crate::limits::CANONICAL_INLINE;
use crate::request::{RequestView, header_is};
use crate::{path, query};

/// The only algorithm.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// What S3 clients put in place of the payload's hash.
pub(crate) const UNSIGNED_PAYLOAD: &[u8] = b"UNSIGNED-PAYLOAD";
/// SHA-256 of nothing.
const EMPTY_SHA256: &[u8; 64] = b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// How the path of a request becomes the canonical URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathRule {
    /// Every service but S3: dot segments removed, runs of slashes collapsed, the wire path encoded
    /// once more.
    Normalised,
    /// S3: nothing removed, encoded once.
    AsSent,
}

impl PathRule {
    /// The rule of the service named in the scope.
    pub fn of_service(service: &str) -> PathRule {
        match service {
            "s3" | "s3-express" | "s3express" | "s3-outposts" | "s3-object-lambda" => {
                PathRule::AsSent
            }
            _ => PathRule::Normalised,
        }
    }
}

/// Where canonical bytes go.
pub(crate) trait Sink {
    fn put(&mut self, bytes: &[u8]);

    /// One byte, which most sinks take more cheaply than a slice.
    fn byte(&mut self, byte: u8) {
        self.put(&[byte]);
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Hashes what it is given. Short input stays on the stack and is hashed in one go, which is cheaper
/// than many small updates; longer input is streamed.
pub(crate) struct Hashing {
    buffer: [u8; CANONICAL_INLINE],
    used: usize,
    context: Option<Context>,
}

impl Hashing {
    pub(crate) fn new() -> Hashing {
        Hashing {
            buffer: [0; CANONICAL_INLINE],
            used: 0,
            context: None,
        }
    }

    fn flush(&mut self) -> &mut Context {
        let context = self.context.get_or_insert_with(|| Context::new(&SHA256));
        context.update(self.buffer.get(..self.used).unwrap_or_default());
        self.used = 0;
        context
    }

    pub(crate) fn finish(mut self) -> [u8; 32] {
        if self.context.is_none() {
            return sha256(self.buffer.get(..self.used).unwrap_or_default());
        }
        self.flush();
        self.context
            .map_or([0; 32], |context| array(context.finish().as_ref()))
    }
}

impl Sink for Hashing {
    fn put(&mut self, bytes: &[u8]) {
        let end = self.used + bytes.len();
        if let Some(room) = self.buffer.get_mut(self.used..end) {
            room.copy_from_slice(bytes);
            self.used = end;
        } else if bytes.len() < CANONICAL_INLINE {
            self.flush();
            self.put(bytes);
        } else {
            self.flush().update(bytes);
        }
    }

    fn byte(&mut self, byte: u8) {
        match self.buffer.get_mut(self.used) {
            Some(slot) => {
                *slot = byte;
                self.used += 1;
            }
            None => self.put(&[byte]),
        }
    }
}

/// A string-to-sign on the stack: scope parts are bounded, so it always fits.
pub(crate) struct Text {
    bytes: [u8; 384],
    used: usize,
}

impl Text {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or_default()
    }
}

impl Sink for Text {
    fn put(&mut self, bytes: &[u8]) {
        let end = self.used + bytes.len();
        if let Some(room) = self.bytes.get_mut(self.used..end) {
            room.copy_from_slice(bytes);
            self.used = end;
        }
    }
}

fn array(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    out
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    array(digest(&SHA256, bytes).as_ref())
}

/// SHA-256 of a body in lower-case hexadecimal digits.
pub(crate) fn body_hash(body: &[u8]) -> [u8; 64] {
    if body.is_empty() {
        *EMPTY_SHA256
    } else {
        encode::hex(&sha256(body))
    }
}

/// SHA-256 of a body in lower-case hexadecimal digits: the last line of a canonical request.
pub fn payload_hash(body: &[u8]) -> String {
    String::from_utf8_lossy(&body_hash(body)).into_owned()
}

/// Whether secrets in the canonical text are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tokens {
    Kept,
    Hidden,
}

const TOKEN: &str = "x-amz-security-token";

/// Writes the canonical request. `signed` is the list of signed headers, lower case and sorted.
/// Answers how many of them the request does not have.
pub(crate) fn write(
    request: &RequestView<'_>,
    signed: &str,
    payload: &[u8],
    rule: PathRule,
    tokens: Tokens,
    sink: &mut impl Sink,
) -> usize {
    let mut absent = 0;
    sink.put(request.method.as_bytes());
    sink.byte(b'\n');
    path::write(request.path, rule, sink);
    sink.byte(b'\n');
    query::write(
        request.query,
        (tokens == Tokens::Hidden).then_some("X-Amz-Security-Token"),
        sink,
    );
    sink.byte(b'\n');
    for name in names(signed) {
        sink.put(name.as_bytes());
        sink.byte(b':');
        if tokens == Tokens::Hidden && name == TOKEN {
            sink.put(b"***");
        } else if write_values(request, name, sink) == 0 {
            absent += 1;
        }
        sink.byte(b'\n');
    }
    sink.byte(b'\n');
    sink.put(signed.as_bytes());
    sink.byte(b'\n');
    sink.put(payload);
    absent
}

/// All values of header `name`, in the order received, joined with commas; answers how many.
fn write_values(request: &RequestView<'_>, name: &str, sink: &mut impl Sink) -> usize {
    let mut count = 0;
    for header in request.headers {
        if header_is(header.name, name) {
            if count > 0 {
                sink.byte(b',');
            }
            count += 1;
            write_value(header.value, sink);
        }
    }
    count
}

/// One value: trimmed, and every inner run of white space (folded lines too) one space.
fn write_value(value: &[u8], sink: &mut impl Sink) {
    // A fold over all bytes, not `any`: the compiler makes vector code of it.
    if !value
        .iter()
        .fold(false, |found, &byte| found | (byte <= b' '))
    {
        return sink.put(value);
    }
    let mut words = value
        .split(|&byte| is_space(byte))
        .filter(|word| !word.is_empty());
    if let Some(word) = words.next() {
        sink.put(word);
    }
    for word in words {
        sink.byte(b' ');
        sink.put(word);
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// The canonical request as text, for tests, tools and error messages.
///
/// `signed_headers` is lower case, sorted, separated by `;`. `payload_hash` is its last line. A query
/// parameter `X-Amz-Signature` is left out.
pub fn canonical_request(
    request: &RequestView<'_>,
    signed_headers: &str,
    payload_hash: &str,
    rule: PathRule,
) -> String {
    let mut out = Vec::with_capacity(512);
    write(
        request,
        signed_headers,
        payload_hash.as_bytes(),
        rule,
        Tokens::Kept,
        &mut out,
    );
    String::from_utf8_lossy(&out).into_owned()
}

/// The string-to-sign of a canonical request. `timestamp` is `YYYYMMDDTHHMMSSZ`, `scope` is
/// `YYYYMMDD/region/service/aws4_request`.
pub fn string_to_sign(canonical_request: &str, timestamp: &str, scope: &str) -> String {
    text_of_hash(&sha256(canonical_request.as_bytes()), timestamp, scope)
}

pub(crate) fn text_of_hash(canonical_hash: &[u8; 32], timestamp: &str, scope: &str) -> String {
    let hash = encode::hex(canonical_hash);
    format!(
        "{ALGORITHM}\n{timestamp}\n{scope}\n{}",
        String::from_utf8_lossy(&hash)
    )
}

/// The string-to-sign of `claim` for a canonical request with this hash.
pub(crate) fn claim_text(claim: &Claim<'_>, canonical_hash: &[u8; 32]) -> Text {
    let mut text = Text {
        bytes: [0; 384],
        used: 0,
    };
    text.put(b"AWS4-HMAC-SHA256\n");
    text.put(claim.stamp.text().as_bytes());
    text.put(b"\n");
    for part in [&claim.date, &claim.region, &claim.service] {
        text.put(part.as_bytes());
        text.put(b"/");
    }
    text.put(b"aws4_request\n");
    text.put(&encode::hex(canonical_hash));
    text
}

/// The refusal of step 15, with the texts that would have been right.
pub(crate) fn mismatch(
    request: &RequestView<'_>,
    claim: &Claim<'_>,
    payload: &[u8],
    canonical_hash: &[u8; 32],
) -> AuthError {
    let mut shown = Vec::with_capacity(512);
    let rule = claim.path_rule();
    write(
        request,
        &claim.signed_headers,
        payload,
        rule,
        Tokens::Hidden,
        &mut shown,
    );
    let text = claim_text(claim, canonical_hash);
    AuthError::SignatureDoesNotMatch(Box::new(Mismatch {
        canonical_request: String::from_utf8_lossy(&shown).into_owned(),
        string_to_sign: String::from_utf8_lossy(text.as_bytes()).into_owned(),
    }))
}
