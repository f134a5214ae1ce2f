//! The credential report: every column, the root row, its states, and that it is of the moment it was made.

use locum_wire::Empty;
use locum_wire::iam::{
    GenerateCredentialReportResponse, GetAccountSummaryResponse, GetCredentialReportResponse,
};

use crate::authentication::who;
use crate::common::{Keys, Lab, REGION, Refused, START_S, check};
use crate::material::{encoded, server};
use crate::totp::Device;

fn generate(lab: &Lab) -> (Option<String>, Option<String>) {
    let output: GenerateCredentialReportResponse = lab
        .iam(&lab.admin, "GenerateCredentialReport", &Empty {})
        .expect("GenerateCredentialReport");
    (output.state, output.description)
}

fn report(lab: &Lab) -> Result<(i64, Vec<Vec<String>>), Refused> {
    let output: GetCredentialReportResponse =
        lab.iam(&lab.admin, "GetCredentialReport", &Empty {})?;
    assert_eq!(output.report_format.as_deref(), Some("text/csv"));
    let text = String::from_utf8(output.content.expect("a file")).expect("text");
    let lines = text.lines();
    let rows = lines.map(|line| line.split(',').map(str::to_owned).collect());
    Ok((output.generated_time.expect("a time").0, rows.collect()))
}

/// The fields of `rows` for `user`, each with its column.
fn fields(rows: &[Vec<String>], user: &str) -> Vec<(String, String)> {
    let row = rows.iter().find(|row| row[0] == user).expect(user);
    assert_eq!(row.len(), rows[0].len(), "{row:?}");
    rows[0].iter().cloned().zip(row.iter().cloned()).collect()
}

fn expect(rows: &[Vec<String>], user: &str, expected: &[(&str, &str)]) {
    let fields = fields(rows, user);
    for (column, value) in expected {
        let held = fields.iter().find(|(name, _)| name == column);
        assert_eq!(held.expect(column).1, *value, "{user} {column}");
    }
}

const COLUMNS: [&str; 22] = [
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_1_last_used_region",
    "access_key_1_last_used_service",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
    "access_key_2_last_used_region",
    "access_key_2_last_used_service",
    "cert_1_active",
    "cert_1_last_rotated",
    "cert_2_active",
    "cert_2_last_rotated",
];

/// Alice with one of everything, and two keys of which the first was used.
fn equipped(lab: &Lab) -> (Keys, Keys) {
    lab.user(&lab.admin, "bare");
    let alice = lab.user_with(&lab.admin, "alice", "");
    let second = lab.access_key(&lab.admin, "alice");
    lab.ask(&format!(
        "Action=UpdateAccessKey&UserName=alice&AccessKeyId={}&Status=Inactive",
        second.id
    ))
    .expect("UpdateAccessKey");
    who(lab, &alice).expect("GetCallerIdentity");
    lab.ask("Action=UpdateAccountPasswordPolicy&MaxPasswordAge=90")
        .expect("UpdateAccountPasswordPolicy");
    lab.ask("Action=CreateLoginProfile&UserName=alice&Password=First-Horse-1")
        .expect("CreateLoginProfile");
    lab.ask(&format!(
        "Action=UploadSigningCertificate&UserName=alice&CertificateBody={}",
        encoded(&server("alice").certificate)
    ))
    .expect("UploadSigningCertificate");
    Device::of(lab, "alice");
    (alice, second)
}

#[test]
fn every_column_tells_what_is_there() {
    let lab = Lab::new();
    let (alice, second) = equipped(&lab);
    assert_eq!(generate(&lab).0.as_deref(), Some("STARTED"));
    let (made_s, rows) = report(&lab).expect("GetCredentialReport");
    assert_eq!(made_s, START_S + 60);
    assert_eq!(rows[0], COLUMNS);
    assert_eq!(rows[1][0], "<root_account>");
    let names: Vec<_> = rows[2..].iter().map(|row| &*row[0]).collect();
    assert_eq!(names, ["admin", "alice", "bare"]);
    let start = "2026-03-01T12:00:00+00:00";
    expect(
        &rows,
        "<root_account>",
        &[
            ("arn", &format!("arn:aws:iam::{}:root", lab.account)),
            ("user_creation_time", start),
            ("password_enabled", "not_supported"),
            ("password_last_used", "no_information"),
            ("password_last_changed", "not_supported"),
            ("password_next_rotation", "not_supported"),
            ("mfa_active", "false"),
            ("access_key_1_active", "false"),
            ("access_key_1_last_rotated", "N/A"),
            ("cert_1_active", "false"),
            ("cert_1_last_rotated", "N/A"),
        ],
    );
    expect(
        &rows,
        "alice",
        &[
            ("arn", &format!("arn:aws:iam::{}:user/alice", lab.account)),
            ("user_creation_time", start),
            ("password_enabled", "true"),
            ("password_last_used", "no_information"),
            ("password_last_changed", start),
            ("password_next_rotation", "2026-05-30T12:00:00+00:00"),
            ("mfa_active", "true"),
            ("access_key_1_last_rotated", start),
            ("access_key_2_last_rotated", start),
            ("cert_1_active", "true"),
            ("cert_1_last_rotated", start),
            ("cert_2_active", "false"),
            ("cert_2_last_rotated", "N/A"),
        ],
    );
    let bare = [("password_enabled", "false"), ("password_last_used", "N/A")];
    expect(&rows, "bare", &bare);
    expect(
        &rows,
        "bare",
        &[("mfa_active", "false"), ("access_key_1_active", "false")],
    );
    keys_are_told(&rows, &alice, &second);
}

/// Both keys are as old as each other, so their ids decide which is the first.
fn keys_are_told(rows: &[Vec<String>], alice: &Keys, second: &Keys) {
    let start = "2026-03-01T12:00:00+00:00";
    let (used, unused) = if alice.id < second.id { (1, 2) } else { (2, 1) };
    expect(
        rows,
        "alice",
        &[
            (&format!("access_key_{used}_active"), "true"),
            (&format!("access_key_{used}_last_used_date"), start),
            (&format!("access_key_{used}_last_used_region"), REGION),
            (&format!("access_key_{used}_last_used_service"), "sts"),
            (&format!("access_key_{unused}_active"), "false"),
            (&format!("access_key_{unused}_last_used_date"), "N/A"),
            (&format!("access_key_{unused}_last_used_service"), "N/A"),
        ],
    );
}

#[test]
fn a_report_is_of_the_moment_it_was_made_and_good_for_four_hours() {
    let lab = Lab::new();
    check(report(&lab), 410, "ReportNotPresent", "");
    let (state, description) = generate(&lab);
    assert_eq!(state.as_deref(), Some("STARTED"));
    assert!(description.is_some_and(|text| text.starts_with("No report exists.")));
    assert_eq!(generate(&lab).0.as_deref(), Some("COMPLETE"));
    lab.user(&lab.admin, "later");
    assert_eq!(report(&lab).expect("GetCredentialReport").1.len(), 3);
    lab.pass(4 * 3_600 - 1);
    assert_eq!(generate(&lab).0.as_deref(), Some("COMPLETE"));
    assert_eq!(report(&lab).expect("GetCredentialReport").0, START_S);
    lab.pass(1);
    let expired = "The most recent credential report has expired. Generate a new one.";
    check(report(&lab), 410, "ReportExpired", expired);
    assert_eq!(generate(&lab), (Some("STARTED".to_owned()), None));
    let (made_s, rows) = report(&lab).expect("GetCredentialReport");
    assert_eq!((made_s, rows.len()), (START_S + 4 * 3_600, 4));
}

#[test]
fn names_that_csv_would_take_apart_are_quoted() {
    let lab = Lab::new();
    lab.user(&lab.admin, "a,b=c");
    generate(&lab);
    let output: GetCredentialReportResponse = lab
        .iam(&lab.admin, "GetCredentialReport", &Empty {})
        .expect("GetCredentialReport");
    let text = String::from_utf8(output.content.expect("a file")).expect("text");
    let arn = format!("\"arn:aws:iam::{}:user/a,b=c\"", lab.account);
    assert!(text.contains(&format!("\n\"a,b=c\",{arn},")), "{text}");
}

#[test]
fn the_summary_counts_devices_and_certificates() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    Device::of(&lab, "alice");
    Device::new(&lab, &lab.admin, "spare");
    let made = server("www.example.test");
    lab.ask(&format!(
        "Action=UploadServerCertificate&ServerCertificateName=web&CertificateBody={}&PrivateKey={}",
        encoded(&made.certificate),
        encoded(&made.key)
    ))
    .expect("UploadServerCertificate");
    let output: GetAccountSummaryResponse = lab
        .iam(&lab.admin, "GetAccountSummary", &Empty {})
        .expect("GetAccountSummary");
    let map = output.summary_map.expect("a map");
    for (key, value) in [
        ("MFADevices", 2),
        ("MFADevicesInUse", 1),
        ("ServerCertificates", 1),
        ("ServerCertificatesQuota", 20),
        ("SigningCertificatesPerUserQuota", 2),
        ("AccountMFAEnabled", 0),
    ] {
        let held = map.iter().find(|(name, _)| name == key);
        assert_eq!(held.map(|(_, value)| *value), Some(value), "{key}");
    }
}
