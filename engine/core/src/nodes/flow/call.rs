//! `flow.call`: another workflow as a step of this one.

use serde_json::json;

use crate::effect::{Effect, EffectKind};
use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec, Role};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::params::{Param, Params};
use crate::nodes::schema::{Property, record};
use crate::value::{Record, Value};
use crate::workflow::Workflow;

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "workflow",
        words: &[
            "sub-workflow",
            "subflow",
            "execute workflow",
            "function",
            "reuse",
            "nested",
            "include",
        ],
        role: Role::Call,
        outputs: vec![port("out", "any", "The called workflow's output.")],
        params: params(),
        errors: &[
            (FailureKind::NotFound, "there is no workflow with this id"),
            (
                FailureKind::Inner,
                "the called workflow failed; the failure inside is in `details`",
            ),
            (
                FailureKind::Limit,
                "workflows call each other deeper than the workflow's `limits.maxDepth`",
            ),
            (
                FailureKind::InvalidParameter,
                "`workflow` is not a text, or names something that is not a workflow",
            ),
        ],
        examples: examples(),
        ..plain(
            "flow.call",
            "Call workflow",
            "Runs another workflow and gives its output.",
        )
    }
}

fn params() -> serde_json::Value {
    record([
        Property::text("workflow", "Workflow", "The id of the workflow to run.")
            .required()
            .filled()
            .such_as(json!("order-total")),
        Property::any(
            "input",
            "Input",
            "What the called workflow starts with. When left out, the node's input.",
        )
        .such_as(json!({ "id": "{{ input.orderId }}" })),
    ])
}

fn examples() -> Vec<Example> {
    vec![
        Example::new(
            "With what came in",
            json!({ "workflow": "order-total" }),
            json!({ "lines": [{ "price": 3, "quantity": 2 }] }),
        ),
        Example::new(
            "With an input of its own",
            json!({
                "workflow": "send-receipt",
                "input": { "to": "{{ input.email }}", "lines": "{{ input.cart.lines }}" },
            }),
            json!({ "email": "ada@example.com", "cart": { "lines": [] } }),
        ),
    ]
}

const DOCS: &str = r#"
The called workflow runs as part of this run: its frames stand below this node's frame, it stops when this run is cancelled, and travelling in time
covers both. It sees its own `input` and `vars`, nothing of the caller's nodes. Its trigger passes on the `input` given here, and its output
(of its only end node, or a record by node id when there are several) leaves by `out`.

The version that is current when the node starts is the one that runs, and is recorded: a replay or a resumed run uses that one, even if the
workflow was changed since. A workflow may call itself, down to the depth in `limits.maxDepth`. To run it once for each item of a list, put this node into a `flow.for_each`.
"#;

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    match node.answers().first() {
        Some(Ok(document)) => Ok(Answer::Enter {
            workflow: Box::new(read(document, params)?),
            input: params
                .given("input")
                .map_or_else(|| node.input().clone(), Param::into_value),
        }),
        Some(Err(failure)) => Err(failure.clone()),
        None => Ok(Answer::Await(fetch(params)?)),
    }
}

fn fetch(params: &Params<'_>) -> Result<Effect, Failure> {
    let request: Record = [("workflow", params.text("workflow")?.into())]
        .into_iter()
        .collect();
    Ok(Effect {
        kind: EffectKind::Call,
        request: request.into(),
        idempotent: true,
    })
}

fn read(document: &Value, params: &Params<'_>) -> Result<Workflow, Failure> {
    let param = params.need("workflow")?;
    serde_json::from_value(document.to_json())
        .map_err(|error| param.fails(&format!("names something that is not a workflow: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{Scene, check_node, value};

    fn check_document(params: serde_json::Value, document: serde_json::Value, expected: &str) {
        let scene = Scene::new("flow.call", params, json!({ "n": 1 }));
        assert_eq!(scene.answers([Ok(value(document))]).told(), expected);
    }

    #[test]
    fn first_the_workflow_is_asked_for() {
        let expected = r#"await call {"workflow":"w"}, idempotent"#;
        check_node("flow.call", json!({ "workflow": "w" }), json!({}), expected);
    }

    #[test]
    fn then_it_is_entered_with_the_input() {
        let document = json!({ "id": "w", "graph": { "nodes": [] } });
        check_document(
            json!({ "workflow": "w" }),
            document.clone(),
            r#"enter w with {"n":1}"#,
        );
        check_document(
            json!({ "workflow": "w", "input": null }),
            document,
            "enter w with null",
        );
    }

    #[test]
    fn what_is_no_workflow_is_a_failure() {
        let expected = "failed invalidParameter /workflow: `workflow` names something that is not \
            a workflow: missing field `id`";
        check_document(json!({ "workflow": "w" }), json!({}), expected);
        let missing = Failure::new(FailureKind::NotFound, "there is no workflow `w`");
        let scene = Scene::new("flow.call", json!({ "workflow": "w" }), json!({}));
        assert_eq!(
            scene.answers([Err(missing)]).told(),
            "failed notFound: there is no workflow `w`"
        );
    }
}
