//! What the simulator says of a question to a world: it must be what the engine decides (POL-24).

use locum_policy::{Decision, Document, Named, NamedPolicies, Request, simulate};

use super::compiled::Set;
use super::{Ask, World};

fn named(document: &Document) -> Named<'_> {
    Named {
        name: "policy",
        document: Some(document),
    }
}

fn list(documents: &[Document]) -> Vec<Named<'_>> {
    documents.iter().map(named).collect()
}

fn levels(levels: &[Vec<Document>]) -> Vec<Vec<Named<'_>>> {
    levels.iter().map(|level| list(level)).collect()
}

/// The decision in the simulator's explanation.
pub(crate) fn decision(world: &World, ask: &Ask) -> Decision {
    let set = Set::of(world, &mut |policy| Document::parse(&policy.text()).ok());
    let (identity, session) = (list(&set.identity), list(&set.session));
    let (scp, rcp) = (levels(&set.scp), levels(&set.rcp));
    let scp: Vec<&[Named<'_>]> = scp.iter().map(Vec::as_slice).collect();
    let rcp: Vec<&[Named<'_>]> = rcp.iter().map(Vec::as_slice).collect();
    let with = ask.with;
    let principal = ask.caller.principal();
    let facts = ask.facts.bound();
    let simulated = simulate(
        &Request {
            action: &ask.action,
            resource: &ask.resource,
            principal: &principal,
            context: &facts,
        },
        &NamedPolicies {
            identity: if with.identity { &identity } else { &[] },
            boundary: set.boundary.as_ref().filter(|_| with.boundary).map(named),
            session: with.session.then_some(&session[..]),
            resource: set.resource.as_ref().filter(|_| with.resource).map(named),
            resource_rule: world.rule,
            resource_account: &world.resource_account,
            scp: with.scp.then_some(&scp[..]),
            rcp: with.rcp.then_some(&rcp[..]),
        },
    );
    *simulated.explanation.decision()
}
