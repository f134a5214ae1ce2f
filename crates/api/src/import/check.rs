//! Checks of an import, the same that calls pass: the models' constraints and the documents' rules.

use locum_policy::{Kind, size_without_whitespace};
use locum_store::{InlinePolicy, PolicyText, Tag};
use locum_wire::{HttpRequest, Service, Structure, iam};

use super::file;
use crate::documents;
use crate::error::ApiError;
use crate::iam::names::{self, KeyCase};

/// What a caller would read of this error.
pub(super) fn said(error: &ApiError) -> String {
    error.wire(Some(Service::Iam)).message
}

/// Would the input of this call be taken? Written and read back as the call would be.
///
/// # Errors
/// AWS's sentence.
pub(super) fn input<I: Structure>(operation: &str, input: &I) -> Result<(), String> {
    let request = locum_wire::write_input(Service::Iam, operation, input);
    let http = HttpRequest {
        method: "POST",
        path: "/",
        query: "",
        host: None,
        content_type: Some(request.content_type),
        target: None,
        accept: None,
        body: &request.body,
        scope_service: Some("iam"),
    };
    let call = locum_wire::route(&http).map_err(|error| error.message())?;
    call.read::<I>()
        .map(|_| ())
        .map_err(|error| error.message())
}

/// Tags as requests carry them.
pub(super) fn wire_tags(tags: &[file::Tag]) -> Vec<iam::Tag> {
    let tags = tags.iter();
    tags.map(|tag| iam::Tag {
        key: tag.key.clone(),
        value: tag.value.clone(),
    })
    .collect()
}

/// Tags as they are kept.
///
/// # Errors
/// The sentence for duplicate or reserved keys.
pub(super) fn tags(tags: &[file::Tag]) -> Result<Vec<Tag>, String> {
    names::tags(wire_tags(tags), KeyCase::Ignored).map_err(|error| said(&error))
}

/// A path that begins and ends with `/`.
///
/// # Errors
/// AWS's sentence.
pub(super) fn path(path: &str) -> Result<String, String> {
    names::path(Some(path.to_owned())).map_err(|error| said(&error))
}

/// An identity policy and its characters.
///
/// # Errors
/// AWS's sentence.
pub(super) fn identity(text: &str, kind: Kind) -> Result<(PolicyText, usize), String> {
    documents::identity(text, kind).map_err(|error| said(&error))
}

/// Inline policies of one entity, in the order of their names.
///
/// # Errors
/// AWS's sentence for the first that is refused, for a name said twice, and for too many characters.
pub(super) fn inline(
    policies: Vec<(String, String)>,
    characters_max: usize,
) -> Result<Vec<InlinePolicy>, String> {
    let mut held: Vec<InlinePolicy> = Vec::with_capacity(policies.len());
    for (name, text) in policies {
        let request = iam::PutRolePolicyRequest {
            role_name: "role".to_owned(),
            policy_name: name.clone(),
            policy_document: text.clone(),
        };
        let named = |why: String| format!("inline policy {name}: {why}");
        input("PutRolePolicy", &request).map_err(named)?;
        let (policy, _) = identity(&text, Kind::Inline).map_err(named)?;
        if held.iter().any(|other| other.name == name) {
            return Err(format!("the inline policy {name} is there twice"));
        }
        held.push(InlinePolicy { name, policy });
    }
    let characters: usize = held
        .iter()
        .map(|held| size_without_whitespace(held.policy.text()))
        .sum();
    if characters > characters_max {
        return Err(format!(
            "Maximum policy size of {characters_max} bytes exceeded"
        ));
    }
    held.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(held)
}

/// A unique id of this kind: its four letters, then capitals and digits.
///
/// # Errors
/// When it is none.
pub(super) fn unique_id(id: &str, prefix: &str) -> Result<(), String> {
    let rest = id.strip_prefix(prefix).unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    if (12..=28).contains(&rest.len()) && rest.bytes().all(plain) {
        Ok(())
    } else {
        Err(format!("{id} is no unique id that begins with {prefix}"))
    }
}
