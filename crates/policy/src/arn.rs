//! Amazon Resource Names: six parts, the last of which may hold colons.

use std::ops::Range;

use crate::lookup::Lookup;
use crate::pattern::{Matched, Pattern};
use crate::text::{begins, bytes_of, same};
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
        SplitArn::parse(text).map(|split| split.arn())
    }
}

/// An ARN, and where its parts end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SplitArn<'a> {
    /// Up to and with the fifth colon.
    head: &'a str,
    pub(crate) resource: &'a str,
    /// Where partition, service and region end.
    ends: [usize; 3],
}

impl<'a> SplitArn<'a> {
    // What it finds goes into a question word by word; handed over whole it would be read back slowly.
    #[inline(always)]
    pub(crate) fn parse(text: &'a str) -> Option<SplitArn<'a>> {
        if !begins(text.as_bytes(), b"arn:") {
            return None;
        }
        let [start, partition, service, region, account] = colons(text.as_bytes())?;
        let (head, resource) = text.split_at_checked(account + 1)?;
        let named = partition > start + 1 && service > partition + 1 && !resource.is_empty();
        named.then_some(SplitArn {
            head,
            resource,
            ends: [partition, service, region],
        })
    }

    pub(crate) fn arn(&self) -> Arn<'a> {
        let [account, service, region, partition] = self.parts().map(|part| self.part(part));
        Arn {
            partition,
            service,
            region,
            account,
            resource: self.resource,
        }
    }

    /// Where account, service, region and partition stand.
    #[inline]
    fn parts(&self) -> [Range<usize>; 4] {
        let [partition, service, region] = self.ends;
        let account = self.head.len() - 1;
        [
            region + 1..account,
            partition + 1..service,
            service + 1..region,
            "arn:".len()..partition,
        ]
    }

    #[inline]
    fn part(&self, part: Range<usize>) -> &'a str {
        self.head.get(part).unwrap_or_default()
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
    /// The same with wildcards or variables, and what it has for account, service, region and
    /// partition: those that tell most first.
    Parts(Box<str>, Box<[Part; 4]>),
}

/// One part of a head.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// `*`
    Any,
    /// What stands there in the head.
    Exact {
        start: usize,
        end: usize,
    },
    Pattern(Box<Pattern>),
}

impl Part {
    /// The pattern `part`, which stands at `start` of its head.
    fn compile(part: &str, start: usize, variables: Variables) -> Result<Part, BadVariable> {
        if part == "*" {
            return Ok(Part::Any);
        }
        if is_literal(part) {
            let end = start + part.len();
            return Ok(Part::Exact { start, end });
        }
        let pattern = Pattern::compile(part, Wildcards::On, variables)?;
        Ok(Part::Pattern(Box::new(pattern)))
    }

    /// Whether it matches that part of an ARN, as a part of `head`.
    #[inline(always)]
    fn matches<'q>(&'q self, head: &str, part: &str, lookup: &Lookup<'q>) -> Matched {
        match self {
            Part::Any => Matched::Yes,
            Part::Exact { start, end } => {
                let wanted = head.as_bytes().get(*start..*end);
                let matched = wanted.is_some_and(|wanted| same(wanted, part.as_bytes()));
                matched.into()
            }
            Part::Pattern(pattern) => pattern.matches(part, lookup),
        }
    }
}

/// Whether a text has neither wildcards nor variables.
fn is_literal(text: &str) -> bool {
    !text.bytes().any(|byte| matches!(byte, b'*' | b'?' | b'$'))
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
        let resource = Pattern::compile(resource, Wildcards::On, variables)?;
        let parts = [partition, service, region, account];
        let length = "arn:".len() + parts.iter().map(|part| part.len() + 1).sum::<usize>();
        let head: Box<str> = text.get(..length).ok_or(BadArn::Parts)?.into();
        if is_literal(&head) {
            let head = Head::Exact(head);
            return Ok(ArnPattern { resource, head });
        }
        let mut start = "arn:".len();
        let mut compile = |part: &str| {
            let compiled = Part::compile(part, start, variables);
            start += part.len() + 1;
            compiled
        };
        let [partition, service, region, account] = parts;
        let (partition, service) = (compile(partition)?, compile(service)?);
        let (region, account) = (compile(region)?, compile(account)?);
        let head = Head::Parts(head, Box::new([account, service, region, partition]));
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
                self.resource.matches(arn.resource, lookup)
            }
            Head::Exact(_) => Matched::No,
            Head::Parts(head, parts) => {
                let mut found = self.resource.matches(arn.resource, lookup);
                if found == Matched::No {
                    return Matched::No;
                }
                for (wanted, part) in parts.iter().zip(arn.parts()) {
                    match wanted.matches(head, arn.part(part), lookup) {
                        Matched::No => return Matched::No,
                        Matched::Unresolved => found = Matched::Unresolved,
                        Matched::Ambiguous if found == Matched::Yes => found = Matched::Ambiguous,
                        Matched::Ambiguous | Matched::Yes => {}
                    }
                }
                found
            }
        }
    }
}

/// Where the first five colons stand; nearly always among the first 32 bytes, which are looked at
/// together.
#[inline(always)]
fn colons(text: &[u8]) -> Option<[usize; 5]> {
    let near = match (text.first_chunk::<32>(), text.first_chunk::<16>()) {
        (Some(near), _) => colons_of(near),
        // The second half reaches back over the first.
        (None, Some(near)) => colons_of(near) | last_colons::<16>(text),
        (None, None) => 0,
    };
    let bits = match beyond_four(near) {
        0 => near | middle_colons(text),
        _ => near,
    };
    take_five(bits).or_else(|| far_colons(text))
}

/// A bit for each byte that is a colon; of 64 bytes at most.
#[inline]
fn colons_of(text: &[u8]) -> u64 {
    let words = text.as_chunks::<8>().0.iter().enumerate();
    words.fold(0, |bits, (index, word)| {
        bits | bytes_of(word, b':') << (8 * index)
    })
}

/// The same for the last `N` bytes of a text of 64 at most.
#[inline]
fn last_colons<const N: usize>(text: &[u8]) -> u64 {
    let last = text.last_chunk::<N>();
    last.map_or(0, |last| colons_of(last) << (text.len() - N))
}

/// The same for the second 32 of 64 bytes, or the last 32 of fewer.
#[inline(never)]
fn middle_colons(text: &[u8]) -> u64 {
    last_colons::<32>(text.get(..64).unwrap_or(text))
}

/// The same as [`colons`] for whatever has them elsewhere.
#[cold]
fn far_colons(text: &[u8]) -> Option<[usize; 5]> {
    let mut found = text.iter().enumerate().filter(|(_, byte)| **byte == b':');
    let mut next = || found.next().map(|(at, _)| at);
    Some([next()?, next()?, next()?, next()?, next()?])
}

/// All but the lowest four bits.
#[inline]
fn beyond_four(bits: u64) -> u64 {
    (0..4).fold(bits, |bits, _| bits & bits.wrapping_sub(1))
}

/// The places of the lowest five bits.
#[inline]
fn take_five(mut bits: u64) -> Option<[usize; 5]> {
    if beyond_four(bits) == 0 {
        return None;
    }
    Some([(); 5].map(|()| {
        let place = bits.trailing_zeros() as usize;
        bits &= bits.wrapping_sub(1);
        place
    }))
}

/// The six parts of an ARN pattern; colons inside `${…}` do not count.
pub(crate) fn split(text: &str, variables: Variables) -> Option<[&str; 6]> {
    if !text.as_bytes().contains(&b'$') {
        let [first, second, third, fourth, fifth] = colons(text.as_bytes())?;
        return Some([
            text.get(..first)?,
            text.get(first + 1..second)?,
            text.get(second + 1..third)?,
            text.get(third + 1..fourth)?,
            text.get(fourth + 1..fifth)?,
            text.get(fifth + 1..)?,
        ]);
    }
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
