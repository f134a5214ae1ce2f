//! Tags of MFA devices and server certificates: put, remove, list.

use locum_store::{Change, MfaDevice, ServerCertificate};
use locum_wire::iam::{
    ListMFADeviceTagsRequest, ListMFADeviceTagsResponse, ListServerCertificateTagsRequest,
    ListServerCertificateTagsResponse, TagMFADeviceRequest, TagServerCertificateRequest,
    UntagMFADeviceRequest, UntagServerCertificateRequest,
};

use super::mfa_device::{device, on_device};
use super::server_certificate::{certificate, on_certificate};
use super::tag::{Bearer, list, tag, untag};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::operation::{Operation, answering, silent};
use crate::snapshot::Snapshot;

fn mfa_device(cx: &Cx<'_>, caller: &Caller, serial: &str) -> Result<Bearer, ApiError> {
    let held = device(cx, &caller.account, serial)?;
    Ok(Bearer::MfaDevice(MfaDevice::clone(held)))
}

fn tag_mfa_device(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: TagMFADeviceRequest,
) -> Result<Change, ApiError> {
    tag(
        caller,
        mfa_device(cx, caller, &input.serial_number)?,
        input.tags,
    )
}

fn untag_mfa_device(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UntagMFADeviceRequest,
) -> Result<Change, ApiError> {
    let bearer = mfa_device(cx, caller, &input.serial_number)?;
    Ok(untag(caller, bearer, &input.tag_keys))
}

fn list_mfa_device_tags(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListMFADeviceTagsRequest,
) -> Result<(ListMFADeviceTagsResponse, Change), ApiError> {
    let held = device(cx, &caller.account, &input.serial_number)?;
    let page = list(
        &input.serial_number,
        &held.tags,
        input.marker.as_deref(),
        input.max_items,
    )?;
    let output = ListMFADeviceTagsResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        tags: page.items,
    };
    Ok((output, Change::default()))
}

fn server_certificate(caller: &Caller, name: &str) -> Result<Bearer, ApiError> {
    let held = certificate(&caller.account, name)?;
    Ok(Bearer::ServerCertificate(ServerCertificate::clone(held)))
}

fn tag_server_certificate(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: TagServerCertificateRequest,
) -> Result<Change, ApiError> {
    let bearer = server_certificate(caller, &input.server_certificate_name)?;
    tag(caller, bearer, input.tags)
}

fn untag_server_certificate(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UntagServerCertificateRequest,
) -> Result<Change, ApiError> {
    let bearer = server_certificate(caller, &input.server_certificate_name)?;
    Ok(untag(caller, bearer, &input.tag_keys))
}

fn list_server_certificate_tags(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListServerCertificateTagsRequest,
) -> Result<(ListServerCertificateTagsResponse, Change), ApiError> {
    let held = certificate(&caller.account, &input.server_certificate_name)?;
    let page = list(
        &held.id,
        &held.tags,
        input.marker.as_deref(),
        input.max_items,
    )?;
    let output = ListServerCertificateTagsResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        tags: page.items,
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    silent!(Iam "iam" "TagMFADevice" Write, |cx, _, caller, input| {
        Ok(on_device(cx, caller, &input.serial_number).tagging(&input.tags, None))
    }, tag_mfa_device),
    silent!(Iam "iam" "UntagMFADevice" Write, |cx, _, caller, input| {
        Ok(on_device(cx, caller, &input.serial_number).untagging(&input.tag_keys))
    }, untag_mfa_device),
    answering!(Iam "iam" "ListMFADeviceTags" Read,
        |cx, _, caller, input| Ok(on_device(cx, caller, &input.serial_number)),
        list_mfa_device_tags),
    silent!(Iam "iam" "TagServerCertificate" Write, |cx, _, caller, input| {
        let needs = on_certificate(cx, caller, &input.server_certificate_name);
        Ok(needs.tagging(&input.tags, None))
    }, tag_server_certificate),
    silent!(Iam "iam" "UntagServerCertificate" Write, |cx, _, caller, input| {
        let needs = on_certificate(cx, caller, &input.server_certificate_name);
        Ok(needs.untagging(&input.tag_keys))
    }, untag_server_certificate),
    answering!(Iam "iam" "ListServerCertificateTags" Read,
        |cx, _, caller, input| Ok(on_certificate(cx, caller, &input.server_certificate_name)),
        list_server_certificate_tags),
];
