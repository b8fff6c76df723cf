//! Rhai's errors in FlowForge's words: a kind, a sentence that names what was found, a place, a hint.

use rhai::{Dynamic, EvalAltResult, Position};

use crate::failure::{Failure, FailureKind};
use crate::value::{Record, Value};

use super::compile::place;
use super::convert::{kind_of, to_value};
use super::engine::CALL_DEPTH_MAX;

/// Largest thrown value that a failure keeps, in bytes.
const THROWN_BYTES_MAX: u64 = 4096;
/// Names of fields whose values no failure keeps.
const SECRET_NAMES: [&str; 8] = [
    "password",
    "passwd",
    "secret",
    "token",
    "apikey",
    "authorization",
    "privatekey",
    "credential",
];

/// The failure that an error in `source` stands for.
pub(super) fn explain(error: EvalAltResult, source: &str) -> Failure {
    let mut error = innermost(error);
    let position = error.take_position();
    let failure = describe(&error, position, source);
    if position.is_none() {
        failure
    } else {
        failure.with_place(place(position))
    }
}

/// The value that was thrown, if the error is a throw.
pub(super) fn thrown(error: &EvalAltResult) -> Option<&Dynamic> {
    match error.unwrap_inner() {
        EvalAltResult::ErrorRuntime(value, _) => Some(value),
        _ => None,
    }
}

/// The error behind the calls that it passed through.
fn innermost(mut error: EvalAltResult) -> EvalAltResult {
    while let EvalAltResult::ErrorInFunctionCall(_, _, inner, _)
    | EvalAltResult::ErrorInModule(_, inner, _) = error
    {
        error = *inner;
    }
    error
}

fn describe(error: &EvalAltResult, position: Position, source: &str) -> Failure {
    use EvalAltResult as E;
    match error {
        E::ErrorTooManyOperations(_) => limit("the script used too many operations"),
        E::ErrorStackOverflow(_) => limit(format!("functions call each other deeper than {CALL_DEPTH_MAX} levels"))
            .with_hint("use a loop in place of recursion"),
        E::ErrorDataTooLarge(what, _) => limit(format!("a size limit is reached: {}", lower(what))),
        E::ErrorTooManyVariables(_) => limit("the script has too many variables"),
        E::ErrorTerminated(..) => limit("the script was stopped"),
        E::ErrorParsing(error, _) => Failure::new(FailureKind::Syntax, error.to_string()),
        E::ErrorRuntime(value, _) => describe_thrown(value),
        E::ErrorVariableNotFound(name, _) => script(format!("`{name}` is not defined")).with_hint(
            "in scope are input, nodes, item, index, run and vars; a function `fn` sees only its parameters",
        ),
        E::ErrorFunctionNotFound(signature, _) => describe_call(signature),
        E::ErrorDotExpr(message, _) => describe_property(message, position, source),
        E::ErrorIndexingType(types, _) => script(format!("{} cannot be indexed", subject(position, source, &named_types(types)))),
        E::ErrorMismatchDataType(expected, found, _) => mismatch(expected, found),
        _ => script(lower(&error.to_string())),
    }
}

fn describe_call(signature: &str) -> Failure {
    let (name, arguments) = signature.split_once(' ').unwrap_or((signature, "()"));
    let arguments = if arguments == "()" {
        arguments.to_owned()
    } else {
        named_types(arguments)
    };
    let failure = if name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        script(format!("there is no function `{name}{arguments}`"))
    } else {
        let operands = arguments.trim_matches(['(', ')']).replace(", ", " and ");
        script(format!("`{name}` does not work on {operands}"))
    };
    if arguments.contains("null") {
        failure.with_hint("an argument is null: is a field missing?")
    } else {
        failure
    }
}

/// `Unknown property 'y' - a getter is not registered for type '()'`, said with the path.
fn describe_property(message: &str, position: Position, source: &str) -> Failure {
    let mut quoted = message.split('\'').skip(1).step_by(2);
    match (quoted.next(), quoted.next()) {
        (Some(property), Some("()")) => script(format!(
            "{} is null, so it has no field `{property}`",
            subject(position, source, "the value")
        ))
        .with_hint("check for it first with `!= ()`, or read it with `?.`"),
        (Some(property), Some(kind)) => {
            let kind = with_article(&named_types(kind));
            script(format!(
                "{} is {kind}, so it has no field `{property}`",
                subject(position, source, "the value")
            ))
        }
        _ => script(lower(message)),
    }
}

fn mismatch(expected: &str, found: &str) -> Failure {
    let message = match (expected, found) {
        ("", found) => format!("{} is of no use here", named_types(found)),
        (expected, "") => format!("expected {}", named_types(expected)),
        (expected, found) => format!(
            "expected {}, found {}",
            named_types(expected),
            named_types(found)
        ),
    };
    script(message)
}

fn describe_thrown(value: &Dynamic) -> Failure {
    let kept = match to_value(value, THROWN_BYTES_MAX) {
        Ok(value) => redact(&value),
        Err(_) => cut(value),
    };
    let message = match &kept {
        Value::Null => "the script threw an error".into(),
        Value::Text(text) => text.to_string(),
        Value::Record(fields) => match fields.get("message").and_then(Value::as_str) {
            Some(message) => message.to_owned(),
            None => kept.to_json().to_string(),
        },
        other => other.to_json().to_string(),
    };
    script(message).with_details(Record::from_iter([("thrown", kept)]).into())
}

/// The beginning of a thrown text that is too long; of anything else only what it was.
fn cut(value: &Dynamic) -> Value {
    match value.as_immutable_string_ref() {
        Ok(text) => {
            let end = text.floor_char_boundary(2000);
            format!("{}…", &text[..end]).into()
        }
        Err(_) => format!(
            "a thrown {} that is too large or too deep to keep",
            kind_of(value)
        )
        .into(),
    }
}

/// The same value with what is named like a secret blotted out.
fn redact(value: &Value) -> Value {
    match value {
        Value::List(items) => Value::List(items.iter().map(redact).collect()),
        Value::Record(fields) => fields
            .iter()
            .map(|(name, value)| {
                let value = if is_secret(name) {
                    "[redacted]".into()
                } else {
                    redact(value)
                };
                (name.clone(), value)
            })
            .collect::<Record>()
            .into(),
        other => other.clone(),
    }
}

fn is_secret(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase();
    SECRET_NAMES.iter().any(|secret| plain.contains(secret))
}

/// The path that ends before a position, such as `input.body`, or `other` when none can be read there.
fn subject(position: Position, source: &str, other: &str) -> String {
    let path = position
        .line()
        .zip(position.position())
        .and_then(|(line, column)| {
            let line = source.lines().nth(line - 1)?;
            let end = line
                .char_indices()
                .nth(column - 1)
                .map_or(line.len(), |(at, _)| at);
            let before = line[..end].trim_end_matches(['.', '?', '[']);
            let start = before
                .rfind(|c: char| !(c.is_alphanumeric() || "_.[]\"'".contains(c)))
                .map_or(0, |at| at + 1);
            let path = before.get(start..)?;
            path.starts_with(|c: char| c.is_alphabetic() || c == '_')
                .then_some(path)
        });
    path.map_or_else(|| other.to_owned(), |path| format!("`{path}`"))
}

/// "an integer", "text".
fn with_article(kind: &str) -> String {
    match kind {
        "integer" => format!("an {kind}"),
        "float" | "list" | "record" | "bool" | "range" => format!("a {kind}"),
        _ => kind.to_owned(),
    }
}

/// Rhai's names of types in FlowForge's words.
fn named_types(types: &str) -> String {
    const NAMES: [(&str, &str); 12] = [
        ("&str | ImmutableString | String", "text"),
        ("ImmutableString", "text"),
        ("string", "text"),
        ("&str", "text"),
        ("i64", "integer"),
        ("f64", "float"),
        ("Array", "list"),
        ("array", "list"),
        ("Map", "record"),
        ("map", "record"),
        ("blob", "bytes"),
        ("Dynamic", "any"),
    ];
    if types == "()" {
        return "null".into();
    }
    let named = NAMES.iter().fold(types.to_owned(), |text, (rhai, ours)| {
        text.replace(rhai, ours)
    });
    match named
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'))
    {
        Some(arguments) if !arguments.is_empty() => {
            format!("({})", arguments.replace("()", "null"))
        }
        _ => named,
    }
}

/// The text with a small first letter, as all our messages have.
pub(super) fn lower(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}

fn limit(message: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Limit, message)
}

fn script(message: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Script, message)
}
