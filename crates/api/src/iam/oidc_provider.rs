//! OpenID Connect providers: create, get, list, delete, client ids and thumbprints.

use locum_store::{Account, Change, Key, OidcProvider, Record};
use locum_wire::Timestamp;
use locum_wire::iam::{
    AddClientIDToOpenIDConnectProviderRequest, CreateOpenIDConnectProviderRequest,
    CreateOpenIDConnectProviderResponse, DeleteOpenIDConnectProviderRequest,
    GetOpenIDConnectProviderRequest, GetOpenIDConnectProviderResponse,
    ListOpenIDConnectProviderTagsRequest, ListOpenIDConnectProviderTagsResponse,
    ListOpenIDConnectProvidersRequest, ListOpenIDConnectProvidersResponse,
    OpenIDConnectProviderListEntry, RemoveClientIDFromOpenIDConnectProviderRequest,
    TagOpenIDConnectProviderRequest, UntagOpenIDConnectProviderRequest,
    UpdateOpenIDConnectProviderThumbprintRequest,
};
use std::sync::Arc;

use super::{names, provider_arn, tag};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::entities;
use crate::error::ApiError;
use crate::limits;
use crate::needs::Needs;
use crate::operation::{Operation, answering, silent};
use crate::snapshot::Snapshot;

const KIND: &str = "oidc-provider";
const SCHEME: &str = "https://";

/// The provider of exactly this URL, case and all: issuers are compared exactly.
fn held<'a>(account: &'a Account, url: &str) -> Option<&'a Arc<OidcProvider>> {
    let found = account.oidc_providers().get(url);
    found.filter(|provider| provider.url == url)
}

fn find<'a>(
    cx: &Cx<'_>,
    caller: &'a Caller,
    arn: &str,
) -> Result<Option<&'a Arc<OidcProvider>>, ApiError> {
    let url = provider_arn::named(cx, caller, KIND, arn)?;
    Ok(url.and_then(|url| held(&caller.account, url)))
}

/// # Errors
/// `NoSuchEntity` with the sentence that reading answers.
fn shown_or_absent<'a>(
    cx: &Cx<'_>,
    caller: &'a Caller,
    arn: &str,
) -> Result<&'a OidcProvider, ApiError> {
    let found = find(cx, caller, arn)?.ok_or_else(|| {
        ApiError::NoSuchEntity(format!("OpenIDConnect Provider not found for arn {arn}"))
    })?;
    Ok(found)
}

/// The provider, to be changed and put back.
///
/// # Errors
/// `NoSuchEntity` with the sentence that writing answers (which of AWS's two belongs to which
/// operation is unconfirmed).
fn to_change(cx: &Cx<'_>, caller: &Caller, arn: &str) -> Result<OidcProvider, ApiError> {
    let found = find(cx, caller, arn)?.ok_or_else(|| {
        ApiError::NoSuchEntity(format!("OpenId connect Provider {arn} cannot be found."))
    })?;
    Ok(OidcProvider::clone(found))
}

fn put(caller: &Caller, provider: OidcProvider) -> Change {
    let puts = vec![Record::OidcProvider(provider)];
    names::change(&caller.account, puts, vec![])
}

fn on_provider<'a>(cx: &Cx<'_>, caller: &'a Caller, arn: &'a str) -> Result<Needs<'a>, ApiError> {
    let found = find(cx, caller, arn)?;
    let tags = found.map(|provider| provider.tags.as_slice());
    Ok(provider_arn::on(caller, arn, tags))
}

/// The URL without its scheme: a host and perhaps a path, nothing else.
///
/// # Errors
/// `ValidationError` with AWS's sentence.
fn host_and_path(url: &str) -> Result<&str, ApiError> {
    let invalid = || ApiError::Validation("Invalid Open ID Connect Provider URL".to_owned());
    let rest = url.strip_prefix(SCHEME).ok_or_else(invalid)?;
    let (host, path) = match rest.find('/').and_then(|at| rest.split_at_checked(at)) {
        Some(parts) => parts,
        None => (rest, ""),
    };
    let label = |label: &str| {
        let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty()
            && label.bytes().all(inside)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!&'()+,;=:@%/".contains(&byte);
    if !host.split('.').all(label) || !path.bytes().all(plain) {
        return Err(invalid());
    }
    Ok(rest)
}

/// Forty hexadecimal digits each, five at most.
///
/// # Errors
/// `InvalidInput`; the sentence about digits is unconfirmed.
fn thumbprints(given: Vec<String>) -> Result<Vec<String>, ApiError> {
    if given.len() > limits::THUMBPRINTS_PER_PROVIDER_MAX {
        return Err(ApiError::InvalidInput(
            "Thumbprint list must contain fewer than 5 entries.".into(),
        ));
    }
    for thumbprint in &given {
        if !thumbprint.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(ApiError::InvalidInput(
                format!("Thumbprint {thumbprint} is not valid.").into(),
            ));
        }
    }
    Ok(given)
}

fn add_client_id(ids: &mut Vec<String>, id: String) -> Result<(), ApiError> {
    if ids.contains(&id) {
        return Ok(());
    }
    let max = limits::CLIENT_IDS_PER_PROVIDER_MAX;
    names::quota(ids.len(), "ClientIdsPerOpenIdConnectProvider", max)?;
    ids.push(id);
    Ok(())
}

fn needs_create<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a CreateOpenIDConnectProviderRequest,
) -> Result<Needs<'a>, ApiError> {
    let url = host_and_path(&input.url)?;
    let arn = entities::arn(cx, caller.account.id, KIND, "/", url);
    let tags = input.tags.as_deref().unwrap_or_default();
    Ok(Needs::on(arn, caller.account.id).tagging(tags, Some("iam:TagOpenIDConnectProvider")))
}

/// AWS fetches a thumbprint when none is given. Here none is kept: the certificate of the issuer's
/// server is then judged by the root certificates of the host alone.
fn create_open_id_connect_provider(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: CreateOpenIDConnectProviderRequest,
) -> Result<(CreateOpenIDConnectProviderResponse, Change), ApiError> {
    let account = &caller.account;
    let url = host_and_path(&input.url)?;
    // Two issuers that differ by case only are refused: nobody means both.
    if account.oidc_providers().get(url).is_some() {
        return Err(ApiError::EntityAlreadyExists(format!(
            "Provider with url {} already exists.",
            input.url
        )));
    }
    names::quota(
        account.oidc_providers().len(),
        "OpenIdConnectProvidersPerAccount",
        limits::OIDC_PROVIDERS_PER_ACCOUNT_MAX,
    )?;
    let mut client_ids = Vec::new();
    for id in input.client_id_list.unwrap_or_default() {
        add_client_id(&mut client_ids, id)?;
    }
    let provider = OidcProvider {
        url: url.to_owned(),
        created_s: cx.now_s,
        client_ids,
        thumbprints: thumbprints(input.thumbprint_list.unwrap_or_default())?,
        tags: names::tags(input.tags.unwrap_or_default(), names::KeyCase::Ignored)?,
    };
    let output = CreateOpenIDConnectProviderResponse {
        open_id_connect_provider_arn: Some(entities::arn(cx, account.id, KIND, "/", url)),
        tags: names::tags_if_any(&provider.tags),
    };
    Ok((output, put(caller, provider)))
}

fn get_open_id_connect_provider(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetOpenIDConnectProviderRequest,
) -> Result<(GetOpenIDConnectProviderResponse, Change), ApiError> {
    let provider = shown_or_absent(cx, caller, &input.open_id_connect_provider_arn)?;
    let output = GetOpenIDConnectProviderResponse {
        client_id_list: Some(provider.client_ids.clone()),
        create_date: Some(Timestamp(provider.created_s)),
        tags: Some(names::shown_tags(&provider.tags)),
        thumbprint_list: Some(provider.thumbprints.clone()),
        url: Some(provider.url.clone()),
    };
    Ok((output, Change::default()))
}

fn list_open_id_connect_providers(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    _: ListOpenIDConnectProvidersRequest,
) -> Result<(ListOpenIDConnectProvidersResponse, Change), ApiError> {
    let account = &caller.account;
    let entries = account.oidc_providers().iter();
    let entries = entries.map(|provider| OpenIDConnectProviderListEntry {
        arn: Some(entities::arn(cx, account.id, KIND, "/", &provider.url)),
    });
    let output = ListOpenIDConnectProvidersResponse {
        open_id_connect_provider_list: Some(entries.collect()),
    };
    Ok((output, Change::default()))
}

/// Deleting one that is not there is no error (API reference).
fn delete_open_id_connect_provider(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeleteOpenIDConnectProviderRequest,
) -> Result<Change, ApiError> {
    Ok(
        match find(cx, caller, &input.open_id_connect_provider_arn)? {
            Some(provider) => {
                let key = Key::OidcProvider(provider.url.to_ascii_lowercase());
                names::change(&caller.account, vec![], vec![key])
            }
            None => Change::default(),
        },
    )
}

fn update_open_id_connect_provider_thumbprint(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UpdateOpenIDConnectProviderThumbprintRequest,
) -> Result<Change, ApiError> {
    let mut provider = to_change(cx, caller, &input.open_id_connect_provider_arn)?;
    provider.thumbprints = thumbprints(input.thumbprint_list)?;
    Ok(put(caller, provider))
}

fn add_client_id_to_open_id_connect_provider(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: AddClientIDToOpenIDConnectProviderRequest,
) -> Result<Change, ApiError> {
    let mut provider = to_change(cx, caller, &input.open_id_connect_provider_arn)?;
    add_client_id(&mut provider.client_ids, input.client_id)?;
    Ok(put(caller, provider))
}

/// Removing one that is not there is no error (API reference).
fn remove_client_id_from_open_id_connect_provider(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: RemoveClientIDFromOpenIDConnectProviderRequest,
) -> Result<Change, ApiError> {
    let mut provider = to_change(cx, caller, &input.open_id_connect_provider_arn)?;
    provider.client_ids.retain(|held| *held != input.client_id);
    Ok(put(caller, provider))
}

fn tag_open_id_connect_provider(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: TagOpenIDConnectProviderRequest,
) -> Result<Change, ApiError> {
    let mut provider = to_change(cx, caller, &input.open_id_connect_provider_arn)?;
    let added = names::tags(input.tags, names::KeyCase::Ignored)?;
    provider.tags = names::merge_tags(&provider.tags, added, names::KeyCase::Ignored)?;
    Ok(put(caller, provider))
}

fn untag_open_id_connect_provider(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UntagOpenIDConnectProviderRequest,
) -> Result<Change, ApiError> {
    let mut provider = to_change(cx, caller, &input.open_id_connect_provider_arn)?;
    let keys = input.tag_keys;
    let gone = |key: &str| keys.iter().any(|k| names::KeyCase::Ignored.same(k, key));
    provider.tags.retain(|tag| !gone(&tag.key));
    Ok(put(caller, provider))
}

fn list_open_id_connect_provider_tags(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListOpenIDConnectProviderTagsRequest,
) -> Result<(ListOpenIDConnectProviderTagsResponse, Change), ApiError> {
    let arn = &input.open_id_connect_provider_arn;
    let provider = shown_or_absent(cx, caller, arn)?;
    let marker = input.marker.as_deref();
    let page = tag::list(arn, &provider.tags, marker, input.max_items)?;
    let output = ListOpenIDConnectProviderTagsResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        tags: page.items,
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "CreateOpenIDConnectProvider" Write, needs_create, create_open_id_connect_provider),
    answering!(Iam "iam" "GetOpenIDConnectProvider" Read,
        |cx, _, caller, input| on_provider(cx, caller, &input.open_id_connect_provider_arn),
        get_open_id_connect_provider),
    answering!(Iam "iam" "ListOpenIDConnectProviders" Read, names::everywhere, list_open_id_connect_providers),
    silent!(Iam "iam" "DeleteOpenIDConnectProvider" Write,
        |cx, _, caller, input| on_provider(cx, caller, &input.open_id_connect_provider_arn),
        delete_open_id_connect_provider),
    silent!(Iam "iam" "UpdateOpenIDConnectProviderThumbprint" Write,
        |cx, _, caller, input| on_provider(cx, caller, &input.open_id_connect_provider_arn),
        update_open_id_connect_provider_thumbprint),
    silent!(Iam "iam" "AddClientIDToOpenIDConnectProvider" Write,
        |cx, _, caller, input| on_provider(cx, caller, &input.open_id_connect_provider_arn),
        add_client_id_to_open_id_connect_provider),
    silent!(Iam "iam" "RemoveClientIDFromOpenIDConnectProvider" Write,
        |cx, _, caller, input| on_provider(cx, caller, &input.open_id_connect_provider_arn),
        remove_client_id_from_open_id_connect_provider),
    silent!(Iam "iam" "TagOpenIDConnectProvider" Write, |cx, _, caller, input| {
        Ok(on_provider(cx, caller, &input.open_id_connect_provider_arn)?.tagging(&input.tags, None))
    }, tag_open_id_connect_provider),
    silent!(Iam "iam" "UntagOpenIDConnectProvider" Write, |cx, _, caller, input| {
        Ok(on_provider(cx, caller, &input.open_id_connect_provider_arn)?.untagging(&input.tag_keys))
    }, untag_open_id_connect_provider),
    answering!(Iam "iam" "ListOpenIDConnectProviderTags" Read,
        |cx, _, caller, input| on_provider(cx, caller, &input.open_id_connect_provider_arn),
        list_open_id_connect_provider_tags),
];
