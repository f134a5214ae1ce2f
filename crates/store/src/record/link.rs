//! What a record's linked names are: policies attached, groups joined, a boundary, a role.

use std::borrow::Cow;

/// What stands before the ARN of a permissions boundary, so that it is not taken for an attachment.
const BOUNDARY: &str = "boundary ";
/// How the unique ids of groups begin.
const GROUP: &str = "AGPA";

/// One linked name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link<'a> {
    /// The ARN of an attached managed policy.
    Attached(&'a str),
    /// The ARN of the managed policy that is the permissions boundary.
    Boundary(&'a str),
    /// The unique id of a group.
    Group(&'a str),
}

impl<'a> Link<'a> {
    /// Reads a link of a user, role or group.
    pub(crate) fn read(name: &'a str) -> Link<'a> {
        if let Some(arn) = name.strip_prefix(BOUNDARY) {
            Link::Boundary(arn)
        } else if name.starts_with(GROUP) {
            Link::Group(name)
        } else {
            Link::Attached(name)
        }
    }
}

/// The links of a user, role or group, to be stored.
pub(crate) fn write<'a>(
    attached: &'a [String],
    groups: &'a [String],
    boundary: Option<&str>,
) -> Vec<Cow<'a, str>> {
    let plain = attached.iter().chain(groups);
    let boundary = boundary.map(|arn| Cow::Owned(format!("{BOUNDARY}{arn}")));
    plain
        .map(|name| Cow::Borrowed(name.as_str()))
        .chain(boundary)
        .collect()
}

/// The links of a user, role or group, told apart.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) attached: Vec<String>,
    pub(crate) groups: Vec<String>,
    pub(crate) boundary: Option<String>,
}

/// Tells links apart.
pub(crate) fn held(names: &[String]) -> Held {
    let mut held = Held::default();
    for name in names {
        match Link::read(name) {
            Link::Attached(arn) => held.attached.push(arn.to_owned()),
            Link::Group(id) => held.groups.push(id.to_owned()),
            Link::Boundary(arn) => held.boundary = Some(arn.to_owned()),
        }
    }
    held
}
