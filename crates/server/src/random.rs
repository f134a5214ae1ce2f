//! Randomness and time of the real world: the operating system's generator, pooled per thread, and its clock.

use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

use locum_api::{Clock, Random};
use zeroize::Zeroize;

use crate::limits::RANDOM_POOL_BYTES;

/// The operating system's random bytes, drawn a pool at a time because a system call costs more than
/// the bytes. Each byte is given out once and wiped from the pool.
#[derive(Debug, Clone, Copy, Default)]
pub struct PooledRandom;

struct Pool {
    bytes: [u8; RANDOM_POOL_BYTES],
    used: usize,
}

thread_local! {
    static POOL: RefCell<Pool> =
        const { RefCell::new(Pool { bytes: [0; RANDOM_POOL_BYTES], used: RANDOM_POOL_BYTES }) };
}

impl PooledRandom {
    /// Fills `out` with bytes fit for keys.
    pub(crate) fn draw(self, out: &mut [u8]) {
        if out.len() > RANDOM_POOL_BYTES / 4 {
            return from_system(out);
        }
        POOL.with_borrow_mut(|pool| {
            if pool.bytes.len() - pool.used < out.len() {
                from_system(&mut pool.bytes);
                pool.used = 0;
            }
            let end = pool.used + out.len();
            if let Some(fresh) = pool.bytes.get_mut(pool.used..end) {
                out.copy_from_slice(fresh);
                fresh.zeroize();
            }
            pool.used = end;
        });
    }

    /// A random (version 4) UUID.
    pub(crate) fn uuid(self) -> String {
        let mut bytes = [0u8; 16];
        self.draw(&mut bytes);
        let number = u128::from_be_bytes(bytes) & !(0xf << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62;
        let hex = format!("{number:032x}");
        let mut text = String::with_capacity(36);
        for (index, digit) in hex.chars().enumerate() {
            if matches!(index, 8 | 12 | 16 | 20) {
                text.push('-');
            }
            text.push(digit);
        }
        text
    }
}

fn from_system(out: &mut [u8]) {
    if getrandom::fill(out).is_err() {
        // Without randomness every key would be guessable; there is nothing safe left to do.
        tracing::error!(
            alarm = "no_randomness",
            "the operating system gives no random bytes"
        );
        std::process::abort();
    }
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
        }
    }
}

impl Random for PooledRandom {
    fn fill(&self, out: &mut [u8]) {
        self.draw(out);
    }
}
