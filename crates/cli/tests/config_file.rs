//! The format of `~/.aws/config`, as the SDK reference guide describes it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::type_complexity,
    reason = "tests say what went wrong by panicking"
)]

use locum_cli::config::{SharedConfig, file};

fn check(what: &str, text: &str, section: &str, expected: &[(&str, &str)]) {
    let sections = file::parse(text).unwrap_or_else(|e| panic!("{what}: {e}"));
    let section = sections
        .get(section)
        .unwrap_or_else(|| panic!("{what}: no section {section:?} in {:?}", sections.keys()));
    let mut found: Vec<(String, String)> = section
        .values
        .iter()
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect();
    for (setting, inner) in &section.nested {
        found.extend(
            inner
                .iter()
                .map(|(n, v)| (format!("{setting}.{n}"), v.clone())),
        );
    }
    let expected: Vec<(String, String)> = expected
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect();
    assert_eq!(found, expected, "{what}");
}

/// What is tried, the file, a section of it, and what that section holds.
#[rustfmt::skip]
const FILES: &[(&str, &str, &str, &[(&str, &str)])] = &[
    ("plain", "[default]\nregion = eu-west-1\n", "default", &[("region", "eu-west-1")]),
    ("no spaces", "[default]\nregion=eu-west-1", "default", &[("region", "eu-west-1")]),
    ("profile", "[profile dev]\nregion=a", "profile dev", &[("region", "a")]),
    ("quoted profile", "[profile \"my dev\"]\nregion=a", "profile my dev", &[("region", "a")]),
    ("single quotes", "[profile 'my dev']\nregion=a", "profile my dev", &[("region", "a")]),
    ("spaces in the header", "[  profile \t dev  ]\nregion=a", "profile dev", &[("region", "a")]),
    ("names in any case", "[default]\nRegion=A", "default", &[("region", "A")]),
    ("comment lines", "# one\n; two\n[default]\n# three\nregion=a", "default", &[("region", "a")]),
    ("comment after a value", "[default]\nregion=a # here\n", "default", &[("region", "a")]),
    ("comment after a header", "[default] ; main\nregion=a", "default", &[("region", "a")]),
    ("# inside a value", "[default]\nsecret=a#b;c", "default", &[("secret", "a#b;c")]),
    ("= inside a value", "[default]\nsecret=a=b==", "default", &[("secret", "a=b==")]),
    ("the last of equals", "[default]\nregion=a\nregion=b", "default", &[("region", "b")]),
    ("equal sections are one", "[default]\na=1\n[x]\n[default]\nb=2", "default", &[("a", "1"), ("b", "2")]),
    ("empty value", "[default]\nregion=\noutput=json", "default", &[("output", "json"), ("region", "")]),
    ("nested", "[default]\ns3 =\n  addressing_style = path\n  x=y\nregion=a", "default", &[("region", "a"), ("s3.addressing_style", "path"), ("s3.x", "y")]),
    ("services", "[services l]\nsts =\n  endpoint_url = http://h:1\niam=\n\tendpoint_url=http://h:2", "services l", &[("iam.endpoint_url", "http://h:2"), ("sts.endpoint_url", "http://h:1")]),
    ("continued value", "[default]\ncredential_process = a\n  b", "default", &[("credential_process", "a\nb")]),
    ("CR LF", "[default]\r\nregion = a\r\n", "default", &[("region", "a")]),
    ("byte order mark", "\u{feff}[default]\nregion=a", "default", &[("region", "a")]),
    ("no line break at the end", "[default]\nregion=a", "default", &[("region", "a")]),
];

#[test]
fn a_file_is_read_as_the_sdks_read_it() {
    for (what, text, section, expected) in FILES {
        check(what, text, section, expected);
    }
}

#[test]
fn a_fault_is_told_with_its_line() {
    let cases: &[(&str, usize)] = &[
        ("region=a", 1),
        ("\n\n[default\nregion=a", 3),
        ("[default]\nregion", 2),
        ("[]\n", 1),
        ("[default]\n=a", 2),
        ("[services l]\nsts =\n  endpoint_url", 3),
    ];
    for (text, line) in cases {
        let error = file::parse(text).expect_err(text);
        assert_eq!(error.line, *line, "{text:?}: {error}");
    }
}

#[test]
fn the_credentials_file_lies_over_the_config_file() {
    let config = "[default]\nregion=bare\n[profile default]\nregion=named\n[profile a]\nregion=r\naws_access_key_id=OLD\n[b]\nx=y";
    let credentials = "[a]\naws_access_key_id=NEW\n[c]\naws_access_key_id=C";
    let shared = SharedConfig::from_texts(config, credentials).unwrap();
    let get = |profile: &str, name: &str| {
        shared
            .profile(profile)
            .and_then(|p| p.get(name))
            .map(str::to_owned)
    };
    assert_eq!(get("default", "region").as_deref(), Some("named"));
    assert_eq!(get("a", "region").as_deref(), Some("r"));
    assert_eq!(get("a", "aws_access_key_id").as_deref(), Some("NEW"));
    assert_eq!(get("c", "aws_access_key_id").as_deref(), Some("C"));
    assert!(
        shared.profile("b").is_none(),
        "a bare section of the config file is no profile"
    );
    assert!(
        !format!("{:?}", shared.profile("c")).contains("=C"),
        "values are not shown"
    );
}
