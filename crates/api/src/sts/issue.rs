//! Issuing a session: fresh key id and secret, sealed claims, and the figures that go with the token.

use locum_store::{Change, MfaDevice, Record};
use locum_wire::Timestamp;
use locum_wire::sts::Credentials;

use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::iam::change;
use crate::ids::{self, IdKind};
use crate::limits;
use crate::session::{Claims, SealError, SessionKind};

/// The credentials of a new session and the size of its token.
pub(super) struct Issued {
    pub(super) credentials: Credentials,
    /// Characters of the token.
    pub(super) size: i32,
    /// The same in percent of the longest token allowed, at least 1.
    pub(super) utilization: i32,
}

/// Claims of a session that starts now, with a fresh key id and secret and nothing else set.
pub(super) fn claims(
    cx: &Cx<'_>,
    kind: SessionKind,
    account: locum_store::AccountId,
    principal_id: String,
    duration_s: i64,
) -> Claims {
    let mut secret = zeroize::Zeroizing::new([0u8; ids::SECRET_BYTES]);
    cx.random.fill(secret.as_mut_slice());
    Claims {
        kind,
        access_key_id: ids::new_id(IdKind::SessionKey, account, cx.random),
        secret,
        account,
        principal_id,
        session_name: String::new(),
        issued_s: cx.now_s,
        expires_s: cx.now_s.saturating_add(duration_s),
        policy: None,
        policy_arns: Vec::new(),
        tags: Vec::new(),
        transitive_tag_keys: Vec::new(),
        source_identity: None,
        mfa_s: None,
    }
}

/// Seals `claims` into the credentials that the caller gets.
///
/// # Errors
/// `PackedPolicyTooLarge` when the token would be longer than a token may be.
pub(super) fn issue(
    cx: &Cx<'_>,
    claims: &Claims,
    size_min: Option<i32>,
) -> Result<Issued, ApiError> {
    let size_min = usize::try_from(size_min.unwrap_or(0)).unwrap_or(0);
    let sealed = cx
        .ring
        .seal(claims, size_min, cx.random)
        .map_err(|error| match error {
            SealError::TooLarge(size) => ApiError::PackedPolicyTooLarge(too_large(claims, size)),
            SealError::NoActiveKey => ApiError::Internal(error.to_string()),
        })?;
    let size = sealed.token.len();
    let secret = ids::secret_text(&claims.secret);
    Ok(Issued {
        credentials: Credentials {
            access_key_id: claims.access_key_id.clone(),
            expiration: Timestamp(claims.expires_s),
            secret_access_key: String::from_utf8_lossy(&secret).into_owned(),
            session_token: sealed.token,
        },
        size: i32::try_from(size).unwrap_or(i32::MAX),
        utilization: percent(size),
    })
}

/// AWS's three sentences, by what weighs most.
fn too_large(claims: &Claims, size: usize) -> String {
    let policy = claims.policy.as_ref().map_or(0, String::len);
    let tags: usize = claims
        .tags
        .iter()
        .map(|(key, value)| key.len() + value.len())
        .sum();
    match (policy, tags) {
        (0, 0) => "Serialized token too large for session".to_owned(),
        (policy, tags) if policy >= tags => format!(
            "Packed policy consumes {}% of allotted space, please use smaller policy.",
            percent(size)
        ),
        _ => format!(
            "Packed size of session tags consumes {}% of allotted space.",
            percent(size)
        ),
    }
}

/// `size` characters in percent of the limit, rounded up.
pub(super) fn percent(size: usize) -> i32 {
    i32::try_from((size * 100).div_ceil(limits::SESSION_TOKEN_SIZE_MAX)).unwrap_or(i32::MAX)
}

/// The change that a session's issue makes: the device whose code was used, if one was.
pub(super) fn used(caller: &Caller, device: Option<MfaDevice>) -> Change {
    match device {
        Some(device) => change(&caller.account, vec![Record::MfaDevice(device)], vec![]),
        None => Change::default(),
    }
}
