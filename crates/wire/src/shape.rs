//! What a service model says, as static tables: shapes with constraints, members, operations, errors.

use crate::form::Name;
use crate::pattern::Pattern;

/// A shape of the model: its kind and the constraints on its values.
#[derive(Debug)]
pub struct Shape {
    /// The model's name.
    pub name: &'static str,
    /// String, integer, list, ….
    pub kind: Kind,
    /// Least length (characters, items, bytes) or value, inclusive.
    pub min: Option<i64>,
    /// Greatest length or value, inclusive.
    pub max: Option<i64>,
    /// What the whole text must match.
    pub pattern: Option<&'static Pattern>,
    /// The allowed texts; empty when any is.
    pub values: &'static [&'static str],
    /// Whether values may be shown.
    pub privacy: Privacy,
    /// Whether AWS lists `Member must not be null` among this list's item constraints.
    pub items_null: ItemsNull,
}

/// The kind of a shape.
#[derive(Debug)]
pub enum Kind {
    /// UTF-8 text.
    String,
    /// 32 bits.
    Integer,
    /// 64 bits.
    Long,
    /// True or false.
    Boolean,
    /// A moment, to the second.
    Timestamp,
    /// Bytes, base64 on the wire.
    Blob,
    /// Items of one shape.
    List(&'static Shape),
    /// Keys and values.
    Map(&'static Shape, &'static Shape),
    /// Named members.
    Structure(&'static [Member]),
}

/// Whether a value may appear in messages and logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privacy {
    /// It may.
    Open,
    /// It may not: passwords, keys, tokens, personal data.
    Secret,
}

/// See [`Shape::items_null`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemsNull {
    /// Not mentioned.
    Unmentioned,
    /// `Member must not be null` closes the list of constraints.
    Mentioned,
}

/// A member of a structure.
#[derive(Debug)]
pub struct Member {
    /// The name on the wire, for example `RoleArn`.
    pub name: &'static str,
    /// The name in validation errors, for example `roleArn`.
    pub path: &'static str,
    /// Its shape.
    pub shape: &'static Shape,
    /// Whether it must be given.
    pub need: Need,
    /// The name, made ready for looking up.
    pub(crate) key: Name,
}

/// Whether a member must be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Leaving it out is a violation.
    Required,
    /// It may be left out.
    Optional,
}

/// An operation of a service, whether or not it has generated types.
#[derive(Debug)]
pub struct OperationModel {
    /// For example `AssumeRole`.
    pub name: &'static str,
    /// The input's shape name; none for operations without parameters.
    pub input: Option<&'static str>,
    /// The output's shape name; none for operations that answer nothing.
    pub output: Option<&'static str>,
    /// Whether callers sign it.
    pub signing: Signing,
    /// The errors that the model declares.
    pub errors: &'static [&'static ErrorModel],
}

/// Whether an operation's calls carry a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// They must.
    Signed,
    /// They need not (AssumeRoleWithSAML, AssumeRoleWithWebIdentity).
    Unsigned,
}

/// An error of the model.
#[derive(Debug)]
pub struct ErrorModel {
    /// The shape's name, for example `NoSuchEntityException`.
    pub shape: &'static str,
    /// The code on the wire, for example `NoSuchEntity`.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// Whose fault it is.
    pub fault: Fault,
}

/// Whose fault an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The caller's.
    Sender,
    /// The service's.
    Receiver,
}

impl Fault {
    /// The text of `<Type>` in an XML error.
    pub fn as_str(self) -> &'static str {
        match self {
            Fault::Sender => "Sender",
            Fault::Receiver => "Receiver",
        }
    }
}

impl Member {
    /// A member that must be given.
    pub(crate) const fn required(
        name: &'static str,
        path: &'static str,
        shape: &'static Shape,
    ) -> Member {
        Member {
            name,
            path,
            shape,
            need: Need::Required,
            key: Name::new(name),
        }
    }

    /// A member that may be left out.
    pub(crate) const fn optional(
        name: &'static str,
        path: &'static str,
        shape: &'static Shape,
    ) -> Member {
        Member {
            name,
            path,
            shape,
            need: Need::Optional,
            key: Name::new(name),
        }
    }
}

impl Shape {
    /// Whether its values are one text each.
    pub(crate) fn is_scalar(&self) -> bool {
        !matches!(
            self.kind,
            Kind::List(_) | Kind::Map(..) | Kind::Structure(_)
        )
    }

    const fn new(name: &'static str, kind: Kind) -> Shape {
        Shape {
            name,
            kind,
            min: None,
            max: None,
            pattern: None,
            values: &[],
            privacy: Privacy::Open,
            items_null: ItemsNull::Unmentioned,
        }
    }

    pub(crate) const fn string(name: &'static str) -> Shape {
        Shape::new(name, Kind::String)
    }

    pub(crate) const fn integer(name: &'static str) -> Shape {
        Shape::new(name, Kind::Integer)
    }

    #[expect(
        dead_code,
        reason = "used as soon as an operation with a long has types"
    )]
    pub(crate) const fn long(name: &'static str) -> Shape {
        Shape::new(name, Kind::Long)
    }

    pub(crate) const fn boolean(name: &'static str) -> Shape {
        Shape::new(name, Kind::Boolean)
    }

    pub(crate) const fn timestamp(name: &'static str) -> Shape {
        Shape::new(name, Kind::Timestamp)
    }

    pub(crate) const fn blob(name: &'static str) -> Shape {
        Shape::new(name, Kind::Blob)
    }

    pub(crate) const fn list(name: &'static str, item: &'static Shape) -> Shape {
        Shape::new(name, Kind::List(item))
    }

    pub(crate) const fn map(
        name: &'static str,
        key: &'static Shape,
        value: &'static Shape,
    ) -> Shape {
        Shape::new(name, Kind::Map(key, value))
    }

    pub(crate) const fn structure(name: &'static str, members: &'static [Member]) -> Shape {
        Shape::new(name, Kind::Structure(members))
    }

    pub(crate) const fn min(self, min: i64) -> Shape {
        Shape {
            min: Some(min),
            ..self
        }
    }

    pub(crate) const fn max(self, max: i64) -> Shape {
        Shape {
            max: Some(max),
            ..self
        }
    }

    pub(crate) const fn pattern(self, pattern: &'static Pattern) -> Shape {
        Shape {
            pattern: Some(pattern),
            ..self
        }
    }

    pub(crate) const fn values(self, values: &'static [&'static str]) -> Shape {
        Shape { values, ..self }
    }

    pub(crate) const fn secret(self) -> Shape {
        Shape {
            privacy: Privacy::Secret,
            ..self
        }
    }

    pub(crate) const fn items_not_null(self) -> Shape {
        Shape {
            items_null: ItemsNull::Mentioned,
            ..self
        }
    }
}
