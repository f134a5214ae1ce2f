//! Certificates that users (and root) sign with: real X.509, at most two an owner, each once in the account.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use locum_store::{Change, CredentialStatus, Key, Record, SigningCertificate, User};
use locum_wire::Timestamp;
use locum_wire::iam::{
    self, DeleteSigningCertificateRequest, ListSigningCertificatesRequest,
    ListSigningCertificatesResponse, UpdateSigningCertificateRequest,
    UploadSigningCertificateRequest, UploadSigningCertificateResponse,
};

use super::user::{named_or_caller, on_own_or_named};
use super::{names, page};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::entities;
use crate::error::ApiError;
use crate::ids;
use crate::limits;
use crate::operation::{Operation, answering, silent};
use crate::snapshot::Snapshot;
use crate::x509::Certificate;

/// Whose certificates a request is about; `None` is root, when root names nobody.
fn owner<'a>(caller: &'a Caller, name: Option<&'a str>) -> Result<Option<&'a Arc<User>>, ApiError> {
    if name.is_none() && caller.is_root() {
        return Ok(None);
    }
    entities::user(&caller.account, named_or_caller(caller, name)?).map(Some)
}

fn shown(owner: Option<&Arc<User>>, held: &SigningCertificate) -> iam::SigningCertificate {
    iam::SigningCertificate {
        certificate_body: held.body.clone(),
        certificate_id: held.id.clone(),
        status: names::shown_status(held.status),
        upload_date: Some(Timestamp(held.uploaded_s)),
        user_name: owner.map_or_else(|| "root".to_owned(), |user| user.name.clone()),
    }
}

/// AWS repeats what it could not read.
pub(super) fn malformed(body: &str) -> ApiError {
    // Unless it is a secret that was sent in the wrong place.
    let shown = if body.contains("PRIVATE KEY") {
        ""
    } else {
        body
    };
    let told = crate::json::clip(shown, limits::MALFORMED_BYTES_SHOWN_MAX);
    ApiError::modelled(
        &iam::errors::MALFORMED_CERTIFICATE,
        format!("Certificate {told} is malformed."),
    )
}

fn put(caller: &Caller, certificate: SigningCertificate) -> Change {
    let record = Record::SigningCertificate(certificate);
    names::change(&caller.account, vec![record], vec![])
}

fn upload_signing_certificate(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UploadSigningCertificateRequest,
) -> Result<(UploadSigningCertificateResponse, Change), ApiError> {
    let account = &caller.account;
    let owner = owner(caller, input.user_name.as_deref())?;
    let user_id = owner.map(|user| user.id.clone());
    let body = input.certificate_body;
    let parsed = Certificate::parse(&body).ok_or_else(|| malformed(&body))?;
    // Made of the certificate itself, so the same one has the same place.
    let id = ids::certificate_id(digest(&SHA256, parsed.der()).as_ref());
    if account.signing_certificates().get(&id).is_some() {
        return Err(ApiError::modelled(
            &iam::errors::DUPLICATE_CERTIFICATE,
            "The certificate is already associated with a user of the account.",
        ));
    }
    names::quota(
        account.signing_certificates_of(user_id.as_deref()).len(),
        "CertificatesPerUser",
        limits::SIGNING_CERTIFICATES_PER_USER_MAX,
    )?;
    let certificate = SigningCertificate {
        id,
        user_id,
        body,
        status: CredentialStatus::Active,
        uploaded_s: cx.now_s,
    };
    let output = UploadSigningCertificateResponse {
        certificate: shown(owner, &certificate),
    };
    Ok((output, put(caller, certificate)))
}

fn list_signing_certificates(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListSigningCertificatesRequest,
) -> Result<(ListSigningCertificatesResponse, Change), ApiError> {
    let account = &caller.account;
    let owner = owner(caller, input.user_name.as_deref())?;
    let user_id = owner.map(|user| user.id.as_str());
    let binding = format!(
        "ListSigningCertificates {} {}",
        account.id,
        user_id.unwrap_or("root")
    );
    let after = page::after(&binding, input.marker.as_deref())?;
    let held = account.signing_certificates_of(user_id).into_iter();
    let page = page::take(
        &binding,
        held.filter(|held| held.id > after),
        input.max_items,
        |held| &held.id,
        |held| Ok(shown(owner, held)),
    )?;
    let output = ListSigningCertificatesResponse {
        certificates: page.items,
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
    };
    Ok((output, Change::default()))
}

/// The owner's certificate `id`: another's does not exist for it.
fn certificate_of<'a>(
    caller: &'a Caller,
    name: Option<&'a str>,
    id: &str,
) -> Result<&'a Arc<SigningCertificate>, ApiError> {
    let owner = owner(caller, name)?.map(|user| user.id.as_str());
    let held = caller.account.signing_certificates().get(id);
    held.filter(|held| held.user_id.as_deref() == owner && held.id == id)
        .ok_or_else(|| {
            ApiError::NoSuchEntity(format!("The Certificate with id {id} cannot be found."))
        })
}

fn update_signing_certificate(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UpdateSigningCertificateRequest,
) -> Result<Change, ApiError> {
    let status = names::settable_status(&input.status)?;
    let name = input.user_name.as_deref();
    let held = certificate_of(caller, name, &input.certificate_id)?;
    let certificate = SigningCertificate {
        status,
        ..SigningCertificate::clone(held)
    };
    Ok(put(caller, certificate))
}

fn delete_signing_certificate(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeleteSigningCertificateRequest,
) -> Result<Change, ApiError> {
    let name = input.user_name.as_deref();
    let held = certificate_of(caller, name, &input.certificate_id)?;
    let key = Key::SigningCertificate(held.id.clone());
    Ok(names::change(&caller.account, vec![], vec![key]))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "UploadSigningCertificate" Write,
        |cx, _, caller, input| on_own_or_named(cx, caller, input.user_name.as_deref()),
        upload_signing_certificate),
    answering!(Iam "iam" "ListSigningCertificates" Read,
        |cx, _, caller, input| on_own_or_named(cx, caller, input.user_name.as_deref()),
        list_signing_certificates),
    silent!(Iam "iam" "UpdateSigningCertificate" Write,
        |cx, _, caller, input| on_own_or_named(cx, caller, input.user_name.as_deref()),
        update_signing_certificate),
    silent!(Iam "iam" "DeleteSigningCertificate" Write,
        |cx, _, caller, input| on_own_or_named(cx, caller, input.user_name.as_deref()),
        delete_signing_certificate),
];
