//! One turn of a chat: a person's words in; an answer, at most one question, and at most one proposal out.
//!
//! The model works through a closed list of tools, none of which can change, run or send anything. What
//! comes out of a turn can be played again from its [`Exchange`]s, byte for byte.
//!
//! Reading order: the shapes here, `conversation` (calls of the model, counted), `tools` (the closed list),
//! `desk` (what the tools do).

mod conversation;
mod desk;
#[cfg(test)]
pub(crate) mod scripted;
#[cfg(test)]
mod tests;
mod tools;

use flowforge_engine::node_type::Catalogue;
use flowforge_engine::{NodeId, RunId, Seq, Timestamp, Workflow};
use flowforge_snapshots::Journal;
use flowforge_snapshots::search::NodeIndex;
use serde::{Deserialize, Serialize};

use crate::Proposal;
use crate::lab::Lab;
use crate::model::{ChatModel, Exchange, ModelError};
use crate::prompt::Prompt;
use crate::proposal::{Origin, Receipt};

pub(crate) use conversation::Conversation;
use desk::Desk;
use tools::calls;

/// What a turn is about.
#[derive(Clone, Debug)]
pub struct Turn<'a> {
    /// The workflow as the person sees it now, saved or not.
    pub workflow: &'a Workflow,
    /// What the person says.
    pub text: &'a str,
    /// The turns before this one, the oldest first.
    pub history: &'a [Said],
    /// The nodes that the person has selected.
    pub selection: &'a [NodeId],
    /// The run that the person looks at.
    pub run: Option<RunId>,
    /// The frame that the person looks at, by the event that opened it.
    pub frame: Option<Seq>,
    /// The conversation.
    pub chat: Option<&'a str>,
    /// The id that a proposal gets.
    pub id: String,
    /// When it is.
    pub now: Timestamp,
    /// What the turn may use up.
    pub bounds: Bounds,
}

/// An earlier turn, as far as it is remembered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Said {
    /// What the person said.
    pub text: String,
    /// What was answered.
    pub answer: String,
    /// What was asked back.
    pub question: Option<Question>,
    /// What was done to the workflow: the sentences of accepting.
    pub applied: Vec<String>,
}

/// What a turn may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Most calls of the model.
    pub steps: u32,
    /// Most tokens of all calls together, asked and answered.
    pub tokens: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            steps: 10,
            tokens: 60_000,
        }
    }
}

/// A question to the person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The words.
    pub text: String,
    /// Answers to choose from; others can be typed.
    #[serde(default)]
    pub choices: Vec<String>,
}

/// A tool that was used, as it can be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolUse {
    /// Its name.
    pub name: String,
    /// What it was used on, in a few words.
    pub about: String,
    /// Whether it did what was asked.
    pub ok: bool,
}

/// Why a turn ended without doing what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// The stable name, in kebab-case.
    pub code: String,
    /// One sentence.
    pub detail: String,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Trouble {
    pub(crate) fn new(code: &str, detail: impl Into<String>, hint: Option<&str>) -> Self {
        Self {
            code: code.into(),
            detail: detail.into(),
            hint: hint.map(str::to_owned),
        }
    }
}

impl From<ModelError> for Trouble {
    fn from(error: ModelError) -> Self {
        let (code, hint) = match &error {
            ModelError::NoModel => ("no-model", None),
            ModelError::Refused { .. } => (
                "model-refused",
                Some("look at the key and the model in the settings"),
            ),
            ModelError::Unavailable { .. } => ("model-unavailable", Some("try again in a moment")),
            ModelError::BadAnswer(_) => ("bad-answer", Some("ask again, or choose another model")),
            ModelError::Timeout(_) => {
                ("model-timeout", Some("try again, or choose a faster model"))
            }
            ModelError::Limit(_) => ("spending-limit", Some("raise the limit in the settings")),
            ModelError::NotRecorded(_) => ("not-recorded", None),
            ModelError::Stopped => ("stopped", None),
        };
        Self::new(code, error.to_string(), hint)
    }
}

/// What came of a turn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Drafted {
    /// Who answered: `planner`, or the model as it names itself.
    pub by: String,
    /// Plain text, to be shown as such.
    pub answer: String,
    /// What the person is asked.
    pub question: Option<Question>,
    /// What is proposed.
    pub proposal: Option<Proposal>,
    /// The tools that were used, in order.
    pub tools: Vec<ToolUse>,
    /// One for each call of the model.
    pub receipts: Vec<Receipt>,
    /// The calls themselves.
    pub exchanges: Vec<Exchange>,
    /// Why the turn ended early.
    pub problem: Option<Trouble>,
}

/// What is told while a turn goes on.
#[derive(Clone, Copy, Debug)]
pub enum Told<'a> {
    /// A piece of the model's words.
    Token(&'a str),
    /// A tool was used.
    Tool(&'a ToolUse),
    /// A proposal is there.
    Proposal(&'a Proposal),
    /// The person is asked.
    Question(&'a Question),
}

/// Hears what is told.
pub type Hear<'a> = &'a mut (dyn for<'t> FnMut(Told<'t>) + Send);

/// One turn with a model. Always gives an answer; what went wrong is in [`Drafted::problem`].
///
/// The same turn with the same answers of the model gives the same bytes, see [`Cassette`](crate::model::Cassette).
pub async fn turn(
    turn: &Turn<'_>,
    model: &dyn ChatModel,
    lab: &dyn Lab,
    journal: &Journal,
    index: &NodeIndex,
    catalogue: &Catalogue,
    hear: Hear<'_>,
) -> Drafted {
    let prompt = if turn.workflow.graph.nodes.len() <= 1 {
        Prompt::Build
    } else {
        Prompt::Edit
    };
    let mut desk = Desk::new(turn, lab, journal, index, catalogue);
    let request = desk.request(prompt).await;
    let mut conversation = match request {
        Ok(request) => Conversation::new(request, prompt, turn.bounds),
        Err(error) => return failed(&Trouble::new("prompt", error.to_string(), None)),
    };
    let ended = talk(&mut conversation, model, &mut desk, hear).await;
    let read = desk.read();
    let mut drafted = Drafted {
        by: conversation.model(),
        answer: conversation.words(),
        question: desk.question,
        proposal: desk.proposal,
        tools: desk.tools,
        receipts: conversation.receipts(&read),
        exchanges: conversation.exchanges,
        problem: ended.err(),
    };
    complete(&mut drafted, turn);
    drafted
}

/// Calls the model until it has proposed, asked or answered.
async fn talk(
    conversation: &mut Conversation,
    model: &dyn ChatModel,
    desk: &mut Desk<'_>,
    hear: Hear<'_>,
) -> Result<(), Trouble> {
    while !desk.is_done() {
        let answer = conversation
            .step(model, &mut |token| hear(Told::Token(token)))
            .await?;
        let calls = calls(&answer, conversation.steps());
        if calls.is_empty() {
            break;
        }
        for call in calls {
            // What comes after a proposal or a question was written without knowing how it went.
            if desk.is_done() {
                break;
            }
            let text = desk.call(&call).await;
            if let Some(tool) = desk.tools.last() {
                hear(Told::Tool(tool));
            }
            conversation.told(&call, text);
        }
    }
    if let Some(proposal) = &desk.proposal {
        hear(Told::Proposal(proposal));
    }
    if let Some(question) = &desk.question {
        hear(Told::Question(question));
    }
    Ok(())
}

/// What is missing in an answer that a person is to read.
fn complete(drafted: &mut Drafted, turn: &Turn<'_>) {
    if let Some(proposal) = &mut drafted.proposal {
        proposal.receipts.clone_from(&drafted.receipts);
        proposal.chat = turn.chat.map(str::to_owned);
        if let Origin::Model { model } = &mut proposal.origin {
            model.clone_from(&drafted.by);
        }
        if drafted.answer.is_empty() {
            drafted.answer.clone_from(&proposal.reason);
        }
        if drafted.answer.is_empty() {
            drafted.answer = proposal.summary.lines.join("\n");
        }
    }
    if let (true, Some(question)) = (drafted.answer.is_empty(), &drafted.question) {
        drafted.answer.clone_from(&question.text);
    }
    if drafted.answer.is_empty() && drafted.problem.is_none() {
        let detail = "the model answered with nothing";
        drafted.problem = Some(Trouble::new(
            "empty-answer",
            detail,
            Some("ask again, or choose another model"),
        ));
    }
    if let (true, Some(problem)) = (drafted.answer.is_empty(), &drafted.problem) {
        drafted.answer.clone_from(&problem.detail);
    }
}

fn failed(problem: &Trouble) -> Drafted {
    Drafted {
        answer: problem.detail.clone(),
        problem: Some(problem.clone()),
        ..Drafted::default()
    }
}
