//! What saving a document answers: AWS's sentences for identity and trust policies, in its order.

mod common;

use common::sentence;
use locum_policy::{Document, Kind, limits};

const SYNTAX: &str = "Syntax errors in policy.";
const LEGACY: &str = "The policy failed legacy parsing";
const VERSION: &str = "Policy document must be version 2012-10-17 or greater.";
const NO_ACTIONS: &str = "Policy statement must contain actions.";
const NO_RESOURCES: &str = "Policy statement must contain resources.";
const VENDOR: &str = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
const COLONS: &str = "Actions/Condition can contain only one colon.";
const IAM_PATH: &str = "IAM resource path must either be \"*\", root, or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.";

/// Checks whole managed policies against the sentence; "" accepts.
fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(sentence(text, Kind::Managed), *expected, "{text}");
    }
}

/// The same for one statement, wrapped.
fn check_statements(kind: Kind, cases: &[(&str, &str)]) {
    for (statement, expected) in cases {
        let text = common::document(statement);
        assert_eq!(sentence(&text, kind), *expected, "{statement}");
    }
}

#[test]
fn whole_documents_are_validated_in_aws_order() {
    check(&[
        ("This is not JSON", SYNTAX),
        ("", SYNTAX),
        ("[]", SYNTAX),
        (r#"{"Version":"2012-10-17"}"#, SYNTAX),
        (r#"{"Version":"2012-10-17","Statement":[]}"#, SYNTAX),
        (r#"{"Version":"2012-10-17","Statement":["afd"]}"#, SYNTAX),
        (r#"{"Version":"2012-10-17","Statement":"afd"}"#, SYNTAX),
        (
            r#"{"Version":"2013-10-17","Statement":{"Effect":"Allow","Action":"s3:L","Resource":"*"}}"#,
            SYNTAX,
        ),
        (
            r#"{"Version":20121017,"Statement":{"Effect":"Allow","Action":"s3:L","Resource":"*"}}"#,
            SYNTAX,
        ),
        (
            r#"{"Version":"2012-10-17","Id":[],"Statement":{"Effect":"Allow","Action":"s3:L","Resource":"*"}}"#,
            SYNTAX,
        ),
        (
            r#"{"Version":"2012-10-17","Id":"x","Statement":{"Effect":"Allow","Action":"s3:L","Resource":"*"}}"#,
            "",
        ),
        (
            r#"{"Version":"2012-10-17","Extra":"x","Statement":{"Effect":"Allow","Action":"s3:L","Resource":"*"}}"#,
            SYNTAX,
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"s3:L","Resource":"*"}}"#,
            VERSION,
        ),
        (
            r#"{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"s3:L","Resource":"*"}}"#,
            VERSION,
        ),
        // The version comes before the case of the effect, and that before the ids.
        (
            r#"{"Statement":{"Effect":"denY","Action":"s3:L","Resource":"*"}}"#,
            VERSION,
        ),
        (
            r#"{"Statement":[{"Sid":"a","Effect":"Allow","Action":"s3:L","Resource":"*"},{"Sid":"a","Effect":"Allow"}]}"#,
            VERSION,
        ),
        (
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"aLLow","Action":"s3:L","Resource":"*"},{"Sid":"a","Effect":"Allow"}]}"#,
            LEGACY,
        ),
        (
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Action":"s3:L","Resource":"*"},{"Sid":"a","Effect":"Allow"}]}"#,
            "Statement IDs (SID) in a single policy must be unique.",
        ),
        (
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"","Effect":"Allow","Action":"s3:L","Resource":"*"},{"Sid":"","Effect":"Allow","Action":"s3:L","Resource":"*"}]}"#,
            "",
        ),
        (
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny"},{"Effect":"Allow","Action":"s3:L","Resource":"*"}]}"#,
            NO_ACTIONS,
        ),
    ]);
    let old =
        r#"{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"s3:L","Resource":"*"}}"#;
    assert_eq!(sentence(old, Kind::Inline), "");
    assert_eq!(sentence(old, Kind::Session), "");
}

const ELEMENTS: &[(&str, &str)] = &[
    (
        r#"{"Effect":"invalid","Action":"s3:L","Resource":"*"}"#,
        SYNTAX,
    ),
    (
        r#"{"Effect":"denY","Action":"s3:L","Resource":"*"}"#,
        LEGACY,
    ),
    (r#"{"Action":"s3:L","Resource":"*"}"#, SYNTAX),
    (
        r#"{"Effect":"Allow","Action":"s3:L","Resource":"*","Extra":"x"}"#,
        SYNTAX,
    ),
    (
        r#"{"Sid":{},"Effect":"Allow","Action":"s3:L","Resource":"*"}"#,
        SYNTAX,
    ),
    (
        r#"{"Sid":"a b","Effect":"Allow","Action":"s3:L","Resource":"*"}"#,
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
    ),
    (r#"{"Effect":"Allow"}"#, NO_ACTIONS),
    (r#"{"Effect":"Allow","Resource":"*"}"#, NO_ACTIONS),
    (
        r#"{"Effect":"Allow","Action":[],"Resource":"*"}"#,
        NO_ACTIONS,
    ),
    (r#"{"Effect":"Allow","Action":"s3:L"}"#, NO_RESOURCES),
    (
        r#"{"Effect":"Allow","Action":"s3:L","Resource":[]}"#,
        NO_RESOURCES,
    ),
    (
        r#"{"Effect":"Allow","Action":"s3:L","NotResource":[]}"#,
        NO_RESOURCES,
    ),
    (
        r#"{"Effect":"Allow","NotAction":[],"Resource":"*"}"#,
        NO_ACTIONS,
    ),
    (
        r#"{"Effect":"Allow","Action":"iam:X","NotAction":"s3:L","Resource":"*"}"#,
        SYNTAX,
    ),
    (
        r#"{"Effect":"Allow","Action":"s3:L","Resource":"*","NotResource":[]}"#,
        SYNTAX,
    ),
    (r#"{"Effect":"Deny","Action":[[]],"Resource":"*"}"#, SYNTAX),
    (r#"{"Effect":"Deny","Action":{},"Resource":"*"}"#, SYNTAX),
    (
        r#"{"Effect":"Deny","Action":"s3:L","Resource":["adfdf",{}]}"#,
        SYNTAX,
    ),
    (
        r#"{"Effect":"Deny","Action":"s3:L","Resource":"*","Principal":"*"}"#,
        "Policy document should not specify a principal.",
    ),
    (
        r#"{"Effect":"Deny","Action":"s3:L","Resource":"*","NotPrincipal":{"AWS":"*"}}"#,
        "Policy document should not specify a principal.",
    ),
    (
        r#"{"Effect":"Allow","Action":"s3:L","Resource":"*","NotPrincipal":{"AWS":"*"}}"#,
        "Policy document should not specify a principal.",
    ),
];

#[test]
fn elements_of_identity_policies() {
    check_statements(Kind::Managed, ELEMENTS);
}

#[test]
fn actions() {
    let case = |action: &str| format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"*"}}"#);
    for (action, expected) in [
        ("*", ""),
        ("*:*", ""),
        ("invalid", VENDOR),
        ("", VENDOR),
        ("s3:List:Bucket", COLONS),
        ("a a:ListBucket", "Vendor a a is not valid"),
        ("s*:ListBucket", "Vendor s* is not valid"),
        ("*:ListBucket", "Vendor * is not valid"),
        ("s3-s:ListBucket", ""),
        ("s3.s:ListBucket", ""),
        ("iam: asdf safdsf af ", ""),
        ("nosuchvendor:NoSuchAction", ""),
        ("s3:${user}", LEGACY),
    ] {
        check_statements(Kind::Managed, &[(&case(action), expected)]);
    }
    // Resources are looked at before the actions, and their absence after them.
    check_statements(
        Kind::Managed,
        &[
            (
                r#"{"Effect":"Allow","Action":"s:3:L","Resource":"sdfsadf"}"#,
                "Resource sdfsadf must be in ARN format or \"*\".",
            ),
            (r#"{"Effect":"Allow","Action":"invalid"}"#, VENDOR),
            (
                r#"{"Effect":"Allow","NotAction":"","Resource":"*"}"#,
                VENDOR,
            ),
        ],
    );
}

const RESOURCES: &[(&str, &str)] = &[
    ("", "Resource  must be in ARN format or \"*\"."),
    (
        "invalid resource",
        "Resource invalid resource must be in ARN format or \"*\".",
    ),
    (
        "a:bsdfdsafsad",
        "Partition \"bsdfdsafsad\" is not valid for resource \"arn:bsdfdsafsad:*:*:*:*\".",
    ),
    (
        "a:b:cadfsdf",
        "Partition \"b\" is not valid for resource \"arn:b:cadfsdf:*:*:*\".",
    ),
    (
        "a:b:c:d:e:f:g:h",
        "Partition \"b\" is not valid for resource \"arn:b:c:d:e:f:g:h\".",
    ),
    (
        "aws:s3:::example_bucket",
        "Partition \"s3\" is not valid for resource \"arn:s3:::example_bucket:*\".",
    ),
    (
        "arn:error:s3:::example_bucket",
        "Partition \"error\" is not valid for resource \"arn:error:s3:::example_bucket\".",
    ),
    (
        "arn:aws",
        "Resource vendor must be fully qualified and cannot contain regexes.",
    ),
    (
        "arn:aws:s*:::bucket",
        "Resource vendor must be fully qualified and cannot contain regexes.",
    ),
    ("arn:aws:s3::example_bucket", LEGACY),
    ("arn:aws::::example_bucket", LEGACY),
    ("arn:aws::fdsasf", LEGACY),
    ("x:aws:s3:::bucket", LEGACY),
    (
        "arn:aws:iam:us-east-1::example_bucket",
        "IAM resource arn:aws:iam:us-east-1::example_bucket cannot contain region information.",
    ),
    (
        "arn:aws:s3:us-east-1::example_bucket",
        "Resource arn:aws:s3:us-east-1::example_bucket can not contain region information.",
    ),
    ("arn:aws:s3:us-east-1:111122223333:accesspoint/ap", ""),
    ("arn:aws:iam:::example_bucket", IAM_PATH),
    ("arn:aws:iam:::user/example", ""),
    ("arn:aws:iam::111122223333:root", ""),
    ("arn:aws:iam::111122223333:*", ""),
    ("arn:*:ec2:*:*:instance/*", ""),
    ("arn:aws:invalid-service:us-east-1::x", ""),
    ("arn:aws:s3:::home/${aws:username}/*", ""),
    ("arn:aws:s3:::home/${aws:username", LEGACY),
    ("arn:aws:s3:::home/${}", LEGACY),
    // Recorded of CreatePolicy: variables stand behind the fifth colon alone.
    ("arn:aws:iam::${aws:PrincipalAccount}:role/x", LEGACY),
    (
        "arn:aws:s3:${aws:RequestedRegion}:111122223333:accesspoint/a",
        LEGACY,
    ),
];

#[test]
fn resources() {
    for (resource, expected) in RESOURCES.iter().copied() {
        let plain = format!(r#"{{"Effect":"Allow","Action":"s3:L","Resource":"{resource}"}}"#);
        let not = format!(r#"{{"Effect":"Allow","Action":"s3:L","NotResource":["{resource}"]}}"#);
        check_statements(Kind::Managed, &[(&plain, expected), (&not, expected)]);
    }
    // What cannot be read at all comes before what is missing and what is elsewhere.
    check_statements(
        Kind::Managed,
        &[
            (
                r#"{"Effect":"Allow","Resource":"arn:aws:s3::example_bucket"}"#,
                LEGACY,
            ),
            (
                r#"{"Effect":"Allow","Action":"s3:L","Resource":"arn:error:s3:::b","Condition":{"DateGreaterThan":{"a":"x"}}}"#,
                LEGACY,
            ),
        ],
    );
}

#[test]
fn pol_09_unknown_elements_and_operators_are_refused() {
    for statement in [
        r#"{"Effect":"Allow","Action":"s3:L","Resource":"*","Conditions":{}}"#,
        r#"{"Effect":"Allow","Action":"s3:L","Resources":"*"}"#,
        r#"{"Effect":"Allow","Actions":"s3:L","Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":"s3:L","Resource":"*","Principals":"*"}"#,
        r#"{"Effect":"Allow","Action":"s3:L","Resource":"*","Condition":{"x":{"a":"1"}}}"#,
        r#"{"Effect":"Allow","Action":"s3:L","Resource":"*","Condition":{"x":{}}}"#,
        r#"{"Effect":"Allow","Action":"s3:L","Resource":"*","Condition":{"stringEquals":{"a":"1"}}}"#,
        r#"{"Effect":"Allow","Action":"s3:L","Resource":"*","Condition":{"ForAnyValue::StringEquals":{"a":"1"}}}"#,
        r#"{"Effect":"Allow","Action":"s3:L","Resource":"*","Condition":{"StringEqualsIfExistsIfExists":{"a":"1"}}}"#,
        r#"{"Effect":"Allow","Action":"s3:L","Resource":"*","Condition":{"NullIfExists":{"a":"true"}}}"#,
        r#"{"Effect":"Allow","Action":"s3:L","Resource":"*","Condition":{"ForAnyValue:Null":{"a":"true"}}}"#,
        r#"{"Effect":"Allow","Action":"s3:L","Resource":"*","Condition":{"StringRegex":{"a":"1"}}}"#,
        r#"{"Effect":"Allow","Action":"s3:L","Resource":"*","Condition":[]}"#,
        r#"{"Effect":"Allow","Action":"s3:L","Resource":"*","Condition":"a"}"#,
        r#"{"Effect":"Allow","Action":"s3:L","Resource":"*","Condition":{"StringEquals":"b"}}"#,
        r#"{"Effect":"Allow","Action":"s3:L","Resource":"*","Condition":{"StringEquals":{"a":{}}}}"#,
        r#"{"Effect":"Allow","Action":"s3:L","Resource":"*","Condition":{"StringEquals":{"a":null}}}"#,
        r#"{"Effect":"Allow","Action":"s3:L","Resource":"*","Condition":{"StringEquals":{"a":[["b"]]}}}"#,
        r#"{"Effect":"Allow","Action":"s3:L","Resource":"*","Condition":{"StringEquals":{"":"b"}}}"#,
    ] {
        let text = common::document(statement);
        assert_eq!(sentence(&text, Kind::Managed), SYNTAX, "{statement}");
        assert!(Document::parse(&text).is_err(), "{statement}");
    }
    // Keys that nobody knows are legal: they are absent from every request.
    check_statements(
        Kind::Managed,
        &[(
            r#"{"Effect":"Allow","Action":"s3:L","Resource":"*","Condition":{"StringEquals":{"my:key":"1","a":[true,1]}}}"#,
            "",
        )],
    );
}

#[test]
fn pol_07_element_names_are_case_sensitive() {
    for statement in [
        r#"{"Effect":"Allow","effect":"Deny","Action":"s3:L","Resource":"*"}"#,
        r#"{"effect":"Deny","Action":"s3:L","Resource":"*"}"#,
        r#"{"Effect":"Allow","action":"s3:L","Resource":"*"}"#,
        r#"{"Effect":"Deny","Action":"s3:L","Resource":"*","condition":{}}"#,
        r#"{"Effect":"Deny","Action":"s3:L","Resource":"*","Condition":{"StringEquals":{"aws:SourceIp":"1","aws:sourceip":"2"}}}"#,
    ] {
        assert_eq!(
            sentence(&common::document(statement), Kind::Managed),
            SYNTAX,
            "{statement}"
        );
    }
    let trust = r#"{"Effect":"Allow","principal":{"AWS":"*"},"Action":"sts:AssumeRole"}"#;
    assert_ne!(sentence(&common::document(trust), Kind::Trust), "");
}

const UNREADABLE: &[(&str, &str)] = &[
    ("NumericEquals", r#""abc""#),
    ("NumericEquals", r#""1e309""#),
    ("NumericEquals", "1e3"),
    ("NumericLessThan", r#""NaN""#),
    ("NumericLessThan", r#""0x10""#),
    ("NumericLessThan", r#""""#),
    ("NumericLessThan", r#""1.""#),
    ("NumericLessThan", r#"".5""#),
    ("NumericLessThan", r#""${aws:username}""#),
    ("NumericLessThan", r#"" 1""#),
    ("NumericLessThan", r#""1,0""#),
    ("NumericLessThan", r#""--1""#),
    ("DateLessThan", r#""sdfdsf""#),
    ("DateLessThan", r#""234-13""#),
    ("DateLessThan", r#""2026-02-30""#),
    ("DateLessThan", r#""2026-13-01""#),
    ("DateLessThan", r#""10000-01-01""#),
    ("DateLessThan", r#""2016-12-31T23:59:60Z""#),
    ("DateLessThan", r#""2016-12-13t2:00:00.593194+1""#),
    ("DateLessThan", r#""9223372036854775808""#),
    ("DateLessThan", r#""2016-12-13T24:00:00Z""#),
    ("DateLessThan", r#""""#),
    ("DateLessThan", r#""*""#),
    ("DateLessThan", r#""2016-12-13T02:00:00.1999999999+10:59""#),
    ("DateLessThan", r#""2016-12-13T""#),
    ("Bool", r#""yes""#),
    ("Bool", "1"),
    ("Bool", r#""""#),
    ("Null", r#""maybe""#),
    ("Null", r#""${aws:username}""#),
    ("IpAddress", r#""10.0.0""#),
    ("IpAddress", r#""10.0.0.0/33""#),
    ("IpAddress", r#""010.0.0.1""#),
    ("IpAddress", r#""fe80::1%eth0""#),
    ("IpAddress", r#""10.0.0.0/""#),
    ("IpAddress", r#""10.0.0.0/08""#),
    ("IpAddress", r#""10.0.0.0/+8""#),
    ("NotIpAddress", r#""::/129""#),
    ("IpAddress", r#""*""#),
    ("ArnLike", r#""not-an-arn""#),
    ("ArnEquals", r#""arn:aws:s3""#),
    ("ArnLike", r#""""#),
    ("BinaryEquals", r#""abc""#),
    ("BinaryEquals", r#""QQ=""#),
    ("BinaryEquals", r#""QR==""#),
    ("BinaryEquals", r#""Q*==""#),
    ("ArnLike", r#""urn:aws:s3:::b""#),
    ("ArnLike", r#""arn::s3:::b""#),
    ("ArnLike", r#""arn:aws::::b""#),
    ("ArnEquals", r#""x${aws:PrincipalArn}""#),
    ("ArnLike", r#""${aws:PrincipalArn}*""#),
    ("Bool", r#""${aws:PrincipalTag/x}e""#),
    ("StringEquals", r#""${aws:username""#),
    ("StringLike", r#""${}""#),
    ("StringLike", r#""${aws:x, y}""#),
    ("StringLike", r#""${ aws:username}""#),
    ("StringLike", r#""${aws:${aws:username}}""#),
];

#[test]
fn pol_14_and_pol_18_wrongly_typed_operands_are_refused_when_saved() {
    for (operator, bad) in UNREADABLE {
        for operator in [
            (*operator).to_owned(),
            format!("ForAnyValue:{operator}"),
            format!("{operator}IfExists"),
        ] {
            if operator.contains("Null") && operator != "Null" {
                continue;
            }
            let text = common::document(&format!(
                r#"{{"Effect":"Deny","Action":"s3:L","Resource":"*","Condition":{{"{operator}":{{"a:b":["{}",{bad}]}}}}}}"#,
                match operator.as_str() {
                    o if o.contains("Numeric") || o.contains("Date") => "1",
                    o if o.contains("Bool") || o.contains("Null") => "true",
                    o if o.contains("Ip") => "10.0.0.1",
                    o if o.contains("Arn") => "arn:aws:s3:::b",
                    _ => "QUJD",
                }
            ));
            assert_eq!(sentence(&text, Kind::Managed), LEGACY, "{operator} {bad}");
            assert!(Document::parse(&text).is_err(), "{operator} {bad}");
        }
    }
}

#[test]
fn well_typed_operands_are_accepted() {
    for (operator, good) in [
        ("NumericEquals", "-12.50"),
        ("NumericEquals", "007"),
        ("NumericEquals", "+3"),
        ("DateLessThan", "2019"),
        ("DateLessThan", "2019-07"),
        ("DateLessThan", "2019-07-01T13:20:15Z"),
        ("DateLessThan", "2016-12-13T21:20:37.593194+00:00"),
        ("DateLessThan", "2016-12-13t02:00:00.593194+23"),
        ("DateLessThan", "-292275054"),
        ("DateLessThan", "2019-07-01T13Z"),
        ("DateLessThan", "2019-07-01T13:20"),
        ("Bool", "TRUE"),
        ("Bool", "${aws:PrincipalTag/x}"),
        ("Null", "False"),
        ("IpAddress", "0.0.0.0/0"),
        ("IpAddress", "10.1.2.3/8"),
        ("IpAddress", "2001:db8::/32"),
        ("ArnLike", "*"),
        ("ArnLike", "${aws:PrincipalArn}"),
        ("ArnLike", "arn:aws:iam::${aws:PrincipalAccount}:role/*"),
        ("BinaryEquals", "QUJD"),
        ("BinaryEquals", ""),
        ("StringLike", "${aws:PrincipalTag/team, 'none'}"),
        ("StringLike", "${*}${?}${$}"),
        ("StringEquals", "$5 {x}"),
    ] {
        let text = common::document(&format!(
            r#"{{"Effect":"Deny","Action":"s3:L","Resource":"*","Condition":{{"{operator}":{{"a:b":"{good}"}}}}}}"#
        ));
        assert_eq!(sentence(&text, Kind::Managed), "", "{operator} {good}");
    }
}

#[test]
fn every_finding_has_its_span() {
    let text = common::document(
        r#"{"Sid":"a b","Effect":"Allow","Action":["s3:L","bad"],"Resource":["nope","*"],"Condition":{"Bool":{"x":"yes"}}}"#,
    );
    let findings = Document::check(&text, Kind::Managed).unwrap_err();
    let marked: Vec<_> = findings
        .iter()
        .map(|f| text.get(f.span.clone()).unwrap())
        .collect();
    assert_eq!(marked, [r#""yes""#, r#""a b""#, r#""nope""#, r#""bad""#]);
}

/// AWS's order is not that of the text: what it checks last stands first here.
#[test]
fn what_is_checked_first_is_told_first() {
    let rest = r#""Action":"s3:L","Resource":"*""#;
    for (text, expected) in [
        (
            format!(r#"{{"Version":"2008-10-17","Statement":{{"Effect":"x",{rest}}}}}"#),
            SYNTAX,
        ),
        (
            common::document(&format!(r#"{{"Principal":"*","Effect":"denY",{rest}}}"#)),
            LEGACY,
        ),
        (
            common::document(&format!(r#"{{"Principal":"*","Effect":"x",{rest}}}"#)),
            SYNTAX,
        ),
    ] {
        assert_eq!(sentence(&text, Kind::Managed), expected, "{text}");
    }
}

#[test]
fn what_could_not_be_enforced_is_not_loaded() {
    let refused = |statement: &str| {
        let findings = Document::parse(&common::document(statement)).unwrap_err();
        findings[0].message.clone()
    };
    for resource in ["\"nope\"", "\"arn:aws:s3\"", "[]", "\"arn:aws:s3:::${x\""] {
        let statement = format!(r#"{{"Effect":"Deny","Action":"s3:L","Resource":{resource}}}"#);
        assert_ne!(refused(&statement), "", "{resource}");
    }
    assert_eq!(
        refused(r#"{"Effect":"Allow","NotPrincipal":{"AWS":"*"},"Action":"s3:L"}"#),
        "Allow with NotPrincipal is not allowed."
    );
}

/// Characters are counted, not bytes.
#[test]
fn a_document_may_be_as_long_as_the_parameter() {
    let longest = |character: &str, more: usize| {
        let text = |filling: String| {
            common::document(&format!(
                r#"{{"Effect":"Deny","Action":"s3:L","Resource":"arn:aws:s3:::{filling}"}}"#
            ))
        };
        let rest = text(String::new()).len();
        text(character.repeat(limits::DOCUMENT_CHARACTERS_MAX - rest + more))
    };
    for character in ["x", "\u{e9}"] {
        assert!(Document::check(&longest(character, 0), Kind::Managed).is_ok());
        for more in 1..3 {
            assert!(Document::check(&longest(character, more), Kind::Managed).is_err());
        }
    }
}
