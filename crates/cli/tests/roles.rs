//! What ROLE means, where the credentials come from, and where the calls go.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::type_complexity,
    reason = "tests say what went wrong by panicking"
)]

use locum_cli::config::SharedConfig;
use locum_cli::config::chain::{self, Parameters, Plan, Source};
use locum_cli::env::Environment;
use locum_cli::error::CliError;
use locum_cli::role::{self, Role};

const CONFIG: &str = "
[default]
region = eu-central-1
[profile keys]
[profile reader]
role_arn = arn:aws:iam::111111111111:role/reader
source_profile = keys
external_id = E1
role_session_name = S1
duration_seconds = 1800
mfa_serial = arn:aws:iam::111111111111:mfa/alice
[profile chained]
role_arn = arn:aws:iam::222222222222:role/chained
source_profile = reader
[profile self]
role_arn = arn:aws:iam::111111111111:role/self
source_profile = self
aws_access_key_id = AKIASELF
aws_secret_access_key = s
[profile loop-a]
role_arn = arn:aws:iam::111111111111:role/a
source_profile = loop-b
[profile loop-b]
role_arn = arn:aws:iam::111111111111:role/b
source_profile = loop-a
[profile loop-self]
role_arn = arn:aws:iam::111111111111:role/a
source_profile = loop-self
[profile keys-and-role]
role_arn = arn:aws:iam::111111111111:role/ignored
source_profile = nowhere
aws_access_key_id = AKIABOTH
aws_secret_access_key = s
[profile on-keys-and-role]
role_arn = arn:aws:iam::111111111111:role/outer
source_profile = keys-and-role
[profile from-env]
role_arn = arn:aws:iam::111111111111:role/env
credential_source = Environment
[profile from-imds]
role_arn = arn:aws:iam::111111111111:role/imds
credential_source = Ec2InstanceMetadata
[profile from-both]
role_arn = arn:aws:iam::111111111111:role/both
credential_source = Environment
source_profile = keys
[profile from-nothing]
role_arn = arn:aws:iam::111111111111:role/nothing
[profile from-missing]
role_arn = arn:aws:iam::111111111111:role/missing
source_profile = gone
[profile process]
credential_process = /bin/make-key 'a b'
[profile sso]
sso_session = corp
[profile web]
role_arn = arn:aws:iam::111111111111:role/web
web_identity_token_file = /token
[profile bad-duration]
role_arn = arn:aws:iam::111111111111:role/x
source_profile = keys
duration_seconds = soon
[profile empty]
output = json
";
const CREDENTIALS: &str = "
[keys]
aws_access_key_id = AKIAKEYS
aws_secret_access_key = secret
";
const ENV_KEYS: &[(&str, &str)] = &[
    ("AWS_ACCESS_KEY_ID", "AKIAENV"),
    ("AWS_SECRET_ACCESS_KEY", "s"),
];

fn shared() -> SharedConfig {
    SharedConfig::from_texts(CONFIG, CREDENTIALS).unwrap()
}

fn plan(role: Option<&str>, profile: Option<&str>, env: &[(&str, &str)]) -> Result<Plan, CliError> {
    let shared = shared();
    let role = role.map(|text| role::classify(text, &shared)).transpose()?;
    let environment = Environment::from_pairs(env.iter().copied());
    chain::plan(role, profile, Parameters::default(), &environment, &shared)
}

/// `source > role > role`, or the error's code and sentence.
fn told(plan: Result<Plan, CliError>) -> String {
    match plan {
        Err(e) => format!("{}: {e}", e.exit_code()),
        Ok(plan) => {
            let source = match plan.source {
                Source::Environment => "env".to_owned(),
                Source::Keys { profile } => format!("keys of {profile}"),
                Source::Process { command, .. } => format!("process {command}"),
            };
            let steps = plan.steps.iter().map(|step| match &step.role {
                Role::Arn(arn) => arn.rsplit('/').next().unwrap().to_owned(),
                Role::InAccount { account, name } => format!("{account}:{name}"),
                Role::InCallersAccount(name) => format!("mine:{name}"),
                Role::Profile(name) => format!("profile:{name}"),
            });
            std::iter::once(source)
                .chain(steps)
                .collect::<Vec<_>>()
                .join(" > ")
        }
    }
}

#[test]
fn a_role_is_understood() {
    let cases: &[(&str, &str)] = &[
        (
            "arn:aws:iam::111111111111:role/x",
            "Arn(\"arn:aws:iam::111111111111:role/x\")",
        ),
        (
            "arn:aws-cn:iam::111111111111:role/a/b/x",
            "Arn(\"arn:aws-cn:iam::111111111111:role/a/b/x\")",
        ),
        (
            "111111111111:x",
            "InAccount { account: \"111111111111\", name: \"x\" }",
        ),
        (
            "111111111111:team/x",
            "InAccount { account: \"111111111111\", name: \"team/x\" }",
        ),
        ("reader", "Profile(\"reader\")"),
        ("other", "InCallersAccount(\"other\")"),
        ("a+=,.@-_b", "InCallersAccount(\"a+=,.@-_b\")"),
        ("arn:aws:iam::111111111111:user/x", "252"),
        ("arn:aws:sts::111111111111:assumed-role/x/y", "252"),
        ("arn:aws:iam::1111:role/x", "252"),
        ("arn:aws:iam::111111111111:role/", "252"),
        ("arn:aws:iam:us-east-1:111111111111:role/x", "252"),
        ("1234:x", "252"),
        ("111111111111:", "252"),
        ("111111111111:a//b", "252"),
        ("a b", "252"),
        ("", "252"),
        ("a\u{1b}[31m", "252"),
    ];
    let shared = shared();
    for (text, expected) in cases {
        let found = match role::classify(text, &shared) {
            Ok(role) => format!("{role:?}"),
            Err(e) => e.exit_code().to_string(),
        };
        assert_eq!(&found, expected, "{text:?}");
    }
}

/// ROLE, `--profile`, variables, and what comes of them.
#[rustfmt::skip]
const PROFILES: &[(Option<&str>, Option<&str>, &[(&str, &str)], &str)] = &[
    // Who calls.
    (None, None, ENV_KEYS, "env"),
    (None, Some("keys"), ENV_KEYS, "keys of keys"),
    (None, None, &[("AWS_PROFILE", "keys")], "keys of keys"),
    (None, None, &[("AWS_DEFAULT_PROFILE", "keys")], "keys of keys"),
    (None, None, &[("AWS_PROFILE", "keys"), ("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "s")], "env"),
    (None, None, &[], "253: profile default: it holds no credentials"),
    (None, Some("gone"), &[], "253: the profile gone does not exist"),
    (None, Some("reader"), &[], "keys of keys > reader"),
    (None, Some("process"), &[], "process /bin/make-key 'a b'"),
    (None, Some("sso"), &[], "253: profile sso: it takes its credentials from IAM Identity Center (sso_session), which locum does not support"),
    (None, Some("empty"), &[], "253: profile empty: it holds no credentials"),
    // Which role.
    (Some("111111111111:x"), None, ENV_KEYS, "env > 111111111111:x"),
    (Some("x"), Some("keys"), &[], "keys of keys > mine:x"),
    (Some("x"), Some("reader"), &[], "keys of keys > reader > mine:x"),
    (Some("reader"), None, ENV_KEYS, "keys of keys > reader"),
    (Some("reader"), Some("keys"), &[], "252: reader is a profile and names its own source, so --profile cannot be given too"),
    (Some("keys"), None, &[], "253: profile keys: it has no role_arn, so there is no role to assume"),
    // Chains.
    (Some("chained"), None, &[], "keys of keys > reader > chained"),
    (Some("self"), None, &[], "keys of self > self"),
    (Some("on-keys-and-role"), None, &[], "keys of keys-and-role > outer"),
    (Some("loop-a"), None, &[], "253: the profiles loop-a → loop-b → loop-a are each other's source_profile"),
    (Some("loop-self"), None, &[], "253: the profiles loop-self → loop-self are each other's source_profile"),
    (Some("from-env"), None, ENV_KEYS, "env > env"),
    (Some("from-env"), None, &[], "253: profile from-env: its credential_source is Environment, but AWS_ACCESS_KEY_ID is not set"),
    (Some("from-imds"), None, &[], "253: profile from-imds: credential_source = Ec2InstanceMetadata is not supported by locum"),
    (Some("from-both"), None, ENV_KEYS, "253: profile from-both: it has both source_profile and credential_source"),
    (Some("from-nothing"), None, &[], "253: profile from-nothing: it has a role_arn but neither source_profile nor credential_source"),
    (Some("from-missing"), None, &[], "253: the profile gone does not exist (it is the source_profile of from-missing)"),
    (Some("web"), None, &[], "253: profile web: it assumes its role with a web identity token, which locum does not support yet"),
    (Some("bad-duration"), None, &[], "253: profile bad-duration: \"soon\" is no duration_seconds"),
];

#[test]
fn profiles_lead_to_credentials() {
    for (role, profile, env, expected) in PROFILES {
        assert_eq!(
            &told(plan(*role, *profile, env)),
            expected,
            "{role:?} {profile:?} {env:?}"
        );
    }
}

#[test]
fn options_lie_over_the_profile() {
    let plan = plan(Some("reader"), None, &[]).unwrap();
    let of_profile = &plan.steps[0].parameters;
    assert_eq!(of_profile.external_id.as_deref(), Some("E1"));
    assert_eq!(of_profile.session_name.as_deref(), Some("S1"));
    assert_eq!(of_profile.duration_s, Some(1800));
    assert_eq!(
        of_profile.mfa_serial.as_deref(),
        Some("arn:aws:iam::111111111111:mfa/alice")
    );
    let shared = shared();
    let options = Parameters {
        external_id: Some("E2".to_owned()),
        duration_s: Some(900),
        ..Parameters::default()
    };
    let role = Some(Role::Profile("chained".to_owned()));
    let plan = chain::plan(role, None, options, &Environment::default(), &shared).unwrap();
    assert_eq!(
        plan.steps[0].parameters.external_id.as_deref(),
        Some("E1"),
        "only the last role is meant"
    );
    assert_eq!(plan.steps[1].parameters.external_id.as_deref(), Some("E2"));
    assert_eq!(plan.steps[1].parameters.duration_s, Some(900));
}

#[test]
fn options_for_a_role_need_a_role() {
    let options = Parameters {
        external_id: Some("E".to_owned()),
        ..Parameters::default()
    };
    let shared = shared();
    let error = chain::plan(
        None,
        Some("keys"),
        options,
        &Environment::default(),
        &shared,
    )
    .unwrap_err();
    assert_eq!(error.exit_code(), 252);
}
