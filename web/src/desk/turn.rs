//! One turn of a conversation: asked of the model, or of the planner when there is none, and kept.

use flowforge_ai::draft::{self, Bounds, Drafted, Hear, Turn};
use flowforge_ai::planner;
use flowforge_engine::{Clock, NodeId, RunId, Seq, Timestamp, Workflow, WorkflowId};
use flowforge_runtime::SystemClock;

use super::chats::{self, Chat, TURNS_MAX};
use super::error::DeskError;
use super::{Desk, kept, new_id};

/// Longest text of one turn, in characters.
const TEXT_CHARS_MAX: usize = 8000;

/// What a person says, and what they look at meanwhile.
pub(crate) struct Asking {
    /// Who.
    pub(crate) person: String,
    /// The workflow.
    pub(crate) workflow: WorkflowId,
    /// The workflow as the person sees it, when that is not the saved one.
    pub(crate) draft: Option<Workflow>,
    /// The conversation to go on with.
    pub(crate) chat: Option<String>,
    /// Their words.
    pub(crate) text: String,
    /// The nodes they selected.
    pub(crate) selection: Vec<NodeId>,
    /// The run they look at.
    pub(crate) run: Option<RunId>,
    /// The frame they look at.
    pub(crate) frame: Option<Seq>,
}

/// How a turn ended.
pub(crate) struct Heard {
    /// The conversation.
    pub(crate) chat: String,
    /// The turn as it is kept.
    pub(crate) turn: chats::Turn,
}

impl Desk {
    /// Opens the conversation that a turn belongs to, or a new one.
    pub(crate) fn chat_for(&self, asking: &Asking) -> Result<Chat, DeskError> {
        let length = asking.text.trim().chars().count();
        if !(1..=TEXT_CHARS_MAX).contains(&length) {
            return Err(DeskError::WrongText {
                max: TEXT_CHARS_MAX,
            });
        }
        let found = match &asking.chat {
            Some(id) => Some(
                Chat::find(self.journal(), id, &asking.person)?
                    .ok_or_else(|| DeskError::NoChat(id.clone()))?,
            ),
            None => None,
        };
        match found {
            Some(chat) if chat.workflow != asking.workflow => Err(DeskError::OtherWorkflow {
                chat: chat.id,
                workflow: chat.workflow.to_string(),
            }),
            Some(chat) if chat.turns.len() < TURNS_MAX => Ok(chat),
            _ => Ok(Chat::new(
                new_id(),
                asking.workflow.clone(),
                &asking.person,
                &asking.text,
            )),
        }
    }

    /// Makes the turn, tells what happens meanwhile, and keeps it. Dropping the future stops it.
    pub(crate) async fn turn(
        &self,
        chat: Chat,
        asking: &Asking,
        hear: Hear<'_>,
    ) -> Result<Heard, DeskError> {
        let workflow = self.seen(asking)?;
        let history = chat.history();
        let now = SystemClock.now();
        let turn = Turn {
            workflow: &workflow,
            text: &asking.text,
            history: &history,
            selection: &asking.selection,
            run: asking.run,
            frame: asking.frame,
            chat: Some(&chat.id),
            id: new_id(),
            now,
            bounds: Bounds::default(),
        };
        let drafted = self.drafted(turn, hear).await;
        self.kept_turn(chat, asking, now, drafted)
    }

    /// Keeps what came of a turn: its proposal, itself, and the model calls behind it.
    pub(super) fn kept_turn(
        &self,
        mut chat: Chat,
        asking: &Asking,
        now: Timestamp,
        mut drafted: Drafted,
    ) -> Result<Heard, DeskError> {
        if let Some(proposal) = &drafted.proposal {
            kept::keep(self.journal(), proposal)?;
        }
        let exchanges = std::mem::take(&mut drafted.exchanges);
        let turn = chats::Turn::of(new_id(), &asking.person, &asking.text, now, drafted);
        chat.take(self.journal(), turn.clone(), &exchanges)?;
        Ok(Heard {
            chat: chat.id,
            turn,
        })
    }

    /// The workflow that a turn is about, as the person sees it.
    pub(super) fn seen(&self, asking: &Asking) -> Result<Workflow, DeskError> {
        match &asking.draft {
            Some(draft) => Ok(draft.clone()),
            None => Ok(self.current(&asking.workflow)?),
        }
    }

    async fn drafted(&self, turn: Turn<'_>, hear: Hear<'_>) -> Drafted {
        let (nodes, catalogue) = (self.shelf.index(), self.runtime.catalogue());
        match self.models.current(None) {
            Some(model) => {
                let lab = self.lab();
                draft::turn(
                    &turn,
                    &*model,
                    &lab,
                    self.journal(),
                    &nodes,
                    &catalogue,
                    hear,
                )
                .await
            }
            None => planner::turn(&turn, &nodes, &catalogue, hear),
        }
    }
}
