//! Version 1 of trails and of the keys that sign their digests: JSON, written and read.

use super::{EncodeError, Kind, Pair, Text, json, read, tags_out, text};
use crate::engine::RecordError;
use crate::entity::{EventSelector, ReadWriteType, Trail};
use crate::installation::TrailKey;
use crate::record::{Context, Links, Stored};
use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use read::{Parts, form, parts, tags_in, unseal};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TrailV1<'a> {
    name: Text<'a>,
    home_region: Text<'a>,
    created: i64,
    bucket: Text<'a>,
    multi_region: bool,
    global_service_events: bool,
    log_file_validation: bool,
    organization: bool,
    selectors: Vec<SelectorV1<'a>>,
    logging: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stopped: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Pair<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SelectorV1<'a> {
    read_write: ReadWriteV1,
    management: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    excluded: Vec<Text<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReadWriteV1 {
    All,
    ReadOnly,
    WriteOnly,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TrailKeyV1<'a> {
    public: Text<'a>,
    sealed_private: Text<'a>,
    valid_from: i64,
    valid_until: i64,
}

pub(super) fn write_trail(trail: &Trail, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let selectors = trail.selectors.iter().map(|selector| SelectorV1 {
        read_write: match selector.read_write {
            ReadWriteType::All => ReadWriteV1::All,
            ReadWriteType::ReadOnly => ReadWriteV1::ReadOnly,
            ReadWriteType::WriteOnly => ReadWriteV1::WriteOnly,
        },
        management: selector.includes_management_events,
        excluded: selector.excluded_sources.iter().map(|s| text(s)).collect(),
    });
    let body = TrailV1 {
        name: text(&trail.name),
        home_region: text(&trail.home_region),
        created: trail.created_s,
        bucket: text(&trail.s3_bucket_name),
        multi_region: trail.is_multi_region,
        global_service_events: trail.includes_global_service_events,
        log_file_validation: trail.log_file_validation,
        organization: trail.is_organization,
        selectors: selectors.collect(),
        logging: trail.is_logging,
        started: trail.started_s,
        stopped: trail.stopped_s,
        tags: tags_out(&trail.tags),
    };
    json(&body, out)
}

pub(super) fn write_key(
    key: &TrailKey,
    seal: impl Fn(Kind, &Secret) -> Result<String, EncodeError>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let body = TrailKeyV1 {
        public: STANDARD_NO_PAD.encode(&key.public_key).into(),
        sealed_private: seal(Kind::TrailKey, &key.private_key)?.into(),
        valid_from: key.valid_from_s,
        valid_until: key.valid_until_s,
    };
    json(&body, out)
}

impl Stored for Trail {
    fn links(&self) -> Links<'_> {
        Links {
            id: "",
            names: Vec::new(),
        }
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<Trail, RecordError> {
        let body = parts::<TrailV1<'_>>(raw, key, context)?.body;
        let selectors = body.selectors.into_iter().map(|selector| EventSelector {
            read_write: match selector.read_write {
                ReadWriteV1::All => ReadWriteType::All,
                ReadWriteV1::ReadOnly => ReadWriteType::ReadOnly,
                ReadWriteV1::WriteOnly => ReadWriteType::WriteOnly,
            },
            includes_management_events: selector.management,
            excluded_sources: selector.excluded.into_iter().map(Cow::into_owned).collect(),
        });
        Ok(Trail {
            name: body.name.into_owned(),
            home_region: body.home_region.into_owned(),
            created_s: body.created,
            s3_bucket_name: body.bucket.into_owned(),
            is_multi_region: body.multi_region,
            includes_global_service_events: body.global_service_events,
            log_file_validation: body.log_file_validation,
            is_organization: body.organization,
            selectors: selectors.collect(),
            is_logging: body.logging,
            started_s: body.started,
            stopped_s: body.stopped,
            tags: tags_in(body.tags),
        })
    }
}

impl Stored for TrailKey {
    fn links(&self) -> Links<'_> {
        Links {
            id: &self.fingerprint,
            names: Vec::new(),
        }
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<TrailKey, RecordError> {
        let Parts { body, id, .. } = parts::<TrailKeyV1<'_>>(raw, key, context)?;
        let public = STANDARD_NO_PAD.decode(body.public.as_bytes());
        Ok(TrailKey {
            fingerprint: id.to_owned(),
            public_key: public.map_err(|error| form(key, context, &error))?,
            private_key: unseal(Kind::TrailKey, &body.sealed_private, key, context)?,
            valid_from_s: body.valid_from,
            valid_until_s: body.valid_until,
        })
    }
}
