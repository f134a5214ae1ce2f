//! Credentials: read back, found by their owner, and gone when they are deleted or change hands.

use super::common::*;
use super::{each, unit};
use locum_store::*;

fn device(name: &str, user_id: Option<&str>) -> MfaDevice {
    MfaDevice {
        name: name.to_owned(),
        path: "/".to_owned(),
        user_id: user_id.map(str::to_owned),
        seed: Secret::new(vec![7; 40]),
        created_s: 1,
        enabled_s: user_id.map(|_| 2),
        tags: Vec::new(),
        drift_steps: 1,
        last_step: Some(99),
        failures: Failures {
            count: 3,
            last_s: 4,
        },
    }
}

fn ssh(id: &str, user_id: &str) -> SshPublicKey {
    SshPublicKey {
        id: id.to_owned(),
        user_id: user_id.to_owned(),
        spki: vec![1, 2, 3],
        status: CredentialStatus::Active,
        uploaded_s: 5,
    }
}

fn signing(id: &str, user_id: Option<&str>) -> SigningCertificate {
    SigningCertificate {
        id: id.to_owned(),
        user_id: user_id.map(str::to_owned),
        body: "pem".to_owned(),
        status: CredentialStatus::Inactive,
        uploaded_s: 6,
    }
}

fn service(id: &str, user_id: &str) -> ServiceCredential {
    ServiceCredential {
        id: id.to_owned(),
        user_id: user_id.to_owned(),
        service: "codecommit.amazonaws.com".to_owned(),
        service_user_name: "alice-at-1".to_owned(),
        secret: Secret::new("service secret"),
        status: CredentialStatus::Active,
        created_s: 7,
        expires_s: None,
    }
}

fn login(user_id: &str) -> LoginProfile {
    LoginProfile {
        user_id: user_id.to_owned(),
        created_s: 1,
        changed_s: 2,
        reset_required: false,
        salt: vec![1; 16],
        hashes: vec![Secret::new(vec![2; 32])],
        failures: Failures::default(),
    }
}

/// What is found by owner: devices, SSH keys, certificates and service credentials of a user, root's
/// certificates.
fn seen(value: &Account, user_id: &str) -> [Vec<String>; 5] {
    let devices = value.mfa_devices_of(user_id).into_iter();
    let keys = value.ssh_public_keys_of(user_id).into_iter();
    let signing = |owner| {
        let found = value.signing_certificates_of(owner).into_iter();
        found.map(|held| held.id.clone()).collect::<Vec<_>>()
    };
    let services = value.service_credentials_of(user_id).into_iter();
    [
        devices.map(|held| held.name.clone()).collect(),
        keys.map(|held| held.id.clone()).collect(),
        signing(Some(user_id)),
        services.map(|held| held.id.clone()).collect(),
        signing(None),
    ]
}

fn names(lists: [&[&str]; 5]) -> [Vec<String>; 5] {
    lists.map(|list| list.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn credentials_are_found_by_their_owner_in_memory_and_on_disk() {
    each("credentials", |subject| {
        let first = make_account(
            subject.engine(),
            1,
            vec![
                Record::MfaDevice(device("Phone", Some("AIDAALICE"))),
                Record::MfaDevice(device("Spare", None)),
                Record::SshPublicKey(ssh("APKAONE", "AIDAALICE")),
                Record::SshPublicKey(ssh("APKATWO", "AIDABOB")),
                Record::SigningCertificate(signing("CERTONE", Some("AIDAALICE"))),
                Record::SigningCertificate(signing("CERTROOT", None)),
                Record::ServiceCredential(service("ACCAONE", "AIDAALICE")),
                Record::LoginProfile(login("AIDAALICE")),
            ],
        );
        let expected = names([
            &["Phone"],
            &["APKAONE"],
            &["CERTONE"],
            &["ACCAONE"],
            &["CERTROOT"],
        ]);
        for _ in 0..2 {
            let value = account(subject.engine(), 1).unwrap();
            assert_eq!(seen(&value, "AIDAALICE"), expected);
            assert_eq!(
                **value.mfa_devices().get("/phone").unwrap(),
                device("Phone", Some("AIDAALICE"))
            );
            assert_eq!(
                **value.login_profile("AIDAALICE").unwrap(),
                login("AIDAALICE")
            );
            assert!(value.login_profile("AIDABOB").is_none());
            assert_eq!(
                **value.service_credentials().get("ACCAONE").unwrap(),
                service("ACCAONE", "AIDAALICE")
            );
            subject.reopen();
        }
        let before = account(subject.engine(), 1).unwrap();
        assert_eq!(seen(&before, "AIDAALICE"), expected);
        let write = UnitWrite {
            unit: unit(1),
            expects: first,
            puts: vec![
                Record::MfaDevice(device("Phone", None)),
                Record::MfaDevice(device("Spare", Some("AIDAALICE"))),
                Record::SshPublicKey(ssh("APKATHREE", "AIDAALICE")),
            ],
            deletes: vec![
                Key::SshPublicKey("APKAONE".to_owned()),
                Key::SigningCertificate("CERTROOT".to_owned()),
                Key::ServiceCredential("ACCAONE".to_owned()),
                Key::LoginProfile("AIDAALICE".to_owned()),
            ],
        };
        commit(subject.engine(), change(vec![write], vec![])).unwrap();
        for _ in 0..2 {
            let value = account(subject.engine(), 1).unwrap();
            let expected = names([&["Spare"], &["APKATHREE"], &["CERTONE"], &[], &[]]);
            assert_eq!(seen(&value, "AIDAALICE"), expected);
            assert!(value.login_profile("AIDAALICE").is_none());
            subject.reopen();
        }
    });
}

#[test]
fn last_uses_and_report_parts_are_kept() {
    each("last-uses", |subject| {
        let last = LastUse {
            id: "AKIAONE".to_owned(),
            time_s: 5,
            service: "iam".to_owned(),
            region: "us-east-1".to_owned(),
        };
        let part = |number: u32| ReportPart {
            number,
            generated_s: 3,
            bytes: vec![u8::try_from(number).unwrap(); 9],
        };
        make_account(
            subject.engine(),
            1,
            vec![
                Record::LastUse(last.clone()),
                Record::ReportPart(part(11)),
                Record::ReportPart(part(2)),
            ],
        );
        for _ in 0..2 {
            let value = account(subject.engine(), 1).unwrap();
            assert_eq!(**value.last_uses().get("AKIAONE").unwrap(), last);
            let numbers: Vec<_> = value
                .credential_report()
                .iter()
                .map(|part| part.number)
                .collect();
            assert_eq!(numbers, [2, 11], "in the order of their numbers");
            subject.reopen();
        }
    });
}
