//! `flow.fail`: an end that is a failure.

use serde_json::json;

use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec};
use crate::nodes::built_in::{BuiltIn, plain};
use crate::nodes::params::Params;
use crate::nodes::schema::{Property, record};

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "octagon-x",
        words: &[
            "error", "throw", "raise", "stop", "abort", "assert", "reject", "exit",
        ],
        outputs: Vec::new(),
        params: params(),
        errors: &[
            (FailureKind::Raised, "always: that is what the node is for"),
            (
                FailureKind::InvalidParameter,
                "`message` is missing or not a text",
            ),
        ],
        examples: examples(),
        ..plain("flow.fail", "Fail", "Fails with a message of your own.")
    }
}

fn params() -> serde_json::Value {
    record([
        Property::long_text(
            "message",
            "Message",
            "What is wrong, for the person who reads it.",
        )
        .required()
        .filled()
        .such_as(json!("order {{ input.id }} has no lines")),
        Property::any(
            "details",
            "Details",
            "More about it, for programs: any value. When left out, there is no more.",
        ),
    ])
}

fn examples() -> Vec<Example> {
    vec![
        Example::new(
            "Say what is wrong",
            json!({ "message": "order {{ input.id }} has no lines" }),
            json!({ "id": 7, "lines": [] }),
        ),
        Example::new(
            "With details",
            json!({
                "message": "the import is not complete",
                "details": { "missing": "{{ input.missing }}" },
            }),
            json!({ "missing": ["a.csv"] }),
        ),
    ]
}

const DOCS: &str = r#"
Put it where a workflow must not go on: behind the port `false` of a check, or behind `rejected` of a `flow.approve`. The run fails with your
message, unless the node's own `onError` or that of a loop around it says otherwise.

A `retry` on this node has no use: it fails the same way each time.
"#;

fn evaluate(_: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    let failure = Failure::new(FailureKind::Raised, &*params.text("message")?);
    Err(match params.given("details") {
        Some(details) => failure.with_details(details.into_value()),
        None => failure,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{Scene, check_node};

    #[test]
    fn it_fails_as_told() {
        check_node(
            "flow.fail",
            json!({ "message": "no" }),
            json!({}),
            "failed raised: no",
        );
        let scene = Scene::new(
            "flow.fail",
            json!({ "message": "no", "details": [1] }),
            json!({}),
        );
        assert_eq!(
            scene.evaluate().expect_err("it fails").details,
            Some(vec![1.into()].into())
        );
    }

    #[test]
    fn a_failure_needs_a_message() {
        check_node(
            "flow.fail",
            json!({}),
            json!({}),
            "failed invalidParameter /message: `message` is missing",
        );
    }
}
