//! Which values a question matches, each with how well it matches.
//!
//! The result is a table from a value's number to a tier: its score on a scale of eight steps per
//! doubling. Values in one tier match equally well as far as a person can tell, so within a tier newer
//! comes first. A table costs one byte per value, and one look per occurrence.

use tantivy::query::{EnableScoring, Query};
use tantivy::{Searcher, SegmentReader};

use super::schema::{ROLE, ROLE_NONE, VALUE};
use super::shelf::Trouble;

/// Up to this many matched values are looked up one by one; for more, occurrences are scanned.
const FEW: usize = 512;
const CHUNK: usize = 4096;
const STEPS_PER_DOUBLING: f32 = 8.0;
const TIER_OF_ONE: f32 = 128.0;

/// Which values match, and in which tier.
#[derive(Debug, Default)]
pub(crate) struct Matches {
    /// The number of the first value in the table.
    first: u64,
    chunks: Vec<Option<Box<[u8; CHUNK]>>>,
    /// The first matches, to look them up one by one when there are no more.
    few: Vec<u64>,
    count: u64,
    /// The best tier there is.
    best: u8,
    /// Whether every value matches, and there is no table.
    everything: bool,
}

impl Matches {
    /// Every value matches equally well.
    pub(crate) fn everything() -> Self {
        let best = tier(1.0);
        Self {
            best,
            count: u64::MAX,
            everything: true,
            ..Self::default()
        }
    }

    /// Collects what `query` matches.
    pub(crate) fn collect(searcher: &Searcher, query: &dyn Query) -> Result<Self, Trouble> {
        let weight = query.weight(EnableScoring::enabled_from_searcher(searcher))?;
        let mut matches = Self {
            first: first_value(searcher)?,
            ..Self::default()
        };
        for segment in searcher.segment_readers() {
            let numbers = segment.fast_fields().u64(VALUE)?.values;
            let roles = segment.fast_fields().u64(ROLE)?.values;
            weight.for_each(segment, &mut |document, score| {
                if roles.get_val(document) == ROLE_NONE && is_alive(segment, document) {
                    matches.add(numbers.get_val(document), tier(score));
                }
            })?;
        }
        Ok(matches)
    }

    fn add(&mut self, value: u64, tier: u8) {
        self.count += 1;
        self.best = self.best.max(tier);
        if self.few.len() < FEW {
            self.few.push(value);
        }
        let (chunk, at) = self.place(value);
        if self.chunks.len() <= chunk {
            self.chunks.resize_with(chunk + 1, || None);
        }
        self.chunks[chunk].get_or_insert_with(|| Box::new([0; CHUNK]))[at] = tier;
    }

    fn place(&self, value: u64) -> (usize, usize) {
        let offset = usize::try_from(value.saturating_sub(self.first))
            .expect("values are numbered one by one");
        (offset / CHUNK, offset % CHUNK)
    }

    /// The tier of a value; 0 when it does not match.
    #[inline]
    pub(crate) fn tier(&self, value: u64) -> u8 {
        if self.everything {
            return self.best;
        }
        let (chunk, at) = self.place(value);
        match self.chunks.get(chunk) {
            Some(Some(tiers)) => tiers[at],
            _ => 0,
        }
    }

    /// All matches, when there are few enough to look them up one by one.
    pub(crate) fn few(&self) -> Option<&[u64]> {
        (self.few.len() as u64 == self.count).then_some(&self.few)
    }

    /// Which part of the best score a tier stands for: 1 for the best.
    pub(crate) fn score(&self, tier: u8) -> f32 {
        ((f32::from(tier) - f32::from(self.best)) / STEPS_PER_DOUBLING).exp2()
    }

    /// The best tier there is.
    pub(crate) fn best(&self) -> u8 {
        self.best
    }
}

/// The tier of a score, 1 to 255.
fn tier(score: f32) -> u8 {
    let steps = (score.max(f32::MIN_POSITIVE).log2() * STEPS_PER_DOUBLING).round() + TIER_OF_ONE;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to what fits"
    )]
    let tier = steps.clamp(1.0, 255.0) as u8;
    tier
}

fn first_value(searcher: &Searcher) -> Result<u64, Trouble> {
    let mut first = u64::MAX;
    for segment in searcher.segment_readers() {
        first = first.min(segment.fast_fields().u64(VALUE)?.min_value());
    }
    Ok(first)
}

pub(crate) fn is_alive(segment: &SegmentReader, document: u32) -> bool {
    segment
        .alive_bitset()
        .is_none_or(|alive| alive.is_alive(document))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearly_equal_scores_share_a_tier() {
        assert_eq!(tier(2.0), tier(2.05));
        assert!(tier(2.0) > tier(1.5));
        assert!(tier(0.0) >= 1);
        assert_eq!(tier(f32::MAX), 255);
    }

    #[test]
    fn the_table_knows_what_was_added_and_nothing_else() {
        let mut matches = Matches {
            first: 1_000_000,
            ..Matches::default()
        };
        for (value, tier) in [(1_000_000, 9), (1_009_999, 17)] {
            matches.add(value, tier);
        }
        assert_eq!(
            [999_999, 1_000_000, 1_000_001, 1_009_999, u64::MAX].map(|value| matches.tier(value)),
            [9, 9, 0, 17, 0]
        );
        assert_eq!(matches.few(), Some(&[1_000_000, 1_009_999][..]));
        assert!((matches.score(17) - 1.0).abs() < f32::EPSILON);
        assert!((matches.score(9) - 0.5).abs() < f32::EPSILON);
        for value in 0..FEW as u64 {
            matches.add(1_100_000 + value, 1);
        }
        assert_eq!(matches.few(), None);
    }
}
