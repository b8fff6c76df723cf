//! One turn of a chat: a person's words in; an answer, at most one question, and at most one proposal out.
//!
//! The model works through a closed list of tools, none of which can change, run or send anything. What
//! comes out of a turn can be played again from its [`Exchange`]s, byte for byte.

use flowforge_engine::node_type::Catalogue;
use flowforge_engine::{NodeId, RunId, Seq, Timestamp, Workflow};
use flowforge_snapshots::Journal;
use flowforge_snapshots::search::NodeIndex;
use serde::{Deserialize, Serialize};

use crate::Proposal;
use crate::lab::Lab;
use crate::model::{ChatAnswer, ChatModel, ChatRequest};
use crate::proposal::Receipt;

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

/// A call of the model and its answer: what a turn is played again from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exchange {
    /// What was asked.
    pub request: ChatRequest,
    /// What was answered; nothing when the call failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<ChatAnswer>,
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
pub async fn turn(
    turn: &Turn<'_>,
    model: &dyn ChatModel,
    lab: &dyn Lab,
    journal: &Journal,
    index: &NodeIndex,
    catalogue: &Catalogue,
    hear: Hear<'_>,
) -> Drafted {
    let _ = (lab, journal, index, catalogue);
    let request = ChatRequest {
        task: crate::model::Task::Draft,
        model: None,
        messages: vec![crate::model::Message::User {
            text: turn.text.to_owned(),
        }],
        tools: Vec::new(),
        shape: None,
        max_tokens: 1_000,
    };
    let answer = model
        .complete(&request, &mut |token| hear(Told::Token(token)))
        .await;
    match answer {
        Ok(answer) => Drafted {
            by: answer.model.clone(),
            answer: answer.text.clone(),
            exchanges: vec![Exchange {
                request,
                answer: Some(answer),
            }],
            ..Drafted::default()
        },
        Err(error) => Drafted {
            answer: error.to_string(),
            problem: Some(Trouble {
                code: "model-failed".into(),
                detail: error.to_string(),
                hint: None,
            }),
            ..Drafted::default()
        },
    }
}
