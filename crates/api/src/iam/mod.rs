//! AWS Identity and Access Management: one file per resource.

mod access_job;
pub(crate) mod access_key;
mod account_alias;
mod allowed_services;
mod attachment;
mod authorization_details;
mod boundary;
mod credential_report;
mod credential_tag;
mod granting_policies;
mod group;
mod holder;
mod inline_policy;
mod instance_profile;
mod last_accessed;
mod linked_services;
mod login_profile;
mod membership;
mod mfa_device;
pub(crate) mod names;
mod oidc_provider;
pub(crate) mod organization_access;
mod organizations_features;
pub(crate) mod page;
mod password_policy;
pub(crate) mod policy;
mod policy_entities;
mod policy_version;
mod provider_arn;
mod qr;
pub(crate) mod role;
mod saml_provider;
mod server_certificate;
mod service_credential;
pub(crate) mod service_linked_role;
mod service_names;
mod signing_certificate;
mod simulation;
mod ssh_public_key;
mod summary;
mod tag;
mod token_settings;
mod user;

pub(crate) use names::change;

use crate::operation::Operation;

/// The rows of this service.
pub(crate) const OPERATIONS: &[&[Operation]] = &[
    access_key::OPERATIONS,
    account_alias::OPERATIONS,
    attachment::OPERATIONS,
    authorization_details::OPERATIONS,
    boundary::OPERATIONS,
    credential_report::OPERATIONS,
    credential_tag::OPERATIONS,
    granting_policies::OPERATIONS,
    group::OPERATIONS,
    inline_policy::OPERATIONS,
    instance_profile::OPERATIONS,
    last_accessed::OPERATIONS,
    login_profile::OPERATIONS,
    membership::OPERATIONS,
    mfa_device::OPERATIONS,
    password_policy::OPERATIONS,
    oidc_provider::OPERATIONS,
    organization_access::OPERATIONS,
    organizations_features::OPERATIONS,
    policy::OPERATIONS,
    policy_entities::OPERATIONS,
    policy_version::OPERATIONS,
    role::OPERATIONS,
    simulation::OPERATIONS,
    server_certificate::OPERATIONS,
    service_credential::OPERATIONS,
    signing_certificate::OPERATIONS,
    ssh_public_key::OPERATIONS,
    saml_provider::OPERATIONS,
    service_linked_role::OPERATIONS,
    summary::OPERATIONS,
    tag::OPERATIONS,
    token_settings::OPERATIONS,
    user::OPERATIONS,
];
