//! Comparing two policies: hand-written pairs, each with what it shows.
#![allow(clippy::panic, reason = "tests say what went wrong by panicking")]

use std::net::Ipv6Addr;

use locum_policy::{
    Comparison, ConditionKey, Document, Held, Missed, Part, PolicyType, Possibility, Relation,
    Unsure, Witness, can_ever, compare, limits, relation,
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
            says_who(witness);
            "more"
        }
        Comparison::Unknown(_) => "unknown",
    };
    (word, found)
}

/// Who asks is who the context says.
fn says_who(witness: &Witness) {
    let held = |name: &str| {
        let key = ConditionKey::parse(name);
        match witness.context.iter().find(|(known, _)| *known == key)? {
            (_, Held::One(text)) => Some(text.as_str()),
            _ => None,
        }
    };
    let of_account = |name: &String| name.starts_with("arn:");
    let Some(principal) = witness.principal().filter(of_account) else {
        return;
    };
    let last = |arn: &str| arn.rsplit('/').next().map(str::to_owned);
    if let Some(arn) = held("aws:PrincipalArn") {
        match principal.contains(":assumed-role/") {
            true => assert_eq!(principal.rsplit('/').nth(1), arn.rsplit('/').next()),
            false => assert_eq!(principal, arn),
        }
    }
    if let Some(name) = held("aws:username") {
        assert_eq!(last(&principal).as_deref(), Some(name), "{witness:?}");
    }
    if let Some((_, session)) = held("aws:userid").and_then(|id| id.split_once(':')) {
        assert_eq!(last(&principal).as_deref(), Some(session), "{witness:?}");
    }
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
        let account = match circumstances {
            Some(told) if told.starts_with("same") && name != "*" => "111122223333",
            Some(told) if told.starts_with("same") => "999988887777",
            _ => "000000000000",
        };
        assert_eq!(
            witness.resource,
            format!("arn:aws:iam::{account}:role/role"),
            "{name}"
        );
        assert_eq!(witness.principal().as_deref(), Some(asks));
        assert_eq!(witness.circumstances(), circumstances, "{name}");
    }
}

/// The root user of the role's own account is never the one who assumes it.
#[test]
fn a_root_user_assumes_roles_of_other_accounts() {
    let old = r#"{"Effect":"Allow","Principal":"*","Action":"sts:TagSession"}"#;
    let new = r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole",
        "Condition":{"StringEquals":{"aws:PrincipalType":"Account"}}}"#;
    let (_, found) = verdict(old, new, PolicyType::RoleTrust);
    let Comparison::MorePermissive { witness, .. } = found else {
        panic!("{found:?}");
    };
    assert_eq!(
        witness.principal().as_deref(),
        Some("arn:aws:iam::111122223333:root")
    );
    assert_eq!(witness.resource, "arn:aws:iam::000000000000:role/role");
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

/// What the keys that describe the caller can hold follows from who asks.
#[test]
fn callers_are_what_their_kind_is() {
    const ACCOUNT: &str = r#"{"AWS":"111122223333"}"#;
    const EC2: &str = r#"{"Service":"ec2.amazonaws.com"}"#;
    const GOOGLE: &str = r#"{"Federated":"accounts.google.com"}"#;
    const OTHER: &str = "arn:aws:iam::999988887777:oidc-provider/other.example";
    let string = |pairs: &[(&str, &str)]| {
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(key, value)| format!(r#""{key}":"{value}""#))
            .collect();
        format!(r#""StringEquals":{{{}}}"#, pairs.join(","))
    };
    let kind = |name: &str| string(&[("aws:PrincipalType", name)]);
    let of_service = |is: &str| format!(r#""Bool":{{"aws:PrincipalIsAWSService":"{is}"}}"#);
    let organized = string(&[("aws:PrincipalOrgID", "o-1")]);
    let unnamed = r#""Null":{"aws:PrincipalArn":"true"}"#.to_owned();
    let anonymous = |key: &str, value: &str| {
        let condition = string(&[("aws:PrincipalType", "Anonymous"), (key, value)]);
        format!("{unnamed},{condition}")
    };
    let root = "arn:aws:iam::111122223333:root";
    let user = "arn:aws:iam::111122223333:user/other";
    for (principal, conditions, asks) in [
        (ACCOUNT, kind("Account"), Some(root)),
        (ACCOUNT, kind("User"), Some(user)),
        (
            ACCOUNT,
            kind("AssumedRole"),
            Some("arn:aws:sts::111122223333:assumed-role/other/session"),
        ),
        (
            ACCOUNT,
            kind("FederatedUser"),
            Some("arn:aws:sts::111122223333:federated-user/other"),
        ),
        (ACCOUNT, kind("Anonymous"), None),
        (ACCOUNT, of_service("true"), None),
        (ACCOUNT, of_service("false"), Some(user)),
        (
            ACCOUNT,
            string(&[
                ("aws:PrincipalType", "AssumedRole"),
                ("aws:username", "ada"),
            ]),
            None,
        ),
        (
            ACCOUNT,
            string(&[("aws:PrincipalServiceName", "ec2.amazonaws.com")]),
            None,
        ),
        (
            ACCOUNT,
            string(&[("aws:PrincipalType", "Account"), ("aws:userid", "x")]),
            None,
        ),
        (
            ACCOUNT,
            string(&[
                ("aws:PrincipalType", "Account"),
                ("aws:userid", "111122223333"),
            ]),
            Some(root),
        ),
        (ACCOUNT, organized.clone(), Some(user)),
        (EC2, of_service("false"), None),
        (EC2, of_service("true"), Some("ec2.amazonaws.com")),
        (
            EC2,
            string(&[("aws:PrincipalServiceName", "sqs.amazonaws.com")]),
            None,
        ),
        (EC2, unnamed.clone(), Some("ec2.amazonaws.com")),
        (GOOGLE, organized.clone(), Some("accounts.google.com")),
        (GOOGLE, of_service("false"), None),
        (r#""*""#, unnamed.clone(), Some("anonymous")),
        (r#""*""#, anonymous("s:k", "x"), Some("anonymous")),
        // They have no tags and no organization, unlike those for whom a provider vouches.
        (
            r#""*""#,
            anonymous("aws:PrincipalTag/team", "x"),
            Some(OTHER),
        ),
        (
            r#""*""#,
            anonymous("aws:PrincipalOrgID", "o-1"),
            Some(OTHER),
        ),
    ] {
        let old = r#"{"Effect":"Allow","Principal":"*","Action":"x:y","Resource":"*"}"#;
        let new = format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":"s3:*","Resource":"*","Condition":{{{conditions}}}}}"#
        );
        let (word, found) = verdict(old, &new, PolicyType::Resource);
        let found = match &found {
            Comparison::MorePermissive { witness, .. } => witness.principal(),
            _ => None,
        };
        assert_eq!(found.as_deref(), asks, "{word} {new}");
    }
}

/// Of a resource's policy, what is missed is whom an Allow names or what it says.
#[test]
fn what_is_missed_may_be_who_asks() {
    let allow = |principal: &str, resource: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::{resource}/*"}}"#
        )
    };
    let ada = allow(r#"{"AWS":"arn:aws:iam::111122223333:user/ada"}"#, "b");
    let old = format!("{ada},{}", allow(r#""*""#, "c"));
    let (_, found) = verdict(&old, &allow(r#""*""#, "b"), PolicyType::Resource);
    let Comparison::MorePermissive { missed, .. } = found else {
        panic!("{found:?}");
    };
    let expected = [(0, vec![Part::Principal]), (1, vec![Part::Resource])];
    let expected = expected.map(|(statement, parts)| Missed {
        policy: 0,
        statement,
        parts,
    });
    assert_eq!(missed, expected);
}

#[test]
fn what_could_not_be_told_says_why() {
    let allow = |principal: &str, conditions: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole","Condition":{{{conditions}}}}}"#
        )
    };
    let none = r#"{"Effect":"Deny","Principal":"*","Action":"*"}"#.to_owned();
    let everyone = r#"{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}"#.to_owned();
    let account = r#"{"AWS":"111122223333"}"#;
    let linked = r#""StringEquals":{"aws:username":"ada"},"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:user/bob"}"#;
    let partly = r#""StringLike":{"aws:PrincipalAccount":"1*"}"#;
    let mixed = r#""NumericEquals":{"s:k":"1"},"IpAddress":{"s:k":"10.0.0.0/8"},"Bool":{"aws:PrincipalIsAWSService":"false"}"#;
    let users: Vec<String> = (0..1_100)
        .map(|n| format!("\"arn:aws:iam::111122223333:user/{n}\""))
        .collect();
    let users = format!(r#"{{"AWS":[{}]}}"#, users.join(","));
    for (old, new, unsure) in [
        (&none, allow(account, linked), Unsure::Linked),
        (&everyone, allow(r#""*""#, partly), Unsure::Accounts),
        (
            &none,
            allow(account, mixed),
            Unsure::MixedOperators(ConditionKey::parse("s:k")),
        ),
        (&none, allow(&users, partly), Unsure::Callers),
    ] {
        let (_, found) = verdict(old, &new, PolicyType::RoleTrust);
        assert_eq!(found, Comparison::Unknown(unsure), "{new}");
    }
}

/// As many variables as the limit says are followed, and not one more.
#[test]
fn variables_are_followed_up_to_a_limit() {
    let folder = |count: usize| {
        let tags = (0..count).map(|n| format!("${{aws:PrincipalTag/t{n}}}"));
        let tags: Vec<String> = tags.collect();
        format!(
            r#"{{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/{}"}}"#,
            tags.join("/")
        )
    };
    let old = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}"#;
    let most = limits::COMPARE_VARIABLES_MAX;
    for (count, expected) in [(most, "no"), (most + 1, "unknown"), (most + 2, "unknown")] {
        let (found, comparison) = verdict(old, &folder(count), PolicyType::Identity);
        assert_eq!(found, expected, "{count}: {comparison:?}");
    }
}

#[test]
fn a_witness_is_written_as_the_policies_write() {
    let old = r#"{"Effect":"Allow","Action":"x:y","Resource":"*"}"#;
    let new = r#"{"Effect":"Allow","Action":["Own:DoThis","Own:do*"],"Resource":"*"}"#;
    let (_, found) = verdict(old, new, PolicyType::Identity);
    let Comparison::MorePermissive { witness, .. } = found else {
        panic!("{found:?}");
    };
    assert_eq!(witness.action, "Own:DoThis");
}

/// The addresses of v6 behind those that stand for v4 are a stretch of their own.
#[test]
fn every_stretch_of_addresses_is_looked_at() {
    // All prefixes beside the way to `::1:0:0:0/80`, and beside the one to `::ffff:0:0/96`.
    let beside = |way: u128, bit: u32| {
        let sibling = way ^ (1 << (127 - bit));
        let network = sibling & (u128::MAX << (127 - bit));
        format!("\"{}/{}\"", Ipv6Addr::from_bits(network), bit + 1)
    };
    let (behind, mapped) = (1_u128 << 48, 0xffff_u128 << 32);
    let mut others: Vec<String> = (0..79).map(|bit| beside(behind, bit)).collect();
    others.extend((80..96).map(|bit| beside(mapped, bit)));
    let others = others.join(",");
    let old = r#"{"Effect":"Allow","Action":"x:y","Resource":"*"}"#;
    let new = format!(
        r#"{{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{{"Null":{{"aws:SourceIp":"false"}},
        "NotIpAddress":{{"aws:SourceIp":["0.0.0.0/0",{others}]}}}}}}"#
    );
    let (found, comparison) = verdict(old, &new, PolicyType::Identity);
    assert_eq!(found, "more", "{comparison:?}");
}
