//! A request, prepared once for all policies.

use std::cell::OnceCell;

use crate::arn::SplitArn;
use crate::lookup::Lookup;
use crate::principal::partition_of;
use crate::request::{Principal, Request};
use crate::text::{Name, lower};

/// What is asked.
pub(crate) struct Question<'q> {
    /// In lower case.
    pub(crate) service: Name<'q>,
    /// In lower case.
    pub(crate) name: Name<'q>,
    /// `None` for `*`.
    pub(crate) resource: Option<SplitArn<'q>>,
    pub(crate) principal: &'q Principal<'q>,
    pub(crate) lookup: &'q Lookup<'q>,
    partition: OnceCell<Option<&'q str>>,
}

impl<'q> Question<'q> {
    /// Prepares the request; `None` when its action is none, or does not fit the buffer, or when its
    /// resource is none: no pattern but `*` could name such a thing, so a Deny would miss what an
    /// Allow of everything lets pass.
    #[inline(always)]
    pub(crate) fn prepare(
        request: &Request<'q>,
        lookup: &'q Lookup<'q>,
        buffer: &'q mut [u8],
    ) -> Option<Question<'q>> {
        let action = buffer.get_mut(..request.action.len())?;
        let colon = lower(request.action.as_bytes(), action)?;
        let (service, name) = action.split_at_checked(colon)?;
        let (_, name) = name.split_first()?;
        if service.is_empty() || name.is_empty() || name.contains(&b':') {
            return None;
        }
        let resource = match request.resource {
            "*" => None,
            text => Some(SplitArn::parse(text)?),
        };
        Some(Question {
            service: Name::new(service),
            name: Name::new(name),
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
            service: Name::new(b""),
            name: Name::new(b""),
            resource: None,
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
