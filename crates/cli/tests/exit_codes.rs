//! The exit codes of the built binary, and how a failure is told.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::type_complexity,
    reason = "tests say what went wrong by panicking"
)]

mod support;

use support::{Home, StandIn, stderr, stdout, sts_error};

/// Exit code, and the beginning of standard error.
fn check(command: &mut std::process::Command, code: i32, begins: &str) {
    let output = command.output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(code),
        "{command:?}\n{}{}",
        stdout(&output),
        stderr(&output)
    );
    assert!(
        stderr(&output).starts_with(begins),
        "{command:?}\n{}",
        stderr(&output)
    );
    if code != 0 {
        assert_eq!(
            stdout(&output),
            "",
            "nothing is printed for a failure: {command:?}"
        );
    }
}

const ROLE: &str = "arn:aws:iam::222222222222:role/reader";

#[test]
fn help_and_version_are_done() {
    let home = Home::new("help");
    let commands = [
        "serve",
        "dev",
        "assume",
        "env",
        "exec",
        "unset",
        "whoami",
        "credential-process",
        "trail",
        "account",
        "operator",
        "completions",
    ];
    for words in [
        vec!["--help"],
        vec!["--version"],
        vec!["version"],
        vec!["trail", "tail", "--help"],
        vec!["completions", "bash"],
    ] {
        check(&mut home.locum(&words), 0, "");
    }
    for name in commands {
        check(&mut home.locum(&[name, "--help"]), 0, "");
    }
}

#[test]
fn wrong_usage_is_252() {
    let home = Home::new("usage");
    let cases: &[&[&str]] = &[
        &[],
        &["nonsense"],
        &["assume"],
        &["assume", "--nonsense"],
        &["assume", "a b"],
        &["assume", "arn:aws:iam::1:role/x"],
        &["assume", ROLE, "--duration", "soon"],
        &["assume", ROLE, "--tag", "novalue"],
        &["assume", ROLE, "--format", "nonsense"],
        &["assume", ROLE, "--refresh", "--no-cache"],
        &["exec", ROLE],
        &["exec", ROLE, "--"],
        &["unset", "--format", "json"],
        &["operator"],
        &["account"],
        &["account", "import"],
        &["account", "import", "x", "--map-account", "1=2"],
        &["operator", "rotate-keys", "--revoke", "x"],
        &["operator", "rotate-keys", "--revoke", "1", "--retire", "2"],
        &["trail"],
        &["completions", "nonsense"],
        &["serve", "--nonsense"],
        &["dev", "--listen", "0.0.0.0:0", "--insecure-plain-http"],
        &["dev", "--ephemeral", "--data", "x", "--nonsense"],
    ];
    for words in cases {
        let mut command = home.locum(words);
        command
            .env("AWS_ACCESS_KEY_ID", "A")
            .env("AWS_SECRET_ACCESS_KEY", "s");
        let begins = if words.is_empty() { "" } else { "locum: " };
        check(&mut command, 252, begins);
    }
}

#[test]
fn a_wrong_configuration_is_253() {
    let home = Home::new("configuration");
    check(&mut home.locum(&["whoami"]), 253, "locum: no credentials: ");
    check(
        &mut home.locum(&["whoami", "--profile", "gone"]),
        253,
        "locum: the profile gone does not exist",
    );
    check(
        home.locum(&["whoami"]).env("AWS_ACCESS_KEY_ID", "A"),
        253,
        "locum: only one of AWS_ACCESS_KEY_ID",
    );
    check(
        &mut home.locum_at("127.0.0.1:1", &["whoami"]),
        253,
        "locum: AWS_ENDPOINT_URL is \"127.0.0.1:1\"",
    );
    check(
        &mut home.locum(&["trail", "tail", "--data", "gone"]),
        253,
        "locum: there is no trail in gone",
    );
    check(
        &mut home.locum(&["serve", "--workers", "many"]),
        253,
        "locum: ",
    );
    check(
        home.locum(&["serve"]).env("LOCUM_NONSENSE", "1"),
        253,
        "locum: ",
    );
    let bundle = home.write("ca.pem", "no certificate");
    let mut command = home.locum_at("https://127.0.0.1:1", &["whoami"]);
    check(command.env("AWS_CA_BUNDLE", bundle), 253, "locum: ");
    home.write(".aws/config", "[profile x\n");
    let output = home.locum(&["whoami"]).output().unwrap();
    assert_eq!(output.status.code(), Some(253));
    assert!(
        stderr(&output).contains(".aws/config, line 1: a section header needs a closing ]"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_refusal_is_254_and_tells_the_service_s_words() {
    let home = Home::new("refused");
    let message = "User: arn:aws:iam::111111111111:user/alice is not authorized to perform: sts:AssumeRole on resource: x";
    let endpoint = StandIn::saying(403, &sts_error("AccessDenied", message));
    let output = home
        .locum_at(&endpoint.url, &["assume", ROLE])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(254));
    let expected = format!(
        "locum: AssumeRole was refused: AccessDenied: {message}\nhint: both sides must agree: "
    );
    assert!(
        stderr(&output).starts_with(&expected),
        "{}",
        stderr(&output)
    );
    assert!(
        stderr(&output).contains("request id 11111111-2222-3333-4444-555555555555"),
        "{}",
        stderr(&output)
    );
    assert_eq!(stderr(&output).lines().count(), 2);
    assert_eq!(
        endpoint.asked().len(),
        1,
        "a refusal is not asked for again"
    );
    check(
        &mut home.locum_at(&endpoint.url, &["exec", ROLE, "--", "true"]),
        254,
        "locum: ",
    );
    check(
        &mut home.locum_at(&endpoint.url, &["whoami"]),
        254,
        "locum: GetCallerIdentity was refused: ",
    );
}

#[test]
fn anything_else_is_255() {
    let home = Home::new("other");
    check(
        &mut home.locum_at("http://127.0.0.1:1", &["whoami"]),
        255,
        "locum: cannot reach http://127.0.0.1:1: connection refused",
    );
    let failing = StandIn::saying(503, "busy");
    check(
        &mut home.locum_at(&failing.url, &["whoami"]),
        255,
        "locum: GetCallerIdentity failed at ",
    );
    assert_eq!(failing.asked().len(), 3, "tried again");
    for body in [
        "",
        "{}",
        "<html></html>",
        "<GetCallerIdentityResponse/>",
        "<a><b></a>",
    ] {
        let strange = StandIn::saying(200, body);
        check(
            &mut home.locum_at(&strange.url, &["whoami"]),
            255,
            "locum: the answer of ",
        );
    }
    let moved = StandIn::saying(301, "");
    check(
        &mut home.locum_at(&moved.url, &["whoami"]),
        255,
        "locum: the answer of ",
    );
    check(
        &mut home.locum(&["operator", "status", "--data", "gone"]),
        255,
        "locum: no server answers on gone/operator.sock",
    );
    check(
        &mut home.locum_at(
            "http://127.0.0.1:1",
            &["assume", ROLE, "--policy", "gone.json"],
        ),
        255,
        "locum: cannot read the policy",
    );
    let good = StandIn::giving(3600);
    check(
        &mut home.locum_at(&good.url, &["exec", ROLE, "--", "/gone"]),
        255,
        "locum: cannot run /gone: ",
    );
}

#[test]
fn hostile_words_of_an_endpoint_do_not_reach_the_terminal() {
    let home = Home::new("hostile");
    let endpoint = StandIn::saying(
        403,
        &sts_error("Access\u{9b}Denied", "go\u{202e}od &#x85; line\u{2028}two"),
    );
    let output = home.locum_at(&endpoint.url, &["whoami"]).output().unwrap();
    assert_eq!(output.status.code(), Some(254));
    let bad = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{2028}');
    assert!(!stderr(&output).contains(bad), "{:?}", stderr(&output));
}

#[test]
fn colour_is_for_terminals() {
    let home = Home::new("colour");
    let output = home.locum(&["whoami"]).output().unwrap();
    assert!(!stderr(&output).contains('\u{1b}'));
    let output = home.locum(&["--help"]).output().unwrap();
    assert!(!stdout(&output).contains('\u{1b}'));
}

#[test]
fn who_meant_another_endpoint_is_told_so() {
    use locum_cli::error::CliError;
    let hint = |endpoint: &str, reason: &str| {
        CliError::Unreachable {
            endpoint: endpoint.to_owned(),
            reason: reason.to_owned(),
        }
        .hint()
    };
    assert!(hint("https://sts.us-east-1.amazonaws.com", "x").contains("set AWS_ENDPOINT_URL"));
    assert!(hint("https://sts.cn-north-1.amazonaws.com.cn", "x").contains("set AWS_ENDPOINT_URL"));
    assert!(hint("https://locum:1", "invalid peer certificate").contains("AWS_CA_BUNDLE"));
    assert!(hint("http://locum:1", "connection refused").starts_with("is it running?"));
}
