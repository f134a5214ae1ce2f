//! The product at its own border: requests in, answers and trail records out, over a store in memory.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "helpers of tests fail by panicking"
)]

mod account_settings;
mod assume_role;
mod authentication;
mod authorization_details;
mod boundaries;
mod common;
mod conditions;
mod delegation;
mod documents;
mod escalation;
mod every_operation;
mod faults;
mod get_session_token;
mod granting_policies;
mod groups;
mod holdings;
mod hostile_forms;
mod import;
mod instance_profiles;
mod oidc_providers;
mod operation_cases;
mod organizations;
mod policies;
mod policy_lists;
mod policy_versions;
mod provider_cases;
mod races;
mod review;
mod saml_providers;
mod service_linked_roles;
mod session_rules;
mod session_tags;
mod trail;
mod trust_conditions;
mod users_roles;
