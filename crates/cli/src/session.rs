//! What AssumeRole answered, and its JSON: the shape of `~/.aws/cli/cache` and of `aws sts assume-role`.

use serde::{Deserialize, Serialize};

use crate::clock;
use crate::credentials::{Credentials, Secret};
use crate::json;

/// A session's credentials and what the service said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Key, secret, token and end.
    pub credentials: Credentials,
    /// Who the session is; `None` when the credentials were not assumed.
    pub identity: Option<AssumedRole>,
}

/// The rest of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumedRole {
    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
    pub arn: String,
    /// `AROA…:SESSION`.
    pub id: String,
    /// Share of the size limit that policies and tags take, in per cent.
    pub packed_policy_size: Option<i64>,
    /// The source identity that was set or inherited.
    pub source_identity: Option<String>,
}

impl AssumedRole {
    /// The account of the role.
    #[must_use]
    pub fn account(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    credentials: EntryCredentials,
    #[serde(skip_serializing_if = "Option::is_none")]
    assumed_role_user: Option<EntryUser>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packed_policy_size: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_identity: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EntryCredentials {
    access_key_id: String,
    secret_access_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EntryUser {
    assumed_role_id: String,
    arn: String,
}

impl Session {
    /// The session as indented JSON. Callers decide where secrets may go.
    #[must_use]
    pub fn to_json(&self) -> String {
        let credentials = &self.credentials;
        let identity = self.identity.as_ref();
        let secret = |secret: &Secret| secret.expose().to_owned();
        let entry = Entry {
            credentials: EntryCredentials {
                access_key_id: credentials.access_key_id.clone(),
                secret_access_key: secret(&credentials.secret),
                session_token: credentials.session_token.as_ref().map(secret),
                expiration: credentials.expires_s.map(clock::zulu),
            },
            assumed_role_user: identity.map(|user| EntryUser {
                assumed_role_id: user.id.clone(),
                arn: user.arn.clone(),
            }),
            packed_policy_size: identity.and_then(|user| user.packed_policy_size),
            source_identity: identity.and_then(|user| user.source_identity.clone()),
        };
        json::pretty(&entry)
    }

    /// Reads back what [`Session::to_json`] wrote. `None` for anything that is not whole.
    #[must_use]
    pub fn from_json(text: &[u8]) -> Option<Session> {
        let entry: Entry = serde_json::from_slice(text).ok()?;
        let expires_s = match entry.credentials.expiration {
            Some(text) => Some(clock::parse(&text)?),
            None => None,
        };
        let identity = entry.assumed_role_user.map(|user| AssumedRole {
            arn: user.arn,
            id: user.assumed_role_id,
            packed_policy_size: entry.packed_policy_size,
            source_identity: entry.source_identity,
        });
        let credentials = Credentials {
            access_key_id: entry.credentials.access_key_id,
            secret: Secret::new(entry.credentials.secret_access_key),
            session_token: entry.credentials.session_token.map(Secret::new),
            expires_s,
        };
        Some(Session {
            credentials,
            identity,
        })
    }
}
