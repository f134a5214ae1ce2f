//! Three-valued logic: what cannot be decided must never help a request.

/// Whether a condition holds. `Unknown` is an evaluation trouble, such as a number that is none;
/// under Allow it counts as no match and under Deny as a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    No,
    Unknown,
    Yes,
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Truth::Yes } else { Truth::No }
    }
}

impl std::ops::Not for Truth {
    type Output = Truth;

    fn not(self) -> Truth {
        match self {
            Truth::No => Truth::Yes,
            Truth::Unknown => Truth::Unknown,
            Truth::Yes => Truth::No,
        }
    }
}

impl Truth {
    /// Whether all hold; stops at the first that does not.
    #[inline]
    pub(crate) fn all(truths: impl Iterator<Item = Truth>) -> Truth {
        !Truth::any(truths.map(|truth| !truth))
    }

    /// Whether any holds; stops at the first that does.
    #[inline]
    pub(crate) fn any(truths: impl Iterator<Item = Truth>) -> Truth {
        let mut found = Truth::No;
        for truth in truths {
            match truth {
                Truth::Yes => return Truth::Yes,
                Truth::Unknown => found = Truth::Unknown,
                Truth::No => {}
            }
        }
        found
    }

    /// Both.
    #[inline]
    pub(crate) fn and(self, other: impl FnOnce() -> Truth) -> Truth {
        match self {
            Truth::No => Truth::No,
            Truth::Yes => other(),
            Truth::Unknown => match other() {
                Truth::No => Truth::No,
                _ => Truth::Unknown,
            },
        }
    }
}
