//! The packed policies: complete, intact, and all of them enforceable.

use locum_policy::{Code, Document, Finding, Kind, Severity, review};

use super::{all, find, policy};
use crate::ids::account_of_id;

/// The number of policies in the list that was packed.
const POLICIES: usize = 1_582;

#[test]
fn every_policy_unpacks_parses_and_compiles() {
    assert_eq!(all().len(), POLICIES);
    let mut refused = Vec::new();
    for entry in all() {
        let text = entry.text();
        assert!(
            text.starts_with("{\"Version\":\"2012-10-17\""),
            "{}: {text}",
            entry.name
        );
        if let Err(findings) = Document::parse(&text) {
            refused.push(format!("{}: {findings:?}", entry.name));
        }
        let arn = entry.arn("aws");
        assert!(
            find(&arn).is_some_and(|found| found.name == entry.name),
            "{arn}"
        );
        assert!(policy(&arn).is_some(), "{arn}");
    }
    assert!(
        refused.is_empty(),
        "{} do not parse:\n{}",
        refused.len(),
        refused.join("\n")
    );
}

#[test]
fn they_are_sorted_by_name_ignoring_case() {
    let names: Vec<String> = all()
        .iter()
        .map(|entry| entry.name.to_ascii_lowercase())
        .collect();
    assert!(names.is_sorted());
}

#[test]
fn facts_are_those_of_aws() {
    let found = find("arn:aws:iam::aws:policy/AdministratorAccess");
    let facts = found.map(|entry| (entry.path, entry.created_s, entry.version, entry.text()));
    let text =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    assert_eq!(facts, Some(("/", 1_423_247_986, 1, text.to_owned())));
}

#[test]
fn ids_are_stable_unique_and_of_no_account() {
    let mut seen: Vec<String> = all().iter().map(super::ManagedEntry::id).collect();
    for id in &seen {
        assert!(id.len() == 21 && id.starts_with("ANPA"), "{id}");
        assert_eq!(account_of_id(id), None, "{id}");
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), POLICIES);
}

#[test]
fn esc_13_look_alikes_of_a_managed_policy_are_other_policies() {
    for arn in [
        "arn:aws:iam::aws:policy/administratoraccess",
        "arn:aws:iam::aws:policy/ADMINISTRATORACCESS",
        "arn:aws:iam::aws:policy/AdministratorAccess ",
        "arn:aws:iam::aws:policy/ AdministratorAccess",
        "arn:aws:iam::aws:policy//AdministratorAccess",
        "arn:aws:iam::aws:policy/job-function/AdministratorAccess",
        "arn:aws:iam::aws:policy/./AdministratorAccess",
        "arn:aws:iam::AWS:policy/AdministratorAccess",
        "arn:aws:iam:us-east-1:aws:policy/AdministratorAccess",
        "arn:aws:iam::123456789012:policy/AdministratorAccess",
        "arn:aws:iam::aws:role/AdministratorAccess",
        "arn:aws:s3::aws:policy/AdministratorAccess",
        "arn:aws:iam::aws:policy/",
        "arn:aws:iam::aws:policy",
        "AdministratorAccess",
        "",
    ] {
        assert!(find(arn).is_none(), "{arn}");
    }
}

/// The policies of AWS with errors in them: actions of services that were retired (DeepRacer, DeepLens,
/// Zocalo, Luna, …), actions and keys that AWS uses itself and does not publish, and one with a variable in the
/// place of an account, which AWS refuses of its customers.
const WITH_ERRORS: &[&str] = &[
    "AWSAccountSettingsManagementRole",
    "AWSCodeStarFullAccess",
    "AWSDeepLensLambdaFunctionAccessPolicy",
    "AWSDeepLensServiceRolePolicy",
    "AWSDeepRacerAccountAdminAccess",
    "AWSDeepRacerDefaultMultiUserAccess",
    "AWSDeepRacerServiceRolePolicy",
    "AWSIAMIdentityCenterAllowListForIdentityContext",
    "AWSManagedSettingsAdminAccess",
    "AWSSupplyChainFederationAdminAccess",
    "AmazonDataZoneGlueManageAccessRolePolicy",
    "AmazonDataZoneSageMakerEnvironmentRolePermissionsBoundary",
    "AmazonRoute53RecoveryControlConfigReadOnlyAccess",
    "AmazonSageMakerFullAccess",
    "AmazonTimestreamInfluxDBServiceRolePolicy",
    "AmazonZocaloFullAccess",
    "AmazonZocaloReadOnlyAccess",
    "AssuranceServiceRolePolicy",
    "MemoryDBServiceRolePolicy",
    "RDSCloudHsmAuthorizationRole",
    "ReadOnlyAccess",
    "ResourceGroupsTaggingAPITagUntagSupportedResources",
    "SecurityAgentWebAppAPIPolicy",
    "SecurityAudit",
];

/// AWS does not hold its own policies to the quota.
fn is_slip(finding: &&Finding) -> bool {
    finding.severity == Severity::Error && finding.code != Code::SizeIdentity
}

#[test]
fn a_review_of_awss_own_policies_raises_no_false_alarm() {
    let mut wrong = Vec::new();
    let mut warned = 0;
    for entry in all() {
        let text = entry.text();
        let findings = review(&text, Kind::Managed, None);
        let slips: Vec<&Finding> = findings.iter().filter(is_slip).collect();
        let known = [
            Code::InvalidAction,
            Code::InvalidServiceInAction,
            Code::InvalidServiceConditionKey,
            Code::VariableUnsupportedInElement,
        ];
        if slips.is_empty() == WITH_ERRORS.contains(&entry.name)
            || slips.iter().any(|finding| !known.contains(&finding.code))
        {
            wrong.push(format!("{}: {slips:?}", entry.name));
        }
        warned += findings
            .iter()
            .filter(|finding| finding.severity == Severity::SecurityWarning)
            .count();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Everything, iam:PassRole on every role, and their like: each was looked at and is true. Four pass roles with
    // StringEqualsIfExists on iam:PassedToService, which lets through whoever does not fill in that key.
    assert_eq!(warned, 23);
}
