//! Whole decisions: worlds of policies made of the input's bytes, the engine against the model.

use crate::generate::{Ask, Case, Compiled, Random, World, shrink};

/// Questions asked of one world.
const ASKS: usize = 4;

/// The input as the choices of the generators.
pub fn run(data: &[u8]) {
    let mut random = Random::of_bytes(data);
    let world = World::generate(&mut random);
    let compiled = Compiled::new(&world);
    assert!(
        compiled.ungrammatical.is_empty(),
        "{:?}",
        compiled.ungrammatical
    );
    for _ in 0..ASKS {
        let ask = Ask::generate(&mut random, &world);
        if !compiled.said(&ask).agree() {
            let case = Case {
                world: world.clone(),
                ask,
            };
            let small = shrink(&case, &|case| !case.said().agree());
            panic!("{}", small.report());
        }
    }
}
