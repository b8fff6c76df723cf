//! `code.rhai`: a script of the author's own.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::json;

use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::params::{Param, Params};
use crate::nodes::schema::{Property, record};
use crate::problem::Place;
use crate::script::{EvaluateLimits, EvaluateReply, EvaluateRequest, Evaluated, FUNCTIONS, Source};

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: docs().leak(),
        icon: "code",
        words: &[
            "script",
            "function",
            "javascript",
            "python",
            "custom",
            "program",
            "expression",
            "transform",
            "rhai",
        ],
        outputs: vec![port(
            "out",
            "any",
            "The value of the script's last expression.",
        )],
        params: params(),
        code: &["code"],
        errors: &[
            (
                FailureKind::Syntax,
                "the script cannot be read; the place has line and column",
            ),
            (
                FailureKind::Script,
                "the script threw something, or used what is not there",
            ),
            (
                FailureKind::Limit,
                "it made too many operations, or too large a value",
            ),
            (
                FailureKind::Timeout,
                "it took longer than the node's `timeoutMs` (2 seconds when it names none)",
            ),
            (
                FailureKind::SandboxDied,
                "the process it ran in had to be ended; nothing else is harmed",
            ),
        ],
        examples: examples(),
        ..plain(
            "code.rhai",
            "Script",
            "Runs a script and gives the value of its last expression.",
        )
    }
}

fn params() -> serde_json::Value {
    record([
        Property::long_text(
            "code",
            "Script",
            "Rhai code. The value of its last expression leaves by `out`.",
        )
        .required(),
        Property::int(
            "operations",
            "Most operations",
            OPERATIONS,
            1..=1_000_000_000,
        )
        .or(json!(50_000_000)),
    ])
}

fn examples() -> Vec<Example> {
    vec![
        Example::new(
            "Add up the lines of an order",
            json!({ "code": "let total = 0;\nfor line in input.lines {\n    total += line.price * \
                line.quantity;\n}\n#{ total: total, lines: input.lines.len() }" }),
            json!({ "lines": [{ "price": 3, "quantity": 2 }, { "price": 5, "quantity": 1 }] }),
        )
        .gives(json!({ "total": 11, "lines": 2 })),
        Example::new(
            "Only the rows that match",
            json!({ "code": "input.filter(|row| row.active)" }),
            json!([{ "id": 1, "active": true }, { "id": 2, "active": false }]),
        )
        .gives(json!([{ "id": 1, "active": true }])),
        Example::new(
            "Call a service for what is missing",
            json!({ "code": "let answer = http(\"GET\", \
            `https://api.example.com/users/${input.id}`);\nprint(`status \
            ${answer.status}`);\nanswer.body.name" }),
            json!({ "id": 7 }),
        ),
    ]
}

const OPERATIONS: &str = "The script is ended after this many steps of Rhai.";

const DOCS: &str = r##"
For what no other node does. The language is [Rhai](https://rhai.rs/book/): close to JavaScript, with `let`, `if`, `for x in list`, `while`,
functions (`fn f(x) { … }`), closures (`|x| x + 1`), records (`#{ name: "Ada" }`), lists (`[1, 2]`), and texts with
values in them (`` `Hello ${name}` ``). There is no `return` needed: the last expression is the result.

**In scope:** `input` (what came in), `nodes["id"].output` (what any node before this one gave), `item` and `index` (inside a loop),
`run` (about this run), `vars` (the workflow's constants). They can be changed in the script without any effect outside it.

**Asking the world:** `http("GET", url)` or `http(#{ method: "POST", url: url, body: #{ … } })`, `model("What is this about? " + input.text).text`,
`now()` (milliseconds since 1970) and `random()`.
Each answer is recorded. The script stops at such a call and is run again from the beginning when the answer is there, so
what comes before a call should not take long. In a replay, and after a crash, recorded answers are used and nothing is sent twice.

**Limits:** a script runs in a process of its own with little memory and without files, network or environment. It ends
after `timeoutMs` of the node, or after its number of operations. `print(text)` writes to the frame's log.

`{{ }}` is not replaced in the script: use the variables.

**Functions**, besides [those of Rhai itself](https://rhai.rs/book/lib/) for numbers, texts, lists and records:
"##;

/// The prose, and the functions that a script can call.
fn docs() -> String {
    let mut text = format!("{DOCS}\n| function | what it does |\n|---|---|\n");
    for function in FUNCTIONS {
        let row = [function.signature, function.about].map(|cell| cell.replace('|', "\\|"));
        let _ = writeln!(text, "| `{}` | {} |", row[0], row[1]);
    }
    text
}

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    let request = request(node, params)?;
    let Some(reply) = node.evaluated(&request) else {
        return Ok(Answer::Evaluate(request));
    };
    let EvaluateReply { result, logs, .. } = reply.clone();
    match result {
        Evaluated::Done(values) => Ok(Answer::Done {
            outputs: vec![("out".into(), values.into_iter().next().unwrap_or_default())],
            logs,
        }),
        Evaluated::Needs(effect) => Ok(Answer::Await(effect)),
        Evaluated::Failed(failure) => Err(in_code(failure)),
    }
}

fn request(node: &dyn Activation, params: &Params<'_>) -> Result<EvaluateRequest, Failure> {
    let code: Arc<str> = (&*params.text("code")?).into();
    let operations = params.need("operations")?;
    Ok(EvaluateRequest {
        scope: node.scope(),
        sources: vec![Source::Script(code)],
        answers: node.answers().to_vec(),
        limits: EvaluateLimits {
            wall_ms: node.wall_ms(),
            operations: positive(&operations)?,
            ..EvaluateLimits::default()
        },
    })
}

fn positive(param: &Param<'_>) -> Result<u64, Failure> {
    u64::try_from(param.int()?).map_err(|_| param.expected("a positive number"))
}

/// The place of a failure in the script is a place in the parameter.
fn in_code(mut failure: Failure) -> Failure {
    let place = failure.place.unwrap_or_default();
    failure.place = Some(Place {
        param: Some("/code".into()),
        ..place
    });
    failure
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{Scene, check_node};
    use crate::value::Value;

    fn check(code: &str, input: serde_json::Value, expected: &str) {
        check_node("code.rhai", json!({ "code": code }), input, expected);
    }

    #[test]
    fn the_last_value_leaves_and_prints_are_logged() {
        check(
            "print(`got ${input}`); input + 1",
            json!(1),
            "out 2\nlog info: got 1",
        );
        check("let x = 1;", json!(1), "out null");
    }

    #[test]
    fn braces_in_a_script_are_not_replaced() {
        check("\"{{ input }}\"", json!(1), r#"out "{{ input }}""#);
    }

    #[test]
    fn failures_have_their_place_in_the_script() {
        check(
            "let x = 1;\n  throw \"no\";",
            json!(1),
            "failed script /code 2:3: no",
        );
        check(
            "let x = ;",
            json!(1),
            "failed syntax /code 1:9: unexpected ';'",
        );
    }

    #[test]
    fn operations_are_limited() {
        let told = Scene::new(
            "code.rhai",
            json!({ "code": "loop {}", "operations": 1000 }),
            json!(1),
        )
        .told();
        assert!(told.starts_with("failed limit /code"), "{told}");
    }

    #[test]
    fn a_script_stops_at_an_effect_and_goes_on_with_the_answer() {
        let code = json!({ "code": "print(\"asking\"); let a = now(); let b = now(); [a, b]" });
        let scene = |answers: &[i64]| {
            Scene::new("code.rhai", code.clone(), json!(1))
                .answers(answers.iter().map(|ms| Ok(Value::from(*ms))))
        };
        assert_eq!(scene(&[]).told(), "await now null, idempotent");
        assert_eq!(scene(&[5]).told(), "await now null, idempotent");
        assert_eq!(scene(&[5, 6]).told(), "out [5,6]\nlog info: asking");
    }
}
