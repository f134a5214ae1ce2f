//! One place in a message, whatever it is written in: the form, JSON or XML that a reader walks.

use crate::form::{FormError, FormNode, Name};
use crate::json::Json;
use crate::time::parse_iso;
use crate::xml::Element;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// A place in a message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Node<'n> {
    Form(FormNode<'n>),
    Json(&'n Json<'n>),
    Xml(&'n Element),
}

/// Why a place cannot be read as what the model says it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum NodeError {
    /// A name in another case, or given twice.
    Name(FormError),
    /// Structure or list where another thing is wanted, in AWS's words.
    Structure(&'static str),
    /// A value of another type: what it is, what is wanted.
    Type {
        found: &'static str,
        wanted: &'static str,
    },
}

const STRUCTURE: NodeError =
    NodeError::Structure("Start of structure or map found where not expected.");
const LIST: NodeError = NodeError::Structure("Start of list found where not expected");
const LIST_END: NodeError = NodeError::Structure("Unexpected list element termination");
/// What lists and maps are made of, in forms and XML.
const MEMBER: Name = Name::new("member");
const ENTRY: Name = Name::new("entry");
const KEY: Name = Name::new("key");
const VALUE: Name = Name::new("value");
const COMPLEX_END: NodeError = NodeError::Structure("Unexpected complex element termination");

impl<'n> Node<'n> {
    /// The member of that name, if it is there and not null.
    pub(crate) fn member(self, name: Name) -> Result<Option<Node<'n>>, NodeError> {
        match self {
            Node::Form(node) => {
                let found = node.member(name).map_err(NodeError::Name)?;
                Ok(found.map(Node::Form))
            }
            Node::Json(json) => match json.member(name.text) {
                None | Some((_, Json::Null)) => Ok(None),
                Some((written, value)) if written == name.text => Ok(Some(Node::Json(value))),
                Some((written, _)) => {
                    Err(NodeError::Name(FormError::OtherCase(written.to_owned())))
                }
            },
            Node::Xml(element) => Ok(element.child(name.text).map(Node::Xml)),
        }
    }

    /// Whether a structure may stand here.
    pub(crate) fn structure(self) -> Result<(), NodeError> {
        match self {
            Node::Form(node) => match node.value {
                Some(value) if !value.is_empty() => Err(COMPLEX_END),
                _ => Ok(()),
            },
            Node::Json(Json::Object(_)) | Node::Xml(_) => Ok(()),
            Node::Json(Json::List(_)) => Err(LIST),
            Node::Json(other) => Err(NodeError::Type {
                found: other.kind(),
                wanted: "a Structure",
            }),
        }
    }

    /// A scalar's text.
    pub(crate) fn text(self) -> Result<&'n str, NodeError> {
        match self {
            Node::Form(node) => match node.value {
                Some(value) if !node.has_children() => Ok(value),
                _ => Err(STRUCTURE),
            },
            Node::Json(Json::Text(text)) => Ok(text),
            Node::Json(other) => Err(wrong(other, "a String")),
            Node::Xml(element) => Ok(&element.text),
        }
    }

    /// A whole number.
    pub(crate) fn integer(self, wanted: &'static str) -> Result<i64, NodeError> {
        match self {
            Node::Json(Json::Integer(value)) => Ok(*value),
            Node::Json(other) => Err(wrong(other, wanted)),
            _ => {
                let mistyped = NodeError::Type {
                    found: "STRING_VALUE",
                    wanted,
                };
                self.text()?.parse().map_err(|_| mistyped)
            }
        }
    }

    /// True or false.
    pub(crate) fn boolean(self) -> Result<bool, NodeError> {
        if let Node::Json(json) = self {
            return match json {
                Json::Boolean(value) => Ok(*value),
                other => Err(wrong(other, "a Boolean")),
            };
        }
        match self.text()? {
            text if text.eq_ignore_ascii_case("true") => Ok(true),
            text if text.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(NodeError::Type {
                found: "STRING_VALUE",
                wanted: "a Boolean",
            }),
        }
    }

    /// Unix seconds.
    pub(crate) fn timestamp(self) -> Result<i64, NodeError> {
        match self {
            Node::Json(Json::Integer(value)) => Ok(*value),
            // `as` saturates, so an absurd number stays a number.
            Node::Json(Json::Float(value)) => Ok(value.floor() as i64),
            Node::Json(other) => Err(wrong(other, "a Timestamp")),
            _ => {
                let mistyped = NodeError::Type {
                    found: "STRING_VALUE",
                    wanted: "a Timestamp",
                };
                parse_iso(self.text()?).ok_or(mistyped)
            }
        }
    }

    /// Bytes.
    pub(crate) fn blob(self) -> Result<Vec<u8>, NodeError> {
        let mistyped = NodeError::Type {
            found: "STRING_VALUE",
            wanted: "a Blob",
        };
        BASE64_STANDARD.decode(self.text()?).map_err(|_| mistyped)
    }

    /// A list's items in order.
    pub(crate) fn items(self) -> Result<Vec<Node<'n>>, NodeError> {
        match self {
            Node::Form(node) => numbered(node, MEMBER),
            Node::Json(Json::List(items)) => Ok(items.iter().map(Node::Json).collect()),
            Node::Json(other) => Err(wrong(other, "a List")),
            Node::Xml(element) => Ok(element
                .children
                .iter()
                .filter(|c| c.name == "member")
                .map(Node::Xml)
                .collect()),
        }
    }

    /// A map's keys and values in order.
    pub(crate) fn entries(self) -> Result<Vec<(&'n str, Node<'n>)>, NodeError> {
        let entries = match self {
            Node::Form(node) => numbered(node, ENTRY)?,
            Node::Json(Json::Object(members)) => {
                return Ok(members
                    .iter()
                    .map(|(k, v)| (k.as_ref(), Node::Json(v)))
                    .collect());
            }
            Node::Json(other) => return Err(wrong(other, "a Map")),
            Node::Xml(element) => element
                .children
                .iter()
                .filter(|c| c.name == "entry")
                .map(Node::Xml)
                .collect(),
        };
        entries
            .into_iter()
            .map(|entry| {
                let key = entry.member(KEY)?.ok_or(COMPLEX_END)?.text()?;
                let value = entry.member(VALUE)?.ok_or(COMPLEX_END)?;
                Ok((key, value))
            })
            .collect()
    }
}

/// The items below `Name.member.N` or `Name.entry.N`. A bare `Name=` is the empty list.
fn numbered<'n>(node: FormNode<'n>, step: Name) -> Result<Vec<Node<'n>>, NodeError> {
    match node.value {
        Some("") if !node.has_children() => return Ok(Vec::new()),
        Some(_) => return Err(LIST_END),
        None => {}
    }
    let below = node
        .member(step)
        .map_err(NodeError::Name)?
        .ok_or(LIST_END)?;
    if below.value.is_some() || below.count() != node.count() {
        return Err(LIST_END);
    }
    let items = below.numbered().ok_or(LIST_END)?;
    Ok(items.into_iter().map(Node::Form).collect())
}

fn wrong(json: &Json<'_>, wanted: &'static str) -> NodeError {
    match json {
        Json::Object(_) => STRUCTURE,
        Json::List(_) => LIST,
        other => NodeError::Type {
            found: other.kind(),
            wanted,
        },
    }
}
