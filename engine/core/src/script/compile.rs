//! Whether a source parses, found out without evaluating any of it.
//!
//! Anybody may ask this in the server process, on an ordinary thread, about text that a stranger wrote:
//! so the source is bounded before Rhai reads it, and nothing is optimised, because Rhai's optimiser
//! evaluates.

use rhai::{AST, Engine, ParseErrorType, Position};

use crate::failure::{Failure, FailureKind};
use crate::problem::Place;

use super::engine::parsing_engine;
use super::explain::lower;
use super::{Source, scan};

thread_local! {
    static PARSER: Engine = parsing_engine();
}

/// Checks that a script parses.
///
/// # Errors
/// `Syntax` with line and column, or `Limit` when it is too large or too complex.
pub fn compile_script(source: &str) -> Result<(), Failure> {
    PARSER
        .with(|engine| parse(engine, Kind::Script, source))
        .map(drop)
}

/// Checks that an expression, as between `{{` and `}}`, parses.
///
/// # Errors
/// As [`compile_script`].
pub fn compile_expression(source: &str) -> Result<(), Failure> {
    PARSER
        .with(|engine| parse(engine, Kind::Expression, source))
        .map(drop)
}

/// What a source is to be read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Script,
    Expression,
}

impl Source {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Script(_) => Kind::Script,
            Self::Expression(_) => Kind::Expression,
        }
    }

    /// The source text.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Script(text) | Self::Expression(text) => text,
        }
    }
}

/// Parses a source with this engine, after it was found to be within limits.
pub(super) fn parse(engine: &Engine, kind: Kind, source: &str) -> Result<AST, Failure> {
    scan::scan(source)?;
    let parsed = match kind {
        Kind::Script => engine.compile(source),
        Kind::Expression => engine.compile_expression(source),
    };
    parsed.map_err(|error| syntax_failure(error.err_type(), error.position(), source))
}

/// The place of a position that Rhai reported.
pub(super) fn place(position: Position) -> Place {
    let number = |part: Option<usize>| part.and_then(|part| u32::try_from(part).ok());
    Place {
        line: number(position.line()),
        column: number(position.position()),
        ..Place::default()
    }
}

fn syntax_failure(error: &ParseErrorType, position: Position, source: &str) -> Failure {
    let place = if position.is_none() {
        scan::place_of(source, source.len())
    } else {
        place(position)
    };
    let failure = match error {
        ParseErrorType::ExprTooDeep => {
            limit("the complexity limit is reached: an expression is too deep or too long")
                .with_hint("split it into several statements with `let`")
        }
        ParseErrorType::TooManyFunctions => {
            limit("the complexity limit is reached: too many functions")
        }
        ParseErrorType::LiteralTooLarge(..) => limit(&lower(&error.to_string())),
        ParseErrorType::Reserved(word) => reserved(word),
        _ => syntax(&lower(&error.to_string())),
    };
    failure.with_place(place)
}

/// A word that means something in Rhai, or might one day.
fn reserved(word: &str) -> Failure {
    match word {
        "eval" => syntax("`eval` is not available in scripts"),
        "import" | "export" => syntax(&format!(
            "`{word}` is not available: a script cannot load other files"
        )),
        "null" | "nil" => {
            syntax(&format!("`{word}` is a reserved word")).with_hint("null is written ()")
        }
        _ => syntax(&format!("`{word}` is a reserved word"))
            .with_hint(format!("a field of this name is read as [\"{word}\"]")),
    }
}

fn limit(message: &str) -> Failure {
    Failure::new(FailureKind::Limit, message)
}

fn syntax(message: &str) -> Failure {
    Failure::new(FailureKind::Syntax, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(source: &str) -> Option<FailureKind> {
        compile_script(source).err().map(|failure| failure.kind)
    }

    #[test]
    fn what_parses_is_accepted_and_not_evaluated() {
        assert_eq!(kind("loop {}"), None);
        assert_eq!(
            kind("let t = 0.0; for o in input.orders { t += o.price; } #{ total: t }"),
            None
        );
        assert_eq!(compile_expression("input.body.orders.len() > 3"), Ok(()));
    }

    #[test]
    fn a_syntax_error_has_its_place() {
        let failure = compile_script("let x = 1;\nlet y = ;").expect_err("does not parse");
        assert_eq!(failure.kind, FailureKind::Syntax);
        let place = failure.place.expect("a place");
        assert_eq!((place.line, place.column), (Some(2), Some(9)));
    }

    #[test]
    fn statements_are_no_expression() {
        assert!(compile_expression("let x = 1; x").is_err());
        assert!(compile_expression("").is_err());
    }

    #[test]
    fn eval_and_import_are_refused() {
        assert_eq!(kind("eval(\"40+2\")"), Some(FailureKind::Syntax));
        assert_eq!(kind("let s = \"1\"; s.eval()"), Some(FailureKind::Syntax));
        assert_eq!(
            kind("import \"/etc/passwd\" as p;"),
            Some(FailureKind::Syntax)
        );
    }

    #[test]
    fn reserved_words_come_with_advice() {
        let hint = |source| {
            compile_expression(source)
                .expect_err("reserved")
                .hint
                .expect("a hint")
        };
        assert_eq!(
            hint("input.default"),
            "a field of this name is read as [\"default\"]"
        );
        assert_eq!(hint("input.a == null"), "null is written ()");
    }

    #[test]
    fn what_is_too_large_is_refused_as_a_limit() {
        assert_eq!(kind(&"1;".repeat(1_000_000)), Some(FailureKind::Limit));
        assert_eq!(
            kind(&format!("1{}", "+1".repeat(20_000))),
            Some(FailureKind::Limit)
        );
    }
}
