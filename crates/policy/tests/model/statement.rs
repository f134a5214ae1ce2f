//! Whether one statement applies to a question: principal, action, resource, conditions.

use super::document::{Document, Element, Statement};
use super::pattern::{Text, Wild, expand, wildcard};
use super::principal::{Needs, hits};
use super::truth::{Truth, all, any, not, truth};
use super::{Question, arn, condition};

/// Which grammar a statement had to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// Identity, boundary, session and service control policies: no principal, a resource.
    Caller,
    /// A resource's own policy: a principal; without a resource it means its own.
    Resource,
    /// A resource control policy: the principal is `"*"`, and there is a resource.
    Rcp,
}

/// Whether a statement applies, and what an Allow of a resource's policy leaves to be asked.
pub(crate) type Applies = (Truth, Option<Needs>);

/// See [`Applies`]. Each statement is looked at once for each question.
pub(crate) fn applies(
    document: &Document,
    statement: &Statement,
    place: Place,
    question: &Question<'_>,
) -> Applies {
    let key = (std::ptr::from_ref(statement), place);
    if let Some(told) = question.told.borrow().get(&key) {
        return *told;
    }
    let told = look(document, statement, place, question);
    question.told.borrow_mut().insert(key, told);
    told
}

fn look(
    document: &Document,
    statement: &Statement,
    place: Place,
    question: &Question<'_>,
) -> Applies {
    let (principal, needs) = principal(statement, place, question);
    let parts = [
        &|| principal,
        &|| action(&statement.action, question),
        &|| resource(document, statement, place, question),
    ] as [&dyn Fn() -> Truth; 3];
    let conditions = statement.conditions.iter();
    let conditions = conditions.map(|c| condition::holds(c, document.variables, question));
    (
        all(parts.iter().map(|part| part()).chain(conditions)),
        needs,
    )
}

/// A statement in a place where it does not belong cannot be told.
fn principal(statement: &Statement, place: Place, question: &Question<'_>) -> Applies {
    match (place, &statement.principal) {
        (Place::Caller, None) => (Truth::Yes, None),
        (Place::Caller, Some(_)) | (Place::Resource | Place::Rcp, None) => (Truth::Unknown, None),
        (Place::Resource, Some(element)) => hits(element, question),
        (Place::Rcp, Some(element)) => {
            let star = ("".to_owned(), "*".to_owned());
            match !element.not && element.items == [star] {
                true => (Truth::Yes, None),
                false => (Truth::Unknown, None),
            }
        }
    }
}

fn action(element: &Element<String>, question: &Question<'_>) -> Truth {
    let asked = question.action.to_ascii_lowercase();
    let found = element.items.iter().any(|pattern| {
        pattern == "*" || pattern == "*:*" || wildcard(&pattern.to_ascii_lowercase(), &asked)
    });
    truth(found != element.not)
}

fn resource(
    document: &Document,
    statement: &Statement,
    place: Place,
    question: &Question<'_>,
) -> Truth {
    let Some(element) = &statement.resource else {
        return match place {
            Place::Resource => Truth::Yes,
            Place::Caller | Place::Rcp => Truth::Unknown,
        };
    };
    let found = any(element
        .items
        .iter()
        .map(|pattern| one_resource(pattern, element.not, document.variables, question)));
    if element.not { not(found) } else { found }
}

fn one_resource(pattern: &str, is_not: bool, variables: bool, question: &Question<'_>) -> Truth {
    if pattern == "*" {
        return Truth::Yes;
    }
    // What has no resource-level permissions is asked about as `*`, which no ARN names.
    if question.resource == "*" {
        return Truth::No;
    }
    let Some(asked) = arn::split(question.resource) else {
        return Truth::Unknown;
    };
    match expand(pattern, variables, Wild::Yes, question) {
        Text::Pieces(pieces) => arn::like(&pieces, asked),
        // "It matches no resource", says the reference, and so would leave out nothing: an Allow of
        // all but one's own would be an Allow of all. Stricter here.
        Text::Null if is_not => arn::unclear(pattern, asked, question),
        Text::Null => Truth::No,
        Text::Unknown => arn::unclear(pattern, asked, question),
    }
}
