//! What can be wrong with a document, with AWS's sentence for each kind of policy and the order in
//! which AWS looks (recorded answers of IAM; where none is recorded, a sentence of the same style).

use crate::finding::Kind;
use crate::json::JsonFault;

mod plain;

pub(crate) use plain::{did_you_mean, null_code};

/// One culprit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    Json(JsonFault),
    Syntax(Syntax),
    BadVersion,
    VersionTooOld,
    StatementEmpty,
    Missing(&'static str),
    PrincipalEmpty,
    PrincipalNotObject,
    BadEffect(String),
    /// `allow`, `DENY`: the right word in the wrong case.
    EffectCase(String),
    /// A value that no operator, ARN or variable can read.
    Unreadable,
    PrincipalGiven,
    PrincipalInvalid {
        label: &'static str,
        text: String,
    },
    ProviderInvalid,
    CognitoCondition,
    /// Trust in an issuer that serves everyone, for every subject.
    SharedIssuer {
        provider: String,
        issuer: String,
    },
    NotPrincipalAllow,
    NotPrincipalGiven,
    ResourceGiven,
    NotResourceGiven,
    SidTwice,
    SidSyntax,
    NoActions,
    NoResources,
    ActionVendor,
    ActionColons,
    ActionVendorInvalid(String),
    ActionNotSts,
    /// Fine elsewhere, but not in a policy of that kind.
    NotOfKind,
    TooLong(usize),
    ResourceNotArn(String),
    ResourcePartition {
        partition: String,
        padded: String,
    },
    ResourceVendor,
    ResourceRegionIam(String),
    ResourceRegion(String),
    ResourcePathIam,
}

/// JSON that is no policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// A value of the wrong type.
    Type,
    /// A character that no policy may hold.
    Character,
    /// An element that there is not.
    Element,
    /// Both forms of an element.
    BothForms,
    /// A type of principal that there is not.
    PrincipalKey,
    /// An operator that there is not.
    Operator,
    /// A condition key that is empty or has spaces around it.
    Key,
    /// A condition key twice under one operator.
    KeyTwice,
}

impl Fault {
    /// AWS's sentence.
    pub(crate) fn sentence(&self, kind: Kind) -> String {
        match kind {
            Kind::Trust | Kind::Resource => self.trust_sentence(),
            Kind::Managed | Kind::Inline | Kind::Session | Kind::Boundary => {
                self.identity_sentence()
            }
            Kind::Scp | Kind::Rcp => self.organization_sentence(),
        }
    }

    /// Where AWS's order of checks has this fault: lower is reported first.
    pub(crate) fn rank(&self, kind: Kind) -> u8 {
        match kind {
            Kind::Trust | Kind::Resource => self.trust_rank(),
            Kind::Managed
            | Kind::Inline
            | Kind::Session
            | Kind::Boundary
            | Kind::Scp
            | Kind::Rcp => self.identity_rank(),
        }
    }

    fn identity_rank(&self) -> u8 {
        match self {
            Fault::VersionTooOld => 1,
            Fault::EffectCase(_) | Fault::Unreadable => 2,
            Fault::PrincipalGiven => 3,
            Fault::NotPrincipalAllow
            | Fault::PrincipalEmpty
            | Fault::PrincipalInvalid { .. }
            | Fault::ProviderInvalid
            | Fault::SidTwice
            | Fault::SidSyntax => 4,
            Fault::NoActions => 5,
            Fault::ResourceNotArn(_)
            | Fault::ResourcePartition { .. }
            | Fault::ResourceVendor
            | Fault::ResourceRegionIam(_)
            | Fault::ResourceRegion(_)
            | Fault::ResourcePathIam => 6,
            Fault::ActionVendor | Fault::ActionColons | Fault::ActionVendorInvalid(_) => 7,
            Fault::NoResources => 8,
            _ => 0,
        }
    }

    fn trust_rank(&self) -> u8 {
        match self {
            Fault::Json(_) | Fault::Syntax(_) => 0,
            Fault::BadVersion | Fault::VersionTooOld => 1,
            Fault::StatementEmpty => 2,
            Fault::ResourceGiven
            | Fault::NotResourceGiven
            | Fault::NotPrincipalAllow
            | Fault::NotPrincipalGiven
            | Fault::PrincipalNotObject => 3,
            Fault::Missing(_) | Fault::PrincipalEmpty => 4,
            Fault::BadEffect(_) | Fault::EffectCase(_) => 5,
            Fault::SidTwice | Fault::SidSyntax => 6,
            Fault::PrincipalInvalid { .. } | Fault::ProviderInvalid | Fault::CognitoCondition => 7,
            Fault::NoActions | Fault::ActionNotSts => 8,
            // Asked of a policy that is fine otherwise.
            Fault::SharedIssuer { .. } => 10,
            _ => 9,
        }
    }

    fn identity_sentence(&self) -> String {
        let text = match self {
            Fault::VersionTooOld => "Policy document must be version 2012-10-17 or greater.",
            Fault::EffectCase(_) | Fault::Unreadable => "The policy failed legacy parsing",
            Fault::PrincipalGiven => "Policy document should not specify a principal.",
            Fault::NoActions => "Policy statement must contain actions.",
            Fault::NoResources => "Policy statement must contain resources.",
            Fault::NotPrincipalAllow => "Allow with NotPrincipal is not allowed.",
            _ => return self.shared_sentence("Syntax errors in policy."),
        };
        text.to_owned()
    }

    fn trust_sentence(&self) -> String {
        let text = match self {
            Fault::Json(_) => "This policy contains invalid Json",
            Fault::BadVersion => "The policy must contain a valid version string",
            Fault::StatementEmpty => "Could not parse the policy: Statement is empty!",
            Fault::PrincipalEmpty => "Missing required field Principal cannot be empty!",
            Fault::PrincipalNotObject => "Principal must be a JSON object.",
            Fault::NotPrincipalAllow => "Allow with NotPrincipal is not allowed.",
            Fault::NotPrincipalGiven => "AssumeRole policy must not contain NotPrincipal field.",
            Fault::ResourceGiven => "Has prohibited field Resource",
            Fault::NotResourceGiven => "AssumeRole policy must not contain resources.",
            Fault::SidTwice => "The Statement Ids in the policy are not unique",
            Fault::CognitoCondition => "A condition block must be present for the Cognito provider",
            Fault::NoActions => "Missing required field Action",
            Fault::ActionNotSts => "AssumeRole policy may only specify STS AssumeRole actions.",
            Fault::Missing(field) => return format!("Missing required field {field}"),
            Fault::BadEffect(effect) | Fault::EffectCase(effect) => {
                return format!("Invalid effect: {effect}");
            }
            // Recorded of CreateRole and UpdateAssumeRolePolicy in 2026.
            Fault::SharedIssuer { provider, issuer } => {
                return format!(
                    "Trust policy with trusted principal {provider} must evaluate, using StringEquals, \
                     StringLike or StringEqualsIgnoreCase, {issuer}:sub or {issuer}:job_workflow_ref \
                     which is not scoped to all."
                );
            }
            _ => return self.shared_sentence("Syntax error in policy."),
        };
        text.to_owned()
    }

    /// Organizations has one sentence for whatever is wrong (recorded); the span tells more.
    fn organization_sentence(&self) -> String {
        match self {
            Fault::TooLong(max) => {
                format!("The policy is longer than the {max} characters that it may have.")
            }
            _ => "The provided policy document does not meet the requirements of the specified \
                  policy type."
                .to_owned(),
        }
    }

    fn shared_sentence(&self, syntax: &str) -> String {
        match self {
            Fault::PrincipalInvalid { label, text } => {
                format!("Invalid principal in policy: \"{label}\":\"{text}\"")
            }
            Fault::ProviderInvalid => {
                "Federated principals must be valid domain names or SAML metadata ARNs".to_owned()
            }
            Fault::SidTwice => "Statement IDs (SID) in a single policy must be unique.".to_owned(),
            Fault::SidSyntax => {
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the \
                 regular expression [0-9A-Za-z]*"
                    .to_owned()
            }
            Fault::ActionVendor => "Actions/Conditions must be prefaced by a vendor, e.g., iam, \
                                    sdb, ec2, etc."
                .to_owned(),
            Fault::ActionColons => "Actions/Condition can contain only one colon.".to_owned(),
            Fault::ActionVendorInvalid(vendor) => format!("Vendor {vendor} is not valid"),
            Fault::ResourceNotArn(text) => {
                format!("Resource {text} must be in ARN format or \"*\".")
            }
            Fault::ResourcePartition { partition, padded } => {
                format!("Partition \"{partition}\" is not valid for resource \"{padded}\".")
            }
            Fault::ResourceVendor => {
                "Resource vendor must be fully qualified and cannot contain regexes.".to_owned()
            }
            Fault::ResourceRegionIam(text) => {
                format!("IAM resource {text} cannot contain region information.")
            }
            Fault::ResourceRegion(text) => {
                format!("Resource {text} can not contain region information.")
            }
            Fault::ResourcePathIam => format!(
                "IAM resource path must either be \"*\", root, or start with {}.",
                IAM_PATHS.join(", ")
            ),
            _ => syntax.to_owned(),
        }
    }
}

/// What the resource part of an ARN in IAM begins with.
pub(crate) const IAM_PATHS: &[&str] = &[
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];
