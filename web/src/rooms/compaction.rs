//! Puts the updates of a document together, beside its room: packing and writing a large state takes longer than anybody
//! who types should wait.
//!
//! What is appended meanwhile has larger numbers and stays. There is one compaction of a document at a time, and none
//! outlives its room: a workflow that is removed, and made again under its name, never meets an old state.

use std::thread::{Builder, JoinHandle};

use flowforge_engine::WorkflowId;
use flowforge_snapshots::{Journal, WriteError};

/// The compaction of one document that is under way, if any.
#[derive(Default)]
pub(super) struct Compaction(Option<JoinHandle<Result<(), WriteError>>>);

impl Compaction {
    /// Whether one is under way.
    pub(super) fn is_busy(&self) -> bool {
        self.0.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Begins to put a state, which holds every update up to `upto`, in their place.
    ///
    /// # Errors
    /// When the one before failed.
    pub(super) fn begin(
        &mut self,
        journal: &Journal,
        id: &WorkflowId,
        upto: u64,
        state: Vec<u8>,
    ) -> Result<(), WriteError> {
        self.finish()?;
        let (journal, id) = (journal.clone(), id.clone());
        let thread = Builder::new()
            .name("compaction".into())
            .spawn(move || journal.compact_document(&id, upto, &state));
        match thread {
            Ok(thread) => self.0 = Some(thread),
            // The next thousand updates try again.
            Err(error) => tracing::warn!(%error, "no thread puts a document's updates together"),
        }
        Ok(())
    }

    /// Waits for the one that is under way.
    ///
    /// # Errors
    /// When it failed; the updates are as they were then.
    pub(super) fn finish(&mut self) -> Result<(), WriteError> {
        let Some(thread) = self.0.take() else {
            return Ok(());
        };
        let broke = |_| WriteError::Storage("putting a document's updates together broke".into());
        thread.join().map_err(broke)?
    }
}

impl Drop for Compaction {
    fn drop(&mut self) {
        if let Err(error) = self.finish() {
            tracing::warn!(%error, "the updates of a document were not put together");
        }
    }
}

#[cfg(test)]
mod tests {
    use flowforge_engine::Timestamp;
    use flowforge_snapshots::{Author, DocumentUpdate, Options};

    use super::*;

    fn update(byte: u8) -> DocumentUpdate {
        DocumentUpdate {
            at: Timestamp::default(),
            author: Author::default(),
            bytes: vec![byte],
            touched: Vec::new(),
        }
    }

    #[test]
    fn what_comes_while_it_is_under_way_stays_and_the_state_is_there_when_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path(), Options::default()).unwrap();
        let id = WorkflowId::from("w");
        let upto = journal
            .append_updates(&id, &[update(1), update(2)])
            .unwrap();
        let mut compaction = Compaction::default();
        compaction.begin(&journal, &id, upto, vec![12]).unwrap();
        journal.append_updates(&id, &[update(3)]).unwrap();
        drop(compaction);
        let kept = journal.document(&id).unwrap().unwrap();
        assert_eq!((kept.state, kept.updates), (Some(vec![12]), vec![vec![3]]));
    }

    #[test]
    fn a_failure_is_told_to_whoever_waits() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path(), Options::default()).unwrap();
        let mut compaction = Compaction::default();
        let id = WorkflowId::from("nobody");
        compaction.begin(&journal, &id, 7, vec![1]).unwrap();
        assert!(compaction.finish().is_err());
        assert!(!compaction.is_busy());
    }
}
