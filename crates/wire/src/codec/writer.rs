//! Writing: a structure hands over its members one after the other and each is appended to one buffer.

use super::value::Value;
use crate::json::push_string;
use crate::percent::encode_into;
use crate::shape::{Member, Shape};
use crate::time::push_iso;
use crate::xml::push_text;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use std::fmt::Write;

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Elements named as the members are.
    Xml,
    /// Members of an object.
    Json,
    /// `Name=value`, joined by `&`.
    Form,
    /// A JSON object for the trail: lower camel case, secrets left out, times as CloudTrail prints them.
    Record,
}

/// Appends structures to a buffer.
pub struct Writer<'b> {
    out: &'b mut String,
    format: Format,
    /// The dotted name of the current place, in forms.
    name: String,
}

impl<'b> Writer<'b> {
    pub(crate) fn new(out: &'b mut String, format: Format) -> Writer<'b> {
        Writer {
            out,
            format,
            name: String::new(),
        }
    }

    /// Writes one member, unless it is absent.
    #[expect(
        private_bounds,
        reason = "only generated code calls this, with the types of the models"
    )]
    pub fn member<T: Value>(&mut self, member: &'static Member, value: &T) {
        if value.is_absent() {
            return;
        }
        if self.format != Format::Record {
            self.named(member.name, |w| value.write(w, member.shape));
        } else if crate::record::is_recorded(member) {
            self.named(member.path, |w| value.write(w, member.shape));
        }
    }

    fn named(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        match self.format {
            Format::Xml => self.element(name, write),
            Format::Json | Format::Record => {
                self.comma();
                self.out.push('"');
                self.out.push_str(name);
                self.out.push_str("\":");
                write(self);
            }
            Format::Form => self.below(format_args!("{name}"), write),
        }
    }

    /// `<name>…</name>`, or `<name/>` when nothing stands inside.
    fn element(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push('>');
        let inside = self.out.len();
        write(self);
        if self.out.len() == inside {
            self.out.truncate(inside - 1);
            self.out.push_str("/>");
        } else {
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
        }
    }

    /// Goes one step down in a form's names.
    fn below(&mut self, step: std::fmt::Arguments<'_>, write: impl FnOnce(&mut Self)) {
        let mark = self.name.len();
        if mark > 0 {
            self.name.push('.');
        }
        let _ = self.name.write_fmt(step);
        write(self);
        self.name.truncate(mark);
    }

    /// Between two members or items.
    fn comma(&mut self) {
        if !self.out.ends_with(['{', '[']) {
            self.out.push(',');
        }
    }

    /// `&Name=` in forms, nothing elsewhere.
    fn start(&mut self) {
        if self.format == Format::Form {
            if !self.out.is_empty() {
                self.out.push('&');
            }
            self.out.push_str(&self.name);
            self.out.push('=');
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        self.start();
        match self.format {
            Format::Xml => push_text(self.out, text),
            Format::Json | Format::Record => push_string(self.out, text),
            Format::Form => encode_into(self.out, text),
        }
    }

    pub(super) fn integer(&mut self, value: i64) {
        self.start();
        self.out.push_str(itoa::Buffer::new().format(value));
    }

    pub(super) fn boolean(&mut self, text: &str) {
        self.start();
        self.out.push_str(text);
    }

    pub(super) fn timestamp(&mut self, unix_s: i64) {
        self.start();
        match self.format {
            Format::Json => self.out.push_str(itoa::Buffer::new().format(unix_s)),
            Format::Record => crate::record::push_time(self.out, unix_s),
            Format::Xml => push_iso(self.out, unix_s),
            Format::Form => {
                let mut text = String::new();
                push_iso(&mut text, unix_s);
                encode_into(self.out, &text);
            }
        }
    }

    pub(super) fn blob(&mut self, bytes: &[u8]) {
        self.text(&BASE64_STANDARD.encode(bytes));
    }

    pub(crate) fn structure(&mut self, write: impl FnOnce(&mut Self)) {
        if matches!(self.format, Format::Json | Format::Record) {
            self.out.push('{');
            write(self);
            self.out.push('}');
        } else {
            write(self);
        }
    }

    pub(super) fn list<T: Value>(&mut self, items: &[T], item: &'static Shape) {
        match self.format {
            Format::Xml => {
                for value in items {
                    self.element("member", |w| value.write(w, item));
                }
            }
            Format::Json | Format::Record => {
                self.out.push('[');
                for value in items {
                    self.comma();
                    value.write(self, item);
                }
                self.out.push(']');
            }
            Format::Form if items.is_empty() => self.start(),
            Format::Form => {
                for (i, value) in items.iter().enumerate() {
                    self.below(format_args!("member.{}", i + 1), |w| value.write(w, item));
                }
            }
        }
    }

    pub(super) fn map<V: Value>(&mut self, entries: &[(String, V)], shape: &'static Shape) {
        match self.format {
            Format::Xml => {
                for (key, value) in entries {
                    self.element("entry", |w| {
                        w.element("key", |w| w.text(key));
                        w.element("value", |w| value.write(w, shape));
                    });
                }
            }
            Format::Json | Format::Record => {
                self.out.push('{');
                for (key, value) in entries {
                    self.comma();
                    push_string(self.out, key);
                    self.out.push(':');
                    value.write(self, shape);
                }
                self.out.push('}');
            }
            Format::Form if entries.is_empty() => self.start(),
            Format::Form => {
                for (i, (key, value)) in entries.iter().enumerate() {
                    self.below(format_args!("entry.{}.key", i + 1), |w| w.text(key));
                    self.below(format_args!("entry.{}.value", i + 1), |w| {
                        value.write(w, shape)
                    });
                }
            }
        }
    }
}
