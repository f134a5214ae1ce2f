//! The product at its own border: requests in, answers and trail records out, over a store in memory.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "helpers of tests fail by panicking"
)]

mod account_alias;
mod account_settings;
mod assume_role;
mod authentication;
mod authorization_details;
mod boundaries;
mod certificates;
mod common;
mod conditions;
mod credential_cases;
mod credential_report;
mod credential_rights;
mod crowd;
mod declared_errors;
mod delegation;
mod denials;
mod denied;
mod documents;
mod error_stage;
mod escalation;
mod every_operation;
mod explain;
mod faults;
mod get_session_token;
mod granting_policies;
mod groups;
mod holdings;
mod hostile_forms;
mod import;
mod instance_profiles;
mod last_accessed;
mod last_accessed_jobs;
mod last_used;
mod login_profiles;
mod lookup;
mod material;
mod mfa;
mod mfa_sessions;
mod noise;
mod oidc_providers;
mod operation_cases;
mod operator_records;
mod organization_access;
mod organizations;
mod password_policy;
mod policies;
mod policy_lists;
mod policy_versions;
mod provider_cases;
mod races;
mod review;
mod saml_providers;
mod service_credentials;
mod service_linked_roles;
mod session_rules;
mod session_tags;
mod simulation;
mod ssh_keys;
mod totp;
mod trail;
mod trail_claims;
mod trail_parties;
mod trail_resources;
mod trails;
mod trust_conditions;
mod users_roles;
