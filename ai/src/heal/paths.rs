//! Which fields a source reads, and where it says so: `input.body.orders.len()` reads `body`, then `orders`.
//!
//! This is a reading of the text, not Rhai's: it follows names through `let`, `for` and closures as far as
//! that is plain, and leaves out what it does not understand. A rule that relies on it is proven by replay, so
//! what is missed costs a fix, never a wrong one.

use std::collections::HashMap;
use std::ops::Range;

/// Most accesses of one source that are looked at.
const ACCESSES_MAX: usize = 400;
/// Functions whose closure gets the items of the list before the dot.
const OVER_ITEMS: [&str; 13] = [
    "map", "filter", "all", "some", "find", "find_map", "for_each", "index_of", "drain", "retain",
    "order_by", "sum_by", "group_by",
];

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// A field.
    Field(String),
    /// A position; negative ones count from the end.
    At(i64),
    /// Any item of a list.
    Item,
}

/// A way into a value, from a name that every source knows: `input`, `nodes`, `item`, `vars`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Way {
    pub(crate) root: String,
    pub(crate) keys: Vec<Key>,
}

/// A step as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) key: Key,
    /// Its bytes, with the dot or the brackets.
    pub(crate) span: Range<usize>,
}

/// A read of a value in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    /// What the written name stands for; then follow the steps.
    pub(crate) base: Way,
    /// The written name.
    pub(crate) name: Range<usize>,
    /// The steps as they are written.
    pub(crate) steps: Vec<Step>,
    /// The function that is called on it, if one is.
    pub(crate) call: Option<String>,
    /// Whether it is assigned to, so that it cannot be replaced by an expression.
    pub(crate) assigned: bool,
    /// Whether its author reckons with nothing there: `?.` or `??`.
    pub(crate) guarded: bool,
}

impl Access {
    /// The whole way.
    pub(crate) fn way(&self) -> Way {
        self.way_to(self.steps.len())
    }

    /// The way up to and without step `at`.
    pub(crate) fn way_to(&self, at: usize) -> Way {
        let mut way = self.base.clone();
        way.keys
            .extend(self.steps[..at].iter().map(|step| step.key.clone()));
        way
    }

    /// The bytes up to and without step `at`.
    pub(crate) fn span_to(&self, at: usize) -> Range<usize> {
        let end = if at == 0 {
            self.name.end
        } else {
            self.steps[at - 1].span.end
        };
        self.name.start..end
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Name,
    Number,
    Text,
    Symbol,
}

#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    span: Range<usize>,
}

/// The reads of values in a source, in its order.
pub(crate) fn accesses(source: &str) -> Vec<Access> {
    let tokens = tokens(source);
    let mut reader = Reader {
        source,
        tokens: &tokens,
        aliases: HashMap::new(),
        found: Vec::new(),
    };
    let mut at = 0;
    while at < tokens.len() && reader.found.len() < ACCESSES_MAX {
        at = reader.read(at);
    }
    reader.found
}

/// The names that a source calls as functions or methods, with their places.
pub(crate) fn calls(source: &str) -> Vec<(String, Range<usize>)> {
    let tokens = tokens(source);
    let called = tokens
        .windows(2)
        .filter(|pair| pair[0].kind == Kind::Name && &source[pair[1].span.clone()] == "(");
    called
        .map(|pair| {
            (
                source[pair[0].span.clone()].to_owned(),
                pair[0].span.clone(),
            )
        })
        .collect()
}

/// The names of a source that are no fields, with their places.
pub(crate) fn names(source: &str) -> Vec<(String, Range<usize>)> {
    let tokens = tokens(source);
    let is_name = |at: &usize| {
        tokens[*at].kind == Kind::Name
            && (*at == 0 || !matches!(&source[tokens[at - 1].span.clone()], "." | "?."))
    };
    (0..tokens.len())
        .filter(is_name)
        .map(|at| {
            let span = tokens[at].span.clone();
            (source[span.clone()].to_owned(), span)
        })
        .collect()
}

struct Reader<'a> {
    source: &'a str,
    tokens: &'a [Token],
    aliases: HashMap<String, Way>,
    found: Vec<Access>,
}

impl Reader<'_> {
    fn text(&self, at: usize) -> &str {
        self.tokens
            .get(at)
            .map_or("", |token| &self.source[token.span.clone()])
    }

    fn is_name(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|t| t.kind == Kind::Name)
    }

    /// Reads what begins at token `at`, and tells where the next begins.
    fn read(&mut self, at: usize) -> usize {
        if !self.is_name(at) || (at > 0 && matches!(self.text(at - 1), "." | "?.")) {
            return at + 1;
        }
        let name = self.text(at).to_owned();
        let Some(base) = self.base(&name) else {
            return at + 1;
        };
        // The key of a record literal or a parameter, not a read.
        if self.text(at + 1) == ":" || self.is_declared(at) {
            return at + 1;
        }
        let (access, next) = self.access(base, at);
        self.learn(&access, at, next);
        self.found.push(access);
        // Inside brackets and arguments there may be more.
        at + 1
    }

    fn is_declared(&self, at: usize) -> bool {
        at > 0 && matches!(self.text(at - 1), "let" | "const" | "fn")
            || (at > 1 && self.text(at - 2) == "for") && matches!(self.text(at - 1), "(" | ",")
            || at > 0 && self.text(at - 1) == "for"
            || at > 0 && self.text(at - 1) == "|" && matches!(self.text(at + 1), "|" | ",")
    }

    fn base(&self, name: &str) -> Option<Way> {
        if let Some(way) = self.aliases.get(name) {
            return Some(way.clone());
        }
        let is_root = matches!(name, "input" | "nodes" | "item" | "vars");
        is_root.then(|| Way {
            root: name.to_owned(),
            keys: Vec::new(),
        })
    }

    fn access(&self, base: Way, at: usize) -> (Access, usize) {
        let name = self.tokens[at].span.clone();
        let (mut steps, mut call, mut next) = (Vec::new(), None, at + 1);
        let mut guarded = false;
        loop {
            guarded |= matches!(self.text(next), "?." | "?[" | "??");
            match self.text(next) {
                "." | "?." if self.is_name(next + 1) => {
                    if self.text(next + 2) == "(" {
                        call = Some(self.text(next + 1).to_owned());
                        break;
                    }
                    let key = Key::Field(self.text(next + 1).to_owned());
                    let span = self.tokens[next].span.start..self.tokens[next + 1].span.end;
                    steps.push(Step { key, span });
                    next += 2;
                }
                "[" | "?[" => {
                    let Some((key, after)) = self.index(next) else {
                        break;
                    };
                    let span = self.tokens[next].span.start..self.tokens[after - 1].span.end;
                    steps.push(Step { key, span });
                    next = after;
                }
                _ => break,
            }
        }
        let assigned = matches!(self.text(next), "=" | "+=" | "-=" | "*=" | "/=" | "%=");
        let access = Access {
            base,
            name,
            steps,
            call,
            assigned,
            guarded,
        };
        (access, next)
    }

    /// The key between brackets that open at `at`, and the token behind them.
    fn index(&self, at: usize) -> Option<(Key, usize)> {
        let (negative, number) = match self.text(at + 1) {
            "-" => (true, at + 2),
            _ => (false, at + 1),
        };
        if self.text(number + 1) != "]" {
            return None;
        }
        let token = self.tokens.get(number)?;
        let text = self.text(number);
        let key = match token.kind {
            Kind::Number => Key::At(text.parse::<i64>().ok()? * if negative { -1 } else { 1 }),
            Kind::Text if !negative && !text.contains('\\') && text.starts_with('"') => {
                Key::Field(text.trim_matches('"').to_owned())
            }
            _ => return None,
        };
        Some((key, number + 2))
    }

    /// What a name stands for from here on: `let o = input.orders`, `for o in input.orders`, `input.orders.map(|o| ...)`.
    fn learn(&mut self, access: &Access, at: usize, next: usize) {
        let way = access.way();
        let mut items = way.clone();
        items.keys.push(Key::Item);
        if at >= 3
            && self.text(at - 1) == "="
            && matches!(self.text(at - 3), "let" | "const")
            && matches!(self.text(next), ";" | "??")
        {
            self.aliases.insert(self.text(at - 2).to_owned(), way);
        } else if at >= 2 && self.text(at - 1) == "in" && access.call.is_none() {
            let name = self.loop_name(at - 2);
            self.aliases.extend(name.map(|name| (name, items)));
        } else if let Some(call) = &access.call
            && OVER_ITEMS.contains(&call.as_str())
            && self.text(next + 3) == "|"
            && self.is_name(next + 4)
        {
            self.aliases.insert(self.text(next + 4).to_owned(), items);
        }
    }

    /// `o` in `for o in`, and in `for (o, i) in`.
    fn loop_name(&self, at: usize) -> Option<String> {
        if self.text(at) == ")" && at >= 4 {
            return Some(self.text(at - 3).to_owned());
        }
        self.is_name(at).then(|| self.text(at).to_owned())
    }
}

fn tokens(source: &str) -> Vec<Token> {
    let bytes = source.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let kind = match bytes[at] {
            b if b.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at = line_end(bytes, at);
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = source[at + 2..]
                    .find("*/")
                    .map_or(bytes.len(), |end| at + 2 + end + 2);
                continue;
            }
            quote @ (b'"' | b'\'' | b'`') => {
                at = text_end(bytes, at, quote);
                Kind::Text
            }
            b if b.is_ascii_alphabetic() || b == b'_' => {
                at = while_true(bytes, at, |b| b.is_ascii_alphanumeric() || b == b'_');
                Kind::Name
            }
            b if b.is_ascii_digit() => {
                at = while_true(bytes, at, |b| b.is_ascii_alphanumeric() || b == b'_');
                Kind::Number
            }
            b if b.is_ascii() => {
                at += symbol_len(&bytes[at..]);
                Kind::Symbol
            }
            _ => {
                at = while_true(bytes, at, |b| !b.is_ascii());
                Kind::Symbol
            }
        };
        tokens.push(Token {
            kind,
            span: start..at,
        });
    }
    tokens
}

fn symbol_len(bytes: &[u8]) -> usize {
    const LONG: [&[u8]; 15] = [
        b"??", b"?.", b"?[", b"==", b"!=", b"<=", b">=", b"&&", b"||", b"+=", b"-=", b"*=", b"/=",
        b"%=", b"=>",
    ];
    if LONG.iter().any(|long| bytes.starts_with(long)) {
        2
    } else {
        1
    }
}

fn while_true(bytes: &[u8], at: usize, is: impl Fn(u8) -> bool) -> usize {
    let len = bytes[at..].iter().take_while(|b| is(**b)).count();
    at + len
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    while_true(bytes, at, |b| b != b'\n')
}

fn text_end(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b if b == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &[&str]) {
        let show = |access: &Access| {
            let way = access.way();
            let mut text = way.root;
            for key in &way.keys {
                match key {
                    Key::Field(name) => text.push_str(&format!(".{name}")),
                    Key::At(at) => text.push_str(&format!("[{at}]")),
                    Key::Item => text.push_str("[]"),
                }
            }
            if let Some(call) = &access.call {
                text.push_str(&format!(" {call}()"));
            }
            text
        };
        let found: Vec<String> = accesses(source).iter().map(show).collect();
        assert_eq!(found, expected, "{source}");
    }

    #[test]
    fn fields_positions_and_calls() {
        check("input.body.orders.len()", &["input.body.orders len()"]);
        check(r#"input["a b"][-1].c"#, &["input.a b[-1].c"]);
        check(
            "nodes[\"fetch\"].output.x + vars.y",
            &["nodes.fetch.output.x", "vars.y"],
        );
        check("input?.a?.b ?? 3", &["input.a.b"]);
    }

    #[test]
    fn names_are_followed() {
        check(
            "let t = 0.0; for o in input.orders { t += o.price * o.quantity; } t",
            &[
                "input.orders",
                "input.orders[].price",
                "input.orders[].quantity",
            ],
        );
        check(
            "let b = input.body; b.items.map(|i| i.name)",
            &[
                "input.body",
                "input.body.items map()",
                "input.body.items[].name",
            ],
        );
    }

    #[test]
    fn texts_comments_and_keys_are_no_reads() {
        check("\"input.x\" + 'i' // input.y\n/* input.z */", &[]);
        check("#{ input: 3, item: input.a }", &["input.a"]);
    }
}
