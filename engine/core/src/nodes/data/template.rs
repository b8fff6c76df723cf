//! `data.template`: a text out of a template.

use serde_json::json;

use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::params::Params;
use crate::nodes::schema::{Property, record};
use crate::nodes::show::as_text;
use crate::value::{Record, Value};

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "text-quote",
        words: &[
            "text",
            "string",
            "interpolate",
            "format",
            "message",
            "email body",
            "markdown",
            "html",
            "compose",
        ],
        outputs: vec![port("out", "any", "`{text}`, or the text itself.")],
        params: params(),
        errors: &[
            (FailureKind::InvalidParameter, "`text` is missing"),
            (FailureKind::Script, "an expression in `text` failed"),
        ],
        examples: examples(),
        ..plain(
            "data.template",
            "Text template",
            "Writes a text with the results of expressions in it.",
        )
    }
}

fn params() -> serde_json::Value {
    record([
        Property::long_text("text", "Text", "The text, with `{{ expressions }}` in it.")
            .required()
            .such_as(json!("Dear {{ input.name }},")),
        Property::choice(
            "as",
            "Give",
            "`record`: a record with the one field `text`. `text`: the text itself.",
            &["record", "text"],
        )
        .or(json!("record")),
    ])
}

fn examples() -> Vec<Example> {
    vec![
        Example::new(
            "A message",
            json!({ "text": "Order {{ input.id }} ships to {{ input.city }}." }),
            json!({ "id": 1042, "city": "Oslo" }),
        )
        .gives(json!({ "text": "Order 1042 ships to Oslo." })),
        Example::new(
            "Only the text",
            json!({ "text": "Total: {{ input.total }}", "as": "text" }),
            json!({ "total": 12.5 }),
        )
        .gives(json!("Total: 12.5")),
    ]
}

const DOCS: &str = r#"
Each `{{ expression }}` is replaced by its result: a text as it is, null by nothing, a number or truth value as it is
written, a record or list as JSON. What an expression gives is never read as a template again, so data cannot smuggle
expressions in. Nothing is escaped: when you write HTML, escape what comes from outside.
"#;

fn evaluate(_: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    let text = Value::from(as_text(params.need("text")?.value()));
    Ok(Answer::out(match params.choice("as")? {
        "text" => text,
        _ => [("text", text)].into_iter().collect::<Record>().into(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::check_node;

    #[test]
    fn a_whole_expression_becomes_text_too() {
        for (value, expected) in [
            (json!(7), "out \"7\""),
            (json!(null), "out \"\""),
            (json!([1, "a"]), r#"out "[1,\"a\"]""#),
            (json!("as it is"), "out \"as it is\""),
        ] {
            check_node(
                "data.template",
                json!({ "text": value, "as": "text" }),
                json!({}),
                expected,
            );
        }
    }

    #[test]
    fn the_text_comes_in_a_record_by_default() {
        check_node(
            "data.template",
            json!({ "text": "hi" }),
            json!({}),
            r#"out {"text":"hi"}"#,
        );
    }
}
