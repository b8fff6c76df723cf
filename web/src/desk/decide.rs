//! A person decides on a proposal: exactly that patch, on the workflow as it is now.

use std::sync::PoisonError;

use flowforge_ai::Proposal;
use flowforge_ai::proposal::{Accepted, Stale, State, accept};
use flowforge_engine::check::check;
use flowforge_engine::edit::Patch;
use flowforge_engine::{Address, Clock, Problem, Workflow};
use flowforge_runtime::SystemClock;
use flowforge_snapshots::Author;

use super::chats::Chat;
use super::error::DeskError;
use super::{Desk, kept};

/// A person's yes.
pub(crate) struct Yes<'a> {
    /// The proposal.
    pub(crate) id: &'a str,
    /// The patch that the person saw.
    pub(crate) hash: Address,
    /// The parts that they want; all when empty.
    pub(crate) parts: &'a [usize],
    /// Who they are.
    pub(crate) by: &'a Author,
}

/// What a yes did.
pub(crate) struct Applied {
    pub(crate) proposal: Proposal,
    /// The workflow as it is now.
    pub(crate) workflow: Workflow,
    /// Exactly what was done to it.
    pub(crate) patch: Patch,
    /// What takes that back.
    pub(crate) undo: Patch,
    /// What was done, told from the patch.
    pub(crate) sentences: Vec<String>,
    /// What is wrong with it now.
    pub(crate) problems: Vec<Problem>,
}

impl Desk {
    /// Applies a proposal to the workflow as it is now, and hands the result to `save`, which gives the workflow as it
    /// was saved: others may have changed it meanwhile.
    pub(crate) fn accept<E: From<DeskError>>(
        &self,
        yes: &Yes<'_>,
        save: impl FnOnce(&Accepted) -> Result<Workflow, E>,
    ) -> Result<Applied, E> {
        let _turn = self.deciding.lock().unwrap_or_else(PoisonError::into_inner);
        let mut proposal = self.open_proposal(yes.id)?;
        if proposal.hash != yes.hash {
            return Err(wrong_hash(&proposal, yes.hash).into());
        }
        if let Some(part) = yes.parts.iter().find(|part| **part >= proposal.parts.len()) {
            let (part, count) = (*part, proposal.parts.len());
            return Err(DeskError::NoPart { part, count }.into());
        }
        let current = self.current(&proposal.workflow).map_err(DeskError::from)?;
        let accepted = accept(&proposal, &current, yes.parts).map_err(DeskError::from)?;
        let saved = save(&accepted)?;
        proposal.state = State::Accepted {
            by: yes.by.id.clone(),
            by_name: yes.by.name.clone(),
            at: SystemClock.now(),
            version: saved.hash(),
            parts: yes.parts.to_vec(),
        };
        self.note(&proposal, &accepted, &yes.by.id)?;
        Ok(Applied {
            problems: check(&saved, &self.runtime.catalogue()),
            workflow: saved,
            patch: accepted.patch,
            undo: accepted.undo,
            sentences: accepted.sentences,
            proposal,
        })
    }

    /// Closes a proposal without applying it.
    pub(crate) fn reject(&self, id: &str, by: &Author) -> Result<Proposal, DeskError> {
        let _turn = self.deciding.lock().unwrap_or_else(PoisonError::into_inner);
        let mut proposal = self.open_proposal(id)?;
        proposal.state = State::Rejected {
            by: by.id.clone(),
            by_name: by.name.clone(),
            at: SystemClock.now(),
        };
        kept::keep(self.journal(), &proposal)?;
        Ok(proposal)
    }

    fn open_proposal(&self, id: &str) -> Result<Proposal, DeskError> {
        let proposal = self
            .proposal(id)?
            .ok_or_else(|| DeskError::NoProposal(id.to_owned()))?;
        match proposal.state {
            State::Open => Ok(proposal),
            _ => Err(DeskError::Closed(kept::name_of(&proposal.state))),
        }
    }

    /// Keeps what was decided, and tells the conversation it came from.
    fn note(&self, proposal: &Proposal, accepted: &Accepted, by: &str) -> Result<(), DeskError> {
        kept::keep(self.journal(), proposal)?;
        let chat = match &proposal.chat {
            Some(chat) => Chat::find(self.journal(), chat, by)?,
            None => None,
        };
        if let Some(mut chat) = chat {
            chat.note_applied(self.journal(), &proposal.id, &accepted.sentences)?;
        }
        Ok(())
    }
}

fn wrong_hash(proposal: &Proposal, found: Address) -> DeskError {
    DeskError::WrongHash(format!(
        "the proposal is the patch {}, and what was accepted is {found}",
        proposal.hash
    ))
}

impl From<Stale> for DeskError {
    fn from(stale: Stale) -> Self {
        match stale {
            Stale::WrongHash { .. } => Self::WrongHash(stale.to_string()),
            other => Self::Stale(other.to_string()),
        }
    }
}
