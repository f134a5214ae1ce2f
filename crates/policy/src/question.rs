//! A request, prepared once for all policies.

use std::cell::OnceCell;

use crate::arn::SplitArn;
use crate::limits::ACTION_BYTES_MAX;
use crate::lookup::Lookup;
use crate::principal::partition_of;
use crate::request::{Principal, Request};
use crate::text::{AnyCase, Name, only_colon};

/// What is asked.
pub(crate) struct Question<'q> {
    pub(crate) service: AnyCase<'q>,
    pub(crate) name: AnyCase<'q>,
    /// `None` for `*`.
    pub(crate) resource: Option<SplitArn<'q>>,
    /// The last part of the resource; empty for `*`.
    pub(crate) target: Name<'q>,
    pub(crate) principal: &'q Principal<'q>,
    pub(crate) lookup: &'q Lookup<'q>,
    partition: OnceCell<Option<&'q str>>,
}

impl<'q> Question<'q> {
    /// Prepares the request; `None` when its action is none, or is too long, or when its
    /// resource is none: no pattern but `*` could name such a thing, so a Deny would miss what an
    /// Allow of everything lets pass.
    #[inline(always)]
    pub(crate) fn prepare(request: &Request<'q>, lookup: &'q Lookup<'q>) -> Option<Question<'q>> {
        let action = request.action.as_bytes();
        let colon = only_colon(action)?;
        let name = action.get(colon + 1..)?;
        if colon == 0 || name.is_empty() || action.len() > ACTION_BYTES_MAX {
            return None;
        }
        let resource = match request.resource {
            "*" => None,
            text => Some(SplitArn::parse(text)?),
        };
        Some(Question {
            service: AnyCase::new(action, colon)?,
            name: AnyCase::new(name, name.len())?,
            target: Name::new(resource.map_or("", |arn| arn.resource).as_bytes()),
            resource,
            principal: request.principal,
            lookup,
            partition: OnceCell::new(),
        })
    }

    /// A question of which nothing but the caller and its partition is told: what principals say.
    pub(crate) fn of_caller(
        principal: &'q Principal<'q>,
        partition: Option<&'q str>,
        lookup: &'q Lookup<'q>,
    ) -> Question<'q> {
        Question {
            service: AnyCase::none(),
            name: AnyCase::none(),
            resource: None,
            target: Name::new(b""),
            principal,
            lookup,
            partition: OnceCell::from(partition),
        }
    }

    /// The caller's partition, or that of the resource when the caller has no ARN.
    pub(crate) fn partition(&self) -> Option<&'q str> {
        let resource = || self.resource.map(|arn| arn.arn().partition);
        *self
            .partition
            .get_or_init(|| partition_of(self.principal).or_else(resource))
    }
}
