//! The layout keeps the document and does not change when it is written again.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say what went wrong by panicking"
)]

use proptest::prelude::*;

use super::layout;
use crate::code::Code;
use crate::json::{self, Json, Node};

/// Whether two values say the same: the order of an object's members does not count.
fn same(one: &Node<'_>, other: &Node<'_>) -> bool {
    match (&one.value, &other.value) {
        (Json::Object(one), Json::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|member| {
                    other
                        .iter()
                        .any(|known| known.key == member.key && same(&known.node, &member.node))
                })
        }
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Json::String(one), Json::String(other)) => one == other,
        (Json::Number(one), Json::Number(other)) => one == other,
        (Json::Bool(one), Json::Bool(other)) => one == other,
        (Json::Null, Json::Null) => true,
        _ => false,
    }
}

fn check(text: &str) {
    let once = layout(text).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
    let (read, again) = (json::read(text).unwrap(), json::read(&once).unwrap());
    assert!(same(&read, &again), "{text}\nbecomes\n{once}");
    assert_eq!(layout(&once).unwrap(), once);
    assert!(!once.lines().any(|line| line.ends_with(' ')), "{once}");
}

#[test]
fn a_policy_is_laid_out() {
    let text = r#"{"Statement":[{"Resource":["arn:aws:s3:::first-bucket-with-a-name/*","arn:aws:s3:::second-bucket-with-a-name/*"],
        "Condition":{"StringEquals":{"aws:username":["b","a"]}},"Action":["s3:GetObject","s3:PutObject"],"Effect":"Allow","Sid":"A"}],
        "Version":"2012-10-17"}"#;
    let expected = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "A",
      "Effect": "Allow",
      "Action": ["s3:GetObject", "s3:PutObject"],
      "Resource": [
        "arn:aws:s3:::first-bucket-with-a-name/*",
        "arn:aws:s3:::second-bucket-with-a-name/*"
      ],
      "Condition": {
        "StringEquals": {
          "aws:username": ["b", "a"]
        }
      }
    }
  ]
}
"#;
    assert_eq!(layout(text).unwrap(), expected);
    check(text);
}

#[test]
fn lines_break_at_the_width() {
    let item = |n: usize| "x".repeat(n);
    // Two of indentation, `"Action": `, brackets, quotes, and the comma that may follow.
    let fits = 80 - 2 - 10 - 2 - 2 - 1;
    for (n, broken) in [(fits, false), (fits + 1, true)] {
        let text = format!(r#"{{"Action": ["{}"], "Statement": []}}"#, item(n));
        let out = layout(&text).unwrap();
        assert_eq!(out.lines().count() > 4, broken, "{out}");
        check(&text);
        // Within a statement there are six of indentation instead of two.
        let text = format!(
            r#"{{"Statement": [{{"Action": ["{}"]}}]}}"#,
            item(n.saturating_sub(4))
        );
        let out = layout(&text).unwrap();
        assert_eq!(out.lines().count() > 7, broken, "{out}");
    }
}

#[test]
fn what_is_empty_stays_on_its_line() {
    let long = "x".repeat(100);
    let text = format!(r#"{{"{long}": [], "Condition": {{}}, "Statement": {{}}}}"#);
    let expected =
        format!("{{\n  \"Statement\": {{}},\n  \"Condition\": {{}},\n  \"{long}\": []\n}}\n");
    assert_eq!(layout(&text).unwrap(), expected);
}

/// What a policy may hold escaped alone stays escaped: written as it is, it would be refused.
#[test]
fn what_cannot_stand_raw_stays_escaped() {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::\u20ac\ud83d\ude00\u00e9/*"}}"#;
    let out = layout(text).unwrap();
    assert!(
        out.contains(r#""arn:aws:s3:::\u20ac\ud83d\ude00é/*""#),
        "{out}"
    );
    let read = |text| crate::Document::check(text, crate::Kind::Managed).map(|_| ());
    assert_eq!((read(text), read(&out)), (Ok(()), Ok(())));
    check(text);
}

#[test]
fn what_is_no_policy_is_refused_with_its_place() {
    for (text, code, place) in [
        ("", Code::JsonSyntaxError, 0..0),
        ("{\"a\": }", Code::JsonSyntaxError, 6..7),
        ("{\"a\": 1, \"a\": 2}", Code::JsonSyntaxError, 9..12),
        ("[]", Code::DataTypeMismatch, 0..2),
        ("{}", Code::MissingStatement, 0..2),
        (
            "{\"name\":\"x\",\"scripts\":{}}",
            Code::MissingStatement,
            0..25,
        ),
    ] {
        let found = layout(text).unwrap_err();
        assert_eq!((found.code, found.span), (code, place), "{text}");
        assert!(!found.message.is_empty());
    }
}

/// A value as JSON text, with odd white space and escapes.
fn value() -> impl Strategy<Value = String> {
    let space = || "[ \t\n\r]{0,2}";
    let text = "[ -!#-\\[\\]-~\u{a0}-\u{ff}]{0,12}".prop_map(|text| format!("\"{text}\""));
    let escaped = Just(r#""a\"\\\/\n\t\u0041\u00e9\u20ac\ud83d\ude00""#.to_owned());
    let scalar = prop_oneof![
        text,
        escaped,
        Just("-0.5e+10".to_owned()),
        Just("true".to_owned()),
        Just("null".to_owned()),
    ];
    let names = prop::sample::subsequence(
        vec![
            "Version",
            "Statement",
            "Sid",
            "Effect",
            "Action",
            "Resource",
            "Condition",
            "x",
            "aws:y",
            "",
        ],
        0..6,
    )
    .prop_shuffle();
    scalar.prop_recursive(5, 64, 8, move |inner| {
        let list =
            (prop::collection::vec(inner.clone(), 0..8), space()).prop_map(|(items, space)| {
                format!("[{space}{}{space}]", items.join(&format!("{space},")))
            });
        let object = (names.clone(), prop::collection::vec(inner, 6), space()).prop_map(
            |(names, values, space)| {
                let members: Vec<String> = names
                    .iter()
                    .zip(values)
                    .map(|(name, value)| format!("\"{name}\"{space}:{space}{value}"))
                    .collect();
                format!("{{{space}{}}}", members.join(&format!(",{space}")))
            },
        );
        prop_oneof![list, object]
    })
}

proptest! {
    #[test]
    fn any_object_stays_what_it_is(value in value(), other in value()) {
        check(&format!("{{\"Statement\": {value}, \"Version\":{other} }}"));
    }

    #[test]
    fn any_text_is_laid_out_or_refused_within_itself(text in "[\\[\\]{}\":, a\u{e9}\\\\]{0,24}") {
        if let Err(found) = layout(&text) {
            prop_assert!(text.get(found.span).is_some());
        }
    }
}
