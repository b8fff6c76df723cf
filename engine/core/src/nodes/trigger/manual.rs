//! `trigger.manual`: a run that a person, a command or a call starts.

use serde_json::{Value as Json, json};

use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec, Role};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::input_schema::{InputSchema, Misfit};
use crate::nodes::params::{Param, Params};
use crate::nodes::schema::{Property, record};
use crate::value::{Record, Value};

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "circle-play",
        words: &[
            "start",
            "begin",
            "run",
            "input",
            "entry",
            "manual",
            "command line",
            "api",
        ],
        role: Role::Trigger,
        inputs: Vec::new(),
        outputs: vec![port("out", "any", "The run's input.")],
        params: params(),
        lazy: &["schema"],
        errors: &[
            (
                FailureKind::InvalidInput,
                "the run's input does not fit the `schema`; `details` lists every misfit",
            ),
            (
                FailureKind::InvalidParameter,
                "`schema` is not a JSON Schema, or uses a keyword that is not supported",
            ),
        ],
        examples: examples(),
        ..plain(
            "trigger.manual",
            "Start",
            "Starts the workflow by hand, by command or by a call, and passes on the run's input.",
        )
    }
}

fn params() -> Json {
    record([Property::record("schema", "Input schema", SCHEMA)
        .such_as(json!({ "type": "object", "required": ["id"] }))])
}

fn examples() -> Vec<Example> {
    vec![
        Example::new(
            "Any input",
            json!({}),
            json!({ "url": "https://example.com" }),
        )
        .gives(json!({
            "url": "https://example.com",
        })),
        Example::new(
            "A checked input",
            json!({
                "schema": {
                    "type": "object",
                    "required": ["id"],
                    "properties": { "id": { "type": "integer" } },
                },
            }),
            json!({
                "id": 7,
            }),
        )
        .gives(json!({ "id": 7 })),
    ]
}

const SCHEMA: &str = "A JSON Schema (draft 2020-12) that the run's input must fit. When left out, \
    any input will do.";

const DOCS: &str = r##"
The node to begin with. What is given when the run is started (`flowforge run FILE --input '{"id": 7}'`, the body of the API call, the
`input` of a `flow.call`) leaves by `out`; without any it is null.

With a `schema`, a run with a wrong input fails at once and says what is wrong with it, instead of failing somewhere later with
something obscure. The schema may use `$ref` to its own `$defs` (`#/$defs/address`), but not in a circle, and neither
`unevaluatedProperties`, `unevaluatedItems`, `$dynamicRef` nor references to other documents: so that checking an input always ends soon.
"##;

/// Most misfits that a failure lists.
const MISFITS_MAX: usize = 20;

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    if let Some(schema) = params.given("schema") {
        fits(&schema, &node.input().to_json())?;
    }
    Ok(Answer::out(node.input().clone()))
}

fn fits(param: &Param<'_>, input: &Json) -> Result<(), Failure> {
    param.record()?;
    let schema = InputSchema::compile(&param.value().to_json())
        .map_err(|error| param.fails(&error.to_string()))?;
    let misfits: Vec<_> = schema.misfits(input).take(MISFITS_MAX).collect();
    match misfits.first() {
        None => Ok(()),
        Some(first) => Err(Failure::new(
            FailureKind::InvalidInput,
            format!("the run's input does not fit: {first}"),
        )
        .with_details(misfits.iter().map(detail).collect::<Vec<_>>().into())),
    }
}

fn detail(misfit: &Misfit) -> Value {
    let fields = [
        ("path", misfit.path.as_str().into()),
        ("message", misfit.message.as_str().into()),
    ];
    fields.into_iter().collect::<Record>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::check_node;

    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers write `json!(...)` in place"
    )]
    fn check(schema: Json, input: Json, expected: &str) {
        check_node(
            "trigger.manual",
            json!({ "schema": schema }),
            input,
            expected,
        );
    }

    #[test]
    fn the_input_passes_when_it_fits() {
        check(
            json!({ "type": "object" }),
            json!({ "a": 1 }),
            r#"out {"a":1}"#,
        );
        check_node("trigger.manual", json!({}), json!(null), "out null");
    }

    #[test]
    fn a_misfit_names_the_place_but_not_the_value() {
        let schema = json!({ "properties": { "age": { "type": "integer" } } });
        let expected = r#"failed invalidInput: the run's input does not fit: at `/age`: value is not of type "integer""#;
        check(schema, json!({ "age": "s3cret" }), expected);
    }

    #[test]
    fn a_wrong_schema_is_a_wrong_parameter() {
        check_node(
            "trigger.manual",
            json!({ "schema": "x" }),
            json!({}),
            "failed invalidParameter /schema: `schema` must be a record, found text",
        );
        let expected = r#"failed invalidParameter /schema: `schema` is not a JSON Schema: at `/type`: value is not valid under any of the schemas listed in the 'anyOf' keyword"#;
        check(json!({ "type": "whole" }), json!({}), expected);
    }
}
