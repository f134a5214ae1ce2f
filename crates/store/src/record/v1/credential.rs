//! Version 1 of the records of credentials: passwords, devices, keys, certificates, and their use.

use super::read::{Parts, form, parts, tags_in, unseal};
use super::{Pair, Text, json, tags_out, text};
use crate::change::Record;
use crate::engine::RecordError;
use crate::entity::{
    CredentialStatus, Failures, LastUse, LoginProfile, MfaDevice, PasswordPolicy, ReportPart,
    ServerCertificate, ServiceCredential, SigningCertificate, SshPublicKey,
};
use crate::record::{Context, EncodeError, Kind, Links, Stored};
use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LoginProfileV1<'a> {
    created: i64,
    changed: i64,
    reset_required: bool,
    salt: Text<'a>,
    sealed_hashes: Vec<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failures: Option<FailuresV1>,
}

/// How many in a row, and when the last one was.
type FailuresV1 = (u32, i64);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MfaDeviceV1<'a> {
    name: Text<'a>,
    path: Text<'a>,
    sealed_seed: Text<'a>,
    created: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    enabled: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Pair<'a>>,
    #[serde(default)]
    drift: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_step: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failures: Option<FailuresV1>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SshPublicKeyV1<'a> {
    id: Text<'a>,
    spki: Text<'a>,
    active: bool,
    uploaded: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SigningCertificateV1<'a> {
    id: Text<'a>,
    body: Text<'a>,
    active: bool,
    uploaded: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerCertificateV1<'a> {
    name: Text<'a>,
    path: Text<'a>,
    body: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chain: Option<Text<'a>>,
    sealed_key: Text<'a>,
    uploaded: i64,
    expires: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Pair<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceCredentialV1<'a> {
    id: Text<'a>,
    service: Text<'a>,
    service_user_name: Text<'a>,
    sealed_secret: Text<'a>,
    active: bool,
    created: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LastUseV1<'a> {
    time: i64,
    service: Text<'a>,
    region: Text<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportPartV1<'a> {
    number: u32,
    generated: i64,
    bytes: Text<'a>,
}

/// An account's rules for passwords, within the account's own record.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordPolicyV1 {
    length_min: u32,
    lowercase: bool,
    uppercase: bool,
    numbers: bool,
    symbols: bool,
    users_change: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    age_days_max: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reuse_prevention: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hard_expiry: Option<bool>,
}

impl From<&PasswordPolicy> for PasswordPolicyV1 {
    fn from(policy: &PasswordPolicy) -> PasswordPolicyV1 {
        PasswordPolicyV1 {
            length_min: policy.length_min,
            lowercase: policy.require_lowercase,
            uppercase: policy.require_uppercase,
            numbers: policy.require_numbers,
            symbols: policy.require_symbols,
            users_change: policy.allow_users_to_change,
            age_days_max: policy.age_days_max,
            reuse_prevention: policy.reuse_prevention,
            hard_expiry: policy.hard_expiry,
        }
    }
}

impl From<PasswordPolicyV1> for PasswordPolicy {
    fn from(policy: PasswordPolicyV1) -> PasswordPolicy {
        PasswordPolicy {
            length_min: policy.length_min,
            require_lowercase: policy.lowercase,
            require_uppercase: policy.uppercase,
            require_numbers: policy.numbers,
            require_symbols: policy.symbols,
            allow_users_to_change: policy.users_change,
            age_days_max: policy.age_days_max,
            reuse_prevention: policy.reuse_prevention,
            hard_expiry: policy.hard_expiry,
        }
    }
}

/// Seals a secret of a kind for the record's place.
type Seal<'a> = dyn Fn(Kind, &Secret) -> Result<String, EncodeError> + 'a;

fn failures_out(failures: Failures) -> Option<FailuresV1> {
    (failures != Failures::default()).then_some((failures.count, failures.last_s))
}

fn failures_in(failures: Option<FailuresV1>) -> Failures {
    let (count, last_s) = failures.unwrap_or_default();
    Failures { count, last_s }
}

fn status_in(active: bool) -> CredentialStatus {
    if active {
        CredentialStatus::Active
    } else {
        CredentialStatus::Inactive
    }
}

fn is_active(status: CredentialStatus) -> bool {
    status == CredentialStatus::Active
}

fn bytes_out(bytes: &[u8]) -> Text<'static> {
    Cow::Owned(STANDARD_NO_PAD.encode(bytes))
}

fn bytes_in(text: &str, key: &str, context: &Context) -> Result<Vec<u8>, RecordError> {
    let decoded = STANDARD_NO_PAD.decode(text);
    decoded.map_err(|_| form(key, context, &"bytes that are not base 64"))
}

/// Appends the JSON of a credential's record, or of what principals last did; `None` when it is a record of
/// another kind.
pub(super) fn write(
    record: &Record,
    seal: &Seal<'_>,
    out: &mut Vec<u8>,
) -> Option<Result<(), EncodeError>> {
    Some(match record {
        Record::LoginProfile(profile) => login_profile(profile, seal, out),
        Record::MfaDevice(device) => mfa_device(device, seal, out),
        Record::ServerCertificate(certificate) => server_certificate(certificate, seal, out),
        Record::ServiceCredential(credential) => service_credential(credential, seal, out),
        Record::SshPublicKey(key) => json(
            &SshPublicKeyV1 {
                id: text(&key.id),
                spki: bytes_out(&key.spki),
                active: is_active(key.status),
                uploaded: key.uploaded_s,
            },
            out,
        ),
        Record::SigningCertificate(certificate) => json(
            &SigningCertificateV1 {
                id: text(&certificate.id),
                body: text(&certificate.body),
                active: is_active(certificate.status),
                uploaded: certificate.uploaded_s,
            },
            out,
        ),
        Record::LastUse(last) => json(
            &LastUseV1 {
                time: last.time_s,
                service: text(&last.service),
                region: text(&last.region),
            },
            out,
        ),
        Record::ReportPart(part) => json(
            &ReportPartV1 {
                number: part.number,
                generated: part.generated_s,
                bytes: bytes_out(&part.bytes),
            },
            out,
        ),
        other => return super::access::write(other, out),
    })
}

fn login_profile(
    profile: &LoginProfile,
    seal: &Seal<'_>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let hashes = profile.hashes.iter();
    let hashes = hashes.map(|hash| seal(Kind::LoginProfile, hash).map(Cow::Owned));
    let body = LoginProfileV1 {
        created: profile.created_s,
        changed: profile.changed_s,
        reset_required: profile.reset_required,
        salt: bytes_out(&profile.salt),
        sealed_hashes: hashes.collect::<Result<_, _>>()?,
        failures: failures_out(profile.failures),
    };
    json(&body, out)
}

fn mfa_device(device: &MfaDevice, seal: &Seal<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let body = MfaDeviceV1 {
        name: text(&device.name),
        path: text(&device.path),
        sealed_seed: seal(Kind::MfaDevice, &device.seed)?.into(),
        created: device.created_s,
        enabled: device.enabled_s,
        tags: tags_out(&device.tags),
        drift: device.drift_steps,
        last_step: device.last_step,
        failures: failures_out(device.failures),
    };
    json(&body, out)
}

fn server_certificate(
    certificate: &ServerCertificate,
    seal: &Seal<'_>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let body = ServerCertificateV1 {
        name: text(&certificate.name),
        path: text(&certificate.path),
        body: text(&certificate.body),
        chain: certificate.chain.as_deref().map(text),
        sealed_key: seal(Kind::ServerCertificate, &certificate.private_key)?.into(),
        uploaded: certificate.uploaded_s,
        expires: certificate.expires_s,
        tags: tags_out(&certificate.tags),
    };
    json(&body, out)
}

fn service_credential(
    credential: &ServiceCredential,
    seal: &Seal<'_>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let body = ServiceCredentialV1 {
        id: text(&credential.id),
        service: text(&credential.service),
        service_user_name: text(&credential.service_user_name),
        sealed_secret: seal(Kind::ServiceCredential, &credential.secret)?.into(),
        active: is_active(credential.status),
        created: credential.created_s,
        expires: credential.expires_s,
    };
    json(&body, out)
}

/// Links of a record that belongs to `id` and names nothing else.
fn of(id: &str) -> Links<'_> {
    Links {
        id,
        names: Vec::new(),
    }
}

impl Stored for LoginProfile {
    fn links(&self) -> Links<'_> {
        of(&self.user_id)
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<LoginProfile, RecordError> {
        let Parts { body, id, .. } = parts::<LoginProfileV1<'_>>(raw, key, context)?;
        let hashes = body.sealed_hashes.iter();
        let hashes = hashes.map(|sealed| unseal(Kind::LoginProfile, sealed, key, context));
        Ok(LoginProfile {
            user_id: id.to_owned(),
            created_s: body.created,
            changed_s: body.changed,
            reset_required: body.reset_required,
            salt: bytes_in(&body.salt, key, context)?,
            hashes: hashes.collect::<Result<_, _>>()?,
            failures: failures_in(body.failures),
        })
    }
}

impl Stored for MfaDevice {
    fn links(&self) -> Links<'_> {
        of(self.user_id.as_deref().unwrap_or_default())
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<MfaDevice, RecordError> {
        let Parts { body, id, .. } = parts::<MfaDeviceV1<'_>>(raw, key, context)?;
        Ok(MfaDevice {
            name: body.name.into_owned(),
            path: body.path.into_owned(),
            user_id: Some(id.to_owned()).filter(|id| !id.is_empty()),
            seed: unseal(Kind::MfaDevice, &body.sealed_seed, key, context)?,
            created_s: body.created,
            enabled_s: body.enabled,
            tags: tags_in(body.tags),
            drift_steps: body.drift,
            last_step: body.last_step,
            failures: failures_in(body.failures),
        })
    }
}

impl Stored for SshPublicKey {
    fn links(&self) -> Links<'_> {
        of(&self.user_id)
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<SshPublicKey, RecordError> {
        let Parts { body, id, .. } = parts::<SshPublicKeyV1<'_>>(raw, key, context)?;
        Ok(SshPublicKey {
            user_id: id.to_owned(),
            spki: bytes_in(&body.spki, key, context)?,
            id: body.id.into_owned(),
            status: status_in(body.active),
            uploaded_s: body.uploaded,
        })
    }
}

impl Stored for SigningCertificate {
    fn links(&self) -> Links<'_> {
        of(self.user_id.as_deref().unwrap_or_default())
    }
    fn decode(
        raw: &Bytes,
        key: &str,
        context: &Context,
    ) -> Result<SigningCertificate, RecordError> {
        let Parts { body, id, .. } = parts::<SigningCertificateV1<'_>>(raw, key, context)?;
        Ok(SigningCertificate {
            user_id: Some(id.to_owned()).filter(|id| !id.is_empty()),
            id: body.id.into_owned(),
            body: body.body.into_owned(),
            status: status_in(body.active),
            uploaded_s: body.uploaded,
        })
    }
}

impl Stored for ServerCertificate {
    fn links(&self) -> Links<'_> {
        of(&self.id)
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<ServerCertificate, RecordError> {
        let Parts { body, id, .. } = parts::<ServerCertificateV1<'_>>(raw, key, context)?;
        Ok(ServerCertificate {
            name: body.name.into_owned(),
            path: body.path.into_owned(),
            id: id.to_owned(),
            body: body.body.into_owned(),
            chain: body.chain.map(Cow::into_owned),
            private_key: unseal(Kind::ServerCertificate, &body.sealed_key, key, context)?,
            uploaded_s: body.uploaded,
            expires_s: body.expires,
            tags: tags_in(body.tags),
        })
    }
}

impl Stored for ServiceCredential {
    fn links(&self) -> Links<'_> {
        of(&self.user_id)
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<ServiceCredential, RecordError> {
        let Parts { body, id, .. } = parts::<ServiceCredentialV1<'_>>(raw, key, context)?;
        Ok(ServiceCredential {
            user_id: id.to_owned(),
            id: body.id.into_owned(),
            service: body.service.into_owned(),
            service_user_name: body.service_user_name.into_owned(),
            secret: unseal(Kind::ServiceCredential, &body.sealed_secret, key, context)?,
            status: status_in(body.active),
            created_s: body.created,
            expires_s: body.expires,
        })
    }
}

impl Stored for LastUse {
    fn links(&self) -> Links<'_> {
        of(&self.id)
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<LastUse, RecordError> {
        let Parts { body, id, .. } = parts::<LastUseV1<'_>>(raw, key, context)?;
        Ok(LastUse {
            id: id.to_owned(),
            time_s: body.time,
            service: body.service.into_owned(),
            region: body.region.into_owned(),
        })
    }
}

impl Stored for ReportPart {
    fn links(&self) -> Links<'_> {
        of("")
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<ReportPart, RecordError> {
        let body = parts::<ReportPartV1<'_>>(raw, key, context)?.body;
        Ok(ReportPart {
            number: body.number,
            generated_s: body.generated,
            bytes: bytes_in(&body.bytes, key, context)?,
        })
    }
}
