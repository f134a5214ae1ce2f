//! Comparing two policies: hand-written pairs, each with what it shows.
#![allow(clippy::panic, reason = "tests say what went wrong by panicking")]

use locum_policy::{
    Comparison, ConditionKey, Document, Held, Missed, Part, PolicyType, Possibility, Relation,
    Unsure, can_ever, compare, relation,
};

fn parsed(text: &str) -> Document {
    let text = if text.starts_with("{\"Version") {
        text.to_owned()
    } else {
        format!(r#"{{"Version":"2012-10-17","Statement":[{text}]}}"#)
    };
    match Document::parse(&text) {
        Ok(document) => document,
        Err(findings) => panic!("{text}: {findings:?}"),
    }
}

/// What the comparison says, in a word.
fn verdict(old: &str, new: &str, kind: PolicyType) -> (&'static str, Comparison) {
    let (old, new) = (parsed(old), parsed(new));
    let found = compare(&[&old], &[&new], kind);
    let word = match &found {
        Comparison::NotMorePermissive => "no",
        Comparison::MorePermissive { witness, .. } => {
            assert!(witness.decide(&[&new]).is_allowed(), "{witness:?}");
            assert!(!witness.decide(&[&old]).is_allowed(), "{witness:?}");
            "more"
        }
        Comparison::Unknown(_) => "unknown",
    };
    (word, found)
}

#[test]
fn pairs_compare_as_expected() {
    let cases = include_str!("cases/compare.txt");
    let mut lines = cases
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.starts_with('#') && !line.is_empty());
    let mut count = 0;
    let mut wrong = Vec::new();
    while let Some((number, head)) = lines.next() {
        let words: Vec<&str> = head.split_whitespace().collect();
        let [kind, forth, back] = words[..] else {
            panic!("line {}: {head}", number + 1);
        };
        let kind = match kind {
            "identity" => PolicyType::Identity,
            "trust" => PolicyType::RoleTrust,
            "resource" => PolicyType::Resource,
            other => panic!("line {}: {other}", number + 1),
        };
        let (Some((_, old)), Some((_, new))) = (lines.next(), lines.next()) else {
            panic!("line {}: a pair", number + 1);
        };
        for (first, second, expected) in [(old, new, forth), (new, old, back)] {
            let (found, comparison) = verdict(first, second, kind);
            if found != expected {
                wrong.push(format!(
                    "line {}: {expected} expected\n  old {first}\n  new {second}\n  {comparison:?}",
                    number + 1
                ));
            }
        }
        let (own, comparison) = verdict(old, old, kind);
        if own != "no" {
            wrong.push(format!("line {}: itself\n {comparison:?}", number + 1));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 3, "{count} cases");
}

#[test]
fn what_can_ever_be_allowed() {
    let policy = parsed(
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/*"},
        {"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/*","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}},
        {"Effect":"Deny","Action":"s3:Delete*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}},
        {"Effect":"Deny","Action":"s3:PutBucketPolicy","Resource":"*"}"#,
    );
    let cases = [
        ("s3:GetObject", "arn:aws:s3:::b/k", true),
        ("s3:GetObject", "arn:aws:s3:::c/k", false),
        ("s3:GetObject", "arn:aws:s3:::*/k", true),
        ("s3:DeleteObject", "*", true),
        ("s3:PutBucketPolicy", "*", false),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/admin", true),
        ("iam:CreateUser", "*", false),
        ("*", "*", true),
    ];
    for (action, resource, expected) in cases {
        let found = can_ever(&[&policy], PolicyType::Identity, action, resource);
        match &found {
            Possibility::Possible { witness, .. } => {
                assert!(expected, "{action} {resource}: {witness:?}");
                assert!(witness.decide(&[&policy]).is_allowed());
            }
            Possibility::Impossible => assert!(!expected, "{action} {resource}"),
            Possibility::Unknown(unsure) => panic!("{action} {resource}: {unsure}"),
        }
    }
}

#[test]
fn a_possibility_says_under_which_context() {
    let policy = parsed(
        r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}}"#,
    );
    let found = can_ever(&[&policy], PolicyType::Identity, "iam:PassRole", "*");
    let Possibility::Possible {
        witness,
        allowed_by,
    } = found
    else {
        panic!("{found:?}");
    };
    assert_eq!(allowed_by, (0, 0));
    let key = ConditionKey::parse("iam:PassedToService");
    let value = Held::One("ec2.amazonaws.com".to_owned());
    assert_eq!(witness.context, [(key, value)]);
}

/// Why OLD refuses what NEW allows is told by statement and element.
#[test]
fn a_difference_is_explained() {
    let old = parsed(
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"},
        {"Effect":"Allow","Action":"ec2:*","Resource":"*"}"#,
    );
    let new = parsed(
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::b/*","arn:aws:s3:::c/*"]}"#,
    );
    let found = compare(&[&old], &[&new], PolicyType::Identity);
    let Comparison::MorePermissive {
        allowed_by,
        denied_by,
        missed,
        witness,
    } = found
    else {
        panic!("{found:?}");
    };
    assert_eq!((allowed_by, denied_by), (Some((0, 0)), None));
    assert!(witness.resource.starts_with("arn:aws:s3:::c/"));
    let expected = Missed {
        policy: 0,
        statement: 0,
        parts: vec![Part::Resource],
    };
    assert_eq!(missed, [expected]);
    let denying = parsed(
        r#"{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#,
    );
    let found = compare(&[&denying], &[&new], PolicyType::Identity);
    let Comparison::MorePermissive { denied_by, .. } = found else {
        panic!("{found:?}");
    };
    assert_eq!(denied_by, Some((0, 1)));
}

#[test]
fn policies_are_lists() {
    let (get, put) = (
        parsed(r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#),
        parsed(r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}"#),
    );
    let both =
        parsed(r#"{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"}"#);
    let kind = PolicyType::Identity;
    assert_eq!(
        relation(&[&get, &put], &[&both], kind),
        Relation::Equivalent
    );
    assert!(matches!(
        relation(&[&get], &[&put], kind),
        Relation::Incomparable(..)
    ));
    assert!(matches!(
        relation(&[&get], &[&both], kind),
        Relation::MorePermissive(_)
    ));
    assert!(matches!(
        relation(&[&both], &[&put], kind),
        Relation::LessPermissive(_)
    ));
    let two = compare(&[&get, &put], &[&both], PolicyType::Resource);
    assert_eq!(two, Comparison::Unknown(Unsure::Unsupported));
    let rcp = compare(&[&get], &[&both], PolicyType::Rcp);
    assert_eq!(rcp, Comparison::Unknown(Unsure::Unsupported));
}

/// Hostile patterns end at the limit, with that answer, and soon.
#[test]
fn pol_10_hostile_patterns_reach_the_limit() {
    let deny: Vec<String> = ('a'..='z')
        .map(|c| format!("\"arn:aws:s3:::*{c}????????*{c}*\""))
        .collect();
    let old = parsed(&format!(
        r#"{{"Effect":"Allow","Action":"*","Resource":[{}]}}"#,
        deny.join(",")
    ));
    let new = parsed(
        r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::*a*b*c*d*e*f*g*h*i*j*k*l*m*n*o*p*"},
        {"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::*z????????????z"}"#,
    );
    let found = compare(&[&old], &[&new], PolicyType::Identity);
    assert_eq!(found, Comparison::Unknown(Unsure::Steps));
}

/// Who asks in the witness, and what is taken for granted of the policies of whoever that is.
#[test]
fn a_witness_says_who_asks() {
    let principal = |kind: &str, name: &str| {
        let element = match kind {
            "" => format!("\"{name}\""),
            kind => format!(r#"{{"{kind}":"{name}"}}"#),
        };
        format!(r#"{{"Effect":"Allow","Principal":{element},"Action":"sts:*"}}"#)
    };
    let session = "arn:aws:sts::111122223333:assumed-role/Deploy/run-7";
    const SILENT: &str = "same account, and the caller's own policies say nothing of it";
    const REFUSED: &str =
        "same account, and neither the caller's own policies nor those of its session allow it";
    for (kind, name, asks, circumstances) in [
        ("Service", "ec2.amazonaws.com", "ec2.amazonaws.com", None),
        (
            "Federated",
            "accounts.google.com",
            "accounts.google.com",
            None,
        ),
        ("AWS", session, session, Some(REFUSED)),
        (
            "AWS",
            "arn:aws:iam::111122223333:role/Deploy",
            "arn:aws:sts::111122223333:assumed-role/Deploy/session",
            Some(SILENT),
        ),
        (
            "AWS",
            "arn:aws:iam::111122223333:user/ada",
            "arn:aws:sts::111122223333:federated-user/other",
            Some(SILENT),
        ),
        (
            "AWS",
            "111122223333",
            "arn:aws:iam::111122223333:user/other",
            Some("another account, and the caller's own policies allow it"),
        ),
        (
            "",
            "*",
            "arn:aws:iam::999988887777:user/other",
            Some(REFUSED),
        ),
    ] {
        let (old, new) = (
            principal("Service", "lambda.amazonaws.com"),
            principal(kind, name),
        );
        let (word, found) = verdict(&old, &new, PolicyType::RoleTrust);
        let Comparison::MorePermissive { witness, .. } = found else {
            panic!("{word} {name}");
        };
        assert_eq!(witness.principal().as_deref(), Some(asks));
        assert_eq!(witness.circumstances(), circumstances, "{name}");
    }
}

#[test]
fn a_caller_of_an_identity_policy_is_not_told() {
    let silent = r#"{"Effect":"Allow","Action":"iam:*","Resource":"*"}"#;
    let open = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;
    let (_, found) = verdict(silent, open, PolicyType::Identity);
    let Comparison::MorePermissive { witness, .. } = found else {
        panic!("{found:?}");
    };
    assert_eq!((witness.principal(), witness.circumstances()), (None, None));
}

#[test]
fn what_is_not_known_stays_so() {
    let unknown = || Comparison::Unknown(Unsure::Steps);
    for (gained, lost) in [
        (unknown(), Comparison::NotMorePermissive),
        (Comparison::NotMorePermissive, unknown()),
        (unknown(), unknown()),
    ] {
        assert_eq!(Relation::of(gained, lost), Relation::Unknown(Unsure::Steps));
    }
    let keys = ["aws:username", "aws:userid"].map(ConditionKey::parse);
    assert_eq!(
        Unsure::Variables(keys.to_vec()).to_string(),
        "it depends on the values of policy variables: aws:username, aws:userid"
    );
}
