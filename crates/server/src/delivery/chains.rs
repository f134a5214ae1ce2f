//! The chains of digests: which get one when a span is over, which end, and who signs.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::Ordering;

use locum_api::World;

use super::key::Signer;
use super::pass::{Delivery, Now, told};
use super::sink::Object;
use super::state::{Chain, Previous, State};
use super::target::Target;
use super::targets::Targets;
use super::{Fault, digest};

impl Delivery {
    /// One digest for each chain, also when nothing was delivered: that nothing was is signed, too.
    pub(super) fn put_digests(
        &self,
        state: &mut State,
        targets: &mut Targets<'_>,
        world: &World,
        now: Now,
    ) -> Result<(), Fault> {
        let end_s = state.digest_end_s;
        meet_all(state, targets)?;
        let here = targets.all.iter().map(|target| (&*target.id, target));
        let here: HashMap<&str, &Target> = here.collect();
        // Nothing stays of a trail that was deleted.
        let told_as = here.values().filter_map(|target| target.told_as.as_ref());
        let told_as: HashSet<&String> = told_as.collect();
        state.trails.retain(|id, _| told_as.contains(id));
        state
            .chains
            .retain(|_, chain| here.contains_key(&*chain.target));
        let span = (end_s - self.digest_every_s, end_s);
        let mut due = due(&mut state.chains, &here, span).into_iter();
        let signer = Signer::kept(world, &self.data)?;
        while let Some((chain, target)) = due.next() {
            match self.put_digest(chain, target, end_s, &signer, now) {
                Ok(previous) => {
                    chain.previous = Some(previous);
                    chain.files.clear();
                    chain.start_s = end_s;
                    if let Some(told) = told(&mut state.trails, target) {
                        told.digest_delivered_s = Some(now.s());
                        told.digest_error = None;
                    }
                }
                Err(error) => {
                    // Nor are the digests behind it put.
                    let behind = due.map(|(_, target)| target);
                    for target in std::iter::once(target).chain(behind) {
                        if let Some(told) = told(&mut state.trails, target) {
                            told.digest_error = error.code();
                        }
                    }
                    return Err(error);
                }
            }
        }
        // Spans that nobody was there for become one.
        let whole = now.s().div_euclid(self.digest_every_s) + 1;
        state.digest_end_s = whole * self.digest_every_s;
        Ok(())
    }

    fn put_digest(
        &self,
        chain: &Chain,
        target: &Target,
        end_s: i64,
        signer: &Signer,
        now: Now,
    ) -> Result<Previous, Fault> {
        let mut signed = digest::sign(chain, target, &self.bucket, end_s, signer)?;
        let object = Object {
            key: &signed.told.object,
            body: &signed.body,
            signature: Some(&signed.told.signature),
        };
        self.sink.put(object, now.s())?;
        self.figures.digests.fetch_add(1, Ordering::Relaxed);
        signed.told.in_bucket = self.sink.is_bucket();
        Ok(signed.told)
    }
}

/// Loads the trails of every account that has a chain or a state: those whose records came in earlier
/// passes are not met yet in this one.
fn meet_all(state: &State, targets: &mut Targets<'_>) -> Result<(), Fault> {
    for chain in state.chains.values() {
        targets.of(&chain.account)?;
    }
    for id in state.trails.keys() {
        targets.of(id.split('/').next().unwrap_or_default())?;
    }
    Ok(())
}

/// The chains that get a digest for the span. One whose trail was stopped before the span began, and that
/// holds no file, ends; one that ended begins again when its trail was started in the span.
fn due<'a>(
    chains: &'a mut BTreeMap<String, Chain>,
    here: &HashMap<&str, &'a Target>,
    (start_s, end_s): (i64, i64),
) -> Vec<(&'a mut Chain, &'a Target)> {
    let mut due = Vec::new();
    for chain in chains.values_mut() {
        let Some(target) = here.get(&*chain.target) else {
            continue;
        };
        if chain.start_s >= end_s && !chain.has_ended {
            // It was put in a try that did not get further, or began since.
            continue;
        }
        if chain.has_ended {
            let begin_s = target.begins_s(start_s);
            if !target.has_digests_since(start_s) || begin_s >= end_s {
                continue;
            }
            chain.begin_again(begin_s);
        } else if chain.files.is_empty() && !target.has_digests_since(chain.start_s) {
            chain.end();
            continue;
        }
        due.push((chain, *target));
    }
    due
}
