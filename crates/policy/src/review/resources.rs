//! Resources: does anything act on them, and can they be at all.

use std::collections::BTreeMap;

use super::{Findings, Subject, actions, finding, listed, overlap};
use crate::catalogue::{self, AccessLevel, Action, ResourceType};
use crate::code::Code;
use crate::cover::{ResourceShape, Shape};
use crate::document::{Form, List, Spanned, Statement};
use crate::limits::REVIEW_STEPS_MAX;
use crate::principal::is_account;
use crate::variable::Variables;

/// Types of resource named in a sentence; of more, the first stand for all.
const TYPES_NAMED: usize = 3;

pub(super) fn check(subject: &Subject<'_>, statement: &Statement, out: &mut Findings) {
    let Some(list) = &statement.resources else {
        return;
    };
    let variables = subject.document.variables();
    for (one, other) in overlap::redundant(&list.items, |item| {
        ResourceShape::new(&item.text, variables)
    }) {
        let message = match one.text == other.text {
            true => format!("{} stands here twice", one.text),
            false => format!("{} includes {} already", other.text, one.text),
        };
        out.push(finding(
            Code::RedundantResource,
            &one.span,
            message,
            "leave it out",
        ));
    }
    for item in &list.items {
        arn(item, variables, out);
    }
    fits(statement, variables, out);
}

/// Parts of an ARN that can be no such part.
fn arn(item: &Spanned, variables: Variables, out: &mut Findings) {
    let Some(parts) = crate::arn::split(&item.text, variables) else {
        return;
    };
    let [_, _, _, region, account, _] = parts;
    let plain = |part: &str| !part.is_empty() && !part.contains(['*', '?', '$']);
    if plain(account) && account.bytes().all(|byte| byte.is_ascii_digit()) && !is_account(account) {
        out.push(finding(
            Code::InvalidArnAccount,
            &item.span,
            format!(
                "{account} is no account: it has {} digits of twelve",
                account.len()
            ),
            "",
        ));
    }
    if plain(region) && !is_region(region) {
        out.push(finding(
            Code::InvalidArnRegion,
            &item.span,
            format!("{region} is no region"),
            "a region reads like eu-west-1",
        ));
    }
}

/// `eu-west-1`, `us-gov-east-1`, `us-iso-east-1`; `aws-global` and its like are endpoints' names for none.
fn is_region(text: &str) -> bool {
    let mut parts = text.split('-').rev();
    let number = parts.next().unwrap_or_default();
    let words: Vec<&str> = parts.collect();
    let word = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    let numbered = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let global = matches!(number, "global") && words.len() == 1;
    global || (numbered && words.len() >= 2 && words.iter().all(word))
}

/// One action of the list, with what it stands for.
struct Acting<'a> {
    item: &'a Spanned,
    actions: Vec<&'static Action>,
}

impl Acting<'_> {
    fn new(item: &Spanned) -> Acting<'_> {
        Acting {
            item,
            actions: catalogue::actions_matching(&item.text).collect(),
        }
    }
}

/// The shapes of a list; `None` when it says `*`, or something that cannot be read.
fn shapes(list: &List, variables: Variables) -> Option<Vec<(&Spanned, ResourceShape)>> {
    let shapes = list.items.iter().map(|item| {
        let shape = ResourceShape::new(&item.text, variables)?;
        (shape != ResourceShape::Any).then_some((item, shape))
    });
    shapes.collect()
}

/// Whether every action finds a resource in the list, and every resource an action.
fn fits(statement: &Statement, variables: Variables, out: &mut Findings) {
    let (Some(acts), Some(list)) = (&statement.actions, &statement.resources) else {
        return;
    };
    let plain = acts.form == Form::Plain && list.form == Form::Plain;
    let every = acts.items.iter().any(|item| actions::is_every(&item.text));
    if !plain || every {
        return;
    }
    let Some(resources) = shapes(list, variables) else {
        return;
    };
    let acting: Vec<Acting<'_>> = acts.items.iter().map(Acting::new).collect();
    // What is not in the catalogue has a finding of its own, and may act on anything.
    if acting.iter().any(|acting| acting.actions.is_empty()) {
        return;
    }
    let types = types(&acting);
    let bytes: usize = list.items.iter().map(|item| item.text.len()).sum();
    let type_bytes: usize = types.keys().map(|arn| arn.len()).sum();
    if bytes.saturating_mul(type_bytes) > REVIEW_STEPS_MAX {
        return;
    }
    let whole = |action: &Action| {
        let mut shapes = resources.iter();
        shapes.any(|(_, shape)| shape.is_whole(action.service))
    };
    let met: BTreeMap<&str, Vec<bool>> = types
        .iter()
        .map(|(arn, shape)| {
            let row = resources.iter().map(|(_, resource)| resource.meets(shape));
            (*arn, row.collect())
        })
        .collect();
    let idle = |action: &'static Action| {
        let found = |on: &ResourceType| met.get(on.arn).is_some_and(|row| row.contains(&true));
        !acts_on(action).any(found) && !whole(action)
    };
    let idle = |acting: &&Acting<'_>| acting.actions.iter().all(|action| idle(action));
    for acting in acting.iter().filter(idle) {
        out.push(idle_action(acting, resources.len()));
    }
    if acting.iter().all(|acting| idle(&acting)) {
        return;
    }
    let mut services: Vec<&str> = acting
        .iter()
        .flat_map(|acting| &acting.actions)
        .map(|action| action.service)
        .collect();
    services.sort_unstable();
    services.dedup();
    for (at, (item, shape)) in resources.iter().enumerate() {
        let of_service = services.iter().any(|service| shape.is_whole(service));
        if !of_service && !met.values().any(|row| row.get(at) == Some(&true)) {
            out.push(finding(
                Code::ResourceMatchesNoAction,
                &item.span,
                format!("none of the statement's actions acts on {}", item.text),
                "leave it out, or add the actions that are meant",
            ));
        }
    }
}

/// The types of resources that an action acts on. AWS's tables are incomplete for actions on tags:
/// they are taken to act on whatever their service has.
fn acts_on(action: &'static Action) -> impl Iterator<Item = &'static ResourceType> {
    let tags = action.level == AccessLevel::Tagging || action.name.contains("Tag");
    let all = catalogue::service(action.service).filter(|_| tags);
    let all = all.into_iter().flat_map(|service| &service.resources);
    action.resources.iter().map(|on| &on.kind).chain(all)
}

/// The types of resources that the actions act on, by their ARN.
fn types(acting: &[Acting<'_>]) -> BTreeMap<&'static str, ResourceShape> {
    let actions = acting.iter().flat_map(|acting| &acting.actions);
    let mut types = BTreeMap::new();
    for kind in actions.flat_map(|action| acts_on(action)) {
        if !types.contains_key(kind.arn)
            && let Some(shape) = ResourceShape::of_type(kind.arn)
        {
            types.insert(kind.arn, shape);
        }
    }
    types
}

fn idle_action(acting: &Acting<'_>, resources: usize) -> crate::finding::Finding {
    let mut arns: Vec<String> = Vec::new();
    for on in acting.actions.iter().flat_map(|action| &action.resources) {
        if !arns.iter().any(|arn| arn == on.kind.arn) {
            arns.push(on.kind.arn.to_owned());
        }
    }
    let help = match arns.len() {
        0 => "put it into a statement with \"Resource\": \"*\"".to_owned(),
        1..=TYPES_NAMED => format!("it acts on {}", listed(&arns)),
        more => {
            arns.truncate(TYPES_NAMED);
            format!(
                "it acts on {} types of resources, such as {}",
                more,
                listed(&arns)
            )
        }
    };
    let message = match (arns.is_empty(), resources) {
        (true, _) => format!("{} acts on no resource: it needs \"*\"", acting.item.text),
        (_, 1) => format!("{} does not act on this resource", acting.item.text),
        _ => format!("{} acts on none of these resources", acting.item.text),
    };
    finding(
        Code::ActionMatchesNoResource,
        &acting.item.span,
        message,
        help,
    )
}

/// Whether some shape of the list is every resource of that kind.
pub(super) fn has_every(statement: &Statement, variables: Variables, kind: &str) -> bool {
    let items = statement.resources.iter().flat_map(|list| &list.items);
    items
        .filter_map(|item| ResourceShape::new(&item.text, variables))
        .any(|shape| shape.is_every(kind))
}

/// Whether some action pattern of the list matches the action, with the pattern.
pub(super) fn pattern_for<'a>(statement: &'a Statement, action: &str) -> Option<&'a Spanned> {
    let wanted = Shape::new(&action.to_ascii_lowercase(), Variables::Off)?;
    let mut items = statement.actions.iter().flat_map(|list| &list.items);
    items.find(|item| overlap::action(item).is_some_and(|shape| shape.covers(&wanted)))
}
