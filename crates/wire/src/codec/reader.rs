//! Reading: a structure asks for its members one after the other and each lands in its field.

use super::Structure;
use super::check::State;
use super::value::{At, Value};
use crate::node::Node;
use crate::shape::{Member, Need};

/// Where a reader stands: a chain of frames, so that no path is built until a violation needs it.
#[derive(Clone, Copy)]
pub(crate) struct Path<'r> {
    pub(crate) parent: Option<&'r Path<'r>>,
    pub(crate) step: Step<'r>,
}

/// One step of a path.
#[derive(Clone, Copy)]
pub(crate) enum Step<'r> {
    /// A member: `.roleArn`.
    Member(&'static str),
    /// An item, from 1: `.1.member`.
    Item(usize),
    /// A map's value: `.key.member`.
    Key(&'r str),
}

/// Reads the members of one structure.
pub struct Reader<'r, 'n> {
    pub(super) node: Node<'n>,
    pub(super) path: Option<&'r Path<'r>>,
    pub(super) state: &'r mut State,
}

impl Reader<'_, '_> {
    /// Reads one member into its field, checking what the model demands of it.
    #[expect(
        private_bounds,
        reason = "only generated code calls this, with the types of the models"
    )]
    pub fn member<T: Value>(&mut self, member: &'static Member, slot: &mut T) {
        let path = Path {
            parent: self.path,
            step: Step::Member(member.path),
        };
        match self.node.member(member.key) {
            Ok(Some(node)) => {
                let at = At {
                    node,
                    shape: member.shape,
                    path: &path,
                    state: &mut *self.state,
                };
                if let Some(value) = T::read(at) {
                    *slot = value;
                }
            }
            Ok(None) if member.need == Need::Required => self.state.missing(&path),
            Ok(None) => {}
            Err(error) => self.state.fail(error),
        }
    }
}

/// Reads a whole message as one structure.
pub(crate) fn read_root<T: Structure>(node: Node<'_>, state: &mut State) -> T {
    let mut out = T::default();
    match node.structure() {
        Ok(()) => out.read(&mut Reader {
            node,
            path: None,
            state,
        }),
        Err(error) => state.fail(error),
    }
    out
}
