//! Values of one type: their canonical text, numbers, truth values, bytes.

use std::cmp::Ordering;

use locum_policy::Value;

use super::date;

/// The text that operators of another family see.
pub(crate) fn canonical(value: Value<'_>) -> String {
    match value {
        Value::Str(text) => text.to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Date(seconds) => date::text(seconds),
        Value::Ip(address) => address.to_canonical().to_string(),
    }
}

/// A decimal number: its sign and its digits without those that do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Number {
    negative: bool,
    whole: String,
    fraction: String,
}

/// Longer numbers are not read.
const NUMBER_CHARACTERS_MAX: usize = 64;

/// Integer or decimal. Exponents, hexadecimal, spaces and words are no numbers.
pub(crate) fn number(text: &str) -> Option<Number> {
    if text.len() > NUMBER_CHARACTERS_MAX {
        return None;
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return None,
        None => (digits, ""),
    };
    let digits_only = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits_only(whole) || !digits_only(fraction) {
        return None;
    }
    let whole = whole.trim_start_matches('0').to_owned();
    let fraction = fraction.trim_end_matches('0').to_owned();
    let zero = whole.is_empty() && fraction.is_empty();
    Some(Number {
        negative: negative && !zero,
        whole,
        fraction,
    })
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        let size = |n: &Number| (n.whole.len(), n.whole.clone(), n.fraction.clone());
        match (self.negative, other.negative) {
            (false, false) => size(self).cmp(&size(other)),
            (true, true) => size(other).cmp(&size(self)),
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// `true` or `false` in any case.
pub(crate) fn truth_value(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 with padding; only the one spelling that an encoder gives.
pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
    let body = text.trim_end_matches('=');
    let mut bits: Vec<bool> = Vec::new();
    for byte in body.bytes() {
        let index = ALPHABET.iter().position(|letter| *letter == byte)?;
        bits.extend((0..6).rev().map(|bit| index >> bit & 1 == 1));
    }
    let bytes: Vec<u8> = bits
        .chunks_exact(8)
        .map(|eight| eight.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit)))
        .collect();
    (encoded(&bytes) == text).then_some(bytes)
}

fn encoded(bytes: &[u8]) -> String {
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let byte = |index: usize| u32::from(three.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for letter in 0..4_usize {
            if letter <= three.len() {
                let index = bits >> (18 - 6 * letter) & 63;
                out.push(char::from(ALPHABET[index as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}
