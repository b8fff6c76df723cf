//! Where a run's events go: to the journal, or to memory for runs that only answer a question.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use flowforge_engine::event::Recorded;
use flowforge_engine::frame::Status;
use flowforge_engine::{RunId, Workflow};
use flowforge_snapshots::{Append, Journal, NewRun, WriteError};
use tokio::sync::watch;
use tokio::time::Instant;

/// Longest time that recorded events wait in memory while a run waits for pure work.
const FLUSH_AFTER: Duration = Duration::from_millis(20);

/// A promise that everything recorded up to it is on disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Durable(Option<watch::Receiver<Option<Result<(), WriteError>>>>);

impl Durable {
    /// Waits for the disk.
    pub(crate) async fn wait(self) -> Result<(), WriteError> {
        let Some(mut done) = self.0 else {
            return Ok(());
        };
        match done.wait_for(Option::is_some).await {
            Ok(result) => result.clone().unwrap_or(Err(WriteError::Closed)),
            Err(_) => Err(WriteError::Closed),
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
    /// When the first of the buffered was recorded.
    buffered_since: Option<Instant>,
    /// What was handed over last: until it is on disk, nothing recorded so far may be relied on.
    last: Durable,
    /// The first failure; what follows on lost events is refused for that reason.
    failure: Arc<OnceLock<WriteError>>,
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
            buffered_since: None,
            last: Durable::default(),
            failure: Arc::default(),
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
            buffered_since: None,
            last: Durable::default(),
            failure: Arc::default(),
            kept: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, events: Vec<Recorded>) {
        if self.journal.is_some() {
            if !events.is_empty() {
                self.buffered_since.get_or_insert_with(Instant::now);
            }
            self.buffered.extend(events);
        } else {
            self.kept.extend(events);
        }
    }

    pub(crate) fn buffered(&self) -> usize {
        self.buffered.len()
    }

    /// When the buffered events have waited long enough, however busy the run is.
    pub(crate) fn flush_at(&self) -> Option<Instant> {
        Some(self.buffered_since? + FLUSH_AFTER)
    }

    /// Why events were lost, if they were: the run cannot go on in this process.
    pub(crate) fn failure(&self) -> Option<WriteError> {
        self.failure.get().cloned()
    }

    /// Hands everything buffered to the journal's writer; the promise covers what was handed over earlier too.
    pub(crate) fn flush(&mut self, status: Status) -> Durable {
        let Some(journal) = &self.journal else {
            return Durable::default();
        };
        if self.buffered.is_empty() {
            return self.last.clone();
        }
        self.buffered_since = None;
        let append = Append {
            run: self.run,
            new: self.new.take(),
            events: std::mem::take(&mut self.buffered),
            workflows: std::mem::take(&mut self.workflows),
            status,
        };
        let (tell, done) = watch::channel(None);
        let failure = Arc::clone(&self.failure);
        let told = move |result: Result<(), WriteError>| {
            let first = |error| failure.get_or_init(|| error).clone();
            // Nobody may wait for it any more.
            drop(tell.send(Some(result.map_err(first))));
        };
        journal.append(append, Box::new(told));
        self.last = Durable(Some(done));
        self.last.clone()
    }

    pub(crate) fn into_kept(self) -> Vec<Recorded> {
        self.kept
    }
}
