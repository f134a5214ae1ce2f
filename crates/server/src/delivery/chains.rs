//! The chains of digests: which get one when a span is over, and who signs it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use locum_api::World;

use super::key::Signer;
use super::pass::Delivery;
use super::sink::Object;
use super::state::State;
use super::targets::Targets;
use super::{Fault, digest, sink};

/// Public keys of digests, by fingerprint, so that digests can be checked without a server.
fn keys_path(data: &Path) -> PathBuf {
    data.join("trail/keys")
}

impl Delivery {
    /// One digest for each chain, also when nothing was delivered: that nothing was is signed, too.
    pub(super) fn put_digests(
        &self,
        state: &mut State,
        targets: &mut Targets<'_>,
        world: &World,
        now_s: i64,
    ) -> Result<(), Fault> {
        let end_s = state.digest_end_s;
        // Accounts whose records came in earlier passes are not met yet in this one.
        for chain in state.chains.values() {
            targets.of(&chain.account)?;
        }
        let signer = self.signer(world)?;
        let mut told = BTreeMap::new();
        for (name, chain) in &state.chains {
            let target = targets.all.iter().find(|target| target.id == chain.target);
            let Some(target) = target.filter(|target| target.has_digests) else {
                continue;
            };
            let signed = digest::sign(chain, target, &self.bucket, end_s, &signer)?;
            let object = Object {
                key: &signed.told.object,
                body: &signed.body,
                signature: Some(&signed.told.signature),
            };
            self.sink.put(object, now_s)?;
            self.figures.digests.fetch_add(1, Ordering::Relaxed);
            told.insert(name.clone(), signed.told);
        }
        for (name, previous) in told {
            if let Some(chain) = state.chains.get_mut(&name) {
                chain.previous = Some(previous);
                chain.files.clear();
                chain.start_s = end_s;
            }
        }
        // Spans that nobody was there for become one.
        let whole = now_s.div_euclid(self.digest_every_s) + 1;
        state.digest_end_s = whole * self.digest_every_s;
        Ok(())
    }

    fn signer(&self, world: &World) -> Result<Signer, Fault> {
        let signer = Signer::of(world)?;
        let folder = keys_path(&self.data);
        let path = folder.join(format!("{}.der", signer.fingerprint));
        if !path.exists() {
            let kept = std::fs::create_dir_all(&folder)
                .and_then(|()| sink::write_whole(&path, &signer.public_key));
            kept.map_err(|source| Fault::State { path, source })?;
        }
        Ok(signer)
    }
}
