//! A bounded look at a source before Rhai sees it.
//!
//! Rhai's parser bounds the depth of expressions, but neither the size of a source nor the number of
//! its functions, parameters and tokens. Reading the tokens first, in one loop without recursion,
//! refuses what could keep the parser busy or deep, and tells which names a source uses. When this
//! reading and Rhai's differ, nothing is lost: it never accepts for Rhai, it only refuses before it.

use crate::failure::{Failure, FailureKind};
use crate::problem::Place;

use super::SOURCE_BYTES_MAX;

/// Most tokens of one source.
const TOKENS_MAX: usize = 50_000;
/// Deepest nesting of brackets, braces and interpolations.
const NESTING_MAX: usize = 64;
/// Most functions and closures of one source.
pub(super) const FUNCTIONS_MAX: usize = 256;
/// Most prefix operators in a row.
const PREFIXES_MAX: usize = 32;
/// Most names in a row with only commas between them, such as the parameters of a function.
const NAMES_IN_A_ROW_MAX: usize = 128;
/// Longest name or number, in bytes.
const WORD_BYTES_MAX: usize = 512;

/// What a token is. Symbols are told apart by their text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name or keyword.
    Name,
    /// A decimal integer of plain digits.
    Integer,
    /// A decimal number of plain digits with a fraction.
    Float,
    /// Any other number.
    OtherNumber,
    /// A text in double quotes that says what it means: no escapes.
    PlainText,
    /// Any other text, or a piece of one around an interpolation.
    OtherText,
    /// An operator or bracket.
    Symbol,
}

/// A token and where it stands, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Token {
    /// Its text in the source it was read from.
    pub(super) fn text<'a>(&self, source: &'a str) -> &'a str {
        &source[self.start..self.end]
    }
}

/// Where reading stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// At the end of the source.
    End,
    /// At a `}}` that closes nothing inside the source.
    DoubleBrace,
}

/// The tokens of a source, and the byte at which reading stopped.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) tokens: Vec<Token>,
    pub(super) end: usize,
    /// Whether reading stopped at what was looked for.
    pub(super) closed: bool,
}

/// Reads the tokens of a whole source.
///
/// # Errors
/// `Limit` when the source is larger, deeper or has more parts than any that should be read.
pub(super) fn scan(source: &str) -> Result<Scan, Failure> {
    scan_until(source, 0, Until::End)
}

/// Reads tokens from byte `start` on.
///
/// # Errors
/// As [`scan`].
pub(super) fn scan_until(source: &str, start: usize, until: Until) -> Result<Scan, Failure> {
    if source.len() > SOURCE_BYTES_MAX {
        return Err(too_large(source.len()));
    }
    let scanner = Scanner {
        source,
        bytes: source.as_bytes(),
        at: start,
        until,
        tokens: Vec::new(),
        open: Vec::new(),
        counts: Counts::default(),
    };
    scanner.run()
}

/// The line and column of a byte, both from 1, columns in characters.
pub(super) fn place_of(source: &str, at: usize) -> Place {
    let before = &source[..source.floor_char_boundary(at)];
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    Place {
        line: u32::try_from(line).ok(),
        column: u32::try_from(column).ok(),
        ..Place::default()
    }
}

fn too_large(bytes: usize) -> Failure {
    Failure::new(
        FailureKind::Limit,
        format!("the source has {bytes} bytes; at most {SOURCE_BYTES_MAX} are read"),
    )
    .with_hint("move data out of the code, into the node's input")
}

/// What is open at some point of a source.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Bracket,
    Brace,
    Interpolation,
}

#[derive(Default)]
struct Counts {
    functions: usize,
    prefixes: usize,
    names: usize,
}

struct Scanner<'a> {
    source: &'a str,
    bytes: &'a [u8],
    at: usize,
    until: Until,
    tokens: Vec<Token>,
    open: Vec<Open>,
    counts: Counts,
}

impl Scanner<'_> {
    fn run(mut self) -> Result<Scan, Failure> {
        while let Some(byte) = self.peek(0) {
            if self.until == Until::DoubleBrace && self.starts("}}") && !self.in_braces() {
                return Ok(Scan {
                    tokens: self.tokens,
                    end: self.at,
                    closed: true,
                });
            }
            self.step(byte)?;
        }
        let closed = self.until == Until::End;
        Ok(Scan {
            tokens: self.tokens,
            end: self.bytes.len(),
            closed,
        })
    }

    fn step(&mut self, byte: u8) -> Result<(), Failure> {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
            b'/' if self.starts("//") => self.skip_line(),
            b'/' if self.starts("/*") => self.skip_block(),
            b'"' => return self.quoted(),
            b'`' => return self.back_ticked(),
            b'#' if self.starts("#\"") || self.starts("##") => return self.raw_text(),
            b'\'' => return self.character(),
            b'0'..=b'9' => return self.number(),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => return self.name(),
            _ => return self.symbol(byte),
        }
        Ok(())
    }

    /// Whether a closing brace here closes one of the source.
    fn in_braces(&self) -> bool {
        self.open.iter().any(|open| *open != Open::Bracket)
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn starts(&self, prefix: &str) -> bool {
        self.bytes[self.at..].starts_with(prefix.as_bytes())
    }

    fn skip_line(&mut self) {
        self.at += self.bytes[self.at..]
            .iter()
            .position(|&b| b == b'\n')
            .unwrap_or(self.bytes.len() - self.at);
    }

    /// Skips a block comment; they nest.
    fn skip_block(&mut self) {
        let mut depth = 0usize;
        while self.at < self.bytes.len() {
            if self.starts("/*") {
                depth += 1;
                self.at += 2;
            } else if self.starts("*/") {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    return;
                }
            } else {
                self.at += 1;
            }
        }
    }

    fn quoted(&mut self) -> Result<(), Failure> {
        let start = self.at;
        let mut kind = TokenKind::PlainText;
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                b'"' => break,
                b'\\' => {
                    kind = TokenKind::OtherText;
                    self.at += 1;
                }
                b'\n' => kind = TokenKind::OtherText,
                _ => {}
            }
        }
        if self.at > self.bytes.len() || self.bytes.get(self.at - 1) != Some(&b'"') {
            kind = TokenKind::OtherText;
        }
        self.push(kind, start)
    }

    /// Reads text after a back-tick, or after the end of an interpolation, up to the next of either.
    fn back_ticked(&mut self) -> Result<(), Failure> {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            if byte == b'`' {
                let doubled = self.peek(1) == Some(b'`');
                self.at += 1 + usize::from(doubled);
                if !doubled {
                    break;
                }
            } else if self.starts("${") {
                self.at += 2;
                self.push(TokenKind::OtherText, start)?;
                return self.enter(Open::Interpolation, start);
            } else {
                self.at += 1;
            }
        }
        self.push(TokenKind::OtherText, start)
    }

    fn raw_text(&mut self) -> Result<(), Failure> {
        let start = self.at;
        let hashes = self.bytes[start..]
            .iter()
            .take_while(|&&b| b == b'#')
            .count();
        self.at += hashes;
        if self.peek(0) != Some(b'"') {
            return self.push(TokenKind::Symbol, start);
        }
        let close = format!("\"{}", "#".repeat(hashes));
        let body = self.at + 1;
        self.at = self.source[body..]
            .find(&close)
            .map_or(self.bytes.len(), |end| body + end + close.len());
        self.push(TokenKind::OtherText, start)
    }

    fn character(&mut self) -> Result<(), Failure> {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                b'\'' | b'\n' => break,
                b'\\' => self.at += 1,
                _ => {}
            }
        }
        self.push(TokenKind::OtherText, start)
    }

    fn number(&mut self) -> Result<(), Failure> {
        let start = self.at;
        let mut kind = TokenKind::Integer;
        self.skip_digits();
        if self.peek(0) == Some(b'.') && self.peek(1).is_some_and(|b| b.is_ascii_digit()) {
            kind = TokenKind::Float;
            self.at += 1;
            self.skip_digits();
        }
        let plain = self.at;
        while self
            .peek(0)
            .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            self.at += 1;
        }
        let point = kind == TokenKind::Integer
            && self.peek(0) == Some(b'.')
            && !matches!(self.peek(1), Some(b'.' | b'_' | b'a'..=b'z' | b'A'..=b'Z'));
        if self.at > plain || point {
            kind = TokenKind::OtherNumber;
        }
        self.push(kind, start)
    }

    fn skip_digits(&mut self) {
        while self.peek(0).is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn name(&mut self) -> Result<(), Failure> {
        let start = self.at;
        while self
            .peek(0)
            .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            self.at += 1;
        }
        self.push(TokenKind::Name, start)
    }

    fn symbol(&mut self, byte: u8) -> Result<(), Failure> {
        let start = self.at;
        self.at += self.symbol_len(byte);
        self.push(TokenKind::Symbol, start)?;
        match self.bytes[self.at - 1] {
            b'(' | b'[' => self.enter(Open::Bracket, start),
            b'{' => self.enter(Open::Brace, start),
            b')' | b']' => {
                self.open.pop();
                Ok(())
            }
            b'}' if self.open.pop() == Some(Open::Interpolation) => {
                self.at -= 1;
                self.tokens.pop();
                self.back_ticked()
            }
            _ => Ok(()),
        }
    }

    fn symbol_len(&self, byte: u8) -> usize {
        const LONG: [&str; 26] = [
            "**=", "<<=", ">>=", "..=", "...", "#{", "(*", "*)", "&&", "||", "==", "!=", "<=",
            ">=", "??", "?.", "?[", "**", "..", "+=", "-=", "*=", "/=", "%=", "=>", "::",
        ];
        let long = LONG
            .iter()
            .find(|long| self.starts(long))
            .map_or(1, |long| long.len());
        if byte.is_ascii() {
            long
        } else {
            self.source[self.at..]
                .chars()
                .next()
                .map_or(1, char::len_utf8)
        }
    }

    fn enter(&mut self, open: Open, start: usize) -> Result<(), Failure> {
        if self.open.len() >= NESTING_MAX {
            return Err(self.too_complex(
                start,
                &format!("is nested deeper than {NESTING_MAX} levels"),
            ));
        }
        self.open.push(open);
        Ok(())
    }

    fn push(&mut self, kind: TokenKind, start: usize) -> Result<(), Failure> {
        self.at = self.at.min(self.bytes.len());
        self.at = self.source.ceil_char_boundary(self.at);
        let token = Token {
            kind,
            start,
            end: self.at,
        };
        self.count(token)?;
        self.tokens.push(token);
        Ok(())
    }

    fn count(&mut self, token: Token) -> Result<(), Failure> {
        let word = matches!(
            token.kind,
            TokenKind::Name | TokenKind::Integer | TokenKind::Float | TokenKind::OtherNumber
        );
        if word && token.end - token.start > WORD_BYTES_MAX {
            return Err(self.too_complex(
                token.start,
                &format!("has a name or number of more than {WORD_BYTES_MAX} bytes"),
            ));
        }
        if self.tokens.len() >= TOKENS_MAX {
            return Err(self.too_complex(
                token.start,
                &format!("has more than {TOKENS_MAX} words and symbols"),
            ));
        }
        self.count_names(token)?;
        self.count_functions(token)
    }

    fn count_names(&mut self, token: Token) -> Result<(), Failure> {
        match token.kind {
            TokenKind::Name => self.counts.names += 1,
            TokenKind::Symbol if token.text(self.source) == "," => {}
            _ => self.counts.names = 0,
        }
        if self.counts.names > NAMES_IN_A_ROW_MAX {
            return Err(self.too_complex(
                token.start,
                &format!("has more than {NAMES_IN_A_ROW_MAX} names in a row"),
            ));
        }
        Ok(())
    }

    fn count_functions(&mut self, token: Token) -> Result<(), Failure> {
        let text = token.text(self.source);
        let prefix = token.kind == TokenKind::Symbol && !self.after_operand();
        let closure = prefix && matches!(text, "|" | "||");
        let operator = prefix && matches!(text, "!" | "-" | "+");
        self.counts.functions +=
            usize::from(closure || (token.kind == TokenKind::Name && text == "fn"));
        self.counts.prefixes = if closure || operator {
            self.counts.prefixes + 1
        } else {
            0
        };
        if self.counts.functions > FUNCTIONS_MAX {
            return Err(self.too_complex(
                token.start,
                &format!("has more than {FUNCTIONS_MAX} functions"),
            ));
        }
        if self.counts.prefixes > PREFIXES_MAX {
            return Err(self.too_complex(
                token.start,
                &format!("has more than {PREFIXES_MAX} prefix operators in a row"),
            ));
        }
        Ok(())
    }

    /// Whether the next token follows something that has a value, so that an operator there is binary.
    fn after_operand(&self) -> bool {
        self.tokens.last().is_some_and(|last| match last.kind {
            TokenKind::Symbol => matches!(last.text(self.source), ")" | "]" | "}"),
            TokenKind::Name => !matches!(
                last.text(self.source),
                "return" | "throw" | "in" | "else" | "break" | "if" | "while"
            ),
            _ => true,
        })
    }

    fn too_complex(&self, at: usize, why: &str) -> Failure {
        Failure::new(
            FailureKind::Limit,
            format!("the complexity limit is reached: the source {why}"),
        )
        .with_hint("split it into several statements or nodes")
        .with_place(place_of(self.source, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        scan(source)
            .expect("within limits")
            .tokens
            .iter()
            .map(|token| token.text(source))
            .collect()
    }

    #[test]
    fn tokens_are_told_apart() {
        assert_eq!(
            texts("input.a[0]+1.5 // x"),
            ["input", ".", "a", "[", "0", "]", "+", "1.5"]
        );
        assert_eq!(texts("/* a /* b */ c */ x"), ["x"]);
        assert_eq!(texts("#{a: \"}\"}"), ["#{", "a", ":", "\"}\"", "}"]);
        assert_eq!(texts("#\"a\"b\"# + 1"), ["#\"a\"b\"#", "+", "1"]);
    }

    #[test]
    fn interpolations_are_read_as_code() {
        assert_eq!(
            texts("`a${x + `b${y}`}c`"),
            ["`a${", "x", "+", "`b${", "y", "}`", "}c`"]
        );
    }

    #[test]
    fn a_template_ends_at_its_own_braces() {
        let source = "{{ #{a: #{b: \"}}\"}} }} rest";
        let scan = scan_until(source, 2, Until::DoubleBrace).expect("within limits");
        assert_eq!(&source[scan.end..], "}} rest");
    }

    #[test]
    fn what_is_too_complex_is_refused_with_its_place() {
        let many = |text: &str, times: usize| text.repeat(times);
        for source in [
            many("(", 100),
            many("`${", 100),
            many("|| ", 100),
            many("!", 100),
            many("||1;", 300),
            many("fn f(){}", 300),
            many("1;", 30_000),
            many("x", 600),
            format!("fn f({}x){{}}", many("x,", 200)),
        ] {
            let failure = scan(&source).expect_err("too complex");
            assert_eq!(failure.kind, FailureKind::Limit, "{source:.20}");
            assert!(failure.place.is_some(), "{source:.20}");
        }
    }

    #[test]
    fn places_count_lines_and_characters() {
        let place = place_of("aé\n b", "aé\n ".len());
        assert_eq!((place.line, place.column), (Some(2), Some(2)));
    }
}
