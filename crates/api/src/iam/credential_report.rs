//! The credential report: a CSV file of all users and what they sign in and sign with, made on request and kept.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use locum_store::{
    AccessKey, Account, Change, CredentialStatus, Key, KeyStatus, Record, ReportPart,
    SigningCertificate, User,
};
use locum_wire::iam::{self, GenerateCredentialReportResponse, GetCredentialReportResponse};
use locum_wire::{Empty, Timestamp};
use std::sync::Arc;

use super::names;
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::entities;
use crate::error::ApiError;
use crate::limits;
use crate::operation::{Operation, answering};
use crate::snapshot::Snapshot;

/// The columns, in AWS's order.
const COLUMNS: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";
const DAY_S: i64 = 86_400;
const NOT_APPLICABLE: &str = "N/A";
const NOT_SUPPORTED: &str = "not_supported";
/// A password that was never used.
const NO_INFORMATION: &str = "no_information";

/// One line, its fields quoted where they must be.
#[derive(Default)]
struct Line(String);

impl Line {
    fn field(&mut self, text: &str) {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        // Names and paths may hold commas and quotes.
        if text.contains([',', '"', '\n', '\r']) {
            self.0.push('"');
            self.0.push_str(&text.replace('"', "\"\""));
            self.0.push('"');
        } else {
            self.0.push_str(text);
        }
    }

    fn flag(&mut self, flag: bool) {
        self.field(if flag { "true" } else { "false" });
    }

    fn time(&mut self, time_s: Option<i64>) {
        match time_s {
            Some(time_s) => self.field(&moment(time_s)),
            None => self.field(NOT_APPLICABLE),
        }
    }
}

/// `2026-01-01T00:00:00+00:00`.
fn moment(time_s: i64) -> String {
    let text = Timestamp(time_s).to_string();
    let plain = text.strip_suffix('Z').unwrap_or(&text);
    format!("{plain}+00:00")
}

fn keys(cx: &Cx<'_>, account: &Account, mut keys: Vec<&Arc<AccessKey>>, line: &mut Line) {
    keys.sort_by(|a, b| (a.created_s, &a.id).cmp(&(b.created_s, &b.id)));
    let mut keys = keys.into_iter();
    for _ in 0..2 {
        let Some(key) = keys.next() else {
            line.flag(false);
            (0..4).for_each(|_| line.field(NOT_APPLICABLE));
            continue;
        };
        line.flag(key.status == KeyStatus::Active);
        line.field(&moment(key.created_s));
        match cx.last_uses.of(account, &key.id) {
            Some(last) => {
                line.field(&moment(last.time_s));
                line.field(&last.region);
                line.field(&last.service);
            }
            None => (0..3).for_each(|_| line.field(NOT_APPLICABLE)),
        }
    }
}

fn certificates(mut held: Vec<&Arc<SigningCertificate>>, line: &mut Line) {
    held.sort_by(|a, b| (a.uploaded_s, &a.id).cmp(&(b.uploaded_s, &b.id)));
    let mut held = held.into_iter();
    for _ in 0..2 {
        let held = held.next();
        line.flag(held.is_some_and(|held| held.status == CredentialStatus::Active));
        line.time(held.map(|held| held.uploaded_s));
    }
}

fn root(cx: &Cx<'_>, account: &Account) -> String {
    let mut line = Line::default();
    line.field("<root_account>");
    let partition = &cx.settings.partition;
    line.field(&format!("arn:{partition}:iam::{}:root", account.id));
    line.field(&moment(account.meta.created_s));
    line.field(NOT_SUPPORTED);
    match account.meta.root.password_last_used_s {
        Some(time_s) => line.field(&moment(time_s)),
        None => line.field(NO_INFORMATION),
    }
    line.field(NOT_SUPPORTED);
    line.field(NOT_SUPPORTED);
    // No MFA device can be assigned to root.
    line.flag(false);
    keys(cx, account, account.root_access_keys(), &mut line);
    certificates(account.signing_certificates_of(None), &mut line);
    line.0
}

fn row(cx: &Cx<'_>, account: &Account, user: &User) -> String {
    let mut line = Line::default();
    line.field(&user.name);
    line.field(&entities::user_arn(cx, account.id, user));
    line.field(&moment(user.created_s));
    let profile = account.login_profile(&user.id);
    line.flag(profile.is_some());
    match (user.password_last_used_s, profile) {
        (Some(time_s), _) => line.field(&moment(time_s)),
        (None, Some(_)) => line.field(NO_INFORMATION),
        (None, None) => line.field(NOT_APPLICABLE),
    }
    let changed_s = profile.map(|profile| profile.changed_s);
    line.time(changed_s);
    let rules = account.meta.password_policy;
    let days = rules.and_then(|rules| rules.age_days_max).map(i64::from);
    line.time(
        changed_s
            .zip(days)
            .map(|(changed_s, days)| changed_s + days * DAY_S),
    );
    line.flag(!account.mfa_devices_of(&user.id).is_empty());
    keys(cx, account, account.access_keys_of(&user.id), &mut line);
    let signing = account.signing_certificates_of(Some(&user.id));
    certificates(signing, &mut line);
    line.0
}

/// The whole file, packed: a line at a time, so that only the packed one is held.
fn packed(cx: &Cx<'_>, account: &Account) -> Result<Vec<u8>, ApiError> {
    let failed = |error: std::io::Error| ApiError::Internal(format!("report: {error}"));
    let mut file = GzEncoder::new(Vec::new(), Compression::fast());
    file.write_all(COLUMNS.as_bytes()).map_err(failed)?;
    let users = account.users().iter().map(|user| row(cx, account, user));
    for line in std::iter::once(root(cx, account)).chain(users) {
        file.write_all(b"\n").map_err(failed)?;
        file.write_all(line.as_bytes()).map_err(failed)?;
    }
    file.finish().map_err(failed)
}

/// When the report that is kept was made, if one is.
fn made_s(account: &Account) -> Option<i64> {
    let first = account.credential_report().iter().next()?;
    Some(first.generated_s)
}

/// A report is good for four hours; until then no other is made.
fn is_current(made_s: i64, now_s: i64) -> bool {
    now_s < made_s.saturating_add(limits::CREDENTIAL_REPORT_S_MAX)
}

fn generate_credential_report(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    _: Empty,
) -> Result<(GenerateCredentialReportResponse, Change), ApiError> {
    let account = &caller.account;
    let held = made_s(account);
    if held.is_some_and(|made_s| is_current(made_s, cx.now_s)) {
        let output = GenerateCredentialReportResponse {
            description: None,
            state: Some("COMPLETE".to_owned()),
        };
        return Ok((output, Change::default()));
    }
    let file = packed(cx, account)?;
    let parts = file.chunks(limits::CREDENTIAL_REPORT_PART_BYTES_MAX);
    let puts: Vec<Record> = (0u32..)
        .zip(parts)
        .map(|(number, part)| {
            Record::ReportPart(ReportPart {
                number,
                generated_s: cx.now_s,
                bytes: part.to_vec(),
            })
        })
        .collect();
    let count = u32::try_from(puts.len()).unwrap_or(u32::MAX);
    let held_parts = account.credential_report();
    let surplus = held_parts.iter().filter(|part| part.number >= count);
    let deletes = surplus.map(|part| Key::ReportPart(part.number)).collect();
    let output = GenerateCredentialReportResponse {
        description: held
            .is_none()
            .then(|| "No report exists. Starting a new report generation task".to_owned()),
        state: Some("STARTED".to_owned()),
    };
    Ok((output, names::change(account, puts, deletes)))
}

fn get_credential_report(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    _: Empty,
) -> Result<(GetCredentialReportResponse, Change), ApiError> {
    let account = &caller.account;
    let made_s = made_s(account)
        .ok_or_else(|| ApiError::modelled(&iam::errors::CREDENTIAL_REPORT_NOT_PRESENT, ""))?;
    if !is_current(made_s, cx.now_s) {
        return Err(ApiError::modelled(
            &iam::errors::CREDENTIAL_REPORT_EXPIRED,
            "The most recent credential report has expired. Generate a new one.",
        ));
    }
    let parts = account.credential_report().iter();
    let file: Vec<u8> = parts.flat_map(|part| part.bytes.iter().copied()).collect();
    let mut content = Vec::new();
    GzDecoder::new(file.as_slice())
        .take(limits::CREDENTIAL_REPORT_BYTES_MAX)
        .read_to_end(&mut content)
        .map_err(|error| ApiError::Internal(format!("report: {error}")))?;
    let output = GetCredentialReportResponse {
        content: Some(content),
        generated_time: Some(Timestamp(made_s)),
        report_format: Some("text/csv".to_owned()),
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "GenerateCredentialReport" Read,
        names::everywhere, generate_credential_report),
    answering!(Iam "iam" "GetCredentialReport" Read, names::everywhere, get_credential_report),
];
