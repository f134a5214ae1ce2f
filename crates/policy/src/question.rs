//! A request, prepared once for all policies.

use std::cell::OnceCell;

use crate::arn::Arn;
use crate::lookup::Lookup;
use crate::principal::partition_of;
use crate::request::{Principal, Request};

/// What is asked.
pub(crate) struct Question<'q> {
    /// In lower case.
    pub(crate) service: &'q str,
    /// In lower case.
    pub(crate) name: &'q str,
    /// `None` for `*`.
    pub(crate) resource: Option<Arn<'q>>,
    pub(crate) principal: &'q Principal<'q>,
    pub(crate) lookup: Lookup<'q>,
    partition: OnceCell<Option<&'q str>>,
}

impl<'q> Question<'q> {
    /// Prepares the request; `None` when its action is none, or does not fit the buffer, or when its
    /// resource is none: no pattern but `*` could name such a thing, so a Deny would miss what an
    /// Allow of everything lets pass.
    pub(crate) fn prepare(request: &Request<'q>, buffer: &'q mut [u8]) -> Option<Question<'q>> {
        let action = buffer.get_mut(..request.action.len())?;
        action.copy_from_slice(request.action.as_bytes());
        action.make_ascii_lowercase();
        let (service, name) = std::str::from_utf8(action).ok()?.split_once(':')?;
        if service.is_empty() || name.is_empty() || name.contains(':') {
            return None;
        }
        let resource = match request.resource {
            "*" => None,
            text => Some(Arn::parse(text)?),
        };
        Some(Question {
            service,
            name,
            resource,
            principal: request.principal,
            lookup: Lookup::new(request.context),
            partition: OnceCell::new(),
        })
    }

    /// The caller's partition, or that of the resource when the caller has no ARN.
    pub(crate) fn partition(&self) -> Option<&'q str> {
        let resource = || self.resource.map(|arn| arn.partition);
        *self
            .partition
            .get_or_init(|| partition_of(self.principal).or_else(resource))
    }
}
