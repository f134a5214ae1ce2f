//! Credentials in the words of shells and programs, golden; and that no value can break out of its quotes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::type_complexity,
    reason = "tests say what went wrong by panicking"
)]

use locum_cli::credentials::{Credentials, Secret, of_process_output};
use locum_cli::env::Environment;
use locum_cli::format::{self, Assignment, Format};
use locum_cli::process;
use locum_cli::session::{AssumedRole, Session};

fn session() -> Session {
    Session {
        credentials: Credentials {
            access_key_id: "ASIAEXAMPLE".to_owned(),
            secret: Secret::new("sec/ret+1"),
            session_token: Some(Secret::new("tok==")),
            expires_s: Some(1_800_000_000),
        },
        identity: Some(AssumedRole {
            arn: "arn:aws:sts::111111111111:assumed-role/reader/alice".to_owned(),
            id: "AROAEXAMPLE:alice".to_owned(),
            packed_policy_size: Some(3),
            source_identity: None,
        }),
    }
}

fn check(format: Format, expected: &str) {
    let environment = Environment::from_pairs([("AWS_PROFILE", "old")]);
    let settings = [("AWS_ENDPOINT_URL", "http://127.0.0.1:7420".to_owned())];
    let found = format::session(format, &session(), &settings, &environment).unwrap();
    assert_eq!(found, expected, "{format:?}");
}

#[test]
fn formats_are_those_of_export_credentials() {
    check(
        Format::Env,
        "export AWS_ACCESS_KEY_ID=ASIAEXAMPLE\nexport AWS_SECRET_ACCESS_KEY=sec/ret+1\nexport AWS_SESSION_TOKEN=tok==\n\
         export AWS_CREDENTIAL_EXPIRATION=2027-01-15T08:00:00+00:00\nexport AWS_ENDPOINT_URL=http://127.0.0.1:7420\nunset AWS_PROFILE\n",
    );
    check(
        Format::EnvNoExport,
        "AWS_ACCESS_KEY_ID=ASIAEXAMPLE\nAWS_SECRET_ACCESS_KEY=sec/ret+1\nAWS_SESSION_TOKEN=tok==\n\
         AWS_CREDENTIAL_EXPIRATION=2027-01-15T08:00:00+00:00\nAWS_ENDPOINT_URL=http://127.0.0.1:7420\n",
    );
    check(
        Format::Fish,
        "set -gx AWS_ACCESS_KEY_ID \"ASIAEXAMPLE\"\nset -gx AWS_SECRET_ACCESS_KEY \"sec/ret+1\"\nset -gx AWS_SESSION_TOKEN \"tok==\"\n\
         set -gx AWS_CREDENTIAL_EXPIRATION \"2027-01-15T08:00:00+00:00\"\nset -gx AWS_ENDPOINT_URL \"http://127.0.0.1:7420\"\n\
         set -e AWS_PROFILE\n",
    );
    check(
        Format::Powershell,
        "$Env:AWS_ACCESS_KEY_ID=\"ASIAEXAMPLE\"\n$Env:AWS_SECRET_ACCESS_KEY=\"sec/ret+1\"\n$Env:AWS_SESSION_TOKEN=\"tok==\"\n\
         $Env:AWS_CREDENTIAL_EXPIRATION=\"2027-01-15T08:00:00+00:00\"\n$Env:AWS_ENDPOINT_URL=\"http://127.0.0.1:7420\"\n\
         Remove-Item -ErrorAction SilentlyContinue Env:AWS_PROFILE\n",
    );
    check(
        Format::WindowsCmd,
        "set AWS_ACCESS_KEY_ID=ASIAEXAMPLE\nset AWS_SECRET_ACCESS_KEY=sec/ret+1\nset AWS_SESSION_TOKEN=tok==\n\
         set AWS_CREDENTIAL_EXPIRATION=2027-01-15T08:00:00+00:00\nset AWS_ENDPOINT_URL=http://127.0.0.1:7420\nset AWS_PROFILE=\n",
    );
    check(
        Format::Process,
        "{\n  \"Version\": 1,\n  \"AccessKeyId\": \"ASIAEXAMPLE\",\n  \"SecretAccessKey\": \"sec/ret+1\",\n  \"SessionToken\": \"tok==\",\n  \
         \"Expiration\": \"2027-01-15T08:00:00+00:00\"\n}\n",
    );
    check(
        Format::Json,
        "{\n  \"Credentials\": {\n    \"AccessKeyId\": \"ASIAEXAMPLE\",\n    \"SecretAccessKey\": \"sec/ret+1\",\n    \
         \"SessionToken\": \"tok==\",\n    \"Expiration\": \"2027-01-15T08:00:00Z\"\n  },\n  \"AssumedRoleUser\": {\n    \
         \"AssumedRoleId\": \"AROAEXAMPLE:alice\",\n    \"Arn\": \"arn:aws:sts::111111111111:assumed-role/reader/alice\"\n  },\n  \
         \"PackedPolicySize\": 3\n}\n",
    );
}

#[test]
fn json_reads_back() {
    let session = session();
    let text = session.to_json();
    assert_eq!(Session::from_json(text.as_bytes()), Some(session));
    for broken in [
        "",
        "{}",
        "{\"Credentials\":{}}",
        "[1]",
        &text[..text.len() - 2],
    ] {
        assert_eq!(Session::from_json(broken.as_bytes()), None, "{broken}");
    }
}

#[test]
fn keys_without_a_token_clear_the_old_one() {
    let mut session = session();
    session.credentials.session_token = None;
    session.credentials.expires_s = None;
    let environment = Environment::from_pairs([
        ("AWS_SESSION_TOKEN", "old"),
        ("AWS_CREDENTIAL_EXPIRATION", "old"),
    ]);
    let cleared: Vec<String> = format::assignments(&session, &[], &environment)
        .into_iter()
        .filter_map(|assignment| match assignment {
            Assignment::Clear(name) => Some(name),
            Assignment::Set(..) => None,
        })
        .collect();
    assert_eq!(cleared, ["AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION"]);
}

/// A hostile endpoint chooses the token, and a shell runs the line.
#[test]
fn a_value_cannot_break_out_of_its_quotes() {
    let hostile = "a'b\"c$(id)`id`\\d;e&f|g\u{201d}h $HOME";
    let script = |format| {
        format::script(
            format,
            &[Assignment::Set("NAME".to_owned(), hostile.to_owned())],
        )
    };
    assert_eq!(
        script(Format::Env).unwrap(),
        "export NAME='a'\\''b\"c$(id)`id`\\d;e&f|g\u{201d}h $HOME'\n"
    );
    assert_eq!(
        script(Format::Fish).unwrap(),
        "set -gx NAME \"a'b\\\"c\\$(id)`id`\\\\d;e&f|g\u{201d}h \\$HOME\"\n"
    );
    assert_eq!(
        script(Format::Powershell).unwrap(),
        "$Env:NAME=\"a'b`\"c`$(id)``id``\\d;e&f|g`\u{201d}h `$HOME\"\n"
    );
    assert_eq!(script(Format::WindowsCmd).unwrap_err().exit_code(), 253);
    for format in [
        Format::Env,
        Format::EnvNoExport,
        Format::Fish,
        Format::Powershell,
        Format::WindowsCmd,
    ] {
        for control in ["a\nb", "a\rb", "a\u{1b}[0m", "a\0b"] {
            let assignment = Assignment::Set("NAME".to_owned(), control.to_owned());
            assert!(
                format::script(format, &[assignment]).is_err(),
                "{format:?} {control:?}"
            );
        }
    }
    let line = script(Format::Env).unwrap() + "printf %s \"$NAME\"";
    let output = std::process::Command::new("sh")
        .arg("-c")
        .arg(line)
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        hostile,
        "as a real shell reads it"
    );
}

#[test]
fn a_secret_does_not_show_itself() {
    let shown = format!("{:?}", session());
    assert!(
        !shown.contains("sec/ret") && !shown.contains("tok=="),
        "{shown}"
    );
}

#[test]
fn the_output_of_a_process_is_judged() {
    let good = r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"S","SessionToken":"T","Expiration":"2999-01-01T00:00:00Z"}"#;
    assert_eq!(
        of_process_output("p", good.as_bytes())
            .unwrap()
            .access_key_id,
        "A"
    );
    assert!(
        of_process_output(
            "p",
            br#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"S"}"#
        )
        .is_ok()
    );
    let bad = [
        "",
        "export A=B",
        r#"{"Version":2,"AccessKeyId":"A","SecretAccessKey":"SECRET"}"#,
        r#"{"Version":1,"AccessKeyId":"A"}"#,
        r#"{"Version":1,"SecretAccessKey":"SECRET"}"#,
        r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"SECRET","Expiration":"soon"}"#,
        r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"SECRET","Expiration":"2001-01-01T00:00:00Z"}"#,
        r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"SECRET""#,
    ];
    for text in bad {
        let error = of_process_output("p", text.as_bytes()).expect_err(text);
        assert_eq!(error.exit_code(), 255, "{text}");
        assert!(!error.to_string().contains("SECRET"), "{error}");
    }
}

#[test]
fn a_command_line_is_split_without_a_shell() {
    let cases: &[(&str, Option<&[&str]>)] = &[
        ("a b  c", Some(&["a", "b", "c"])),
        ("a 'b c' \"d e\"", Some(&["a", "b c", "d e"])),
        ("a\\ b", Some(&["a b"])),
        ("\"a\\\"b\\c\"", Some(&["a\"b\\c"])),
        ("a '' b", Some(&["a", "", "b"])),
        ("pre'mid'post", Some(&["premidpost"])),
        ("a $(b) | c", Some(&["a", "$(b)", "|", "c"])),
        ("", Some(&[])),
        ("a 'b", None),
        ("a \"b", None),
        ("a\\", None),
    ];
    for (text, expected) in cases {
        let found = process::split(text);
        let found: Option<Vec<&str>> = found
            .as_ref()
            .map(|words| words.iter().map(String::as_str).collect());
        assert_eq!(found.as_deref(), *expected, "{text:?}");
    }
}
