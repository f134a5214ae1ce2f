//! For tests: an installation in a folder of its own.

use std::path::PathBuf;
use std::sync::Arc;

use locum_api::bootstrap::bootstrap;
use locum_api::{Random, Settings, World};
use locum_store::{AccountId, RedbOptions, open_redb};

use crate::random::{PooledRandom, SystemClock};

/// A new installation in a new folder below that for temporary files, and its management account. Whoever asked
/// removes the folder.
pub(crate) fn installation(name: &str) -> (PathBuf, World, AccountId) {
    let mut random = [0u8; 8];
    PooledRandom.fill(&mut random);
    let name = format!("locum-{name}-{:016x}", u64::from_be_bytes(random));
    let data = std::env::temp_dir().join(name);
    let options = RedbOptions::new(Arc::new(|out: &mut [u8]| PooledRandom.fill(out)));
    let engine = Arc::new(open_redb(&data, options).unwrap());
    let world = World::new(
        engine,
        Arc::new(SystemClock),
        Arc::new(PooledRandom),
        Settings::default(),
    );
    let management = pollster::block_on(bootstrap(&world, |_| Ok(()))).unwrap();
    (data, world, management)
}
