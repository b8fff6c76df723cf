//! The best occurrences, in a bounded room.
//!
//! Better is a higher tier, then newer. One value may take only so many places: a constant that flowed
//! a million times must not hide everything else.

use std::collections::{BTreeSet, HashMap};

use tantivy::DocAddress;

/// Most occurrences of one value in the answer to one question, all pages together.
pub const OCCURRENCES_PER_VALUE_MAX: usize = 100;

/// An occurrence, ordered by how good it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    pub(crate) tier: u8,
    pub(crate) order: u64,
    pub(crate) document: DocAddress,
    pub(crate) value: u64,
}

/// The best candidates so far.
#[derive(Debug)]
pub(crate) struct Best {
    room: usize,
    all: BTreeSet<Candidate>,
    by_value: HashMap<u64, BTreeSet<Candidate>>,
}

impl Best {
    pub(crate) fn new(room: usize) -> Self {
        Self {
            room,
            all: BTreeSet::new(),
            by_value: HashMap::new(),
        }
    }

    /// Whether a candidate of this tier and order could still get a place.
    #[inline]
    pub(crate) fn wants(&self, tier: u8, order: u64) -> bool {
        self.all.len() < self.room
            || self
                .all
                .first()
                .is_some_and(|worst| (worst.tier, worst.order) < (tier, order))
    }

    pub(crate) fn add(&mut self, candidate: Candidate) {
        if !self.wants(candidate.tier, candidate.order) {
            return;
        }
        let of_value = self.by_value.entry(candidate.value).or_default();
        if of_value.len() >= OCCURRENCES_PER_VALUE_MAX {
            match of_value.first().copied() {
                Some(oldest) if oldest < candidate => {
                    of_value.remove(&oldest);
                    self.all.remove(&oldest);
                }
                _ => return,
            }
        }
        of_value.insert(candidate);
        self.all.insert(candidate);
        if self.all.len() > self.room {
            self.drop_worst();
        }
    }

    fn drop_worst(&mut self) {
        let Some(worst) = self.all.pop_first() else {
            return;
        };
        if let Some(of_value) = self.by_value.get_mut(&worst.value) {
            of_value.remove(&worst);
        }
    }

    /// The candidates, best first.
    pub(crate) fn into_sorted(self) -> Vec<Candidate> {
        self.all.into_iter().rev().collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn candidate((order, (value, tier)): (usize, (u64, u8))) -> Candidate {
        Candidate {
            tier,
            order: order as u64,
            document: DocAddress::new(0, 0),
            value,
        }
    }

    /// What must come out: sort everything, keep the newest of each value, cut.
    fn plainly(mut all: Vec<Candidate>, room: usize) -> Vec<Candidate> {
        let mut taken: HashMap<u64, usize> = HashMap::new();
        all.sort_by(|a, b| b.cmp(a));
        all.retain(|candidate| {
            let count = taken.entry(candidate.value).or_default();
            *count += 1;
            *count <= OCCURRENCES_PER_VALUE_MAX
        });
        all.truncate(room);
        all
    }

    proptest! {
        #[test]
        fn it_keeps_what_sorting_everything_would_keep(
            tiers in proptest::collection::vec(1_u8..4, 3),
            values in proptest::collection::vec(0_u64..3, 0..600),
            room in 1_usize..300,
            shuffle in any::<u64>(),
        ) {
            let mut all: Vec<_> = values
                .into_iter()
                .map(|value| (value, tiers[usize::try_from(value).expect("small")]))
                .enumerate()
                .map(candidate)
                .collect();
            all.sort_by_key(|candidate| candidate.order.wrapping_mul(shuffle | 1).rotate_left(17));
            let mut best = Best::new(room);
            all.iter().for_each(|candidate| best.add(*candidate));
            prop_assert_eq!(best.into_sorted(), plainly(all, room));
        }
    }
}
