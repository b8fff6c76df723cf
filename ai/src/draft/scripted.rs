//! A model that says what it is told to say, and a lab that evaluates without a process.

use std::sync::Mutex;

use flowforge_engine::script::{EvaluateReply, EvaluateRequest, Evaluator};
use futures_util::future::BoxFuture;
use serde_json::{Value as Json, json};

use crate::lab::{DryRun, Lab, LabError, Trial, Tried};
use crate::model::{ChatAnswer, ChatModel, ChatRequest, Hear, ModelError, ToolCall, Usage};

/// Answers in order; the last one again and again. Keeps what it was asked.
pub(crate) struct Scripted {
    answers: Mutex<Vec<ChatAnswer>>,
    pub(crate) asked: Mutex<Vec<ChatRequest>>,
}

impl Scripted {
    pub(crate) fn new(answers: impl IntoIterator<Item = ChatAnswer>) -> Self {
        let mut answers: Vec<_> = answers.into_iter().collect();
        answers.reverse();
        Self {
            answers: Mutex::new(answers),
            asked: Mutex::default(),
        }
    }

    /// All that it was told, as JSON text.
    pub(crate) fn told(&self) -> String {
        serde_json::to_string(&*self.asked.lock().unwrap()).unwrap()
    }
}

impl ChatModel for Scripted {
    fn complete<'a>(
        &'a self,
        request: &'a ChatRequest,
        hear: Hear<'a>,
    ) -> BoxFuture<'a, Result<ChatAnswer, ModelError>> {
        self.asked.lock().unwrap().push(request.clone());
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 {
            answers.pop()
        } else {
            answers.last().cloned()
        };
        let answer = answer.ok_or(ModelError::NoModel);
        if let Ok(answer) = &answer {
            hear(&answer.text);
        }
        Box::pin(async { answer })
    }
}

pub(crate) fn says(text: &str) -> ChatAnswer {
    ChatAnswer {
        text: text.into(),
        calls: Vec::new(),
        model: "scripted-1".into(),
        usage: Usage {
            prompt_tokens: 100,
            completion_tokens: 20,
            cost_usd: Some(0.001),
            ..Usage::default()
        },
        cut: false,
    }
}

pub(crate) fn uses(name: &str, arguments: &Json) -> ChatAnswer {
    let calls = vec![ToolCall {
        id: "c1".into(),
        name: name.into(),
        arguments: arguments.to_string(),
    }];
    ChatAnswer { calls, ..says("") }
}

/// Evaluates in this process; dry runs give nothing. Counts what it was asked.
#[derive(Default)]
pub(crate) struct Bench {
    pub(crate) used: Mutex<Vec<&'static str>>,
}

impl Bench {
    fn note(&self, what: &'static str) {
        self.used.lock().unwrap().push(what);
    }
}

impl Lab for Bench {
    fn evaluate(&self, request: EvaluateRequest) -> BoxFuture<'_, EvaluateReply> {
        self.note("evaluate");
        let reply = Evaluator::new().evaluate(&request);
        Box::pin(async { reply })
    }

    fn try_again(&self, _: Trial) -> BoxFuture<'_, Result<Tried, LabError>> {
        self.note("try_again");
        Box::pin(async { Err(LabError("no trials here".into())) })
    }

    fn dry_run(&self, _: DryRun) -> BoxFuture<'_, Result<Tried, LabError>> {
        self.note("dry_run");
        let tried = Tried {
            frames: Vec::new(),
            ended: Some(flowforge_engine::frame::Status::Completed),
            output: Some(json_value(&json!({ "ok": true }))),
            asked: Vec::new(),
        };
        Box::pin(async { Ok(tried) })
    }
}

fn json_value(json: &Json) -> flowforge_engine::Value {
    flowforge_engine::Value::from_json(json)
}
