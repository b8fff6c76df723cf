//! The calls of one turn: counted, bounded, kept for receipts and for playing them again.

use crate::context::tokens;
use crate::model::{ChatAnswer, ChatModel, ChatRequest, Exchange, Hear, Message, ToolCall, Usage};
use crate::prompt::Prompt;
use crate::proposal::Receipt;
use flowforge_engine::{RunId, Seq};

use super::{Bounds, Trouble};

/// A conversation with a model during one turn.
pub(crate) struct Conversation {
    request: ChatRequest,
    prompt: Prompt,
    bounds: Bounds,
    used: u64,
    pub(crate) exchanges: Vec<Exchange>,
}

impl Conversation {
    pub(crate) fn new(request: ChatRequest, prompt: Prompt, bounds: Bounds) -> Self {
        Self {
            request,
            prompt,
            bounds,
            used: 0,
            exchanges: Vec::new(),
        }
    }

    /// Asks the model once more.
    pub(crate) async fn step(
        &mut self,
        model: &dyn ChatModel,
        hear: Hear<'_>,
    ) -> Result<ChatAnswer, Trouble> {
        if self.steps() >= self.bounds.steps {
            return Err(Trouble::new(
                "too-many-steps",
                format!(
                    "stopped after {} calls of the model without a result",
                    self.steps()
                ),
                Some("say it in smaller steps"),
            ));
        }
        if self.used >= self.bounds.tokens {
            return Err(Trouble::new(
                "token-limit",
                format!("stopped after {} tokens, the limit of a turn", self.used),
                Some("say it in smaller steps"),
            ));
        }
        let request = self.request.clone();
        let answer = model.complete(&request, hear).await;
        self.exchanges.push(Exchange {
            request,
            outcome: answer.clone().into(),
        });
        let answer = answer?;
        self.used += spent(&self.request, &answer);
        self.request.messages.push(Message::Assistant {
            text: answer.text.clone(),
            calls: answer.calls.clone(),
        });
        Ok(answer)
    }

    /// Hands the model what a tool answered.
    pub(crate) fn told(&mut self, call: &ToolCall, text: String) {
        let asked_natively = self
            .exchanges
            .last()
            .and_then(Exchange::answer)
            .is_some_and(|answer| answer.calls.iter().any(|asked| asked.id == call.id));
        self.request.messages.push(if asked_natively {
            Message::Tool {
                call: call.id.clone(),
                text,
            }
        } else {
            // A model that writes its calls as text is answered in text.
            Message::User {
                text: format!("The tool `{}` answered:\n{text}", call.name),
            }
        });
    }

    /// Says something to the model.
    pub(crate) fn say(&mut self, text: String) {
        self.request.messages.push(Message::User { text });
    }

    /// How often the model was called.
    pub(crate) fn steps(&self) -> u32 {
        u32::try_from(self.exchanges.len()).unwrap_or(u32::MAX)
    }

    /// The model, as it named itself last.
    pub(crate) fn model(&self) -> String {
        let answers = self.exchanges.iter().rev().filter_map(Exchange::answer);
        answers
            .map(|answer| answer.model.clone())
            .next()
            .unwrap_or_default()
    }

    /// The model's last words, when they are words and not calls.
    pub(crate) fn words(&self) -> String {
        let last = self.exchanges.last().and_then(Exchange::answer);
        let words = last
            .filter(|answer| super::tools::calls(answer, 0).is_empty() || !answer.calls.is_empty());
        words
            .map(|answer| answer.text.trim().to_owned())
            .unwrap_or_default()
    }

    /// One receipt for each call that was answered.
    pub(crate) fn receipts(&self, read: &[(RunId, Seq)]) -> Vec<Receipt> {
        let answers = self.exchanges.iter().filter_map(Exchange::answer);
        answers
            .map(|answer| Receipt {
                prompt: self.prompt.version(),
                model: answer.model.clone(),
                usage: answer.usage,
                read: read.to_vec(),
            })
            .collect()
    }
}

/// What a call used, as the endpoint says, or as it is estimated where it does not.
fn spent(request: &ChatRequest, answer: &ChatAnswer) -> u64 {
    let Usage {
        prompt_tokens,
        completion_tokens,
        ..
    } = answer.usage;
    let told = prompt_tokens + completion_tokens;
    let texts = request.messages.iter().map(|message| match message {
        Message::System { text }
        | Message::User { text }
        | Message::Assistant { text, .. }
        | Message::Tool { text, .. } => tokens(text),
    });
    let estimate = texts.sum::<usize>() + tokens(&answer.text);
    told.max(if told == 0 { estimate as u64 } else { 0 })
}
