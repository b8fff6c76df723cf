//! `ai.agent`: a language model with a goal and tools, one step after the other.
//!
//! Its state is nowhere kept: it is folded from the outcomes of its effects each time it is asked. So a run
//! that died in the middle goes on with the next question, a replay asks none, and a fork with another
//! answer thinks on from there.

use std::ops::ControlFlow;

use serde_json::json;

use crate::event::LogLine;
use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::params::Params;
use crate::nodes::schema::{Property, record};
use crate::value::{List, Value};

use super::prompt::ERRORS as ASKING_ERRORS;
use super::reply::Reply;
use super::shape::{Shape, read, unusable};
use super::spent::{Bounds, Spent};
use super::talk::{self, Talk};
use super::tool::{Step, ToolUse};
use super::toolbox::{self, Tool, tools};

/// Most tools that are used for one answer.
const CALLS_MAX: usize = 16;

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "bot",
        words: &[
            "llm",
            "language model",
            "assistant",
            "tools",
            "function calling",
            "autonomous",
            "plan",
            "research",
            "react",
            "goal",
        ],
        outputs: vec![port(
            "out",
            "any",
            "The last answer's text, or the value that fits the `shape`.",
        )],
        params: params(),
        lazy: &["tools"],
        errors: errors(),
        examples: examples(),
        ..plain(
            "ai.agent",
            "Agent",
            "Lets a language model work towards a goal with tools that you choose.",
        )
    }
}

fn errors() -> &'static [(FailureKind, &'static str)] {
    let own = [
        (
            FailureKind::Limit,
            "there is no answer after `stepsMax` questions",
        ),
        (
            FailureKind::Inner,
            "a workflow that it called failed; the failure inside is in `details`",
        ),
        (
            FailureKind::InDoubt,
            "the server stopped while a tool's call was under way that must not be made twice",
        ),
    ];
    ASKING_ERRORS
        .iter()
        .copied()
        .chain(own)
        .collect::<Vec<_>>()
        .leak()
}

fn params() -> serde_json::Value {
    let goal = Property::long_text(
        "goal",
        "Goal",
        "What is to be reached. Nothing else of the run is sent: name what the model should see.",
    )
    .required()
    .filled()
    .such_as(json!("Find out why order {{ input.id }} is late."));
    let bounds = [
        Property::int(
            "stepsMax",
            "Most steps",
            "How often the model may be asked.",
            1..=100,
        )
        .or(json!(10)),
        Property::amount(
            "costMaxUsd",
            "Most cost",
            "No further question is asked once this much was spent, in US dollars, as the endpoint tells. When \
                left out, the limits in the settings count.",
        )
        .such_as(json!(0.25)),
        Property::int(
            "tokensMax",
            "Most tokens",
            "No further question is asked once so many tokens were used, questions and answers together. When left \
                out, there is no such limit.",
            1..=100_000_000,
        ),
    ];
    record(
        [goal, toolbox::property()]
            .into_iter()
            .chain(bounds)
            .chain(talk::properties()),
    )
}

fn examples() -> Vec<Example> {
    vec![
        Example::new(
            "Look things up, then answer",
            json!({
                "goal": "A customer writes: {{ input.message }}\nAnswer in two sentences.",
                "tools": [
                    {
                        "name": "order",
                        "about": "Everything about an order, by its number.",
                        "type": "http.request",
                        "params": { "url": "https://api.example.com/orders/{{ input.id }}" },
                        "arguments": {
                            "type": "object",
                            "required": ["id"],
                            "properties": { "id": { "type": "string" } },
                        },
                    },
                ],
                "stepsMax": 5,
            }),
            json!({ "message": "Where is order A-7?" }),
        ),
        Example::new(
            "Act, but ask a person before money leaves",
            json!({
                "goal": "Settle this complaint: {{ input.text }}",
                "system": "Never refund without asking.",
                "tools": [
                    {
                        "name": "ask",
                        "about": "Asks a person for permission.",
                        "type": "flow.approve",
                        "params": { "message": "The agent asks: {{ input.question }}" },
                    },
                    {
                        "name": "refund",
                        "about": "Refunds an order.",
                        "type": "flow.call",
                        "params": { "workflow": "refund-order" },
                    },
                ],
                "costMaxUsd": 0.1,
            }),
            json!({ "text": "It arrived broken." }),
        ),
    ]
}

const DOCS: &str = r#"
The model is told the `goal` and the `tools`. It answers, or asks for tools to be used; these are used, their answers go back to it, and so
on until it answers without asking for one. That answer is the output.

**Tools** are nodes, in the agent's own frame: `http.request`, `code.rhai`, `flow.call` (any workflow of yours) and `flow.approve` (ask a person).
In a tool's `params`, `{{ input.id }}` is the `id` that the model gave, and `agent.input` is what the agent itself got. The model learns a tool's
`name`, what it is `about`, its `arguments` and what it answers; of its parameters, headers and credentials it learns nothing.

**What a model can do.** Assume that it was talked into the worst: what it reads may have been written by anybody. So
- it can use the listed tools and nothing else, as often as `stepsMax` allows;
- its arguments are checked against the schema in `arguments`, and what the schema does not name is dropped;
- of an HTTP call it decides neither method nor host: both must be written out. What it puts into the URL is encoded and stays one value. Calls go
  to public addresses only, as always;
- scripts are evaluated in the sandbox, and the arguments are data there, never code.

Give it tools that may be used wrongly without harm, and let everything else go through `flow.approve`.

**When a tool fails**, the model is told so and may try something else. A called workflow that fails ends the agent, and so does what only a person or
the operator can decide. The first called workflow has its frames below the agent's, further ones below its number.

**Recorded.** Each question and each effect of a tool is an effect of this frame: look at them one by one, fork at any of them with another answer ("what if
it had answered this"), replay them without cost. A restart goes on with the next question. A question that was under way is asked again; a tool's call that was under way
and must not be made twice stops as INTERRUPTED and asks. Another attempt (`retry`) begins anew and asks everything again.

**Limits.** `stepsMax`, `costMaxUsd` and `tokensMax` are looked at before each question. The log says what was used.
"#;

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    let mut work = Work::begin(node, params)?;
    loop {
        if let ControlFlow::Break(answer) = work.step()? {
            return Ok(answer);
        }
    }
}

/// An agent's thinking, as far as its outcomes go.
struct Work<'a> {
    node: &'a dyn Activation,
    bounds: Bounds,
    tools: Vec<Tool>,
    shape: Option<Shape>,
    talk: Talk,
    /// How many outcomes were thought through.
    answers: usize,
    /// How many workflows that ended were thought through.
    entered: usize,
    has_complained: bool,
    spent: Spent,
    logs: Vec<LogLine>,
}

impl<'a> Work<'a> {
    fn begin(node: &'a dyn Activation, params: &Params<'_>) -> Result<Self, Failure> {
        let (tools, shape) = (tools(params)?, Shape::given(params, "shape")?);
        let mut talk = Talk::begin(params, shape.as_ref(), &params.text("goal")?)?;
        for tool in &tools {
            talk.offer(tool.told());
        }
        Ok(Self {
            node,
            bounds: Bounds::of(params)?,
            tools,
            shape,
            talk,
            answers: 0,
            entered: 0,
            has_complained: false,
            spent: Spent::default(),
            logs: Vec::new(),
        })
    }

    /// One question, and what follows from its answer.
    fn step(&mut self) -> Step<()> {
        let Some(outcome) = self.node.answers().get(self.answers) else {
            return match self.spent.over(&self.bounds) {
                Some(failure) => Err(failure),
                None => Ok(ControlFlow::Break(Answer::Await(self.talk.question()))),
            };
        };
        let reply = Reply::of(outcome.as_ref().map_err(Clone::clone)?)?;
        self.answers += 1;
        self.spent.steps += 1;
        self.spent.add(&reply.usage);
        match reply.calls.as_list().filter(|calls| !calls.is_empty()) {
            Some(calls) => {
                self.talk.heard(&reply);
                self.use_tools(calls)
            }
            None => self.conclude(&reply),
        }
    }

    fn conclude(&mut self, reply: &Reply) -> Step<()> {
        match read(reply, self.shape.as_ref()) {
            Ok(value) => Ok(ControlFlow::Break(self.done(value))),
            Err(complaint) if self.has_complained || reply.is_cut => {
                Err(unusable(reply, &complaint))
            }
            Err(complaint) => {
                self.has_complained = true;
                self.talk.complain(reply, &complaint);
                Ok(ControlFlow::Continue(()))
            }
        }
    }

    fn done(&mut self, value: Value) -> Answer {
        let mut logs = std::mem::take(&mut self.logs);
        logs.push(LogLine {
            level: "info".into(),
            text: self.spent.line(),
        });
        Answer::Done {
            outputs: vec![("out".into(), value)],
            logs,
        }
    }

    fn use_tools(&mut self, calls: &List) -> Step<()> {
        for (at, call) in calls.iter().enumerate() {
            let text = if at < CALLS_MAX {
                match self.use_tool(call)? {
                    ControlFlow::Continue(text) => text,
                    ControlFlow::Break(answer) => return Ok(ControlFlow::Break(answer)),
                }
            } else {
                format!("not used: at most {CALLS_MAX} tools are used for one answer")
            };
            let id = call.get("id").cloned().unwrap_or_default();
            self.talk.tell(&id, text.into());
        }
        Ok(ControlFlow::Continue(()))
    }

    /// What the model is told of one use of a tool.
    fn use_tool(&mut self, call: &Value) -> Step<String> {
        let field = |name| call.get(name).and_then(Value::as_str).unwrap_or_default();
        let name = field("name");
        let Some(tool) = self.tools.iter().find(|tool| &*tool.name == name) else {
            return Ok(ControlFlow::Continue(
                "failed: there is no such tool".into(),
            ));
        };
        let input = match tool.arguments(field("arguments")) {
            Ok(input) => input,
            Err(complaint) => return Ok(ControlFlow::Continue(format!("failed: {complaint}"))),
        };
        let using = ToolUse {
            agent: self.node,
            tool,
            input,
            answers: self.answers,
            entered: self.entered,
            number: self.spent.tools + 1,
        };
        let used = match using.run()? {
            ControlFlow::Continue(used) => used,
            ControlFlow::Break(answer) => return Ok(ControlFlow::Break(answer)),
        };
        self.spent.tools += 1;
        self.answers += used.answers;
        self.entered += used.entered;
        self.logs.extend(used.logs);
        for usage in &used.usage {
            self.spent.add(usage);
        }
        Ok(ControlFlow::Continue(used.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{Scene, value};

    fn params() -> serde_json::Value {
        json!({
            "goal": "greet {{ input.name }}",
            "tools": [
                {
                    "name": "upper", "about": "In capitals.", "type": "code.rhai",
                    "params": { "code": "print(agent.input.name); input.text.to_upper()" },
                    "arguments": { "type": "object", "required": ["text"], "properties": { "text": { "type": "string" } } },
                },
                {
                    "name": "look", "about": "Looks up.", "type": "http.request",
                    "params": { "url": "https://h/p/{{ input.id }}?k=1", "headers": { "x-key": "s3cret" } },
                },
            ],
            "stepsMax": 3,
        })
    }

    fn told(answers: Vec<serde_json::Value>) -> String {
        told_with(params(), answers)
    }

    fn told_with(params: serde_json::Value, answers: Vec<serde_json::Value>) -> String {
        let outcomes = answers.into_iter().map(|answer| Ok(value(answer)));
        Scene::new(
            "ai.agent",
            params,
            json!({ "name": "Ada", "secret": "s3cret" }),
        )
        .answers(outcomes)
        .told()
    }

    fn wants(name: &str, arguments: &str) -> serde_json::Value {
        json!({ "text": "", "calls": [{ "id": "c1", "name": name, "arguments": arguments }] })
    }

    /// What the model is told of a use of a tool.
    fn heard(name: &str, arguments: &str) -> String {
        let asked = told(vec![wants(name, arguments)]);
        let (_, after) = asked
            .split_once(r#"{"call":"c1","role":"tool","text":""#)
            .unwrap_or_else(|| panic!("{asked}"));
        after.split_once("\"}").expect("an end").0.to_owned()
    }

    #[test]
    fn the_model_learns_goal_and_tools_and_no_parameters() {
        let asked = told(vec![]);
        assert!(asked.starts_with("await model"), "{asked}");
        assert!(asked.contains(r#""text":"greet Ada""#), "{asked}");
        assert!(
            asked.contains(r#"{"about":"Looks up.","arguments":{"type":"object"},"name":"look"}"#),
            "{asked}"
        );
        assert!(
            !asked.contains("s3cret") && !asked.contains("https://h"),
            "{asked}"
        );
    }

    #[test]
    fn a_script_tool_answers_and_the_answer_ends_it() {
        assert_eq!(heard("upper", r#"{"text":"hi","more":1}"#), "HI");
        let end = told(vec![
            wants("upper", r#"{"text":"hi"}"#),
            json!({ "text": "HI Ada", "usage": { "promptTokens": 7, "completionTokens": 2, "costUsd": 0.5 } }),
        ]);
        assert_eq!(
            end,
            "out \"HI Ada\"\nlog info: Ada\nlog info: steps: 2, tool calls: 1, tokens: 9, cost: 0.500000 USD"
        );
    }

    #[test]
    fn a_call_is_an_effect_of_the_frame_and_its_headers_stay_here() {
        let wanted = wants("look", r#"{"id":"a/../b?x=1#y"}"#);
        assert_eq!(
            told(vec![wanted.clone()]),
            r#"await http {"headers":{"x-key":"s3cret"},"method":"GET","url":"https://h/p/a%2F..%2Fb%3Fx%3D1%23y?k=1"}, idempotent"#
        );
        let response = json!({ "status": 200, "headers": { "set-cookie": "s3cret" }, "body": { "n": 1 }, "url": "https://h/" });
        let asked = told(vec![wanted, response]);
        assert!(
            asked.contains(r#""role":"tool","text":"{\"body\":{\"n\":1},\"status\":200}"}"#),
            "{asked}"
        );
        assert!(!asked.contains("s3cret"), "{asked}");
    }

    #[test]
    fn hostile_or_wrong_arguments_reach_no_tool() {
        assert_eq!(
            heard("look", r#"{"id":".."}"#),
            "failed: an argument may not be `.` or `..`"
        );
        assert_eq!(heard("rm", "{}"), "failed: there is no such tool");
        assert_eq!(heard("upper", "{"), "failed: the arguments are not JSON");
        assert_eq!(
            heard("upper", "[]"),
            "failed: the arguments are not a record"
        );
        assert_eq!(
            heard("upper", "{}"),
            "failed: the arguments do not fit: \\\"text\\\" is a required property"
        );
    }

    #[test]
    fn a_tool_that_leaves_its_host_to_the_model_is_a_wrong_parameter() {
        let mut params = params();
        params["tools"][1]["params"]["url"] = json!("https://{{ input.host }}/");
        let failed = told_with(params, vec![]);
        assert!(failed.starts_with("failed invalidParameter /tools/1/params/url: `tools/1/params/url` must begin with its scheme and host"), "{failed}");
    }

    #[test]
    fn steps_cost_and_tokens_end_it() {
        let again = || wants("upper", r#"{"text":"x"}"#);
        let failed = told(vec![again(), again(), again()]);
        assert!(
            failed.starts_with("failed limit: no answer after 3 steps"),
            "{failed}"
        );
        let mut params = params();
        params["costMaxUsd"] = json!(0.01);
        let mut dear = again();
        dear["usage"] = json!({ "costUsd": 0.02 });
        let failed = told_with(params.clone(), vec![dear.clone()]);
        assert_eq!(
            failed,
            "failed budget: `costMaxUsd` is reached after 1 steps"
        );
        params["costMaxUsd"] = json!(1);
        params["tokensMax"] = json!(10);
        dear["usage"] = json!({ "promptTokens": 10 });
        assert_eq!(
            told_with(params, vec![dear]),
            "failed budget: `tokensMax` is reached after 1 steps"
        );
    }

    #[test]
    fn a_shape_is_checked_at_the_end() {
        let mut params = params();
        params["shape"] = json!({ "type": "object", "required": ["n"] });
        let end = told_with(
            params.clone(),
            vec![json!({ "text": "no" }), json!({ "text": "{\"n\": 1}" })],
        );
        assert!(end.starts_with("out {\"n\":1}"), "{end}");
        let failed = told_with(
            params,
            vec![json!({ "text": "no" }), json!({ "text": "no" })],
        );
        assert!(
            failed.starts_with("failed model: the model's answer cannot be used: it is not JSON"),
            "{failed}"
        );
    }
}
