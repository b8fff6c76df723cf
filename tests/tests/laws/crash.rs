//! Two thousand runs that die at chance's moments. `CRASH_SEED=n` plays one and tells what happened.

use std::sync::atomic::{AtomicU64, Ordering};

use flowforge_tests::crash::{Survived, Theatre};

/// How many seeds are played.
const SEEDS: u64 = 2_000;
/// How many are played at once.
const THREADS: usize = 2;

/// Seeds that are still to be played, in order.
struct Seeds(AtomicU64);

impl Seeds {
    fn take(&self) -> Option<u64> {
        Some(self.0.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < SEEDS)
    }

    /// One that failed is enough.
    fn stop(&self) {
        self.0.store(SEEDS, Ordering::Relaxed);
    }
}

/// Tells what happened to a seed when the test panics, or when it was asked for.
struct Told<'a> {
    seed: u64,
    diary: Vec<String>,
    seeds: &'a Seeds,
    is_asked: bool,
}

impl Drop for Told<'_> {
    #[expect(
        clippy::print_stderr,
        reason = "a failing test says how to see it again"
    )]
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.seeds.stop();
        } else if !self.is_asked {
            return;
        }
        eprintln!("seed {0} (CRASH_SEED={0} plays it alone):", self.seed);
        for line in &self.diary {
            eprintln!("  {line}");
        }
    }
}

fn survive(theatre: &Theatre, seed: u64, seeds: &Seeds, is_asked: bool) -> Survived {
    let mut told = Told {
        seed,
        diary: Vec::new(),
        seeds,
        is_asked,
    };
    theatre.survive(seed, &mut told.diary)
}

/// Plays seeds until there are no more.
fn work(seeds: &Seeds) -> Survived {
    let theatre = Theatre::open();
    let mut sum = Survived::default();
    while let Some(seed) = seeds.take() {
        let survived = survive(&theatre, seed, seeds, false);
        sum.deaths += survived.deaths;
        sum.power_losses += survived.power_losses;
    }
    sum
}

#[test]
fn a_run_that_died_ends_as_if_it_had_not() {
    let seeds = Seeds(AtomicU64::new(0));
    if let Ok(seed) = std::env::var("CRASH_SEED") {
        let seed = seed.parse().expect("CRASH_SEED is a number");
        let survived = survive(&Theatre::open(), seed, &seeds, true);
        assert!(survived.deaths >= survived.power_losses);
        return;
    }
    let (mut deaths, mut power_losses) = (0, 0);
    std::thread::scope(|scope| {
        let workers = [(); THREADS].map(|()| scope.spawn(|| work(&seeds)));
        for worker in workers {
            let survived = worker.join().expect("no law was broken");
            deaths += survived.deaths;
            power_losses += survived.power_losses;
        }
    });
    assert!(
        deaths > SEEDS && power_losses > SEEDS / 2,
        "hardly anything died: {deaths} deaths, {power_losses} of them by a loss of power"
    );
}
