//! Request → Caller: signature, key, session, principal; the only maker of a `Caller`.

use std::sync::Arc;

use locum_sigv4::{Claim, RequestView, SigningKey, Verified};
use locum_store::{Account, AccountId, KeyOwner, KeyStatus};

use crate::caller::{Caller, Identity};
use crate::entities;
use crate::error::{ApiError, TokenFault};
use crate::ids;
use crate::session::{Claims, Ring, SessionKind};
use crate::snapshot::Snapshot;
use crate::world::World;

/// Where the secret of a claim comes from, before anything is believed.
struct Found {
    account: Arc<Account>,
    identity: Identity,
    session: Option<Claims>,
    secret: zeroize::Zeroizing<Vec<u8>>,
    /// Tells one secret of a key id from another, for the cache of signing keys.
    secret_tag: u64,
}

/// The account whose state tells whether `claim` is good; `None` when the key id names none.
pub(crate) fn account_of(claim: &Claim<'_>) -> Option<AccountId> {
    ids::account_of_id(claim.access_key_id())
}

/// Steps 14 and 15 of the check order: key, token, expiry, signature.
///
/// # Errors
/// [`ApiError::UnknownAccessKey`], [`ApiError::InvalidToken`], [`ApiError::ExpiredToken`],
/// [`ApiError::Signature`]; [`ApiError::Missing`] when the account is not loaded yet.
pub(crate) fn authenticate(
    world: &World,
    state: &Snapshot,
    ring: &Ring,
    view: &RequestView<'_>,
    claim: &Claim<'_>,
    now_s: i64,
) -> Result<Caller, ApiError> {
    let account = account_of(claim).ok_or(ApiError::UnknownAccessKey)?;
    let found = match claim.access_key_id().get(..4) {
        Some("ASIA") => temporary(state, ring, claim, account, now_s)?,
        Some("AKIA") => long_term(state, claim, account)?,
        _ => return Err(ApiError::UnknownAccessKey),
    };
    if entities::is_suspended(&found.account) {
        return Err(ApiError::UnknownAccessKey);
    }
    let verified = verified(world, view, claim, &found)?;
    let scope = (claim.access_key_id().to_owned(), claim.region().to_owned());
    let partition = &world.settings.partition;
    Ok(Caller::new(
        verified,
        partition,
        found.account,
        found.identity,
        found.session,
        scope,
    ))
}

/// Step 15. A signing key is kept only once a signature was right: a stranger who knows a key id
/// cannot push the keys of others out of the cache.
fn verified(
    world: &World,
    view: &RequestView<'_>,
    claim: &Claim<'_>,
    found: &Found,
) -> Result<Verified, ApiError> {
    let (id, tag) = (claim.access_key_id(), found.secret_tag);
    let (date, region, service) = (claim.date(), claim.region(), claim.service());
    let held = world.signing_keys.get(id, tag, [date, region, service]);
    let key = match &held {
        Some(key) => Arc::clone(key),
        None => Arc::new(SigningKey::derive(&found.secret, date, region, service)),
    };
    let verified = locum_sigv4::verify(view, claim, &key).map_err(ApiError::Signature)?;
    if held.is_none() {
        world
            .signing_keys
            .keep(id, tag, [date, region, service], &key);
    }
    Ok(verified)
}

/// A key made by CreateAccessKey (or for root by the operator).
fn long_term(state: &Snapshot, claim: &Claim<'_>, id: AccountId) -> Result<Found, ApiError> {
    if claim.session_token().is_some() {
        return Err(ApiError::InvalidToken(TokenFault::LongTermKey));
    }
    let account = state.account(id)?.ok_or(ApiError::UnknownAccessKey)?;
    let key = account
        .access_key(claim.access_key_id())
        .ok_or(ApiError::UnknownAccessKey)?;
    if key.status != KeyStatus::Active {
        return Err(ApiError::UnknownAccessKey);
    }
    let identity = match &key.user {
        KeyOwner::Root => Identity::Root,
        KeyOwner::User { id, .. } => {
            let user = account.user_by_id(id).ok_or(ApiError::UnknownAccessKey)?;
            Identity::User(user.clone())
        }
    };
    Ok(Found {
        account: account.clone(),
        identity,
        session: None,
        secret: zeroize::Zeroizing::new(key.secret.expose().to_vec()),
        // A key id never gets a second secret.
        secret_tag: 0,
    })
}

/// A key sealed in its session token.
fn temporary(
    state: &Snapshot,
    ring: &Ring,
    claim: &Claim<'_>,
    id: AccountId,
    now_s: i64,
) -> Result<Found, ApiError> {
    let token = claim.session_token().ok_or(ApiError::UnknownAccessKey)?;
    let session = ring
        .open(token)
        .map_err(|error| ApiError::InvalidToken(TokenFault::Open(error)))?;
    if session.access_key_id != claim.access_key_id() || session.account != id {
        return Err(ApiError::InvalidToken(TokenFault::OtherKey));
    }
    if now_s >= session.expires_s {
        return Err(ApiError::ExpiredToken);
    }
    let account = state
        .account(id)?
        .ok_or(ApiError::InvalidToken(TokenFault::PrincipalGone))?;
    let identity = principal_of(account, &session)?;
    let secret = ids::secret_text(&session.secret);
    // Key ids are random, so two sessions of one id would need the same token; the tag keeps even
    // that apart.
    let secret_tag = session.secret.iter().take(8).fold(1u64, |tag, byte| {
        tag.wrapping_mul(257).wrapping_add(u64::from(*byte))
    });
    Ok(Found {
        account: account.clone(),
        identity,
        session: Some(session),
        secret: zeroize::Zeroizing::new(secret.to_vec()),
        secret_tag,
    })
}

/// The live entity of a session, found by unique id: one deleted and made again is another.
fn principal_of(account: &Arc<Account>, session: &Claims) -> Result<Identity, ApiError> {
    let gone = || ApiError::InvalidToken(TokenFault::PrincipalGone);
    match session.kind {
        SessionKind::Root => Ok(Identity::Root),
        SessionKind::User => account
            .user_by_id(&session.principal_id)
            .cloned()
            .map(Identity::User)
            .ok_or_else(gone),
        SessionKind::Role => {
            let role = account.role_by_id(&session.principal_id).ok_or_else(gone)?;
            Ok(Identity::RoleSession(role.clone()))
        }
    }
}
