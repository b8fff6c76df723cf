//! Why the desk could not do what was asked.

use flowforge_ai::code::reusable::Refused;
use flowforge_ai::heal::HealError;
use flowforge_engine::{Address, NodeId, RunId, Seq};
use flowforge_runtime::RuntimeError;
use flowforge_snapshots::{ReadError, WriteError};

/// Why the desk could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeskError {
    #[error("the workflow has no node `{0}`")]
    NoNode(NodeId),
    #[error(transparent)]
    Reusable(#[from] Refused),
    #[error("there is no proposal `{0}`")]
    NoProposal(String),
    #[error("there is no conversation `{0}`")]
    NoChat(String),
    #[error("the conversation `{chat}` is about the workflow `{workflow}`")]
    OtherWorkflow { chat: String, workflow: String },
    #[error("the proposal was {0} already")]
    Closed(&'static str),
    #[error("{0}")]
    WrongHash(String),
    #[error("{0}")]
    Stale(String),
    #[error("there is no part {part}; the proposal has {count}")]
    NoPart { part: usize, count: usize },
    #[error("a person says between 1 and {max} characters at once")]
    WrongText { max: usize },
    #[error("the proposal mends no run")]
    NoFix,
    #[error("the proposal was not accepted yet")]
    NotAccepted,
    #[error("there is no run {0}")]
    NoRun(RunId),
    #[error("event {seq} of run {run} opened no frame")]
    NoFrame { run: RunId, seq: Seq },
    #[error("the version {0} of the workflow is not in the journal")]
    NoVersion(Address),
    #[error(transparent)]
    Heal(#[from] HealError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}
