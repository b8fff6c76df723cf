//! The journal: one handle, cloned freely, for whoever records and whoever looks.

use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use flowforge_engine::{Timestamp, Workflow};
use redb::StorageBackend;

use crate::append::{Append, Document, Encoded};
use crate::blobs::gather;
use crate::cache::Cache;
use crate::disk::Disk;
use crate::error::{OpenError, WriteError};
use crate::folder::Folder;
use crate::moment::Labels;
use crate::notes::VersionNote;
use crate::queue::Queue;
use crate::recent::Recent;
use crate::store::Store;
use crate::watch::{Wake, Watch, Watchers};
use crate::writer::{Done, Job, Save, Work, Writer};

/// How to open a journal.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The present moment, recorded when the journal is made.
    pub now: Timestamp,
    /// Most bytes of the file that are held in memory.
    pub cache_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            now: Timestamp(0),
            cache_bytes: 32 << 20,
        }
    }
}

/// Where events are kept. Clones are handles of the same journal; with the last one it closes.
#[derive(Clone)]
pub struct Journal(Arc<Inner>);

struct Inner {
    store: Arc<Store>,
    queue: Arc<Queue>,
    recent: Arc<Recent>,
    watchers: Arc<Watchers>,
    cache: Cache,
    labels: Labels,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Held until everything else is closed.
    _folder: Option<Folder>,
}

impl Journal {
    /// Opens the journal of a data folder, and makes both when they are not there.
    ///
    /// # Errors
    /// When another process has the folder, or what is there is no whole journal of a known format. The file
    /// is then as it was.
    pub fn open(dir: &Path, options: Options) -> Result<Self, OpenError> {
        let folder = Folder::take(dir)?;
        let store = folder.open(options)?;
        Self::start(store, Some(folder))
    }

    /// Opens the journal on any storage, and makes one when that is empty.
    ///
    /// # Errors
    /// When what is there is no whole journal of a known format.
    pub fn with_backend(backend: impl StorageBackend, options: Options) -> Result<Self, OpenError> {
        let file = Path::new("journal in memory");
        let storage = |error: std::io::Error| OpenError::Storage {
            file: file.into(),
            why: error.to_string(),
        };
        let disk = Disk::new(backend).map_err(storage)?;
        let store = if disk.bytes().map_err(storage)? == 0 {
            Store::create(disk, file, options.cache_bytes, options.now)?
        } else {
            Store::open(disk, file, options.cache_bytes)?
        };
        Self::start(store, None)
    }

    fn start(store: Store, folder: Option<Folder>) -> Result<Self, OpenError> {
        let writer = Writer {
            store: Arc::new(store),
            queue: Arc::default(),
            recent: Arc::default(),
            watchers: Arc::default(),
        };
        let (store, queue) = (Arc::clone(&writer.store), Arc::clone(&writer.queue));
        let (recent, watchers) = (Arc::clone(&writer.recent), Arc::clone(&writer.watchers));
        let thread = spawn(writer).map_err(|error| OpenError::Storage {
            file: "its writer".into(),
            why: error.to_string(),
        })?;
        let thread = Mutex::new(Some(thread));
        let (cache, labels) = (Cache::default(), Labels::default());
        Ok(Self(Arc::new(Inner {
            store,
            queue,
            recent,
            watchers,
            cache,
            labels,
            thread,
            _folder: folder,
        })))
    }

    /// Records events. They are encoded on this thread, and become durable together with what others record
    /// meanwhile; then `done` is told, on the writer's thread. Waits while too much is on its way.
    pub fn append(&self, append: Append, done: Done) {
        match append.encode(&self.0.recent) {
            Ok(encoded) => {
                let bytes = encoded.bytes();
                self.submit(Work::Append(Box::new(encoded)), bytes, done);
            }
            Err(error) => done(Err(error)),
        }
    }

    /// Records events, and waits until they are durable. Never to be called by `done`.
    ///
    /// # Errors
    /// When they do not fit the run, or storage fails; nothing of them is there then.
    pub fn append_wait(&self, append: Append) -> Result<(), WriteError> {
        wait(|done| self.append(append, done))
    }

    /// Records what was encoded before, and waits until it is durable.
    pub(crate) fn write_encoded(&self, encoded: Encoded) -> Result<(), WriteError> {
        let bytes = encoded.bytes();
        wait(|done| self.submit(Work::Append(Box::new(encoded)), bytes, done))
    }

    /// Saves a workflow as the current one of its id, and waits until that is durable. When it is the current
    /// one already, the time it was saved stays as it is.
    ///
    /// # Errors
    /// When storage fails.
    pub fn put_workflow(&self, workflow: &Workflow, saved_at: Timestamp) -> Result<(), WriteError> {
        self.save(workflow, saved_at, None)
    }

    pub(crate) fn save(
        &self,
        workflow: &Workflow,
        saved_at: Timestamp,
        note: Option<VersionNote>,
    ) -> Result<(), WriteError> {
        let (document, blobs) = gather(&self.0.recent, |gather| Document::keep(workflow, gather));
        let bytes = blobs.bytes();
        let save = Save {
            document,
            blobs,
            saved_at,
            note,
        };
        wait(|done| self.submit(Work::Save(Box::new(save)), bytes, done))
    }

    /// Watches what is recorded from now on. `wake` is called when something comes after nothing.
    #[must_use]
    pub fn watch(&self, wake: Option<Wake>) -> Watch {
        self.0.watchers.watch(wake)
    }

    /// How often the disk was asked to keep what it was given, since this process opened the journal.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        self.0.store.syncs()
    }

    pub(crate) fn submit(&self, work: Work, bytes: usize, done: Done) {
        if let Err(Job::Write(_, done)) = self.0.queue.push(Job::Write(work, done), bytes) {
            done(Err(WriteError::Closed));
        }
    }

    /// Does something on the writer's thread, between two commits, and waits for it.
    pub(crate) fn alone<T: Send + 'static>(
        &self,
        what: impl FnOnce(&Store, &Recent) -> Result<T, WriteError> + Send + 'static,
    ) -> Result<T, WriteError> {
        let (answer, answered) = sync_channel(1);
        let (store, recent) = (Arc::clone(&self.0.store), Arc::clone(&self.0.recent));
        let job = Job::Alone(Box::new(move || {
            // Nobody waits for the answer any more only if this call was abandoned.
            let _ = answer.send(what(&store, &recent));
        }));
        self.0.queue.push(job, 0).map_err(|_| WriteError::Closed)?;
        answered.recv().map_err(|_| WriteError::Closed)?
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    #[cfg(test)]
    pub(crate) fn recent(&self) -> &Recent {
        &self.0.recent
    }

    pub(crate) fn cache(&self) -> &Cache {
        &self.0.cache
    }

    pub(crate) fn labels(&self) -> &Labels {
        &self.0.labels
    }
}

/// Waits for what a job becomes.
fn wait(start: impl FnOnce(Done)) -> Result<(), WriteError> {
    let (answer, answered) = sync_channel(1);
    start(Box::new(move |result| {
        // The receiver waits below; it cannot be gone.
        let _ = answer.send(result);
    }));
    answered.recv().unwrap_or(Err(WriteError::Closed))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the writer is the one thread of this crate"
)]
fn spawn(writer: Writer) -> std::io::Result<JoinHandle<()>> {
    Builder::new()
        .name("journal".into())
        .spawn(move || writer.run())
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.queue.close();
        let thread = self
            .thread
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        // A callback that drops the last handle runs on the writer's thread, which cannot wait for itself.
        if let Some(thread) =
            thread.filter(|thread| thread.thread().id() != std::thread::current().id())
            && thread.join().is_err()
        {
            tracing::error!("the journal's writer panicked");
        }
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").finish_non_exhaustive()
    }
}
