//! The one thread that writes. It takes everything that waits, commits it with one sync, and then says so.
//!
//! Why one thread? redb has one writer at a time anyway, and the sync is what costs: sixteen runs that wait
//! for the disk share one. Nobody is told of anything before the disk has it, watchers included.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use flowforge_engine::frame::Status;
use flowforge_engine::{Address, RunId, Seq, Timestamp};

use crate::append::{Document, Encoded};
use crate::batch::Batch;
use crate::blobs::Blobs;
use crate::documents::NewUpdates;
use crate::error::WriteError;
use crate::notes::VersionNote;
use crate::queue::Queue;
use crate::recent::Recent;
use crate::store::Store;
use crate::watch::Watchers;

/// Told, on the writer's thread, what became of a job. It must be quick.
pub type Done = Box<dyn FnOnce(Result<(), WriteError>) + Send>;

/// Something for the writer to do.
pub(crate) enum Job {
    /// Write this together with whatever else waits.
    Write(Work, Done),
    /// Do this alone, between two commits.
    Alone(Box<dyn FnOnce() + Send>),
}

/// What shares a commit.
pub(crate) enum Work {
    /// Events of a run.
    Append(Box<Encoded>),
    /// A workflow that was saved.
    Save(Box<Save>),
    /// Updates of a document.
    Updates(NewUpdates),
}

/// A workflow that was saved, when, and what is noted beside it.
pub(crate) struct Save {
    pub(crate) document: Document,
    pub(crate) blobs: Blobs,
    pub(crate) saved_at: Timestamp,
    pub(crate) note: Option<VersionNote>,
}

/// What the writer needs; shared with the journal's handles.
pub(crate) struct Writer {
    pub(crate) store: Arc<Store>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) recent: Arc<Recent>,
    pub(crate) watchers: Arc<Watchers>,
}

/// A job that was applied in a transaction, and waits for its commit.
struct Pending {
    done: Done,
    result: Result<Option<Told>, WriteError>,
}

/// What watchers are told.
#[derive(Clone, Copy)]
struct Told {
    run: RunId,
    last_seq: Seq,
    status: Status,
}

impl Writer {
    /// Works until the queue is closed and empty.
    pub(crate) fn run(&self) {
        while let Some(jobs) = self.queue.take() {
            let mut group = Vec::with_capacity(jobs.len());
            for job in jobs {
                match job {
                    Job::Write(work, done) => group.push((work, done)),
                    Job::Alone(what) => {
                        self.commit(std::mem::take(&mut group));
                        contained(what);
                    }
                }
            }
            self.commit(group);
        }
        self.watchers.close();
    }

    fn commit(&self, group: Vec<(Work, Done)>) {
        if group.is_empty() {
            return;
        }
        let (mut works, dones): (Vec<Work>, Vec<Done>) = group.into_iter().unzip();
        let written = self.store.write(|transaction| {
            let mut batch = Batch::begin(transaction, self.recent.epoch())?;
            let results = works
                .iter_mut()
                .map(|work| apply(&mut batch, work))
                .collect::<Result<Vec<_>, _>>()?;
            Ok((results, batch.finish()?))
        });
        match written {
            Ok((results, stored)) => self.succeed(dones, results, stored),
            Err(error) => {
                tracing::error!(%error, jobs = dones.len(), "a commit failed and was undone");
                for done in dones {
                    contained(|| done(Err(error.clone())));
                }
            }
        }
    }

    fn succeed(
        &self,
        dones: Vec<Done>,
        results: Vec<Result<Option<Told>, WriteError>>,
        stored: HashSet<Address>,
    ) {
        self.recent.add(stored);
        for (done, result) in dones.into_iter().zip(results) {
            self.tell(Pending { done, result });
        }
    }

    fn tell(&self, pending: Pending) {
        let Pending { done, result } = pending;
        let told = result.as_ref().ok().copied().flatten();
        contained(|| done(result.map(|_| ())));
        if let Some(Told {
            run,
            last_seq,
            status,
        }) = told
        {
            self.watchers.tell(run, last_seq, status);
        }
    }
}

/// Applies one job. The outer error undoes the whole commit; the inner one refuses only the job, of which
/// nothing was written yet.
fn apply(
    batch: &mut Batch,
    work: &mut Work,
) -> Result<Result<Option<Told>, WriteError>, WriteError> {
    match work {
        Work::Append(append) => return apply_append(batch, append),
        Work::Save(save) => {
            batch.store_blobs(&mut save.blobs)?;
            batch.store_document(&save.document)?;
            batch.save(save)?;
        }
        Work::Updates(updates) => batch.append_updates(updates)?,
    }
    Ok(Ok(None))
}

fn apply_append(
    batch: &mut Batch,
    append: &mut Encoded,
) -> Result<Result<Option<Told>, WriteError>, WriteError> {
    let row = match batch.next_row(append) {
        Ok(row) => row,
        Err(error) if error.is_storage() => return Err(error),
        Err(error) => return Ok(Err(error)),
    };
    let told = Told {
        run: row.run,
        last_seq: row.last_seq,
        status: row.status,
    };
    batch.append(append, row)?;
    Ok(Ok(Some(told)))
}

/// Runs what others gave; the writer survives its panic.
fn contained(what: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(what)).is_err() {
        tracing::error!("a callback of the journal panicked");
    }
}
