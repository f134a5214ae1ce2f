//! Comparing two policies: hand-written pairs, each with what it shows.
#![allow(clippy::panic, reason = "tests say what went wrong by panicking")]

mod comparing;

use comparing::{parsed, verdict};
use locum_policy::{
    Comparison, PolicyType, Possibility, Relation, Unsure, can_ever, compare, relation,
};

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
}

/// What is no action or no resource is no question; neither is a resource that a trust policy cannot have.
#[test]
fn what_cannot_be_asked_is_refused() {
    let policy = parsed(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
    let trust = parsed(r#"{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}"#);
    let is_refused = |policy, kind, action: &str, resource: &str| {
        let found = can_ever(&[policy], kind, action, resource);
        matches!(found, Possibility::Unknown(Unsure::Question(_)))
    };
    let identity = PolicyType::Identity;
    for action in [
        "*:PutObject",
        "s*:GetObject",
        "s3:",
        ":GetObject",
        "s3:Get:Object",
        "s3:GetObject ",
        " s3:GetObject",
        "s3:Getä",
        "GetObject",
        "s3:${aws:username}",
    ] {
        assert!(is_refused(&policy, identity, action, "*"), "{action:?}");
    }
    for resource in [
        "not-an-arn",
        "arn:aws:s3::b",
        "arn:*",
        "arn::s3:::b",
        "arn:aws::::b",
        "arn:aws:s3:::",
        "",
        " *",
    ] {
        assert!(
            is_refused(&policy, identity, "s3:*", resource),
            "{resource:?}"
        );
    }
    let asked = [
        ("*", "*"),
        ("*:*", "arn:*:*:*:*:*"),
        ("s3:*", "arn:aws:s3:::b/*"),
        ("a4b-x:Do_it.?", "arn:aws:s3:::${x}"),
    ];
    for (action, resource) in asked {
        assert!(
            !is_refused(&policy, identity, action, resource),
            "{action} {resource}"
        );
    }
    let role = "arn:aws:iam::111122223333:role/r";
    assert!(is_refused(
        &trust,
        PolicyType::RoleTrust,
        "sts:AssumeRole",
        role
    ));
    assert!(!is_refused(
        &trust,
        PolicyType::RoleTrust,
        "sts:AssumeRole",
        "*"
    ));
}

/// A resource is asked about part by part, as policies name it.
#[test]
fn a_wildcard_stays_in_its_part() {
    let policy = parsed(r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:r:1:b"}"#);
    let ask = |resource| can_ever(&[&policy], PolicyType::Identity, "s3:GetObject", resource);
    assert_eq!(ask("arn:aws:s3:*::b"), Possibility::Impossible);
    assert!(matches!(
        ask("arn:aws:s3:*:*:b"),
        Possibility::Possible { .. }
    ));
}

/// No request names an action that long.
#[test]
fn actions_have_a_longest_name() {
    let long = |letters: usize| {
        let name = "a".repeat(letters);
        parsed(&format!(
            r#"{{"Effect":"Allow","Action":"s3:{name}","Resource":"*"}}"#
        ))
    };
    let most = locum_policy::limits::ACTION_BYTES_MAX - "s3:".len();
    let ask = |policy| can_ever(&[&policy], PolicyType::Identity, "s3:*", "*");
    assert!(matches!(ask(long(most)), Possibility::Possible { .. }));
    assert_eq!(ask(long(most + 1)), Possibility::Impossible);
    assert_eq!(ask(long(200)), Possibility::Impossible);
}

/// A level of service control policies is what it is, with `FullAWSAccess` and without.
#[test]
fn levels_of_service_control_policies() {
    let full = parsed(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
    let deny = |actions: &str| {
        parsed(&format!(
            r#"{{"Effect":"Deny","Action":[{actions}],"Resource":"*"}}"#
        ))
    };
    let (guarded, gone) = (
        deny(r#""iam:*","s3:DeleteBucket""#),
        deny(r#""s3:DeleteBucket""#),
    );
    let kind = PolicyType::Scp;
    assert_eq!(relation(&[&guarded], &[&gone], kind), Relation::Equivalent);
    let beside = relation(&[&guarded, &full], &[&gone, &full], kind);
    let Relation::MorePermissive(Comparison::MorePermissive {
        witness,
        allowed_by,
        denied_by,
        ..
    }) = beside
    else {
        panic!("{beside:?}");
    };
    assert!(witness.action.starts_with("iam:"), "{}", witness.action);
    assert_eq!((allowed_by, denied_by), (Some((1, 0)), Some((0, 0))));
}

/// So is one of resource control policies: callers of any kind may ask.
#[test]
fn levels_of_resource_control_policies() {
    let full = parsed(
        &locum_policy::RCP_FULL_AWS_ACCESS
            .replace("\n", "")
            .replace("  ", "")
            .replace("\": ", "\":"),
    );
    let deny = |actions: &str, condition: &str| {
        parsed(&format!(
            r#"{{"Effect":"Deny","Principal":"*","Action":[{actions}],"Resource":"*"{condition}}}"#
        ))
    };
    let (all, get) = (deny(r#""s3:*""#, ""), deny(r#""s3:GetObject""#, ""));
    let kind = PolicyType::Rcp;
    let found = relation(&[&full, &all], &[&full, &get], kind);
    let Relation::MorePermissive(Comparison::MorePermissive {
        witness, denied_by, ..
    }) = found
    else {
        panic!("{found:?}");
    };
    assert_eq!(denied_by, Some((1, 0)));
    assert!(witness.principal().is_some());
    assert_eq!(witness.circumstances(), None);
    assert_eq!(
        relation(&[&full, &all], &[&all, &full], kind),
        Relation::Equivalent
    );
    // Only services are exempt, and then everybody.
    let outside = r#","Condition":{"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}"#;
    let services = deny(r#""s3:*""#, outside);
    let found = compare(&[&full, &all], &[&full, &services], kind);
    let Comparison::MorePermissive { witness, .. } = found else {
        panic!("{found:?}");
    };
    let principal = witness.principal();
    assert!(principal.is_some_and(|name| name.ends_with(".amazonaws.com")));
    let never = can_ever(&[&full, &all], kind, "s3:*", "*");
    assert_eq!(never, Possibility::Impossible);
    assert!(matches!(
        can_ever(&[&full, &get], kind, "s3:*", "*"),
        Possibility::Possible { .. }
    ));
}
