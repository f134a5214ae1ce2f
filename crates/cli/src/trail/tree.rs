//! The tree of a followed session as people read it: one session a branch, its facts below it.

use super::follow::{Origin, Session, Tree};
use crate::output::{Colour, Style, clean};

/// Width when standard output is no terminal.
const WIDTH_DEFAULT: usize = 120;

/// Lays out a tree; lines are broken at the terminal's width.
#[must_use]
pub fn lay_out(tree: &Tree, width: Option<usize>, colour: Colour) -> String {
    let mut out = Layout {
        text: String::new(),
        width: width.unwrap_or(WIDTH_DEFAULT),
        colour,
    };
    out.origin(&tree.origin);
    out.session(&tree.session, "", Place::Last);
    out.text
}

/// Whether others come after a branch.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Between,
    Last,
}

struct Layout {
    text: String,
    width: usize,
    colour: Colour,
}

/// `reader/ci` of `arn:aws:sts::…:assumed-role/reader/ci`, and the account.
fn short(arn: &str) -> (String, String) {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, _, _, account, rest] => {
            let name = rest.split_once('/').map_or(*rest, |(_, name)| name);
            (clean(name), clean(account))
        }
        _ => (clean(arn), String::new()),
    }
}

impl Layout {
    fn origin(&mut self, origin: &Origin) {
        let kind = match origin.kind.as_str() {
            "IAMUser" => "IAM user",
            "Root" => "root user",
            "WebIdentityUser" => "OpenID Connect identity",
            "SAMLUser" => "SAML identity",
            "AWSService" => "service",
            "Unknown" => "unknown",
            other => other,
        };
        let (name, account) = short(&origin.name);
        let mut facts = vec![clean(kind)];
        facts.extend((!account.is_empty()).then(|| format!("account {account}")));
        facts.extend(
            origin
                .access_key_id
                .as_deref()
                .map(|key| format!("key {}", clean(key))),
        );
        let name = self.colour.paint(Style::Bold, &name);
        self.text.push_str(&name);
        self.text.push('\n');
        self.facts("", &facts, Style::Dim);
    }

    fn session(&mut self, session: &Session, indent: &str, place: Place) {
        let (branch, below) = match place {
            Place::Between => ("├─ ", "│  "),
            Place::Last => ("└─ ", "   "),
        };
        let (name, account) = short(&session.arn);
        let title = self.colour.paint(Style::Bold, &name);
        self.text.push_str(&format!("{indent}{branch}{title}"));
        if session.asked {
            let mark = self.colour.paint(Style::Good, "  ← asked about");
            self.text.push_str(&mark);
        }
        self.text.push('\n');
        let time = session.issued_at.replacen('T', " ", 1).replace('Z', " UTC");
        let mut facts = vec![
            format!("{} {}", clean(&session.issued_by), clean(&time)),
            format!("from {}", clean(&session.from)),
        ];
        facts.extend((!account.is_empty()).then(|| format!("account {account}")));
        facts.push(format!("key {}", clean(&session.access_key_id)));
        let identity = session.source_identity.as_deref();
        facts.extend(identity.map(|it| format!("source identity {}", clean(it))));
        if !session.tags.is_empty() {
            facts.push(format!("tags {}", clean(&session.tags.join(" "))));
        }
        facts.extend(session.mfa.then(|| "with MFA".to_owned()));
        facts.push(match (session.calls, session.failed) {
            (1, 0) => "1 call".to_owned(),
            (calls, 0) => format!("{calls} calls"),
            (1, _) => "1 call, failed".to_owned(),
            (calls, failed) => format!("{calls} calls, {failed} failed"),
        });
        let inner = format!("{indent}{below}");
        let beneath = match session.opened.is_empty() {
            true => inner.clone(),
            false => format!("{inner}│  "),
        };
        self.facts(&beneath, &facts, Style::Dim);
        for (at, child) in session.opened.iter().enumerate() {
            let place = match at + 1 == session.opened.len() {
                true => Place::Last,
                false => Place::Between,
            };
            self.session(child, &inner, place);
        }
    }

    /// Facts one after the other, as many on a line as fit.
    fn facts(&mut self, indent: &str, facts: &[String], style: Style) {
        let room = self.width.saturating_sub(indent.chars().count());
        let mut line = String::new();
        for fact in facts {
            let length = line.chars().count() + 2 + fact.chars().count();
            if !line.is_empty() && length > room {
                self.line(indent, &line, style);
                line.clear();
            }
            if !line.is_empty() {
                line.push_str("  ");
            }
            line.push_str(fact);
        }
        self.line(indent, &line, style);
    }

    fn line(&mut self, indent: &str, line: &str, style: Style) {
        let painted = self.colour.paint(style, line);
        self.text.push_str(&format!("{indent}{painted}\n"));
    }
}
