//! Time-based one-time codes (RFC 6238) as AWS's virtual MFA devices show them: SHA-1, six digits, 30 seconds.

use std::ops::RangeInclusive;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;

/// Digits of a code.
const DIGITS: usize = 6;
/// Seconds that a code is shown.
const STEP_S: i64 = 30;

/// The time step of a moment.
pub(crate) fn step_at(now_s: i64) -> i64 {
    now_s.div_euclid(STEP_S)
}

/// The code of a time step.
pub(crate) fn code(key: &hmac::Key, step: i64) -> [u8; DIGITS] {
    let digest = hmac::sign(key, &step.to_be_bytes());
    let bytes = digest.as_ref();
    // RFC 4226, 5.3: the last four bits say where four bytes are taken from.
    let at = usize::from(bytes.last().copied().unwrap_or_default() & 15);
    let picked = bytes.iter().skip(at).take(4);
    let mut number =
        picked.fold(0u32, |number, byte| (number << 8) | u32::from(*byte)) & 0x7fff_ffff;
    let mut text = [b'0'; DIGITS];
    for digit in text.iter_mut().rev() {
        // A remainder by ten fits a byte.
        *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
    text
}

/// The key that codes are made with.
pub(crate) fn key(seed: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, seed)
}

/// The latest of `steps` at which the codes `shown` come one after the other, as its last one's step.
/// Looks at every step, so that the time taken does not tell which one it was.
pub(crate) fn find(seed: &[u8], shown: &[&str], steps: RangeInclusive<i64>) -> Option<i64> {
    let key = key(seed);
    let matches = |first: i64| {
        (first..).zip(shown).fold(true, |all, (step, shown)| {
            let same = verify_slices_are_equal(&code(&key, step), shown.as_bytes()).is_ok();
            all & same
        })
    };
    let length = i64::try_from(shown.len()).unwrap_or(i64::MAX);
    let found = steps.fold(
        None,
        |found, step| if matches(step) { Some(step) } else { found },
    );
    found.map(|first| first + length - 1)
}

#[cfg(test)]
mod tests;
