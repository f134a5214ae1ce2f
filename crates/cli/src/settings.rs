//! What a shell or child process must know beside the credentials, because it will not read the profile any more.

use crate::assume::Wish;
use crate::config::{Profile, SharedConfig};
use crate::env::Environment;

/// Variables to set. What the environment already says, and what outranks a profile there, is left as it is.
#[must_use]
pub fn beside(
    wish: &Wish,
    profile: Option<&Profile>,
    shared: &SharedConfig,
    environment: &Environment,
) -> Vec<(&'static str, String)> {
    let mut settings = region(wish, profile, environment);
    settings.extend(endpoints(wish, profile, shared, environment));
    if let Some(bundle) = profile
        .and_then(|p| p.get("ca_bundle"))
        .filter(|_| !environment.is_set("AWS_CA_BUNDLE"))
    {
        settings.push((
            "AWS_CA_BUNDLE",
            environment.expand(bundle).display().to_string(),
        ));
    }
    settings
}

/// Both variables: the Python tools read `AWS_DEFAULT_REGION`, the other SDKs `AWS_REGION`.
fn region(
    wish: &Wish,
    profile: Option<&Profile>,
    environment: &Environment,
) -> Vec<(&'static str, String)> {
    let inherited = environment.is_set("AWS_REGION") || environment.is_set("AWS_DEFAULT_REGION");
    let of_profile = profile.and_then(|p| p.get("region")).filter(|_| !inherited);
    match wish.region.as_deref().or(of_profile) {
        Some(region) => vec![
            ("AWS_REGION", region.to_owned()),
            ("AWS_DEFAULT_REGION", region.to_owned()),
        ],
        None => Vec::new(),
    }
}

/// An endpoint that was given by an option or a profile. One URL of Locum serves every service.
fn endpoints(
    wish: &Wish,
    profile: Option<&Profile>,
    shared: &SharedConfig,
    environment: &Environment,
) -> Vec<(&'static str, String)> {
    if let Some(url) = &wish.endpoint_url {
        let own = environment
            .is_set("AWS_ENDPOINT_URL_STS")
            .then(|| ("AWS_ENDPOINT_URL_STS", url.clone()));
        return std::iter::once(("AWS_ENDPOINT_URL", url.clone()))
            .chain(own)
            .collect();
    }
    let ignored = environment.is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
        || profile.is_some_and(|p| p.is_true("ignore_configured_endpoint_urls"));
    if ignored || environment.is_set("AWS_ENDPOINT_URL") {
        return Vec::new();
    }
    let mut settings = Vec::new();
    const SERVICES: &[(&str, &str)] = &[
        ("sts", "AWS_ENDPOINT_URL_STS"),
        ("iam", "AWS_ENDPOINT_URL_IAM"),
        ("organizations", "AWS_ENDPOINT_URL_ORGANIZATIONS"),
        ("s3", "AWS_ENDPOINT_URL_S3"),
        ("cloudtrail", "AWS_ENDPOINT_URL_CLOUDTRAIL"),
    ];
    for (service, variable) in SERVICES {
        let section = profile.and_then(|p| p.get("services"));
        let url = section.and_then(|name| shared.service_endpoint(name, service));
        if let Some(url) = url.filter(|_| !environment.is_set(variable)) {
            settings.push((*variable, url.to_owned()));
        }
    }
    if let Some(url) = profile.and_then(|p| p.get("endpoint_url")) {
        settings.push(("AWS_ENDPOINT_URL", url.to_owned()));
    }
    settings
}
