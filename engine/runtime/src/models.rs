//! Who answers the effect `model`: a port, since this crate knows no endpoint, no key and no price.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use flowforge_engine::effect::Outcome;
use flowforge_engine::nodes::ai::value_in;
use flowforge_engine::{Failure, FailureKind, FrameId, RunId, Value};
use tokio::sync::broadcast;

/// Most pieces of text that wait for one watcher.
pub(crate) const PIECES_MAX: usize = 1024;

/// A question that a frame asks.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The run, which spending limits may count by.
    pub run: RunId,
    /// The frame.
    pub frame: FrameId,
    /// Which of its effects, counted from 0.
    pub ordinal: u32,
    /// What is asked; [`flowforge_engine::nodes::ai`] tells its fields.
    pub request: &'a Value,
}

/// Hears an answer while it arrives.
pub type Hear<'a> = &'a mut (dyn FnMut(&str) + Send);

/// An answer under way. Dropping it stops the call.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// Something that answers questions to language models.
pub trait Models: Send + Sync + std::fmt::Debug {
    /// Asks, and tells each piece of text as it arrives. Failures are of the kinds `notFound` (no such model),
    /// `status`, `connection`, `timeout`, `limit`, `budget` or `model`, and never hold a key.
    fn answer<'a>(&'a self, question: Question<'a>, hear: Hear<'a>) -> Answering<'a>;
}

/// Answers nothing: the models of a runtime that was given none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoModels;

impl Models for NoModels {
    fn answer<'a>(&'a self, _: Question<'a>, _: Hear<'a>) -> Answering<'a> {
        Box::pin(async {
            Err(
                Failure::new(FailureKind::NotFound, "no model is configured").with_hint(
                    "set OPENROUTER_API_KEY, or FLOWFORGE_AI_BASE_URL for a server of your own",
                ),
            )
        })
    }
}

/// A piece of an answer that is still arriving. It is not recorded: the whole answer will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The run.
    pub run: RunId,
    /// The frame that asked.
    pub frame: FrameId,
    /// Which of its effects.
    pub ordinal: u32,
    /// The words.
    pub text: Arc<str>,
}

/// Asks the models and tells the pieces to whoever watches.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    models: Arc<dyn Models>,
    pieces: broadcast::Sender<Piece>,
}

impl Asker {
    pub(crate) fn new(models: Arc<dyn Models>) -> Self {
        let (pieces, _) = broadcast::channel(PIECES_MAX);
        Self { models, pieces }
    }

    pub(crate) fn pieces(&self) -> broadcast::Receiver<Piece> {
        self.pieces.subscribe()
    }

    pub(crate) async fn ask(&self, question: Question<'_>) -> Outcome {
        let mut hear = |text: &str| {
            // Nobody watches: nobody is told.
            drop(self.pieces.send(Piece {
                run: question.run,
                frame: question.frame,
                ordinal: question.ordinal,
                text: text.into(),
            }));
        };
        let answer = self.models.answer(question, &mut hear).await?;
        Ok(with_value(question.request, answer))
    }
}

/// The answer with the value in its text, when a shape was asked for.
fn with_value(request: &Value, answer: Value) -> Value {
    let found = request
        .get("shape")
        .and_then(|_| value_in(answer.get("text")?.as_str()?));
    match (answer, found) {
        (Value::Record(answer), Some(value)) if answer.get("value").is_none() => {
            answer.with("value", value).into()
        }
        (answer, _) => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Value {
        serde_json::from_str(json).expect("a value")
    }

    #[test]
    fn the_value_is_added_when_a_shape_was_asked_for() {
        let answer = value(r#"{"text":"```json\n[1]\n```"}"#);
        let shaped = with_value(&value(r#"{"shape":{}}"#), answer.clone());
        assert_eq!(shaped.get("value"), Some(&value("[1]")));
        assert_eq!(with_value(&value("{}"), answer.clone()), answer);
    }

    #[tokio::test]
    async fn without_models_the_failure_says_what_to_do() {
        let question = Question {
            run: RunId::default(),
            frame: FrameId::default(),
            ordinal: 0,
            request: &Value::Null,
        };
        let failure = Asker::new(Arc::new(NoModels))
            .ask(question)
            .await
            .expect_err("nobody answers");
        assert_eq!(failure.message, "no model is configured");
        assert!(
            failure
                .hint
                .is_some_and(|hint| hint.contains("OPENROUTER_API_KEY"))
        );
        assert!(!failure.kind.is_retryable());
    }
}
