//! `flow.approve`: a person decides.

use serde_json::json;

use crate::effect::{Effect, EffectKind};
use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::params::{Param, Params};
use crate::nodes::schema::{Property, record};
use crate::nodes::show::found;
use crate::value::{Record, Value};

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "user-check",
        words: &[
            "human in the loop",
            "review",
            "confirm",
            "manual",
            "ask",
            "permission",
            "sign off",
            "wait for person",
        ],
        outputs: vec![
            port(
                "approved",
                "record",
                "The input with the decision, when it was yes.",
            ),
            port(
                "rejected",
                "record",
                "The input with the decision, when it was no.",
            ),
        ],
        params: params(),
        errors: &[
            (
                FailureKind::InvalidInput,
                "the decision that was sent is not a record with `approved`: true or false",
            ),
            (
                FailureKind::Timeout,
                "nobody decided within the node's `timeoutMs`",
            ),
        ],
        examples: examples(),
        ..plain(
            "flow.approve",
            "Approve",
            "Waits until a person says yes or no.",
        )
    }
}

fn params() -> serde_json::Value {
    record([
        Property::long_text("message", "Question", "What the person is asked.")
            .required()
            .filled()
            .such_as(json!("Refund {{ input.amount }} to {{ input.name }}?")),
        Property::any(
            "details",
            "Details",
            "What the person should see to decide: any value. When left out, the node's input is \
                shown.",
        ),
    ])
}

fn examples() -> Vec<Example> {
    vec![
        Example::new(
            "Before money leaves",
            json!({ "message": "Refund {{ input.amount }} to {{ input.name }}?" }),
            json!({ "name": "Ada", "amount": 40 }),
        ),
        Example::new(
            "With only what matters",
            json!({ "message": "Publish this?", "details": "{{ input.title }}" }),
            json!({ "title": "Autumn sale", "body": "…" }),
        ),
    ]
}

const DOCS: &str = r#"
The run waits here, for as long as it takes; a restart of the server does not matter. Other branches go on meanwhile. The person sees the
`message` and the `details`, and answers yes or no, with a comment if they like.

What leaves, by `approved` or by `rejected`, is the input with the decision under `approval`:
`{ "name": "Ada", "amount": 40, "approval": { "approved": true, "comment": "ok", "by": "kim" } }`. An input that is not a record leaves as
`{ "input": …, "approval": … }`. The port that is not used leads nowhere: if there is no edge at `rejected`, a no ends the branch quietly;
to fail the run instead, lead `rejected` to a `flow.fail`.

To give up after a time, set the node's `timeoutMs`, and `onError: port` to go on from the port `error`. In a replay the recorded decision is used.
"#;

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    match node.answers().first() {
        Some(Ok(decision)) => decided(node.input(), decision),
        Some(Err(failure)) => Err(failure.clone()),
        None => Ok(Answer::Await(question(node, params)?)),
    }
}

fn question(node: &dyn Activation, params: &Params<'_>) -> Result<Effect, Failure> {
    let details = params
        .given("details")
        .map_or_else(|| node.input().clone(), Param::into_value);
    let request: Record = [
        ("name", "approval".into()),
        ("message", params.text("message")?.into()),
        ("details", details),
    ]
    .into_iter()
    .collect();
    Ok(Effect {
        kind: EffectKind::Signal,
        request: request.into(),
        idempotent: true,
    })
}

fn decided(input: &Value, decision: &Value) -> Result<Answer, Failure> {
    let approved = decision
        .get("approved")
        .and_then(Value::as_bool)
        .ok_or_else(|| no_decision(decision))?;
    let record = match input {
        Value::Record(record) => record.clone(),
        other => [("input", other.clone())].into_iter().collect(),
    };
    let port = if approved { "approved" } else { "rejected" };
    let output = record.with("approval", decision.clone()).into();
    Ok(Answer::Done {
        outputs: vec![(port.into(), output)],
        logs: Vec::new(),
    })
}

fn no_decision(decision: &Value) -> Failure {
    let found = match decision.get("approved") {
        Some(approved) => format!("{} there", found(approved)),
        None => found(decision),
    };
    let message =
        format!("a decision must be a record with `approved`: true or false, found {found}");
    Failure::new(FailureKind::InvalidInput, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{Scene, check_node, value};

    fn check_decision(input: serde_json::Value, decision: serde_json::Value, expected: &str) {
        let scene = Scene::new("flow.approve", json!({ "message": "ok?" }), input);
        assert_eq!(scene.answers([Ok(value(decision))]).told(), expected);
    }

    #[test]
    fn the_question_shows_the_input_or_the_details() {
        let asked = r#"await signal {"details":7,"message":"ok?","name":"approval"}, idempotent"#;
        check_node("flow.approve", json!({ "message": "ok?" }), json!(7), asked);
        let asked =
            r#"await signal {"details":null,"message":"ok?","name":"approval"}, idempotent"#;
        check_node(
            "flow.approve",
            json!({ "message": "ok?", "details": null }),
            json!(7),
            asked,
        );
    }

    #[test]
    fn the_decision_chooses_the_port() {
        check_decision(
            json!({ "a": 1 }),
            json!({ "approved": true, "by": "kim" }),
            r#"approved {"a":1,"approval":{"approved":true,"by":"kim"}}"#,
        );
        check_decision(
            json!([1]),
            json!({ "approved": false }),
            r#"rejected {"approval":{"approved":false},"input":[1]}"#,
        );
    }

    #[test]
    fn anything_else_is_no_decision() {
        let expected = "failed invalidInput: a decision must be a record with `approved`: true or \
            false, found ";
        check_decision(json!(1), json!("yes"), &format!("{expected}text"));
        check_decision(
            json!(1),
            json!({ "approved": 1 }),
            &format!("{expected}1 there"),
        );
    }
}
