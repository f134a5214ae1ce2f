//! What a comparison shows: the request, who asks, and what of the old policies does not match.
#![allow(clippy::panic, reason = "tests say what went wrong by panicking")]

mod comparing;

use comparing::{parsed, verdict};
use locum_policy::{
    Comparison, ConditionKey, Held, Missed, Part, PolicyType, Possibility, can_ever, compare,
};

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

/// Conditions that these keys hold these values.
fn hold(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!(r#""{key}":"{value}""#))
        .collect();
    format!(r#""StringEquals":{{{}}}"#, pairs.join(","))
}

fn of_kind(name: &str) -> String {
    hold(&[("aws:PrincipalType", name)])
}

fn of_service(is: &str) -> String {
    format!(r#""Bool":{{"aws:PrincipalIsAWSService":"{is}"}}"#)
}

const UNNAMED: &str = r#""Null":{"aws:PrincipalArn":"true"}"#;

/// Who of `principal` can ask under these conditions.
fn asks(principal: &str, conditions: &str) -> Option<String> {
    let old = r#"{"Effect":"Allow","Principal":"*","Action":"x:y","Resource":"*"}"#;
    let new = format!(
        r#"{{"Effect":"Allow","Principal":{principal},"Action":"s3:*","Resource":"*","Condition":{{{conditions}}}}}"#
    );
    match verdict(old, &new, PolicyType::Resource) {
        (_, Comparison::MorePermissive { witness, .. }) => witness.principal(),
        (_, Comparison::NotMorePermissive) => None,
        (_, Comparison::Unknown(unsure)) => panic!("{new}: {unsure}"),
    }
}

#[test]
fn members_of_an_account_are_what_their_kind_is() {
    let root = "arn:aws:iam::111122223333:root";
    let user = "arn:aws:iam::111122223333:user/other";
    let role = "arn:aws:sts::111122223333:assumed-role/other/session";
    let federated = "arn:aws:sts::111122223333:federated-user/other";
    let called =
        |kind: &str, key: &str, value: &str| hold(&[("aws:PrincipalType", kind), (key, value)]);
    for (conditions, expected) in [
        (of_kind("Account"), Some(root)),
        (of_kind("User"), Some(user)),
        (of_kind("AssumedRole"), Some(role)),
        (of_kind("FederatedUser"), Some(federated)),
        (of_kind("Anonymous"), None),
        (of_service("true"), None),
        (of_service("false"), Some(user)),
        (called("AssumedRole", "aws:username", "ada"), None),
        (called("Account", "aws:userid", "x"), None),
        (called("Account", "aws:userid", "111122223333"), Some(root)),
        (called("Account", "aws:PrincipalOrgID", "o-1"), Some(root)),
        (
            hold(&[("aws:PrincipalServiceName", "ec2.amazonaws.com")]),
            None,
        ),
    ] {
        let found = asks(r#"{"AWS":"111122223333"}"#, &conditions);
        assert_eq!(found.as_deref(), expected, "{conditions}");
    }
}

#[test]
fn callers_of_no_account_are_what_their_kind_is() {
    const EC2: &str = r#"{"Service":"ec2.amazonaws.com"}"#;
    const GOOGLE: &str = r#"{"Federated":"accounts.google.com"}"#;
    const EVERYONE: &str = r#""*""#;
    const OTHER: &str = "arn:aws:iam::999988887777:oidc-provider/other.example";
    let named = |name: &str| hold(&[("aws:PrincipalServiceName", name)]);
    let anonymous = |key: &str, value: &str| {
        let condition = hold(&[("aws:PrincipalType", "Anonymous"), (key, value)]);
        format!("{UNNAMED},{condition}")
    };
    let organized = hold(&[("aws:PrincipalOrgID", "o-1")]);
    for (principal, conditions, expected) in [
        (EC2, of_service("false"), None),
        (EC2, of_service("true"), Some("ec2.amazonaws.com")),
        (EC2, named("ec2.amazonaws.com"), Some("ec2.amazonaws.com")),
        (EC2, named("sqs.amazonaws.com"), None),
        (EC2, UNNAMED.to_owned(), Some("ec2.amazonaws.com")),
        (GOOGLE, organized, Some("accounts.google.com")),
        (GOOGLE, of_service("false"), None),
        (EVERYONE, UNNAMED.to_owned(), Some("anonymous")),
        (EVERYONE, anonymous("s:k", "x"), Some("anonymous")),
        // They have no tags and no organization, unlike those for whom a provider vouches.
        (
            EVERYONE,
            anonymous("aws:PrincipalTag/team", "x"),
            Some(OTHER),
        ),
        (
            EVERYONE,
            anonymous("aws:PrincipalOrgID", "o-1"),
            Some(OTHER),
        ),
    ] {
        let found = asks(principal, &conditions);
        assert_eq!(found.as_deref(), expected, "{principal} {conditions}");
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
fn a_witness_is_written_as_the_policies_write() {
    let old = r#"{"Effect":"Allow","Action":"x:y","Resource":"*"}"#;
    let new = r#"{"Effect":"Allow","Action":["Own:DoThis","Own:do*"],"Resource":"*"}"#;
    let (_, found) = verdict(old, new, PolicyType::Identity);
    let Comparison::MorePermissive { witness, .. } = found else {
        panic!("{found:?}");
    };
    assert_eq!(witness.action, "Own:DoThis");
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
