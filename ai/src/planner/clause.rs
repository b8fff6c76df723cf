//! A sentence becomes clauses: cut at commas, at `then`, and at an `and` that a verb follows.

use super::Fill;

/// One thing that is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clause {
    words: Vec<String>,
}

/// Verbs that begin a clause after `and`.
const VERBS: &[&str] = &[
    "get",
    "fetch",
    "download",
    "read",
    "load",
    "call",
    "request",
    "post",
    "send",
    "put",
    "patch",
    "delete",
    "keep",
    "filter",
    "drop",
    "remove",
    "exclude",
    "wait",
    "sleep",
    "pause",
    "sort",
    "take",
    "limit",
    "pick",
    "select",
    "set",
    "add",
    "log",
    "print",
    "write",
    "sum",
    "count",
    "average",
    "rename",
    "disable",
    "enable",
    "retry",
    "ask",
    "approve",
    "merge",
    "notify",
    "store",
    "save",
    "convert",
    "parse",
    "transform",
    "insert",
    "connect",
    "make",
    "change",
    "repeat",
    "only",
    "loop",
    "stop",
    "fail",
    "turn",
    "run",
];

impl Clause {
    /// Its words as they were written, but for the punctuation behind them.
    pub(super) fn words(&self) -> &[String] {
        &self.words
    }

    /// Its words in small letters, quotes kept.
    pub(super) fn lower(&self) -> Vec<String> {
        self.words.iter().map(|word| word.to_lowercase()).collect()
    }

    pub(super) fn text(&self) -> String {
        self.words.join(" ")
    }

    /// The clause with the reply to a question about it.
    pub(super) fn completed(&self, reply: &str, fill: Fill) -> Self {
        let text = self.text();
        let reply = reply.trim().trim_end_matches('.');
        let first = self.words.first().map_or("", String::as_str);
        let text = match fill {
            Fill::Append => format!("{text} {reply}"),
            Fill::Before => {
                let rest = self
                    .words
                    .iter()
                    .skip_while(|word| !is_verb(&word.to_lowercase()));
                let rest: Vec<&str> = rest.map(String::as_str).collect();
                format!("{reply} {}", rest.join(" "))
            }
            Fill::Field => format!("{first} those with {reply} {}", self.words[1..].join(" ")),
            Fill::After => format!("{text} after {reply}"),
            Fill::Who => {
                let tail = self
                    .words
                    .iter()
                    .skip_while(|word| !matches!(word.as_str(), "to" | "as"));
                let tail: Vec<&str> = tail.map(String::as_str).collect();
                format!("{first} {reply} {}", tail.join(" "))
            }
            Fill::Instead => reply.to_owned(),
        };
        let tokens = tokens(&text);
        Self {
            words: tokens.into_iter().map(|token| token.word).collect(),
        }
    }

    pub(super) fn of(words: &[String]) -> Self {
        Self {
            words: words.to_vec(),
        }
    }
}

/// The clauses of a text, in order.
pub(super) fn split(text: &str) -> Vec<Clause> {
    let mut clauses = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let tokens = tokens(text);
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1).map(|next| next.word.to_lowercase());
        let is_joint = match token.word.to_lowercase().as_str() {
            "then" => true,
            "and" | "also" | "please" | "plus" if words.is_empty() => true,
            "and" => next
                .as_deref()
                .is_some_and(|next| next == "then" || next == "also" || is_verb(next)),
            _ => false,
        };
        if !is_joint {
            words.push(token.word.clone());
        }
        // A comma inside a list ("id, name and total") is no end: what follows is no verb.
        let goes_on = token.end == Some(',') && next.as_deref().is_some_and(|next| !starts(next));
        // "every day, get X": a time before a comma is a clause, also when no verb follows.
        let is_told =
            token.end.is_some() && (!goes_on || words.first().is_some_and(|word| is_time(word)));
        if (is_joint || is_told) && !words.is_empty() {
            clauses.push(Clause {
                words: std::mem::take(&mut words),
            });
        }
    }
    if !words.is_empty() {
        clauses.push(Clause { words });
    }
    clauses
}

pub(super) fn is_verb(word: &str) -> bool {
    VERBS.contains(&word)
}

fn starts(word: &str) -> bool {
    is_verb(word)
        || is_time(word)
        || matches!(
            word,
            "and"
                | "otherwise"
                | "else"
                | "then"
                | "also"
                | "if"
                | "for"
                | "after"
                | "before"
                | "finally"
                | "please"
                | "when"
                | "plus"
        )
}

fn is_time(word: &str) -> bool {
    matches!(
        word,
        "every" | "each" | "daily" | "hourly" | "weekly" | "monthly" | "at" | "on"
    )
}

struct Token {
    word: String,
    /// The punctuation that ended it.
    end: Option<char>,
}

/// Words, with quoted texts and JSON as one word each.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' | '`' => quoted(rest, first),
            '{' | '[' => bracketed(rest),
            _ => rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        let (word, after) = rest.split_at(length);
        let bare = word.trim_end_matches([',', ';', '.', '!', '?']);
        let mut end = word[bare.len()..].chars().next();
        let mut after = after;
        if end.is_none()
            && let Some(mark) = after.chars().next().filter(|c| ",;.".contains(*c))
        {
            end = Some(mark);
            after = &after[1..];
        }
        if !bare.is_empty() {
            tokens.push(Token {
                word: bare.to_owned(),
                end,
            });
        }
        rest = after.trim_start();
    }
    tokens
}

fn quoted(text: &str, quote: char) -> usize {
    let inner = &text[quote.len_utf8()..];
    match inner.find(quote) {
        Some(end) => end + 2 * quote.len_utf8(),
        None => text.find(char::is_whitespace).unwrap_or(text.len()),
    }
}

fn bracketed(text: &str) -> usize {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>();
    match stream.next() {
        Some(Ok(_)) => stream.byte_offset(),
        _ => text.find(char::is_whitespace).unwrap_or(text.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = split(text).iter().map(Clause::text).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn commas_and_verbs_cut_but_lists_and_addresses_stay() {
        check(
            "every hour get http://127.0.0.1:80/orders, keep those over 100, and post them to http://127.0.0.1:80/alerts",
            &[
                "every hour get http://127.0.0.1:80/orders",
                "keep those over 100",
                "post them to http://127.0.0.1:80/alerts",
            ],
        );
        check(
            "pick id, name and total. Then log it",
            &["pick id name and total", "log it"],
        );
        check(
            "wait 5 seconds and then sort by price",
            &["wait 5 seconds", "sort by price"],
        );
        check(
            r#"set note to "a, b" and log it"#,
            &[r#"set note to "a, b""#, "log it"],
        );
    }
}
