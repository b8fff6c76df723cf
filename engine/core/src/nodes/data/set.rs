//! `data.set`: a record of fields.

use serde_json::json;

use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::params::Params;
use crate::nodes::schema::{Property, record};
use crate::nodes::show::found;
use crate::value::{Record, Value};

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "pencil-line",
        words: &[
            "edit fields",
            "assign",
            "rename",
            "map",
            "transform",
            "variables",
            "add field",
            "compute",
        ],
        outputs: vec![port("out", "record", "The fields.")],
        params: params(),
        errors: &[
            (
                FailureKind::InvalidInput,
                "`keep` is true, and the input is neither a record nor null",
            ),
            (FailureKind::InvalidParameter, "`fields` is not a record"),
            (FailureKind::Script, "an expression in `fields` failed"),
        ],
        examples: examples(),
        ..plain(
            "data.set",
            "Set fields",
            "Makes a record out of values and expressions.",
        )
    }
}

fn params() -> serde_json::Value {
    record([
        Property::record("fields", "Fields", FIELDS)
            .required()
            .such_as(json!({ "total": "{{ input.price * 2 }}" })),
        Property::bool(
            "keep",
            "Keep other fields",
            "Whether the input's other fields stay.",
        )
        .or(json!(false)),
    ])
}

fn examples() -> Vec<Example> {
    vec![
        Example::new("A new record", json!({
            "fields": { "greeting": "Hello {{ input.name }}", "letters": "{{ input.name.len }}" },
        }), json!({
            "name": "Ada",
            "age": 36,
        }))
            .gives(json!({ "greeting": "Hello Ada", "letters": 3 })),
        Example::new("Change one field and keep the rest", json!({
            "fields": { "x": "{{ input.x + 1 }}" },
            "keep": true,
        }), json!({
            "x": 1,
            "note": "stays",
        }))
            .gives(json!({ "x": 2, "note": "stays" })),
    ]
}

const FIELDS: &str = "The fields of the result: a value, or an expression, for each name. \
    A name is taken as it is, also when it has dots in it.";

const DOCS: &str = r#"
Use it to build the record that the next node needs, or to change a few fields of what came in.

- A text that is one whole `{{ expression }}` keeps the expression's type: `"{{ input.x + 1 }}"` gives a number.
  Any other text with expressions in it gives a text: `"Hello {{ input.name }}"`.
- Records and lists inside `fields` may hold expressions at any depth.
- A name with dots, such as `address.city`, makes one field of exactly that name. To set a field inside a record, write
  a record: `address: { city: Oslo }`. It replaces the whole of `address`; to combine records use `data.merge` with `mode: deep`.
- All expressions see the input as it came in, not the fields that are being set.
"#;

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    let fields = params.need("fields")?.record()?;
    if !params.bool("keep")? {
        return Ok(Answer::out(fields.into()));
    }
    match node.input() {
        Value::Null => Ok(Answer::out(fields.into())),
        Value::Record(input) => Ok(Answer::out(overlay(input, &fields).into())),
        other => Err(no_record(other)),
    }
}

/// All fields of both; where both have one, that of `top`. The values are shared.
fn overlay(base: &Record, top: &Record) -> Record {
    base.iter().chain(top).cloned().collect()
}

fn no_record(input: &Value) -> Failure {
    let message = format!(
        "with `keep`, the input must be a record, found {}",
        found(input)
    );
    Failure::new(FailureKind::InvalidInput, message)
        .with_hint("leave `keep` out, and put what you need of the input into `fields`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::check_node;

    fn check(params: serde_json::Value, input: serde_json::Value, expected: &str) {
        check_node("data.set", params, input, expected);
    }

    #[test]
    fn only_the_fields_leave_unless_the_others_are_kept() {
        check(
            json!({ "fields": { "a": 1 } }),
            json!({ "a": 0, "b": 2 }),
            r#"out {"a":1}"#,
        );
        check(
            json!({ "fields": { "a": 1 }, "keep": true }),
            json!({ "a": 0, "b": 2 }),
            r#"out {"a":1,"b":2}"#,
        );
        check(
            json!({ "fields": { "a": 1 }, "keep": true }),
            json!(null),
            r#"out {"a":1}"#,
        );
    }

    #[test]
    fn names_are_literal() {
        let fields = json!({ "a.b": 1, "": 2, "__proto__": 3, "a[0]": 4 });
        let expected = r#"out {"":2,"__proto__":3,"a.b":1,"a[0]":4}"#;
        check(
            json!({ "fields": fields, "keep": true }),
            json!({ "a.b": 0 }),
            expected,
        );
    }

    #[test]
    fn keeping_needs_a_record() {
        let expected = "failed invalidInput: with `keep`, the input must be a record, found a list of 1 \
            (leave `keep` out, and put what you need of the input into `fields`)";
        check(json!({ "fields": {}, "keep": true }), json!([1]), expected);
        check(
            json!({ "fields": 3 }),
            json!({}),
            "failed invalidParameter /fields: `fields` must be a record, found 3",
        );
        check(
            json!({}),
            json!({}),
            "failed invalidParameter /fields: `fields` is missing",
        );
    }
}
