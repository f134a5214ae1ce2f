//! Values: what is written is read back, in order, and shared.

use super::common::*;
use super::{each, unit};
use locum_store::*;
use std::sync::Arc;

#[test]
fn what_is_written_is_read_back() {
    each("readback", |subject| {
        let engine = subject.engine();
        let revision = make_account(
            engine,
            1,
            vec![
                Record::Role(role("Reader")),
                Record::User(user("Alice")),
                Record::AccessKey(access_key("AKIAALICE1", "Alice", "s3cr3t")),
                Record::Policy(ManagedPolicy {
                    name: "Deploy".to_owned(),
                    path: "/team/".to_owned(),
                    id: "ANPADEPLOY".to_owned(),
                    created_s: 1,
                    updated_s: 2,
                    description: None,
                    tags: Vec::new(),
                    versions: vec![PolicyVersion {
                        number: 1,
                        created_s: 1,
                        text: PolicyText::new(TRUST),
                    }],
                    default_version: 1,
                    latest_version: 1,
                }),
            ],
        );
        assert_eq!(revision, Revision(1));
        for _ in 0..2 {
            let account = account(subject.engine(), 1).unwrap();
            assert_eq!(account.revision, revision);
            assert_eq!(*account.meta, meta("account-1"));
            assert_eq!(**account.roles().get("READER").unwrap(), role("Reader"));
            assert_eq!(**account.users().get("alice").unwrap(), user("Alice"));
            let key = account.access_key("AKIAALICE1").unwrap();
            assert!(key.secret.ct_eq(b"s3cr3t"));
            assert_eq!(**key, access_key("AKIAALICE1", "Alice", "s3cr3t"));
            assert_eq!(account.role_by_id("AROAREADER").unwrap().name, "Reader");
            assert_eq!(account.user_by_id("AIDAALICE").unwrap().name, "Alice");
            assert_eq!(account.policy_by_id("ANPADEPLOY").unwrap().path, "/team/");
            assert_eq!(account.access_keys_of("AIDAALICE").len(), 1);
            assert!(account.root_access_keys().is_empty());
            let count = account.attachment_count("arn:aws:iam::aws:policy/ReadOnlyAccess");
            assert_eq!((count.users, count.roles), (0, 1));
            assert!(account.damage().is_none());
            subject.reopen();
        }
    });
}

#[test]
fn the_installation_is_read_back() {
    each("installation", |subject| {
        let summary = AccountSummary {
            id: account_id(7),
            name: "seven".to_owned(),
            email: "Seven@Example.com".to_owned(),
            alias: Some("lucky".to_owned()),
            joined_s: 3,
            status: AccountStatus::Active,
            joined_method: JoinedMethod::Invited,
        };
        let key = |epoch, state| SessionKeyEpoch {
            epoch,
            secret: Secret::new(vec![u8::try_from(epoch).unwrap(); 32]),
            state,
            created_s: 1,
        };
        let request = CreateAccountRequest {
            id: "car-1".to_owned(),
            account_name: "seven".to_owned(),
            requested_s: 1,
            completed_s: Some(2),
            state: CreateAccountState::Succeeded {
                account: account_id(7),
            },
        };
        let organization = Organization {
            id: "o-1".to_owned(),
            root_id: "r-1".to_owned(),
            feature_set: "ALL".to_owned(),
            created_s: 9,
        };
        let puts = vec![
            Record::InstallationMeta(InstallationMeta {
                management_account: account_id(7),
                created_s: 1,
            }),
            Record::SessionKey(key(2, KeyState::Active)),
            Record::SessionKey(key(1, KeyState::Retired)),
            Record::AccountSummary(summary.clone()),
            Record::CreateAccountRequest(request.clone()),
            Record::Organization(organization.clone()),
        ];
        let first = write(Unit::Installation, Revision::NONE, puts);
        let revision = commit(subject.engine(), change(vec![first], vec![])).unwrap();
        for _ in 0..2 {
            let loaded = pollster::block_on(subject.engine().load(Unit::Installation));
            let value = loaded.unwrap().unwrap().installation().unwrap();
            assert_eq!(value.revision, revision);
            assert_eq!(value.cluster_id, subject.engine().cluster_id());
            assert_eq!(value.management_account, account_id(7));
            let ring = vec![key(1, KeyState::Retired), key(2, KeyState::Active)];
            assert_eq!(value.keys, ring);
            assert_eq!(**value.account(account_id(7)).unwrap(), summary);
            assert_eq!(
                value.account_by_email("seven@EXAMPLE.com").unwrap().id,
                account_id(7)
            );
            assert_eq!(value.account_by_alias("lucky").unwrap().id, account_id(7));
            assert!(value.account_by_alias("other").is_none());
            assert_eq!(
                **value.create_account_requests().get("car-1").unwrap(),
                request
            );
            assert_eq!(value.organization, Some(organization.clone()));
            subject.reopen();
        }
        let revoked = UnitWrite {
            deletes: vec![Key::SessionKey(1), Key::AccountSummary(account_id(7))],
            ..write(Unit::Installation, revision, vec![])
        };
        commit(subject.engine(), change(vec![revoked], vec![])).unwrap();
        for _ in 0..2 {
            let loaded = pollster::block_on(subject.engine().load(Unit::Installation));
            let value = loaded.unwrap().unwrap().installation().unwrap();
            assert_eq!(value.keys, vec![key(2, KeyState::Active)]);
            assert!(value.account_by_email("seven@example.com").is_none());
            assert!(value.account_by_alias("lucky").is_none());
            assert!(value.accounts().is_empty());
            subject.reopen();
        }
    });
}

#[test]
fn a_missing_unit_is_none() {
    each("missing", |subject| {
        let engine = subject.engine();
        assert!(account(engine, 404).is_none());
        assert!(engine.cached(unit(404)).is_none());
        let installation = pollster::block_on(engine.load(Unit::Installation)).unwrap();
        assert!(installation.is_none());
    });
}

#[test]
fn puts_replace_and_deletes_delete() {
    each("replace", |subject| {
        let engine = subject.engine();
        let first = make_account(
            engine,
            1,
            vec![Record::Role(role("Old")), Record::Role(role("Gone"))],
        );
        assert!(account(engine, 1).unwrap().role_by_id("AROAOLD").is_some());
        let mut renamed = role("New");
        renamed.id = "AROAOLD".to_owned();
        renamed.attached = vec!["arn:aws:iam::aws:policy/Other".to_owned()];
        let second = commit(
            engine,
            change(
                vec![UnitWrite {
                    unit: unit(1),
                    expects: first,
                    puts: vec![Record::Role(renamed.clone())],
                    deletes: vec![
                        Key::Role("OLD".to_owned()),
                        Key::Role("gone".to_owned()),
                        Key::User("never".to_owned()),
                    ],
                }],
                vec![],
            ),
        )
        .unwrap();
        for _ in 0..2 {
            let value = account(subject.engine(), 1).unwrap();
            assert_eq!(value.revision, second);
            let names: Vec<_> = value.roles().iter().map(|role| role.name.clone()).collect();
            assert_eq!(names, ["New"]);
            assert_eq!(value.role_by_id("AROAOLD").unwrap().name, "New");
            assert!(value.role_by_id("AROAGONE").is_none());
            assert_eq!(
                value
                    .attachment_count("arn:aws:iam::aws:policy/ReadOnlyAccess")
                    .total(),
                0
            );
            assert_eq!(
                value
                    .attachment_count("arn:aws:iam::aws:policy/Other")
                    .roles,
                1
            );
            subject.reopen();
        }
    });
}

#[test]
fn tables_are_in_order_and_paged() {
    each("pages", |subject| {
        let mut names: Vec<String> = (0..250)
            .map(|n| format!("Role-{:03}", (n * 37) % 250))
            .collect();
        make_account(
            subject.engine(),
            1,
            names.iter().map(|name| Record::Role(role(name))).collect(),
        );
        names.sort();
        for _ in 0..2 {
            let value = account(subject.engine(), 1).unwrap();
            let found: Vec<_> = value.roles().iter().map(|role| role.name.clone()).collect();
            assert_eq!(found, names);
            let page: Vec<_> = value
                .roles()
                .after("ROLE-099")
                .take(3)
                .map(|role| role.name.clone())
                .collect();
            assert_eq!(page, ["Role-100", "Role-101", "Role-102"]);
            let between: Vec<_> = value
                .roles()
                .after("role-0995")
                .take(1)
                .map(|role| role.name.clone())
                .collect();
            assert_eq!(between, ["Role-100"]);
            subject.reopen();
        }
    });
}

#[test]
fn readers_keep_the_value_they_hold() {
    each("snapshot", |subject| {
        let engine = subject.engine();
        let first = make_account(engine, 1, vec![Record::Role(role("a"))]);
        let before = account(engine, 1).unwrap();
        let second = commit(
            engine,
            change(
                vec![write(unit(1), first, vec![Record::Role(role("b"))])],
                vec![],
            ),
        )
        .unwrap();
        assert_eq!(before.roles().len(), 1);
        let after = engine.cached(unit(1)).and_then(Loaded::account).unwrap();
        assert_eq!((after.revision, after.roles().len()), (second, 2));
        // Unchanged entities are shared, with what was compiled of them.
        assert!(Arc::ptr_eq(
            before.roles().get("a").unwrap(),
            after.roles().get("a").unwrap()
        ));
    });
}

const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const LIMIT: &str = "arn:aws:iam::aws:policy/PowerUserAccess";

fn group(name: &str) -> Group {
    Group {
        name: name.to_owned(),
        path: "/".to_owned(),
        id: format!("AGPA{}", name.to_uppercase()),
        created_s: 1,
        inline: Vec::new(),
        attached: vec![READ_ONLY.to_owned()],
    }
}

fn profile(name: &str, role: Option<&str>) -> InstanceProfile {
    InstanceProfile {
        name: name.to_owned(),
        path: "/".to_owned(),
        id: format!("AIPA{}", name.to_uppercase()),
        created_s: 1,
        tags: Vec::new(),
        role: role.map(str::to_owned),
    }
}

fn member(name: &str, groups: &[&str], boundary: Option<&str>) -> User {
    User {
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        boundary: boundary.map(str::to_owned),
        ..user(name)
    }
}

/// What the look-ups say: members of both groups, profiles of a role, users of the two policies.
fn seen(value: &Account) -> (Vec<String>, Vec<String>, Vec<String>, [u32; 3]) {
    let members = |id| {
        let members = value.members_of(id, "");
        members.map(|user| user.name.clone()).collect::<Vec<_>>()
    };
    let profiles = value.instance_profiles_of("AROAREADER").into_iter();
    let attached = value.attachment_count(READ_ONLY);
    let limiting = value.attachment_count(LIMIT);
    (
        members("AGPASTAFF"),
        members("AGPAOPS"),
        profiles.map(|profile| profile.name.clone()).collect(),
        [attached.groups, limiting.boundaries, limiting.total()],
    )
}

#[test]
fn groups_boundaries_and_profiles_are_looked_up_the_same_from_memory_and_from_disk() {
    each("groups", |subject| {
        let first = make_account(
            subject.engine(),
            1,
            vec![
                Record::Group(group("Staff")),
                Record::Group(group("Ops")),
                Record::Role(Role {
                    boundary: Some(LIMIT.to_owned()),
                    ..role("Reader")
                }),
                Record::User(member("Alice", &["AGPASTAFF", "AGPAOPS"], Some(LIMIT))),
                Record::User(member("bob", &["AGPASTAFF"], None)),
                Record::InstanceProfile(profile("Web", Some("AROAREADER"))),
                Record::InstanceProfile(profile("Empty", None)),
            ],
        );
        let before = account(subject.engine(), 1).unwrap();
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let expected = (
            names(&["Alice", "bob"]),
            names(&["Alice"]),
            names(&["Web"]),
            [2, 2, 0],
        );
        assert_eq!(seen(&before), expected);
        let page: Vec<_> = before.members_of("AGPASTAFF", "ALICE").collect();
        assert_eq!(page.len(), 1, "the next page begins after its marker");
        assert_eq!(before.group_by_id("AGPAOPS").unwrap().name, "Ops");
        subject.reopen();
        let loaded = account(subject.engine(), 1).unwrap();
        assert_eq!(seen(&loaded), expected);
        assert_eq!(
            **loaded.users().get("alice").unwrap(),
            member("Alice", &["AGPASTAFF", "AGPAOPS"], Some(LIMIT))
        );
        let write = UnitWrite {
            unit: unit(1),
            expects: first,
            puts: vec![
                Record::User(member("Robert", &["AGPAOPS"], None)),
                Record::User(member("Alice", &["AGPAOPS"], None)),
                Record::InstanceProfile(profile("Empty", Some("AROAREADER"))),
            ],
            deletes: vec![
                Key::User("bob".to_owned()),
                Key::Group("staff".to_owned()),
                Key::InstanceProfile("web".to_owned()),
            ],
        };
        commit(subject.engine(), change(vec![write], vec![])).unwrap();
        for _ in 0..2 {
            let value = account(subject.engine(), 1).unwrap();
            let expected = (
                names(&[]),
                names(&["Alice", "Robert"]),
                names(&["Empty"]),
                [1, 1, 0],
            );
            assert_eq!(seen(&value), expected);
            assert!(value.group_by_id("AGPASTAFF").is_none());
            subject.reopen();
        }
    });
}

fn issuer(url: &str) -> OidcProvider {
    OidcProvider {
        url: url.to_owned(),
        created_s: 1,
        client_ids: vec!["one".to_owned()],
        thumbprints: Vec::new(),
        tags: Vec::new(),
    }
}

fn corporate(name: &str) -> SamlProvider {
    SamlProvider {
        name: name.to_owned(),
        id: "u".to_owned(),
        created_s: 1,
        valid_until_s: 2,
        metadata: "<x/>".to_owned(),
        tags: Vec::new(),
    }
}

#[test]
fn providers_and_deletions_are_the_same_from_memory_and_from_disk() {
    each("providers", |subject| {
        let task = DeletionTask {
            id: "task/aws-service-role/ecs.amazonaws.com/R/1".to_owned(),
            created_s: 3,
        };
        let first = make_account(
            subject.engine(),
            1,
            vec![
                Record::OidcProvider(issuer("Issuer.example.com/a")),
                Record::OidcProvider(issuer("issuer.example.com")),
                Record::SamlProvider(corporate("Corp")),
                Record::DeletionTask(task.clone()),
            ],
        );
        for _ in 0..2 {
            let value = account(subject.engine(), 1).unwrap();
            let urls = value.oidc_providers().iter().map(|held| held.url.clone());
            let urls: Vec<_> = urls.collect();
            assert_eq!(urls, ["issuer.example.com", "Issuer.example.com/a"]);
            assert_eq!(
                **value.saml_providers().get("corp").unwrap(),
                corporate("Corp")
            );
            assert_eq!(**value.deletion_tasks().get(&task.id).unwrap(), task);
            subject.reopen();
        }
        let write = UnitWrite {
            unit: unit(1),
            expects: first,
            puts: vec![Record::SamlProvider(corporate("Other"))],
            deletes: vec![
                Key::OidcProvider("issuer.example.com".to_owned()),
                Key::SamlProvider("CORP".to_owned()),
                Key::DeletionTask(task.id.clone()),
            ],
        };
        commit(subject.engine(), change(vec![write], vec![])).unwrap();
        for _ in 0..2 {
            let value = account(subject.engine(), 1).unwrap();
            assert_eq!(value.oidc_providers().len(), 1);
            assert_eq!(value.saml_providers().iter().next().unwrap().name, "Other");
            assert!(value.deletion_tasks().is_empty());
            subject.reopen();
        }
    });
}

fn audit(region: &str, name: &str) -> Trail {
    Trail {
        name: name.to_owned(),
        home_region: region.to_owned(),
        created_s: 1,
        s3_bucket_name: "local".to_owned(),
        is_multi_region: true,
        includes_global_service_events: true,
        log_file_validation: false,
        is_organization: false,
        selectors: vec![EventSelector {
            read_write: ReadWriteType::All,
            includes_management_events: true,
            excluded_sources: Vec::new(),
        }],
        is_logging: false,
        started_s: None,
        stopped_s: Some(2),
        tags: vec![Tag {
            key: "k".to_owned(),
            value: "v".to_owned(),
        }],
    }
}

#[test]
fn trails_are_the_same_from_memory_and_from_disk() {
    each("trails", |subject| {
        let trails = [audit("us-east-1", "Audit"), audit("eu-west-1", "Audit")];
        let puts = trails.iter().cloned().map(Record::Trail);
        let first = make_account(subject.engine(), 1, puts.collect());
        for _ in 0..2 {
            let value = account(subject.engine(), 1).unwrap();
            let held: Vec<_> = value.trails().iter().map(|held| (**held).clone()).collect();
            assert_eq!(held, [trails[1].clone(), trails[0].clone()]);
            let place = Trail::place("US-EAST-1", "AUDIT");
            assert_eq!(**value.trails().get(&place).unwrap(), trails[0]);
            subject.reopen();
        }
        let write = UnitWrite {
            unit: unit(1),
            expects: first,
            puts: vec![],
            deletes: vec![Key::Trail(Trail::place("us-east-1", "Audit"))],
        };
        commit(subject.engine(), change(vec![write], vec![])).unwrap();
        for _ in 0..2 {
            let value = account(subject.engine(), 1).unwrap();
            assert_eq!(value.trails().len(), 1);
            subject.reopen();
        }
    });
}

#[test]
fn keys_of_the_trail_are_the_same_from_memory_and_from_disk() {
    each("trail-keys", |subject| {
        let key = |fingerprint: &str, from_s| TrailKey {
            fingerprint: fingerprint.to_owned(),
            public_key: vec![1, 2, 3],
            private_key: Secret::new("private"),
            valid_from_s: from_s,
            valid_until_s: 100,
        };
        let puts = vec![
            Record::InstallationMeta(InstallationMeta {
                management_account: account_id(7),
                created_s: 1,
            }),
            Record::TrailKey(key("aa", 2)),
            Record::TrailKey(key("bb", 1)),
        ];
        let first = write(Unit::Installation, Revision::NONE, puts);
        let revision = commit(subject.engine(), change(vec![first], vec![])).unwrap();
        let held = |subject: &mut dyn super::Subject| {
            let loaded = pollster::block_on(subject.engine().load(Unit::Installation));
            loaded.unwrap().unwrap().installation().unwrap()
        };
        for _ in 0..2 {
            assert_eq!(held(subject).trail_keys, [key("bb", 1), key("aa", 2)]);
            subject.reopen();
        }
        let write = UnitWrite {
            deletes: vec![Key::TrailKey("bb".to_owned())],
            ..write(Unit::Installation, revision, vec![])
        };
        commit(subject.engine(), change(vec![write], vec![])).unwrap();
        for _ in 0..2 {
            assert_eq!(held(subject).trail_keys, [key("aa", 2)]);
            subject.reopen();
        }
    });
}
