//! Conditions: every operator against absent, empty and wrongly typed values, and its semantics.

mod common;

use common::condition::{Fails, Holds, Trouble, check, check_op, many, s};
use common::{Fact, Facts};
use locum_policy::limits;

/// Operator, an operand, whether it is negated, whether any text is a value of its type.
const OPERATORS: &[(&str, &str, bool, bool)] = &[
    ("StringEquals", r#""x""#, false, true),
    ("StringNotEquals", r#""x""#, true, true),
    ("StringEqualsIgnoreCase", r#""x""#, false, true),
    ("StringNotEqualsIgnoreCase", r#""x""#, true, true),
    ("StringLike", r#""x*""#, false, true),
    ("StringNotLike", r#""x*""#, true, true),
    ("NumericEquals", "5", false, false),
    ("NumericNotEquals", "5", true, false),
    ("NumericLessThan", "5", false, false),
    ("NumericLessThanEquals", "5", false, false),
    ("NumericGreaterThan", "5", false, false),
    ("NumericGreaterThanEquals", "5", false, false),
    ("DateEquals", r#""2026-01-01""#, false, false),
    ("DateNotEquals", r#""2026-01-01""#, true, false),
    ("DateLessThan", r#""2026-01-01""#, false, false),
    ("DateLessThanEquals", r#""2026-01-01""#, false, false),
    ("DateGreaterThan", r#""2026-01-01""#, false, false),
    ("DateGreaterThanEquals", r#""2026-01-01""#, false, false),
    ("Bool", r#""true""#, false, false),
    ("BinaryEquals", r#""QUJD""#, false, false),
    ("IpAddress", r#""10.0.0.0/8""#, false, false),
    ("NotIpAddress", r#""10.0.0.0/8""#, true, false),
    ("ArnEquals", r#""arn:aws:s3:::b""#, false, false),
    ("ArnLike", r#""arn:aws:s3:::b""#, false, false),
    ("ArnNotEquals", r#""arn:aws:s3:::b""#, true, false),
    ("ArnNotLike", r#""arn:aws:s3:::b""#, true, false),
];

#[test]
fn pol_06_absent_empty_and_wrongly_typed_values_for_every_operator() {
    for (name, operand, negated, text) in OPERATORS.iter().copied() {
        let usual = if negated { Holds } else { Fails };
        let wrong = if text { usual } else { Trouble };
        for (suffix, missing) in [("", usual), ("IfExists", Holds)] {
            let operator = format!("{name}{suffix}");
            check_op(&operator, operand, None, missing);
            check_op(&operator, operand, many(&[]), missing);
            // BinaryEquals reads the empty string as no bytes.
            let empty = if name == "BinaryEquals" { Fails } else { wrong };
            check_op(&operator, operand, s(""), empty);
            check_op(&operator, operand, s("*?wrong"), wrong);
        }
        for (suffix, absent) in [("", Fails), ("IfExists", Holds)] {
            let operator = format!("ForAnyValue:{name}{suffix}");
            check_op(&operator, operand, None, absent);
            check_op(&operator, operand, many(&[]), absent);
            check_op(&operator, operand, s(""), Fails);
            check_op(&operator, operand, s("*?wrong"), wrong);
            let operator = format!("ForAllValues:{name}{suffix}");
            check_op(&operator, operand, None, Holds);
            check_op(&operator, operand, many(&[]), Holds);
            check_op(&operator, operand, s(""), Holds);
            check_op(&operator, operand, s("*?wrong"), wrong);
        }
        // No operand at all: nothing matches.
        check_op(name, "[]", None, usual);
        if text {
            check_op(name, "[]", s("x"), usual);
        }
    }
    for (operand, absent, present) in [
        (r#""true""#, Holds, Fails),
        ("true", Holds, Fails),
        (r#""false""#, Fails, Holds),
        ("false", Fails, Holds),
        (r#"["true","false"]"#, Holds, Holds),
        ("[]", Fails, Fails),
    ] {
        check_op("Null", operand, None, absent);
        check_op("Null", operand, many(&[]), absent);
        check_op("Null", operand, s(""), present);
        check_op("Null", operand, s("wrong"), present);
        check_op("Null", operand, many(&["a"]), present);
    }
}

#[test]
fn pol_14_a_value_that_cannot_be_read_denies_and_never_allows() {
    check_op("NumericLessThan", "5", s("four"), Trouble);
    check_op("NumericNotEquals", "5", s("four"), Trouble);
    check_op(
        "IpAddress",
        r#""10.0.0.0/8""#,
        s("10.1.1.1, 10.1.1.2"),
        Trouble,
    );
    check_op("Bool", "false", s("no"), Trouble);
    check_op("ArnNotLike", r#""arn:aws:s3:::b""#, s("b"), Trouble);
    // Elsewhere a certain No still decides.
    check(
        r#"{"NumericLessThan":{"k:v":"5"},"StringEquals":{"k:w":"x"}}"#,
        &Facts::default().str("k:v", "four").str("k:w", "y"),
        Fails,
    );
    // One value that matches is enough.
    check_op(
        "ForAnyValue:NumericEquals",
        "5",
        many(&["four", "5"]),
        Holds,
    );
    check_op(
        "ForAllValues:NumericEquals",
        "5",
        many(&["four", "6"]),
        Fails,
    );
}

#[test]
fn strings() {
    check_op("StringEquals", r#""a*""#, s("a*"), Holds);
    check_op("StringEquals", r#""a*""#, s("ab"), Fails);
    check_op("StringLike", r#""a*""#, s("ab"), Holds);
    check_op("StringLike", r#""A*""#, s("ab"), Fails);
    check_op("StringNotLike", r#"["x*","a*"]"#, s("ab"), Fails);
    check_op("StringEqualsIgnoreCase", r#""aB""#, s("Ab"), Holds);
    check_op("StringEqualsIgnoreCase", r#""aB""#, s("Abc"), Fails);
    check_op("StringEqualsIgnoreCase", r#""aBc""#, s("Ab"), Fails);
    // Numbers and truth values as text.
    check_op("StringEquals", r#""true""#, Some(Fact::Bool(true)), Holds);
    check_op("StringEquals", "true", Some(Fact::Bool(true)), Holds);
    check_op("StringEquals", r#""42""#, Some(Fact::Int(42)), Holds);
    check_op(
        "StringLike",
        r#""2026-01-01T*Z""#,
        Some(Fact::Date(1_767_225_600)),
        Holds,
    );
    check_op(
        "StringEquals",
        r#""10.0.0.1""#,
        Some(Fact::Ip("::ffff:10.0.0.1".parse().unwrap())),
        Holds,
    );
}

#[test]
fn pol_07_case_is_folded_in_ascii_alone() {
    // Other letters that fold together leave it open.
    check_op("StringEqualsIgnoreCase", r#""k""#, s("\u{212a}"), Trouble);
    check_op(
        "StringNotEqualsIgnoreCase",
        r#""k""#,
        s("\u{212a}"),
        Trouble,
    );
    check_op("StringEqualsIgnoreCase", "\"\u{e9}\"", s("\u{c9}"), Trouble);
    check_op("StringEqualsIgnoreCase", r#""i""#, s("\u{131}"), Trouble);
    check_op("StringEqualsIgnoreCase", r#""a""#, s("\u{ff41}"), Fails);
    // Keys, tags in them too, compare ignoring case.
    let facts = Facts::default().str("aws:PrincipalTag/Team", "red");
    check(
        r#"{"StringEquals":{"AWS:principaltag/TEAM":"red"}}"#,
        &facts,
        Holds,
    );
    let facts = Facts::default().str("aws:ResourceTag/Team", "red");
    check(
        r#"{"StringEquals":{"iam:ResourceTag/team":"red"}}"#,
        &facts,
        Holds,
    );
}

#[test]
fn pol_18_numbers_are_exact() {
    for (operator, operand, value, expected) in [
        ("NumericEquals", "0.1", "0.10", Holds),
        ("NumericEquals", "0.30000000000000004", "0.3", Fails),
        (
            "NumericEquals",
            "9007199254740993",
            "9007199254740992",
            Fails,
        ),
        (
            "NumericLessThan",
            "9007199254740993",
            "9007199254740992",
            Holds,
        ),
        ("NumericEquals", "007", "7", Holds),
        ("NumericEquals", "-0", "0", Holds),
        ("NumericLessThan", "-1", "-2", Holds),
        ("NumericLessThan", "1", "-2", Holds),
        ("NumericGreaterThan", "-10", "-9.5", Holds),
        ("NumericGreaterThan", "9", "10", Holds),
        ("NumericGreaterThanEquals", "10", "10.0", Holds),
        ("NumericLessThanEquals", "10", "10.01", Fails),
        (
            "NumericLessThan",
            "99999999999999999999999999",
            "99999999999999999999999998",
            Holds,
        ),
        ("NumericEquals", "5", "1e309", Trouble),
        ("NumericEquals", "5", "NaN", Trouble),
        ("NumericEquals", "5", "0x5", Trouble),
        ("NumericEquals", "5", " 5", Trouble),
        ("NumericEquals", "5", "\u{665}", Trouble),
    ] {
        check_op(operator, &format!("\"{operand}\""), s(value), expected);
    }
    check_op("NumericLessThan", "3600", Some(Fact::Int(3599)), Holds);
    check_op("NumericLessThan", "3600", Some(Fact::Int(3600)), Fails);
    check_op(
        "NumericEquals",
        r#""-9223372036854775808""#,
        Some(Fact::Int(i64::MIN)),
        Holds,
    );
    let facts = Facts::default().with("aws:EpochTime", Fact::Date(100));
    check(
        r#"{"NumericLessThan":{"aws:EpochTime":"101"}}"#,
        &facts,
        Holds,
    );
    let facts = Facts::default().with("aws:CurrentTime", Fact::Date(100));
    check(
        r#"{"NumericLessThan":{"aws:CurrentTime":"101"}}"#,
        &facts,
        Trouble,
    );
}

#[test]
fn pol_18_numbers_have_a_length() {
    let digits = |count| "7".repeat(count);
    let longest = digits(limits::NUMBER_CHARACTERS_MAX);
    check_op(
        "NumericEquals",
        &format!("\"{longest}\""),
        s(&longest),
        Holds,
    );
    check_op("NumericEquals", "7", s(&longest), Fails);
    for more in 1..3 {
        let longer = digits(limits::NUMBER_CHARACTERS_MAX + more);
        check_op("NumericEquals", "7", s(&longer), Trouble);
    }
}

#[test]
fn pol_18_dates() {
    let new_year = Some(Fact::Date(1_767_225_600));
    for (operator, operand, expected) in [
        ("DateEquals", "2026", Holds),
        ("DateEquals", "2026-01", Holds),
        ("DateEquals", "2026-01-01T00:00:00Z", Holds),
        ("DateEquals", "2026-01-01T01:00+01:00", Holds),
        ("DateEquals", "2025-12-31T23:30:00.000-00:30", Holds),
        ("DateEquals", "1767225600", Holds),
        ("DateLessThan", "2026-01-01T00:00:00.001Z", Holds),
        ("DateLessThan", "2026", Fails),
        ("DateLessThanEquals", "2026", Holds),
        ("DateGreaterThan", "2025-12-31T23:59:59.999999999Z", Holds),
        ("DateGreaterThan", "1970", Holds),
        ("DateGreaterThan", "-5", Holds),
        ("DateGreaterThanEquals", "2026-01-02", Fails),
        ("DateNotEquals", "2026-01-02", Holds),
    ] {
        check_op(
            operator,
            &format!("\"{operand}\""),
            new_year.clone(),
            expected,
        );
        check_op(
            operator,
            &format!("\"{operand}\""),
            s("2026-01-01T00:00:00Z"),
            expected,
        );
        check_op(
            operator,
            &format!("\"{operand}\""),
            Some(Fact::Int(1_767_225_600)),
            expected,
        );
    }
    check_op(
        "DateEquals",
        r#""2024-02-29""#,
        Some(Fact::Date(1_709_164_800)),
        Holds,
    );
    check_op(
        "DateEquals",
        r#""0001-01-01""#,
        Some(Fact::Date(-62_135_596_800)),
        Holds,
    );
    check_op("DateEquals", r#""2026""#, Some(Fact::Bool(true)), Trouble);
}

#[test]
fn pol_18_booleans_and_bytes() {
    check_op("Bool", r#""TRUE""#, Some(Fact::Bool(true)), Holds);
    check_op("Bool", "true", s("True"), Holds);
    check_op("Bool", r#""false""#, Some(Fact::Bool(true)), Fails);
    check_op(
        "Bool",
        r#"["true","false"]"#,
        Some(Fact::Bool(false)),
        Holds,
    );
    check_op("Bool", "true", s("1"), Trouble);
    check_op("Bool", "true", Some(Fact::Int(1)), Trouble);
    let facts = Facts::default()
        .with("k:v", Fact::Bool(true))
        .str("aws:PrincipalTag/x", "true");
    check(r#"{"Bool":{"k:v":"${aws:PrincipalTag/x}"}}"#, &facts, Holds);
    check_op("BinaryEquals", r#""QUJD""#, s("QUJD"), Holds);
    check_op("BinaryEquals", r#""QUJD""#, s("QUJE"), Fails);
    check_op("BinaryEquals", r#""QQ==""#, s("QQ=="), Holds);
    check_op("BinaryEquals", r#""QQ==""#, s("QR=="), Trouble);
    check_op("BinaryEquals", r#""QQ==""#, s("QQ"), Trouble);
    for (text, expected) in [
        ("YWE=", Holds),
        ("YWF=", Trouble),
        ("YWg=", Holds),
        ("YWh=", Trouble),
        ("YW0=", Holds),
        ("YW1=", Trouble),
        ("YW2=", Trouble),
        ("Yg==", Holds),
        ("Yo==", Trouble),
        ("+/+/", Holds),
        ("a/8=", Holds),
        ("a/+=", Trouble),
        ("Y===", Trouble),
        ("YW-=", Trouble),
    ] {
        let operand = if expected == Holds { text } else { "QUJD" };
        check_op("BinaryEquals", &format!("\"{operand}\""), s(text), expected);
    }
}

#[test]
fn pol_17_addresses() {
    for (range, address, expected) in [
        ("10.0.0.0/8", "10.255.0.1", Holds),
        ("10.0.0.0/8", "11.0.0.1", Fails),
        ("10.1.2.3", "10.1.2.3", Holds),
        ("10.1.2.3", "10.1.2.4", Fails),
        ("0.0.0.0/0", "203.0.113.9", Holds),
        ("0.0.0.0/0", "2001:db8::1", Fails),
        ("::/0", "203.0.113.9", Fails),
        ("::/0", "2001:db8::1", Holds),
        ("2001:db8::/32", "2001:db8:1::1", Holds),
        ("2001:db8::1", "2001:db8::2", Fails),
        ("10.0.0.0/8", "::ffff:10.0.0.1", Holds),
        ("::ffff:10.0.0.0/104", "10.9.9.9", Holds),
        ("10.0.0.0/8", "010.0.0.1", Trouble),
        ("10.0.0.0/8", "10.1", Trouble),
        ("10.0.0.0/8", "fe80::1%eth0", Trouble),
        ("10.0.0.0/8", "10.0.0.1/8", Trouble),
    ] {
        check_op("IpAddress", &format!("\"{range}\""), s(address), expected);
        let negated = match expected {
            Holds => Fails,
            Fails => Holds,
            Trouble => Trouble,
        };
        check_op("NotIpAddress", &format!("\"{range}\""), s(address), negated);
        if let Ok(address) = address.parse() {
            check_op(
                "IpAddress",
                &format!("\"{range}\""),
                Some(Fact::Ip(address)),
                expected,
            );
        }
    }
}

#[test]
fn operators_and_keys_all_must_hold() {
    let condition = r#"{"StringEquals":{"k:a":"1","k:b":["2","3"]},"Bool":{"k:c":true}}"#;
    let facts = |a: &str, b: &str, c: bool| {
        Facts::default()
            .str("k:a", a)
            .str("k:b", b)
            .with("k:c", Fact::Bool(c))
    };
    check(condition, &facts("1", "2", true), Holds);
    check(condition, &facts("1", "3", true), Holds);
    check(condition, &facts("2", "2", true), Fails);
    check(condition, &facts("1", "1", true), Fails);
    check(condition, &facts("1", "2", false), Fails);
    check("{}", &Facts::default(), Holds);
    check(r#"{"StringEquals":{}}"#, &Facts::default(), Holds);
}

#[test]
fn the_zone_of_a_time_is_z_or_has_a_sign() {
    let checked = |date: &str| {
        let text = format!(
            r#"{{"Statement":{{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{{"DateLessThan":{{"aws:CurrentTime":"{date}"}}}}}}}}"#
        );
        locum_policy::Document::check(&text, locum_policy::Kind::Inline).is_ok()
    };
    for good in ["Z", "z", "+05", "-05:30", ""] {
        assert!(checked(&format!("2026-01-01T00:00:00{good}")), "{good}");
    }
    for bad in ["Z05", "z05:00", "Z+05", "+-05", "x05"] {
        assert!(!checked(&format!("2026-01-01T00:00:00{bad}")), "{bad}");
    }
}
