//! Whether one pattern includes another, and whether two can match the same text.

use crate::arn::split;
use crate::catalogue::filled;
use crate::variable::{Token, Variable, Variables, Wildcards, tokens};

/// A pattern, character by character.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Unit {
    Char(char),
    One,
    Many,
    /// A name without slashes.
    Name,
    Variable(Variable),
}

/// Names in the catalogue's ARNs that hold no slash, by service; names of others may.
const WITHOUT_SLASH: &[(&str, &str)] = &[
    ("s3", "BucketName"),
    ("sns", "TopicName"),
    ("sqs", "QueueName"),
];
/// Stands for such a name until the pattern is read; no ARN holds it.
const NAME: char = '\0';

/// A pattern that can be compared with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape(Vec<Unit>);

impl Shape {
    /// Reads a pattern; `None` when a variable in it is none.
    pub(crate) fn new(text: &str, variables: Variables) -> Option<Shape> {
        let mut units = Vec::with_capacity(text.len());
        for token in tokens(text, Wildcards::On, variables).ok()? {
            match token {
                Token::Text(text) => units.extend(text.chars().map(Unit::Char)),
                Token::Many => units.push(Unit::Many),
                Token::One => units.push(Unit::One),
                Token::Variable(variable) => units.push(Unit::Variable(variable)),
            }
        }
        Some(Shape(units))
    }

    /// Whether everything that `other` matches is matched by this one as well, in any request. A `yes`
    /// is certain; a `no` may be wrong where several wildcards stand side by side.
    pub(crate) fn covers(&self, other: &Shape) -> bool {
        let fits = |mine: &Unit, theirs: &Unit| match (mine, theirs) {
            (Unit::One, Unit::Char(_) | Unit::One) => true,
            (Unit::Char(a), Unit::Char(b)) => a == b,
            (Unit::Variable(a), Unit::Variable(b)) => a == b,
            _ => false,
        };
        let (mut at, mut other_at) = (0, 0);
        // Where the last `*` stands, and how much of the other pattern it has taken.
        let mut star = None;
        while let Some(theirs) = other.0.get(other_at) {
            match self.0.get(at) {
                Some(Unit::Many) => {
                    star = Some((at, other_at));
                    at += 1;
                }
                Some(mine) if fits(mine, theirs) => {
                    at += 1;
                    other_at += 1;
                }
                _ => match star {
                    Some((place, taken)) => {
                        at = place;
                        other_at = taken + 1;
                    }
                    None => return false,
                },
            }
        }
        let mut rest = self.0.iter().skip(at);
        rest.all(|unit| *unit == Unit::Many)
    }

    /// Whether some text may match both, whatever the variables stand for.
    pub(crate) fn meets(&self, other: &Shape) -> bool {
        let many = |unit: &Unit| matches!(unit, Unit::Many | Unit::Name | Unit::Variable(_));
        let takes = |unit: &Unit, other: &Unit| match unit {
            Unit::Name => *other != Unit::Char('/'),
            unit => many(unit),
        };
        let all = |unit: &Unit| many(unit) && *unit != Unit::Name;
        // Most pairs are told apart, or told to meet, without the table.
        if matches!(self.0.as_slice(), [unit] if all(unit))
            || matches!(other.0.as_slice(), [unit] if all(unit))
        {
            return true;
        }
        let mut begins = self.0.iter().zip(&other.0);
        let apart = begins.find_map(|pair| match pair {
            (Unit::Char(a), Unit::Char(b)) if a == b => None,
            (Unit::Char(_), Unit::Char(_)) => Some(true),
            _ => Some(false),
        });
        if apart == Some(true) {
            return false;
        }
        // One row of the table "the rest of mine and the rest of theirs can meet", from the end.
        let width = other.0.len();
        let mut below = vec![false; width + 1];
        for mine in std::iter::once(None).chain(self.0.iter().rev().map(Some)) {
            let mut row = vec![false; width + 1];
            for j in (0..=width).rev() {
                let theirs = other.0.get(j);
                let at = |row: &[bool], j: usize| row.get(j).copied().unwrap_or(false);
                let met = match (mine, theirs) {
                    (None, None) => true,
                    (None, Some(theirs)) => many(theirs) && at(&row, j + 1),
                    (Some(mine), None) => many(mine) && at(&below, j),
                    (Some(mine), Some(theirs)) if many(mine) || many(theirs) => {
                        // One ends before the other, or takes what comes there.
                        let mine_ends = many(mine) || takes(theirs, mine);
                        let theirs_ends = many(theirs) || takes(mine, theirs);
                        (mine_ends && at(&below, j)) || (theirs_ends && at(&row, j + 1))
                    }
                    (Some(Unit::Char(a)), Some(Unit::Char(b))) => a == b && at(&below, j + 1),
                    (Some(_), Some(_)) => at(&below, j + 1),
                };
                if let Some(cell) = row.get_mut(j) {
                    *cell = met;
                }
            }
            below = row;
        }
        below.first().copied().unwrap_or(false)
    }

    /// Whether a variable stands in it.
    pub(crate) fn has_variable(&self) -> bool {
        let mut units = self.0.iter();
        units.any(|unit| matches!(unit, Unit::Variable(_)))
    }

    /// Whether it is the text, and behind it nothing that tells one name from another.
    fn is_open_behind(&self, text: &str) -> bool {
        let mut units = self.0.iter();
        let begins = text.chars().all(|c| units.next() == Some(&Unit::Char(c)));
        let open = |unit: &Unit| matches!(unit, Unit::Many | Unit::One | Unit::Char('/'));
        begins && self.0.contains(&Unit::Many) && units.all(open)
    }
}

/// A resource of a policy: `*`, or the six parts of an ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ResourceShape {
    /// `*`
    Any,
    /// Partition, service, region, account, resource; behind `arn`.
    Arn(Box<[Shape; 5]>),
}

impl ResourceShape {
    /// Reads a resource; `None` when it is none.
    pub(crate) fn new(text: &str, variables: Variables) -> Option<ResourceShape> {
        if text == "*" {
            return Some(ResourceShape::Any);
        }
        let [_, partition, service, region, account, resource] = split(text, variables)?;
        let shape = |part| Shape::new(part, variables);
        Some(ResourceShape::Arn(Box::new([
            shape(partition)?,
            shape(service)?,
            shape(region)?,
            shape(account)?,
            shape(resource)?,
        ])))
    }

    /// The resources of a type of the catalogue: anything in the place of each `${…}`, but for slashes
    /// where names have none.
    pub(crate) fn of_type(arn: &str) -> Option<ResourceShape> {
        let service = arn.split(':').nth(2).unwrap_or_default();
        let text = filled(arn, |name| match WITHOUT_SLASH.contains(&(service, name)) {
            true => NAME,
            false => '*',
        });
        let mut shape = ResourceShape::new(&text, Variables::Off)?;
        if let ResourceShape::Arn(parts) = &mut shape {
            for unit in parts.iter_mut().flat_map(|part| &mut part.0) {
                if *unit == Unit::Char(NAME) {
                    *unit = Unit::Name;
                }
            }
        }
        Some(shape)
    }

    /// Whether every resource of `other` is one of this as well.
    pub(crate) fn covers(&self, other: &ResourceShape) -> bool {
        match (self, other) {
            (ResourceShape::Any, _) => true,
            (ResourceShape::Arn(_), ResourceShape::Any) => false,
            (ResourceShape::Arn(mine), ResourceShape::Arn(theirs)) => {
                let mut pairs = mine.iter().zip(theirs.iter());
                pairs.all(|(mine, theirs)| mine.covers(theirs))
            }
        }
    }

    /// Whether some resource may be one of both.
    pub(crate) fn meets(&self, other: &ResourceShape) -> bool {
        match (self, other) {
            (ResourceShape::Arn(mine), ResourceShape::Arn(theirs)) => {
                let mut pairs = mine.iter().zip(theirs.iter());
                pairs.all(|(mine, theirs)| mine.meets(theirs))
            }
            _ => true,
        }
    }

    /// Whether a variable stands in it.
    pub(crate) fn has_variable(&self) -> bool {
        match self {
            ResourceShape::Any => false,
            ResourceShape::Arn(parts) => parts.iter().any(Shape::has_variable),
        }
    }

    /// Whether it is whatever a service has, in some account and region: `arn:aws:logs:*:*:*`.
    pub(crate) fn is_whole(&self, service: &str) -> bool {
        let ResourceShape::Arn(parts) = self else {
            return true;
        };
        let [_, named, _, _, resource] = &**parts;
        let service = Shape::new(service, Variables::Off);
        resource.0 == [Unit::Many] && service.is_some_and(|service| named.meets(&service))
    }

    /// Whether it is every resource of a kind that IAM has: `*`, `arn:aws:iam::*:*`,
    /// `arn:aws:iam::111122223333:role/*`; or whatever has a path, or a name of some length.
    pub(crate) fn is_every(&self, kind: &str) -> bool {
        match self {
            ResourceShape::Any => true,
            ResourceShape::Arn(parts) => {
                let [_, service, _, _, resource] = &**parts;
                let of_iam = Shape::new("iam", Variables::Off);
                let all = Shape::new(&format!("{kind}/*"), Variables::Off);
                let every = all.is_some_and(|all| resource.covers(&all));
                of_iam.is_some_and(|iam| service.covers(&iam))
                    && (every || resource.is_open_behind(&format!("{kind}/")))
            }
        }
    }
}

#[cfg(test)]
mod tests;
