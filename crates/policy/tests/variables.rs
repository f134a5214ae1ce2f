//! ARNs and variables in conditions.

mod common;

use common::Facts;
use common::condition::{Expected, Fails, Holds, Trouble, check, check_op, s};

const ARNS: &[(&str, &str, Expected)] = &[
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
    (
        "arn:aws:iam::*:x",
        "arn:aws:iam::111122223333:role/x:x",
        Fails,
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
];

#[test]
fn pol_13_arns_are_compared_part_by_part() {
    for (pattern, arn, expected) in ARNS.iter().copied() {
        for operator in ["ArnLike", "ArnEquals"] {
            check_op(operator, &format!("\"{pattern}\""), s(arn), expected);
        }
    }
}

#[test]
fn pol_16_variables_in_arns() {
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
}

/// A variable that stands for one of two values: an Allow does not apply, a Deny does.
#[test]
fn pol_14_a_variable_that_two_values_claim_never_helps() {
    let facts = Facts::default()
        .str("k:v", "ada")
        .str("k:a", "arn:aws:s3:::b/ada")
        .with("k:b", common::Fact::Bool(true))
        .with("aws:PrincipalTag/team", common::Fact::Ambiguous);
    for (operator, key, operand) in [
        ("StringEquals", "k:v", "${aws:PrincipalTag/team}"),
        ("StringNotEquals", "k:v", "${aws:PrincipalTag/team}"),
        ("StringNotLike", "k:v", "*${aws:PrincipalTag/team, 'x'}*"),
        ("StringEqualsIgnoreCase", "k:v", "${aws:PrincipalTag/team}"),
        (
            "StringNotEqualsIgnoreCase",
            "k:v",
            "x${aws:PrincipalTag/team}",
        ),
        (
            "ForAnyValue:StringNotEquals",
            "k:v",
            "${aws:PrincipalTag/team}",
        ),
        (
            "ArnNotLike",
            "k:a",
            "arn:aws:s3:::b/${aws:PrincipalTag/team}",
        ),
        ("ArnNotEquals", "k:a", "${aws:PrincipalTag/team}"),
        ("Bool", "k:b", "${aws:PrincipalTag/team}"),
    ] {
        check(
            &format!(r#"{{"{operator}":{{"{key}":"{operand}"}}}}"#),
            &facts,
            Trouble,
        );
    }
    // What certainly differs, differs; a variable without any value settles it.
    check(
        r#"{"ArnNotLike":{"k:a":"arn:aws:s3::1:b/${aws:PrincipalTag/team}"}}"#,
        &facts,
        Holds,
    );
    check(
        r#"{"StringNotEquals":{"k:v":"${aws:PrincipalTag/team}${aws:userid}"}}"#,
        &facts,
        Holds,
    );
    let resources = |element: &str| {
        let open = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
        let parts = format!(r#""Action":"s3:*",{element}"#);
        let yes = |statements: &str| {
            common::identity(statements, "s3:GetObject", "arn:aws:s3:::b/ada", &facts).is_allowed()
        };
        let allows = yes(&format!(r#"{{"Effect":"Allow",{parts}}}"#));
        let denies = !yes(&format!(r#"{open},{{"Effect":"Deny",{parts}}}"#));
        (allows, denies)
    };
    let never = (false, true);
    assert_eq!(
        resources(r#""Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team}""#),
        never
    );
    assert_eq!(
        resources(r#""NotResource":"arn:aws:s3:::b/${aws:PrincipalTag/team}""#),
        never
    );
    let other = r#""Resource":"arn:aws:sns:::b/${aws:PrincipalTag/team}""#;
    assert_eq!(resources(other), (false, false));
}

/// In any part of an ARN: one without a value settles it, one with two makes it unclear, and whatever
/// else differs comes first.
#[test]
fn pol_14_and_pol_16_variables_in_each_part_of_a_resource() {
    let facts = Facts::default()
        .str("aws:PrincipalTag/s3", "s3")
        .str("aws:PrincipalTag/a:", "111122223333")
        .with("aws:PrincipalTag/two", common::Fact::Ambiguous);
    let resource = "arn:aws:s3:eu-west-1:111122223333:b/ada";
    // Whether an Allow and a Deny apply, with the pattern as Resource and as NotResource.
    let outcomes = |pattern: &str| {
        ["Resource", "NotResource"].map(|element| {
            let open = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
            let parts = format!(r#""Action":"s3:*","{element}":"{pattern}""#);
            let yes = |statements: &str| {
                common::identity(statements, "s3:GetObject", resource, &facts).is_allowed()
            };
            (
                yes(&format!(r#"{{"Effect":"Allow",{parts}}}"#)),
                !yes(&format!(r#"{open},{{"Effect":"Deny",{parts}}}"#)),
            )
        })
    };
    const APPLIES: (bool, bool) = (true, true);
    const NOT: (bool, bool) = (false, false);
    const UNCLEAR: (bool, bool) = (false, true);
    for (pattern, expected) in [
        ("arn:aws:${aws:PrincipalTag/s3}:*:*:b/ada", [APPLIES, NOT]),
        // The name of a tag may end with a colon.
        ("arn:aws:s3:*:${aws:PrincipalTag/a:}:b/*", [APPLIES, NOT]),
        (
            "arn:aws:s3:*:${aws:PrincipalTag/two}:b/*",
            [UNCLEAR, UNCLEAR],
        ),
        (
            "arn:aws:s3:${aws:PrincipalTag/two}:*:b/ada",
            [UNCLEAR, UNCLEAR],
        ),
        ("arn:aws:s3:*:${aws:PrincipalTag/none}:b/*", [NOT, UNCLEAR]),
        ("arn:aws:s3:*:${aws:PrincipalTag/none}:c/*", [NOT, APPLIES]),
        ("arn:aws:s3:*:${aws:PrincipalTag/two}:c/*", [NOT, APPLIES]),
        (
            "arn:aws:s3:*:${aws:PrincipalTag/two}:b/${aws:PrincipalTag/none}",
            [NOT, UNCLEAR],
        ),
        (
            "arn:aws:s3:${aws:PrincipalTag/none}:${aws:PrincipalTag/two}:b/*",
            [NOT, UNCLEAR],
        ),
        (
            "arn:aws:s3:${aws:PrincipalTag/two}:${aws:PrincipalTag/none}:b/*",
            [NOT, UNCLEAR],
        ),
        // What stands before the variable differs already.
        ("arn:aws:s3:*:*:b/${aws:PrincipalTag/none}", [NOT, UNCLEAR]),
        ("arn:aws:s3:*:*:c/${aws:PrincipalTag/none}", [NOT, APPLIES]),
        (
            "arn:aws:s3:*:*:b/a${$}${aws:PrincipalTag/none}",
            [NOT, APPLIES],
        ),
    ] {
        assert_eq!(outcomes(pattern), expected, "{pattern}");
    }
}

/// An operand that turns out to be none of its type.
#[test]
fn pol_14_a_variable_of_the_wrong_type_never_helps() {
    let facts = Facts::default()
        .str("k:a", "arn:aws:s3:::b")
        .with("k:b", common::Fact::Bool(true))
        .str("k:word", "yes")
        .str("k:true", "TRUE")
        .str("k:arn", "arn:aws:s3:::b")
        .str("k:other", "arn:aws:s3:::c");
    for (operator, key, variable, expected) in [
        ("Bool", "k:b", "k:word", Trouble),
        ("Bool", "k:b", "k:true", Holds),
        ("Bool", "k:b", "k:none", Fails),
        ("ArnLike", "k:a", "k:word", Trouble),
        ("ArnNotLike", "k:a", "k:word", Trouble),
        ("ArnNotLike", "k:a", "k:none", Holds),
        ("ArnEquals", "k:a", "k:arn", Holds),
        ("ArnEquals", "k:a", "k:other", Fails),
    ] {
        let condition = format!(r#"{{"{operator}":{{"{key}":"${{{variable}}}"}}}}"#);
        check(&condition, &facts, expected);
    }
}

#[test]
fn pol_16_what_a_variable_puts_in_has_no_wildcards() {
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
fn a_default_is_written_in_one_way() {
    let checked = |variable: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/{variable}"}}}}"#
        );
        locum_policy::Document::check(&text, locum_policy::Kind::Managed).is_ok()
    };
    assert!(checked("${aws:PrincipalTag/team, 'company wide'}"));
    assert!(checked("${aws:PrincipalTag/team, ''}"));
    for other in [
        "${aws:PrincipalTag/team,'c'}",
        "${aws:PrincipalTag/team,  'c'}",
        "${aws:PrincipalTag/team, 'c' }",
        "${aws:PrincipalTag/team, 'c}'}",
        "${aws:PrincipalTag/team, 'c'd'}",
    ] {
        assert!(!checked(other), "{other}");
    }
}
