//! Records of version 1 as committed bytes: they must stay readable for ever.
//!
//! The files in `tests/fixtures/record-v1` were written by the first release of the format. With
//! `LOCUM_WRITE_FIXTURES=1` missing ones are written; existing ones are never changed.

mod access;

use super::*;
use crate::*;
use access::access_samples;
use proptest::prelude::*;
use std::path::PathBuf;

fn sealer() -> Arc<Sealer> {
    let random: RandomSource = Arc::new(|out: &mut [u8]| out.fill(42));
    Arc::new(Sealer::new(&[7; 32], "fixture", random).unwrap())
}

fn policy(text: &str) -> PolicyText {
    PolicyText::new(text)
}

fn tag(key: &str, value: &str) -> Tag {
    Tag {
        key: key.to_owned(),
        value: value.to_owned(),
    }
}

fn account() -> AccountId {
    AccountId::parse("000000000042").unwrap()
}

fn samples() -> Vec<(&'static str, Record)> {
    let user = User {
        name: "Alice".to_owned(),
        path: "/staff/".to_owned(),
        id: "AIDAFIXTURE".to_owned(),
        created_s: 1_700_000_000,
        tags: vec![tag("Team", "Ünïcode \"quoted\" \u{2028}")],
        inline: vec![InlinePolicy {
            name: "assume".to_owned(),
            policy: policy("{\"Version\":\"2012-10-17\",\n \"Statement\":[]}"),
        }],
        attached: vec![
            "arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned(),
            "arn:aws:iam::000000000042:policy/Own".to_owned(),
        ],
        groups: Vec::new(),
        boundary: None,
        password_last_used_s: Some(1_700_000_001),
    };
    let role = Role {
        name: "Reader".to_owned(),
        path: "/".to_owned(),
        id: "AROAFIXTURE".to_owned(),
        created_s: -1,
        description: Some(String::new()),
        max_session_duration_s: 43_200,
        trust: policy("{}"),
        tags: vec![tag("k", "")],
        inline: Vec::new(),
        attached: Vec::new(),
        boundary: None,
        service_linked: Some("elasticloadbalancing.amazonaws.com".to_owned()),
    };
    let managed = ManagedPolicy {
        name: "Own".to_owned(),
        path: "/".to_owned(),
        id: "ANPAFIXTURE".to_owned(),
        created_s: 1,
        updated_s: 2,
        description: None,
        tags: Vec::new(),
        versions: vec![PolicyVersion {
            number: 3,
            created_s: 2,
            text: policy("{\"a\":\"*\"}"),
        }],
        default_version: 3,
        latest_version: 7,
    };
    let key = |user| AccessKey {
        id: "AKIAFIXTURE".to_owned(),
        user,
        secret: Secret::new("fixture secret"),
        status: KeyStatus::Inactive,
        created_s: 5,
    };
    let of_user = KeyOwner::User {
        id: "AIDAFIXTURE".to_owned(),
        name: "Alice".to_owned(),
    };
    let mut all = vec![
        ("user", Record::User(user)),
        ("role", Record::Role(role)),
        ("policy", Record::Policy(managed)),
        ("access-key", Record::AccessKey(key(of_user))),
        ("root-access-key", Record::AccessKey(key(KeyOwner::Root))),
        ("account-meta", Record::AccountMeta(meta())),
    ];
    all.extend(group_samples());
    all.extend(credential_samples());
    all.extend(provider_samples());
    all.extend(installation_samples());
    all
}

fn meta() -> AccountMeta {
    AccountMeta {
        name: "fixture".to_owned(),
        email: "f@example.com".to_owned(),
        created_s: 6,
        alias: Some("fix".to_owned()),
        status: AccountStatus::PendingClosure,
        joined_method: JoinedMethod::Invited,
        root: RootUser {
            password_last_used_s: Some(7),
        },
        password_policy: None,
        outbound_issuer: None,
    }
}

fn meta_with_rules() -> AccountMeta {
    AccountMeta {
        password_policy: Some(PasswordPolicy {
            length_min: 14,
            require_lowercase: true,
            require_uppercase: false,
            require_numbers: true,
            require_symbols: false,
            allow_users_to_change: true,
            age_days_max: Some(90),
            reuse_prevention: Some(24),
            hard_expiry: Some(false),
        }),
        ..meta()
    }
}

fn meta_with_issuer() -> AccountMeta {
    AccountMeta {
        outbound_issuer: Some("https://sts.example.com/web-identity/1".to_owned()),
        ..meta()
    }
}

fn failures(count: u32) -> Failures {
    Failures { count, last_s: 9 }
}

fn device(user_id: Option<&str>) -> MfaDevice {
    MfaDevice {
        name: "Phone".to_owned(),
        path: "/mobile/".to_owned(),
        user_id: user_id.map(str::to_owned),
        seed: Secret::new(vec![5; 40]),
        created_s: 6,
        enabled_s: user_id.map(|_| 7),
        tags: vec![tag("k", "v")],
        drift_steps: -3,
        last_step: user_id.map(|_| 57),
        failures: failures(u32::from(user_id.is_some())),
    }
}

fn credential_samples() -> Vec<(&'static str, Record)> {
    let login = LoginProfile {
        user_id: "AIDAFIXTURE".to_owned(),
        created_s: 1,
        changed_s: 2,
        reset_required: true,
        salt: vec![3; 16],
        hashes: vec![Secret::new(vec![4; 32]), Secret::new(vec![5; 32])],
        failures: failures(2),
    };
    let ssh = SshPublicKey {
        id: "APKAFIXTURE".to_owned(),
        user_id: "AIDAFIXTURE".to_owned(),
        spki: vec![0x30, 0],
        status: CredentialStatus::Active,
        uploaded_s: 8,
    };
    let signing = |user_id: Option<&str>| SigningCertificate {
        id: "CERTFIXTURE".to_owned(),
        user_id: user_id.map(str::to_owned),
        body: "-----BEGIN CERTIFICATE-----\n".to_owned(),
        status: CredentialStatus::Inactive,
        uploaded_s: 9,
    };
    let service = ServiceCredential {
        id: "ACCAFIXTURE".to_owned(),
        user_id: "AIDAFIXTURE".to_owned(),
        service: "codecommit.amazonaws.com".to_owned(),
        service_user_name: "Alice-at-000000000042".to_owned(),
        secret: Secret::new("fixture password"),
        status: CredentialStatus::Active,
        created_s: 10,
        expires_s: Some(11),
    };
    vec![
        (
            "account-meta-with-rules",
            Record::AccountMeta(meta_with_rules()),
        ),
        (
            "account-meta-with-issuer",
            Record::AccountMeta(meta_with_issuer()),
        ),
        ("login-profile", Record::LoginProfile(login)),
        ("mfa-device", Record::MfaDevice(device(Some("AIDAFIXTURE")))),
        ("mfa-device-unassigned", Record::MfaDevice(device(None))),
        ("ssh-public-key", Record::SshPublicKey(ssh)),
        (
            "signing-certificate",
            Record::SigningCertificate(signing(Some("AIDAFIXTURE"))),
        ),
        (
            "root-signing-certificate",
            Record::SigningCertificate(signing(None)),
        ),
        (
            "server-certificate",
            Record::ServerCertificate(server_certificate()),
        ),
        ("service-credential", Record::ServiceCredential(service)),
        ("last-use", Record::LastUse(last_use())),
        ("report-part", Record::ReportPart(report_part())),
    ]
}

fn server_certificate() -> ServerCertificate {
    ServerCertificate {
        name: "Web".to_owned(),
        path: "/cloudfront/".to_owned(),
        id: "ASCAFIXTURE".to_owned(),
        body: "body".to_owned(),
        chain: Some("chain".to_owned()),
        private_key: Secret::new("private key"),
        uploaded_s: 12,
        expires_s: 13,
        tags: Vec::new(),
    }
}

fn last_use() -> LastUse {
    LastUse {
        id: "AKIAFIXTURE".to_owned(),
        time_s: 14,
        service: "sts".to_owned(),
        region: "eu-central-1".to_owned(),
    }
}

fn report_part() -> ReportPart {
    ReportPart {
        number: 1,
        generated_s: 15,
        bytes: vec![0, 255],
    }
}

fn member() -> User {
    User {
        name: "Bob".to_owned(),
        path: "/".to_owned(),
        id: "AIDAMEMBER".to_owned(),
        created_s: 3,
        tags: Vec::new(),
        inline: Vec::new(),
        attached: vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()],
        groups: vec!["AGPATWO".to_owned(), "AGPAONE".to_owned()],
        boundary: Some("arn:aws:iam::000000000042:policy/Own".to_owned()),
        password_last_used_s: None,
    }
}

fn group() -> Group {
    Group {
        name: "Staff".to_owned(),
        path: "/org/".to_owned(),
        id: "AGPAONE".to_owned(),
        created_s: 4,
        inline: vec![InlinePolicy {
            name: "read".to_owned(),
            policy: policy("{}"),
        }],
        attached: vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()],
    }
}

fn profile() -> InstanceProfile {
    InstanceProfile {
        name: "Web".to_owned(),
        path: "/".to_owned(),
        id: "AIPAFIXTURE".to_owned(),
        created_s: 5,
        tags: vec![tag("k", "v")],
        role: Some("AROAFIXTURE".to_owned()),
    }
}

fn group_samples() -> Vec<(&'static str, Record)> {
    vec![
        ("user-in-groups", Record::User(member())),
        ("group", Record::Group(group())),
        ("instance-profile", Record::InstanceProfile(profile())),
    ]
}

fn provider_samples() -> Vec<(&'static str, Record)> {
    let oidc = OidcProvider {
        url: "Issuer.example.com/Realm".to_owned(),
        created_s: 6,
        client_ids: vec!["sts.amazonaws.com".to_owned()],
        thumbprints: vec!["0123456789abcdef0123456789abcdef01234567".to_owned()],
        tags: vec![tag("k", "v")],
    };
    let saml = SamlProvider {
        name: "Corporate".to_owned(),
        id: "SAMLFIXTURE00000000000042".to_owned(),
        created_s: 7,
        valid_until_s: 8,
        metadata: "<EntityDescriptor entityID=\"x\"/>\n".to_owned(),
        tags: Vec::new(),
    };
    let task = DeletionTask {
        id: "task/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS/1".to_owned(),
        created_s: 9,
    };
    let mut all = trail_samples();
    all.extend([
        ("oidc-provider", Record::OidcProvider(oidc)),
        ("saml-provider", Record::SamlProvider(saml)),
        ("deletion-task", Record::DeletionTask(task)),
    ]);
    all.extend(access_samples());
    all
}

fn trail_samples() -> Vec<(&'static str, Record)> {
    let trail = Trail {
        name: "Audit".to_owned(),
        home_region: "eu-central-1".to_owned(),
        created_s: 16,
        s3_bucket_name: "audit-bucket".to_owned(),
        is_multi_region: true,
        includes_global_service_events: true,
        log_file_validation: true,
        is_organization: false,
        selectors: vec![EventSelector {
            read_write: ReadWriteType::WriteOnly,
            includes_management_events: true,
            excluded_sources: vec!["kms.amazonaws.com".to_owned()],
        }],
        is_logging: true,
        started_s: Some(17),
        stopped_s: None,
        tags: vec![tag("k", "v")],
    };
    let key = TrailKey {
        fingerprint: "0123456789abcdef0123456789abcdef".to_owned(),
        public_key: vec![0x30, 0, 255],
        private_key: Secret::new("a private key"),
        valid_from_s: 18,
        valid_until_s: 19,
    };
    vec![
        ("trail", Record::Trail(trail)),
        ("trail-key", Record::TrailKey(key)),
    ]
}

fn installation_samples() -> Vec<(&'static str, Record)> {
    let request = |state| CreateAccountRequest {
        id: "car-fixture".to_owned(),
        account_name: "fixture".to_owned(),
        requested_s: 1,
        completed_s: None,
        state,
    };
    vec![
        (
            "installation-meta",
            Record::InstallationMeta(InstallationMeta {
                management_account: account(),
                created_s: 1,
            }),
        ),
        (
            "session-key",
            Record::SessionKey(SessionKeyEpoch {
                epoch: 12,
                secret: Secret::new(vec![9; 32]),
                state: KeyState::Revoked,
                created_s: 1,
            }),
        ),
        (
            "organization",
            Record::Organization(Organization {
                id: "o-fixture".to_owned(),
                root_id: "r-fix".to_owned(),
                feature_set: "ALL".to_owned(),
                created_s: 2,
            }),
        ),
        (
            "account-summary",
            Record::AccountSummary(AccountSummary {
                id: account(),
                name: "fixture".to_owned(),
                email: "f@example.com".to_owned(),
                alias: None,
                joined_s: 3,
                status: AccountStatus::Suspended,
                joined_method: JoinedMethod::Created,
            }),
        ),
        (
            "create-account-in-progress",
            Record::CreateAccountRequest(request(CreateAccountState::InProgress)),
        ),
        (
            "create-account-succeeded",
            Record::CreateAccountRequest(request(CreateAccountState::Succeeded {
                account: account(),
            })),
        ),
        (
            "create-account-failed",
            Record::CreateAccountRequest(request(CreateAccountState::Failed {
                reason: "EMAIL_ALREADY_EXISTS".to_owned(),
            })),
        ),
    ]
}

fn unit_of(kind: Kind) -> Unit {
    if kind.fits(Unit::Installation) {
        Unit::Installation
    } else {
        Unit::Account(account())
    }
}

fn read_back(record: &Record, raw: Vec<u8>) -> Result<Record, RecordError> {
    let (kind, name) = place(&record.key());
    let context = Context::new(unit_of(kind), sealer());
    decode(kind, &name, &Bytes::from(raw), &context)
}

#[test]
fn records_of_version_1_are_read() {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/record-v1");
    for (name, record) in samples() {
        let (kind, _) = place(&record.key());
        let encoded = encode(&record, unit_of(kind), &sealer()).unwrap();
        let path = dir.join(name);
        if !path.exists() && std::env::var_os("LOCUM_WRITE_FIXTURES").is_some() {
            std::fs::create_dir_all(&dir).unwrap();
            std::fs::write(&path, &encoded.raw).unwrap();
        }
        let stored = std::fs::read(&path).unwrap();
        assert_eq!(
            read_back(&record, stored.clone()).unwrap(),
            record,
            "{name}"
        );
        // While version 1 is what is written, it is written the same.
        assert_eq!(VERSION, 1);
        assert_eq!(encoded.raw, stored, "{name}");
    }
}

#[test]
fn what_is_unknown_is_an_error() {
    for (name, record) in samples() {
        let (kind, _) = place(&record.key());
        let good = encode(&record, unit_of(kind), &sealer()).unwrap().raw;
        let version = |version| {
            let mut raw = good.clone();
            raw[0] = version;
            read_back(&record, raw)
        };
        assert!(
            matches!(version(0), Err(RecordError::Version { version: 0, .. })),
            "{name}"
        );
        assert!(
            matches!(version(2), Err(RecordError::Version { version: 2, .. })),
            "{name}"
        );
        // A field more at the end of the object, a field renamed, the end cut off.
        let mut more = good.clone();
        assert_eq!(more.pop(), Some(b'}'));
        more.extend_from_slice(b",\"newer\":1}");
        assert!(
            matches!(read_back(&record, more), Err(RecordError::Form { .. })),
            "{name}"
        );
        for length in [0, 1, 2, good.len() / 2, good.len() - 1] {
            assert!(
                read_back(&record, good[..length].to_vec()).is_err(),
                "{name} {length}"
            );
        }
    }
}

#[test]
fn a_sealed_secret_opens_only_in_its_place() {
    let sealer = sealer();
    let (unit, other) = (Unit::Account(account()), Unit::Installation);
    let secret = Secret::new("s3cr3t");
    let sealed = sealer
        .seal(unit, Kind::AccessKey, "akia1", &secret)
        .unwrap();
    assert!(
        sealer
            .open(unit, Kind::AccessKey, "akia1", &sealed)
            .unwrap()
            == secret
    );
    assert!(!sealed.windows(6).any(|window| window == b"s3cr3t"));
    let mut flipped = sealed.clone();
    flipped[14] ^= 1;
    let elsewhere = Sealer::new(&[7; 32], "other cluster", Arc::new(|_: &mut [u8]| {})).unwrap();
    let wrong_key = Sealer::new(&[8; 32], "fixture", Arc::new(|_: &mut [u8]| {})).unwrap();
    for (what, result) in [
        ("name", sealer.open(unit, Kind::AccessKey, "akia2", &sealed)),
        (
            "kind",
            sealer.open(unit, Kind::SessionKey, "akia1", &sealed),
        ),
        (
            "unit",
            sealer.open(other, Kind::AccessKey, "akia1", &sealed),
        ),
        (
            "bytes",
            sealer.open(unit, Kind::AccessKey, "akia1", &flipped),
        ),
        (
            "end",
            sealer.open(unit, Kind::AccessKey, "akia1", &sealed[..20]),
        ),
        ("nothing", sealer.open(unit, Kind::AccessKey, "akia1", &[])),
        (
            "cluster",
            elsewhere.open(unit, Kind::AccessKey, "akia1", &sealed),
        ),
        (
            "key",
            wrong_key.open(unit, Kind::AccessKey, "akia1", &sealed),
        ),
    ] {
        assert!(result.is_err(), "{what}");
    }
}

#[test]
fn a_record_that_does_not_decode_is_absent_and_reported() {
    let unit = Unit::Account(account());
    let context = Arc::new(Context::new(unit, sealer()));
    let mut builder = crate::account::Builder::new(account(), context);
    for (_, record) in samples() {
        let (kind, name) = place(&record.key());
        if !kind.fits(unit) || matches!(kind as u8, 5 | 8..) {
            continue;
        }
        let mut raw = encode(&record, unit, &sealer()).unwrap().raw;
        if kind == Kind::Role {
            raw.truncate(raw.len() - 1);
        }
        builder.add(kind, &name, Bytes::from(raw)).unwrap();
    }
    let value = builder.finish(Revision(1), 0).unwrap();
    assert!(value.damage().is_none());
    assert!(value.users().get("alice").is_some());
    assert!(value.roles().get("reader").is_none());
    assert_eq!(value.roles().iter().count(), 0);
    assert!(matches!(value.damage(), Some(RecordError::Form { .. })));
}

proptest! {
    #[test]
    fn hostile_bytes_never_panic(mut raw in prop::collection::vec(any::<u8>(), 0..300), first in 0u8..3) {
        if let Some(byte) = raw.first_mut() {
            *byte = first;
        }
        for (_, record) in samples() {
            let _ = read_back(&record, raw.clone());
        }
    }
}
