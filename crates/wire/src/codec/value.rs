//! The Rust types that members have, each with its way in and out.

use super::check::{Part, State};
use super::reader::{Path, Reader, Step};
use super::{Structure, Timestamp, Writer};
use crate::node::{Node, NodeError};
use crate::shape::{Kind, Shape};

/// A value's place in a message, and what the model says of it.
pub(crate) struct At<'r, 'n> {
    pub(super) node: Node<'n>,
    pub(super) shape: &'static Shape,
    pub(super) path: &'r Path<'r>,
    pub(super) state: &'r mut State,
}

impl At<'_, '_> {
    /// The value, or none after noting why it cannot be read.
    fn got<T>(&mut self, result: Result<T, NodeError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.state.fail(error);
                None
            }
        }
    }
}

/// A type that members have.
pub(crate) trait Value: Sized {
    /// Reads and checks; none when the message is malformed there (the state knows why).
    fn read(at: At<'_, '_>) -> Option<Self>;
    /// Writes the value, without its name.
    fn write(&self, writer: &mut Writer<'_>, shape: &'static Shape);
    /// Whether the member is left out.
    fn is_absent(&self) -> bool {
        false
    }
    /// How STS quotes it inside a list.
    fn quoted(&self) -> String {
        String::new()
    }
}

impl<T: Value> Value for Option<T> {
    fn read(at: At<'_, '_>) -> Option<Self> {
        T::read(at).map(Some)
    }

    fn write(&self, writer: &mut Writer<'_>, shape: &'static Shape) {
        if let Some(value) = self {
            value.write(writer, shape);
        }
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl Value for String {
    fn read(mut at: At<'_, '_>) -> Option<Self> {
        let text = at.node.text();
        let text = at.got(text)?;
        at.state.text(at.shape, at.path, text);
        Some(text.to_owned())
    }

    fn write(&self, writer: &mut Writer<'_>, _shape: &'static Shape) {
        writer.text(self);
    }

    fn quoted(&self) -> String {
        self.clone()
    }
}

impl Value for i64 {
    fn read(mut at: At<'_, '_>) -> Option<Self> {
        let value = at.node.integer("a Long");
        let value = at.got(value)?;
        at.state
            .size(at.shape, at.path, value, &|| value.to_string());
        Some(value)
    }

    fn write(&self, writer: &mut Writer<'_>, _shape: &'static Shape) {
        writer.integer(*self);
    }

    fn quoted(&self) -> String {
        self.to_string()
    }
}

impl Value for i32 {
    fn read(mut at: At<'_, '_>) -> Option<Self> {
        const WANTED: &str = "an Integer";
        let mistyped = NodeError::Type {
            found: "NUMBER_VALUE",
            wanted: WANTED,
        };
        let value = at
            .node
            .integer(WANTED)
            .and_then(|v| i32::try_from(v).map_err(|_| mistyped));
        let value = at.got(value)?;
        at.state
            .size(at.shape, at.path, i64::from(value), &|| value.to_string());
        Some(value)
    }

    fn write(&self, writer: &mut Writer<'_>, _shape: &'static Shape) {
        writer.integer(i64::from(*self));
    }

    fn quoted(&self) -> String {
        self.to_string()
    }
}

impl Value for bool {
    fn read(mut at: At<'_, '_>) -> Option<Self> {
        let value = at.node.boolean();
        at.got(value)
    }

    fn write(&self, writer: &mut Writer<'_>, _shape: &'static Shape) {
        writer.boolean(if *self { "true" } else { "false" });
    }
}

impl Value for Timestamp {
    fn read(mut at: At<'_, '_>) -> Option<Self> {
        let value = at.node.timestamp();
        at.got(value).map(Timestamp)
    }

    fn write(&self, writer: &mut Writer<'_>, _shape: &'static Shape) {
        writer.timestamp(self.0);
    }
}

impl Value for Vec<u8> {
    fn read(mut at: At<'_, '_>) -> Option<Self> {
        let value = at.node.blob();
        let value = at.got(value)?;
        at.state
            .length(at.shape, at.path, value.len(), &String::new);
        Some(value)
    }

    fn write(&self, writer: &mut Writer<'_>, _shape: &'static Shape) {
        writer.blob(self);
    }
}

impl<T: Structure> Value for T {
    fn read(mut at: At<'_, '_>) -> Option<Self> {
        let fits = at.node.structure();
        at.got(fits)?;
        let mut out = T::default();
        out.read(&mut Reader {
            node: at.node,
            path: Some(at.path),
            state: at.state,
        });
        Some(out)
    }

    fn write(&self, writer: &mut Writer<'_>, _shape: &'static Shape) {
        writer.structure(|w| self.write(w));
    }
}

impl<T: Value> Value for Vec<T> {
    fn read(mut at: At<'_, '_>) -> Option<Self> {
        let Kind::List(item) = at.shape.kind else {
            return None;
        };
        let nodes = at.node.items();
        let nodes = at.got(nodes)?;
        let (shape, path) = (at.shape, at.path);
        let read = |state: &mut State| -> Vec<T> {
            let values = nodes.iter().enumerate().filter_map(|(i, node)| {
                let path = Path {
                    parent: Some(path),
                    step: Step::Item(i + 1),
                };
                T::read(At {
                    node: *node,
                    shape: item,
                    path: &path,
                    state: &mut *state,
                })
            });
            values.collect()
        };
        if !item.is_scalar() {
            // A list's own length is reported before what is wrong inside.
            at.state.length(shape, path, nodes.len(), &String::new);
            return Some(read(at.state));
        }
        let (items, violated) = at.state.probe(read);
        let quoted = || {
            let all: Vec<String> = items.iter().map(Value::quoted).collect();
            format!("[{}]", all.join(", "))
        };
        at.state.length(shape, path, nodes.len(), &quoted);
        if violated {
            at.state.parts(shape, Part::Items(item), path, &quoted);
        }
        Some(items)
    }

    fn write(&self, writer: &mut Writer<'_>, shape: &'static Shape) {
        if let Kind::List(item) = shape.kind {
            writer.list(self, item);
        }
    }
}

impl<V: Value> Value for Vec<(String, V)> {
    fn read(mut at: At<'_, '_>) -> Option<Self> {
        let Kind::Map(key_shape, value_shape) = at.shape.kind else {
            return None;
        };
        let entries = at.node.entries();
        let entries = at.got(entries)?;
        at.state
            .length(at.shape, at.path, entries.len(), &String::new);
        let (shape, path) = (at.shape, at.path);
        let (_, violated) = at.state.probe(|state| {
            entries
                .iter()
                .for_each(|(key, _)| state.text(key_shape, path, key));
        });
        if violated {
            let keys = Part::Keys(key_shape);
            at.state.parts(shape, keys, path, &String::new);
        }
        let read = |state: &mut State| -> Vec<(String, V)> {
            let values = entries.iter().filter_map(|(key, node)| {
                let path = Path {
                    parent: Some(path),
                    step: Step::Key(key),
                };
                let at = At {
                    node: *node,
                    shape: value_shape,
                    path: &path,
                    state: &mut *state,
                };
                Some(((*key).to_owned(), V::read(at)?))
            });
            values.collect()
        };
        if !value_shape.is_scalar() {
            return Some(read(at.state));
        }
        let (out, violated) = at.state.probe(read);
        if violated {
            let values = Part::Values(value_shape);
            at.state.parts(shape, values, path, &String::new);
        }
        Some(out)
    }

    fn write(&self, writer: &mut Writer<'_>, shape: &'static Shape) {
        if let Kind::Map(_, value) = shape.kind {
            writer.map(self, value);
        }
    }
}
