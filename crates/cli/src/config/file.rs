//! The text of an AWS configuration file → sections with their settings.
//!
//! The format is that of the SDK reference guide ("Shared config and credentials files"): INI with comments, settings that
//! hold indented sub-settings (`sts =` followed by `  endpoint_url = …`), values that continue on indented lines, names in
//! any case. Sections of the same name are one section; of a repeated setting the last one counts.

use std::collections::BTreeMap;

/// One `[section]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// Settings by lower-case name.
    pub values: BTreeMap<String, String>,
    /// Settings with sub-settings, by lower-case name.
    pub nested: BTreeMap<String, BTreeMap<String, String>>,
}

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct SyntaxError {
    /// Line number, from 1.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
}

/// Reads a whole file. Section headers come back with single spaces and without quotes: `profile my name`.
pub fn parse(text: &str) -> Result<BTreeMap<String, Section>, SyntaxError> {
    let mut reader = Reader::default();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        reader.line(line).map_err(|message| SyntaxError {
            line: index + 1,
            message,
        })?;
    }
    Ok(reader.sections)
}

#[derive(Default)]
struct Reader {
    sections: BTreeMap<String, Section>,
    /// Header of the section being read.
    section: Option<String>,
    /// Name of the setting last read, which an indented line belongs to.
    setting: Option<String>,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            return Ok(());
        }
        if trimmed.starts_with('[') {
            return self.header(trimmed);
        }
        if line.starts_with([' ', '\t']) && self.setting.is_some() {
            return self.indented(without_comment(trimmed));
        }
        let (name, value) =
            setting(without_comment(trimmed)).ok_or("expected `name = value` or `[section]`")?;
        let section = self
            .current()
            .ok_or("a setting stands before the first [section]")?;
        section.nested.remove(&name);
        section.values.insert(name.clone(), value);
        self.setting = Some(name);
        Ok(())
    }

    fn header(&mut self, line: &str) -> Result<(), String> {
        let line = without_comment(line);
        let inner = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .ok_or("a section header needs a closing ]")?;
        let name = section_name(inner).ok_or("a section header needs a name")?;
        self.sections.entry(name.clone()).or_default();
        self.section = Some(name);
        self.setting = None;
        Ok(())
    }

    /// A sub-setting when the setting has no value of its own, otherwise the next line of its value.
    fn indented(&mut self, line: &str) -> Result<(), String> {
        let Some(name) = self.setting.clone() else {
            return Ok(());
        };
        let Some(section) = self.current() else {
            return Ok(());
        };
        match section.values.get_mut(&name) {
            Some(value) if !value.is_empty() => {
                value.push('\n');
                value.push_str(line);
            }
            _ => {
                let (key, value) = setting(line).ok_or("expected an indented `name = value`")?;
                section.values.remove(&name);
                section.nested.entry(name).or_default().insert(key, value);
            }
        }
        Ok(())
    }

    fn current(&mut self) -> Option<&mut Section> {
        self.section
            .as_ref()
            .and_then(|name| self.sections.get_mut(name))
    }
}

/// `name = value`, the name in lower case.
fn setting(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    (!name.is_empty()).then(|| (name.to_ascii_lowercase(), value.trim().to_owned()))
}

/// A header's words with single spaces, quotes removed: `profile "my name"` → `profile my name`.
fn section_name(inner: &str) -> Option<String> {
    let inner = inner.trim();
    let (kind, rest) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
    let unquote = |word: &str| {
        let quoted = word.strip_prefix('"').and_then(|w| w.strip_suffix('"'));
        let quoted = quoted.or_else(|| word.strip_prefix('\'').and_then(|w| w.strip_suffix('\'')));
        quoted.unwrap_or(word).to_owned()
    };
    match (unquote(kind), unquote(rest.trim())) {
        (kind, rest) if rest.is_empty() => (!kind.is_empty()).then_some(kind),
        (kind, rest) => Some(format!("{kind} {rest}")),
    }
}

/// A `#` or `;` after white space starts a comment.
fn without_comment(line: &str) -> &str {
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        if at > 0 && matches!(c, '#' | ';') && before.is_whitespace() {
            return line.get(..at).unwrap_or(line).trim_end();
        }
        before = c;
    }
    line
}
