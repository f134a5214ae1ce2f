//! Passwords: what they must be like, and the Argon2id hashes that are all that is kept of them.
//!
//! All passwords of one user are hashed with one random salt, so that a new password is compared with
//! all that came before it at the price of one hash. A hash takes some tens of milliseconds on the
//! thread of the call; no call makes more than two.

use argon2::{Algorithm, Argon2, Params, Version};
use locum_store::{AccountMeta, PasswordPolicy, Secret};
use locum_wire::iam;

use crate::error::ApiError;
use crate::limits;

/// Memory of one hash, KiB (OWASP Password Storage Cheat Sheet: 12 MiB with three passes).
const MEMORY_KIB: u32 = 12 * 1024;
/// Passes over it.
const PASSES: u32 = 3;
/// Lanes.
const LANES: u32 = 1;
/// Bytes of a hash.
const HASH_BYTES: usize = 32;
/// Bytes of a salt.
pub(crate) const SALT_BYTES: usize = 16;
/// What IAM counts as symbols.
const SYMBOLS: &str = "!@#$%^&*()_+-=[]{}|'";
/// Characters at least, and kinds of characters at least, where an account sets no rules of its own.
const DEFAULT_LENGTH_MIN: usize = 8;
const DEFAULT_KINDS_MIN: usize = 3;

/// # Errors
/// `InternalFailure` when the parameters are not Argon2's.
pub(crate) fn hash(password: &str, salt: &[u8]) -> Result<Secret, ApiError> {
    let failed = |error: argon2::Error| ApiError::Internal(format!("Argon2: {error}"));
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_BYTES)).map_err(failed)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut out = zeroize::Zeroizing::new([0u8; HASH_BYTES]);
    argon2
        .hash_password_into(password.as_bytes(), salt, out.as_mut_slice())
        .map_err(failed)?;
    Ok(Secret::new(out.as_slice()))
}

fn violation(message: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::modelled(&iam::errors::PASSWORD_POLICY_VIOLATION, message)
}

/// A kind of characters: as a sentence names it, and what is of it.
type Kind = (&'static str, fn(char) -> bool);

/// The kinds of characters that rules ask for.
const KINDS: [Kind; 4] = [
    ("uppercase letter", |c| c.is_ascii_uppercase()),
    ("lowercase letter", |c| c.is_ascii_lowercase()),
    ("number", |c| c.is_ascii_digit()),
    ("symbol", |c| SYMBOLS.contains(c)),
];

/// Is the password what the account asks for? Without rules of its own, what IAM asks for.
///
/// # Errors
/// `PasswordPolicyViolation` for the first rule it breaks.
pub(crate) fn check(account: &AccountMeta, password: &str) -> Result<(), ApiError> {
    let length = password.chars().count();
    let Some(policy) = &account.password_policy else {
        let kinds = KINDS.iter().filter(|(_, is)| password.chars().any(is));
        let itself = [&account.name, &account.email].contains(&&password.to_owned());
        if length < DEFAULT_LENGTH_MIN || kinds.count() < DEFAULT_KINDS_MIN || itself {
            return Err(violation(
                "Password does not conform to the account password policy.",
            ));
        }
        return Ok(());
    };
    if length < usize::try_from(policy.length_min).unwrap_or(usize::MAX) {
        return Err(violation(format!(
            "Password should have a minimum length of {}",
            policy.length_min
        )));
    }
    let required = [
        policy.require_uppercase,
        policy.require_lowercase,
        policy.require_numbers,
        policy.require_symbols,
    ];
    for (required, (kind, is)) in required.into_iter().zip(KINDS) {
        if required && !password.chars().any(is) {
            return Err(violation(format!(
                "Password should have at least one {kind}"
            )));
        }
    }
    Ok(())
}

/// The hashes once `new` is the password: it comes first, those before it follow.
///
/// # Errors
/// `PasswordPolicyViolation` when it was among the last ones that the account forbids to come again.
pub(crate) fn remembered(
    policy: Option<&PasswordPolicy>,
    held: &[Secret],
    new: Secret,
) -> Result<Vec<Secret>, ApiError> {
    let forbidden = policy.and_then(|policy| policy.reuse_prevention);
    let forbidden = usize::try_from(forbidden.unwrap_or(0)).unwrap_or(usize::MAX);
    if held.iter().take(forbidden).any(|old| *old == new) {
        return Err(violation(
            "Password does not conform to the account password policy: it was used before.",
        ));
    }
    let mut hashes = vec![new];
    hashes.extend_from_slice(held);
    hashes.truncate(limits::PASSWORDS_REMEMBERED_MAX);
    Ok(hashes)
}
