//! AWS Identity and Access Management: one file per resource.

pub(crate) mod access_key;
mod attachment;
mod authorization_details;
mod boundary;
mod granting_policies;
mod group;
mod holder;
mod inline_policy;
mod instance_profile;
mod linked_services;
mod membership;
pub(crate) mod names;
mod oidc_provider;
mod organizations_features;
pub(crate) mod page;
pub(crate) mod policy;
mod policy_entities;
mod policy_version;
mod provider_arn;
pub(crate) mod role;
mod saml_provider;
pub(crate) mod service_linked_role;
mod summary;
mod tag;
mod token_settings;
mod user;

use crate::operation::Operation;

/// The rows of this service.
pub(crate) const OPERATIONS: &[&[Operation]] = &[
    access_key::OPERATIONS,
    attachment::OPERATIONS,
    authorization_details::OPERATIONS,
    boundary::OPERATIONS,
    granting_policies::OPERATIONS,
    group::OPERATIONS,
    inline_policy::OPERATIONS,
    instance_profile::OPERATIONS,
    membership::OPERATIONS,
    oidc_provider::OPERATIONS,
    organizations_features::OPERATIONS,
    policy::OPERATIONS,
    policy_entities::OPERATIONS,
    policy_version::OPERATIONS,
    role::OPERATIONS,
    saml_provider::OPERATIONS,
    service_linked_role::OPERATIONS,
    summary::OPERATIONS,
    tag::OPERATIONS,
    token_settings::OPERATIONS,
    user::OPERATIONS,
];
