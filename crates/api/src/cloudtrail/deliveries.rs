//! How each trail's delivery goes: the edge delivers and tells it, GetTrailStatus answers it.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use locum_store::{AccountId, Trail};
use serde::{Deserialize, Serialize};

/// What became of a trail's files and digests; times are Unix seconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrailDelivery {
    /// When files were last put, whether they were kept or not.
    pub attempted_s: Option<i64>,
    /// When files were last kept.
    pub delivered_s: Option<i64>,
    /// S3's code for why the last try failed; none for a sink that gave no answer.
    pub error: Option<String>,
    /// When a digest was last kept.
    pub digest_delivered_s: Option<i64>,
    /// As `error`, of the last digest.
    pub digest_error: Option<String>,
}

impl TrailDelivery {
    /// What a trail's state is kept by: a trail that is made anew under the same name has another one.
    #[must_use]
    pub fn id(account: AccountId, trail: &Trail) -> String {
        let place = Trail::place(&trail.home_region, &trail.name);
        format!("{account}/{place}/{}", trail.created_s)
    }
}

/// The state of all trails, by [`TrailDelivery::id`].
#[derive(Debug, Default)]
pub struct Deliveries(RwLock<Arc<BTreeMap<String, TrailDelivery>>>);

impl Deliveries {
    /// Takes what is told in place of all that was told before.
    pub fn tell(&self, all: BTreeMap<String, TrailDelivery>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(all);
    }

    /// The state of one trail; nothing yet when nobody told of it.
    pub(crate) fn of(&self, account: AccountId, trail: &Trail) -> TrailDelivery {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let told = all.get(&TrailDelivery::id(account, trail));
        told.cloned().unwrap_or_default()
    }
}
