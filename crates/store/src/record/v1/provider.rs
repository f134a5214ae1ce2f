//! Version 1 of identity providers and deletion tasks: their JSON, written and read.

use super::{EncodeError, Pair, Text, json, read, tags_out, text};
use crate::engine::RecordError;
use crate::entity::{DeletionTask, OidcProvider, SamlProvider};
use crate::record::{Context, Links, Stored};
use bytes::Bytes;
use read::{Parts, parts, tags_in};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OidcProviderV1<'a> {
    created: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    client_ids: Vec<Text<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    thumbprints: Vec<Text<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Pair<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SamlProviderV1<'a> {
    name: Text<'a>,
    created: i64,
    valid_until: i64,
    metadata: Text<'a>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Pair<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeletionTaskV1 {
    created: i64,
}

pub(super) fn write_oidc(provider: &OidcProvider, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let texts = |texts: &[String]| -> Vec<Text<'static>> {
        texts.iter().map(|held| Cow::Owned(held.clone())).collect()
    };
    let body = OidcProviderV1 {
        created: provider.created_s,
        client_ids: texts(&provider.client_ids),
        thumbprints: texts(&provider.thumbprints),
        tags: tags_out(&provider.tags),
    };
    json(&body, out)
}

pub(super) fn write_saml(provider: &SamlProvider, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let body = SamlProviderV1 {
        name: text(&provider.name),
        created: provider.created_s,
        valid_until: provider.valid_until_s,
        metadata: text(&provider.metadata),
        tags: tags_out(&provider.tags),
    };
    json(&body, out)
}

pub(super) fn write_task(task: &DeletionTask, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let created = task.created_s;
    json(&DeletionTaskV1 { created }, out)
}

fn only(id: &str) -> Links<'_> {
    Links {
        id,
        names: Vec::new(),
    }
}

impl Stored for OidcProvider {
    fn links(&self) -> Links<'_> {
        only(&self.url)
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<OidcProvider, RecordError> {
        let Parts { body, id, .. } = parts::<OidcProviderV1<'_>>(raw, key, context)?;
        let texts = |texts: Vec<Text<'_>>| texts.into_iter().map(Cow::into_owned).collect();
        Ok(OidcProvider {
            url: id.to_owned(),
            created_s: body.created,
            client_ids: texts(body.client_ids),
            thumbprints: texts(body.thumbprints),
            tags: tags_in(body.tags),
        })
    }
}

impl Stored for SamlProvider {
    fn links(&self) -> Links<'_> {
        only(&self.id)
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<SamlProvider, RecordError> {
        let Parts { body, id, .. } = parts::<SamlProviderV1<'_>>(raw, key, context)?;
        Ok(SamlProvider {
            name: body.name.into_owned(),
            id: id.to_owned(),
            created_s: body.created,
            valid_until_s: body.valid_until,
            metadata: body.metadata.into_owned(),
            tags: tags_in(body.tags),
        })
    }
}

impl Stored for DeletionTask {
    fn links(&self) -> Links<'_> {
        only(&self.id)
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<DeletionTask, RecordError> {
        let Parts { body, id, .. } = parts::<DeletionTaskV1>(raw, key, context)?;
        Ok(DeletionTask {
            id: id.to_owned(),
            created_s: body.created,
        })
    }
}
