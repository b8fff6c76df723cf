//! How text becomes words, the same for what is indexed and for what is asked.
//!
//! A word is a run of letters and digits, in lower case and without accents. Scripts that are written
//! without spaces give one word per character, so that any part of a sentence is found as a phrase.

use std::iter::Peekable;
use std::str::CharIndices;

use tantivy::tokenizer::{
    AsciiFoldingFilter, LowerCaser, TextAnalyzer, Token, TokenStream, Tokenizer,
};

use super::text::{GROUP, JOINT, LEAF};

/// Longer words are known by their beginning, in the index as in a question.
const WORD_BYTES_MAX: usize = 64;

/// Every word of a text; paths count as words too.
pub(crate) fn words() -> TextAnalyzer {
    analyzer(false)
}

/// Every word of every leaf, joined to the leaf's path; and each path once, joined to no word.
pub(crate) fn paths() -> TextAnalyzer {
    analyzer(true)
}

fn analyzer(with_path: bool) -> TextAnalyzer {
    let splitter = Splitter {
        with_path,
        token: Token::default(),
    };
    TextAnalyzer::builder(splitter)
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .build()
}

/// A word and where it stands in its text, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// The words of `text`, in order.
pub(crate) fn split(analyzer: &mut TextAnalyzer, text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    analyzer.token_stream(text).process(&mut |token| {
        words.push(Word {
            text: token.text.clone(),
            from: token.offset_from,
            to: token.offset_to,
        });
    });
    words
}

#[derive(Clone)]
struct Splitter {
    with_path: bool,
    token: Token,
}

impl Tokenizer for Splitter {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        self.token.reset();
        let path = self.with_path.then_some("");
        Stream {
            text,
            chars: text.char_indices().peekable(),
            path,
            token: &mut self.token,
        }
    }
}

struct Stream<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
    /// The path of the leaf that is being read, when paths are wanted.
    path: Option<&'a str>,
    token: &'a mut Token,
}

impl<'a> Stream<'a> {
    /// Leaves a hole, so that no phrase reaches from one leaf into the next.
    fn gap(&mut self) {
        self.token.position = self.token.position.wrapping_add(1);
    }

    fn begin(&mut self, from: usize) {
        self.token.position = self.token.position.wrapping_add(1);
        self.token.offset_from = from;
        self.token.text.clear();
    }

    fn end(&mut self, to: usize) {
        self.token.offset_to = to;
        if let Some(path) = self.path {
            self.token.text.push(JOINT);
            self.token.text.push_str(path);
        }
    }

    /// Reads the path at the beginning of a group. True when it gave a token.
    fn path(&mut self, from: usize) -> bool {
        let rest: &'a str = &self.text[from..];
        let path = &rest[..rest.find([LEAF, GROUP]).unwrap_or(rest.len())];
        while self
            .chars
            .next_if(|(at, _)| *at < from + path.len())
            .is_some()
        {}
        self.path = Some(path);
        self.begin(from);
        self.end(from + path.len());
        !path.is_empty()
    }

    fn word(&mut self, from: usize, first: char) {
        self.begin(from);
        self.token.text.push(first);
        let mut to = from + first.len_utf8();
        while let Some((at, char)) = self.chars.next_if(|(_, char)| goes_on(*char)) {
            to = at + char.len_utf8();
            if !is_mark(char) && self.token.text.len() + char.len_utf8() <= WORD_BYTES_MAX {
                self.token.text.push(char);
            }
        }
        self.end(to);
    }

    fn lone(&mut self, from: usize, char: char) {
        self.begin(from);
        self.token.text.push(char);
        self.end(from + char.len_utf8());
    }
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        while let Some((at, char)) = self.chars.next() {
            match char {
                LEAF => self.gap(),
                GROUP => {
                    self.gap();
                    if self.path.is_some() && self.path(at + 1) {
                        return true;
                    }
                }
                char if stands_alone(char) => {
                    self.lone(at, char);
                    return true;
                }
                char if char.is_alphanumeric() => {
                    self.word(at, char);
                    return true;
                }
                _ => {}
            }
        }
        false
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

fn goes_on(char: char) -> bool {
    char.is_ascii_alphanumeric()
        || !char.is_ascii() && (is_mark(char) || char.is_alphanumeric() && !stands_alone(char))
}

/// An accent that is written after its letter.
fn is_mark(char: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&char)
}

/// Whether it belongs to a script that is written without spaces: Thai to Khmer, kana, Han.
fn stands_alone(char: char) -> bool {
    matches!(char,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
        && char.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(mut analyzer: TextAnalyzer, text: &str) -> Vec<String> {
        split(&mut analyzer, text)
            .into_iter()
            .map(|word| word.text.replace(JOINT, "@"))
            .collect()
    }

    #[test]
    fn words_are_lower_case_without_accents() {
        assert_eq!(
            texts(words(), "Ann@Example.com, Café_Übung 12.5"),
            ["ann", "example", "com", "cafe", "ubung", "12", "5"]
        );
        assert_eq!(texts(words(), "e\u{301}te\u{301}"), ["ete"]);
    }

    #[test]
    fn scripts_without_spaces_give_one_word_per_character() {
        assert_eq!(
            texts(words(), "订单A已支付"),
            ["订", "单", "a", "已", "支", "付"]
        );
    }

    #[test]
    fn a_long_word_is_known_by_its_beginning() {
        let found = texts(words(), &format!("{} b", "x".repeat(500)));
        assert_eq!(found, ["x".repeat(WORD_BYTES_MAX), "b".into()]);
    }

    #[test]
    fn leaves_are_joined_to_their_path_and_paths_stand_alone_too() {
        let flat = "\u{1e}\u{1f}root\u{1e}Email.customer\u{1f}Ann x\u{1f}Bob";
        assert_eq!(
            texts(paths(), flat),
            [
                "root@",
                "@email.customer",
                "ann@email.customer",
                "x@email.customer",
                "bob@email.customer"
            ]
        );
        assert_eq!(
            texts(words(), flat),
            ["root", "email", "customer", "ann", "x", "bob"]
        );
    }

    #[test]
    fn no_two_leaves_are_neighbours() {
        let mut positions = Vec::new();
        words()
            .token_stream("\u{1e}p\u{1f}a b\u{1f}c")
            .process(&mut |token| positions.push(token.position));
        assert_eq!(
            positions
                .windows(2)
                .map(|pair| pair[1] - pair[0])
                .collect::<Vec<_>>(),
            [2, 1, 2]
        );
    }

    #[test]
    fn offsets_point_at_the_word_as_it_was_written() {
        let text = "go to Zürich now";
        let word = &split(&mut words(), text)[2];
        assert_eq!(
            (&text[word.from..word.to], word.text.as_str()),
            ("Zürich", "zurich")
        );
    }
}
