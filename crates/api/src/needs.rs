//! What a call needs to be allowed, as its row says it: resource, further actions, condition keys.

use std::borrow::Cow;

use locum_policy::{Arn, KnownKey, ResourceRule};
use locum_store::{AccountId, PolicyText};
use locum_wire::push_json_string;
use smallvec::SmallVec;

/// Who decides about an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decided {
    /// Policies do.
    ByPolicies,
    /// AWS lets every authenticated caller do it, even under an explicit deny.
    Always,
}

/// What a call needs to be allowed: its actions, the resource, and the condition keys that only the
/// operation knows (the appendix of the IAM reference, row by row).
pub struct Needs<'a> {
    /// Who decides about the operation's own action.
    pub(crate) decided: Decided,
    /// Further actions that must be allowed on the resource, besides the operation's own.
    pub(crate) also: SmallVec<[&'static str; 2]>,
    /// The ARN that policies are asked about, or `*`.
    pub(crate) resource: Cow<'a, str>,
    /// Further resources on which the operation's own action must be allowed: what a renamed entity
    /// becomes.
    pub(crate) also_on: SmallVec<[Cow<'a, str>; 1]>,
    /// Further actions on other resources, each with what it is asked about: `iam:PassRole` on the
    /// role that an operation hands to a service.
    pub(crate) further: Vec<(&'static str, Needs<'a>)>,
    /// Further resources that the call is about, for its record alone: nothing is asked about them.
    pub(crate) told: SmallVec<[Cow<'a, str>; 1]>,
    /// Whose resource it is.
    pub(crate) resource_account: AccountId,
    /// `aws:ResourceTag/…`.
    pub(crate) resource_tags: SmallVec<[(&'a str, &'a str); 4]>,
    /// `aws:RequestTag/…` and, by their keys, `aws:TagKeys`.
    pub(crate) request_tags: SmallVec<[(&'a str, &'a str); 4]>,
    /// `aws:TagKeys` when keys come without values (untagging).
    pub(crate) tag_keys: SmallVec<[&'a str; 4]>,
    /// `sts:TransitiveTagKeys`.
    pub(crate) transitive_tag_keys: SmallVec<[&'a str; 4]>,
    /// The tags that the calling session hands on to the one that is asked for.
    pub(crate) inherited_tags: SmallVec<[(&'a str, &'a str); 4]>,
    /// Further single-valued keys.
    pub(crate) keys: SmallVec<[(KnownKey, Cow<'a, str>); 2]>,
    /// Whether the request itself carries multi-factor authentication, just checked.
    pub(crate) mfa_now: bool,
    /// The resource's own policy.
    pub(crate) resource_text: Option<&'a PolicyText>,
    /// How the resource's own policy combines with the caller's.
    pub(crate) resource_rule: ResourceRule,
}

impl<'a> Needs<'a> {
    /// The operation's own action on `resource` of `account`, nothing more.
    pub(crate) fn on(resource: impl Into<Cow<'a, str>>, account: AccountId) -> Needs<'a> {
        Needs {
            decided: Decided::ByPolicies,
            also: SmallVec::new(),
            resource: resource.into(),
            also_on: SmallVec::new(),
            further: Vec::new(),
            told: SmallVec::new(),
            resource_account: account,
            resource_tags: SmallVec::new(),
            request_tags: SmallVec::new(),
            tag_keys: SmallVec::new(),
            transitive_tag_keys: SmallVec::new(),
            inherited_tags: SmallVec::new(),
            keys: SmallVec::new(),
            mfa_now: false,
            resource_text: None,
            resource_rule: ResourceRule::Standard,
        }
    }

    /// Adds the tags that the resource bears.
    pub(crate) fn resource_tagged(mut self, tags: &'a [locum_store::Tag]) -> Needs<'a> {
        self.resource_tags.extend(
            tags.iter()
                .map(|tag| (tag.key.as_str(), tag.value.as_str())),
        );
        self
    }

    /// Adds what the record names as a resource too, if it is the ARN of something of IAM.
    pub(crate) fn telling(mut self, arn: impl Into<Cow<'a, str>>) -> Needs<'a> {
        let arn = arn.into();
        if Arn::parse(&arn).is_some_and(|parsed| parsed.service == "iam") {
            self.told.push(arn);
        }
        self
    }

    /// Adds the managed policy that the call attaches or detaches, as `iam:PolicyARN` too.
    pub(crate) fn attaching(self, arn: &'a str) -> Needs<'a> {
        self.key(KnownKey::PolicyArn, arn).telling(arn)
    }

    /// Nothing at all: AWS lets every authenticated caller do it.
    pub(crate) fn nothing(account: AccountId) -> Needs<'a> {
        Needs {
            decided: Decided::Always,
            ..Needs::on("*", account)
        }
    }

    /// Adds the tags that the request asks to set, and `also` the action of setting them when there
    /// are any (creating with tags takes the right to tag).
    pub(crate) fn tagging(
        mut self,
        tags: &'a [locum_wire::iam::Tag],
        also: Option<&'static str>,
    ) -> Needs<'a> {
        self.request_tags.extend(
            tags.iter()
                .map(|tag| (tag.key.as_str(), tag.value.as_str())),
        );
        self.also.extend(also.filter(|_| !tags.is_empty()));
        self
    }

    /// Adds `iam:PermissionsBoundary`, if there is one.
    pub(crate) fn bounded(self, boundary: Option<&'a str>) -> Needs<'a> {
        match boundary {
            Some(arn) => self.key(KnownKey::PermissionsBoundary, arn),
            None => self,
        }
    }

    /// Adds the keys of the tags that the request asks to remove.
    pub(crate) fn untagging(mut self, keys: &'a [String]) -> Needs<'a> {
        self.tag_keys.extend(keys.iter().map(String::as_str));
        self
    }

    /// Adds a condition key.
    pub(crate) fn key(mut self, key: KnownKey, value: impl Into<Cow<'a, str>>) -> Needs<'a> {
        self.keys.push((key, value.into()));
        self
    }

    /// Adds `incomingTransitiveTags` to the parameters of a record, a JSON object, when there are any.
    pub(crate) fn tell_inherited_tags(&self, parameters: &mut String) {
        if self.inherited_tags.is_empty() || !parameters.ends_with('}') {
            return;
        }
        parameters.pop();
        if !parameters.ends_with('{') {
            parameters.push(',');
        }
        parameters.push_str("\"incomingTransitiveTags\":{");
        for (at, (key, value)) in self.inherited_tags.iter().enumerate() {
            if at > 0 {
                parameters.push(',');
            }
            push_json_string(parameters, key);
            parameters.push(':');
            push_json_string(parameters, value);
        }
        parameters.push_str("}}");
    }
}
