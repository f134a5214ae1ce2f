//! A small generator of pseudo-random numbers (splitmix64): fast, and the same everywhere.

/// The state, and bytes that are taken first.
#[derive(Debug, Clone)]
pub(crate) struct Random {
    state: u64,
    tape: Vec<u8>,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random {
            state: seed,
            tape: Vec::new(),
        }
    }

    /// Choices made of bytes, two for each; after the last as of the seed 0.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Random {
        Random {
            state: 0,
            tape: bytes.iter().rev().copied().collect(),
        }
    }

    pub(crate) fn next(&mut self) -> u64 {
        if let Some(first) = self.tape.pop() {
            let second = self.tape.pop().unwrap_or(0);
            return u64::from(first) << 8 | u64::from(second);
        }
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or(0)
    }

    /// True so many times out of a hundred.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'t, T>(&mut self, items: &'t [T]) -> &'t T {
        &items[self.below(items.len())]
    }

    /// One of the choices, each as often as its weight says.
    pub(crate) fn weighted<T: Copy>(&mut self, choices: &[(usize, T)]) -> T {
        let total: usize = choices.iter().map(|(weight, _)| weight).sum();
        let mut left = self.below(total);
        for (weight, choice) in choices {
            if left < *weight {
                return *choice;
            }
            left -= weight;
        }
        choices[0].1
    }
}
