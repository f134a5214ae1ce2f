//! The shape of resources: `*`, or an ARN with wildcards.

use crate::arn::{ArnPattern, split};
use crate::fault::{Fault, IAM_PATHS};
use crate::variable::Variables;

/// Partitions of AWS; a pattern may leave it open.
const PARTITIONS: &[&str] = &[
    "aws",
    "aws-cn",
    "aws-us-gov",
    "aws-iso",
    "aws-iso-b",
    "aws-iso-e",
    "aws-iso-f",
    "aws-eusc",
    "*",
];

/// Whether a resource can be matched at all.
pub(crate) fn is_readable(text: &str, variables: Variables) -> bool {
    text == "*" || ArnPattern::compile(text, variables).is_ok()
}

/// Whether there is such a partition.
pub(super) fn is_partition(text: &str) -> bool {
    text != "*" && PARTITIONS.contains(&text)
}

/// What AWS finds wrong with a resource.
pub(crate) fn fault(text: &str, variables: Variables) -> Option<Fault> {
    if text == "*" {
        return None;
    }
    let mut parts = text.splitn(6, ':');
    let head = parts.next().unwrap_or_default();
    let Some(partition) = parts.next() else {
        return Some(Fault::ResourceNotArn(text.to_owned()));
    };
    if !PARTITIONS.contains(&partition) {
        let rest: Vec<&str> = parts.collect();
        return Some(bad_partition(partition, &rest));
    }
    let Some(service) = parts.next() else {
        return Some(Fault::ResourceVendor);
    };
    if service.contains(['*', '?', '$']) {
        return Some(Fault::ResourceVendor);
    }
    if head != "arn" || !is_readable(text, variables) {
        return Some(Fault::Unreadable);
    }
    let [_, _, _, region, account, resource] = split(text, variables)?;
    // Recorded: CreatePolicy refuses a variable in the place of an account. They stand behind the fifth
    // colon alone.
    if region.contains("${") || account.contains("${") {
        return Some(Fault::Unreadable);
    }
    match service {
        "iam" if !matches!(region, "" | "*") => Some(Fault::ResourceRegionIam(text.to_owned())),
        // Buckets and objects have neither region nor account; access points and jobs have both.
        "s3" if !matches!(region, "" | "*") && account.is_empty() => {
            Some(Fault::ResourceRegion(text.to_owned()))
        }
        "iam" if !is_iam_path(resource) => Some(Fault::ResourcePathIam),
        _ => None,
    }
}

fn is_iam_path(resource: &str) -> bool {
    // AWS accepts role templates and leaves them out of its sentence.
    matches!(resource, "*" | "root")
        || resource.starts_with("role-template/")
        || IAM_PATHS.iter().any(|path| resource.starts_with(path))
}

/// AWS names the resource as it read it: what is missing stands as `*`.
fn bad_partition(partition: &str, rest: &[&str]) -> Fault {
    let part = |index: usize| rest.get(index).copied().unwrap_or("*");
    let first = match rest {
        [""] | [] => "*",
        [first, ..] => first,
    };
    Fault::ResourcePartition {
        partition: partition.to_owned(),
        padded: format!(
            "arn:{partition}:{first}:{}:{}:{}",
            part(1),
            part(2),
            part(3)
        ),
    }
}
