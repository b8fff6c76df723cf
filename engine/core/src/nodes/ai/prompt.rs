//! `ai.prompt`: a question to a language model, answered in words or as a checked value.

use serde_json::json;

use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::params::Params;
use crate::nodes::schema::{Property, record};

use super::reply::Reply;
use super::shape::{Shape, read, unusable};
use super::talk::{self, Talk};

/// How often the model is asked: once, and once more after a complaint.
const ROUNDS_MAX: usize = 2;

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "sparkles",
        words: &[
            "llm",
            "language model",
            "gpt",
            "chat",
            "ask",
            "classify",
            "summarise",
            "summarize",
            "extract",
            "translate",
            "generate",
            "write",
        ],
        outputs: vec![port(
            "out",
            "any",
            "The answer's text, or the value that fits the `shape`.",
        )],
        params: params(),
        errors: ERRORS,
        examples: examples(),
        ..plain(
            "ai.prompt",
            "Ask a model",
            "Asks a language model and gives its answer, as text or as a value of a given shape.",
        )
    }
}

/// How every node fails that asks a model.
pub(super) const ERRORS: &[(FailureKind, &str)] = &[
    (
        FailureKind::Model,
        "the answer cannot be used: it is empty, was cut at `maxTokens`, or does not fit the `shape` \
            after one complaint; `details.answer` begins with what it said",
    ),
    (
        FailureKind::NotFound,
        "no model is configured, or the endpoint does not know it",
    ),
    (FailureKind::Budget, "a limit on spending is reached"),
    (
        FailureKind::Status,
        "the model's endpoint refused the call, or kept failing",
    ),
    (
        FailureKind::Connection,
        "the model's endpoint could not be reached, or broke off",
    ),
    (
        FailureKind::Timeout,
        "the model did not answer in time; see the node's `timeoutMs`",
    ),
    (
        FailureKind::InvalidParameter,
        "a parameter is missing or wrong, or the `shape` is no JSON Schema",
    ),
];

fn params() -> serde_json::Value {
    let prompt = Property::long_text(
        "prompt",
        "Prompt",
        "What the model is asked. Nothing else of the run is sent: name what it should see.",
    )
    .required()
    .filled()
    .such_as(json!("Summarise in one sentence: {{ input.text }}"));
    record([prompt].into_iter().chain(talk::properties()))
}

fn examples() -> Vec<Example> {
    vec![
        Example::new(
            "A summary",
            json!({
                "system": "You write for busy people.",
                "prompt": "Summarise this ticket in one sentence:\n\n{{ input.text }}",
            }),
            json!({ "text": "The export button does nothing since Tuesday." }),
        ),
        Example::new(
            "Sort a message into a box",
            json!({
                "prompt": "What is this message about?\n\n{{ input.message }}",
                "shape": {
                    "type": "object",
                    "required": ["topic", "urgent"],
                    "properties": {
                        "topic": { "enum": ["billing", "bug", "praise", "other"] },
                        "urgent": { "type": "boolean" },
                    },
                },
            }),
            json!({ "message": "I was charged twice, please help!" }),
        ),
    ]
}

const DOCS: &str = r#"
The `prompt` is a template: `{{ input.text }}` is replaced by the value. The model sees the `prompt` and the `system` text and nothing else:
no other value of the run, no credentials. What a value says is data for the model, but a model can be talked into things by data: let no
answer decide alone about something that matters. Put a `flow.approve` before it.

**Values instead of words.** With a `shape`, a JSON Schema, the output is the value itself, checked: the next node can rely on
`{{ input.topic }}`. An answer that does not fit is sent back once, with what is wrong; if the second does not fit either, the node fails.
Say in the schema's `description`s what you mean by a field.

**Recorded.** Question, answer, tokens and cost are effects of the frame. A replay, a look at the past, or a restart never asks again. A fork can
go on from an answer of your own ("what if it had said no"). One case remains: the process dies after a question was sent and before
the answer is on disk. Then the same question is sent again: asking twice costs twice, and changes nothing else.

Which model answers, and what may be spent, is in the settings. Scripts ask with `model(…)`. For several steps, with tools, see `ai.agent`.
"#;

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    let shape = Shape::given(params, "shape")?;
    let mut talk = Talk::begin(params, shape.as_ref(), &params.text("prompt")?)?;
    let mut rounds = 1;
    for outcome in node.answers() {
        let reply = Reply::of(outcome.as_ref().map_err(Clone::clone)?)?;
        match read(&reply, shape.as_ref()) {
            Ok(value) => return Ok(Answer::out(value)),
            Err(complaint) if rounds == ROUNDS_MAX || reply.is_cut => {
                return Err(unusable(&reply, &complaint));
            }
            Err(complaint) => talk.complain(&reply, &complaint),
        }
        rounds += 1;
    }
    Ok(Answer::Await(talk.question()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{Scene, check_node, value};

    fn shaped() -> serde_json::Value {
        json!({
            "prompt": "about {{ input.n }}?",
            "shape": { "type": "object", "required": ["n"], "properties": { "n": { "type": "integer" } } },
        })
    }

    fn told(params: serde_json::Value, answers: &[serde_json::Value]) -> String {
        let outcomes = answers.iter().map(|answer| Ok(value(answer.clone())));
        Scene::new("ai.prompt", params, json!({ "n": 7 }))
            .answers(outcomes)
            .told()
    }

    #[test]
    fn only_what_the_templates_name_is_asked() {
        check_node(
            "ai.prompt",
            json!({ "prompt": "about {{ input.n }}?", "system": "Be brief.", "model": "m", "maxTokens": 9 }),
            json!({ "n": 7, "secret": "s3cret" }),
            r#"await model {"maxTokens":9,"messages":[{"role":"system","text":"Be brief."},{"role":"user","text":"about 7?"}],"model":"m"}, idempotent"#,
        );
    }

    #[test]
    fn the_text_is_the_output() {
        let params = json!({ "prompt": "hello" });
        assert_eq!(
            told(params.clone(), &[json!({ "text": "hi" })]),
            r#"out "hi""#
        );
        assert_eq!(
            told(params, &[json!("a person says")]),
            r#"out "a person says""#
        );
    }

    #[test]
    fn a_shape_gives_the_value_from_json_or_a_fence() {
        assert_eq!(
            told(shaped(), &[json!({ "text": "{\"n\": 3}" })]),
            r#"out {"n":3}"#
        );
        assert_eq!(
            told(
                shaped(),
                &[json!({ "text": "Sure!\n```json\n{\"n\": 3}\n```" })]
            ),
            r#"out {"n":3}"#
        );
    }

    #[test]
    fn a_misfit_goes_back_once_with_the_complaint() {
        let bad = json!({ "text": "{\"n\": \"x\"}" });
        let asked = told(shaped(), std::slice::from_ref(&bad));
        assert!(
            asked.contains(
                r#"That answer cannot be used: at `/n`: value is not of type \"integer\"."#
            ),
            "{asked}"
        );
        assert!(
            asked.contains(r#"{"role":"assistant","text":"{\"n\": \"x\"}"}"#),
            "{asked}"
        );
        assert_eq!(
            told(shaped(), &[bad.clone(), json!({ "text": "{\"n\": 4}" })]),
            r#"out {"n":4}"#
        );
        let failed = told(shaped(), &[bad.clone(), bad]);
        assert!(
            failed.starts_with("failed model: the model's answer cannot be used: at `/n`"),
            "{failed}"
        );
    }

    #[test]
    fn a_cut_or_empty_answer_is_not_passed_on() {
        let params = json!({ "prompt": "hello" });
        assert_eq!(
            told(
                params.clone(),
                &[json!({ "text": "once upon", "cut": true })]
            ),
            "failed model: the model's answer cannot be used: it was cut at `maxTokens` (raise `maxTokens`, or ask for less)"
        );
        assert!(told(params, &[json!({ "text": " " })]).starts_with("await model"));
    }

    #[test]
    fn a_wrong_shape_is_a_wrong_parameter() {
        let params = json!({ "prompt": "x", "shape": { "type": "whole" } });
        let failed = told(params, &[]);
        assert!(
            failed.starts_with("failed invalidParameter /shape: `shape` is not a JSON Schema"),
            "{failed}"
        );
    }
}
