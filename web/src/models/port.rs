//! Questions of runs to language models, answered by the models of this service.

use std::fmt;
use std::sync::Arc;

use flowforge_ai::model::{ChatAnswer, ChatRequest, ModelError, Task};
use flowforge_engine::effect::Outcome;
use flowforge_engine::{Failure, FailureKind, Value};
use flowforge_runtime::{Answering, Hear, Models as Port, Question};
use serde_json::{Value as Json, json};

use super::Models;

/// The models of this service, as runs know them.
#[derive(Clone)]
pub(crate) struct ModelPort(pub(crate) Arc<Models>);

impl fmt::Debug for ModelPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ModelPort")
    }
}

impl Port for ModelPort {
    fn answer<'a>(&'a self, question: Question<'a>, hear: Hear<'a>) -> Answering<'a> {
        Box::pin(self.ask(question, hear))
    }
}

impl ModelPort {
    async fn ask(&self, question: Question<'_>, hear: Hear<'_>) -> Outcome {
        let request = request_of(question.request)?;
        if self.0.current(None).is_none() {
            self.0
                .look_around()
                .await
                .map_err(|error| Failure::new(FailureKind::NotFound, error.to_string()))?;
        }
        let model = self.0.current(Some(question.run));
        let model = model.ok_or_else(|| failure(&ModelError::NoModel))?;
        let answer = model.complete(&request, hear).await;
        answer
            .map(|answer| value_of(&answer))
            .map_err(|error| failure(&error))
    }
}

fn request_of(request: &Value) -> Result<ChatRequest, Failure> {
    let mut fields = request.to_json();
    if let Json::Object(fields) = &mut fields {
        fields.insert("task".into(), json!(Task::Node));
    }
    serde_json::from_value(fields).map_err(|error| {
        Failure::new(
            FailureKind::InvalidParameter,
            format!("this cannot be asked of a model: {error}"),
        )
    })
}

fn value_of(answer: &ChatAnswer) -> Value {
    serde_json::to_value(answer)
        .map(|json| Value::from_json(&json))
        .unwrap_or_default()
}

fn failure(error: &ModelError) -> Failure {
    let kind = match error {
        ModelError::NoModel | ModelError::NotRecorded(_) => FailureKind::NotFound,
        ModelError::Refused { .. } => FailureKind::Status,
        ModelError::Unavailable { .. } => FailureKind::Connection,
        ModelError::BadAnswer(_) => FailureKind::Model,
        ModelError::Timeout(_) => FailureKind::Timeout,
        ModelError::Limit(_) => FailureKind::Budget,
        ModelError::Stopped => FailureKind::Cancelled,
    };
    Failure::new(kind, error.to_string())
}
