//! What the model is told at the beginning of a turn: the graph, what the catalogue has for it, samples, what was said.

use crate::context::{self, cut, entries, fence, plain};
#[cfg(test)]
use crate::model::Message;
use crate::model::{ChatRequest, Task};
use crate::prompt::{Prompt, PromptError};

use super::super::{Said, tools};
use super::{Desk, blocking};

/// Most tokens of the graph, of the entries of the catalogue, of samples, of earlier turns.
const GRAPH_TOKENS_MAX: usize = 2_200;
const ENTRIES_TOKENS_MAX: usize = 1_200;
const SAMPLES_TOKENS_MAX: usize = 500;
const HISTORY_TOKENS_MAX: usize = 400;
/// Most tokens of the person's words.
const REQUEST_TOKENS_MAX: usize = 2_000;
/// How many earlier turns are remembered.
const TURNS_MAX: usize = 6;

impl Desk<'_> {
    /// The first request of the turn.
    pub(in crate::draft) async fn request(
        &mut self,
        prompt: Prompt,
    ) -> Result<ChatRequest, PromptError> {
        let samples = self.samples().await;
        let turn = self.turn;
        let graph = context::graph(
            turn.workflow,
            turn.selection,
            &self.redaction,
            GRAPH_TOKENS_MAX,
        );
        let selection: Vec<&str> = turn
            .selection
            .iter()
            .take(20)
            .map(flowforge_engine::NodeId::as_str)
            .collect();
        let messages = prompt.fill(&serde_json::json!({
            "request": cut(turn.text, REQUEST_TOKENS_MAX),
            "history": history(turn.history),
            "graph": fence("graph", &graph),
            "nodes": fence("nodes", &entries(self.index, turn.text, ENTRIES_TOKENS_MAX)),
            "samples": samples,
            "selection": plain(&selection.join(", ")),
        }))?;
        Ok(ChatRequest {
            task: Task::Draft,
            model: None,
            messages,
            tools: tools::specs(),
            shape: None,
            max_tokens: prompt.tokens(),
        })
    }

    /// The frame that the person looks at, else what the selected nodes got and gave in the run.
    async fn samples(&mut self) -> String {
        let Some(run) = self.turn.run else {
            return String::new();
        };
        let mut told = Vec::new();
        if let (Some(frame), Ok(run)) = (self.turn.frame, self.own_run(&run.to_string()).await) {
            let journal = self.journal.clone();
            let found = blocking(move || journal.frame(run, frame)).await;
            told.extend(found.ok().flatten().map(|frame| self.frame(&frame)));
        } else {
            for node in self.turn.selection.iter().take(2) {
                let found = self.frame_of(&run.to_string(), node.as_str()).await;
                told.extend(found.ok().map(|frame| self.frame(&frame)));
            }
        }
        if told.is_empty() {
            return String::new();
        }
        fence("recorded", &cut(&told.join("\n"), SAMPLES_TOKENS_MAX))
    }
}

/// Earlier turns in a few lines: what was said, what was answered, what was done.
fn history(said: &[Said]) -> String {
    let skip = said.len().saturating_sub(TURNS_MAX);
    let turns: Vec<String> = said[skip..]
        .iter()
        .map(|said| {
            let mut lines = vec![
                format!("person: {}", cut(&said.text, 80)),
                format!("you: {}", cut(&said.answer, 80)),
            ];
            lines.extend(
                said.question
                    .iter()
                    .map(|question| format!("you asked: {}", question.text)),
            );
            lines.extend(said.applied.iter().map(|done| format!("done: {done}")));
            lines.join("\n")
        })
        .collect();
    if turns.is_empty() {
        String::new()
    } else {
        fence("history", &cut(&turns.join("\n"), HISTORY_TOKENS_MAX))
    }
}

/// What a request costs, tools included.
#[cfg(test)]
pub(in crate::draft) fn cost(request: &ChatRequest) -> usize {
    let texts = request.messages.iter().map(|message| match message {
        Message::System { text }
        | Message::User { text }
        | Message::Assistant { text, .. }
        | Message::Tool { text, .. } => context::tokens(text),
    });
    texts.sum::<usize>()
        + context::tokens(&serde_json::to_string(&request.tools).unwrap_or_default())
}
