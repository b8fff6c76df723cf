//! `flow.while`: a part of the graph, again and again while a condition holds.

use serde_json::json;

use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec, Role};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::params::{Param, Params};
use crate::nodes::schema::{Property, record};
use crate::nodes::show::found;
use crate::problem::Place;
use crate::script::{EvaluateLimits, EvaluateRequest, Evaluated, Source};
use crate::value::{Record, Value};

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "refresh-cw",
        words: &["loop", "until", "repeat", "paginate", "pages", "poll", "retry until", "do while"],
        role: Role::Loop,
        inputs: vec![port("in", "any", "What the first round starts from.")],
        outputs: vec![port("out", "any", "What the last round gave; the input, when there was none.")],
        params: record([
            Property::bool("condition", "While", "An expression that gives true or false, asked before each round. `input` is what the last round gave.").required().such_as(json!("{{ input.next != () }}")),
            Property::int("maxIterations", "Most rounds", "When the condition still holds after this many rounds, the node fails.", 1..=1_000_000).or(json!(1_000)),
        ]),
        lazy: &["condition"],
        errors: &[
            (FailureKind::Limit, "the condition still holds after `maxIterations` rounds"),
            (FailureKind::InvalidParameter, "the condition gives something other than true or false, or asks for an effect"),
            (FailureKind::Script, "the condition failed, for example because it compares what is not there"),
            (FailureKind::Inner, "a node in the body failed, and its `onError` did not handle it"),
        ],
        examples: vec![
            Example::new("Until there is no further page", json!({ "condition": "{{ input.next != () }}", "maxIterations": 50 }), json!({ "next": "/orders?page=1", "rows": [] })),
            Example::new("Not at all", json!({ "condition": "{{ input.n < 3 }}" }), json!({ "n": 5 })).gives(json!({ "n": 5 })),
        ],
        ..plain("flow.while", "While", "Runs the nodes inside it again and again, as long as a condition holds.")
    }
}

const DOCS: &str = r##"
The **body** of the loop are the nodes whose `parent` is this node, as in `flow.for_each`:

```yaml
nodes:
  - { id: more, type: flow.while, params: { condition: "{{ input.next != () }}" } }
  - { id: page, type: http.request, parent: more, params: { url: "https://api.example.com{{ input.next }}" } }
  - { id: rows, type: code.rhai, parent: more, params: { code: "#{ next: input.body.next, rows: item.rows + input.body.rows }" } }
edges:
  - { source: page, target: rows }
```

- Before each round the condition is asked. In it `input` is what the body gave in the round before (before the first round: what came into
  the node), and `index` counts the rounds from 0. `()` is how Rhai writes null.
- The body's first nodes get that same value as their `input`, and every body node also as `item`. To carry something from round to round, the body gives it on.
- When the condition is false, what the last round gave leaves by `out`. If it is false at once, the body does not run and the input leaves.
- The condition cannot call `http()`, `now()` or `random()`: do that in the body, and let the condition look at the result.
"##;

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    let condition = params.need("condition")?;
    let value = node.last().unwrap_or(node.input());
    match holds(node, &condition, value)? {
        Asked::Answer(false) => Ok(Answer::out(value.clone())),
        Asked::Answer(true) => another_round(node, params, value),
        Asked::Evaluate(request) => Ok(Answer::Evaluate(request)),
    }
}

fn another_round(
    node: &dyn Activation,
    params: &Params<'_>,
    value: &Value,
) -> Result<Answer, Failure> {
    let most = params.int("maxIterations")?;
    if i64::try_from(node.iterations()).is_ok_and(|done| done < most) {
        return Ok(Answer::Repeat {
            input: value.clone(),
        });
    }
    let message = format!("the condition still holds after {most} rounds");
    Err(Failure::new(FailureKind::Limit, message).with_hint(
        "check that the body brings the condition closer to false, or raise `maxIterations`",
    ))
}

/// The condition's answer, or what has to be evaluated first.
enum Asked {
    Answer(bool),
    Evaluate(EvaluateRequest),
}

fn holds(node: &dyn Activation, condition: &Param<'_>, value: &Value) -> Result<Asked, Failure> {
    let expression = match condition.value() {
        Value::Bool(bool) => return Ok(Asked::Answer(*bool)),
        Value::Text(text) => whole_expression(text).ok_or_else(|| not_a_condition(condition))?,
        _ => return Err(not_a_condition(condition)),
    };
    let request = EvaluateRequest {
        scope: scope(node, expression, value),
        sources: vec![Source::Expression(expression.into())],
        answers: Vec::new(),
        limits: EvaluateLimits {
            wall_ms: node.wall_ms(),
            ..EvaluateLimits::default()
        },
    };
    let Some(reply) = node.evaluated(&request) else {
        return Ok(Asked::Evaluate(request));
    };
    match &reply.result {
        Evaluated::Done(values) => match values.first() {
            Some(Value::Bool(bool)) => Ok(Asked::Answer(*bool)),
            other => Err(gave(condition, other)),
        },
        Evaluated::Needs(_) => Err(condition
            .fails("cannot ask for effects")
            .with_hint("make the call in the body, and let the condition look at what it gave")),
        Evaluated::Failed(failure) => Err(in_condition(failure.clone())),
    }
}

/// What is between the braces, when the text is one whole `{{ expression }}`.
fn whole_expression(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    (!inner.contains("{{")).then_some(inner)
}

/// What the condition sees: all that a body node sees, `input` being what the last round gave.
fn scope(node: &dyn Activation, expression: &str, value: &Value) -> Value {
    let scope = node.scope(&[expression]);
    let index = ("index".into(), node.iterations().into());
    let own = [("input".into(), value.clone()), index];
    scope
        .as_record()
        .into_iter()
        .flatten()
        .cloned()
        .chain(own)
        .collect::<Record>()
        .into()
}

fn gave(condition: &Param<'_>, value: Option<&Value>) -> Failure {
    let found = found(value.unwrap_or(&Value::Null));
    condition.fails(&format!("must give true or false, found {found}"))
}

fn not_a_condition(condition: &Param<'_>) -> Failure {
    condition
        .expected("true, false or one expression")
        .with_hint("write a comparison between braces, such as `{{ input.next != () }}`")
}

fn in_condition(mut failure: Failure) -> Failure {
    let place = failure.place.unwrap_or_default();
    failure.place = Some(Place {
        param: Some("/condition".into()),
        ..place
    });
    failure
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{Scene, check_node};
    use crate::script::EvaluateReply;

    fn scene(condition: serde_json::Value) -> Scene {
        Scene::new(
            "flow.while",
            json!({ "condition": condition, "maxIterations": 2 }),
            json!({ "n": 0 }),
        )
    }

    #[test]
    fn the_condition_is_asked_with_the_last_value() {
        let scene = scene(json!("{{ input.n < 3 }}"))
            .last(json!({ "n": 1 }))
            .iterations(1);
        let Ok(Answer::Evaluate(request)) = scene.evaluate() else {
            panic!("nothing asked")
        };
        assert_eq!(
            request.sources,
            [Source::Expression(" input.n < 3 ".into())]
        );
        assert_eq!(
            request.scope.get("input"),
            Some(&Value::from_json(&json!({ "n": 1 })))
        );
        assert_eq!(request.scope.get("index"), Some(&1.into()));
    }

    fn check_reply(result: Evaluated, iterations: u64, expected: &str) {
        let reply = EvaluateReply {
            result,
            logs: vec![],
            usage: Default::default(),
        };
        let scene = scene(json!("{{ x }}"))
            .last(json!(5))
            .iterations(iterations)
            .replies(reply);
        assert_eq!(scene.told(), expected);
    }

    #[test]
    fn another_round_or_the_end() {
        check_reply(Evaluated::Done(vec![true.into()]), 1, "repeat 5");
        check_reply(Evaluated::Done(vec![false.into()]), 1, "out 5");
        let expected = "failed limit: the condition still holds after 2 rounds \
            (check that the body brings the condition closer to false, or raise `maxIterations`)";
        check_reply(Evaluated::Done(vec![true.into()]), 2, expected);
        check_reply(Evaluated::Done(vec![false.into()]), 2, "out 5");
    }

    #[test]
    fn without_a_round_the_input_leaves() {
        assert_eq!(scene(json!(false)).told(), r#"out {"n":0}"#);
        assert_eq!(scene(json!(true)).told(), r#"repeat {"n":0}"#);
    }

    #[test]
    fn what_is_no_condition_is_a_mistake() {
        let expected =
            "failed invalidParameter /condition: `condition` must give true or false, found 1";
        check_reply(Evaluated::Done(vec![1.into()]), 0, expected);
        let expected = "failed invalidParameter /condition: `condition` must be true, false or one expression, found text \
            (write a comparison between braces, such as `{{ input.next != () }}`)";
        check_node(
            "flow.while",
            json!({ "condition": "input.n < 3" }),
            json!({}),
            expected,
        );
    }
}
