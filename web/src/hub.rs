//! What happens, told to whoever watches, as it happens.
//!
//! One thread hears from the journal what was recorded. It reads and renders the events of a run once, for
//! everybody who watches that run, and tells the whole service which runs began, changed and ended. Nobody
//! is waited for: a watcher that is too slow misses lines, notices, and re-reads.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;

use flowforge_engine::frame::Status;
use flowforge_engine::{Clock, RunId, Seq};
use flowforge_runtime::{Piece, SystemClock};
use flowforge_snapshots::{Journal, Notice, ReadError};
use serde_json::json;
use tokio::sync::{broadcast, oneshot};

use crate::preview::Previews;
use crate::sse::{Line, line_of};

/// Most lines that wait for one watcher.
const LINES_MAX: usize = 512;
/// So many who wait are looked through for those who have gone.
const AWAITED_SWEEP: usize = 1024;
/// Most watchers of one run.
pub(crate) const WATCHERS_MAX: usize = 500;
/// Most watchers of the whole service.
pub(crate) const SERVICE_WATCHERS_MAX: usize = 1000;

/// Tells watchers what happens.
pub(crate) struct Hub {
    shared: Arc<Shared>,
    bell: SyncSender<Ring>,
    thread: Option<JoinHandle<()>>,
}

enum Ring {
    Notices,
    Stop,
}

struct Shared {
    journal: Journal,
    previews: Previews,
    topics: Mutex<HashMap<RunId, Weak<Topic>>>,
    /// Who waits for the next thing that is recorded of a run.
    awaited: Mutex<HashMap<RunId, Vec<oneshot::Sender<()>>>>,
    service: broadcast::Sender<Arc<Line>>,
}

/// A run that somebody watches.
pub(crate) struct Topic {
    run: RunId,
    /// The last event that was told.
    told: Mutex<Seq>,
    lines: broadcast::Sender<Arc<Line>>,
}

/// A run's topic, which lives while it is held, and what is told from now on.
type Watched = (Arc<Topic>, broadcast::Receiver<Arc<Line>>);

impl Hub {
    /// Starts to listen.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(crate) fn start(journal: Journal) -> std::io::Result<Self> {
        let (bell, rung) = sync_channel(2);
        let shared = Arc::new(Shared {
            previews: Previews::new(journal.clone()),
            journal,
            topics: Mutex::default(),
            awaited: Mutex::default(),
            service: broadcast::channel(LINES_MAX).0,
        });
        let (listening, ring) = (Arc::clone(&shared), bell.clone());
        let thread = std::thread::Builder::new()
            .name("events".into())
            .spawn(move || listen(&listening, ring, &rung))?;
        Ok(Self {
            shared,
            bell,
            thread: Some(thread),
        })
    }

    /// Values cut for events and lists.
    pub(crate) fn previews(&self) -> &Previews {
        &self.shared.previews
    }

    /// Watches a run; nothing when too many do.
    pub(crate) fn watch(&self, run: RunId) -> Result<Option<Watched>, ReadError> {
        let mut topics = self.shared.topics();
        let topic = match topics.get(&run).and_then(Weak::upgrade) {
            Some(topic) => topic,
            None => {
                let last = self
                    .shared
                    .journal
                    .run(run)?
                    .ok_or(ReadError::NoSuchRun(run))?;
                let topic = Arc::new(Topic {
                    run,
                    told: Mutex::new(last.last_seq),
                    lines: broadcast::channel(LINES_MAX).0,
                });
                topics.retain(|_, topic| topic.strong_count() > 0);
                topics.insert(run, Arc::downgrade(&topic));
                topic
            }
        };
        let is_full = topic.lines.receiver_count() >= WATCHERS_MAX;
        let lines = topic.lines.subscribe();
        Ok((!is_full).then_some((topic, lines)))
    }

    /// Completes when something of this run is recorded, from this call on.
    pub(crate) fn recorded(&self, run: RunId) -> oneshot::Receiver<()> {
        let (tell, told) = oneshot::channel();
        let mut awaited = self.shared.awaited();
        if awaited.len() >= AWAITED_SWEEP {
            awaited.retain(|_, waiting| waiting.iter().any(|tell| !tell.is_closed()));
        }
        awaited.entry(run).or_default().push(tell);
        told
    }

    /// Watches the whole service; nothing when too many do.
    pub(crate) fn watch_all(&self) -> Option<broadcast::Receiver<Arc<Line>>> {
        let service = &self.shared.service;
        (service.receiver_count() < SERVICE_WATCHERS_MAX).then(|| service.subscribe())
    }

    /// Tells the watchers of a run a piece of a model's answer. It is no event: the whole answer will be one.
    pub(crate) fn tell_piece(&self, piece: &Piece) {
        let Some(topic) = self.shared.topic(piece.run) else {
            return;
        };
        let data = json!({ "frame": piece.frame, "ordinal": piece.ordinal, "text": &*piece.text });
        // Nobody watches: nobody is told.
        drop(topic.lines.send(Arc::new(Line::new("token", &data))));
    }

    /// Tells that a workflow was saved, or removed when it has no hash any more.
    pub(crate) fn tell_workflow(&self, id: &str, hash: Option<&str>) {
        let data = json!({ "id": id, "hash": hash });
        self.shared.tell(Line::new("workflow", &data));
    }
}

impl Shared {
    fn tell(&self, line: Line) {
        // Nobody watches: nobody is told.
        let _ = self.service.send(Arc::new(line));
    }

    fn awaited(&self) -> MutexGuard<'_, HashMap<RunId, Vec<oneshot::Sender<()>>>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells those who wait for the next thing that is recorded of a run.
    fn tell_awaiting(&self, run: RunId) {
        for tell in self.awaited().remove(&run).into_iter().flatten() {
            // Whoever waited may have gone.
            let _ = tell.send(());
        }
    }

    /// Nobody knows of which runs something was recorded: everybody who waits looks again.
    fn tell_all_awaiting(&self) {
        for tell in self.awaited().drain().flat_map(|(_, waiting)| waiting) {
            let _ = tell.send(());
        }
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<RunId, Weak<Topic>>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn topic(&self, run: RunId) -> Option<Arc<Topic>> {
        self.topics().get(&run)?.upgrade()
    }

    /// Tells the watchers of a run what is new in it.
    fn tell_new(&self, topic: &Topic) -> Result<(), ReadError> {
        let mut told = topic.told.lock().unwrap_or_else(PoisonError::into_inner);
        for recorded in self.journal.read_kept(topic.run, *told, None)? {
            *told = recorded.seq;
            let line = line_of(recorded, &self.previews)?;
            let _ = topic.lines.send(Arc::new(line));
        }
        Ok(())
    }

    fn tell_run(&self, run: RunId) -> Result<(), ReadError> {
        if self.service.receiver_count() == 0 {
            return Ok(());
        }
        if let Some(row) = self.journal.run(run)? {
            let data = json!({
                "runId": run, "workflow": row.workflow.id, "status": row.status,
                "frames": row.frames, "at": SystemClock.now(),
            });
            self.tell(Line::new("run", &data));
        }
        Ok(())
    }
}

/// The thread: hears what was recorded until it is told to stop.
fn listen(shared: &Shared, ring: SyncSender<Ring>, rung: &Receiver<Ring>) {
    let watch = shared.journal.watch(Some(Box::new(move || {
        if let Err(TrySendError::Disconnected(_)) = ring.try_send(Ring::Notices) {
            tracing::debug!("nobody listens to the journal any more");
        }
    })));
    let mut statuses = HashMap::new();
    while let Ok(Ring::Notices) = rung.recv() {
        while let Some(notice) = watch.take() {
            if let Err(error) = heard(shared, notice, &mut statuses) {
                tracing::warn!(%error, "watchers were not told of something");
            }
        }
    }
}

fn heard(
    shared: &Shared,
    notice: Notice,
    statuses: &mut HashMap<RunId, Status>,
) -> Result<(), ReadError> {
    match notice {
        Notice::Recorded { run, status, .. } => {
            shared.tell_awaiting(run);
            if let Some(topic) = shared.topic(run) {
                shared.tell_new(&topic)?;
            }
            if changed(statuses, run, status) {
                shared.tell_run(run)?;
            }
        }
        Notice::Lagged => {
            shared.tell_all_awaiting();
            shared.tell(Line::new("reread", &json!({})));
            let topics: Vec<_> = shared.topics().values().filter_map(Weak::upgrade).collect();
            for topic in topics {
                shared.tell_new(&topic)?;
            }
        }
    }
    Ok(())
}

/// Whether a run's status is another than the one known; ended runs are forgotten.
fn changed(statuses: &mut HashMap<RunId, Status>, run: RunId, status: Status) -> bool {
    if is_final(status) {
        statuses.remove(&run);
        return true;
    }
    statuses.insert(run, status) != Some(status)
}

/// Whether a run with this status has ended.
pub(crate) fn is_final(status: Status) -> bool {
    matches!(
        status,
        Status::Completed | Status::Failed | Status::Cancelled
    )
}

impl Drop for Hub {
    fn drop(&mut self) {
        // The bell may be full of notices; the thread empties it.
        if self.bell.send(Ring::Stop).is_ok()
            && let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that tells events panicked");
        }
    }
}
