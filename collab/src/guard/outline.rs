//! What an update needs: which clocks it brings, and which it stands on.
//!
//! yrs keeps what comes too early and merges it later; that is where nonsense does harm. So a room lets only what
//! stands on something into the document ([`Outline::stands_on`]), and what comes too early waits outside.

use std::collections::{HashMap, VecDeque};

use yrs::{ClientID, StateVector};

/// One struct: the clock after it, and what must be there before it.
#[derive(Clone, Debug)]
struct Step {
    end: u32,
    needs: [Option<(u64, u32)>; 3],
    is_left_out: bool,
}

/// The structs of an update, without what is in them.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    sections: Vec<(u64, u32, Vec<Step>)>,
}

/// What an update needs and the document does not have yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the change stands on clock {clock} of client {client}, which is not there yet")]
pub struct Missing {
    /// Whose.
    pub client: u64,
    /// The clock.
    pub clock: u32,
}

impl Outline {
    pub(super) fn begin(&mut self, client: u64, clock: u32) {
        self.sections.push((client, clock, Vec::new()));
    }

    pub(super) fn push(&mut self, end: u32, needs: &[(u64, u32)], is_left_out: bool) {
        let at = |n: usize| needs.get(n).copied();
        let needs = [at(0), at(1), at(2)];
        if let Some((_, _, steps)) = self.sections.last_mut() {
            steps.push(Step {
                end,
                needs,
                is_left_out,
            });
        }
    }

    /// Whether a document with this state has all that the update stands on.
    ///
    /// # Errors
    /// The first thing that is missing. An update that stands on itself in a circle always misses something.
    pub fn stands_on(&self, state: &StateVector) -> Result<(), Missing> {
        let mut there: HashMap<u64, u32> = HashMap::new();
        let mut left: VecDeque<(u64, u32, &[Step])> = VecDeque::new();
        for (client, start, steps) in &self.sections {
            left.push_back((*client, *start, steps));
        }
        let has = |there: &HashMap<u64, u32>, client: u64| {
            there
                .get(&client)
                .copied()
                .unwrap_or_else(|| state.get(&ClientID::new(client)))
        };
        let mut stuck = 0;
        while let Some((client, start, steps)) = left.pop_front() {
            let mut missing = None;
            let mut done = 0;
            let mut at = start;
            for step in steps {
                let clock = has(&there, client);
                missing = first_missing(client, at, clock, step, |client| has(&there, client));
                if missing.is_some() {
                    break;
                }
                there.insert(client, clock.max(step.end));
                at = step.end;
                done += 1;
            }
            let Some(missing) = missing else {
                stuck = 0;
                continue;
            };
            stuck = if done > 0 { 0 } else { stuck + 1 };
            left.push_back((client, at, &steps[done..]));
            if stuck >= left.len() {
                return Err(missing);
            }
        }
        Ok(())
    }
}

/// What a struct at clock `at` lacks in a document that has `clock` of its client.
fn first_missing(
    client: u64,
    at: u32,
    clock: u32,
    step: &Step,
    has: impl Fn(u64) -> u32,
) -> Option<Missing> {
    if step.end <= clock {
        return None;
    }
    if at > clock || step.is_left_out {
        return Some(Missing { client, clock });
    }
    let needs = step.needs.iter().flatten();
    needs
        .filter(|(client, clock)| *clock >= has(*client))
        .map(|(client, clock)| Missing {
            client: *client,
            clock: *clock,
        })
        .next()
}
