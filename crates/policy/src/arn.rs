//! Amazon Resource Names: six parts, the last of which may hold colons.

use crate::lookup::Lookup;
use crate::pattern::{Matched, Pattern};
use crate::variable::{BadVariable, Variables, Wildcards};

/// An ARN, split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov`, …; never empty.
    pub partition: &'a str,
    /// `iam`, `sts`, `s3`, …; never empty.
    pub service: &'a str,
    /// Empty for global services.
    pub region: &'a str,
    /// Twelve digits, `aws`, or empty.
    pub account: &'a str,
    /// Everything after the fifth colon; never empty.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits `arn:partition:service:region:account:resource`; `None` unless it has the six parts
    /// with a partition, a service and a resource.
    pub fn parse(text: &'a str) -> Option<Arn<'a>> {
        let mut parts = text.splitn(6, ':');
        if parts.next() != Some("arn") {
            return None;
        }
        let arn = Arn {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        };
        let named = !arn.partition.is_empty() && !arn.service.is_empty();
        (named && !arn.resource.is_empty()).then_some(arn)
    }

    fn parts(&self) -> [&'a str; 5] {
        [
            self.resource,
            self.account,
            self.service,
            self.region,
            self.partition,
        ]
    }
}

/// A pattern of ARNs. Parts are matched one by one, so no wildcard reaches across a colon but
/// within the last part. The parts stand in the order of [`Arn::parts`]: those that tell most first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ArnPattern {
    parts: [Pattern; 5],
}

/// Why a text is no pattern of ARNs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadArn {
    /// Not `arn:` and five more parts.
    Parts,
    /// A `${…}` that is none.
    Variable,
}

impl From<BadVariable> for BadArn {
    fn from(BadVariable: BadVariable) -> Self {
        BadArn::Variable
    }
}

impl ArnPattern {
    pub(crate) fn compile(text: &str, variables: Variables) -> Result<ArnPattern, BadArn> {
        let [head, partition, service, region, account, resource] =
            split(text, variables).ok_or(BadArn::Parts)?;
        if head != "arn" || partition.is_empty() || service.is_empty() {
            return Err(BadArn::Parts);
        }
        let compile = |part| Pattern::compile(part, Wildcards::On, variables);
        Ok(ArnPattern {
            parts: [
                compile(resource)?,
                compile(account)?,
                compile(service)?,
                compile(region)?,
                compile(partition)?,
            ],
        })
    }

    /// The pattern of the last part.
    pub(crate) fn resource(&self) -> &Pattern {
        let [resource, ..] = &self.parts;
        resource
    }

    /// A variable without a value decides only when everything else matches.
    pub(crate) fn matches<'q>(&'q self, arn: &Arn<'_>, lookup: &Lookup<'q>) -> Matched {
        let mut found = Matched::Yes;
        for (pattern, part) in self.parts.iter().zip(arn.parts()) {
            match pattern.matches(part, lookup) {
                Matched::No => return Matched::No,
                Matched::Unresolved => found = Matched::Unresolved,
                Matched::Ambiguous if found == Matched::Yes => found = Matched::Ambiguous,
                Matched::Yes | Matched::Ambiguous => {}
            }
        }
        found
    }
}

/// The six parts of an ARN pattern; colons inside `${…}` do not count.
pub(crate) fn split(text: &str, variables: Variables) -> Option<[&str; 6]> {
    let mut parts = [""; 6];
    let mut rest = text;
    for part in parts.iter_mut().take(5) {
        let colon = colon(rest, variables)?;
        *part = rest.get(..colon)?;
        rest = rest.get(colon + 1..)?;
    }
    if let Some(last) = parts.last_mut() {
        *last = rest;
    }
    Some(parts)
}

/// Where the first colon outside variables stands.
fn colon(text: &str, variables: Variables) -> Option<usize> {
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        let colon = rest.find(':')?;
        match rest.find("${") {
            Some(open) if variables == Variables::On && open < colon => {
                from += open + rest.get(open..)?.find('}')? + 1;
            }
            _ => return Some(from + colon),
        }
    }
}
