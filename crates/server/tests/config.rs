//! What configurations are taken, and how the others are refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests may panic"
)]

mod common;

use std::path::Path;

use common::Scratch;
use locum_server::config::{Kind, LogFormat, LogLevel};
use locum_server::{Config, ConfigError};

fn load(
    file: Option<&Path>,
    env: &[(&str, &str)],
    flags: &[(&str, &str)],
) -> Result<Config, ConfigError> {
    let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    Config::load(file, owned(env).into_iter(), owned(flags))
}

fn of_file(text: &str) -> Result<Config, ConfigError> {
    let scratch = Scratch::new("config");
    let path = scratch.write("locum.toml", text);
    load(Some(&path), &[], &[])
}

#[test]
fn nothing_set_is_loopback_without_a_metrics_listener() {
    let config = load(None, &[("PATH", "/bin"), ("HOME", "/")], &[]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:7420");
    assert!(config.metrics_listen.is_none() && config.region.is_none());
    assert!(!config.insecure_plain_http && config.trusted_proxies.is_empty());
    assert_eq!(config.partition, "aws");
}

#[test]
fn flags_win_over_variables_and_those_over_the_file() {
    let scratch = Scratch::new("config");
    let path = scratch.write(
        "locum.toml",
        "data = '/srv/file'\nlisten = '127.0.0.1:1'\nregion = 'eu-west-1'\n\
         [limits]\nbody_bytes_max = 70000\nidle_timeout_s = 5\n[log]\nformat = 'json'\n",
    );
    let config = load(
        Some(&path),
        &[
            ("LOCUM_LISTEN", "127.0.0.1:2"),
            ("LOCUM_LIMITS_IDLE_TIMEOUT_S", "6"),
            ("LOCUM_LOG_LEVEL", "debug"),
        ],
        &[
            ("listen", "127.0.0.1:3"),
            ("trusted_proxies", "10.0.0.0/8, 192.168.1.7"),
        ],
    )
    .unwrap();
    assert_eq!(config.data, Path::new("/srv/file"));
    assert_eq!(config.listen.port(), 3);
    assert_eq!(config.region.as_deref(), Some("eu-west-1"));
    assert_eq!(
        (config.limits.body_bytes_max, config.limits.idle_timeout_s),
        (70_000, 6)
    );
    assert_eq!(
        (config.log.format, config.log.level),
        (LogFormat::Json, LogLevel::Debug)
    );
    assert_eq!(config.trusted_proxies.len(), 2);
}

#[test]
fn files_are_refused_with_the_place_and_the_key() {
    let cases = [
        (
            "listn = '127.0.0.1:1'",
            ":1:1: `listn` is not a setting of Locum; did you mean listen?",
        ),
        (
            "region = 'a'\n[limits]\nbody_byte_max = 1\n",
            ":3:1: `limits.body_byte_max` is not a setting of Locum; did you mean limits.body_bytes_max?",
        ),
        ("[tsl]\nkey = 'a'", "`tsl` is not a setting of Locum"),
        ("listen = 7420", ":1:10: invalid type: integer `7420`"),
        ("listen = 'localhost'", "invalid socket address"),
        (
            "listen = '127.0.0.1:1'\nlisten = '127.0.0.1:2'",
            "duplicate key",
        ),
        (
            "insecure_plain_http = 'yes'",
            "invalid type: string \"yes\", expected a boolean",
        ),
        ("limits = 3", "invalid type"),
        ("[log]\nlevel = 'loud'", "unknown variant `loud`"),
        (
            "trusted_proxies = ['0.0.0.0/0']",
            "would trust every address",
        ),
        (
            "trusted_proxies = ['10.0.0.1/8']",
            "bits set behind its prefix",
        ),
        ("trusted_proxies = ['10.0.0.0/33']", "prefix length"),
        ("trusted_proxies = ['010.0.0.1']", "is not an IP address"),
        ("data = ", "string values must be quoted"),
        ("limits.body_bytes_max = -1", "invalid value: integer `-1`"),
    ];
    for (text, expected) in cases {
        let error = of_file(text).expect_err(text);
        let said = error.to_string();
        assert!(
            said.contains("locum.toml:") && said.contains(expected),
            "{text}: {said}"
        );
        let (whole, span) = error.place().unwrap();
        assert!(whole == text && span.end <= text.len(), "{text}: {span:?}");
    }
}

#[test]
fn variables_and_flags_are_refused_by_name() {
    let cases = [
        (
            "LOCUM_LISTN",
            "a",
            "LOCUM_LISTN is not a setting of Locum; did you mean LOCUM_LISTEN?",
        ),
        (
            "LOCUM_ROOT_PASSWORD",
            "a",
            "LOCUM_ROOT_PASSWORD is not a setting of Locum",
        ),
        ("LOCUM_", "a", "LOCUM_ is not a setting"),
        (
            "LOCUM_LISTEN",
            "7420",
            "LOCUM_LISTEN: \"7420\": invalid socket address",
        ),
        (
            "LOCUM_INSECURE_PLAIN_HTTP",
            "1",
            "LOCUM_INSECURE_PLAIN_HTTP: \"1\" is neither true nor false",
        ),
        (
            "LOCUM_WORKERS",
            "-2",
            "LOCUM_WORKERS: \"-2\" is not a whole number",
        ),
        (
            "LOCUM_WORKERS",
            "2000",
            "workers: 2000 is outside 0 to 1024",
        ),
        (
            "LOCUM_LIMITS_HEADER_BYTES_MAX",
            "100",
            "limits.header_bytes_max: 100 is outside 8192 to 65536",
        ),
        (
            "LOCUM_LIMITS_BODY_TIMEOUT_S",
            "0",
            "limits.body_timeout_s: 0 is outside",
        ),
        (
            "LOCUM_LIMITS_LOOKUPS_PER_S_MAX",
            "2000000",
            "limits.lookups_per_s_max: 2000000 is outside 0 to 1000000",
        ),
        ("LOCUM_TRUSTED_PROXIES", "::/0", "would trust every address"),
        ("LOCUM_PARTITION", "AWS", "partition: must be lower-case"),
        ("LOCUM_REGION", "", "region: must be lower-case"),
        ("LOCUM_DATA", "", "data: must not be empty"),
    ];
    for (name, value, expected) in cases {
        let said = load(None, &[(name, value)], &[])
            .expect_err(name)
            .to_string();
        assert!(said.contains(expected), "{name}={value}: {said}");
    }
    let said = load(None, &[], &[("listen", "x")]).unwrap_err().to_string();
    assert!(said.starts_with("--listen: "), "{said}");
    let said = load(None, &[], &[("lisen", "x")]).unwrap_err().to_string();
    assert!(
        said.contains("lisen is not a setting") && said.contains("listen"),
        "{said}"
    );
}

#[test]
fn what_kubernetes_adds_for_a_service_called_locum_is_no_setting() {
    let links = [
        ("LOCUM_SERVICE_HOST", "10.0.0.1"),
        ("LOCUM_SERVICE_PORT", "7420"),
        ("LOCUM_SERVICE_PORT_HTTPS", "7420"),
        ("LOCUM_PORT", "tcp://10.0.0.1:7420"),
        ("LOCUM_PORT_7420_TCP", "tcp://10.0.0.1:7420"),
        ("LOCUM_PORT_7420_TCP_ADDR", "10.0.0.1"),
        ("LOCUM_METRICS_PORT_9100_TCP_PROTO", "tcp"),
        ("LOCUM_METRICS_SERVICE_HOST", "10.0.0.2"),
    ];
    load(None, &links, &[]).unwrap();
}

#[test]
fn plain_http_off_loopback_needs_its_insecure_name() {
    for listen in [
        "0.0.0.0:7420",
        "[::]:7420",
        "192.0.2.1:80",
        "[::ffff:192.0.2.1]:80",
    ] {
        let said = load(None, &[], &[("listen", listen)])
            .expect_err(listen)
            .to_string();
        assert!(
            said.contains("plain HTTP is served on loopback only"),
            "{said}"
        );
        load(
            None,
            &[],
            &[("listen", listen), ("insecure_plain_http", "true")],
        )
        .unwrap();
        load(
            None,
            &[],
            &[
                ("listen", listen),
                ("tls.certificate", "a"),
                ("tls.key", "b"),
            ],
        )
        .unwrap();
    }
    for listen in [
        "127.0.0.1:0",
        "127.9.9.9:1",
        "[::1]:7420",
        "[::ffff:127.0.0.1]:1",
    ] {
        load(None, &[], &[("listen", listen)]).unwrap();
    }
    for (one, missing) in [
        ("tls.key", "tls.certificate"),
        ("tls.certificate", "tls.key"),
    ] {
        let said = load(None, &[], &[(one, "a")]).unwrap_err().to_string();
        assert!(said.starts_with(missing), "{said}");
    }
}

#[test]
fn a_sink_is_configured_whole() {
    let bundle = ("trail.ca_bundle", "ca.pem");
    let plain = ("trail.endpoint", "http://s3.example.com");
    let secure = ("trail.endpoint", "https://s3.example.com");
    let credentials = ("trail.credentials", "key.json");
    for (settings, at_fault) in [
        (vec![secure], "trail.credentials"),
        (vec![credentials], "trail.credentials"),
        (vec![("trail.region", "eu-west-1")], "trail.region"),
        (vec![bundle], "trail.ca_bundle"),
        (vec![plain, credentials, bundle], "trail.ca_bundle"),
        (vec![("trail.bucket", "No_Bucket")], "trail.bucket"),
    ] {
        let said = load(None, &[], &settings).unwrap_err().to_string();
        assert!(said.starts_with(at_fault), "{said}");
    }
    let region = ("trail.region", "eu-west-1");
    load(None, &[], &[secure, credentials, bundle, region]).unwrap();
}

#[test]
fn a_missing_file_is_named() {
    let said = load(Some(Path::new("/nonexistent/locum.toml")), &[], &[])
        .unwrap_err()
        .to_string();
    assert!(
        said.starts_with("/nonexistent/locum.toml: cannot be read"),
        "{said}"
    );
}

/// The reference is what documentation and flags are made of: it has to be what the program does.
#[test]
fn the_reference_is_complete_and_its_defaults_are_true() {
    let mut flags = Vec::new();
    for key in Config::reference() {
        assert_eq!(
            key.variable,
            format!("LOCUM_{}", key.name.to_uppercase().replace('.', "_"))
        );
        assert_eq!(key.flag, format!("--{}", key.name.replace(['.', '_'], "-")));
        assert!(key.meaning.ends_with('.'), "{}", key.name);
        if !key.default.is_empty() {
            flags.push((key.name, key.default));
        }
        if key.kind == Kind::Switch {
            assert!(matches!(key.default, "true" | "false"));
        }
    }
    let told = load(None, &[], &flags).unwrap();
    assert_eq!(format!("{told:?}"), format!("{:?}", Config::default()));
    // Every field of the structure is a row: serde lists them when one is unknown.
    for (section, prefix) in [
        ("", ""),
        ("[limits]\n", "limits."),
        ("[log]\n", "log."),
        ("[tls]\n", "tls."),
        ("[trail]\n", "trail."),
    ] {
        let scratch = Scratch::new("config");
        let path = scratch.write("locum.toml", &format!("{section}zzzzzzzzzzzz = 1"));
        let text = std::fs::read_to_string(path).unwrap();
        let error = toml::from_str::<Config>(&text).unwrap_err().to_string();
        for field in error
            .split('`')
            .skip(3)
            .step_by(2)
            .filter(|field| !field.contains(['\n', ' ']))
        {
            let section = ["limits", "log", "tls", "trail"].contains(&field) && prefix.is_empty();
            let name = format!("{prefix}{field}");
            assert!(
                section || Config::reference().iter().any(|key| key.name == name),
                "{name}"
            );
        }
    }
}
