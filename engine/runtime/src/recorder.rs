//! Where a run's events go: to the journal, or to memory for runs that only answer a question.

use flowforge_engine::event::Recorded;
use flowforge_engine::frame::Status;
use flowforge_engine::{RunId, Workflow};
use flowforge_snapshots::{Append, Journal, NewRun, WriteError};
use tokio::sync::oneshot;

/// A promise that everything recorded up to it is on disk.
#[derive(Debug, Default)]
pub(crate) struct Durable(Option<oneshot::Receiver<Result<(), WriteError>>>);

impl Durable {
    /// Waits for the disk.
    pub(crate) async fn wait(self) -> Result<(), WriteError> {
        match self.0 {
            None => Ok(()),
            Some(done) => done.await.unwrap_or(Err(WriteError::Closed)),
        }
    }
}

/// Keeps events until they are flushed, in order.
pub(crate) struct Recorder {
    journal: Option<Journal>,
    run: RunId,
    new: Option<NewRun>,
    workflows: Vec<Workflow>,
    buffered: Vec<Recorded>,
    /// Everything, for a run that is kept in memory.
    kept: Vec<Recorded>,
}

impl Recorder {
    pub(crate) fn journal(
        journal: Journal,
        run: RunId,
        new: Option<NewRun>,
        workflows: Vec<Workflow>,
    ) -> Self {
        Self {
            journal: Some(journal),
            run,
            new,
            workflows,
            buffered: Vec::new(),
            kept: Vec::new(),
        }
    }

    pub(crate) fn memory(run: RunId) -> Self {
        Self {
            journal: None,
            run,
            new: None,
            workflows: Vec::new(),
            buffered: Vec::new(),
            kept: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, events: Vec<Recorded>) {
        if self.journal.is_some() {
            self.buffered.extend(events);
        } else {
            self.kept.extend(events);
        }
    }

    pub(crate) fn buffered(&self) -> usize {
        self.buffered.len()
    }

    /// Hands everything buffered to the journal's writer.
    pub(crate) fn flush(&mut self, status: Status) -> Durable {
        let Some(journal) = &self.journal else {
            return Durable::default();
        };
        if self.buffered.is_empty() {
            return Durable::default();
        }
        let append = Append {
            run: self.run,
            new: self.new.take(),
            events: std::mem::take(&mut self.buffered),
            workflows: std::mem::take(&mut self.workflows),
            status,
        };
        let (tell, done) = oneshot::channel();
        journal.append(append, Box::new(move |result| drop(tell.send(result))));
        Durable(Some(done))
    }

    pub(crate) fn into_kept(self) -> Vec<Recorded> {
        self.kept
    }
}
