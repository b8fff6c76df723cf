//! What a person types, read into clauses.
//!
//! Words that stand side by side must all be there. `"a phrase"`, `path:word`, `path:"a phrase"`,
//! `path:*` (the field is there), `wor*`, `-word` or `NOT word`, `this OR that`, `( ... )`.
//! Why not the search library's own language? In it `https://example.com` asks for a field `https`,
//! and an error has no place.

/// Most words and phrases in one question.
const CLAUSES_MAX: usize = 64;
/// Deepest nesting of parentheses.
const DEPTH_MAX: usize = 32;

/// Why a question cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {position}: {message}")]
pub struct SyntaxError {
    /// The character it was noticed at, counted from 1.
    pub position: usize,
    /// What was expected, and what to do.
    pub message: String,
}

/// A question, as a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Clause {
    /// Everything.
    All,
    /// Words next to each other.
    Words(Phrase),
    /// Every one of these.
    And(Vec<Clause>),
    /// At least one of these.
    Or(Vec<Clause>),
    /// Not this.
    Not(Box<Clause>),
}

/// Words next to each other, perhaps in a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Phrase {
    /// The field, from the outside in.
    pub(crate) path: Option<String>,
    /// What is looked for; nothing to ask only whether the field is there.
    pub(crate) text: String,
    /// Whether the last word may go on.
    pub(crate) prefix: bool,
}

impl Clause {
    /// The words and phrases that are looked for, without those that must not be there.
    pub(crate) fn wanted(&self) -> Vec<&Phrase> {
        match self {
            Self::All | Self::Not(_) => Vec::new(),
            Self::Words(phrase) => vec![phrase],
            Self::And(clauses) | Self::Or(clauses) => {
                clauses.iter().flat_map(Self::wanted).collect()
            }
        }
    }
}

/// Reads a question. An empty one asks for everything.
pub(crate) fn parse(text: &str) -> Result<Clause, SyntaxError> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
        clauses: 0,
    };
    parser.skip_space();
    if parser.rest().is_empty() {
        return Ok(Clause::All);
    }
    let clause = parser.either()?;
    if parser.rest().is_empty() {
        Ok(clause)
    } else {
        Err(parser.error(parser.at, "this `)` closes nothing"))
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    clauses: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn error(&self, at: usize, message: impl Into<String>) -> SyntaxError {
        SyntaxError {
            position: self.text[..at].chars().count() + 1,
            message: message.into(),
        }
    }

    /// Takes `mark` when it is next.
    fn take(&mut self, mark: &str) -> bool {
        let found = self.rest().starts_with(mark);
        if found {
            self.at += mark.len();
        }
        found
    }

    /// Whether an upper-case word such as `OR` is next, as a word of its own.
    fn has_keyword(&self, keyword: &str) -> bool {
        self.rest().strip_prefix(keyword).is_some_and(|rest| {
            rest.is_empty()
                || rest.starts_with(|char: char| char.is_whitespace() || "()\"".contains(char))
        })
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let found = self.has_keyword(keyword) && self.take(keyword);
        if found {
            self.skip_space();
        }
        found
    }

    fn at_end(&self) -> bool {
        self.rest().is_empty() || self.rest().starts_with(')')
    }

    fn either(&mut self) -> Result<Clause, SyntaxError> {
        let mut clauses = vec![self.all()?];
        while self.take_keyword("OR") {
            clauses.push(self.all()?);
        }
        Ok(one_or(clauses, Clause::Or))
    }

    fn all(&mut self) -> Result<Clause, SyntaxError> {
        let mut clauses = vec![self.unary()?];
        loop {
            let and = self.take_keyword("AND");
            if !and && (self.at_end() || self.has_keyword("OR")) {
                return Ok(one_or(clauses, Clause::And));
            }
            clauses.push(self.unary()?);
        }
    }

    fn unary(&mut self) -> Result<Clause, SyntaxError> {
        let from = self.at;
        if self.at_end() {
            return Err(self.error(
                from,
                "a word is expected here, or `\"` and a phrase, or `(`",
            ));
        }
        if self.has_keyword("OR") || self.has_keyword("AND") {
            return Err(self.error(
                from,
                "`OR` and `AND` stand between words; put quotes around one to search for it",
            ));
        }
        if self.take_keyword("NOT") || self.take_minus() {
            return self.nested(from, |parser| Ok(Clause::Not(Box::new(parser.unary()?))));
        }
        if self.take("(") {
            return self.nested(from, |parser| parser.group(from));
        }
        self.phrase()
    }

    fn take_minus(&mut self) -> bool {
        let rest = self.rest();
        let found =
            rest.starts_with('-') && rest[1..].starts_with(|char: char| !char.is_whitespace());
        found && self.take("-")
    }

    fn nested(
        &mut self,
        from: usize,
        read: impl FnOnce(&mut Self) -> Result<Clause, SyntaxError>,
    ) -> Result<Clause, SyntaxError> {
        if self.depth == DEPTH_MAX {
            return Err(self.error(from, format!("nested deeper than {DEPTH_MAX} levels")));
        }
        self.depth += 1;
        let clause = read(self)?;
        self.depth -= 1;
        Ok(clause)
    }

    fn group(&mut self, from: usize) -> Result<Clause, SyntaxError> {
        self.skip_space();
        let clause = self.either()?;
        if !self.take(")") {
            return Err(self.error(from, "this `(` is not closed"));
        }
        self.skip_space();
        Ok(clause)
    }

    fn phrase(&mut self) -> Result<Clause, SyntaxError> {
        let from = self.at;
        self.clauses += 1;
        if self.clauses > CLAUSES_MAX {
            return Err(self.error(from, format!("more than {CLAUSES_MAX} words and phrases")));
        }
        let path = self.path()?;
        let (text, prefix) = match self.quoted()? {
            Some(quoted) => (quoted, self.take("*")),
            None => self.word(),
        };
        let anything = text.chars().any(char::is_alphanumeric);
        let asks_for_field = path.is_some() && text.is_empty();
        if !(anything || asks_for_field) {
            return Err(self.error(
                from,
                "there is no letter and no digit to search for in this",
            ));
        }
        self.skip_space();
        Ok(Clause::Words(Phrase {
            path,
            text: text.to_owned(),
            prefix: prefix && anything,
        }))
    }

    /// The field before a `:`, if that is what comes next.
    fn path(&mut self) -> Result<Option<String>, SyntaxError> {
        let start = self.at;
        if let Some(quoted) = self.quoted()? {
            if self.take(":") {
                return Ok(Some(quoted.to_owned()));
            }
            self.at = start;
            return Ok(None);
        }
        let end = self
            .rest()
            .find(|char: char| char.is_whitespace() || "\"()".contains(char));
        let word = &self.rest()[..end.unwrap_or(self.rest().len())];
        let Some((path, _)) = word.split_once(':') else {
            return Ok(None);
        };
        if !is_path(path, &self.rest()[path.len() + 1..]) {
            return Ok(None);
        }
        self.at += path.len() + 1;
        if self.rest().starts_with('(') {
            return Err(self.error(
                self.at,
                format!("a word or a phrase is expected after `{path}:`"),
            ));
        }
        Ok(Some(path.to_owned()))
    }

    fn quoted(&mut self) -> Result<Option<&'a str>, SyntaxError> {
        let from = self.at;
        if !self.take("\"") {
            return Ok(None);
        }
        let Some(length) = self.rest().find('"') else {
            return Err(self.error(from, "this quotation mark is not closed"));
        };
        let quoted = &self.rest()[..length];
        self.at += length + 1;
        Ok(Some(quoted))
    }

    /// A bare word, and whether it ends in `*`. A `)` that closes nothing inside the word ends it.
    fn word(&mut self) -> (&'a str, bool) {
        let mut open = 0_usize;
        let rest = self.rest();
        let end = rest.find(|char: char| match char {
            '(' => {
                open += 1;
                false
            }
            ')' if open == 0 => self.depth > 0,
            ')' => {
                open -= 1;
                false
            }
            '"' => true,
            char => char.is_whitespace(),
        });
        let word = &rest[..end.unwrap_or(rest.len())];
        self.at += word.len();
        word.strip_suffix('*')
            .map_or((word, false), |word| (word, true))
    }
}

/// Whether what stands before a `:` names a field: not in `https://...`, `12:30` or `note: text`.
fn is_path(path: &str, after: &str) -> bool {
    let goes_on = after.starts_with(|char: char| !char.is_whitespace());
    goes_on
        && !after.starts_with("//")
        && path.contains(|char: char| char.is_alphabetic() || char == '_')
}

fn one_or(mut clauses: Vec<Clause>, many: impl FnOnce(Vec<Clause>) -> Clause) -> Clause {
    if clauses.len() == 1 {
        clauses.remove(0)
    } else {
        many(clauses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The clause in a short form: `+[a b]`, `|[a b]`, `-a`, `path=text`, `~` for a prefix.
    fn short(clause: &Clause) -> String {
        let list = |clauses: &[Clause]| clauses.iter().map(short).collect::<Vec<_>>().join(" ");
        match clause {
            Clause::All => "all".into(),
            Clause::Words(Phrase { path, text, prefix }) => {
                let path = path
                    .as_ref()
                    .map_or(String::new(), |path| format!("{path}="));
                format!(
                    "{path}{}{}",
                    text.replace(' ', "_"),
                    if *prefix { "~" } else { "" }
                )
            }
            Clause::And(clauses) => format!("+[{}]", list(clauses)),
            Clause::Or(clauses) => format!("|[{}]", list(clauses)),
            Clause::Not(clause) => format!("-{}", short(clause)),
        }
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = match parse(text) {
            Ok(clause) => short(&clause),
            Err(error) => format!("{}: {}", error.position, error.message),
        };
        assert!(
            found.starts_with(expected),
            "{text:?} gave {found:?}, not {expected:?}"
        );
    }

    #[test]
    fn words_phrases_and_fields() {
        check("", "all");
        check("  paid ", "paid");
        check("paid late", "+[paid late]");
        check("\"paid late\" x", "+[paid_late x]");
        check(
            "customer.email:ann@example.com",
            "customer.email=ann@example.com",
        );
        check("status:\"not yet\"", "status=not_yet");
        check("\"Order ID\":7", "Order ID=7");
        check("customer:*", "customer=");
        check("invo* ref:2024-*", "+[invo~ ref=2024-~]");
    }

    #[test]
    fn and_or_not_and_groups() {
        check("a OR b c", "|[a +[b c]]");
        check("(a OR b) c", "+[|[a b] c]");
        check("a AND b -c NOT d", "+[a b -c -d]");
        check("-(a b)", "-+[a b]");
        check("order AND_more ORDER", "+[order AND_more ORDER]");
        check("(x:len() y)", "+[x=len() y]");
    }

    #[test]
    fn addresses_times_and_sentences_are_words() {
        check("https://example.com/a?b=1", "https://example.com/a?b=1");
        check("12:30", "12:30");
        check("error: refused", "+[error: refused]");
        check("well-known", "well-known");
        check("a - b1", "3: there is no letter");
        check(
            "status:(a OR b)",
            "8: a word or a phrase is expected after `status:`",
        );
    }

    #[test]
    fn errors_say_where() {
        check("ab \"cd", "4: this quotation mark is not closed");
        check("é (b", "3: this `(` is not closed");
        check("a ) b", "3: this `)` closes nothing");
        check("a OR", "5: a word is expected");
        check("OR a", "1: `OR` and `AND` stand between");
        check("a () b", "4: a word is expected");
        check("a ???", "3: there is no letter");
        check(&"(".repeat(40), "33: nested deeper");
        check(&"a ".repeat(65), "129: more than 64");
    }

    #[test]
    fn what_must_not_be_there_is_not_looked_for() {
        let clause = parse("a -b (c OR NOT d)").expect("a question");
        assert_eq!(
            clause
                .wanted()
                .iter()
                .map(|phrase| phrase.text.as_str())
                .collect::<Vec<_>>(),
            ["a", "c"]
        );
    }
}
