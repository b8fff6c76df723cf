//! Where proposals are made, kept and decided on: the `ai` crate proposes, here a person's word makes it true.
//!
//! The routes and the command line ask the same desk, so that both say and do the same.

pub(crate) mod chats;
pub(crate) mod decide;
mod error;
pub(crate) mod heal;
pub(crate) mod kept;
mod lab;
mod reuse;
mod turn;
mod write;

use std::sync::{Arc, Mutex};

use flowforge_ai::Proposal;
use flowforge_engine::workflow::{Config, Extra, Graph};
use flowforge_engine::{Workflow, WorkflowId};
use flowforge_runtime::Runtime;
use flowforge_snapshots::{Journal, ReadError, WriteError};

pub(crate) use error::DeskError;
pub(crate) use reuse::Reuse;
pub(crate) use turn::{Asking, Heard};
pub(crate) use write::{CodeOrder, Subject};

use crate::models::Models;
use crate::shelf::Shelf;
use lab::RuntimeLab;

/// Makes proposals, keeps them, and applies those that a person accepts.
pub(crate) struct Desk {
    runtime: Runtime,
    shelf: Arc<Shelf>,
    models: Arc<Models>,
    /// Two people who decide at once decide one after the other.
    deciding: Mutex<()>,
}

impl Desk {
    /// A desk over a runtime.
    pub(crate) fn new(runtime: Runtime, shelf: Arc<Shelf>, models: Arc<Models>) -> Self {
        Self {
            runtime,
            shelf,
            models,
            deciding: Mutex::new(()),
        }
    }

    /// The models that may be asked.
    pub(crate) fn models(&self) -> &Arc<Models> {
        &self.models
    }

    fn journal(&self) -> &Journal {
        self.runtime.journal()
    }

    fn lab(&self) -> RuntimeLab {
        RuntimeLab::new(self.runtime.clone())
    }

    /// The workflow as it is now; an empty one under an id that nobody has used.
    fn current(&self, id: &WorkflowId) -> Result<Workflow, ReadError> {
        let saved = self.journal().latest_workflow(id)?;
        Ok(saved.unwrap_or_else(|| empty(id)))
    }

    /// Lays a proposal down for somebody to decide on.
    pub(crate) fn offer(&self, proposal: &Proposal) -> Result<(), WriteError> {
        kept::keep(self.journal(), proposal)
    }

    /// A proposal.
    pub(crate) fn proposal(&self, id: &str) -> Result<Option<Proposal>, ReadError> {
        kept::find(self.journal(), id)
    }
}

/// A workflow with nothing in it yet.
pub(crate) fn empty(id: &WorkflowId) -> Workflow {
    Workflow {
        id: id.clone(),
        name: String::new(),
        version: 1,
        config: Config::default(),
        graph: Graph::default(),
        extra: Extra::default(),
    }
}

/// A new id that sorts by time.
pub(crate) fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}
