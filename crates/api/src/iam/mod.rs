//! AWS Identity and Access Management: one file per resource.

pub(crate) mod access_key;
mod account_alias;
mod attachment;
mod boundary;
mod credential_report;
mod credential_tag;
mod group;
mod holder;
mod inline_policy;
mod instance_profile;
mod login_profile;
mod membership;
mod mfa_device;
mod names;
pub(crate) mod page;
mod password_policy;
mod policy;
mod policy_entities;
mod policy_version;
mod qr;
mod role;
mod server_certificate;
mod service_credential;
mod signing_certificate;
mod simulation;
mod ssh_public_key;
mod summary;
mod tag;
mod user;

pub(crate) use names::change;

use crate::operation::Operation;

/// The rows of this service.
pub(crate) const OPERATIONS: &[&[Operation]] = &[
    access_key::OPERATIONS,
    account_alias::OPERATIONS,
    attachment::OPERATIONS,
    boundary::OPERATIONS,
    credential_report::OPERATIONS,
    credential_tag::OPERATIONS,
    group::OPERATIONS,
    inline_policy::OPERATIONS,
    instance_profile::OPERATIONS,
    login_profile::OPERATIONS,
    membership::OPERATIONS,
    mfa_device::OPERATIONS,
    password_policy::OPERATIONS,
    policy::OPERATIONS,
    policy_entities::OPERATIONS,
    policy_version::OPERATIONS,
    role::OPERATIONS,
    simulation::OPERATIONS,
    server_certificate::OPERATIONS,
    service_credential::OPERATIONS,
    signing_certificate::OPERATIONS,
    ssh_public_key::OPERATIONS,
    summary::OPERATIONS,
    tag::OPERATIONS,
    user::OPERATIONS,
];
