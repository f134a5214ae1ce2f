//! Amazon Resource Names: six parts, the last of which may hold colons.

use crate::lookup::Lookup;
use crate::pattern::{Matched, Pattern};
use crate::text::{begins, same};
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
        let [start, partition, service, region, account] = colons(text.as_bytes())?;
        if !begins(text.as_bytes(), b"arn:") {
            return None;
        }
        let arn = Arn {
            partition: text.get(start + 1..partition)?,
            service: text.get(partition + 1..service)?,
            region: text.get(service + 1..region)?,
            account: text.get(region + 1..account)?,
            resource: text.get(account + 1..)?,
        };
        let named = !arn.partition.is_empty() && !arn.service.is_empty();
        let head = text.get(..=account)?;
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

/// Where the first five colons stand. Eight bytes are looked at together: a byte of `zeros` is zero
/// where a colon was, and then alone has `found` the high bit there.
fn colons(text: &[u8]) -> Option<[usize; 5]> {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let mut colons = [0; 5];
    let mut next = colons.iter_mut();
    let mut start = 0;
    while start < text.len() {
        let rest = text.get(start..)?;
        let mut eight = [0; 8];
        match rest.first_chunk::<8>() {
            Some(chunk) => eight = *chunk,
            None => eight
                .iter_mut()
                .zip(rest)
                .for_each(|(to, from)| *to = *from),
        }
        let zeros = u64::from_le_bytes(eight) ^ u64::from_le_bytes([b':'; 8]);
        let mut found = !(((zeros & LOW) + LOW) | zeros | LOW);
        while found != 0 {
            let Some(colon) = next.next() else {
                return Some(colons);
            };
            *colon = start + usize::try_from(found.trailing_zeros() / 8).ok()?;
            found &= found - 1;
        }
        if next.len() == 0 {
            return Some(colons);
        }
        start += 8;
    }
    next.next().is_none().then_some(colons)
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

#[cfg(test)]
mod tests;
