//! A refusal by policies, with all that explains it: for the record of the call and for the message
//! that the caller gets sealed.
//!
//! What belongs to the owner of a resource in another account (its policy, its tags, the reason) is in
//! no part that the caller's account can read: it is sealed, and the sealed parts always have the same
//! length, so that not even their size tells whether a role is there.

mod decoded;

use std::fmt;
use std::sync::Arc;

use locum_policy::{Decision, PolicyType, Reason};
use locum_store::{AccountId, EventPolicy, PolicyHash};
use serde::{Deserialize, Serialize};

use crate::case::{self, Asked, ContextValue, Source, is_owners};
use crate::limits;
use crate::session::{Purpose, Ring, SealError};
use crate::world::Random;

/// A refusal, made by `authorize` alone.
pub struct Denial {
    /// AWS's sentence.
    pub(crate) sentence: String,
    pub(crate) asked: Asked,
    pub(crate) decision: Decision,
    pub(crate) context: Vec<ContextValue>,
    pub(crate) sources: Vec<Source>,
    /// The caller's account and the resource's.
    pub(crate) accounts: (AccountId, AccountId),
    /// The caller's unique id as `aws:userid` has it.
    pub(crate) user_id: String,
    pub(crate) ring: Arc<Ring>,
}

impl fmt::Debug for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Denial")
            .field("sentence", &self.sentence)
            .finish_non_exhaustive()
    }
}

/// A refusal as it leaves: what the record tells, the texts that it refers to, and the sealed message.
pub(crate) struct Told {
    /// The value of `additionalEventData.authorization`.
    pub(crate) authorization: String,
    pub(crate) policies: Vec<EventPolicy>,
    pub(crate) message: String,
}

/// `additionalEventData.authorization`: the case with the hashes of its policies. Read again by `why`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Authorization {
    /// `explicitDeny` or `implicitDeny`, as far as the caller is told.
    pub(crate) decision: String,
    /// The kind of policy that denies or does not allow, as far as the caller is told.
    #[serde(default)]
    pub(crate) policy_type: Option<String>,
    #[serde(flatten)]
    pub(crate) asked: Asked,
    #[serde(flatten)]
    pub(crate) evidence: Evidence,
    /// The part of the resource's owner in another account, sealed: an [`Evidence`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) owners: Option<String>,
}

/// What a decision was taken on.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Evidence {
    pub(crate) context: Vec<ContextValue>,
    pub(crate) policies: Vec<PolicyRef>,
    /// Something was left out for want of room.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) clipped: bool,
}

/// A policy by the hash of its text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PolicyRef {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) name: String,
    /// `None` for a policy that was gone.
    pub(crate) sha256: Option<String>,
}

/// What a sealed message holds: for each account that may read it, what it reads.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message {
    pub(crate) request_id: String,
    pub(crate) time_s: i64,
    /// Account id and the JSON that DecodeAuthorizationMessage answers to it.
    pub(crate) views: Vec<(String, Box<serde_json::value::RawValue>)>,
}

impl Denial {
    /// Whether the sentence and what else the caller reads may tell why.
    fn told(&self) -> Option<Reason> {
        self.decision.told()
    }

    fn is_cross_account(&self) -> bool {
        self.accounts.0 != self.accounts.1
    }

    /// What leaves this refusal, of the call `request_id`.
    ///
    /// # Errors
    /// See [`SealError`].
    pub(crate) fn tell(
        &self,
        request_id: &str,
        time_s: i64,
        random: &dyn Random,
    ) -> Result<Told, SealError> {
        let mine = |owners: bool| self.is_cross_account() && owners;
        let evidence = |owners: bool| {
            let context = self.context.iter();
            let context = context.filter(|value| mine(is_owners(&value.key)) == owners);
            let sources = self.sources.iter();
            let sources = sources.filter(|source| mine(is_owners_policy(source.kind)) == owners);
            Evidence::of(context, sources)
        };
        let owners = if self.is_cross_account() {
            let body = |level: usize| serde_json::to_string(&evidence(true).cut(level)).ok();
            Some(self.ring.seal_message(Purpose::Trail, &body, random)?)
        } else {
            None
        };
        let told = self.told();
        let authorization = Authorization {
            decision: match told {
                Some(Reason::ExplicitDeny(_)) => "explicitDeny".to_owned(),
                _ => "implicitDeny".to_owned(),
            },
            policy_type: told.and_then(|reason| match reason {
                Reason::ExplicitDeny(found) => Some(case::kind_name(found.policy_type).to_owned()),
                Reason::NoAllow(kind) => Some(case::kind_name(kind).to_owned()),
                _ => None,
            }),
            asked: self.asked.clone(),
            evidence: evidence(false),
            owners,
        };
        Ok(Told {
            authorization: authorization.text(),
            policies: self.policies(),
            message: self.message(request_id, time_s, random)?,
        })
    }

    /// The texts that the record refers to, within the limits of an event.
    fn policies(&self) -> Vec<EventPolicy> {
        let mut kept: Vec<EventPolicy> = Vec::new();
        for policy in self
            .sources
            .iter()
            .filter_map(|source| source.policy.as_ref())
        {
            let is_known = kept.iter().any(|held| held.hash() == policy.hash());
            let fits = policy.text().len() <= locum_store::limits::EVENT_POLICY_BYTES_MAX
                && kept.len() < locum_store::limits::EVENT_POLICIES_MAX;
            if !is_known && fits {
                kept.push(policy.clone());
            }
        }
        kept
    }

    /// The message that the caller gets: sealed, and of one length whatever it holds.
    fn message(
        &self,
        request_id: &str,
        time_s: i64,
        random: &dyn Random,
    ) -> Result<String, SealError> {
        let (caller, owner) = self.accounts;
        let body = |level: usize| {
            let mut views = Vec::new();
            let mut add = |account: AccountId, audience| {
                let text = decoded::text(self, audience, level)?;
                let raw = serde_json::value::RawValue::from_string(text).ok()?;
                views.push((account.to_string(), raw));
                Some(())
            };
            if self.is_cross_account() {
                add(caller, decoded::Audience::Caller)?;
            }
            add(owner, decoded::Audience::Owner)?;
            let message = Message {
                request_id: request_id.to_owned(),
                time_s,
                views,
            };
            serde_json::to_string(&message).ok()
        };
        self.ring
            .seal_message(Purpose::Authorization, &body, random)
    }
}

/// Whether policies of that kind belong to the resource.
pub(crate) fn is_owners_policy(kind: PolicyType) -> bool {
    matches!(
        kind,
        PolicyType::Resource | PolicyType::RoleTrust | PolicyType::Rcp
    )
}

impl Evidence {
    fn of<'a>(
        context: impl Iterator<Item = &'a ContextValue>,
        sources: impl Iterator<Item = &'a Source>,
    ) -> Evidence {
        let sources = sources.map(|source| PolicyRef {
            kind: case::kind_name(source.kind).to_owned(),
            name: source.name.clone(),
            sha256: source.policy.as_ref().map(|held| held.hash().to_string()),
        });
        Evidence {
            context: context.cloned().collect(),
            policies: sources.collect(),
            clipped: false,
        }
    }

    /// With less of the context the higher the level; the last has none.
    fn cut(mut self, level: usize) -> Evidence {
        let kept = match level {
            0 => return self,
            1 => 16,
            2 => 4,
            _ => 0,
        };
        self.clipped = true;
        self.context.truncate(kept);
        self
    }
}

impl Authorization {
    /// As it stands in a record, cut to what a record holds.
    fn text(mut self) -> String {
        loop {
            let text = serde_json::to_string(&self).unwrap_or_else(|_| "{}".to_owned());
            let Evidence {
                context, policies, ..
            } = &mut self.evidence;
            let is_bare = context.is_empty() && policies.is_empty();
            if is_bare || text.len() <= limits::RECORD_AUTHORIZATION_BYTES_MAX {
                return text;
            }
            if context.is_empty() {
                policies.truncate(policies.len() / 2);
            } else {
                context.truncate(context.len() / 2);
            }
            self.evidence.clipped = true;
        }
    }
}

impl PolicyRef {
    /// The hash of its text.
    pub(crate) fn hash(&self) -> Option<PolicyHash> {
        PolicyHash::parse(self.sha256.as_deref()?)
    }
}
