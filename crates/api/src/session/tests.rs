//! Tokens: what is sealed opens again, and nothing else does.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use locum_store::{AccountId, KeyState, Secret, SessionKeyEpoch};

use super::claims::{Claims, SessionKind};
use super::ring::{OpenError, Ring, SealError};
use crate::world::Random;

struct Counting(std::sync::atomic::AtomicU8);

impl Random for Counting {
    fn fill(&self, out: &mut [u8]) {
        for byte in out {
            *byte = self.0.fetch_add(37, std::sync::atomic::Ordering::Relaxed);
        }
    }
}

fn random() -> Counting {
    Counting(std::sync::atomic::AtomicU8::new(7))
}

fn epoch(number: u32, state: KeyState) -> SessionKeyEpoch {
    SessionKeyEpoch {
        epoch: number,
        secret: Secret::new(vec![number as u8; 32]),
        state,
        created_s: 0,
    }
}

fn claims() -> Claims {
    Claims {
        kind: SessionKind::Role,
        access_key_id: "ASIARZPUZDIKAAAAAAAA".to_owned(),
        secret: zeroize::Zeroizing::new([9; crate::ids::SECRET_BYTES]),
        account: AccountId::parse("123456789012").unwrap(),
        principal_id: "AROARZPUZDIKAAAAAAAAA".to_owned(),
        session_name: "s".to_owned(),
        issued_s: 1_000,
        expires_s: 4_600,
        policy: Some("{}".to_owned()),
        policy_arns: vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()],
        tags: vec![
            ("k".to_owned(), "v".to_owned()),
            ("leer".to_owned(), String::new()),
        ],
        transitive_tag_keys: vec!["k".to_owned()],
        source_identity: Some("ada".to_owned()),
        mfa_s: Some(900),
    }
}

fn ring(cluster: &str, epochs: &[SessionKeyEpoch]) -> Ring {
    Ring::new(locum_store::Revision(1), cluster, epochs)
}

#[test]
fn sts_01_a_token_opens_as_it_was_sealed_and_any_flip_refuses_it() {
    let ring = ring("one", &[epoch(1, KeyState::Active)]);
    let token = ring.seal(&claims(), 0, &random()).unwrap().token;
    assert_eq!(ring.open(&token).unwrap(), claims());
    let bytes = STANDARD.decode(&token).unwrap();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut bent = bytes.clone();
            bent[at] ^= 1 << bit;
            assert!(
                ring.open(&STANDARD.encode(&bent)).is_err(),
                "byte {at} bit {bit}"
            );
        }
    }
    for cut in 0..bytes.len() {
        assert!(
            ring.open(&STANDARD.encode(&bytes[..cut])).is_err(),
            "cut at {cut}"
        );
    }
    for extended in [
        format!("{token}AAAA"),
        format!("AAAA{token}"),
        format!(" {token}"),
        String::new(),
    ] {
        assert!(ring.open(&extended).is_err());
    }
}

#[test]
fn sts_01_two_tokens_do_not_splice() {
    let ring = ring("one", &[epoch(1, KeyState::Active)]);
    let random = random();
    let one = STANDARD
        .decode(ring.seal(&claims(), 0, &random).unwrap().token)
        .unwrap();
    let other = Claims {
        session_name: "t".to_owned(),
        ..claims()
    };
    let two = STANDARD
        .decode(ring.seal(&other, 0, &random).unwrap().token)
        .unwrap();
    for at in 1..one.len() {
        let spliced = [&one[..at], &two[at..]].concat();
        if spliced != one && spliced != two {
            assert!(ring.open(&STANDARD.encode(&spliced)).is_err(), "at {at}");
        }
    }
}

#[test]
fn sts_08_a_token_of_another_cluster_or_epoch_is_refused() {
    let here = ring("one", &[epoch(1, KeyState::Active)]);
    let token = ring("two", &[epoch(1, KeyState::Active)])
        .seal(&claims(), 0, &random())
        .unwrap();
    assert_eq!(here.open(&token.token).unwrap_err(), OpenError::Tampered);
    let token = ring("one", &[epoch(2, KeyState::Active)])
        .seal(&claims(), 0, &random())
        .unwrap();
    assert_eq!(
        here.open(&token.token).unwrap_err(),
        OpenError::UnknownEpoch(2)
    );
}

#[test]
fn sts_17_a_retired_key_opens_and_a_revoked_one_does_not() {
    let token = ring("one", &[epoch(1, KeyState::Active)])
        .seal(&claims(), 0, &random())
        .unwrap();
    let turned = ring(
        "one",
        &[epoch(1, KeyState::Retired), epoch(2, KeyState::Active)],
    );
    assert!(turned.open(&token.token).is_ok());
    let revoked = ring(
        "one",
        &[epoch(1, KeyState::Revoked), epoch(2, KeyState::Active)],
    );
    assert_eq!(
        revoked.open(&token.token).unwrap_err(),
        OpenError::RevokedEpoch(1)
    );
    let newest = turned.seal(&claims(), 0, &random()).unwrap();
    assert!(
        revoked.open(&newest.token).is_ok(),
        "the newest active key seals"
    );
}

#[test]
fn a_ring_without_an_active_key_seals_nothing() {
    let ring = ring("one", &[epoch(1, KeyState::Retired)]);
    assert_eq!(
        ring.seal(&claims(), 0, &random()).err(),
        Some(SealError::NoActiveKey)
    );
}

#[test]
fn tokens_are_padded_up_to_the_limit_and_never_beyond() {
    let ring = ring("one", &[epoch(1, KeyState::Active)]);
    let plain = ring.seal(&claims(), 0, &random()).unwrap().token.len();
    for (wish, least) in [
        (0, plain),
        (plain, plain),
        (1_000, 1_000),
        (4_095, 4_095),
        (4_096, 4_096),
    ] {
        let token = ring.seal(&claims(), wish, &random()).unwrap().token;
        assert!(
            token.len() >= least && token.len() <= 4_096,
            "{wish}: {}",
            token.len()
        );
        assert_eq!(ring.open(&token).unwrap(), claims());
    }
    let large = Claims {
        policy: Some("x".repeat(3_100)),
        ..claims()
    };
    assert!(
        matches!(ring.seal(&large, 0, &random()), Err(SealError::TooLarge(size)) if size > 4_096)
    );
}
