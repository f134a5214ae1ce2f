//! The JSON reader: what lenient readers let pass is refused, and every byte string ends in time.

mod common;

use std::time::{Duration, Instant};

use common::{Facts, identity, sentence};
use locum_policy::{Document, Kind, limits};
use proptest::prelude::*;

const GOOD: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:L","Resource":"*"}}"#;

fn check_refused(text: &str) {
    assert_eq!(
        sentence(text, Kind::Managed),
        "Syntax errors in policy.",
        "{text:?}"
    );
    assert_eq!(
        sentence(text, Kind::Trust),
        "This policy contains invalid Json",
        "{text:?}"
    );
    assert!(Document::parse(text).is_err(), "{text:?}");
}

#[test]
fn pol_08_lenient_json_is_refused() {
    assert_eq!(sentence(GOOD, Kind::Managed), "");
    assert_eq!(sentence(&format!(" \t\r\n{GOOD}\n "), Kind::Managed), "");
    let with = |from: &str, to: &str| GOOD.replacen(from, to, 1);
    for text in [
        with(r#""Effect":"Allow""#, r#""Effect":"Deny","Effect":"Allow""#),
        with(
            r#""Effect":"Allow""#,
            r#""Effect":"Deny","Eff\u0065ct":"Allow""#,
        ),
        with(r#""Statement""#, r#""Statement":[],"Statement""#),
        with(
            r#""Version":"2012-10-17","#,
            r#""Version":"2012-10-17","Version":"2012-10-17","#,
        ),
        format!("\u{feff}{GOOD}"),
        format!("{GOOD}x"),
        format!("{GOOD}{GOOD}"),
        format!("/* c */{GOOD}"),
        format!("// c\n{GOOD}"),
        format!("{GOOD}#"),
        with(r#""*""#, r#""*","#),
        with(r#""*""#, "NaN"),
        with(r#""*""#, "Infinity"),
        with(r#""*""#, "01"),
        with(r#""*""#, "1."),
        with(r#""*""#, ".5"),
        with(r#""*""#, "1e"),
        with(r#""*""#, "+1"),
        with(r#""*""#, "TRUE"),
        with(r#""*""#, "'*'"),
        with(r#""*""#, r#""\ud800""#),
        with(r#""*""#, r#""\udc00\ud800""#),
        with(r#""*""#, r#""\ud800\u0041""#),
        with(r#""*""#, r#""\u0000""#),
        with(r#""*""#, r#""\u001f""#),
        with(r#""*""#, r#""\b""#),
        with(r#""*""#, r#""\x41""#),
        with(r#""*""#, r#""\u00g0""#),
        with(r#""*""#, r#""\u12"#),
        with(r#""*""#, "\"a\nb\""),
        with(r#""*""#, "\"a\0b\""),
        with(r#""*""#, "[\"*\",]"),
        with(r#""*""#, "[\"*\" \"*\"]"),
        with("Statement\":", "Statement\""),
        with("\"Statement\"", "Statement"),
        GOOD.strip_suffix('}').unwrap().to_owned(),
        "{".to_owned(),
        "\"".to_owned(),
        String::new(),
    ] {
        check_refused(&text);
    }
}

#[test]
fn escapes_are_read() {
    let text = GOOD.replacen(r#""s3:L""#, r#""s3\u003aL\/\"\\""#, 1);
    assert_eq!(sentence(&text, Kind::Managed), "");
    let pair = GOOD.replacen(r#""*""#, r#""arn:aws:s3:::\ud83d\ude00""#, 1);
    assert_eq!(sentence(&pair, Kind::Managed), "");
}

#[test]
fn escapes_stand_for_what_they_say() {
    let is_reached = |written: &str, resource: &str| {
        let statement =
            format!(r#"{{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::{written}"}}"#);
        let resource = format!("arn:aws:s3:::{resource}");
        identity(&statement, "s3:GetObject", &resource, &Facts::default()).is_allowed()
    };
    for (written, resource) in [
        (r"\u00E9\u00e9", "\u{e9}\u{e9}"),
        (r"\ud800\udc00", "\u{10000}"),
        (r"\uD83D\uDE00", "\u{1f600}"),
        (r"\ud83d\ude42x", "\u{1f642}x"),
        (r"\ud800\udfff", "\u{103ff}"),
        (r"\udbff\udfff", "\u{10ffff}"),
        (r"a\nb\rc\td", "a\nb\rc\td"),
        (r#"a\/\"\\b"#, "a/\"\\b"),
    ] {
        assert!(is_reached(written, resource), "{written}");
        assert!(!is_reached(written, &format!("{resource}x")), "{written}");
    }
}

/// Where the fault of a refused document is.
fn faults(text: &str) -> Vec<std::ops::Range<usize>> {
    let findings = Document::check(text, Kind::Trust).err();
    let findings = findings.into_iter().flatten();
    findings.map(|finding| finding.span).collect()
}

#[test]
fn half_a_pair_is_marked_where_it_stands() {
    for (escape, marked) in [
        (r"\ud800", r"\ud800"),
        (r"\ud800\n", r"\ud800"),
        (r"\ud800\u0041", r"\ud800\u0041"),
        (r"\ud800\ue000", r"\ud800\ue000"),
        (r"\udc00", r"\udc00"),
        (r"\ud83d\u12g4", r"\ud83d\u12g4"),
        (r"\u12g4", r"\u12g4"),
        (r"\q", r"\q"),
    ] {
        let text = GOOD.replacen("\"*\"", &format!("\"{escape} \""), 1);
        let start = text.find('\\').unwrap();
        let end = start + marked.len();
        assert_eq!(faults(&text).first(), Some(&(start..end)), "{escape}");
    }
}

#[test]
fn characters_beyond_latin_1_are_refused() {
    let text = GOOD.replacen(r#""*""#, "\"arn:aws:s3:::\u{4e2d}\"", 1);
    assert_eq!(sentence(&text, Kind::Managed), "Syntax errors in policy.");
    for control in [
        "\u{1f}", "\u{7f}", "\u{85}", "\\u001f", "\\u007f", "\\u0085",
    ] {
        let text = GOOD.replacen(r#""*""#, &format!("\"arn:aws:s3:::{control}\""), 1);
        assert_eq!(
            sentence(&text, Kind::Managed),
            "Syntax errors in policy.",
            "{control:?}"
        );
    }
    let text = GOOD.replacen(r#""*""#, "\"arn:aws:s3:::\u{e9}\"", 1);
    assert_eq!(sentence(&text, Kind::Managed), "");
}

#[test]
fn nesting_and_size_are_limited() {
    check_refused(&"[".repeat(100_000));
    check_refused(&"{\"a\":".repeat(100_000));
    let deep = format!("{}{}", "[".repeat(20), "]".repeat(20));
    check_refused(&deep);
    check_refused(&" ".repeat(limits::DOCUMENT_BYTES_MAX + 1));
    let padded = format!("{GOOD}{}", " ".repeat(limits::DOCUMENT_CHARACTERS_MAX));
    assert_ne!(sentence(&padded, Kind::Managed), "");
    assert!(Document::parse(&padded).is_ok());
}

/// Up to a limit a text is JSON, whatever else may be wrong with it; beyond, it is none.
#[test]
fn limits_are_exact() {
    let is_json = |text: &str| sentence(text, Kind::Trust) != "This policy contains invalid Json";
    // The outermost value stands at depth zero.
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert!(is_json(&nested(limits::JSON_DEPTH_MAX)));
    // Six values, and the items of a list.
    let listed = |values: usize| {
        let more = ",\"*\"".repeat(values - 7);
        Document::parse(&GOOD.replacen(r#""*""#, &format!("[\"*\"{more}]"), 1))
    };
    assert!(listed(limits::JSON_VALUES_MAX).is_ok());
    let spaced = |bytes: usize| format!("{GOOD}{}", " ".repeat(bytes - GOOD.len()));
    assert!(Document::parse(&spaced(limits::DOCUMENT_BYTES_MAX)).is_ok());
    for more in 1..3 {
        assert!(!is_json(&nested(limits::JSON_DEPTH_MAX + more)));
        assert!(listed(limits::JSON_VALUES_MAX + more).is_err());
        assert!(Document::parse(&spaced(limits::DOCUMENT_BYTES_MAX + more)).is_err());
    }
}

#[test]
fn dos_hostile_documents_take_linear_time() {
    let wrap = |resource: &str| GOOD.replacen(r#""*""#, resource, 1);
    let names: Vec<String> = (0..8000).map(|n| format!("\"k{n}\":1")).collect();
    let started = Instant::now();
    for text in [
        wrap(&format!("[{}\"\"]", "\"\",".repeat(30_000))),
        wrap(&format!("[{}\"*\"]", "\"*\",".repeat(30_000))),
        wrap(&format!("\"{}\"", "\\u0041".repeat(20_000))),
        wrap(&format!("\"{}\"", "${".repeat(50_000))),
        wrap(&format!("\"arn:aws:s3:::{}\"", "${a:b}".repeat(20_000))),
        format!("{{{}}}", names.join(",")),
        format!("{{{}}}", "\"Sid\":1,".repeat(10_000)),
    ] {
        drop(Document::check(&text, Kind::Managed));
        drop(Document::check(&text, Kind::Trust));
        drop(Document::parse(&text));
    }
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pol_25_any_text_ends_in_findings_inside_it(text in ".{0,60}") {
        for kind in [Kind::Managed, Kind::Inline, Kind::Session, Kind::Trust] {
            if let Err(findings) = Document::check(&text, kind) {
                prop_assert!(!findings.is_empty());
                prop_assert!(findings.iter().all(|f| text.get(f.span.clone()).is_some()));
            }
        }
    }

    #[test]
    fn pol_25_damaged_documents_never_panic(at in 0..GOOD.len(), with in any::<char>(), cut in 0..5_usize) {
        let mut text: String = GOOD.chars().take(at).collect();
        text.push(with);
        text.extend(GOOD.chars().skip(at + cut));
        for kind in [Kind::Managed, Kind::Trust] {
            if let Ok(document) = Document::check(&text, kind) {
                locum_policy::Policy::compile(&document);
            }
        }
    }
}
