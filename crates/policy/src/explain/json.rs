//! An explanation as JSON. The names of the fields are stable; new ones may come.

use std::ops::Range;

use crate::decision::{PolicyType, Reason, StatementRef};
use crate::document::Effect;
use crate::explain::report::{
    ConditionReport, Outcome, PolicyReport, PolicyValue, RequestValues, StatementReport,
};
use crate::explain::view::View;
use crate::json::write_string;

impl View<'_> {
    /// For programs. An object of
    ///
    /// - `decision`: `allow` or `deny`; `crossAccount`; `action`; `resource`
    /// - `reason`: `null` when the reader is not told, else an object of `kind` (`allowed`, `root`,
    ///   `explicitDeny`, `noAllow`), `policyType`, and `policy` and `statement` as indices
    /// - `policies`: `type` (`identity`, `resource`, `roleTrust`, `session`, `boundary`, `scp`,
    ///   `rcp`), `level` of an SCP or RCP, `index`, `name`, `statements`
    /// - `statements`: `index`, `sid`, `effect`, `applies` (`yes`, `no`, `unknown`), `span`, and
    ///   `action`, `principal`, `resource` with `matches` and `span`, `resolvedResources`, `conditions`
    /// - `conditions`: `operator`, `key`, `holds`, `span`, `policyValues` of `written` and `resolved`,
    ///   `requestValues` (`null` unless `request` is `present`), and `request` (`present`, `missing`,
    ///   `ambiguous`, `hidden`)
    ///
    /// Spans are `[start, end]` in bytes of the policy's text. What is not there is `null`.
    pub fn json(&self) -> String {
        let mut out = Writer::default();
        out.object(|out| {
            let decision = if self.is_allowed() { "allow" } else { "deny" };
            out.field("decision", |out| out.string(decision));
            out.field("crossAccount", |out| {
                out.raw(&self.is_cross_account().to_string())
            });
            out.field("action", |out| out.string(self.action()));
            out.field("resource", |out| out.string(self.resource()));
            out.field("reason", |out| reason(self.reason(), out));
            out.field("policies", |out| out.array(self.policies(), policy));
        });
        out.text
    }
}

fn reason(reason: Option<Reason>, out: &mut Writer) {
    let mut write = |kind: &str, policy_type: Option<PolicyType>, found: Option<StatementRef>| {
        out.object(|out| {
            out.field("kind", |out| out.string(kind));
            out.field("policyType", |out| out.optional(policy_type.map(type_name)));
            out.field("policy", |out| out.number(found.map(|found| found.policy)));
            out.field("statement", |out| {
                out.number(found.map(|found| found.statement))
            });
        });
    };
    match reason {
        None => out.raw("null"),
        Some(Reason::Root) => write("root", None, None),
        Some(Reason::Allowed(found)) => write("allowed", Some(found.policy_type), Some(found)),
        Some(Reason::ExplicitDeny(found)) => {
            write("explicitDeny", Some(found.policy_type), Some(found));
        }
        Some(Reason::NoAllow(lacking) | Reason::CrossAccount(lacking)) => {
            write("noAllow", Some(lacking), None)
        }
    }
}

fn type_name(policy_type: PolicyType) -> &'static str {
    match policy_type {
        PolicyType::Identity => "identity",
        PolicyType::Resource => "resource",
        PolicyType::RoleTrust => "roleTrust",
        PolicyType::Session => "session",
        PolicyType::Boundary => "boundary",
        PolicyType::Scp => "scp",
        PolicyType::Rcp => "rcp",
    }
}

fn policy(report: &PolicyReport, out: &mut Writer) {
    out.object(|out| {
        out.field("type", |out| out.string(type_name(report.policy_type)));
        out.field("level", |out| out.number(report.level));
        out.field("index", |out| out.number(Some(report.index)));
        out.field("name", |out| out.string(&report.name));
        out.field("statements", |out| out.array(&report.statements, statement));
    });
}

fn statement(report: &StatementReport, out: &mut Writer) {
    let element = |part: Option<&(Outcome, Range<usize>)>, out: &mut Writer| match part {
        None => out.raw("null"),
        Some((outcome, at)) => out.object(|out| {
            out.field("matches", |out| out.string(outcome_name(*outcome)));
            out.field("span", |out| span(at, out));
        }),
    };
    let effect = match report.effect {
        Effect::Allow => "Allow",
        Effect::Deny => "Deny",
    };
    out.object(|out| {
        out.field("index", |out| out.number(Some(report.index)));
        out.field("sid", |out| out.optional(report.sid.as_deref()));
        out.field("effect", |out| out.string(effect));
        out.field("applies", |out| out.string(outcome_name(report.outcome)));
        out.field("span", |out| span(&report.span, out));
        out.field("action", |out| element(Some(&report.action), out));
        out.field("principal", |out| element(report.principal.as_ref(), out));
        out.field("resource", |out| element(report.resource.as_ref(), out));
        out.field("resolvedResources", |out| {
            out.array(&report.resources, value)
        });
        out.field("conditions", |out| out.array(&report.conditions, condition));
    });
}

fn condition(report: &ConditionReport, out: &mut Writer) {
    let (request, values) = match &report.request_values {
        RequestValues::Missing => ("missing", None),
        RequestValues::Ambiguous => ("ambiguous", None),
        RequestValues::Hidden => ("hidden", None),
        RequestValues::Are(values) => ("present", Some(values)),
    };
    out.object(|out| {
        out.field("operator", |out| out.string(&report.operator));
        out.field("key", |out| out.string(&report.key));
        out.field("holds", |out| out.string(outcome_name(report.outcome)));
        out.field("span", |out| span(&report.span, out));
        out.field("policyValues", |out| {
            out.array(&report.policy_values, value)
        });
        out.field("request", |out| out.string(request));
        out.field("requestValues", |out| match values {
            None => out.raw("null"),
            Some(values) => out.array(values, |value, out| out.string(value)),
        });
    });
}

fn value(value: &PolicyValue, out: &mut Writer) {
    out.object(|out| {
        out.field("written", |out| out.string(&value.written));
        out.field("resolved", |out| out.optional(value.resolved.as_deref()));
    });
}

fn span(span: &Range<usize>, out: &mut Writer) {
    out.array(&[span.start, span.end], |at, out| out.number(Some(*at)));
}

fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Yes => "yes",
        Outcome::No => "no",
        Outcome::Unknown => "unknown",
    }
}

/// Writes JSON without white space.
#[derive(Default)]
struct Writer {
    text: String,
}

impl Writer {
    fn raw(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn string(&mut self, text: &str) {
        write_string(text, &mut self.text);
    }

    fn optional(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.string(text),
            None => self.raw("null"),
        }
    }

    fn number(&mut self, number: Option<usize>) {
        match number {
            Some(number) => self.raw(&number.to_string()),
            None => self.raw("null"),
        }
    }

    fn object(&mut self, members: impl FnOnce(&mut Writer)) {
        self.raw("{");
        members(self);
        self.raw("}");
    }

    fn field(&mut self, name: &str, value: impl FnOnce(&mut Writer)) {
        self.comma();
        self.string(name);
        self.raw(":");
        value(self);
    }

    fn array<T>(&mut self, items: &[T], write: impl Fn(&T, &mut Writer)) {
        self.raw("[");
        for item in items {
            self.comma();
            write(item, self);
        }
        self.raw("]");
    }

    /// Between two members or items.
    fn comma(&mut self) {
        if !self.text.ends_with(['{', '[', ':']) {
            self.raw(",");
        }
    }
}
