//! `data.json_parse`: JSON text into the value it stands for.

use serde_json::json;

use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::params::Params;
use crate::nodes::schema::{Property, record};
use crate::nodes::show::found;
use crate::value::{JsonError, Record, Value};

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "braces",
        words: &[
            "decode",
            "deserialize",
            "from json",
            "read json",
            "text to record",
        ],
        inputs: vec![port("in", "any", "The text, or a record that holds it.")],
        outputs: vec![port("out", "any", "What the JSON stands for.")],
        params: params(),
        errors: &[
            (
                FailureKind::InvalidInput,
                "the text is not JSON (the message says line and column), there is no such field, \
                    or it is neither text nor bytes",
            ),
            (FailureKind::InvalidParameter, "`field` is not a path"),
        ],
        examples: examples(),
        ..plain(
            "data.json_parse",
            "Parse JSON",
            "Reads a JSON text and gives the value it stands for.",
        )
    }
}

fn params() -> serde_json::Value {
    record([Property::text("field", "Field", FIELD).such_as(json!("body"))])
}

fn examples() -> Vec<Example> {
    vec![
        Example::new(
            "The body of a response",
            json!({ "field": "body" }),
            json!({ "status": 200, "body": "{\"id\": 7, \"tags\": [\"a\"]}" }),
        )
        .gives(json!({ "id": 7, "tags": ["a"] })),
        Example::new("The whole input", json!({}), json!("[1, 2.5, null]"))
            .gives(json!([1, 2.5, null])),
    ]
}

const FIELD: &str = "Which field of the input holds the text: a name, or a path such as \
    `response.body`. When left out, the whole input is the text.";

const DOCS: &str = r#"
Whole numbers of up to 64 bits stay exact; larger ones and fractions become floats. Of a key that is written twice the last counts.
Bytes are read as UTF-8, and a byte order mark at the beginning is passed over.

`http.request` reads JSON by itself when the server says it is JSON, or with `responseAs: json`; this node is for JSON
that comes as text inside something else: a queue message, a cell, a model's answer.
"#;

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    let value = match params.path("field")? {
        Some(path) => path
            .get(node.input())
            .ok_or_else(|| params.no_field("field"))?,
        None => node.input(),
    };
    let text = match value {
        Value::Text(text) => text,
        Value::Bytes(bytes) => {
            std::str::from_utf8(bytes).map_err(|error| no_utf8(error.valid_up_to()))?
        }
        other => {
            return Err(invalid(format!(
                "expected JSON as text or bytes, found {}",
                found(other)
            )));
        }
    };
    parse(text.strip_prefix('\u{feff}').unwrap_or(text)).map(Answer::out)
}

fn parse(text: &str) -> Result<Value, Failure> {
    Value::parse_json(text).map_err(|error| no_json(text, &error))
}

fn no_json(text: &str, error: &JsonError) -> Failure {
    let (line, column) = (error.line, column(text, error));
    let message = format!(
        "not valid JSON at line {line}, column {column}: {}",
        error.message
    );
    let place =
        [("line", line), ("column", column)].map(|(name, at)| (name, Value::from(at as u64)));
    invalid(message).with_details(place.into_iter().collect::<Record>().into())
}

/// The column in characters; the parser counts bytes.
fn column(text: &str, error: &JsonError) -> usize {
    let line = text
        .split('\n')
        .nth(error.line.saturating_sub(1))
        .unwrap_or_default();
    line[..line.floor_char_boundary(error.column)]
        .chars()
        .count()
}

fn no_utf8(at: usize) -> Failure {
    invalid(format!(
        "expected JSON as UTF-8, found other bytes at position {at}"
    ))
}

fn invalid(message: String) -> Failure {
    Failure::new(FailureKind::InvalidInput, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{Scene, check_node};

    fn check(input: serde_json::Value, expected: &str) {
        check_node("data.json_parse", json!({}), input, expected);
    }

    #[test]
    fn large_integers_survive() {
        check(
            json!("{\"id\": 9223372036854775807}"),
            r#"out {"id":9223372036854775807}"#,
        );
    }

    #[test]
    fn the_place_of_the_mistake_is_told() {
        check(
            json!("{\n  \"é\": tru }"),
            "failed invalidInput: not valid JSON at line 2, column 11: expected ident",
        );
        check(
            json!(""),
            "failed invalidInput: not valid JSON at line 1, column 0: EOF while parsing a value",
        );
        check(
            json!("{} x"),
            "failed invalidInput: not valid JSON at line 1, column 4: trailing characters",
        );
    }

    #[test]
    fn bytes_are_read_as_utf8() {
        let scene = |bytes: &[u8]| {
            Scene::new("data.json_parse", json!({}), json!(null))
                .input(Value::Bytes(bytes.into()))
                .told()
        };
        assert_eq!(scene(b"\xef\xbb\xbf[1]"), "out [1]");
        assert_eq!(
            scene(b"[\xff]"),
            "failed invalidInput: expected JSON as UTF-8, found other bytes at position 1"
        );
    }

    #[test]
    fn only_text_is_parsed() {
        check(
            json!({ "a": 1 }),
            "failed invalidInput: expected JSON as text or bytes, found a record",
        );
        let expected = "failed invalidInput: the input has no `a.b`, which `field` names";
        check_node(
            "data.json_parse",
            json!({ "field": "a.b" }),
            json!({ "a": {} }),
            expected,
        );
    }

    #[test]
    fn hostile_nesting_is_a_failure() {
        let told = Scene::new("data.json_parse", json!({}), "[".repeat(100_000).into()).told();
        assert!(told.starts_with("failed invalidInput: "), "{told}");
    }
}
