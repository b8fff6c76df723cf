//! A turn played again from its exchanges, offline.

use std::sync::Mutex;

use futures_util::future::BoxFuture;

use super::Exchange;
use crate::model::{ChatAnswer, ChatModel, ChatRequest, Hear, ModelError};

/// Answers as it was answered before, in order; refuses a question that was not asked before.
#[derive(Debug)]
pub struct Rerun(Mutex<std::vec::IntoIter<Exchange>>);

impl Rerun {
    /// The exchanges of a turn.
    #[must_use]
    pub fn new(exchanges: Vec<Exchange>) -> Self {
        Self(Mutex::new(exchanges.into_iter()))
    }

    fn next(&self, request: &ChatRequest) -> Result<ChatAnswer, ModelError> {
        let mut exchanges = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let exchange = exchanges
            .next()
            .ok_or_else(|| ModelError::NotRecorded("the recording has no more answers".into()))?;
        if exchange.request != *request {
            return Err(ModelError::NotRecorded(
                "the recording is of another request".into(),
            ));
        }
        exchange
            .answer
            .ok_or_else(|| ModelError::NotRecorded("the recorded call failed".into()))
    }
}

impl ChatModel for Rerun {
    fn complete<'a>(
        &'a self,
        request: &'a ChatRequest,
        hear: Hear<'a>,
    ) -> BoxFuture<'a, Result<ChatAnswer, ModelError>> {
        let answer = self.next(request);
        if let Ok(answer) = &answer {
            hear(&answer.text);
        }
        Box::pin(async { answer })
    }
}
