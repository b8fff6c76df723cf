//! Proposals, kept until somebody decides, and after.

use flowforge_ai::Proposal;
use flowforge_ai::proposal::State;
use flowforge_engine::RunId;
use flowforge_snapshots::{Journal, ReadError, WriteError};

use crate::record;

/// The kind of record that a proposal is kept as.
const PROPOSALS: &str = "proposal";

/// Which proposals; absent fields let everything through.
#[derive(Default)]
pub(crate) struct Which<'a> {
    pub(crate) workflow: Option<&'a str>,
    /// Fixes of this run.
    pub(crate) run: Option<RunId>,
    /// `open`, `accepted` or `rejected`.
    pub(crate) state: Option<&'a str>,
    /// The last id of the page before.
    pub(crate) before: Option<&'a str>,
    pub(crate) limit: usize,
}

/// Keeps a proposal as it is now.
pub(crate) fn keep(journal: &Journal, proposal: &Proposal) -> Result<(), WriteError> {
    record::keep(journal, PROPOSALS, &proposal.id, proposal)
}

/// A proposal.
pub(crate) fn find(journal: &Journal, id: &str) -> Result<Option<Proposal>, ReadError> {
    record::find(journal, PROPOSALS, id)
}

/// The proposals that fit, the latest first.
pub(crate) fn list(journal: &Journal, which: &Which<'_>) -> Result<Vec<Proposal>, ReadError> {
    let mut found = Vec::new();
    record::for_each(journal, PROPOSALS, which.before, |proposal| {
        if which.lets_through(&proposal) {
            found.push(proposal);
        }
        found.len() < which.limit
    })?;
    Ok(found)
}

impl Which<'_> {
    fn lets_through(&self, proposal: &Proposal) -> bool {
        self.workflow
            .is_none_or(|workflow| proposal.workflow.as_str() == workflow)
            && self
                .run
                .is_none_or(|run| proposal.mends.is_some_and(|(mended, _)| mended == run))
            && self
                .state
                .is_none_or(|state| name_of(&proposal.state) == state)
    }
}

/// The state's name.
pub(crate) fn name_of(state: &State) -> &'static str {
    match state {
        State::Open => "open",
        State::Accepted { .. } => "accepted",
        State::Rejected { .. } => "rejected",
    }
}
