//! Reads plain expressions; gives nothing for any other, also for those that are wrong.

use std::sync::Arc;

use crate::value::Value;

use super::super::scan::{Token, TokenKind};
use super::{Native, Operator, Step};

/// Longer expressions are left to Rhai, which has its own bounds.
const TOKENS_MAX: usize = 64;
/// Deeper ones too.
const DEPTH_MAX: usize = 16;
/// The variables that there can be.
const ROOTS: [&str; 6] = ["input", "nodes", "item", "index", "run", "vars"];
/// How strongly `||`, `&&` and `??` bind.
const OR: u8 = 30;
const AND: u8 = 60;
const COALESCE: u8 = 135;

/// The plain expression that these tokens of `source` are, if they are one.
pub(in super::super) fn parse(source: &str, tokens: &[Token]) -> Option<Native> {
    if tokens.len() > TOKENS_MAX || has_glued_symbols(source, tokens) {
        return None;
    }
    let mut parser = Parser {
        source,
        tokens,
        at: 0,
        depth: 0,
    };
    let native = parser.binary(0)?;
    (parser.at == tokens.len()).then_some(native)
}

/// Whether two operators touch: Rhai may read them as one.
fn has_glued_symbols(source: &str, tokens: &[Token]) -> bool {
    let operator = |token: &Token| {
        token.kind == TokenKind::Symbol && !matches!(token.text(source), "(" | ")" | "[" | "]")
    };
    tokens
        .windows(2)
        .any(|pair| pair[0].end == pair[1].start && operator(&pair[0]) && operator(&pair[1]))
}

struct Parser<'a> {
    source: &'a str,
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<(TokenKind, &'a str)> {
        self.tokens
            .get(self.at)
            .map(|token| (token.kind, token.text(self.source)))
    }

    fn next(&mut self) -> Option<(TokenKind, &'a str)> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    fn symbol(&mut self) -> Option<&'a str> {
        self.peek()
            .filter(|(kind, _)| *kind == TokenKind::Symbol)
            .map(|(_, text)| text)
    }

    fn take(&mut self, symbol: &str) -> Option<()> {
        (self.symbol()? == symbol).then(|| self.at += 1)
    }

    fn binary(&mut self, binding: u8) -> Option<Native> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return None;
        }
        let mut left = self.unary()?;
        while let Some((symbol, strength)) = self
            .symbol()
            .and_then(|symbol| Some((symbol, strength(symbol)?)))
        {
            if strength <= binding {
                break;
            }
            self.at += 1;
            let right = self.binary(strength)?;
            left = join(symbol, left, right)?;
        }
        self.depth -= 1;
        Some(left)
    }

    fn unary(&mut self) -> Option<Native> {
        match self.symbol() {
            Some("!") => self.prefixed(Native::Not),
            Some("-") => self.prefixed(Native::Negate).map(folded),
            _ => self.primary(),
        }
    }

    fn prefixed(&mut self, make: fn(Box<Native>) -> Native) -> Option<Native> {
        self.at += 1;
        self.depth += 1;
        let operand = if self.depth > DEPTH_MAX {
            None
        } else {
            self.unary()
        };
        self.depth -= 1;
        operand.map(|operand| make(Box::new(operand)))
    }

    fn primary(&mut self) -> Option<Native> {
        match self.next()? {
            (TokenKind::Integer, digits) => digits
                .parse()
                .ok()
                .map(|int| Native::Literal(Value::Int(int))),
            (TokenKind::Float, digits) => digits
                .parse()
                .ok()
                .map(|float| Native::Literal(Value::Float(float))),
            (TokenKind::PlainText, quoted) => {
                Some(Native::Literal(quoted[1..quoted.len() - 1].into()))
            }
            (TokenKind::Name, "true") => Some(Native::Literal(Value::Bool(true))),
            (TokenKind::Name, "false") => Some(Native::Literal(Value::Bool(false))),
            (TokenKind::Name, root) if ROOTS.contains(&root) => self.path(root),
            (TokenKind::Symbol, "(") => self.group(),
            _ => None,
        }
    }

    fn group(&mut self) -> Option<Native> {
        if self.take(")").is_some() {
            return Some(Native::Literal(Value::Null));
        }
        let inner = self.binary(0)?;
        self.take(")")?;
        Some(inner)
    }

    fn path(&mut self, root: &str) -> Option<Native> {
        let root: Arc<str> = root.into();
        let mut steps = Vec::new();
        loop {
            if self.take("[").is_some() {
                steps.push(Step::Index(self.binary(0)?));
                self.take("]")?;
            } else if self.take(".").is_some() {
                let (TokenKind::Name, name) = self.next()? else {
                    return None;
                };
                if self.symbol() == Some("(") {
                    return self.call(name, root, steps);
                }
                steps.push(Step::Field(field(name)?.into()));
            } else {
                return Some(Native::Path(root, steps));
            }
        }
    }

    /// The only function there is: `.len()`, at the end of a path.
    fn call(&mut self, name: &str, root: Arc<str>, steps: Vec<Step>) -> Option<Native> {
        self.take("(")?;
        self.take(")")?;
        let ends = !matches!(self.symbol(), Some("." | "["));
        (name == "len" && ends).then_some(Native::Len(root, steps))
    }
}

/// A name that Rhai reads as a field; keywords and reserved words it refuses.
fn field(name: &str) -> Option<&str> {
    const REFUSED: [&str; 60] = [
        "_",
        "as",
        "async",
        "await",
        "break",
        "call",
        "case",
        "catch",
        "const",
        "continue",
        "curry",
        "debug",
        "default",
        "do",
        "else",
        "eval",
        "export",
        "false",
        "fn",
        "Fn",
        "for",
        "global",
        "go",
        "goto",
        "if",
        "import",
        "in",
        "is",
        "is_def_fn",
        "is_def_var",
        "is_shared",
        "let",
        "loop",
        "match",
        "module",
        "new",
        "nil",
        "null",
        "package",
        "print",
        "private",
        "protected",
        "public",
        "return",
        "shared",
        "spawn",
        "static",
        "super",
        "switch",
        "sync",
        "this",
        "thread",
        "throw",
        "true",
        "try",
        "type_of",
        "until",
        "use",
        "var",
        "while",
    ];
    const MORE: [&str; 3] = ["void", "with", "yield"];
    let underscores = name
        .bytes()
        .all(|byte| byte == b'_' || byte.is_ascii_digit());
    (!underscores && !REFUSED.contains(&name) && !MORE.contains(&name)).then_some(name)
}

/// A negated number that is written out is a number that is written out, for Rhai's parser too.
fn folded(native: Native) -> Native {
    match &native {
        Native::Negate(operand) if matches!(**operand, Native::Literal(_)) => native
            .evaluate(&Value::Null)
            .map_or(native, Native::Literal),
        _ => native,
    }
}

fn strength(symbol: &str) -> Option<u8> {
    match symbol {
        "||" => Some(OR),
        "&&" => Some(AND),
        "??" => Some(COALESCE),
        _ => Operator::of(symbol).map(|(_, strength)| strength),
    }
}

fn join(symbol: &str, left: Native, right: Native) -> Option<Native> {
    if matches!(symbol, "||" | "&&") && (is_no_truth(&left) || is_no_truth(&right)) {
        return None;
    }
    let (left, right) = (Box::new(left), Box::new(right));
    Some(match symbol {
        "||" => Native::Or(left, right),
        "&&" => Native::And(left, right),
        "??" => Native::Coalesce(left, right),
        _ => Native::Binary(Operator::of(symbol)?.0, left, right),
    })
}

/// Whether it is written out as something else than a truth value, which the language refuses to parse
/// beside `&&` and `||`. A sign before a number is part of the number there.
fn is_no_truth(native: &Native) -> bool {
    match native {
        Native::Literal(value) => value.as_bool().is_none(),
        Native::Negate(inner) => is_no_truth(inner),
        _ => false,
    }
}
