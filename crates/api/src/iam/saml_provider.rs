//! SAML providers: create, get, list, update, delete.

use locum_store::{Change, Key, Record, SamlProvider};
use locum_wire::Timestamp;
use locum_wire::iam::{
    CreateSAMLProviderRequest, CreateSAMLProviderResponse, DeleteSAMLProviderRequest,
    GetSAMLProviderRequest, GetSAMLProviderResponse, ListSAMLProviderTagsRequest,
    ListSAMLProviderTagsResponse, ListSAMLProvidersRequest, ListSAMLProvidersResponse,
    SAMLProviderListEntry, TagSAMLProviderRequest, UntagSAMLProviderRequest,
    UpdateSAMLProviderRequest, UpdateSAMLProviderResponse,
};
use std::sync::Arc;

use super::{names, provider_arn, tag};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::entities;
use crate::error::ApiError;
use crate::ids;
use crate::limits;
use crate::needs::Needs;
use crate::operation::{Operation, answering, silent};
use crate::saml_metadata;
use crate::snapshot::Snapshot;

const KIND: &str = "saml-provider";

fn find<'a>(
    cx: &Cx<'_>,
    caller: &'a Caller,
    arn: &str,
) -> Result<Option<&'a Arc<SamlProvider>>, ApiError> {
    let name = provider_arn::named(cx, caller, KIND, arn)?;
    let found = name.and_then(|name| caller.account.saml_providers().get(name));
    // An ARN says the name exactly.
    Ok(found.filter(|provider| name == Some(provider.name.as_str())))
}

/// # Errors
/// `NoSuchEntity` with AWS's sentence.
fn existing<'a>(
    cx: &Cx<'_>,
    caller: &'a Caller,
    arn: &str,
) -> Result<&'a Arc<SamlProvider>, ApiError> {
    find(cx, caller, arn)?
        .ok_or_else(|| ApiError::NoSuchEntity(format!("Manifest not found for arn {arn}")))
}

fn on_provider<'a>(cx: &Cx<'_>, caller: &'a Caller, arn: &'a str) -> Result<Needs<'a>, ApiError> {
    let found = find(cx, caller, arn)?;
    let tags = found.map(|provider| provider.tags.as_slice());
    Ok(provider_arn::on(caller, arn, tags))
}

fn put(caller: &Caller, provider: SamlProvider) -> Change {
    let puts = vec![Record::SamlProvider(provider)];
    names::change(&caller.account, puts, vec![])
}

/// Until when metadata given now may be used.
///
/// # Errors
/// `InvalidInput` for metadata that cannot be used (AWS's first words; what follows them is ours),
/// `LimitExceeded` for more than is kept.
fn valid_until(cx: &Cx<'_>, metadata: &str) -> Result<i64, ApiError> {
    if metadata.len() > limits::SAML_METADATA_BYTES_MAX {
        return Err(ApiError::LimitExceeded(format!(
            "A SAML metadata document may have {} bytes at most on this server.",
            limits::SAML_METADATA_BYTES_MAX
        )));
    }
    let invalid =
        |why: &str| ApiError::InvalidInput(format!("Could not parse metadata: {why}").into());
    let read = saml_metadata::read(metadata).map_err(invalid)?;
    match read.valid_until_s {
        Some(until_s) if until_s <= cx.now_s => Err(invalid("its validUntil has passed")),
        Some(until_s) => Ok(until_s),
        None => Ok(cx.now_s.saturating_add(limits::SAML_METADATA_VALID_S)),
    }
}

/// Encrypted assertions are not read yet, so neither a key for them is taken nor a promise to demand
/// them.
fn refuse_encryption(mode: bool, add: bool, remove: bool) -> Result<(), ApiError> {
    let given = [
        (mode, "AssertionEncryptionMode"),
        (add, "AddPrivateKey"),
        (remove, "RemovePrivateKey"),
    ];
    match given.into_iter().find(|(given, _)| *given) {
        Some((_, parameter)) => Err(ApiError::Unsupported {
            parameter,
            reason: "encrypted SAML assertions are not read by this server",
        }),
        None => Ok(()),
    }
}

fn needs_create<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a CreateSAMLProviderRequest,
) -> Result<Needs<'a>, ApiError> {
    let arn = entities::arn(cx, caller.account.id, KIND, "/", &input.name);
    let tags = input.tags.as_deref().unwrap_or_default();
    Ok(Needs::on(arn, caller.account.id).tagging(tags, Some("iam:TagSAMLProvider")))
}

fn create_saml_provider(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: CreateSAMLProviderRequest,
) -> Result<(CreateSAMLProviderResponse, Change), ApiError> {
    let (mode, key) = (&input.assertion_encryption_mode, &input.add_private_key);
    refuse_encryption(mode.is_some(), key.is_some(), false)?;
    let account = &caller.account;
    let arn = entities::arn(cx, account.id, KIND, "/", &input.name);
    if account.saml_providers().get(&input.name).is_some() {
        // The sentence is unconfirmed.
        return Err(ApiError::EntityAlreadyExists(format!(
            "Provider with arn {arn} already exists."
        )));
    }
    names::quota(
        account.saml_providers().len(),
        "SAMLProvidersPerAccount",
        limits::SAML_PROVIDERS_PER_ACCOUNT_MAX,
    )?;
    let provider = SamlProvider {
        name: input.name,
        id: ids::upper_id("SAML", 22, cx.random),
        created_s: cx.now_s,
        valid_until_s: valid_until(cx, &input.saml_metadata_document)?,
        metadata: input.saml_metadata_document,
        tags: names::tags(input.tags.unwrap_or_default(), names::KeyCase::Ignored)?,
    };
    let output = CreateSAMLProviderResponse {
        saml_provider_arn: Some(arn),
        tags: names::tags_if_any(&provider.tags),
    };
    Ok((output, put(caller, provider)))
}

fn get_saml_provider(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetSAMLProviderRequest,
) -> Result<(GetSAMLProviderResponse, Change), ApiError> {
    let provider = existing(cx, caller, &input.saml_provider_arn)?;
    let output = GetSAMLProviderResponse {
        assertion_encryption_mode: None,
        create_date: Some(Timestamp(provider.created_s)),
        private_key_list: Some(Vec::new()),
        saml_metadata_document: Some(provider.metadata.clone()),
        saml_provider_uuid: Some(provider.id.clone()),
        tags: Some(names::shown_tags(&provider.tags)),
        valid_until: Some(Timestamp(provider.valid_until_s)),
    };
    Ok((output, Change::default()))
}

fn list_saml_providers(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    _: ListSAMLProvidersRequest,
) -> Result<(ListSAMLProvidersResponse, Change), ApiError> {
    let account = &caller.account;
    let entries = account.saml_providers().iter();
    let entries = entries.map(|provider| SAMLProviderListEntry {
        arn: Some(entities::arn(cx, account.id, KIND, "/", &provider.name)),
        create_date: Some(Timestamp(provider.created_s)),
        valid_until: Some(Timestamp(provider.valid_until_s)),
    });
    let output = ListSAMLProvidersResponse {
        saml_provider_list: Some(entries.collect()),
    };
    Ok((output, Change::default()))
}

fn update_saml_provider(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UpdateSAMLProviderRequest,
) -> Result<(UpdateSAMLProviderResponse, Change), ApiError> {
    let (mode, key) = (&input.assertion_encryption_mode, &input.add_private_key);
    refuse_encryption(
        mode.is_some(),
        key.is_some(),
        input.remove_private_key.is_some(),
    )?;
    let mut provider = SamlProvider::clone(existing(cx, caller, &input.saml_provider_arn)?);
    let change = match input.saml_metadata_document {
        Some(metadata) => {
            provider.valid_until_s = valid_until(cx, &metadata)?;
            provider.metadata = metadata;
            put(caller, provider)
        }
        None => Change::default(),
    };
    let output = UpdateSAMLProviderResponse {
        saml_provider_arn: Some(input.saml_provider_arn),
    };
    Ok((output, change))
}

fn delete_saml_provider(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeleteSAMLProviderRequest,
) -> Result<Change, ApiError> {
    let provider = existing(cx, caller, &input.saml_provider_arn)?;
    let key = Key::SamlProvider(provider.name.to_ascii_lowercase());
    Ok(names::change(&caller.account, vec![], vec![key]))
}

fn tag_saml_provider(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: TagSAMLProviderRequest,
) -> Result<Change, ApiError> {
    let mut provider = SamlProvider::clone(existing(cx, caller, &input.saml_provider_arn)?);
    let added = names::tags(input.tags, names::KeyCase::Ignored)?;
    provider.tags = names::merge_tags(&provider.tags, added, names::KeyCase::Ignored)?;
    Ok(put(caller, provider))
}

fn untag_saml_provider(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UntagSAMLProviderRequest,
) -> Result<Change, ApiError> {
    let mut provider = SamlProvider::clone(existing(cx, caller, &input.saml_provider_arn)?);
    let keys = input.tag_keys;
    let gone = |key: &str| keys.iter().any(|k| names::KeyCase::Ignored.same(k, key));
    provider.tags.retain(|tag| !gone(&tag.key));
    Ok(put(caller, provider))
}

fn list_saml_provider_tags(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListSAMLProviderTagsRequest,
) -> Result<(ListSAMLProviderTagsResponse, Change), ApiError> {
    let provider = existing(cx, caller, &input.saml_provider_arn)?;
    let marker = input.marker.as_deref();
    let page = tag::list(&provider.id, &provider.tags, marker, input.max_items)?;
    let output = ListSAMLProviderTagsResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        tags: page.items,
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "CreateSAMLProvider" Write, needs_create, create_saml_provider),
    answering!(Iam "iam" "GetSAMLProvider" Read,
        |cx, _, caller, input| on_provider(cx, caller, &input.saml_provider_arn), get_saml_provider),
    answering!(Iam "iam" "ListSAMLProviders" Read, names::everywhere, list_saml_providers),
    answering!(Iam "iam" "UpdateSAMLProvider" Write,
        |cx, _, caller, input| on_provider(cx, caller, &input.saml_provider_arn), update_saml_provider),
    silent!(Iam "iam" "DeleteSAMLProvider" Write,
        |cx, _, caller, input| on_provider(cx, caller, &input.saml_provider_arn), delete_saml_provider),
    silent!(Iam "iam" "TagSAMLProvider" Write, |cx, _, caller, input| {
        Ok(on_provider(cx, caller, &input.saml_provider_arn)?.tagging(&input.tags, None))
    }, tag_saml_provider),
    silent!(Iam "iam" "UntagSAMLProvider" Write, |cx, _, caller, input| {
        Ok(on_provider(cx, caller, &input.saml_provider_arn)?.untagging(&input.tag_keys))
    }, untag_saml_provider),
    answering!(Iam "iam" "ListSAMLProviderTags" Read,
        |cx, _, caller, input| on_provider(cx, caller, &input.saml_provider_arn),
        list_saml_provider_tags),
];
