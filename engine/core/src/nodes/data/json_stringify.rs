//! `data.json_stringify`: a value as JSON text.

use serde_json::json;

use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::params::Params;
use crate::nodes::schema::{Property, record};

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "brackets",
        words: &[
            "encode",
            "serialize",
            "to json",
            "write json",
            "record to text",
            "dump",
        ],
        outputs: vec![port("out", "text", "The JSON text.")],
        params: params(),
        errors: &[
            (FailureKind::InvalidInput, "the input has no such field"),
            (FailureKind::InvalidParameter, "`field` is not a path"),
        ],
        examples: examples(),
        ..plain(
            "data.json_stringify",
            "Write JSON",
            "Writes a value as JSON text.",
        )
    }
}

fn params() -> serde_json::Value {
    record([
        Property::text("field", "Field", FIELD).such_as(json!("items")),
        Property::bool(
            "pretty",
            "Over several lines",
            "Whether the text has line breaks and an indent of two spaces, for people to read.",
        )
        .or(json!(false)),
    ])
}

fn examples() -> Vec<Example> {
    vec![
        Example::new(
            "The whole input",
            json!({}),
            json!({ "b": [1, 2.0], "a": null }),
        )
        .gives(json!("{\"a\":null,\"b\":[1,2.0]}")),
        Example::new(
            "One field, for people",
            json!({ "field": "order", "pretty": true }),
            json!({ "order": { "id": 7 } }),
        )
        .gives(json!("{\n  \"id\": 7\n}")),
    ]
}

const FIELD: &str = "Which field of the input to write: a name, or a path such as \
    `response.items`. When left out, the whole input is written.";

const DOCS: &str = r#"
Fields are written in alphabetical order, so equal values give equal texts. Bytes are written as `{"$bytes": "<base64>"}`,
which `data.json_parse` turns back into bytes.

`http.request` writes records and lists as JSON by itself; this node is for JSON that must go as text inside something else.
"#;

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    let value = match params.path("field")? {
        Some(path) => path
            .get(node.input())
            .ok_or_else(|| params.no_field("field"))?,
        None => node.input(),
    };
    let json = value.to_json();
    Ok(Answer::out(
        if params.bool("pretty")? {
            format!("{json:#}")
        } else {
            json.to_string()
        }
        .into(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::check_node;

    #[test]
    fn texts_are_quoted_and_numbers_keep_their_kind() {
        check_node(
            "data.json_stringify",
            json!({}),
            json!("a\"b"),
            r#"out "\"a\\\"b\"""#,
        );
        check_node(
            "data.json_stringify",
            json!({}),
            json!([1, 1.0]),
            r#"out "[1,1.0]""#,
        );
    }

    #[test]
    fn a_missing_field_is_a_failure() {
        let expected = "failed invalidInput: the input has no `x`, which `field` names";
        check_node(
            "data.json_stringify",
            json!({ "field": "x" }),
            json!({}),
            expected,
        );
    }
}
