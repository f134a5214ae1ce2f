//! Sets of truth values: what a condition is allowed to be, and what it can be.

use crate::truth::Truth;

/// Some of No, Unknown and Yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Truths(u8);

impl Truths {
    pub(super) const NONE: Truths = Truths(0);
    pub(super) const NO: Truths = Truths(1);
    pub(super) const UNKNOWN: Truths = Truths(2);
    pub(super) const YES: Truths = Truths(4);
    /// What lets an Allow fail.
    pub(super) const NOT_YES: Truths = Truths(3);
    /// What lets a Deny hit.
    pub(super) const NOT_NO: Truths = Truths(6);

    pub(super) fn of(truth: Truth) -> Truths {
        match truth {
            Truth::No => Truths::NO,
            Truth::Unknown => Truths::UNKNOWN,
            Truth::Yes => Truths::YES,
        }
    }

    pub(super) fn union(self, other: Truths) -> Truths {
        Truths(self.0 | other.0)
    }

    pub(super) fn meets(self, other: Truths) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn intersection(self, other: Truths) -> Truths {
        Truths(self.0 & other.0)
    }

    /// All the others.
    pub(super) fn complement(self) -> Truths {
        Truths(7 & !self.0)
    }

    /// Yes and No exchanged.
    pub(super) fn negated(self) -> Truths {
        let swapped = (self.0 & 1) << 2 | self.0 >> 2;
        Truths(swapped | (self.0 & 2))
    }
}

/// Whether something is so, as far as one can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chance {
    pub(super) can_be: bool,
    pub(super) can_fail: bool,
}

impl Chance {
    pub(super) const CERTAIN: Chance = Chance {
        can_be: true,
        can_fail: false,
    };
    pub(super) const NEVER: Chance = Chance {
        can_be: false,
        can_fail: true,
    };

    fn options(self) -> impl Iterator<Item = bool> {
        let yes = self.can_be.then_some(true);
        yes.into_iter().chain(self.can_fail.then_some(false))
    }
}

/// The truth values of a test on one string, from whether the string can be read at all, matches,
/// or matches in a way on which readers disagree.
pub(super) fn truths(readable: Chance, matched: Chance, doubtful: Chance) -> Truths {
    let mut found = Truths::NONE;
    for readable in readable.options() {
        for matched in matched.options() {
            for doubtful in doubtful.options() {
                found = found.union(match (readable, matched, doubtful) {
                    (true, true, _) => Truths::YES,
                    (false, ..) | (true, false, true) => Truths::UNKNOWN,
                    (true, false, false) => Truths::NO,
                });
            }
        }
    }
    found
}
