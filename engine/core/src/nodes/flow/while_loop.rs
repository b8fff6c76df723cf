//! `flow.while`: a part of the graph, again and again while a condition holds.

use serde_json::json;

use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec, Role};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::params::{Param, Params};
use crate::nodes::schema::{Property, record};
use crate::nodes::show::found;
use crate::problem::Place;
use crate::script::{EvaluateLimits, EvaluateRequest, Evaluated, Resolved, Template};
use crate::value::{Record, Value};

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "refresh-cw",
        words: &[
            "loop",
            "until",
            "repeat",
            "paginate",
            "pages",
            "poll",
            "retry until",
            "do while",
        ],
        role: Role::Loop,
        inputs: vec![port("in", "any", "What the first round starts from.")],
        outputs: vec![port(
            "out",
            "any",
            "What the last round gave; the input, when there was none.",
        )],
        params: params(),
        lazy: &["condition"],
        errors: &[
            (
                FailureKind::Limit,
                "the condition still holds after `maxIterations` rounds",
            ),
            (
                FailureKind::InvalidParameter,
                "the condition gives something other than true or false, or asks for an effect",
            ),
            (
                FailureKind::Script,
                "the condition failed, for example because it compares what is not there",
            ),
            (
                FailureKind::Inner,
                "a node in the body failed, and its `onError` did not handle it",
            ),
        ],
        examples: examples(),
        ..plain(
            "flow.while",
            "While",
            "Runs the nodes inside it again and again, as long as a condition holds.",
        )
    }
}

fn params() -> serde_json::Value {
    record([
        Property::bool(
            "condition",
            "While",
            "An expression that gives true or false, asked \
            before each round. `input` is what the last round gave.",
        )
        .required()
        .such_as(json!("{{ input.next != () }}")),
        Property::int(
            "maxIterations",
            "Most rounds",
            "When the condition still holds after this \
            many rounds, the node fails.",
            1..=1_000_000,
        )
        .or(json!(1_000)),
    ])
}

fn examples() -> Vec<Example> {
    vec![
        Example::new(
            "Until there is no further page",
            json!({ "condition": "{{ input.next != () }}", "maxIterations": 50 }),
            json!({ "next": "/orders?page=1", "rows": [] }),
        ),
        Example::new(
            "Not at all",
            json!({ "condition": "{{ input.n < 3 }}" }),
            json!({ "n": 5 }),
        )
        .gives(json!({ "n": 5 })),
    ]
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
    match ask(node, &condition, value)? {
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

fn ask(node: &dyn Activation, condition: &Param<'_>, value: &Value) -> Result<Asked, Failure> {
    let template = Template::parse(condition.value()).map_err(in_condition)?;
    let scope = scope(node, value);
    let sources = match template.resolve(&scope)? {
        Resolved::Value(answer) => return truth(condition, &answer).map(Asked::Answer),
        Resolved::Needs(sources) => sources,
    };
    let limits = EvaluateLimits {
        wall_ms: node.wall_ms(),
        ..EvaluateLimits::default()
    };
    let request = EvaluateRequest {
        sources,
        scope,
        answers: Vec::new(),
        limits,
    };
    let Some(reply) = node.evaluated(&request) else {
        return Ok(Asked::Evaluate(request));
    };
    match &reply.result {
        Evaluated::Done(values) => {
            truth(condition, &template.fill(&request.scope, values)).map(Asked::Answer)
        }
        Evaluated::Needs(_) => Err(asks_the_world(condition)),
        Evaluated::Failed(failure) => Err(in_condition(failure.clone())),
    }
}

/// What the condition sees: all that a body node sees, `input` being what the last round gave.
fn scope(node: &dyn Activation, value: &Value) -> Value {
    let scope = node.scope();
    let own = [
        ("input".into(), value.clone()),
        ("index".into(), node.iterations().into()),
    ];
    scope
        .as_record()
        .into_iter()
        .flatten()
        .cloned()
        .chain(own)
        .collect::<Record>()
        .into()
}

fn truth(condition: &Param<'_>, answer: &Value) -> Result<bool, Failure> {
    answer.as_bool().ok_or_else(|| {
        condition
            .fails(&format!("must give true or false, found {}", found(answer)))
            .with_hint("write a comparison between braces, such as `{{ input.next != () }}`")
    })
}

fn asks_the_world(condition: &Param<'_>) -> Failure {
    condition
        .fails("cannot call http(), now() or random()")
        .with_hint("make the call in the body, and let the condition look at what it gave")
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

    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers write `json!(...)` in place"
    )]
    fn check(
        condition: serde_json::Value,
        last: serde_json::Value,
        iterations: u64,
        expected: &str,
    ) {
        let params = json!({ "condition": condition, "maxIterations": 2 });
        let scene = Scene::new("flow.while", params, json!({ "n": 0 }));
        assert_eq!(scene.last(last).iterations(iterations).told(), expected);
    }

    #[test]
    fn the_condition_looks_at_what_the_last_round_gave() {
        let condition = json!("{{ input.n < 3 && index < 2 }}");
        check(condition.clone(), json!({ "n": 2 }), 1, r#"repeat {"n":2}"#);
        check(condition.clone(), json!({ "n": 3 }), 1, r#"out {"n":3}"#);
        check(condition, json!({ "n": 2 }), 2, r#"out {"n":2}"#);
    }

    #[test]
    fn what_is_not_plain_is_evaluated() {
        let condition = json!("{{ input.filter(|x| x > 1).len() > 0 }}");
        check(condition.clone(), json!([1, 2]), 1, "repeat [1,2]");
        check(condition, json!([1]), 1, "out [1]");
    }

    #[test]
    fn rounds_are_limited() {
        let expected = "failed limit: the condition still holds after 2 rounds \
            (check that the body brings the condition closer to false, or raise `maxIterations`)";
        check(json!(true), json!(5), 2, expected);
        check(json!(false), json!(5), 2, "out 5");
    }

    #[test]
    fn without_a_round_the_input_leaves() {
        let check = |condition: serde_json::Value, expected: &str| {
            check_node(
                "flow.while",
                json!({ "condition": condition }),
                json!({ "n": 0 }),
                expected,
            );
        };
        check(json!("{{ input.n > 0 }}"), r#"out {"n":0}"#);
        check(json!("{{ input.n == 0 }}"), r#"repeat {"n":0}"#);
    }

    #[test]
    fn what_is_no_condition_is_a_mistake() {
        let hint = "(write a comparison between braces, such as `{{ input.next != () }}`)";
        for (condition, found) in [
            (json!("input.n < 3"), "text"),
            (json!("{{ 1 + 1 }}"), "2"),
            (json!(null), "null"),
        ] {
            let expected = format!(
                "failed invalidParameter /condition: `condition` must give true or false, found \
                    {found} {hint}"
            );
            check(condition, json!({}), 0, &expected);
        }
        let expected = "failed invalidParameter /condition: `condition` cannot call http(), now() or random() \
            (make the call in the body, and let the condition look at what it gave)";
        check(json!("{{ now() > 0 }}"), json!({}), 0, expected);
    }

    #[test]
    fn a_failing_condition_has_its_place_in_the_parameter() {
        let scene = Scene::new(
            "flow.while",
            json!({ "condition": "{{ throw 1 }}" }),
            json!({}),
        );
        let place = scene
            .evaluate()
            .map(|_| ())
            .map_err(|failure| failure.place.and_then(|place| place.param));
        assert_eq!(place, Err(Some("/condition".into())));
    }
}
