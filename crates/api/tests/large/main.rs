//! An account of 5,000 users, 5,000 roles and 1,500 policies: what calls allocate does not grow with it.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "helpers of tests fail by panicking"
)]

#[allow(dead_code, unused_imports, reason = "shared with the other tests")]
#[path = "../api/common.rs"]
mod common;
#[allow(dead_code, reason = "shared with the other tests")]
#[path = "../api/crowd.rs"]
mod crowd;
#[allow(dead_code, reason = "shared with the other tests")]
#[path = "../api/denied.rs"]
mod denied;
#[allow(dead_code, reason = "shared with the other tests")]
#[path = "../api/documents.rs"]
mod documents;
mod pages;
mod single;

use std::alloc::System;
use std::sync::{Mutex, PoisonError};

use locum_api::handle;
use locum_wire::{ClientRequest, Service};
use pollster::block_on;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use common::{Lab, PEER};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// One test at a time: the allocator counts for all threads.
static ALONE: Mutex<()> = Mutex::new(());

/// Waits until no other test counts.
fn alone() -> std::sync::MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What one call took of the allocator.
#[derive(Clone, Copy, Debug)]
struct Cost {
    allocations: usize,
    /// All that was asked for in the course of the call: it bounds what was held at once.
    bytes: usize,
}

/// Makes a call of the admin's and counts within `handle` alone. Answers the body.
fn call(lab: &Lab, service: Service, form: &str) -> (String, Cost) {
    let body = ClientRequest {
        content_type: "application/x-www-form-urlencoded; charset=utf-8",
        target: None,
        body: format!("{form}&Version={}", service.api_version()).into_bytes(),
    };
    let (parts, body) = lab.signed(&lab.admin, service, body).into_parts();
    let request = locum_api::Request {
        parts,
        body,
        peer: PEER,
        tls: None,
    };
    let region = Region::new(ALLOCATOR);
    let response = block_on(handle(&lab.world, request));
    let stats = region.change();
    let status = response.status();
    let body = String::from_utf8_lossy(response.body()).into_owned();
    assert_eq!(status, 200, "{form}: {body}");
    let cost = Cost {
        allocations: stats.allocations + stats.reallocations,
        bytes: stats.bytes_allocated,
    };
    (body, cost)
}

/// An account with this many users and as many roles, with fewer policies.
fn account(users: usize, policies: usize) -> Lab {
    let lab = Lab::new();
    crowd::put(&lab, crowd::policies(policies));
    crowd::put(&lab, crowd::users(&lab, users));
    crowd::put(&lab, crowd::roles(&lab, users));
    // The first call reads the catalogue of AWS's policies, once for the process.
    call(&lab, Service::Iam, "Action=ListUsers&MaxItems=1");
    lab
}

/// The account of the issue; one user is the admin.
fn large() -> Lab {
    account(4_999, 1_500)
}
