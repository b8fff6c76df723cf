//! Two thousand runs that die at chance's moments. `CRASH_SEED=n` plays one.

use std::ops::Range;

use flowforge_tests::crash::Theatre;
use flowforge_tests::workflows::stories;

/// Plays the seeds; names the one that breaks a law.
fn survive(seeds: Range<u64>) {
    let one = std::env::var("CRASH_SEED").ok();
    let one: Option<u64> = one.map(|seed| seed.parse().expect("CRASH_SEED is a number"));
    let theatre = Theatre::new(stories());
    let (mut deaths, mut power_losses) = (0, 0);
    for seed in seeds
        .clone()
        .filter(|seed| one.is_none_or(|one| one == *seed))
    {
        let guard = Named(seed);
        let survived = theatre.survive(seed);
        std::mem::forget(guard);
        deaths += survived.deaths;
        power_losses += survived.power_losses;
    }
    let count = seeds.end - seeds.start;
    assert!(
        one.is_some() || (deaths > count && power_losses > count / 2),
        "hardly anything died: {deaths}"
    );
}

/// Prints the seed when the test panics.
struct Named(u64);

impl Drop for Named {
    #[expect(
        clippy::print_stderr,
        reason = "a failing test says how to see it again"
    )]
    fn drop(&mut self) {
        eprintln!("this was seed {0}: CRASH_SEED={0} plays it alone", self.0);
    }
}

#[test]
fn a_run_that_died_ends_as_if_it_had_not_1() {
    survive(0..500);
}

#[test]
fn a_run_that_died_ends_as_if_it_had_not_2() {
    survive(500..1000);
}

#[test]
fn a_run_that_died_ends_as_if_it_had_not_3() {
    survive(1000..1500);
}

#[test]
fn a_run_that_died_ends_as_if_it_had_not_4() {
    survive(1500..2000);
}
