//! Multi-factor authentication of a call: the caller's own device, its codes good once, wrong ones counted.

use std::sync::Arc;

use locum_policy::Arn;
use locum_store::{Account, Failures, MfaDevice, Record};

use crate::caller::{Caller, Identity};
use crate::cx::Cx;
use crate::entities;
use crate::error::ApiError;
use crate::iam::change;
use crate::limits;
use crate::totp;

/// `arn:aws:iam::A:mfa/path/name`.
pub(crate) fn serial_of(cx: &Cx<'_>, account: &Account, device: &MfaDevice) -> String {
    entities::arn(cx, account.id, "mfa", &device.path, &device.name)
}

/// The device of `account` with this serial number, spelled exactly.
pub(crate) fn device<'a>(
    cx: &Cx<'_>,
    account: &'a Account,
    serial: &str,
) -> Option<&'a Arc<MfaDevice>> {
    let resource = Arn::parse(serial)?.resource;
    let device = account.mfa_devices().get(resource.strip_prefix("mfa")?)?;
    (serial_of(cx, account, device) == serial).then_some(device)
}

/// Whether too many wrong codes came in a row for another one to be looked at now.
pub(crate) fn is_locked(failures: Failures, now_s: i64) -> bool {
    failures.count >= limits::FAILURES_IN_A_ROW_MAX
        && now_s < failures.last_s.saturating_add(limits::FAILURES_LOCK_S)
}

/// One failure more.
pub(crate) fn counted(failures: Failures, now_s: i64) -> Failures {
    Failures {
        count: failures.count.saturating_add(1),
        last_s: now_s,
    }
}

/// The device after two codes of it, one following the other; `None` when they are not.
pub(crate) fn synchronised(device: &MfaDevice, now_s: i64, codes: [&str; 2]) -> Option<MfaDevice> {
    let now = totp::step_at(now_s);
    let far = limits::MFA_SYNC_STEPS_MAX;
    let step = totp::find(device.seed.expose(), &codes, now - far..=now + far)?;
    // Both must be new, the first one too.
    if device.last_step.is_some_and(|last| step - 1 <= last) {
        return None;
    }
    Some(MfaDevice {
        drift_steps: step - now,
        last_step: Some(step),
        failures: Failures::default(),
        ..device.clone()
    })
}

/// What a refusal of AWS's says, by what was wrong.
const BOTH: &str =
    "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.";
const SERIAL: &str = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.";
const CODE: &str = "MultiFactorAuthentication failed with invalid MFA one time pass code.";

/// Checks the MFA parameters of a call. The device as it is once its code was used, which the call's
/// change must put; `None` when the caller passed none.
///
/// # Errors
/// `AccessDenied` with AWS's sentences. A wrong code is counted on the device; past the limit none is
/// looked at for a while.
pub(crate) fn authenticate(
    cx: &Cx<'_>,
    caller: &Caller,
    serial: Option<&str>,
    code: Option<&str>,
) -> Result<Option<MfaDevice>, ApiError> {
    let (serial, code) = match (serial, code) {
        (None, None) => return Ok(None),
        (Some(serial), Some(code)) => (serial, code),
        _ => return Err(ApiError::Forbidden(BOTH.into())),
    };
    let owned = match &caller.identity {
        Identity::User(user) => device(cx, &caller.account, serial)
            .filter(|device| device.user_id.as_deref() == Some(user.id.as_str())),
        Identity::Root | Identity::RoleSession(_) => None,
    };
    let device = owned.ok_or_else(|| ApiError::Forbidden(SERIAL.into()))?;
    if is_locked(device.failures, cx.now_s) {
        return Err(ApiError::Forbidden(CODE.into()));
    }
    let now = totp::step_at(cx.now_s) + device.drift_steps;
    let near = limits::MFA_DRIFT_STEPS_MAX;
    let step = totp::find(device.seed.expose(), &[code], now - near..=now + near);
    let unused = step.filter(|step| device.last_step.is_none_or(|last| last < *step));
    match unused {
        Some(step) => Ok(Some(MfaDevice {
            last_step: Some(step),
            failures: Failures::default(),
            ..MfaDevice::clone(device)
        })),
        None => {
            let refused = ApiError::Forbidden(CODE.into());
            Err(wrong_code(caller, device, cx.now_s, refused))
        }
    }
}

/// A refusal that counts a wrong code on the device.
pub(crate) fn wrong_code(
    caller: &Caller,
    device: &MfaDevice,
    now_s: i64,
    error: ApiError,
) -> ApiError {
    let device = MfaDevice {
        failures: counted(device.failures, now_s),
        ..device.clone()
    };
    ApiError::Counted {
        error: Box::new(error),
        change: Box::new(change(
            &caller.account,
            vec![Record::MfaDevice(device)],
            vec![],
        )),
    }
}
