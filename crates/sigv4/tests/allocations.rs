//! A right signature is checked without touching the allocator.

mod common;
#[path = "common/signed.rs"]
mod signed;

use std::alloc::System;

use locum_sigv4::{Auth, Header, KeyCache, RequestView, parse, verify};
use signed::{NOW, SECRET, post, rules, signed};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn verifying_a_signed_header_allocates_nothing() {
    let token = "t".repeat(3_000);
    let request = signed(post().plus("X-Amz-Meta", "a  b"), Some(&token), NOW, "sts");
    let headers: Vec<Header<'_>> = request
        .headers
        .iter()
        .map(|(name, value)| Header { name, value })
        .collect();
    let view = RequestView {
        method: &request.method,
        path: &request.path,
        query: "",
        headers: &headers,
        body: &request.body,
    };
    let keys = KeyCache::new(8);
    let check = || {
        let Ok(Auth::Signed(claim)) = parse(&view, &rules(NOW)) else {
            return 0;
        };
        let (date, region, service) = (claim.date(), claim.region(), claim.service());
        let id = claim.access_key_id();
        let key = keys.get_or_derive(id, 0, SECRET.as_bytes(), date, region, service);
        usize::from(verify(&view, &claim, &key).is_ok())
    };
    assert_eq!(check(), 1, "and the key is cached now");
    let region = Region::new(ALLOCATOR);
    let verified: usize = (0..1_000).map(|_| check()).sum();
    let used = region.change();
    assert_eq!(verified, 1_000);
    // The harness's own thread may allocate a little; a check that did would do it 1,000 times.
    assert!(used.allocations < 100, "{used:?}");
}
