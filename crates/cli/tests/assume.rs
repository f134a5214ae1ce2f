//! `assume`, `env`, `exec`, `credential-process`, `whoami` and `unset` against a stand-in endpoint.
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

use std::collections::BTreeMap;
use std::process::Output;

use support::{Home, StandIn, stderr, stdout};

const ROLE: &str = "arn:aws:iam::222222222222:role/reader";

fn done(output: Output) -> String {
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

/// The variables that a command sees.
fn seen(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .collect()
}

#[test]
fn a_pipe_gets_env_lines() {
    let (home, endpoint) = (Home::new("env"), StandIn::giving(3600));
    let text = done(
        home.locum_at(&endpoint.url, &["assume", ROLE])
            .output()
            .unwrap(),
    );
    let names: Vec<&str> = text
        .lines()
        .map(|line| line.split('=').next().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "export AWS_ACCESS_KEY_ID",
            "export AWS_SECRET_ACCESS_KEY",
            "export AWS_SESSION_TOKEN",
            "export AWS_CREDENTIAL_EXPIRATION",
        ]
    );
    assert_eq!(
        done(
            home.locum_at(&endpoint.url, &["env", ROLE, "--format", "env"])
                .output()
                .unwrap()
        ),
        text,
        "from the cache"
    );
    let json = done(
        home.locum_at(&endpoint.url, &["assume", ROLE, "--format", "json"])
            .output()
            .unwrap(),
    );
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        json["AssumedRoleUser"]["Arn"],
        "arn:aws:sts::222222222222:assumed-role/reader/locum-tester"
    );
    assert_eq!(json["PackedPolicySize"], 6);
    assert_eq!(endpoint.asked().len(), 1);
}

#[test]
fn every_option_reaches_the_service() {
    let (home, endpoint) = (Home::new("options"), StandIn::giving(3600));
    let policy = home.write("policy.json", "{\"Version\":\"2012-10-17\"}");
    let words = [
        "assume",
        ROLE,
        "--external-id",
        "E 1",
        "--duration",
        "1h30m",
        "--session-name",
        "s1",
        "--tag",
        "team=a=b",
        "--tag",
        "cost=",
        "--transitive",
        "team",
        "--policy",
        policy.to_str().unwrap(),
        "--policy-arn",
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "--source-identity",
        "alice",
        "--serial",
        "arn:aws:iam::111111111111:mfa/alice",
        "--token",
        "123456",
        "--region",
        "eu-west-1",
    ];
    let text = done(home.locum_at(&endpoint.url, &words).output().unwrap());
    assert!(
        text.contains("export AWS_REGION=eu-west-1\nexport AWS_DEFAULT_REGION=eu-west-1\n"),
        "{text}"
    );
    let asked = endpoint.asked().pop().unwrap();
    let expected = [
        ("Action", "AssumeRole"),
        ("Version", "2011-06-15"),
        ("RoleArn", ROLE),
        ("RoleSessionName", "s1"),
        ("DurationSeconds", "5400"),
        ("ExternalId", "E 1"),
        ("Policy", "{\"Version\":\"2012-10-17\"}"),
        ("SourceIdentity", "alice"),
        ("TokenCode", "123456"),
        ("SerialNumber", "arn:aws:iam::111111111111:mfa/alice"),
        (
            "PolicyArns.member.1.arn",
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
        ),
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "a=b"),
        ("Tags.member.2.Key", "cost"),
        ("Tags.member.2.Value", ""),
        ("TransitiveTagKeys.member.1", "team"),
    ];
    for (name, value) in expected {
        assert_eq!(asked.get(name), value, "{name}");
    }
    assert_eq!(asked.form.len(), expected.len(), "{:?}", asked.form);
    let signed = &asked.headers["authorization"];
    assert!(
        signed.contains("AKIAEXAMPLE") && signed.contains("/eu-west-1/sts/aws4_request"),
        "{signed}"
    );
    assert!(!format!("{asked:?}").contains("source-secret"));
}

#[test]
fn exec_is_the_command_with_the_session() {
    let (home, endpoint) = (Home::new("exec"), StandIn::giving(3600));
    let mut command = home.locum_at(&endpoint.url, &["exec", ROLE, "--", "env"]);
    let stale = [
        "AWS_SESSION_TOKEN",
        "AWS_SECURITY_TOKEN",
        "AWS_CREDENTIAL_EXPIRATION",
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    ];
    for name in stale {
        command.env(name, "stale");
    }
    home.write(".aws/config", "[profile old]\nregion = eu-west-1\n");
    let found = seen(&done(command.env("AWS_PROFILE", "old").output().unwrap()));
    assert_eq!(found["AWS_ACCESS_KEY_ID"], "ASIAEXAMPLE00001");
    assert_eq!(found["AWS_SECRET_ACCESS_KEY"], "secret1");
    assert_eq!(found["AWS_SESSION_TOKEN"], "token1");
    assert_eq!(
        found["AWS_REGION"], "eu-west-1",
        "what the profile said is carried over"
    );
    assert_eq!(found["AWS_ENDPOINT_URL"], endpoint.url);
    assert!(found["AWS_CREDENTIAL_EXPIRATION"].ends_with("+00:00"));
    for name in [
        "AWS_PROFILE",
        "AWS_SECURITY_TOKEN",
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    ] {
        assert!(!found.contains_key(name), "{name}");
    }
    for code in [0, 1, 7, 252, 255] {
        let script = format!("exit {code}");
        let status = home
            .locum_at(&endpoint.url, &["exec", ROLE, "--", "sh", "-c", &script])
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(code));
    }
    let text = done(
        home.locum_at(
            &endpoint.url,
            &["exec", ROLE, "--", "printf", "%s|", "a b", "--x", "--"],
        )
        .output()
        .unwrap(),
    );
    assert_eq!(text, "a b|--x|--|");
}

#[test]
fn exec_dies_of_the_signal_of_its_command() {
    use std::os::unix::process::ExitStatusExt;
    let (home, endpoint) = (Home::new("signal"), StandIn::giving(3600));
    let status = home
        .locum_at(
            &endpoint.url,
            &["exec", ROLE, "--", "sh", "-c", "kill -TERM $$"],
        )
        .status()
        .unwrap();
    assert_eq!(status.signal(), Some(15));
}

#[test]
fn a_profile_brings_its_endpoint_along() {
    let (home, endpoint) = (Home::new("profile"), StandIn::giving(3600));
    let config = format!(
        "[profile base]\n[profile reader]\nrole_arn = {ROLE}\nsource_profile = base\nexternal_id = E\nregion = eu-west-1\n\
         endpoint_url = {0}\n[profile chained]\nrole_arn = arn:aws:iam::333333333333:role/last\nsource_profile = reader\n\
         endpoint_url = {0}\n[profile services]\nrole_arn = {ROLE}\nsource_profile = base\nservices = mine\n\
         [services mine]\nsts =\n  endpoint_url = {0}\niam =\n  endpoint_url = http://iam:1\n",
        endpoint.url
    );
    home.write(".aws/config", &config);
    home.write(
        ".aws/credentials",
        "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n",
    );
    let found = seen(&done(
        home.locum(&["exec", "reader", "--", "env"])
            .output()
            .unwrap(),
    ));
    assert_eq!(
        (
            found["AWS_ENDPOINT_URL"].as_str(),
            found["AWS_REGION"].as_str()
        ),
        (endpoint.url.as_str(), "eu-west-1")
    );
    assert_eq!(endpoint.asked()[0].get("ExternalId"), "E");
    let found = seen(&done(
        home.locum(&["exec", "services", "--", "env"])
            .output()
            .unwrap(),
    ));
    assert_eq!(found["AWS_ENDPOINT_URL_STS"], endpoint.url);
    assert_eq!(found["AWS_ENDPOINT_URL_IAM"], "http://iam:1");
    assert!(!found.contains_key("AWS_ENDPOINT_URL"));
    let found = seen(&done(
        home.locum(&["exec", "--profile", "base", "--", "env"])
            .output()
            .unwrap(),
    ));
    assert_eq!(
        found["AWS_ACCESS_KEY_ID"], "AKIABASE",
        "without a ROLE the profile's own credentials"
    );
    let before = endpoint.asked().len();
    done(home.locum(&["assume", "chained"]).output().unwrap());
    let asked = &endpoint.asked()[before..];
    assert_eq!(
        asked.len(),
        2,
        "the chained profile signs for another region, so both steps are new"
    );
    assert!(asked[0].headers["authorization"].contains("AKIABASE"));
    assert!(
        asked[1].headers["authorization"].contains("ASIAEXAMPLE"),
        "the second role is assumed with the first"
    );
    assert_eq!(
        asked[1].get("RoleArn"),
        "arn:aws:iam::333333333333:role/last"
    );
}

#[test]
fn a_name_is_a_role_in_the_caller_s_account() {
    let (home, endpoint) = (Home::new("name"), StandIn::giving(3600));
    for words in [["assume", "team/reader"], ["assume", "team/reader"]] {
        done(home.locum_at(&endpoint.url, &words).output().unwrap());
    }
    done(
        home.locum_at(&endpoint.url, &["assume", "222222222222:reader"])
            .output()
            .unwrap(),
    );
    let told: Vec<String> = endpoint
        .asked()
        .iter()
        .map(|asked| format!("{} {}", asked.get("Action"), asked.get("RoleArn")))
        .collect();
    assert_eq!(
        told,
        [
            "GetCallerIdentity ",
            "AssumeRole arn:aws:iam::111111111111:role/team/reader",
            "AssumeRole arn:aws:iam::222222222222:role/reader",
        ]
    );
}

#[test]
fn a_credential_process_is_asked_and_does_not_ask_itself() {
    let (home, endpoint) = (Home::new("process"), StandIn::giving(3600));
    let good = r#"printf '{"Version":1,"AccessKeyId":"AKIAPROCESS","SecretAccessKey":"s"}'"#;
    let config = format!(
        "[profile good]\ncredential_process = sh -c \"{}\"\n[profile bad]\ncredential_process = sh -c 'echo SECRET; exit 3'\n\
         [profile itself]\ncredential_process = {} credential-process --profile itself\n",
        good.replace('"', "\\\""),
        env!("CARGO_BIN_EXE_locum")
    );
    home.write(".aws/config", &config);
    let at = |words: &[&str]| {
        home.locum(words)
            .env("AWS_ENDPOINT_URL", &endpoint.url)
            .output()
            .unwrap()
    };
    assert!(
        done(at(&["whoami", "--profile", "good"])).contains("arn:aws:iam::111111111111:user/alice")
    );
    let output = at(&["whoami", "--profile", "bad"]);
    assert_eq!(output.status.code(), Some(255));
    assert!(!stderr(&output).contains("SECRET"), "{}", stderr(&output));
    let output = at(&["whoami", "--profile", "itself"]);
    assert_eq!(output.status.code(), Some(255));
    assert!(
        stderr(&output).contains("asks for the credentials of this same profile again"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn an_mfa_code_is_needed_and_nobody_is_there() {
    let (home, endpoint) = (Home::new("mfa"), StandIn::giving(3600));
    let words = [
        "assume",
        ROLE,
        "--serial",
        "arn:aws:iam::111111111111:mfa/a",
    ];
    // A session of its own has no terminal.
    let output = std::process::Command::new("setsid")
        .args(["-w", env!("CARGO_BIN_EXE_locum")])
        .args(words)
        .env_clear()
        .env("HOME", &home.path)
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("AWS_ACCESS_KEY_ID", "A")
        .env("AWS_SECRET_ACCESS_KEY", "s")
        .env("AWS_ENDPOINT_URL", &endpoint.url)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(253), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("--token CODE"),
        "{}",
        stderr(&output)
    );
    let output = home
        .locum_at(&endpoint.url, &["assume", ROLE, "--token", "123456"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(252), "a code without a device");
    assert!(endpoint.asked().is_empty());
}

#[test]
fn whoami_is_the_service_s_answer() {
    let (home, endpoint) = (Home::new("whoami"), StandIn::giving(3600));
    let text = done(home.locum_at(&endpoint.url, &["whoami"]).output().unwrap());
    let expected = format!(
        "Arn       arn:aws:iam::111111111111:user/alice\nAccount   111111111111\nUserId    AIDAEXAMPLE\nKey       AKIAEXAMPLE\n\
         Endpoint  {}\n",
        endpoint.url
    );
    assert_eq!(text, expected);
    let text = done(
        home.locum_at(&endpoint.url, &["whoami", "--format", "json"])
            .output()
            .unwrap(),
    );
    assert_eq!(
        text,
        "{\n  \"UserId\": \"AIDAEXAMPLE\",\n  \"Account\": \"111111111111\",\n  \"Arn\": \"arn:aws:iam::111111111111:user/alice\"\n}\n"
    );
}

#[test]
fn unset_clears_what_env_set() {
    let (home, endpoint) = (Home::new("unset"), StandIn::giving(3600));
    let script = format!(
        "eval \"$('{0}' env {ROLE})\"; echo \"$AWS_ACCESS_KEY_ID\"; eval \"$('{0}' unset)\"; env | grep -c '^AWS_.*\\(KEY\\|TOKEN\\|EXPIRATION\\)' || true",
        env!("CARGO_BIN_EXE_locum")
    );
    let mut command = std::process::Command::new("sh");
    let given = home.locum_at(&endpoint.url, &[]);
    command.arg("-c").arg(script).env_clear();
    for (name, value) in given.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    assert_eq!(done(command.output().unwrap()), "ASIAEXAMPLE00001\n0\n");
}
