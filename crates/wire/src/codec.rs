//! The two visits that generated structures take part in: reading members from a message, writing them.

mod check;
mod reader;
mod value;
mod writer;

pub(crate) use check::{Checks, State};
pub use reader::Reader;
pub(crate) use reader::read_root;
pub(crate) use writer::Format;
pub use writer::Writer;

use crate::shape::Shape;
use std::fmt;

/// A structure of a service model. Implemented by generated types only.
pub trait Structure: Clone + fmt::Debug + Default + PartialEq {
    /// What the model says of it.
    const SHAPE: &'static Shape;
    /// Reads every member.
    fn read(&mut self, reader: &mut Reader<'_, '_>);
    /// Writes every member.
    fn write(&self, writer: &mut Writer<'_>);
}

/// The input of operations that have none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Empty {}

impl Structure for Empty {
    const SHAPE: &'static Shape = &EMPTY;

    fn read(&mut self, _reader: &mut Reader<'_, '_>) {}

    fn write(&self, _writer: &mut Writer<'_>) {}
}

static EMPTY: Shape = Shape::structure("Empty", &[]);

/// A moment: seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(
    /// The seconds.
    pub i64,
);

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(20);
        crate::time::push_iso(&mut text, self.0);
        f.write_str(&text)
    }
}

/// Stands for a secret in `Debug`.
pub(crate) struct Hidden;

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
