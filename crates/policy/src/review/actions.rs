//! Actions: are there such, and does one say what another says already.

use super::{Findings, finding, overlap};
use crate::catalogue;
use crate::code::Code;
use crate::document::{Spanned, Statement};
use crate::fault::did_you_mean;
use crate::suggest::nearest;

pub(super) fn check(statement: &Statement, out: &mut Findings) {
    let Some(list) = &statement.actions else {
        return;
    };
    for item in &list.items {
        known(item, out);
    }
    for (one, other) in overlap::redundant(&list.items, overlap::action) {
        let message = match one.text.eq_ignore_ascii_case(&other.text) {
            true => format!("{} stands here twice", one.text),
            false => format!("{} includes {} already", other.text, one.text),
        };
        out.push(finding(
            Code::RedundantAction,
            &one.span,
            message,
            "leave it out",
        ));
    }
}

fn known(item: &Spanned, out: &mut Findings) {
    let text = &*item.text;
    if is_every(text) {
        return;
    }
    let Some((prefix, name)) = text.split_once(':') else {
        return;
    };
    if !is_shaped(prefix, name) {
        return;
    }
    let Some(service) = catalogue::service(prefix) else {
        let near = nearest(prefix, catalogue::services());
        out.push(finding(
            Code::InvalidServiceInAction,
            &item.span,
            format!("there is no service {prefix}"),
            near.map_or_else(String::new, |near| did_you_mean(&format!("{near}:{name}"))),
        ));
        return;
    };
    if name.contains(['*', '?']) {
        if catalogue::actions_matching(text).next().is_none() {
            let message = format!("no action of {} is like {name}", service.prefix);
            out.push(finding(Code::InvalidAction, &item.span, message, ""));
        }
        return;
    }
    if service.action(name).is_none() {
        let near = nearest(name, service.actions.iter().map(|action| action.name));
        let help = near.map(|near| did_you_mean(&format!("{}:{near}", service.prefix)));
        out.push(finding(
            Code::InvalidAction,
            &item.span,
            format!("{} has no action {name}", service.prefix),
            help.unwrap_or_default(),
        ));
    }
}

/// Whether an action pattern is every action of every service.
pub(super) fn is_every(text: &str) -> bool {
    matches!(text, "*" | "*:*")
}

/// Whether it is an action at all; what is not has an error already.
fn is_shaped(prefix: &str, name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    !prefix.is_empty() && prefix.bytes().all(letter) && !name.contains([':', '$'])
}
