//! The services, their fixed facts, and their operations as the models list them.

use crate::generated::{cloudtrail, iam, organizations, sts};
use crate::shape::OperationModel;

/// A service of Locum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// Security Token Service.
    Sts,
    /// Identity and Access Management.
    Iam,
    /// Organizations.
    Organizations,
    /// CloudTrail.
    CloudTrail,
}

/// How a call is written and how its answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Form parameters, XML answers.
    Query,
    /// Form parameters, JSON answers: STS with `Accept: application/json`.
    QueryJson,
    /// AWS JSON 1.1, both ways.
    Json11,
}

impl Service {
    /// Every service.
    pub const ALL: [Service; 4] = [
        Service::Sts,
        Service::Iam,
        Service::Organizations,
        Service::CloudTrail,
    ];

    /// The name in a credential scope and in actions: `sts`, `iam`, `organizations`, `cloudtrail`.
    pub fn scope_name(self) -> &'static str {
        match self {
            Service::Sts => "sts",
            Service::Iam => "iam",
            Service::Organizations => "organizations",
            Service::CloudTrail => "cloudtrail",
        }
    }

    /// The name in CloudTrail records, for example `sts.amazonaws.com`.
    pub fn event_source(self) -> &'static str {
        match self {
            Service::Sts => "sts.amazonaws.com",
            Service::Iam => "iam.amazonaws.com",
            Service::Organizations => "organizations.amazonaws.com",
            Service::CloudTrail => "cloudtrail.amazonaws.com",
        }
    }

    /// The API version, for example `2011-06-15`.
    pub fn api_version(self) -> &'static str {
        match self {
            Service::Sts => "2011-06-15",
            Service::Iam => "2010-05-08",
            Service::Organizations => "2016-11-28",
            Service::CloudTrail => "2013-11-01",
        }
    }

    /// The XML namespace of answers; none for JSON services.
    pub fn xml_namespace(self) -> Option<&'static str> {
        match self {
            Service::Sts => Some("https://sts.amazonaws.com/doc/2011-06-15/"),
            Service::Iam => Some("https://iam.amazonaws.com/doc/2010-05-08/"),
            Service::Organizations | Service::CloudTrail => None,
        }
    }

    /// What stands before the last dot in `X-Amz-Target`; none for query services.
    pub fn target_prefix(self) -> Option<&'static str> {
        match self {
            Service::Sts | Service::Iam => None,
            Service::Organizations => Some("AWSOrganizationsV20161128"),
            Service::CloudTrail => Some("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"),
        }
    }

    /// The service that a target names. Prefixes with dots are also known by their last part, which
    /// is what the SDKs made from the newer models send.
    pub fn from_target_prefix(prefix: &str) -> Option<Service> {
        Service::ALL.into_iter().find(|service| {
            service.target_prefix().is_some_and(|own| {
                let short = own.rsplit_once('.').map_or(own, |(_, short)| short);
                prefix == own || prefix == short
            })
        })
    }

    /// The service with this name in a credential scope.
    pub fn from_scope_name(name: &str) -> Option<Service> {
        Service::ALL.into_iter().find(|s| s.scope_name() == name)
    }
}

/// All operations of the service's model, sorted by name; most have no types yet.
pub fn operations(service: Service) -> &'static [OperationModel] {
    match service {
        Service::Sts => sts::OPERATIONS,
        Service::Iam => iam::OPERATIONS,
        Service::Organizations => organizations::OPERATIONS,
        Service::CloudTrail => cloudtrail::OPERATIONS,
    }
}

/// The operation of that exact name.
pub fn operation(service: Service, name: &str) -> Option<&'static OperationModel> {
    let all = operations(service);
    let at = all.binary_search_by(|o| o.name.cmp(name)).ok()?;
    all.get(at)
}
