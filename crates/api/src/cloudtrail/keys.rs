//! The public keys that digests of the trail are signed with.

use locum_store::{Change, TrailKey};
use locum_wire::Timestamp;
use locum_wire::cloudtrail::{ListPublicKeysRequest, ListPublicKeysResponse, PublicKey, errors};

use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::iam::{names, page};
use crate::operation::{Operation, answering};
use crate::snapshot::Snapshot;

/// Keys that were valid at some moment of the range; without an end until now, without a start from
/// the beginning (AWS: the last day).
fn list_public_keys(
    cx: &Cx<'_>,
    state: &Snapshot,
    _: &Caller,
    _: &Grant,
    input: ListPublicKeysRequest,
) -> Result<(ListPublicKeysResponse, Change), ApiError> {
    let from_s = input.start_time.map_or(i64::MIN, |time| time.0);
    let until_s = input.end_time.map_or(cx.now_s, |time| time.0);
    if from_s > until_s {
        return Err(ApiError::modelled(
            &errors::INVALID_TIME_RANGE,
            "The start time must be before the end time.",
        ));
    }
    let binding = format!(
        "ListPublicKeys {from_s} {:?}",
        input.end_time.map(|time| time.0)
    );
    let after = page::after(&binding, input.next_token.as_deref()).map_err(|_| {
        ApiError::modelled(
            &errors::INVALID_TOKEN,
            "The specified NextToken is not valid.",
        )
    })?;
    let mut named: Vec<(String, &TrailKey)> = state
        .installation
        .trail_keys
        .iter()
        .filter(|key| key.valid_from_s <= until_s && key.valid_until_s >= from_s)
        .map(|key| {
            (
                format!("{:020} {}", key.valid_from_s.max(0), key.fingerprint),
                key,
            )
        })
        .filter(|(name, _)| *name > after)
        .collect();
    named.sort_by(|left, right| left.0.cmp(&right.0));
    let page = page::take(
        &binding,
        named.into_iter(),
        None,
        |(name, _)| name,
        |(_, key)| {
            Ok(PublicKey {
                fingerprint: Some(key.fingerprint.clone()),
                validity_end_time: Some(Timestamp(key.valid_until_s)),
                validity_start_time: Some(Timestamp(key.valid_from_s)),
                value: Some(key.public_key.clone()),
            })
        },
    )?;
    let output = ListPublicKeysResponse {
        next_token: page.marker,
        public_key_list: Some(page.items),
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(CloudTrail "cloudtrail" "ListPublicKeys" Read, names::everywhere, list_public_keys),
];
