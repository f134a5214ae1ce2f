//! Ids against AWS's known vector and round trips.

use super::*;

struct Counting(std::sync::atomic::AtomicU8);

impl Random for Counting {
    fn fill(&self, out: &mut [u8]) {
        for byte in out {
            *byte = self.0.fetch_add(37, std::sync::atomic::Ordering::Relaxed);
        }
    }
}

#[test]
fn the_known_vector_encodes_as_aws_does() {
    let random = Counting(Default::default());
    let account = AccountId::parse("123456789012").unwrap();
    let id = new_id(IdKind::AccessKey, account, &random);
    assert_eq!(id.get(4..12), Some("RZPUZDIK"));
    assert!(matches!(id.as_bytes()[12], b'A'..=b'P'), "{id}");
    assert_eq!(id.len(), 20);
}

#[test]
fn every_id_tells_its_account() {
    let random = Counting(Default::default());
    for text in [
        "000000000001",
        "123456789012",
        "123456789013",
        "999999999999",
    ] {
        let account = AccountId::parse(text).unwrap();
        for kind in [
            IdKind::AccessKey,
            IdKind::SessionKey,
            IdKind::User,
            IdKind::Role,
        ] {
            let id = new_id(kind, account, &random);
            assert_eq!(account_of_id(&id), Some(account), "{id}");
        }
    }
}

#[test]
fn ids_that_encode_no_account_are_told_apart() {
    for id in [
        "",
        "AKIA",
        "AKIAIOSFODNN7EXAMPLE",
        "AKIA!!!!!!!!!!!!!!!!",
        "AKIA1111111111111111",
        "akiarzpuzdikaaaaaaaa",
    ] {
        assert_eq!(account_of_id(id), None, "{id}");
    }
}

#[test]
fn a_uuid_has_its_version_and_variant() {
    let text = uuid_string(&Counting(Default::default()));
    assert_eq!(text.len(), 36);
    assert_eq!(text.as_bytes()[14], b'4');
    assert!(matches!(text.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
}

#[test]
fn a_secret_is_forty_characters_of_base_64() {
    assert_eq!(&secret_text(&[0; SECRET_BYTES]), &[b'A'; 40]);
    assert_eq!(&secret_text(&[255; SECRET_BYTES]), &[b'/'; 40]);
}
