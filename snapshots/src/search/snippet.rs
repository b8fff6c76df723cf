//! The part of a value in which something was found.

use std::ops::ControlFlow;

use flowforge_engine::Value;
use serde::Serialize;
use tantivy::tokenizer::TextAnalyzer;

use super::ask::Phrase;
use super::query::{folded, is_inside};
use super::text::{leaves, turned};
use super::words::{self, Word};

/// Longest text of a snippet, in bytes.
const SNIPPET_BYTES_MAX: usize = 160;
/// How much of it may stand before the first match.
const LEAD_BYTES: usize = 40;

/// The part of a value in which something was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Snippet {
    /// The field, from the outside in; empty when the value is not a record.
    pub path: String,
    /// Its text, in pieces; `…` stands for what was left out.
    pub parts: Vec<Part>,
    /// Whether the value is so large that only its beginning can be searched.
    pub cut: bool,
}

/// A piece of a snippet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// The text.
    pub text: String,
    /// Whether it is what was looked for.
    pub found: bool,
}

/// What is looked for, as words.
pub(crate) struct Wanted {
    phrases: Vec<WantedPhrase>,
    analyzer: TextAnalyzer,
}

struct WantedPhrase {
    path: Option<String>,
    words: Vec<String>,
    prefix: bool,
}

impl Wanted {
    pub(crate) fn new(phrases: &[&Phrase]) -> Self {
        let mut analyzer = words::words();
        let phrases = phrases
            .iter()
            .map(|phrase| WantedPhrase {
                path: phrase.path.as_deref().map(|path| folded(&turned(path))),
                words: words::split(&mut analyzer, &phrase.text)
                    .into_iter()
                    .map(|word| word.text)
                    .collect(),
                prefix: phrase.prefix,
            })
            .collect();
        Self { phrases, analyzer }
    }

    /// The first part of `value` in which most of what is wanted stands.
    pub(crate) fn snippet(&mut self, value: &Value) -> Snippet {
        let mut best = Found::default();
        let enough = self.phrases.len();
        leaves(value, &mut |path, text| {
            let found = self.find(path, text);
            if best.is_worse_than(&found) {
                best = found;
            }
            if best.phrases >= enough && best.text.is_some() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        let cut = leaves(value, &mut |_, _| ControlFlow::Continue(()));
        Snippet {
            path: turned(&best.path),
            parts: best.parts(),
            cut,
        }
    }

    fn find(&mut self, path: &str, text: Option<&str>) -> Found {
        let name = folded(path);
        let words = text.map_or(Vec::new(), |text| words::split(&mut self.analyzer, text));
        let mut found = Found {
            path: path.to_owned(),
            text: text.map(str::to_owned),
            ..Found::default()
        };
        for phrase in &self.phrases {
            if phrase
                .path
                .as_ref()
                .is_some_and(|wanted| !is_inside(&name, wanted))
            {
                continue;
            }
            let before = found.marks.len();
            phrase.mark(&words, &mut found.marks);
            let names_it = phrase.path.is_none()
                && phrase
                    .words
                    .iter()
                    .any(|word| name.split('.').any(|name| name == word));
            if found.marks.len() > before || phrase.words.is_empty() {
                found.phrases += 1;
            } else if names_it {
                found.names += 1;
            }
        }
        found.marks.sort_unstable();
        found
    }
}

impl WantedPhrase {
    /// Where the phrase stands in these words, in bytes of their text.
    fn mark(&self, words: &[Word], marks: &mut Vec<(usize, usize)>) {
        let count = self.words.len();
        if count == 0 {
            return;
        }
        for window in words.windows(count) {
            let is_here = window
                .iter()
                .zip(&self.words)
                .enumerate()
                .all(|(at, (word, wanted))| {
                    word.text == *wanted
                        || self.prefix && at + 1 == count && word.text.starts_with(wanted.as_str())
                });
            if is_here {
                marks.push((window[0].from, window[count - 1].to));
            }
        }
    }
}

/// A leaf, and what was found in it.
#[derive(Default)]
struct Found {
    path: String,
    text: Option<String>,
    marks: Vec<(usize, usize)>,
    /// How many of the phrases stand in it, and how many name it.
    phrases: usize,
    names: usize,
}

impl Found {
    fn is_worse_than(&self, other: &Self) -> bool {
        let rank = |found: &Self| (found.phrases, found.names, found.text.is_some());
        rank(self) < rank(other)
    }

    fn parts(&self) -> Vec<Part> {
        let text = self.text.as_deref().unwrap_or_default();
        let first = self.marks.first().map_or(0, |(from, _)| *from);
        let from = if text.len() <= SNIPPET_BYTES_MAX {
            0
        } else {
            text.floor_char_boundary(first.saturating_sub(LEAD_BYTES))
        };
        let to = text.floor_char_boundary(from + SNIPPET_BYTES_MAX);
        let mut parts = Parts::default();
        if from > 0 {
            parts.push("…", false);
        }
        let mut at = from;
        for (start, end) in &self.marks {
            let (start, end) = ((*start).clamp(at, to), (*end).clamp(at, to));
            parts.push(&text[at..start], false);
            parts.push(&text[start..end], true);
            at = end;
        }
        parts.push(&text[at..to], false);
        if to < text.len() {
            parts.push("…", false);
        }
        parts.0
    }
}

#[derive(Default)]
struct Parts(Vec<Part>);

impl Parts {
    fn push(&mut self, text: &str, found: bool) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.found == found => last.text.push_str(text),
            _ => self.0.push(Part {
                text: text.to_owned(),
                found,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ask;
    use super::*;

    /// The snippet as `path: text`, with what was found in brackets.
    fn snippet(question: &str, value: &str) -> String {
        let clause = ask::parse(question).expect("a question");
        let value = Value::parse_json(value).expect("JSON");
        let snippet = Wanted::new(&clause.wanted()).snippet(&value);
        let text: String = snippet
            .parts
            .iter()
            .map(|part| {
                if part.found {
                    format!("[{}]", part.text)
                } else {
                    part.text.clone()
                }
            })
            .collect();
        format!("{}: {text}", snippet.path)
    }

    const ORDER: &str =
        r#"{"customer":{"name":"Ann Lee","email":"Ann@Example.com"},"total":12.5,"paid":true}"#;

    #[test]
    fn it_shows_the_field_with_what_was_looked_for() {
        assert_eq!(
            snippet("ann@example.com", ORDER),
            "customer.email: [Ann@Example.com]"
        );
        assert_eq!(snippet("name:ann", ORDER), "customer.name: [Ann] Lee");
        assert_eq!(snippet("lee -bob", ORDER), "customer.name: Ann [Lee]");
        assert_eq!(snippet("exam*", ORDER), "customer.email: Ann@[Example].com");
        assert_eq!(snippet("total:12.5", ORDER), "total: [12.5]");
    }

    #[test]
    fn a_field_name_shows_the_field() {
        assert_eq!(snippet("paid", ORDER), "paid: true");
        assert_eq!(
            snippet("customer.email:*", ORDER),
            "customer.email: Ann@Example.com"
        );
    }

    #[test]
    fn without_words_it_shows_the_beginning() {
        assert_eq!(snippet("", r#"["first","second"]"#), ": first");
    }

    #[test]
    fn long_text_is_shown_around_the_match() {
        let value = format!("\"{}needle {}\"", "é ".repeat(300), "ü ".repeat(300));
        let found = snippet("needle", &value);
        assert!(
            found.starts_with(": …") && found.ends_with('…') && found.contains("é [needle] ü"),
            "{found}"
        );
        assert!(found.len() < SNIPPET_BYTES_MAX + 20, "{}", found.len());
    }
}
