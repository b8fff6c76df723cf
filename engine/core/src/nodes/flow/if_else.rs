//! `flow.if`: one of two ways.

use serde_json::json;

use super::pass_on;
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
        icon: "split",
        words: &[
            "condition",
            "branch",
            "else",
            "filter",
            "decision",
            "when",
            "compare",
        ],
        outputs: vec![
            port("true", "any", "The input, when the condition holds."),
            port("false", "any", "The input, when it does not."),
        ],
        params: params(),
        errors: &[
            (
                FailureKind::InvalidParameter,
                "the condition gives something other than true or false",
            ),
            (
                FailureKind::Script,
                "the condition failed, for example because it compares what is not there",
            ),
        ],
        examples: examples(),
        ..plain(
            "flow.if",
            "If",
            "Sends its input one of two ways, by a condition.",
        )
    }
}

fn params() -> serde_json::Value {
    record([Property::bool(
        "condition",
        "Condition",
        "An expression that gives true or false.",
    )
    .required()
    .such_as(json!("{{ input.total > 100 }}"))])
}

fn examples() -> Vec<Example> {
    vec![
        Example::new(
            "Large orders",
            json!({ "condition": "{{ input.total > 100 }}" }),
            json!({ "total": 250 }),
        )
        .gives_at("true", json!({ "total": 250 })),
        Example::new(
            "Is there anything?",
            json!({ "condition": "{{ input.rows.len() > 0 }}" }),
            json!({ "rows": [] }),
        )
        .gives_at("false", json!({ "rows": [] })),
    ]
}

const DOCS: &str = r#"
Draw an edge from the port `true`, from the port `false`, or from both. The nodes on the way that is not taken are skipped, and so is what
depends on them alone. To bring the two ways together again, lead both into a `flow.join` with `mode: first`, or into any other node.

Only true and false are conditions: there is no guessing about empty texts, 0 or null. Write the comparison out:
`{{ input.name != "" }}`, `{{ input.count > 0 }}`. For more than two ways use `flow.switch`.
"#;

const HINT: &str = "write a comparison between braces, such as `{{ input.total > 100 }}`";

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    let holds = params
        .need("condition")?
        .bool()
        .map_err(|failure| failure.with_hint(HINT))?;
    Ok(pass_on(node, if holds { "true" } else { "false" }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::check_node;

    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers write `json!(...)` in place"
    )]
    fn check(condition: serde_json::Value, expected: &str) {
        check_node(
            "flow.if",
            json!({ "condition": condition }),
            json!({ "x": 1 }),
            expected,
        );
    }

    #[test]
    fn the_input_leaves_by_one_port() {
        check(json!(true), r#"true {"x":1}"#);
        check(json!(false), r#"false {"x":1}"#);
    }

    #[test]
    fn only_true_and_false_are_conditions() {
        let hint = "(write a comparison between braces, such as `{{ input.total > 100 }}`)";
        for (condition, found) in [
            (json!(0), "0"),
            (json!(null), "null"),
            (json!("input.x > 1"), "text"),
        ] {
            let expected = format!(
                "failed invalidParameter /condition: `condition` must be true or false, found \
                    {found} {hint}"
            );
            check(condition, &expected);
        }
    }
}
