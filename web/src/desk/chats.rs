//! Conversations, kept with their workflow, each one person's own.

use flowforge_ai::draft::{Drafted, Question, Said, ToolUse, Trouble};
use flowforge_ai::model::Exchange;
use flowforge_ai::proposal::Receipt;
use flowforge_engine::{Timestamp, WorkflowId};
use flowforge_snapshots::{Journal, ReadError, WriteError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::openapi::proposed;
use crate::record;

/// The kinds of record that a conversation is kept as.
const CHATS: &str = "chat";
const EXCHANGES: &str = "exchanges";
/// Longest title, in characters.
const TITLE_CHARS_MAX: usize = 80;
/// Most turns of one conversation; the next one begins a new conversation.
pub(crate) const TURNS_MAX: usize = 200;

/// A conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Chat {
    /// Its id; sorts by time.
    pub(crate) id: String,
    /// The workflow it is about.
    #[schema(value_type = String)]
    pub(crate) workflow: WorkflowId,
    /// Whose it is.
    pub(crate) person: String,
    /// The first words.
    pub(crate) title: String,
    /// When its last turn ended.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) updated_at: Timestamp,
    /// What was said, in order.
    pub(crate) turns: Vec<Turn>,
}

/// What a person said, and what was answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Turn {
    /// Its id.
    pub(crate) id: String,
    /// Who spoke.
    pub(crate) person: String,
    /// Their words.
    pub(crate) text: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
    /// The answer: plain text, to be shown as such.
    pub(crate) answer: String,
    /// What must be known before anything can be proposed.
    #[schema(value_type = Option<proposed::Question>)]
    pub(crate) question: Option<Question>,
    /// The proposals that were made, by id.
    pub(crate) proposals: Vec<String>,
    /// What was looked at and tried.
    #[schema(value_type = Vec<proposed::ToolUse>)]
    pub(crate) tools: Vec<ToolUse>,
    /// The model calls behind it.
    #[schema(value_type = Vec<proposed::Receipt>)]
    pub(crate) receipts: Vec<Receipt>,
    /// `planner`, or the model as it names itself.
    pub(crate) by: String,
    /// Why there is no answer, or not a whole one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<proposed::Trouble>)]
    pub(crate) problem: Option<Trouble>,
    /// What was done to the workflow when proposals of it were accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) applied: Vec<String>,
}

impl Turn {
    /// The turn that these words and this answer make.
    pub(crate) fn of(
        id: String,
        person: &str,
        text: &str,
        at: Timestamp,
        drafted: Drafted,
    ) -> Self {
        Self {
            id,
            person: person.to_owned(),
            text: text.to_owned(),
            at,
            answer: drafted.answer,
            question: drafted.question,
            proposals: drafted.proposal.into_iter().map(|made| made.id).collect(),
            tools: drafted.tools,
            receipts: drafted.receipts,
            by: drafted.by,
            problem: drafted.problem,
            applied: Vec::new(),
        }
    }

    fn said(&self) -> Said {
        Said {
            text: self.text.clone(),
            answer: self.answer.clone(),
            question: self.question.clone(),
            applied: self.applied.clone(),
        }
    }
}

/// What a list shows of a conversation.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChatRow {
    id: String,
    workflow: String,
    title: String,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// How many turns it has.
    turns: usize,
}

/// Which conversations.
pub(crate) struct Which<'a> {
    pub(crate) person: &'a str,
    pub(crate) workflow: Option<&'a str>,
    /// Words that must all be in it.
    pub(crate) words: Vec<String>,
    /// The last id of the page before.
    pub(crate) before: Option<&'a str>,
    pub(crate) limit: usize,
}

impl Chat {
    /// A conversation that begins with these words.
    pub(crate) fn new(id: String, workflow: WorkflowId, person: &str, text: &str) -> Self {
        let first = text.lines().next().unwrap_or_default().trim();
        Self {
            id,
            workflow,
            person: person.to_owned(),
            title: first.chars().take(TITLE_CHARS_MAX).collect(),
            updated_at: Timestamp(0),
            turns: Vec::new(),
        }
    }

    /// The conversation with this id, if it is this person's.
    pub(crate) fn find(
        journal: &Journal,
        id: &str,
        person: &str,
    ) -> Result<Option<Self>, ReadError> {
        let chat: Option<Self> = record::find(journal, CHATS, id)?;
        Ok(chat.filter(|chat| chat.person == person))
    }

    /// Adds a turn with the model calls behind it, and keeps both.
    pub(crate) fn take(
        &mut self,
        journal: &Journal,
        turn: Turn,
        exchanges: &[Exchange],
    ) -> Result<(), WriteError> {
        if !exchanges.is_empty() {
            record::keep(journal, EXCHANGES, &turn.id, &exchanges)?;
        }
        self.updated_at = turn.at;
        self.turns.push(turn);
        self.keep(journal)
    }

    /// Notes what accepting a proposal did; the next turn is told that, not what was only said.
    pub(crate) fn note_applied(
        &mut self,
        journal: &Journal,
        proposal: &str,
        sentences: &[String],
    ) -> Result<(), WriteError> {
        let of_it = |turn: &&mut Turn| turn.proposals.iter().any(|id| id == proposal);
        let Some(turn) = self.turns.iter_mut().find(of_it) else {
            return Ok(());
        };
        turn.applied.extend_from_slice(sentences);
        self.keep(journal)
    }

    /// The turns as far as the next one is told of them.
    pub(crate) fn history(&self) -> Vec<Said> {
        self.turns.iter().map(Turn::said).collect()
    }

    fn keep(&self, journal: &Journal) -> Result<(), WriteError> {
        record::keep(journal, CHATS, &self.id, self)
    }

    /// Forgets the conversation and the model calls behind it; proposals stay.
    pub(crate) fn remove(&self, journal: &Journal) -> Result<(), WriteError> {
        for turn in &self.turns {
            journal.remove_record(EXCHANGES, &turn.id)?;
        }
        journal.remove_record(CHATS, &self.id).map(drop)
    }

    fn has(&self, words: &[String]) -> bool {
        let said = self
            .turns
            .iter()
            .flat_map(|turn| [&turn.text, &turn.answer]);
        let said: Vec<String> = said.map(|text| text.to_lowercase()).collect();
        let is_said = |word: &String| said.iter().any(|text| text.contains(word));
        words.iter().all(is_said)
    }

    fn row(&self) -> ChatRow {
        ChatRow {
            id: self.id.clone(),
            workflow: self.workflow.to_string(),
            title: self.title.clone(),
            updated_at: self.updated_at,
            turns: self.turns.len(),
        }
    }
}

/// The conversations that fit, the latest begun first.
pub(crate) fn list(journal: &Journal, which: &Which<'_>) -> Result<Vec<ChatRow>, ReadError> {
    let mut rows = Vec::new();
    record::for_each(journal, CHATS, which.before, |chat: Chat| {
        let fits = chat.person == which.person
            && which
                .workflow
                .is_none_or(|workflow| chat.workflow.as_str() == workflow)
            && chat.has(&which.words);
        if fits {
            rows.push(chat.row());
        }
        rows.len() < which.limit
    })?;
    Ok(rows)
}

impl ChatRow {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }
}

/// The model calls behind a turn, from which it can be made again.
pub(crate) fn exchanges_of(journal: &Journal, turn: &str) -> Result<Vec<Exchange>, ReadError> {
    Ok(record::find(journal, EXCHANGES, turn)?.unwrap_or_default())
}
