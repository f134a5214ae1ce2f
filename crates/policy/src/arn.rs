//! Amazon Resource Names: six parts, the last of which may hold colons.

use crate::lookup::Lookup;
use crate::pattern::{Matched, Pattern};
use crate::text::{self, same};
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
        SplitArn::parse(text).map(|split| split.arn)
    }

    /// All but the resource, those that tell most first.
    fn parts(&self) -> [&'a str; 4] {
        [self.account, self.service, self.region, self.partition]
    }
}

/// An ARN, and what stands before its resource.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SplitArn<'a> {
    pub(crate) arn: Arn<'a>,
    /// Up to and with the fifth colon.
    head: &'a str,
}

impl<'a> SplitArn<'a> {
    pub(crate) fn parse(text: &'a str) -> Option<SplitArn<'a>> {
        let mut rest = text::after(text, "arn:")?;
        let mut part = || {
            let colon = rest.bytes().position(|byte| byte == b':')?;
            let part = rest.get(..colon)?;
            rest = rest.get(colon + 1..)?;
            Some(part)
        };
        let (partition, service, region, account) = (part()?, part()?, part()?, part()?);
        let arn = Arn {
            partition,
            service,
            region,
            account,
            resource: rest,
        };
        let named = !arn.partition.is_empty() && !arn.service.is_empty();
        let head = text.get(..text.len() - rest.len())?;
        (named && !arn.resource.is_empty()).then_some(SplitArn { arn, head })
    }
}

/// A pattern of ARNs. Parts are matched one by one, so no wildcard reaches across a colon but
/// within the last part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ArnPattern {
    resource: Pattern,
    head: Head,
}

/// Everything before the resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Head {
    /// Without wildcards: up to and with the fifth colon.
    Exact(Box<str>),
    /// In the order of [`Arn::parts`].
    Parts(Box<[Pattern; 4]>),
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
        let resource = compile(resource)?;
        let parts = [
            compile(account)?,
            compile(service)?,
            compile(region)?,
            compile(partition)?,
        ];
        let head = match &parts {
            [
                Pattern::Exact(account),
                Pattern::Exact(service),
                Pattern::Exact(region),
                Pattern::Exact(partition),
            ] => Head::Exact(format!("arn:{partition}:{service}:{region}:{account}:").into()),
            _ => Head::Parts(Box::new(parts)),
        };
        Ok(ArnPattern { resource, head })
    }

    /// The pattern of the last part.
    pub(crate) fn resource(&self) -> &Pattern {
        &self.resource
    }

    /// A variable without a value decides only when everything else matches.
    pub(crate) fn matches<'q>(&'q self, arn: &SplitArn<'_>, lookup: &Lookup<'q>) -> Matched {
        match &self.head {
            Head::Exact(head) if same(head.as_bytes(), arn.head.as_bytes()) => {
                self.resource.matches(arn.arn.resource, lookup)
            }
            Head::Exact(_) => Matched::No,
            Head::Parts(patterns) => {
                let mut found = self.resource.matches(arn.arn.resource, lookup);
                for (pattern, part) in patterns.iter().zip(arn.arn.parts()) {
                    match pattern.matches(part, lookup) {
                        Matched::No => return Matched::No,
                        Matched::Unresolved if found != Matched::No => found = Matched::Unresolved,
                        Matched::Ambiguous if found == Matched::Yes => found = Matched::Ambiguous,
                        Matched::Unresolved | Matched::Ambiguous | Matched::Yes => {}
                    }
                    if found == Matched::No {
                        return Matched::No;
                    }
                }
                found
            }
        }
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
