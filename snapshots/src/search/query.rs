//! From clauses to the search library's queries.
//!
//! A field may have more around it than a person typed, so a word in a field stands for a range of
//! terms: the word, the field's path from the inside out, and whatever follows. Such words are matched as
//! patterns. A phrase of patterns is slow where every value has it, so the paths that there really are
//! are found first, and when they are few each gets a plain phrase.

use std::collections::BTreeSet;

use tantivy::query::{
    AllQuery, BooleanQuery, Occur, PhraseQuery, Query, RegexPhraseQuery, RegexQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

use super::ask::{Clause, Phrase};
use super::schema::Fields;
use super::shelf::Trouble;
use super::text::{GROUP, JOINT, LEAF, turned};
use super::words;

/// Up to this many paths get a phrase each.
const PATHS_MAX: usize = 32;

/// Makes queries for one moment of the index.
pub(crate) struct Queries<'a> {
    pub(crate) searcher: &'a Searcher,
    pub(crate) fields: &'a Fields,
}

impl Queries<'_> {
    /// The query that finds the values a clause asks for.
    pub(crate) fn of(&self, clause: &Clause) -> Result<Box<dyn Query>, Trouble> {
        Ok(match clause {
            Clause::All => Box::new(AllQuery),
            Clause::Words(phrase) => self.phrase(phrase)?,
            Clause::And(clauses) => self.all(clauses)?,
            Clause::Not(_) => self.all(std::slice::from_ref(clause))?,
            Clause::Or(clauses) => {
                let parts = clauses
                    .iter()
                    .map(|clause| Ok((Occur::Should, self.of(clause)?)));
                Box::new(BooleanQuery::new(parts.collect::<Result<_, Trouble>>()?))
            }
        })
    }

    fn all(&self, clauses: &[Clause]) -> Result<Box<dyn Query>, Trouble> {
        let mut parts = Vec::new();
        for clause in clauses {
            parts.push(match clause {
                Clause::Not(inner) => (Occur::MustNot, self.of(inner)?),
                clause => (Occur::Must, self.of(clause)?),
            });
        }
        if parts.iter().all(|(occur, _)| *occur == Occur::MustNot) {
            parts.push((Occur::Must, Box::new(AllQuery)));
        }
        Ok(Box::new(BooleanQuery::new(parts)))
    }

    fn phrase(&self, phrase: &Phrase) -> Result<Box<dyn Query>, Trouble> {
        let words = words::split(&mut words::words(), &phrase.text);
        let words: Vec<String> = words.into_iter().map(|word| word.text).collect();
        let path = phrase.path.as_deref().map(|path| folded(&turned(path)));
        match path {
            None if phrase.prefix => patterns(self.fields.words, &words, true, None),
            None => Ok(plain(self.fields.words, &words)),
            Some(path) => self.in_field(&words, phrase.prefix, &path),
        }
    }

    fn in_field(
        &self,
        words: &[String],
        prefix: bool,
        path: &str,
    ) -> Result<Box<dyn Query>, Trouble> {
        if words.len() < 2 || prefix {
            return patterns(self.fields.paths, words, prefix, Some(path));
        }
        match self.paths_with(words, path)? {
            Some(paths) => Ok(Box::new(BooleanQuery::union(
                paths
                    .iter()
                    .map(|path| {
                        let joined = words.iter().map(|word| format!("{word}{JOINT}{path}"));
                        plain(self.fields.paths, &joined.collect::<Vec<_>>())
                    })
                    .collect(),
            ))),
            None => patterns(self.fields.paths, words, prefix, Some(path)),
        }
    }

    /// The paths inside which all of these words stand somewhere; `None` when there are too many.
    fn paths_with(
        &self,
        words: &[String],
        path: &str,
    ) -> Result<Option<BTreeSet<String>>, Trouble> {
        let mut common: Option<BTreeSet<String>> = None;
        for word in words {
            let Some(paths) = self.paths_of(word, path)? else {
                return Ok(None);
            };
            common = Some(match common {
                Some(common) => common.intersection(&paths).cloned().collect(),
                None => paths,
            });
        }
        Ok(common)
    }

    fn paths_of(&self, word: &str, path: &str) -> Result<Option<BTreeSet<String>>, Trouble> {
        let mut paths = BTreeSet::new();
        let begin = format!("{word}{JOINT}{path}");
        for segment in self.searcher.segment_readers() {
            let index = segment.inverted_index(self.fields.paths)?;
            // `/` is the character after `.`, with which the path goes on.
            let range = index.terms().range().ge(&begin).lt(format!("{begin}/"));
            let mut terms = range.into_stream()?;
            while terms.advance() {
                let found = std::str::from_utf8(&terms.key()[word.len() + JOINT.len_utf8()..]);
                paths.extend(
                    found
                        .ok()
                        .filter(|found| is_inside(found, path))
                        .map(str::to_owned),
                );
                if paths.len() > PATHS_MAX {
                    return Ok(None);
                }
            }
        }
        Ok(Some(paths))
    }
}

/// Whether a folded path is the wanted one, with whatever is around it.
pub(crate) fn is_inside(path: &str, wanted: &str) -> bool {
    path.strip_prefix(wanted)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
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

fn plain(field: Field, words: &[String]) -> Box<dyn Query> {
    let mut terms: Vec<Term> = words
        .iter()
        .map(|word| Term::from_field_text(field, word))
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

/// Words as patterns: their path may go on outwards, and the last word may go on.
fn patterns(
    field: Field,
    words: &[String],
    prefix: bool,
    path: Option<&str>,
) -> Result<Box<dyn Query>, Trouble> {
    let path = path.map_or(String::new(), |path| {
        format!("\\x00{}(\\.[^\\x00]*)?", literal(path))
    });
    let mut patterns: Vec<String> = words.iter().map(|word| literal(word)).collect();
    if let Some(last) = patterns.last_mut().filter(|_| prefix) {
        last.push_str("[^\\x00]*");
    }
    patterns
        .iter_mut()
        .for_each(|pattern| pattern.push_str(&path));
    Ok(match patterns.as_slice() {
        [] => Box::new(RegexQuery::from_pattern(&path, field)?),
        [pattern] => Box::new(RegexQuery::from_pattern(pattern, field)?),
        _ => Box::new(RegexPhraseQuery::new(field, patterns)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_inside_when_only_names_around_it_are_more() {
        assert!(is_inside("email", "email") && is_inside("email.customer", "email"));
        assert!(!is_inside("email-2", "email") && !is_inside("mail.email", "email"));
    }

    #[test]
    fn paths_are_folded_like_words() {
        assert_eq!(folded("E Mail.Kundé"), "e mail.kunde");
        assert_eq!(folded("A\u{1e}b"), "a b");
    }

    #[test]
    fn what_a_person_typed_is_quoted_in_patterns() {
        assert_eq!(literal("a.b[0] c"), "a\\.b\\[0\\] c");
    }
}
