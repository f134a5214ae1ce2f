//! Yes, no, and what cannot be told.

/// Whether something holds. Under Allow only `Yes` counts, under Deny all but `No`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Truth {
    No,
    Unknown,
    Yes,
}

pub(crate) fn truth(holds: bool) -> Truth {
    if holds { Truth::Yes } else { Truth::No }
}

pub(crate) fn not(one: Truth) -> Truth {
    match one {
        Truth::No => Truth::Yes,
        Truth::Unknown => Truth::Unknown,
        Truth::Yes => Truth::No,
    }
}

/// One that holds is enough; of no one, none holds.
pub(crate) fn any(all: impl Iterator<Item = Truth>) -> Truth {
    all.fold(Truth::No, Truth::max)
}

/// One that fails is enough; of no one, none fails.
pub(crate) fn all(all: impl Iterator<Item = Truth>) -> Truth {
    all.fold(Truth::Yes, Truth::min)
}
