//! Set operators: ForAllValues and ForAnyValue over lists, partly listed, empty and absent.

mod common;

use common::Fact;
use common::condition::{Fails, Holds, Trouble, check_op, many, s};

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

/// A key that is filled twice: an Allow does not apply, a Deny does, whatever the operator.
#[test]
fn a_key_that_two_values_claim_never_helps() {
    for set in ["", "ForAnyValue:", "ForAllValues:"] {
        for operator in [
            "StringEquals",
            "StringNotEquals",
            "StringLike",
            "StringEqualsIfExists",
            "StringNotEqualsIfExists",
        ] {
            let operator = format!("{set}{operator}");
            check_op(&operator, r#""x""#, Some(Fact::Ambiguous), Trouble);
        }
    }
    check_op("Null", "false", Some(Fact::Ambiguous), Holds);
    check_op("Null", "true", Some(Fact::Ambiguous), Fails);
}
