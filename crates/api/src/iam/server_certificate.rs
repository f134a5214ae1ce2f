//! Server certificates: key and chain checked at upload, the private key sealed and answered to nobody.

use std::sync::Arc;

use locum_store::{Account, Change, Key, Record, Secret, ServerCertificate};
use locum_wire::Timestamp;
use locum_wire::iam::{
    self, DeleteServerCertificateRequest, GetServerCertificateRequest,
    GetServerCertificateResponse, ListServerCertificatesRequest, ListServerCertificatesResponse,
    UpdateServerCertificateRequest, UploadServerCertificateRequest,
    UploadServerCertificateResponse,
};

use super::signing_certificate::malformed;
use super::{names, page};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::entities;
use crate::error::ApiError;
use crate::ids::{self, IdKind};
use crate::limits;
use crate::needs::Needs;
use crate::operation::{Operation, answering, silent};
use crate::snapshot::Snapshot;
use crate::x509::Certificate;

const KIND: &str = "server-certificate";

/// What an operation on the certificate `name` of the caller's account is asked about.
pub(super) fn on_certificate<'a>(cx: &Cx<'_>, caller: &'a Caller, name: &str) -> Needs<'a> {
    let account = &caller.account;
    match account.server_certificates().get(name) {
        Some(held) => Needs::on(arn(cx, account, held), account.id).resource_tagged(&held.tags),
        None => {
            let arn = entities::arn(cx, account.id, KIND, names::ROOT_PATH, name);
            Needs::on(arn, account.id)
        }
    }
}

/// The certificate called `name` (any case).
///
/// # Errors
/// `NoSuchEntity` with AWS's sentence.
pub(super) fn certificate<'a>(
    account: &'a Account,
    name: &str,
) -> Result<&'a Arc<ServerCertificate>, ApiError> {
    account.server_certificates().get(name).ok_or_else(|| {
        ApiError::NoSuchEntity(format!(
            "The Server Certificate with name {name} cannot be found."
        ))
    })
}

fn arn(cx: &Cx<'_>, account: &Account, held: &ServerCertificate) -> String {
    entities::arn(cx, account.id, KIND, &held.path, &held.name)
}

fn shown(
    cx: &Cx<'_>,
    account: &Account,
    held: &ServerCertificate,
) -> iam::ServerCertificateMetadata {
    iam::ServerCertificateMetadata {
        arn: arn(cx, account, held),
        expiration: Some(Timestamp(held.expires_s)),
        path: held.path.clone(),
        server_certificate_id: held.id.clone(),
        server_certificate_name: held.name.clone(),
        upload_date: Some(Timestamp(held.uploaded_s)),
    }
}

fn taken(name: &str) -> ApiError {
    ApiError::EntityAlreadyExists(format!(
        "The Server Certificate with name {name} already exists."
    ))
}

fn needs_upload<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a UploadServerCertificateRequest,
) -> Result<Needs<'a>, ApiError> {
    let path = input.path.as_deref().unwrap_or(names::ROOT_PATH);
    let name = &input.server_certificate_name;
    let arn = entities::arn(cx, caller.account.id, KIND, path, name);
    let tags = input.tags.as_deref().unwrap_or_default();
    Ok(Needs::on(arn, caller.account.id).tagging(tags, Some("iam:TagServerCertificate")))
}

/// Each certificate of the chain must have signed the one before it.
fn check_chain(certificate: &Certificate, chain: &str) -> Result<(), ApiError> {
    let chain = Certificate::parse_chain(chain).ok_or_else(|| malformed(chain))?;
    let signed = std::iter::once(certificate).chain(&chain);
    if !signed
        .zip(&chain)
        .all(|(held, issuer)| held.is_issued_by(issuer))
    {
        return Err(ApiError::modelled(
            &iam::errors::MALFORMED_CERTIFICATE,
            "Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, followed by any intermediaries in order.",
        ));
    }
    Ok(())
}

fn upload_server_certificate(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UploadServerCertificateRequest,
) -> Result<(UploadServerCertificateResponse, Change), ApiError> {
    let account = &caller.account;
    let private_key = Secret::new(input.private_key);
    let name = input.server_certificate_name;
    if account.server_certificates().get(&name).is_some() {
        return Err(taken(&name));
    }
    names::quota(
        account.server_certificates().len(),
        "ServerCertificates",
        limits::SERVER_CERTIFICATES_PER_ACCOUNT_MAX,
    )?;
    let body = input.certificate_body;
    let parsed = Certificate::parse(&body).ok_or_else(|| malformed(&body))?;
    let key = std::str::from_utf8(private_key.expose()).unwrap_or_default();
    match parsed.matches(key) {
        Some(true) => {}
        Some(false) => {
            return Err(ApiError::modelled(
                &iam::errors::KEY_PAIR_MISMATCH,
                "The private key does not match the public key of the certificate.",
            ));
        }
        None => {
            return Err(ApiError::modelled(
                &iam::errors::MALFORMED_CERTIFICATE,
                "The private key is not an unencrypted RSA or ECDSA key in PEM format.",
            ));
        }
    }
    if let Some(chain) = &input.certificate_chain {
        check_chain(&parsed, chain)?;
    }
    let certificate = ServerCertificate {
        path: names::path(input.path)?,
        tags: names::tags(input.tags.unwrap_or_default(), names::KeyCase::Ignored)?,
        id: ids::new_id(IdKind::ServerCertificate, account.id, cx.random),
        expires_s: parsed.expires_s().ok_or_else(|| malformed(&body))?,
        name,
        body,
        chain: input.certificate_chain,
        private_key,
        uploaded_s: cx.now_s,
    };
    let output = UploadServerCertificateResponse {
        server_certificate_metadata: Some(shown(cx, account, &certificate)),
        tags: names::tags_if_any(&certificate.tags),
    };
    let record = Record::ServerCertificate(certificate);
    Ok((output, names::change(account, vec![record], vec![])))
}

fn get_server_certificate(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetServerCertificateRequest,
) -> Result<(GetServerCertificateResponse, Change), ApiError> {
    let account = &caller.account;
    let held = certificate(account, &input.server_certificate_name)?;
    let output = GetServerCertificateResponse {
        server_certificate: iam::ServerCertificate {
            certificate_body: held.body.clone(),
            certificate_chain: held.chain.clone(),
            server_certificate_metadata: shown(cx, account, held),
            tags: names::tags_if_any(&held.tags),
        },
    };
    Ok((output, Change::default()))
}

fn list_server_certificates(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListServerCertificatesRequest,
) -> Result<(ListServerCertificatesResponse, Change), ApiError> {
    let account = &caller.account;
    let prefix = input.path_prefix.unwrap_or_default();
    let binding = format!("ListServerCertificates {} {prefix}", account.id);
    let after = page::after(&binding, input.marker.as_deref())?;
    let held = account.server_certificates().after(&after);
    let page = page::take(
        &binding,
        held.filter(|held| held.path.starts_with(&prefix)),
        input.max_items,
        |held| &held.name,
        |held| Ok(shown(cx, account, held)),
    )?;
    let output = ListServerCertificatesResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        server_certificate_metadata_list: page.items,
    };
    Ok((output, Change::default()))
}

/// Renaming takes the right to do it to the certificate as it is and as it will be.
fn needs_update<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a UpdateServerCertificateRequest,
) -> Result<Needs<'a>, ApiError> {
    let given = &input.server_certificate_name;
    let mut needs = on_certificate(cx, caller, given);
    let held = caller.account.server_certificates().get(given);
    let path = held.map_or(names::ROOT_PATH, |held| &held.path);
    let name = held.map_or(given, |held| &held.name);
    let path = input.new_path.as_deref().unwrap_or(path);
    let name = input.new_server_certificate_name.as_ref().unwrap_or(name);
    let target = entities::arn(cx, caller.account.id, KIND, path, name);
    if target != needs.resource {
        needs.also_on.push(target.into());
    }
    Ok(needs)
}

fn update_server_certificate(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UpdateServerCertificateRequest,
) -> Result<Change, ApiError> {
    let account = &caller.account;
    let held = certificate(account, &input.server_certificate_name)?;
    let mut renamed = ServerCertificate::clone(held);
    if let Some(path) = input.new_path {
        renamed.path = names::path(Some(path))?;
    }
    if let Some(name) = input.new_server_certificate_name {
        renamed.name = name;
    }
    let mut deletes = Vec::new();
    if !renamed.name.eq_ignore_ascii_case(&held.name) {
        if account.server_certificates().get(&renamed.name).is_some() {
            return Err(taken(&renamed.name));
        }
        deletes.push(Key::ServerCertificate(held.name.to_ascii_lowercase()));
    }
    let record = Record::ServerCertificate(renamed);
    Ok(names::change(account, vec![record], deletes))
}

fn delete_server_certificate(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeleteServerCertificateRequest,
) -> Result<Change, ApiError> {
    let account = &caller.account;
    let held = certificate(account, &input.server_certificate_name)?;
    let key = Key::ServerCertificate(held.name.to_ascii_lowercase());
    Ok(names::change(account, vec![], vec![key]))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "UploadServerCertificate" Write, needs_upload, upload_server_certificate),
    answering!(Iam "iam" "GetServerCertificate" Read,
        |cx, _, caller, input| Ok(on_certificate(cx, caller, &input.server_certificate_name)),
        get_server_certificate),
    answering!(Iam "iam" "ListServerCertificates" Read, names::everywhere, list_server_certificates),
    silent!(Iam "iam" "UpdateServerCertificate" Write, needs_update, update_server_certificate),
    silent!(Iam "iam" "DeleteServerCertificate" Write,
        |cx, _, caller, input| Ok(on_certificate(cx, caller, &input.server_certificate_name)),
        delete_server_certificate),
];
