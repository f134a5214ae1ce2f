//! The catalogue of actions: it reads whole, and answers as AWS's reference says.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests say what went wrong by panicking"
)]

use locum_policy::catalogue::{self, AccessLevel, Arity, ValueType};

#[test]
fn every_line_reads() {
    assert_eq!(catalogue::services().count(), 456);
    assert!(catalogue::services().is_sorted());
    assert_eq!(catalogue::actions_matching("*").count(), 22_091);
    let all = catalogue::services().map(|prefix| catalogue::service(prefix).unwrap());
    let (mut types, mut keys, mut uses) = (0, 0, 0);
    for service in all {
        types += service.resources.len();
        keys += service.keys.len();
        uses += service
            .actions
            .iter()
            .map(|action| action.resources.len())
            .sum::<usize>();
        assert!(
            service.actions.is_sorted_by_key(|action| action.name),
            "{}",
            service.prefix
        );
        for kind in &service.resources {
            assert!(
                kind.arn.starts_with("arn:") || kind.arn.starts_with('$'),
                "{}",
                kind.arn
            );
        }
    }
    assert_eq!((types, keys, uses), (2334, 2578, 21_931));
}

#[test]
fn actions_are_found_ignoring_case() {
    let action = catalogue::action("IAM:passrole").unwrap();
    assert_eq!(action.full_name(), "iam:PassRole");
    assert_eq!(action.level, AccessLevel::Write);
    assert!(action.all_keys().any(|key| key.is("iam:passedtoservice")));
    assert_eq!(action.resources[0].kind.name, "role");
    assert!(action.resources[0].required);
    for unknown in [
        "iam",
        "iam:",
        "iam:PassRol",
        "iam:Pass*",
        "nothing:PassRole",
        "",
        ":",
    ] {
        assert!(catalogue::action(unknown).is_none(), "{unknown}");
    }
}

#[test]
fn patterns_stand_for_actions() {
    let names = |pattern: &str| -> Vec<String> {
        catalogue::actions_matching(pattern)
            .map(|action| action.full_name())
            .collect()
    };
    assert_eq!(
        names("sts:assumerole*"),
        [
            "sts:AssumeRole",
            "sts:AssumeRoleWithSAML",
            "sts:AssumeRoleWithWebIdentity"
        ]
    );
    assert_eq!(names("STS:AssumeRoo?"), ["sts:AssumeRoot"]);
    assert_eq!(names("sts:assumeroot"), ["sts:AssumeRoot"], "and once");
    assert_eq!(names("nothing:*"), [""; 0]);
    assert_eq!(names("sts"), [""; 0], "no pattern of actions");
}

#[test]
fn keys_have_types_and_templates() {
    let sts = catalogue::service("sts").unwrap();
    let tags = sts.key("aws:tagkeys").unwrap();
    assert_eq!((tags.value, tags.arity), (ValueType::String, Arity::Multi));
    assert_eq!(
        sts.key("aws:RequestTag/team").unwrap().name,
        "aws:RequestTag/${TagKey}"
    );
    assert_eq!(sts.key("aws:RequestTagteam"), None);
    let codebuild = catalogue::service("codebuild").unwrap();
    let tail = |tail: &str| codebuild.key(&format!("codebuild:fileSystemLocations/a.{tail}"));
    assert!(tail("location").is_some() && tail("elsewhere").is_none());
    let s3 = catalogue::service("s3").unwrap();
    assert_eq!(s3.key("s3:max-keys").unwrap().value, ValueType::Numeric);
}
