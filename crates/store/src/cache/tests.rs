//! The cache's bounds, and which of two values stays.

use super::*;
use crate::entity::{AccountMeta, AccountStatus, JoinedMethod, RootUser};
use crate::record::Context;
use crate::seal::Sealer;

fn account(number: u64, revision: u64, bytes: u64) -> Loaded {
    let id = AccountId::from_number(number).unwrap();
    let sealer = Sealer::new(&[1; 32], "test", Arc::new(|_: &mut [u8]| {})).unwrap();
    let meta = AccountMeta {
        name: String::new(),
        email: String::new(),
        created_s: 0,
        alias: None,
        status: AccountStatus::Active,
        joined_method: JoinedMethod::Created,
        root: RootUser::default(),
        password_policy: None,
        outbound_issuer: None,
    };
    let context = Arc::new(Context::new(Unit::Account(id), Arc::new(sealer)));
    let empty = Account::empty(id, meta, context);
    let changed = empty.changed(crate::Revision(revision), &[], &[], bytes);
    Loaded::Account(Arc::new(changed))
}

fn unit(number: u64) -> Unit {
    Unit::Account(AccountId::from_number(number).unwrap())
}

#[test]
fn the_newer_value_stays() {
    let cache = Cache::new(1 << 30);
    cache.put(&account(1, 5, 10));
    cache.put(&account(1, 4, 10));
    assert_eq!(cache.get(unit(1)).unwrap().revision().0, 5);
    cache.put(&account(1, 6, 10));
    assert_eq!(cache.get(unit(1)).unwrap().revision().0, 6);
    cache.remove(unit(1));
    assert!(cache.get(unit(1)).is_none());
    assert_eq!(cache.size(), (0, 0));
}

#[test]
fn it_keeps_to_its_bytes_and_prefers_what_is_used() {
    let cost = 1_000 * BYTES_PER_STORED_BYTE + BYTES_PER_ACCOUNT;
    let cache = Cache::new(cost * 100);
    for number in 0..2_000 {
        cache.put(&account(number, 1, 1_000));
        // One account is looked up all the time.
        cache.put(&account(5_000, 1, 1_000));
        assert!(cache.get(unit(5_000)).is_some());
        assert!(cache.size().1 <= cost * 101);
    }
    let (accounts, bytes) = cache.size();
    assert!((50..=100).contains(&accounts), "{accounts}");
    assert_eq!(bytes, accounts * cost);
    cache.clear();
    assert_eq!(cache.size(), (0, 0));
}
