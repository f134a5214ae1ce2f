//! Virtual MFA devices: made with a seed and its QR code, assigned by two codes in a row, listed, taken away.

use std::sync::Arc;

use locum_policy::Arn;
use locum_store::{Account, Change, Failures, Key, MfaDevice, Record, Secret, User};
use locum_wire::iam::{
    CreateVirtualMFADeviceRequest, CreateVirtualMFADeviceResponse, DeactivateMFADeviceRequest,
    DeleteVirtualMFADeviceRequest, EnableMFADeviceRequest, GetMFADeviceRequest,
    GetMFADeviceResponse, ListMFADevicesRequest, ListMFADevicesResponse,
    ListVirtualMFADevicesRequest, ListVirtualMFADevicesResponse, ResyncMFADeviceRequest,
};
use locum_wire::{Timestamp, iam};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::user::{listed, named_or_caller, on_own_or_named, on_user};
use super::{names, page, qr};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::entities;
use crate::error::ApiError;
use crate::ids;
use crate::limits;
use crate::mfa;
use crate::needs::Needs;
use crate::operation::{Operation, answering, silent};
use crate::snapshot::Snapshot;

/// Bytes of a seed: 64 characters of base 32.
const SEED_BYTES: usize = 40;
/// Who issues the codes, as authenticator apps show it.
const ISSUER: &str = "Locum";

/// What an operation on the device `serial` of the caller's account is asked about. The serial number
/// of a virtual device is its ARN; another one is asked about as the device of that name would be.
pub(super) fn on_device<'a>(cx: &Cx<'_>, caller: &'a Caller, serial: &'a str) -> Needs<'a> {
    let account = caller.account.id;
    let needs = match Arn::parse(serial) {
        Some(_) => Needs::on(serial, account),
        None => Needs::on(
            entities::arn(cx, account, "mfa", names::ROOT_PATH, serial),
            account,
        ),
    };
    match mfa::device(cx, &caller.account, serial) {
        Some(device) => needs.resource_tagged(&device.tags),
        None => needs,
    }
}

/// The device with this serial number.
///
/// # Errors
/// `NoSuchEntity` with AWS's sentence.
pub(super) fn device<'a>(
    cx: &Cx<'_>,
    account: &'a Account,
    serial: &str,
) -> Result<&'a Arc<MfaDevice>, ApiError> {
    mfa::device(cx, account, serial).ok_or_else(|| not_found(serial))
}

fn not_found(serial: &str) -> ApiError {
    ApiError::NoSuchEntity(format!(
        "MFA Device with serial number {serial} does not exist."
    ))
}

/// The same, if it is assigned to `user`: somebody else's is not told from one that is not there.
fn device_of<'a>(
    cx: &Cx<'_>,
    account: &'a Account,
    user: &User,
    serial: &str,
) -> Result<&'a Arc<MfaDevice>, ApiError> {
    let held = mfa::device(cx, account, serial);
    held.filter(|held| held.user_id.as_deref() == Some(user.id.as_str()))
        .ok_or_else(|| not_found(serial))
}

fn put(caller: &Caller, device: MfaDevice) -> Change {
    names::change(&caller.account, vec![Record::MfaDevice(device)], vec![])
}

fn needs_create<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a CreateVirtualMFADeviceRequest,
) -> Result<Needs<'a>, ApiError> {
    let path = input.path.as_deref().unwrap_or(names::ROOT_PATH);
    let arn = entities::arn(
        cx,
        caller.account.id,
        "mfa",
        path,
        &input.virtual_mfa_device_name,
    );
    let tags = input.tags.as_deref().unwrap_or_default();
    Ok(Needs::on(arn, caller.account.id).tagging(tags, Some("iam:TagMFADevice")))
}

fn create_virtual_mfa_device(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: CreateVirtualMFADeviceRequest,
) -> Result<(CreateVirtualMFADeviceResponse, Change), ApiError> {
    let account = &caller.account;
    let mut seed = zeroize::Zeroizing::new([0u8; SEED_BYTES]);
    cx.random.fill(seed.as_mut_slice());
    let device = MfaDevice {
        path: names::path(input.path)?,
        tags: names::tags(input.tags.unwrap_or_default(), names::KeyCase::Ignored)?,
        name: input.virtual_mfa_device_name,
        user_id: None,
        seed: Secret::new(seed.as_slice()),
        created_s: cx.now_s,
        enabled_s: None,
        drift_steps: 0,
        last_step: None,
        failures: Failures::default(),
    };
    let serial = mfa::serial_of(cx, account, &device);
    if serial.chars().count() > limits::MFA_SERIAL_CHARACTERS_MAX {
        return Err(ApiError::Validation(
            "The serial number that path and name make is longer than 256 characters.".to_owned(),
        ));
    }
    let place = format!("{}{}", device.path, device.name);
    if account.mfa_devices().get(&place).is_some() {
        return Err(ApiError::EntityAlreadyExists(
            "MFA device already exists.".to_owned(),
        ));
    }
    names::quota(
        account.mfa_devices().len(),
        "VirtualMFADevicesPerAccount",
        limits::MFA_DEVICES_PER_ACCOUNT_MAX,
    )?;
    let seed = ids::base32_text(seed.as_slice());
    let label = utf8_percent_encode(&device.name, NON_ALPHANUMERIC);
    let link = format!(
        "otpauth://totp/{ISSUER}:{label}@{}?secret={}&issuer={ISSUER}",
        account.id, *seed
    );
    let link = zeroize::Zeroizing::new(link);
    let shown = iam::VirtualMFADevice {
        base32_string_seed: Some(seed.as_bytes().to_vec()),
        qr_code_png: Some(qr::png(&link)?),
        serial_number: serial,
        tags: names::tags_if_any(&device.tags),
        ..iam::VirtualMFADevice::default()
    };
    let output = CreateVirtualMFADeviceResponse {
        virtual_mfa_device: shown,
    };
    Ok((output, put(caller, device)))
}

fn wrong_codes() -> ApiError {
    let model = &iam::errors::INVALID_AUTHENTICATION_CODE;
    ApiError::modelled(model, "Authentication code for device is not valid.")
}

fn enable_mfa_device(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: EnableMFADeviceRequest,
) -> Result<Change, ApiError> {
    let account = &caller.account;
    let user = entities::user(account, &input.user_name)?;
    let held = device(cx, account, &input.serial_number)?;
    if held.user_id.is_some() {
        return Err(ApiError::EntityAlreadyExists(
            "MFA Device is already in use.".to_owned(),
        ));
    }
    names::quota(
        account.mfa_devices_of(&user.id).len(),
        "MFADevicesPerUser",
        limits::MFA_DEVICES_PER_USER_MAX,
    )?;
    let codes = [&*input.authentication_code1, &*input.authentication_code2];
    let device = mfa::synchronised(held, cx.now_s, codes).ok_or_else(wrong_codes)?;
    Ok(put(
        caller,
        MfaDevice {
            user_id: Some(user.id.clone()),
            enabled_s: Some(cx.now_s),
            ..device
        },
    ))
}

fn resync_mfa_device(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ResyncMFADeviceRequest,
) -> Result<Change, ApiError> {
    let account = &caller.account;
    let user = entities::user(account, &input.user_name)?;
    let held = device_of(cx, account, user, &input.serial_number)?;
    if mfa::is_locked(held.failures, cx.now_s) {
        return Err(wrong_codes());
    }
    let codes = [&*input.authentication_code1, &*input.authentication_code2];
    match mfa::synchronised(held, cx.now_s, codes) {
        Some(device) => Ok(put(caller, device)),
        None => Err(mfa::wrong_code(caller, held, cx.now_s, wrong_codes())),
    }
}

/// The device stays, with what is known of its codes: none of them is good a second time.
fn deactivate_mfa_device(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeactivateMFADeviceRequest,
) -> Result<Change, ApiError> {
    let account = &caller.account;
    if input.user_name.is_none() && caller.is_root() {
        return Err(not_found(&input.serial_number));
    }
    let user = entities::user(
        account,
        named_or_caller(caller, input.user_name.as_deref())?,
    )?;
    let held = device_of(cx, account, user, &input.serial_number)?;
    Ok(put(
        caller,
        MfaDevice {
            user_id: None,
            enabled_s: None,
            ..MfaDevice::clone(held)
        },
    ))
}

fn delete_virtual_mfa_device(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeleteVirtualMFADeviceRequest,
) -> Result<Change, ApiError> {
    let held = device(cx, &caller.account, &input.serial_number)?;
    if held.user_id.is_some() {
        return Err(ApiError::DeleteConflict(
            "MFA VirtualDevice in use. Must deactivate first.",
        ));
    }
    let key = Key::MfaDevice(format!("{}{}", held.path, held.name).to_ascii_lowercase());
    Ok(names::change(&caller.account, vec![], vec![key]))
}

/// The marker's place of a device among others.
fn place(device: &MfaDevice) -> String {
    format!("{}{}", device.path, device.name).to_ascii_lowercase()
}

fn list_mfa_devices(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListMFADevicesRequest,
) -> Result<(ListMFADevicesResponse, Change), ApiError> {
    let account = &caller.account;
    // No device is assigned to the root user.
    let user = match (&input.user_name, caller.is_root()) {
        (None, true) => None,
        (name, _) => Some(entities::user(
            account,
            named_or_caller(caller, name.as_deref())?,
        )?),
    };
    let owner = user.map_or("root", |user| &user.id);
    let binding = format!("ListMFADevices {} {owner}", account.id);
    let after = page::after(&binding, input.marker.as_deref())?;
    let devices = account.mfa_devices_of(owner).into_iter();
    let rest = devices
        .map(|device| (place(device), device))
        .filter(|(place, _)| *place > after);
    let page = page::take(
        &binding,
        rest,
        input.max_items,
        |(place, _)| place,
        |(_, device)| {
            Ok(iam::MFADevice {
                enable_date: Timestamp(device.enabled_s.unwrap_or(device.created_s)),
                serial_number: mfa::serial_of(cx, account, device),
                user_name: user.map_or_else(String::new, |user| user.name.clone()),
            })
        },
    )?;
    let output = ListMFADevicesResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        mfa_devices: page.items,
    };
    Ok((output, Change::default()))
}

fn list_virtual_mfa_devices(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListVirtualMFADevicesRequest,
) -> Result<(ListVirtualMFADevicesResponse, Change), ApiError> {
    let account = &caller.account;
    let status = input.assignment_status.as_deref().unwrap_or("Any");
    let binding = format!("ListVirtualMFADevices {} {status}", account.id);
    let after = page::after(&binding, input.marker.as_deref())?;
    let wanted = |device: &MfaDevice| match status {
        "Assigned" => device.user_id.is_some(),
        "Unassigned" => device.user_id.is_none(),
        _ => true,
    };
    let devices = account.mfa_devices().after(&after);
    let rest = devices
        .filter(|device| wanted(device))
        .map(|device| (place(device), device));
    let page = page::take(
        &binding,
        rest,
        input.max_items,
        |(place, _)| place,
        |(_, device)| {
            let user = device.user_id.as_deref();
            let user = user.and_then(|id| account.user_by_id(id));
            Ok(iam::VirtualMFADevice {
                enable_date: device.enabled_s.map(Timestamp),
                serial_number: mfa::serial_of(cx, account, device),
                user: user.map(|user| listed(cx, account.id, user)),
                ..iam::VirtualMFADevice::default()
            })
        },
    )?;
    let output = ListVirtualMFADevicesResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        virtual_mfa_devices: page.items,
    };
    Ok((output, Change::default()))
}

fn get_mfa_device(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetMFADeviceRequest,
) -> Result<(GetMFADeviceResponse, Change), ApiError> {
    let account = &caller.account;
    if input.user_name.is_none() && caller.is_root() {
        return Err(not_found(&input.serial_number));
    }
    let user = entities::user(
        account,
        named_or_caller(caller, input.user_name.as_deref())?,
    )?;
    let held = device_of(cx, account, user, &input.serial_number)?;
    let output = GetMFADeviceResponse {
        certifications: None,
        enable_date: held.enabled_s.map(Timestamp),
        serial_number: input.serial_number,
        user_name: Some(user.name.clone()),
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "CreateVirtualMFADevice" Write, needs_create, create_virtual_mfa_device),
    silent!(Iam "iam" "EnableMFADevice" Write,
        |cx, _, caller, input| Ok(on_user(cx, caller, &input.user_name)
            .telling(input.serial_number.as_str())), enable_mfa_device),
    silent!(Iam "iam" "ResyncMFADevice" Write,
        |cx, _, caller, input| Ok(on_user(cx, caller, &input.user_name)
            .telling(input.serial_number.as_str())), resync_mfa_device),
    silent!(Iam "iam" "DeactivateMFADevice" Write,
        |cx, _, caller, input| Ok(on_own_or_named(cx, caller, input.user_name.as_deref())?
            .telling(input.serial_number.as_str())),
        deactivate_mfa_device),
    silent!(Iam "iam" "DeleteVirtualMFADevice" Write,
        |cx, _, caller, input| Ok(on_device(cx, caller, &input.serial_number)),
        delete_virtual_mfa_device),
    answering!(Iam "iam" "ListMFADevices" Read,
        |cx, _, caller, input| on_own_or_named(cx, caller, input.user_name.as_deref()),
        list_mfa_devices),
    answering!(Iam "iam" "ListVirtualMFADevices" Read, names::everywhere, list_virtual_mfa_devices),
    answering!(Iam "iam" "GetMFADevice" Read,
        |cx, _, caller, input| on_own_or_named(cx, caller, input.user_name.as_deref()),
        get_mfa_device),
];
