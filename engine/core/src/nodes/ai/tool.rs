//! One use of a tool: a node of its own inside the agent's frame, whose effects are effects of that frame.

use std::ops::ControlFlow;

use crate::effect::{EffectKind, Outcome};
use crate::event::LogLine;
use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Arrival};
use crate::problem::Place;
use crate::script::{
    EvaluateLimits, EvaluateReply, EvaluateRequest, Evaluated, Resolved, Template,
};
use crate::time::Timestamp;
use crate::value::{Record, Value};

use super::fence;
use super::toolbox::Tool;

/// Most bytes of a tool's answer that the model is told.
const TOLD_BYTES_MAX: usize = 16 << 10;

/// Goes on, or breaks off with what the agent has to wait for.
pub(super) type Step<T> = Result<ControlFlow<Answer, T>, Failure>;

/// What a tool said, and what it took of the frame's past to say it.
#[derive(Default)]
pub(super) struct Used {
    pub(super) text: String,
    /// How many outcomes were its own.
    pub(super) answers: usize,
    /// How many of the workflows that ended were its own.
    pub(super) entered: usize,
    /// What its own questions to models used.
    pub(super) usage: Vec<Value>,
    pub(super) logs: Vec<LogLine>,
}

/// A tool at work.
pub(super) struct ToolUse<'a> {
    pub(super) agent: &'a dyn Activation,
    pub(super) tool: &'a Tool,
    /// What the model gave.
    pub(super) input: Value,
    /// Where in the frame's outcomes this use begins.
    pub(super) answers: usize,
    /// Where in the workflows that ended this use begins.
    pub(super) entered: usize,
    /// Which use of a tool in the frame, counted from 1.
    pub(super) number: i64,
}

impl ToolUse<'_> {
    /// What the tool says, or what is to be waited for. Most failures are told to the model, which may try
    /// something else; some are the agent's own.
    pub(super) fn run(&self) -> Step<Used> {
        let mut used = Used::default();
        match self.work(&mut used) {
            Ok(ControlFlow::Continue(text)) => used.text = text,
            Err(failure) if is_told(failure.kind) => {
                used.text = self.told_failure(&failure);
            }
            Ok(ControlFlow::Break(answer)) => return Ok(ControlFlow::Break(answer)),
            Err(failure) => return Err(failure),
        }
        Ok(ControlFlow::Continue(used))
    }

    fn work(&self, used: &mut Used) -> Step<String> {
        let params = match self.params()? {
            ControlFlow::Continue(params) => params,
            ControlFlow::Break(answer) => return Ok(ControlFlow::Break(answer)),
        };
        let past = &self.agent.answers()[self.answers..];
        loop {
            let inside = Inside {
                outer: self,
                params: &params,
                answers: &past[..used.answers],
            };
            match self.tool.kind.evaluate(&inside)? {
                Answer::Done { outputs, logs } => {
                    used.logs = logs;
                    let output = outputs.into_iter().next().map(|(_, value)| value);
                    return Ok(ControlFlow::Continue(
                        self.told(&output.unwrap_or_default()),
                    ));
                }
                Answer::Await(effect) if used.answers < past.len() => {
                    let usage = past[used.answers].as_ref().ok();
                    let usage = usage.and_then(|answer| answer.get("usage"));
                    let asks = effect.kind == EffectKind::Model;
                    used.usage.extend(usage.filter(|_| asks).cloned());
                    used.answers += 1;
                }
                Answer::Enter { .. } if self.entered < self.agent.entered().len() => {
                    used.entered = 1;
                    let output = &self.agent.entered()[self.entered];
                    return Ok(ControlFlow::Continue(self.told(output)));
                }
                waits => return Ok(ControlFlow::Break(waits)),
            }
        }
    }

    fn told(&self, output: &Value) -> String {
        let text = match output {
            _ if self.is_http() => fence::shown(output).to_json_text(),
            Value::Text(text) => text.to_string(),
            other => other.to_json_text(),
        };
        if text.len() <= TOLD_BYTES_MAX {
            return text;
        }
        let end = text.floor_char_boundary(TOLD_BYTES_MAX);
        format!("{}… (cut, {} bytes in all)", &text[..end], text.len())
    }

    /// Why it failed, as far as that is the model's business: of a call, where it went is not.
    fn told_failure(&self, failure: &Failure) -> String {
        match (&failure.details, failure.kind) {
            (Some(response), FailureKind::Status) if self.is_http() => {
                format!("failed: {}", self.told(response))
            }
            (_, FailureKind::InvalidParameter | FailureKind::Script) => {
                format!("failed: {}", failure.message)
            }
            (_, kind) if self.is_http() => {
                let kind = serde_json::to_value(kind).unwrap_or_default();
                format!("failed: {}", kind.as_str().unwrap_or("the call"))
            }
            _ => format!("failed: {}", failure.message),
        }
    }

    fn is_http(&self) -> bool {
        self.tool.kind.spec().name == "http.request"
    }

    /// The tool's parameters with what the model gave put into them.
    fn params(&self) -> Step<Value> {
        let spec = self.tool.kind.spec();
        let is_lazy = |name: &str| spec.lazy.contains(&name) || spec.code.contains(&name);
        let is_url = |name: &str| self.is_http() && name == "url";
        let fields = self.tool.params.as_record().into_iter().flatten().cloned();
        let (lazy, eager): (Vec<_>, Vec<_>) = fields.partition(|(name, _)| is_lazy(name));
        let (url, eager): (Vec<_>, Vec<_>) = eager.into_iter().partition(|(name, _)| is_url(name));
        let mut filled: Record = lazy.into_iter().collect();
        for (part, input) in [
            (eager, self.input.clone()),
            (url, fence::encoded(&self.input)),
        ] {
            match self.filled(&Value::Record(part.into_iter().collect()), input)? {
                ControlFlow::Continue(part) => {
                    filled = filled.iter().chain(part.iter()).cloned().collect();
                }
                ControlFlow::Break(answer) => return Ok(ControlFlow::Break(answer)),
            }
        }
        match filled.get("url").and_then(Value::as_str) {
            Some(url) if self.is_http() && fence::climbs(url) => Err(Failure::new(
                FailureKind::InvalidParameter,
                "an argument may not be `.` or `..`",
            )),
            _ => Ok(ControlFlow::Continue(filled.into())),
        }
    }

    fn filled(&self, params: &Value, input: Value) -> Step<Record> {
        let template = Template::parse(params).map_err(|failure| self.placed(failure))?;
        let scope = self.scope(input);
        let value = match template.resolve(&scope)? {
            Resolved::Value(value) => value,
            Resolved::Needs(sources) => {
                let request = EvaluateRequest {
                    sources,
                    scope,
                    answers: Vec::new(),
                    limits: EvaluateLimits {
                        wall_ms: self.agent.wall_ms(),
                        ..EvaluateLimits::default()
                    },
                };
                let Some(reply) = self.agent.evaluated(&request) else {
                    return Ok(ControlFlow::Break(Answer::Evaluate(request)));
                };
                match &reply.result {
                    Evaluated::Done(values) => template.fill(&request.scope, values),
                    Evaluated::Failed(failure) => return Err(self.placed(failure.clone())),
                    Evaluated::Needs(_) => return Err(self.placed(effect_in_params())),
                }
            }
        };
        Ok(ControlFlow::Continue(
            value.as_record().cloned().unwrap_or_default(),
        ))
    }

    /// What the agent's scripts see, but for `input`: that is what the model gave.
    fn scope(&self, input: Value) -> Value {
        let own = Record::from_iter([("input", self.agent.input().clone())]);
        let scope = self.agent.scope();
        let scope = scope.as_record().cloned().unwrap_or_default();
        scope.with("input", input).with("agent", own.into()).into()
    }

    /// The place of a failure in a tool is a place in the agent's parameters.
    fn placed(&self, mut failure: Failure) -> Failure {
        let place = failure.place.unwrap_or_default();
        let inside = place.param.as_deref().unwrap_or_default();
        failure.place = Some(Place {
            param: Some(format!("{}{inside}", self.tool.pointer)),
            ..place
        });
        failure
    }
}

/// Whether the model can do something about a failure of a tool. Of what is up to the operator, the run, or a
/// person, it is not told: that ends the agent.
fn is_told(kind: FailureKind) -> bool {
    use FailureKind as K;
    !matches!(
        kind,
        K::InDoubt | K::Unrecorded | K::Storage | K::Cancelled | K::Internal | K::Budget
    )
}

fn effect_in_params() -> Failure {
    let message = "an expression in a tool's parameter asked for an effect";
    Failure::new(FailureKind::Script, message).with_hint("make it a tool of the type `code.rhai`")
}

/// The tool's node, as it sees itself.
struct Inside<'a> {
    outer: &'a ToolUse<'a>,
    params: &'a Value,
    answers: &'a [Outcome],
}

impl Activation for Inside<'_> {
    fn params(&self) -> &Value {
        self.params
    }

    fn input(&self) -> &Value {
        &self.outer.input
    }

    fn arrivals(&self) -> &[Arrival] {
        &[]
    }

    fn scope(&self) -> Value {
        self.outer.scope(self.outer.input.clone())
    }

    fn answers(&self) -> &[Outcome] {
        self.answers
    }

    fn evaluated(&self, request: &EvaluateRequest) -> Option<&EvaluateReply> {
        self.outer.agent.evaluated(request)
    }

    fn wall_ms(&self) -> u64 {
        self.outer.agent.wall_ms()
    }

    fn opened_at(&self) -> Timestamp {
        self.outer.agent.opened_at()
    }

    fn key(&self) -> String {
        let ToolUse {
            agent,
            tool,
            number,
            ..
        } = self.outer;
        format!("{}/{}/{number}", agent.key(), &*tool.name)
    }

    fn last(&self) -> Option<&Value> {
        None
    }

    fn iterations(&self) -> u64 {
        0
    }

    fn entered(&self) -> &[Value] {
        &[]
    }
}
