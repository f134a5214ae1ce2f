//! Which condition keys a document asks for: in its conditions, and as variables.

use crate::document::{Document, Spanned};
use crate::variable::{Token, Variables, Wildcards, tokens};

/// Sorted, each key once; keys differ ignoring case.
pub(super) fn each_once(mut keys: Vec<String>) -> Vec<String> {
    keys.sort_by_key(|key| key.to_ascii_lowercase());
    keys.dedup_by(|later, earlier| later.eq_ignore_ascii_case(earlier));
    keys
}

impl Document {
    /// The condition keys that the document asks for, in conditions and in variables of resources and
    /// condition values: as written, sorted, each once (keys differ ignoring case).
    pub fn context_keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        for statement in &self.statements {
            let resources = statement.resources.iter().flat_map(|list| &list.items);
            resources.for_each(|item| self.variables_in(item, &mut keys));
            for condition in &statement.conditions {
                keys.push(condition.key.text.to_string());
                let values = condition.values.iter();
                values.for_each(|value| self.variables_in(value, &mut keys));
            }
        }
        each_once(keys)
    }

    fn variables_in(&self, value: &Spanned, keys: &mut Vec<String>) {
        if self.variables() == Variables::Off {
            return;
        }
        // What is no variable was refused when the document was read.
        for token in tokens(&value.text, Wildcards::On, Variables::On).unwrap_or_default() {
            if let Token::Variable(variable) = token {
                keys.push(variable.key().to_string());
            }
        }
    }
}
