//! Somebody who edits: a copy of the document, and what is on its way to it.

use flowforge_collab::document::{open, reconcile};
use flowforge_collab::guard::Gate;
use flowforge_engine::Workflow;
use yrs::{Doc, ReadTxn, Transact};

use crate::mapping::texts;

/// A copy of the document behind its gate, and what is on its way to it.
pub(crate) struct Peer {
    pub(crate) doc: Doc,
    gate: Gate,
    pub(crate) coming: Vec<Vec<u8>>,
}

impl Peer {
    pub(crate) fn new(client_id: u64) -> Self {
        Self {
            doc: open(client_id),
            gate: Gate::default(),
            coming: Vec::new(),
        }
    }

    pub(crate) fn take(&mut self, update: &[u8], about: &str) {
        let passed = self.gate.pass(update);
        for update in passed.unwrap_or_else(|stopped| panic!("{about}: {stopped}")) {
            let applied = self.doc.transact_mut().apply_update(update);
            applied.unwrap_or_else(|error| panic!("{about}: {error}"));
        }
        let is_whole = !self.doc.transact().has_missing_updates();
        assert!(is_whole, "{about}: nothing comes too early through a gate");
    }

    /// Makes the document show a workflow; the change as it goes to the others.
    pub(crate) fn make(&mut self, workflow: &Workflow, about: &str) -> Vec<u8> {
        let before = self.doc.transact().state_vector();
        reconcile(&self.doc, workflow, &texts(), "peer");
        let update = self.doc.transact().encode_state_as_update_v1(&before);
        let noted = self.gate.note_own(&update);
        noted.unwrap_or_else(|stopped| panic!("{about}: {stopped}"));
        update
    }

    /// What another lacks.
    pub(crate) fn missing(&self, other: &Self) -> Vec<u8> {
        let has = other.doc.transact().state_vector();
        self.doc.transact().encode_state_as_update_v1(&has)
    }
}
