//! A JSON Schema that an author wrote, checked to be harmless before it is used.
//!
//! Schemas come with workflows, and workflows may come from anybody. A validator follows `$ref`, so a
//! few lines that refer to each other can ask for more work than will ever end, or for more stack than
//! there is. So references must not go in a circle, and the schema with every reference written out
//! must stay small; what would still multiply the work is refused. Patterns run on an engine whose time is
//! linear in the text.

use std::fmt;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value as Json;

/// Most parts that a schema may have when every reference is written out.
const PARTS_MAX: usize = 4_096;
/// Deepest nesting, with every reference written out.
const DEPTH_MAX: usize = 96;
/// Largest compiled pattern, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;
/// Keywords that check a value again and again, or refer to what is only known later.
const REFUSED: [&str; 4] = [
    "unevaluatedProperties",
    "unevaluatedItems",
    "$dynamicRef",
    "$recursiveRef",
];

/// A schema that inputs can be checked against.
pub(super) struct InputSchema {
    validator: Validator,
}

/// One way in which an input does not fit.
#[derive(Debug)]
pub(super) struct Misfit {
    /// A JSON pointer into the input.
    pub(super) path: String,
    /// What is wrong there, without the value.
    pub(super) message: String,
}

/// Why a schema is not used; each sentence follows the parameter's name.
#[derive(Debug, thiserror::Error)]
pub(super) enum SchemaError {
    #[error("is not a JSON Schema: {0}")]
    Invalid(Misfit),
    #[error("uses `{0}`, which is not supported")]
    Refused(String),
    #[error(
        "refers to `{0}`; only parts of the same schema can be referred to, such as `#/$defs/name`"
    )]
    Foreign(String),
    #[error("refers to `{0}`, which is not there")]
    Missing(String),
    #[error("refers to `{0}` from within itself")]
    Circle(String),
    #[error(
        "has more than {PARTS_MAX} parts, or is nested deeper than {DEPTH_MAX} levels, with its \
            references written out"
    )]
    TooLarge,
}

impl InputSchema {
    /// Checks the schema itself, then compiles it.
    pub(super) fn compile(schema: &Json) -> Result<Self, SchemaError> {
        Survey {
            root: schema,
            parts: 0,
            entered: Vec::new(),
        }
        .visit(schema, 0)?;
        let patterns = PatternOptions::regex().size_limit(PATTERN_BYTES_MAX);
        let options = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(patterns);
        let validator = options
            .build(schema)
            .map_err(|error| SchemaError::Invalid(Misfit::of(&error)))?;
        Ok(Self { validator })
    }

    /// The ways in which this input does not fit.
    pub(super) fn misfits(&self, input: &Json) -> impl Iterator<Item = Misfit> {
        self.validator
            .iter_errors(input)
            .map(|error| Misfit::of(&error))
            .collect::<Vec<_>>()
            .into_iter()
    }
}

impl Misfit {
    fn of(error: &jsonschema::ValidationError<'_>) -> Self {
        Self {
            path: error.instance_path().to_string(),
            message: error.masked().to_string(),
        }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "at `{}`: {}", self.path, self.message)
        }
    }
}

/// A walk over the schema as it would be with every reference written out.
struct Survey<'s> {
    root: &'s Json,
    parts: usize,
    entered: Vec<&'s str>,
}

impl<'s> Survey<'s> {
    fn visit(&mut self, part: &'s Json, depth: usize) -> Result<(), SchemaError> {
        self.parts += 1;
        if self.parts > PARTS_MAX || depth > DEPTH_MAX {
            return Err(SchemaError::TooLarge);
        }
        match part {
            Json::Array(items) => items
                .iter()
                .try_for_each(|item| self.visit(item, depth + 1)),
            Json::Object(fields) => fields
                .iter()
                .try_for_each(|(key, part)| self.field(key, part, depth)),
            _ => Ok(()),
        }
    }

    fn field(&mut self, key: &str, part: &'s Json, depth: usize) -> Result<(), SchemaError> {
        match part {
            _ if REFUSED.contains(&key) => Err(SchemaError::Refused(key.into())),
            Json::String(_) if key == "$id" => Err(SchemaError::Refused(key.into())),
            Json::String(target) if key == "$ref" => self.follow(target, depth),
            _ => self.visit(part, depth + 1),
        }
    }

    fn follow(&mut self, target: &'s str, depth: usize) -> Result<(), SchemaError> {
        let pointer = target
            .strip_prefix('#')
            .filter(|pointer| pointer.is_empty() || pointer.starts_with('/'));
        let pointer = pointer.ok_or_else(|| SchemaError::Foreign(target.into()))?;
        if self.entered.contains(&target) {
            return Err(SchemaError::Circle(target.into()));
        }
        let part = self
            .root
            .pointer(pointer)
            .ok_or_else(|| SchemaError::Missing(target.into()))?;
        self.entered.push(target);
        self.visit(part, depth + 1)?;
        self.entered.pop();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers write `json!(...)` in place"
    )]
    fn check(schema: Json, input: Json, expected: &str) {
        let found = match InputSchema::compile(&schema) {
            Ok(schema) => schema
                .misfits(&input)
                .map(|misfit| misfit.to_string())
                .collect::<Vec<_>>()
                .join("; "),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn own_definitions_can_be_referred_to() {
        let schema = json!({
            "$defs": { "id": { "type": "integer", "minimum": 1 } },
            "properties": { "a": { "$ref": "#/$defs/id" }, "b": { "$ref": "#/$defs/id" } },
        });
        check(
            schema,
            json!({ "a": 1, "b": 0 }),
            "at `/b`: value is less than the minimum of 1",
        );
    }

    #[test]
    fn circles_are_refused() {
        check(
            json!({ "$ref": "#" }),
            json!(1),
            "refers to `#` from within itself",
        );
        let tree =
            json!({ "$defs": { "t": { "items": { "$ref": "#/$defs/t" } } }, "$ref": "#/$defs/t" });
        check(
            tree,
            json!([[]]),
            "refers to `#/$defs/t` from within itself",
        );
    }

    #[test]
    fn foreign_documents_are_refused() {
        let expected = "refers to `file:///etc/passwd`; only parts of the same schema can be \
            referred to, such as `#/$defs/name`";
        check(json!({ "$ref": "file:///etc/passwd" }), json!(1), expected);
        check(
            json!({ "$ref": "#/$defs/no" }),
            json!(1),
            "refers to `#/$defs/no`, which is not there",
        );
        check(
            json!({ "$id": "https://example.com/" }),
            json!(1),
            "uses `$id`, which is not supported",
        );
        check(
            json!({ "allOf": [{ "unevaluatedItems": false }] }),
            json!(1),
            "uses `unevaluatedItems`, which is not supported",
        );
    }

    /// Sixty definitions, each of which refers to the next one twice: 2^60 checks.
    #[test]
    fn doubling_definitions_are_refused() {
        let defs: serde_json::Map<String, Json> = (0..60)
            .map(|i| {
                let next = json!({ "$ref": format!("#/$defs/d{}", (i + 1) % 61) });
                (format!("d{i}"), json!({ "allOf": [next, next] }))
            })
            .chain([("d60".into(), json!({}))])
            .collect();
        let expected = "has more than 4096 parts, or is nested deeper than 96 levels, with its \
            references written out";
        check(
            json!({ "$defs": defs, "$ref": "#/$defs/d0" }),
            json!(1),
            expected,
        );
    }

    #[test]
    fn the_deepest_schema_and_input_fit_the_stack() {
        let schema = (0..40).fold(
            json!({ "type": "integer" }),
            |inner, _| json!({ "items": inner }),
        );
        let input = (0..100).fold(json!("x"), |inner, _| json!([inner]));
        let misfits = InputSchema::compile(&schema)
            .expect("a schema")
            .misfits(&input)
            .count();
        assert_eq!(misfits, 1);
    }

    #[test]
    fn patterns_take_linear_time() {
        let text = format!("{}!", "a".repeat(50_000));
        check(
            json!({ "pattern": "^(a+)+$" }),
            json!(text),
            r#"value does not match "^(a+)+$""#,
        );
        let refused = InputSchema::compile(&json!({ "pattern": "(?:a{1000}){1000}" })).is_err();
        assert!(refused);
    }
}
