//! What a session token says once it is opened.

use locum_store::AccountId;

use super::bytes::{Reader, Writer};
use crate::ids::SECRET_BYTES;

/// Where a session came from, and so what it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// AssumeRole: acts as the role.
    Role,
    /// GetSessionToken by a user: acts as the user.
    User,
    /// GetSessionToken by the root user: acts as root, for an hour at most.
    Root,
}

/// The facts of one session. Holds no name that can change hands: the principal is its unique id.
#[derive(Clone, PartialEq, Eq)]
pub struct Claims {
    /// What kind of session.
    pub kind: SessionKind,
    /// The temporary access key id (`ASIA…`) that the token belongs to.
    pub access_key_id: String,
    /// What the secret access key encodes.
    pub(crate) secret: zeroize::Zeroizing<[u8; SECRET_BYTES]>,
    /// The account of the principal.
    pub account: AccountId,
    /// The unique id of the role (`AROA…`) or user (`AIDA…`); the account id for root.
    pub principal_id: String,
    /// RoleSessionName; empty for users and root.
    pub session_name: String,
    /// When it was issued, Unix seconds.
    pub issued_s: i64,
    /// When it dies, Unix seconds: at this second it is dead.
    pub expires_s: i64,
    /// The inline session policy as passed.
    pub policy: Option<String>,
    /// The managed session policies as passed.
    pub policy_arns: Vec<String>,
    /// Session tags, inherited ones included.
    pub tags: Vec<(String, String)>,
    /// The keys among `tags` that go on to the next role of a chain.
    pub transitive_tag_keys: Vec<String>,
    /// The source identity, set once for a whole chain.
    pub source_identity: Option<String>,
    /// When multi-factor authentication took place, Unix seconds.
    pub mfa_s: Option<i64>,
}

impl std::fmt::Debug for Claims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Claims")
            .field("kind", &self.kind)
            .field("access_key_id", &self.access_key_id)
            .field("principal_id", &self.principal_id)
            .field("session_name", &self.session_name)
            .field("expires_s", &self.expires_s)
            .finish_non_exhaustive()
    }
}

impl Claims {
    /// The byte form that is sealed.
    pub(super) fn to_bytes(&self) -> zeroize::Zeroizing<Vec<u8>> {
        let mut out = Writer(Vec::with_capacity(256));
        out.u8(match self.kind {
            SessionKind::Role => 0,
            SessionKind::User => 1,
            SessionKind::Root => 2,
        });
        out.text(&self.access_key_id);
        out.0.extend_from_slice(self.secret.as_slice());
        out.i64(self.account.number() as i64);
        out.text(&self.principal_id);
        out.text(&self.session_name);
        out.i64(self.issued_s);
        out.i64(self.expires_s);
        out.maybe(self.policy.as_deref());
        out.count(self.policy_arns.len());
        self.policy_arns.iter().for_each(|arn| out.text(arn));
        out.count(self.tags.len());
        for (key, value) in &self.tags {
            out.text(key);
            out.text(value);
        }
        out.count(self.transitive_tag_keys.len());
        self.transitive_tag_keys
            .iter()
            .for_each(|key| out.text(key));
        out.maybe(self.source_identity.as_deref());
        out.i64(self.mfa_s.unwrap_or(-1));
        zeroize::Zeroizing::new(out.0)
    }

    /// Reads what [`Claims::to_bytes`] wrote; anything else, trailing bytes aside, is `None`.
    /// Trailing zero bytes are padding (MinimumSessionTokenSize).
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Claims> {
        let mut from = Reader(bytes);
        let kind = match from.u8()? {
            0 => SessionKind::Role,
            1 => SessionKind::User,
            2 => SessionKind::Root,
            _ => return None,
        };
        let claims = Claims {
            kind,
            access_key_id: from.text()?.to_owned(),
            secret: zeroize::Zeroizing::new(from.take(SECRET_BYTES)?.try_into().ok()?),
            account: AccountId::from_number(u64::try_from(from.i64()?).ok()?)?,
            principal_id: from.text()?.to_owned(),
            session_name: from.text()?.to_owned(),
            issued_s: from.i64()?,
            expires_s: from.i64()?,
            policy: from.maybe()?.map(str::to_owned),
            policy_arns: list(&mut from, |from| from.text().map(str::to_owned))?,
            tags: list(&mut from, |from| {
                Some((from.text()?.to_owned(), from.text()?.to_owned()))
            })?,
            transitive_tag_keys: list(&mut from, |from| from.text().map(str::to_owned))?,
            source_identity: from.maybe()?.map(str::to_owned),
            mfa_s: Some(from.i64()?).filter(|time| *time >= 0),
        };
        from.0.iter().all(|byte| *byte == 0).then_some(claims)
    }

    /// Is `key` (any case) among the transitive tags?
    pub(crate) fn is_transitive(&self, key: &str) -> bool {
        self.transitive_tag_keys
            .iter()
            .any(|transitive| transitive.eq_ignore_ascii_case(key))
    }

    /// Was a session policy passed, in either form?
    pub(crate) fn has_session_policy(&self) -> bool {
        self.policy.is_some() || !self.policy_arns.is_empty()
    }
}

fn list<'a, T>(
    from: &mut Reader<'a>,
    item: impl Fn(&mut Reader<'a>) -> Option<T>,
) -> Option<Vec<T>> {
    let count = from.count()?;
    let mut items = Vec::new();
    for _ in 0..count {
        items.push(item(from)?);
    }
    Some(items)
}
