//! How much a comparison looks at: what it decides without a search, and where it gives up.
#![allow(clippy::panic, reason = "tests say what went wrong by panicking")]

mod comparing;

use std::net::Ipv6Addr;

use comparing::{parsed, verdict};
use locum_policy::{Comparison, ConditionKey, PolicyType, Relation, Unsure, compare, limits};

const EVERYTHING: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;

/// Allows under conditions on keys of their own, each with as many as it takes.
fn conditioned(statements: usize, operator: &str) -> String {
    let statement = |n: usize| {
        let keys: Vec<String> = (0..8).map(|m| format!(r#""s:k{n}-{m}":"x""#)).collect();
        let keys = keys.join(",");
        format!(
            r#"{{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{{"{operator}":{{{keys}}}}}}}"#
        )
    };
    let statements: Vec<String> = (0..statements).map(statement).collect();
    statements.join(",")
}

/// Of several demands the one that nothing meets is looked at first; without that, all ways to meet
/// the others would be tried.
#[test]
fn what_cannot_be_met_ends_the_search() {
    let old = format!("{},{EVERYTHING}", conditioned(7, "StringNotEquals"));
    let new = r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}"#;
    let (found, comparison) = verdict(&old, new, PolicyType::Identity);
    assert_eq!(found, "no", "{comparison:?}");
}

/// What a request meets as it stands needs no decision.
#[test]
fn what_is_met_anyway_is_not_decided() {
    let old = format!("{},{EVERYTHING}", conditioned(12, "StringEquals"));
    let new = r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}"#;
    let (found, comparison) = verdict(&old, new, PolicyType::Identity);
    assert_eq!(found, "no", "{comparison:?}");
}

/// Behind a prefix that all may follow nothing is looked for.
#[test]
fn what_a_prefix_decides_is_not_looked_at() {
    let old = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::*"}"#;
    let new = r#"{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::x","arn:aws:s3:::*a??????????????????"]}"#;
    let (found, comparison) = verdict(old, new, PolicyType::Identity);
    assert_eq!(found, "no", "{comparison:?}");
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
    let mixed = r#""NumericEquals":{"s3:prefix":"1"},"IpAddress":{"s3:prefix":"10.0.0.0/8"},"Bool":{"aws:PrincipalIsAWSService":"false"}"#;
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
            Unsure::MixedOperators(ConditionKey::parse("s3:prefix")),
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
