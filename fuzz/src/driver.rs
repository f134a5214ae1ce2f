//! A driver that needs nothing installed: the seeds, then so many changed ones, the same in every run.

use std::panic::catch_unwind;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::generate::Random;
use crate::targets::Target;

/// Inputs grow no longer.
const BYTES_MAX: usize = 4096;
/// Inputs kept to be changed further.
const POOL_MAX: usize = 256;

/// How much a target is to do.
#[derive(Clone, Copy)]
pub struct Bounds {
    /// Inputs beside the seeds, for a target that costs nothing much; the others do fewer, see
    /// [`Target::cost`]. Which inputs they are follows from the seeds and this number alone.
    pub inputs: u64,
    /// After this long it gives up, and says so.
    pub time: Duration,
}

/// What a target did.
pub struct Driven {
    /// Inputs that it ran, seeds included.
    pub inputs: u64,
    /// Inputs that it was to run.
    pub wanted: u64,
}

/// Runs a target.
///
/// # Errors
/// The first input that made it panic, with the file that holds it now.
pub fn drive(target: &Target, folder: &Path, bounds: Bounds) -> Result<Driven, String> {
    let seeds = seeds(&folder.join("corpus").join(target.name));
    let mut inputs = 0;
    for seed in &seeds {
        attempt(target, folder, seed)?;
        inputs += 1;
    }
    let wanted = inputs + bounds.inputs / target.cost;
    let mut pool = vec![Vec::new()];
    let started = Instant::now();
    let mut random = Random::new(target.name.bytes().map(u64::from).sum());
    while inputs < wanted && started.elapsed() < bounds.time {
        // Mostly from a seed, or chance would lead ever further away from what is legal.
        let from = if random.chance(70) && !seeds.is_empty() {
            &seeds
        } else {
            &pool
        };
        let input = changed(&mut random, from, target.words);
        attempt(target, folder, &input)?;
        inputs += 1;
        // Some of what came out is the ground for more.
        if random.chance(5) {
            if pool.len() < POOL_MAX {
                pool.push(input);
            } else {
                let at = random.below(pool.len());
                pool[at] = input;
            }
        }
    }
    Ok(Driven { inputs, wanted })
}

fn seeds(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(listed) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = listed.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
        .iter()
        .filter_map(|path| std::fs::read(path).ok())
        .collect()
}

fn attempt(target: &Target, folder: &Path, input: &[u8]) -> Result<(), String> {
    if catch_unwind(|| (target.run)(input)).is_ok() {
        return Ok(());
    }
    let folder = folder.join("artifacts").join(target.name);
    let name = input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let path = folder.join(format!("{name:016x}"));
    let kept = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, input));
    let kept = kept.map_or_else(|e| e.to_string(), |()| path.display().to_string());
    Err(format!(
        "{}: {:?}\nkept: {kept}",
        target.name,
        String::from_utf8_lossy(input)
    ))
}

/// An input of the pool with a few changes.
fn changed(random: &mut Random, pool: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut input = random.pick(pool).clone();
    for _ in 0..random.below(4) + 1 {
        let at = random.below(input.len() + 1);
        match random.below(9) {
            0 if at < input.len() => input[at] ^= 1 << random.below(8),
            1 if at < input.len() => {
                let end = (at + random.below(8)).min(input.len());
                input.drain(at..end);
            }
            2 => input.insert(at, u8::try_from(random.below(128)).unwrap_or(0)),
            3 => {
                let end = (at + random.below(24)).min(input.len());
                let again = input[at..end].to_vec();
                input.splice(at..at, again);
            }
            4 => {
                let other = random.pick(pool);
                let from = random.below(other.len() + 1);
                let end = (from + random.below(64)).min(other.len());
                input.splice(at..at, other[from..end].to_vec());
            }
            5 => input.truncate(at),
            _ => {
                let word = random.pick(words).as_bytes().to_vec();
                let end = (at + random.below(3)).min(input.len());
                input.splice(at..end, word);
            }
        }
    }
    input.truncate(BYTES_MAX);
    input
}
