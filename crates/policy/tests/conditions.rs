//! Conditions: every operator against absent, empty and wrongly typed values, and its semantics.

mod common;

use common::{Fact, Facts, applies};

/// What a condition must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Holds,
    Fails,
    /// Cannot be evaluated: never allows, always denies.
    Trouble,
}
use Expected::{Fails, Holds, Trouble};

fn check(condition: &str, facts: &Facts, expected: Expected) {
    let (allow, deny) = match expected {
        Holds => (true, true),
        Fails => (false, false),
        Trouble => (false, true),
    };
    assert_eq!(
        applies("Allow", condition, facts),
        allow,
        "Allow {condition} {facts:?}"
    );
    assert_eq!(
        applies("Deny", condition, facts),
        deny,
        "Deny {condition} {facts:?}"
    );
}

/// Checks `{operator: {"k:v": values}}` where the request has `facts` under that key.
fn check_op(operator: &str, values: &str, fact: Option<Fact>, expected: Expected) {
    let facts = fact.map_or_else(Facts::default, |fact| Facts::default().with("k:v", fact));
    check(
        &format!(r#"{{"{operator}":{{"K:V":{values}}}}}"#),
        &facts,
        expected,
    );
}

fn s(text: &str) -> Option<Fact> {
    Some(Fact::Str(text.to_owned()))
}

fn many(values: &[&'static str]) -> Option<Fact> {
    Some(Fact::Many(values.to_vec()))
}

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
fn pol_01_negated_set_operators() {
    // Of the request's values: a is listed, c is not.
    for (name, values) in [
        ("StringNotEquals", r#"["a","b"]"#),
        ("StringNotEqualsIgnoreCase", r#"["A","B"]"#),
        ("StringNotLike", r#"["a*","b*"]"#),
    ] {
        set(name, values, ["a", "b"], ["c", "d"]);
    }
    set("NumericNotEquals", "[1,2]", ["1", "2.0"], ["3", "4"]);
    set(
        "DateNotEquals",
        r#"["2026","2027"]"#,
        ["2026-01-01", "2027"],
        ["2028", "2029"],
    );
    set(
        "NotIpAddress",
        r#"["10.0.0.0/8","11.0.0.0/8"]"#,
        ["10.1.1.1", "11.1.1.1"],
        ["12.0.0.1", "::1"],
    );
    let arns = r#"["arn:aws:s3:::a","arn:aws:s3:::b"]"#;
    for name in ["ArnNotEquals", "ArnNotLike"] {
        set(
            name,
            arns,
            ["arn:aws:s3:::a", "arn:aws:s3:::b"],
            ["arn:aws:s3:::c", "arn:aws:s3:::d"],
        );
    }
}

/// A negated operator under both set operators, with values that are listed and that are not.
fn set(name: &str, values: &str, listed: [&'static str; 2], free: [&'static str; 2]) {
    let any = format!("ForAnyValue:{name}");
    let all = format!("ForAllValues:{name}");
    for (request, for_any, for_all) in [
        (vec![listed[0]], Fails, Fails),
        (vec![listed[0], listed[1]], Fails, Fails),
        (vec![listed[0], free[0]], Holds, Fails),
        (vec![free[0], listed[1], free[1]], Holds, Fails),
        (vec![free[0], free[1]], Holds, Holds),
        (vec![free[1]], Holds, Holds),
        (vec![], Fails, Holds),
    ] {
        check_op(&any, values, many(&request), for_any);
        check_op(&all, values, many(&request), for_all);
        // Without a set operator AWS leaves mixed values open.
        let mixed = match (for_any, for_all) {
            (Holds, Fails) => Trouble,
            (_, all) => all,
        };
        check_op(name, values, many(&request), mixed);
    }
}

#[test]
fn positive_set_operators() {
    let values = r#"["a","b"]"#;
    for (request, any, all) in [
        (vec!["a"], Holds, Holds),
        (vec!["a", "b"], Holds, Holds),
        (vec!["a", "c"], Holds, Fails),
        (vec!["c"], Fails, Fails),
        (vec!["", "a"], Holds, Fails),
        (vec!["", ""], Fails, Holds),
        (vec![], Fails, Holds),
    ] {
        check_op("ForAnyValue:StringEquals", values, many(&request), any);
        check_op("ForAllValues:StringEquals", values, many(&request), all);
        let plain = if request.contains(&"a") { Holds } else { Fails };
        check_op("StringEquals", values, many(&request), plain);
    }
}

#[test]
fn pol_02_for_all_values_is_true_when_there_is_nothing() {
    for fact in [None, many(&[]), s(""), many(&[""])] {
        check_op("ForAllValues:StringEquals", r#""x""#, fact.clone(), Holds);
        check_op("ForAllValues:StringNotEquals", r#""x""#, fact, Holds);
    }
}

#[test]
fn pol_03_for_any_value_is_false_when_there_is_nothing() {
    for fact in [None, many(&[]), s(""), many(&[""])] {
        check_op("ForAnyValue:StringEquals", r#""x""#, fact.clone(), Fails);
        check_op("ForAnyValue:StringNotEquals", r#""x""#, fact, Fails);
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
fn pol_13_arns_are_compared_part_by_part() {
    for (pattern, arn, expected) in [
        (
            "arn:aws:iam::111122223333:role/*",
            "arn:aws:iam::111122223333:role/a/b",
            Holds,
        ),
        (
            "arn:aws:iam::*:role/x",
            "arn:aws:iam::111122223333:role/x",
            Holds,
        ),
        (
            "arn:aws:iam::1111*:role/x",
            "arn:aws:iam::111122223333:role/x",
            Holds,
        ),
        (
            "arn:*:iam::111122223333:role/x",
            "arn:aws-cn:iam::111122223333:role/x",
            Holds,
        ),
        (
            "arn:aws:iam::111122223333:role/x",
            "arn:aws-cn:iam::111122223333:role/x",
            Fails,
        ),
        ("arn:aws:*", "arn:aws:iam::111122223333:role/x", Trouble),
        (
            "arn:aws:iam::*:x",
            "arn:aws:iam::111122223333:role/x:x",
            Fails,
        ),
        (
            "arn:aws:iam::*",
            "arn:aws:iam::111122223333:role/x",
            Trouble,
        ),
        ("arn:aws:*:*:*:*", "arn:aws:iam::111122223333:role/x", Holds),
        (
            "arn:aws:sns:*:111122223333:topic:*",
            "arn:aws:sns:us-east-1:111122223333:topic:sub:1",
            Holds,
        ),
        (
            "arn:aws:iam::111122223333:role/X",
            "arn:aws:iam::111122223333:role/x",
            Fails,
        ),
        ("*", "arn:aws:iam::111122223333:role/x", Holds),
        ("*", "no-arn", Trouble),
    ] {
        if matches!(pattern, "arn:aws:*" | "arn:aws:iam::*") {
            continue; // refused when saved, see save.rs
        }
        for operator in ["ArnLike", "ArnEquals"] {
            check_op(operator, &format!("\"{pattern}\""), s(arn), expected);
        }
    }
    let facts = Facts::default()
        .str("k:v", "arn:aws:iam::111122223333:role/x")
        .str("aws:PrincipalArn", "arn:aws:iam::111122223333:role/x")
        .str("aws:PrincipalAccount", "111122223333");
    check(
        r#"{"ArnEquals":{"k:v":"${aws:PrincipalArn}"}}"#,
        &facts,
        Holds,
    );
    check(
        r#"{"ArnLike":{"k:v":"arn:aws:iam::${aws:PrincipalAccount}:role/*"}}"#,
        &facts,
        Holds,
    );
    check(
        r#"{"ArnLike":{"k:v":"arn:aws:iam::${aws:SourceAccount}:role/*"}}"#,
        &facts,
        Fails,
    );
    check(
        r#"{"ArnNotLike":{"k:v":"arn:aws:iam::${aws:SourceAccount}:role/*"}}"#,
        &facts,
        Holds,
    );
}

#[test]
fn pol_16_variables_in_values() {
    let facts = Facts::default()
        .str("k:v", "ada")
        .str("aws:username", "ada")
        .many("k:m", &["ada"]);
    check(
        r#"{"StringEquals":{"k:v":"${aws:username}"}}"#,
        &facts,
        Holds,
    );
    check(
        r#"{"StringEquals":{"k:v":"${AWS:UserName}"}}"#,
        &facts,
        Holds,
    );
    check(
        r#"{"StringEquals":{"k:v":"x${aws:username}"}}"#,
        &facts,
        Fails,
    );
    check(
        r#"{"StringEqualsIgnoreCase":{"k:v":"${aws:username}"}}"#,
        &facts,
        Holds,
    );
    // Without a value: null, which matches nothing and differs from everything.
    check(r#"{"StringEquals":{"k:v":"${aws:userid}"}}"#, &facts, Fails);
    check(
        r#"{"StringNotEquals":{"k:v":"${aws:userid}"}}"#,
        &facts,
        Holds,
    );
    check(r#"{"StringLike":{"k:v":"*${aws:userid}*"}}"#, &facts, Fails);
    check(
        r#"{"StringNotLike":{"k:v":"*${aws:userid}*"}}"#,
        &facts,
        Holds,
    );
    check(
        r#"{"StringEquals":{"k:v":"${aws:userid, 'ada'}"}}"#,
        &facts,
        Holds,
    );
    check(
        r#"{"StringEquals":{"k:v":"${aws:username, 'eve'}"}}"#,
        &facts,
        Holds,
    );
    // Keys with several values cannot be used.
    check(r#"{"StringEquals":{"k:v":"${k:m}"}}"#, &facts, Fails);
    // What is put in has no wildcards.
    let star = Facts::default()
        .str("k:v", "anything")
        .str("aws:username", "*");
    check(r#"{"StringLike":{"k:v":"${aws:username}"}}"#, &star, Fails);
    let literal = Facts::default().str("k:v", "a*b?c$");
    check(
        r#"{"StringLike":{"k:v":"a${*}b${?}c${$}"}}"#,
        &literal,
        Holds,
    );
    check(
        r#"{"StringEquals":{"k:v":"a${*}b${?}c${$}"}}"#,
        &literal,
        Holds,
    );
    check(
        r#"{"StringLike":{"k:v":"a${*}b${?}c${$}"}}"#,
        &Facts::default().str("k:v", "axbyc$"),
        Fails,
    );
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
