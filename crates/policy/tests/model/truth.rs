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

/// One that holds is enough; of no one, none holds. Looks no further than the first that does.
pub(crate) fn any(mut all: impl Iterator<Item = Truth>) -> Truth {
    let most = all.try_fold(Truth::No, |most, one| match most.max(one) {
        Truth::Yes => Err(()),
        most => Ok(most),
    });
    most.unwrap_or(Truth::Yes)
}

/// One that fails is enough; of no one, none fails. Looks no further than the first that does.
pub(crate) fn all(mut all: impl Iterator<Item = Truth>) -> Truth {
    let least = all.try_fold(Truth::Yes, |least, one| match least.min(one) {
        Truth::No => Err(()),
        least => Ok(least),
    });
    least.unwrap_or(Truth::No)
}
