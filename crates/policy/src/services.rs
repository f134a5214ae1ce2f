//! Service principals: whether there may be a service of that name.

use crate::catalogue;
use crate::suggest::nearest;

/// Where AWS's own services are; names elsewhere are not looked up.
const DOMAINS: &[&str] = &[".amazonaws.com", ".amazonaws.com.cn"];

/// Parts of names of service principals that are no prefixes of actions. Sources: the services that AWS's
/// managed policies and templates of service-linked roles name, and AWS's documentation of trust policies.
const OTHERS: &[&str] = &[
    "airflow-env",
    "amazonmq",
    "application-insights",
    "aws-artifact-account-sync",
    "aws-mcp",
    "billingconsole",
    "cassandra-streams",
    "ces",
    "cloudhsmv2",
    "cloudwatch-crossaccount",
    "codecatalyst-runner",
    "cognito-identity-us-gov",
    "config-conforms",
    "config-multiaccountsetup",
    "costalerts",
    "dashboard",
    "deepcomposer",
    "deeplens",
    "deepracer",
    "delivery",
    "diode",
    "dms-fleet-advisor",
    "ec2-images",
    "ec2fastlaunch",
    "ec2fleet",
    "ec2scheduled",
    "ec2sqlha",
    "ecs-compute",
    "ecs-tasks",
    "edgelambda",
    "eks-connector",
    "eks-fargate",
    "eks-fargate-pods",
    "eks-nodegroup",
    "email",
    "emr",
    "emrwal",
    "export",
    "lexv2",
    "macie",
    "managedservices",
    "marketplace",
    "marketplace-mcp",
    "member",
    "metering-marketplace",
    "migrationhub",
    "monitoring",
    "networkinsights",
    "opensearchservice",
    "partnercentral-selling",
    "pinpoint",
    "rds-preview",
    "rdsdata",
    "reachabilityanalyzer",
    "resourcegroups",
    "sdmp",
    "securityhubv2",
    "servicecatalog-appregistry",
    "smms",
    "spot",
    "spotfleet",
    "sumerian",
    "tagging",
    "transitgateway",
    "user-attribute-cost-allocation-data",
    "vmie",
    "vpc",
    "vpc-flow-logs",
];

/// Whether some part of the name is one of a service, so that the whole may name a principal of it:
/// `ec2.amazonaws.com`, `delivery.logs.amazonaws.com`, `states.eu-west-1.amazonaws.com`. What this does not
/// know is no service that AWS had when the catalogue was made.
pub(crate) fn is_known(principal: &str) -> bool {
    let Some(name) = name(principal) else {
        return true;
    };
    let known = |label: &str| {
        let label = label.to_ascii_lowercase();
        OTHERS.binary_search(&label.as_str()).is_ok() || catalogue::services().any(|s| s == label)
    };
    name.split('.').any(known)
}

/// The principal that may be meant by one that is not known.
pub(crate) fn similar(principal: &str) -> Option<String> {
    let name = name(principal)?;
    let known = catalogue::services().chain(OTHERS.iter().copied());
    let found = nearest(name, known)?;
    Some(principal.replacen(name, found, 1))
}

/// What stands before the domain of AWS's services.
fn name(principal: &str) -> Option<&str> {
    let mut domains = DOMAINS.iter();
    domains.find_map(|domain| principal.strip_suffix(domain))
}

#[cfg(test)]
mod tests {
    use super::{OTHERS, is_known, similar};

    #[test]
    fn services_are_known_by_a_part_of_their_name() {
        assert!(OTHERS.is_sorted());
        for known in [
            "ec2.amazonaws.com",
            "ec2.amazonaws.com.cn",
            "EC2.amazonaws.com",
            "ecs-tasks.amazonaws.com",
            "delivery.logs.amazonaws.com",
            "states.eu-west-1.amazonaws.com",
            "edgelambda.amazonaws.com",
            "vpc-flow-logs.amazonaws.com",
            "alexa-appkit.amazon.com",
        ] {
            assert!(is_known(known), "{known}");
        }
        for unknown in [
            "bogus.amazonaws.com",
            "ec3.amazonaws.com",
            "eu-west-1.amazonaws.com.cn",
        ] {
            assert!(!is_known(unknown), "{unknown}");
        }
        let found = similar("lamda.amazonaws.com");
        assert_eq!(found.as_deref(), Some("lambda.amazonaws.com"));
    }
}
