//! What a JSON Schema error says, in our words and with the advice that the schema itself holds.

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value as Json;

use crate::problem::Severity;

use super::{list, short, step};

/// Something wrong with a parameter.
pub(super) struct Finding {
    pub(super) code: &'static str,
    pub(super) severity: Severity,
    /// The parameter, as a JSON pointer below `params`.
    pub(super) pointer: String,
    pub(super) message: String,
    pub(super) hint: Option<String>,
    /// A wrong name, and the names among which the right one is.
    pub(super) meant: Option<(String, Vec<String>)>,
}

/// What an error says; nothing when an expression may turn out right.
pub(super) fn findings(error: &ValidationError<'_>, schema: &Json) -> Vec<Finding> {
    if undecided(error) {
        return Vec::new();
    }
    match error.kind() {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            unexpected
                .iter()
                .map(|name| unknown(error, schema, name))
                .collect()
        }
        Kind::Required { property } => vec![missing(error, schema, property)],
        Kind::AnyOf { context }
        | Kind::OneOfNotValid { context }
        | Kind::OneOfMultipleValid { context } => alternatives(error, schema, context),
        Kind::Enum { options } => vec![choice(error, schema, options)],
        _ => vec![wrong(error, schema)],
    }
}

/// Whether the error may be gone once expressions are evaluated.
fn undecided(error: &ValidationError<'_>) -> bool {
    let instance = error.instance();
    match error.kind() {
        Kind::AnyOf { .. }
        | Kind::OneOfNotValid { .. }
        | Kind::OneOfMultipleValid { .. }
        | Kind::Not { .. }
        | Kind::Contains
        | Kind::UniqueItems
        | Kind::Constant { .. }
        | Kind::Enum { .. } => holds_expression(instance),
        _ => is_expression(instance),
    }
}

fn is_expression(json: &Json) -> bool {
    json.as_str().is_some_and(|text| text.contains("{{"))
}

fn holds_expression(json: &Json) -> bool {
    match json {
        Json::Array(items) => items.iter().any(holds_expression),
        Json::Object(fields) => fields.values().any(holds_expression),
        _ => is_expression(json),
    }
}

fn unknown(error: &ValidationError<'_>, schema: &Json, name: &str) -> Finding {
    let known = properties(error, schema);
    let hint = match known.len() {
        0 => "it takes no parameters here".to_owned(),
        _ => format!("it knows {}", list(known.iter().map(String::as_str))),
    };
    Finding {
        code: "unknown-param",
        severity: Severity::Warning,
        pointer: format!("{}/{}", error.instance_path(), step(name)),
        message: format!("there is no parameter `{}`", short(name)),
        hint: Some(hint),
        meant: Some((name.to_owned(), known)),
    }
}

fn missing(error: &ValidationError<'_>, schema: &Json, property: &Json) -> Finding {
    let name = property.as_str().unwrap_or_default();
    let pointer = format!("{}/{}", error.instance_path(), step(name));
    let message = format!("the parameter `{}` is missing", short(name));
    let about = owner(error, schema).and_then(|schema| schema.get("properties")?.get(name));
    Finding {
        hint: about.and_then(advice),
        ..Finding::error("missing-param", pointer, message)
    }
}

fn choice(error: &ValidationError<'_>, schema: &Json, options: &Json) -> Finding {
    let names: Vec<String> = options
        .as_array()
        .into_iter()
        .flatten()
        .map(plain)
        .collect();
    let finding = wrong(error, schema);
    let found = plain(error.instance());
    let message = format!(
        "expected one of {}, found {}",
        list(names.iter().map(String::as_str)),
        describe(error.instance())
    );
    Finding {
        message,
        meant: Some((found, names)),
        ..finding
    }
}

/// The errors of the one form that was meant, when one fits better than this; else what was allowed.
fn alternatives(
    error: &ValidationError<'_>,
    schema: &Json,
    context: &[Vec<ValidationError<'static>>],
) -> Vec<Finding> {
    let here = error.instance_path().as_str().len();
    let deeper = |errors: &&Vec<ValidationError<'static>>| {
        !errors.is_empty()
            && errors
                .iter()
                .all(|inner| inner.instance_path().as_str().len() > here)
    };
    if let Some(meant) = context
        .iter()
        .filter(deeper)
        .min_by_key(|errors| errors.len())
    {
        return meant
            .iter()
            .flat_map(|inner| findings(inner, schema))
            .collect();
    }
    let mut allowed: Vec<String> = context
        .iter()
        .filter_map(|errors| expected(errors.first()?))
        .collect();
    allowed.dedup();
    let finding = wrong(error, schema);
    if allowed.is_empty() {
        return vec![finding];
    }
    let message = format!(
        "expected {}, found {}",
        allowed.join(", or "),
        describe(error.instance())
    );
    vec![Finding { message, ..finding }]
}

fn wrong(error: &ValidationError<'_>, schema: &Json) -> Finding {
    let found = describe(error.instance());
    let message = match expected(error) {
        Some(expected) => format!("expected {expected}, found {found}"),
        None => short(&error.masked_with(found).to_string()),
    };
    let about = owner(error, schema).and_then(advice);
    Finding {
        hint: about,
        ..Finding::error("wrong-param", error.instance_path().to_string(), message)
    }
}

/// What the schema wanted, when that is one thing.
fn expected(error: &ValidationError<'_>) -> Option<String> {
    Some(match error.kind() {
        Kind::Type {
            kind: TypeKind::Single(kind),
        } => type_name(*kind).to_owned(),
        Kind::Type {
            kind: TypeKind::Multiple(kinds),
        } => kinds.iter().map(type_name).collect::<Vec<_>>().join(" or "),
        Kind::Constant { expected_value } => describe(expected_value),
        Kind::Enum { options } => {
            let names: Vec<String> = options.as_array()?.iter().map(plain).collect();
            format!("one of {}", list(names.iter().map(String::as_str)))
        }
        Kind::Minimum { limit } => format!("{limit} or more"),
        Kind::Maximum { limit } => format!("{limit} or less"),
        Kind::ExclusiveMinimum { limit } => format!("more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("less than {limit}"),
        Kind::MultipleOf { multiple_of } => format!("a multiple of {multiple_of}"),
        Kind::MinLength { limit: 1 } => "a text that is not empty".into(),
        Kind::MinLength { limit } => format!("a text of at least {limit} characters"),
        Kind::MaxLength { limit } => format!("a text of at most {limit} characters"),
        Kind::MinItems { limit: 1 } => "a list that is not empty".into(),
        Kind::MinItems { limit } => format!("a list of at least {limit}"),
        Kind::MaxItems { limit } => format!("a list of at most {limit}"),
        Kind::MinProperties { limit } => format!("a record of at least {limit} fields"),
        Kind::MaxProperties { limit } => format!("a record of at most {limit} fields"),
        Kind::UniqueItems => "a list in which nothing is twice".into(),
        Kind::Pattern { pattern } => format!("a text like `{}`", short(pattern)),
        Kind::Format { format } => format!("a text in the format `{}`", short(format)),
        _ => return None,
    })
}

fn type_name(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Null => "null",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "a whole number",
        JsonType::Number => "a number",
        JsonType::String => "a text",
        JsonType::Array => "a list",
        JsonType::Object => "a record",
    }
}

/// A found value, short enough for a sentence.
fn describe(json: &Json) -> String {
    match json {
        Json::String(text) => format!("the text `{}`", short(text)),
        Json::Array(items) => format!("a list of {}", items.len()),
        Json::Object(_) => "a record".into(),
        Json::Null => "null".into(),
        plain => format!("`{plain}`"),
    }
}

fn plain(json: &Json) -> String {
    json.as_str()
        .map_or_else(|| json.to_string(), str::to_owned)
}

/// The part of the schema that holds the keyword of the error.
fn owner<'a>(error: &ValidationError<'_>, schema: &'a Json) -> Option<&'a Json> {
    schema.pointer(error.schema_path().as_str().rsplit_once('/')?.0)
}

fn properties(error: &ValidationError<'_>, schema: &Json) -> Vec<String> {
    let properties = owner(error, schema).and_then(|schema| schema.get("properties")?.as_object());
    properties
        .into_iter()
        .flat_map(|fields| fields.keys().cloned())
        .collect()
}

/// The schema's description, or an example.
fn advice(schema: &Json) -> Option<String> {
    let description = schema
        .get("description")
        .and_then(Json::as_str)
        .map(str::to_owned);
    description.or_else(|| Some(format!("for example {}", schema.get("examples")?.get(0)?)))
}
