//! Where calls go: the region, the endpoint URL of a service and what decides them.
//!
//! Precedence of the endpoint, as in botocore: `--endpoint-url`, `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL`, the
//! profile's `[services …]` section, the profile's `endpoint_url`; `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true` switches all
//! but the option off. With none of them, AWS's own regional endpoint.

use super::{Profile, SharedConfig};
use crate::env::Environment;
use crate::error::CliError;

/// Region that is used when none is configured anywhere.
pub const REGION_DEFAULT: &str = "us-east-1";

/// What decided the endpoint; a child process has to be told what the environment does not already say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// `--endpoint-url`.
    Option,
    /// A variable, which a child process inherits.
    Variable,
    /// The profile's `[services …]` section: for this service only.
    ProfileService,
    /// The profile's `endpoint_url`: for every service.
    Profile,
    /// Nothing: AWS's own endpoint.
    Aws,
}

/// An endpoint URL, without a `/` at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `http://…` or `https://…`.
    pub url: String,
    /// What decided it.
    pub origin: Origin,
}

/// A region and whether somebody chose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Such as `eu-central-1`.
    pub name: String,
    /// Whether it is configured or only the default.
    pub chosen: Chosen,
}

/// Whether a value was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    /// By an option, a variable or a profile.
    Yes,
    /// It is the default.
    No,
}

/// The region: `--region`, `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's `region`, else `us-east-1`.
#[must_use]
pub fn region(
    option: Option<&str>,
    environment: &Environment,
    profile: Option<&Profile>,
) -> Region {
    let chosen = option
        .or_else(|| environment.get("AWS_REGION"))
        .or_else(|| environment.get("AWS_DEFAULT_REGION"))
        .or_else(|| profile.and_then(|p| p.get("region")));
    match chosen {
        Some(name) => Region {
            name: name.to_owned(),
            chosen: Chosen::Yes,
        },
        None => Region {
            name: REGION_DEFAULT.to_owned(),
            chosen: Chosen::No,
        },
    }
}

/// The endpoint of `service` (its lower-case id, `sts`).
pub fn endpoint(
    service: &str,
    option: Option<&str>,
    environment: &Environment,
    shared: &SharedConfig,
    profile: Option<&Profile>,
    region: &str,
) -> Result<Endpoint, CliError> {
    if let Some(url) = option {
        return checked(url, Origin::Option, "--endpoint-url");
    }
    let ignored = environment.is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
        || profile.is_some_and(|p| p.is_true("ignore_configured_endpoint_urls"));
    if ignored {
        return aws(service, region);
    }
    let own = format!("AWS_ENDPOINT_URL_{}", service.to_ascii_uppercase());
    for name in [own.as_str(), "AWS_ENDPOINT_URL"] {
        if let Some(url) = environment.get(name) {
            return checked(url, Origin::Variable, name);
        }
    }
    if let Some(url) = profile
        .and_then(|p| p.get("services"))
        .and_then(|name| shared.service_endpoint(name, service))
    {
        return checked(
            url,
            Origin::ProfileService,
            "endpoint_url of the [services] section",
        );
    }
    if let Some(url) = profile.and_then(|p| p.get("endpoint_url")) {
        return checked(url, Origin::Profile, "endpoint_url of the profile");
    }
    aws(service, region)
}

/// The partition that a region belongs to, by its prefix.
#[must_use]
pub fn partition(region: &str) -> &'static str {
    match region {
        r if r.starts_with("cn-") => "aws-cn",
        r if r.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// AWS's own endpoint. A region becomes part of a host name here, so it may hold nothing else.
fn aws(service: &str, region: &str) -> Result<Endpoint, CliError> {
    if !region
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    {
        return Err(CliError::configuration(
            format!("{region:?} is no region"),
            "regions are written like eu-central-1",
        ));
    }
    let suffix = if partition(region) == "aws-cn" {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    Ok(Endpoint {
        url: format!("https://{service}.{region}.{suffix}"),
        origin: Origin::Aws,
    })
}

fn checked(url: &str, origin: Origin, from: &str) -> Result<Endpoint, CliError> {
    let wrong = |message: &str| {
        Err(CliError::configuration(
            format!("{from} is {url:?}: {message}"),
            "write it like http://127.0.0.1:7420",
        ))
    };
    let rest = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"));
    match rest {
        None => wrong("it must start with http:// or https://"),
        Some(rest) if rest.is_empty() || rest.starts_with('/') => wrong("it names no host"),
        Some(rest) if rest.contains(['?', '#', '@']) || rest.contains(char::is_whitespace) => {
            wrong("it may hold no user, query, fragment or white space")
        }
        Some(_) => Ok(Endpoint {
            url: url.trim_end_matches('/').to_owned(),
            origin,
        }),
    }
}
