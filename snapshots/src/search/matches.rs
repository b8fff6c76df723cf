//! From clauses to the values they match, each with how well it matches.
//!
//! The result is a table from a value's number to a tier: its score on a scale of eight steps per
//! doubling. Values in one tier match equally well as far as a person can tell, so within a tier newer
//! comes first. A table costs one byte per value, and one look per occurrence.

use tantivy::query::{
    AllQuery, BooleanQuery, EnableScoring, Occur, PhraseQuery, Query, RegexPhraseQuery, RegexQuery,
    TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, SegmentReader, Term};

use super::ask::{Clause, Phrase};
use super::schema::{Fields, ROLE, ROLE_NONE, VALUE};
use super::shelf::Trouble;
use super::text::{GROUP, JOINT, LEAF, turned};
use super::words;

/// Up to this many matched values are looked up one by one; for more, occurrences are scanned.
const FEW: usize = 512;
const CHUNK: usize = 4096;
const STEPS_PER_DOUBLING: f32 = 8.0;
const TIER_OF_ONE: f32 = 128.0;

/// The query that finds the values a question asks for.
pub(crate) fn to_query(clause: &Clause, fields: &Fields) -> Result<Box<dyn Query>, Trouble> {
    let all = |clauses: &[Clause], occur: Occur| {
        clauses
            .iter()
            .map(|clause| Ok((occur, to_query(clause, fields)?)))
            .collect::<Result<Vec<_>, Trouble>>()
    };
    Ok(match clause {
        Clause::All => Box::new(AllQuery),
        Clause::Words(phrase) => phrase_query(phrase, fields)?,
        Clause::Or(clauses) => Box::new(BooleanQuery::new(all(clauses, Occur::Should)?)),
        Clause::Not(inner) => Box::new(BooleanQuery::new(vec![
            (Occur::Must, Box::new(AllQuery)),
            (Occur::MustNot, to_query(inner, fields)?),
        ])),
        Clause::And(clauses) => and_query(clauses, fields)?,
    })
}

fn and_query(clauses: &[Clause], fields: &Fields) -> Result<Box<dyn Query>, Trouble> {
    let mut parts: Vec<(Occur, Box<dyn Query>)> = Vec::new();
    for clause in clauses {
        parts.push(match clause {
            Clause::Not(inner) => (Occur::MustNot, to_query(inner, fields)?),
            clause => (Occur::Must, to_query(clause, fields)?),
        });
    }
    if parts.iter().all(|(occur, _)| *occur == Occur::MustNot) {
        parts.push((Occur::Must, Box::new(AllQuery)));
    }
    Ok(Box::new(BooleanQuery::new(parts)))
}

fn phrase_query(phrase: &Phrase, fields: &Fields) -> Result<Box<dyn Query>, Trouble> {
    if phrase.path.is_none() && !phrase.prefix {
        return Ok(plain_query(fields.words, &phrase.text));
    }
    let field = if phrase.path.is_some() {
        fields.paths
    } else {
        fields.words
    };
    let mut patterns = patterns(phrase);
    Ok(if patterns.len() == 1 {
        Box::new(RegexQuery::from_pattern(&patterns.remove(0), field)?)
    } else {
        Box::new(RegexPhraseQuery::new(field, patterns))
    })
}

fn plain_query(field: Field, text: &str) -> Box<dyn Query> {
    let mut terms: Vec<Term> = words::split(&mut words::words(), text)
        .iter()
        .map(|word| Term::from_field_text(field, &word.text))
        .collect();
    if terms.len() == 1 {
        Box::new(TermQuery::new(
            terms.remove(0),
            IndexRecordOption::WithFreqs,
        ))
    } else {
        Box::new(PhraseQuery::new(terms))
    }
}

/// One pattern of terms per word. A path may go on outwards, and the last word may go on.
fn patterns(phrase: &Phrase) -> Vec<String> {
    let path = phrase.path.as_deref().map(|path| folded(&turned(path)));
    let words = words::split(&mut words::words(), &phrase.text);
    let count = words.len();
    let mut patterns: Vec<String> = words
        .iter()
        .enumerate()
        .map(|(at, word)| {
            let more = if phrase.prefix && at + 1 == count {
                "[^\\x00]*"
            } else {
                ""
            };
            format!(
                "{}{more}{}",
                literal(&word.text),
                path.as_deref().map_or(String::new(), path_pattern)
            )
        })
        .collect();
    if patterns.is_empty() {
        patterns.push(path.as_deref().map_or(String::new(), path_pattern));
    }
    patterns
}

fn path_pattern(path: &str) -> String {
    format!("\\x00{}(\\.[^\\x00]*)?", literal(path))
}

/// A path that is written from the inside out, in the spelling it has in terms.
pub(crate) fn folded(path: &str) -> String {
    let path = path.replace([GROUP, LEAF, JOINT], " ");
    if path.is_ascii() {
        return path.to_ascii_lowercase();
    }
    let words = words::split(&mut words::paths(), &format!("{GROUP}{path}"));
    words.first().map_or(String::new(), |word| {
        word.text.trim_start_matches(JOINT).to_owned()
    })
}

fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_ascii_punctuation() {
            pattern.push('\\');
        }
        pattern.push(char);
    }
    pattern
}

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
}

impl Matches {
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

    #[test]
    fn patterns_quote_what_a_person_typed() {
        let phrase = Phrase {
            path: Some("A b.c[0]".into()),
            text: "x.y".into(),
            prefix: true,
        };
        assert_eq!(
            patterns(&phrase),
            [
                "x\\x00c\\[0\\]\\.a b(\\.[^\\x00]*)?",
                "y[^\\x00]*\\x00c\\[0\\]\\.a b(\\.[^\\x00]*)?"
            ]
        );
    }
}
