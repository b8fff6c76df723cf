//! The background: one thread that keeps the index up with the journal.
//!
//! A run must never feel it. It reads many commits at once and seldom, holds no lock that a run needs,
//! works at low priority where the platform knows priorities of threads, and when there is nothing to do
//! gives its memory back. Threads that the search library starts for it inherit its priority.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, Builder, JoinHandle, Thread};
use std::time::Duration;

use super::feed::{Feed, Watching};
use super::{Search, SearchError};

/// Commits of the journal per step.
const COMMITS_PER_STEP: usize = 1024;
/// Pause between steps while the journal grows, so that each step has much to read.
const BREATH: Duration = Duration::from_millis(100);
/// What was read can be found after this many steps at the latest, and at once when the journal is quiet.
const STEPS_PER_COMMIT: u32 = 20;
/// Memory is given back when nothing came for this long.
const REST_AFTER: Duration = Duration::from_secs(10);
/// Pause after trouble.
const BACK_OFF: Duration = Duration::from_secs(30);

/// The background thread. It stops when this is dropped.
#[derive(Debug)]
pub struct Indexer {
    bell: Arc<Bell>,
    thread: Option<JoinHandle<()>>,
}

impl Indexer {
    /// Starts to keep `search` up with `feed`.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn spawn<F: Feed + 'static>(search: Search, feed: F) -> std::io::Result<Self> {
        let bell = Arc::new(Bell::default());
        let (rung, heard) = (Arc::clone(&bell), Arc::clone(&bell));
        let thread = spawn(move || {
            lower_priority();
            heard.listen();
            let watching = feed.watch(Box::new(move || rung.ring()));
            Background {
                search,
                feed,
                bell: heard,
                watching,
            }
            .keep_up();
        })?;
        Ok(Self {
            bell,
            thread: Some(thread),
        })
    }

    /// Stops after what was read is durable. What is left is indexed after the next start.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Indexer {
    fn drop(&mut self) {
        self.bell.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the index is written by a thread of its own"
)]
fn spawn(work: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    Builder::new().name("search-indexer".into()).spawn(work)
}

/// Wakes the thread. Ringing takes no lock, because the journal's writer does it.
#[derive(Debug, Default)]
struct Bell {
    news: AtomicBool,
    stopped: AtomicBool,
    /// Whether news is waited for: it must not end a pause.
    awaited: AtomicBool,
    listener: OnceLock<Thread>,
}

impl Bell {
    fn listen(&self) {
        self.listener.get_or_init(thread::current);
    }

    /// Says that there is more.
    fn ring(&self) {
        self.news.store(true, Ordering::SeqCst);
        if self.awaited.load(Ordering::SeqCst) {
            self.wake();
        }
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.wake();
    }

    fn wake(&self) {
        if let Some(listener) = self.listener.get() {
            listener.unpark();
        }
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    fn take_news(&self) -> bool {
        self.news.swap(false, Ordering::SeqCst)
    }

    /// Waits until there is news, it is stopped, or about `patience` passed. Whether there is news.
    fn wait(&self, patience: Option<Duration>) -> bool {
        self.awaited.store(true, Ordering::SeqCst);
        if !self.news.load(Ordering::SeqCst) && !self.is_stopped() {
            match patience {
                Some(patience) => thread::park_timeout(patience),
                None => thread::park(),
            }
        }
        self.awaited.store(false, Ordering::SeqCst);
        self.news.load(Ordering::SeqCst)
    }

    /// Waits until it is stopped or about `patience` passed.
    fn pause(&self, patience: Duration) {
        if !self.is_stopped() {
            thread::park_timeout(patience);
        }
    }
}

/// What the thread works with.
struct Background<F> {
    search: Search,
    feed: F,
    bell: Arc<Bell>,
    watching: Box<dyn Watching>,
}

/// What the thread is at.
#[derive(Clone, Copy, Debug)]
enum State {
    /// Nothing was compared with the journal yet.
    Reconcile,
    /// There may be more to read; after so many steps since the last commit.
    Read { steps: u32 },
    /// All is committed.
    Idle,
    /// All is committed, and memory was given back.
    Resting,
}

impl<F: Feed> Background<F> {
    fn keep_up(mut self) {
        let mut state = State::Reconcile;
        while !self.bell.is_stopped() {
            state = self.step(state).unwrap_or_else(|error| {
                tracing::warn!(%error, "the search index falls behind; trying again later");
                self.bell.pause(BACK_OFF);
                State::Read { steps: 0 }
            });
        }
        if let Err(error) = self.search.rest() {
            tracing::warn!(%error, "the search index stays behind until the next start");
        }
    }

    fn step(&mut self, state: State) -> Result<State, SearchError> {
        match state {
            State::Reconcile => {
                self.search.reconcile(&self.feed)?;
                Ok(State::Read { steps: 0 })
            }
            State::Read { steps } => self.read(steps),
            State::Idle if self.bell.wait(Some(REST_AFTER)) => Ok(State::Read { steps: 0 }),
            State::Idle => {
                self.search.rest()?;
                Ok(State::Resting)
            }
            State::Resting if self.bell.wait(None) => Ok(State::Read { steps: 0 }),
            State::Resting => Ok(State::Resting),
        }
    }

    fn read(&mut self, steps: u32) -> Result<State, SearchError> {
        if self.bell.take_news() {
            self.watching.again();
        }
        let progress = self.search.index_some(&self.feed, COMMITS_PER_STEP)?;
        let is_all = progress.read < COMMITS_PER_STEP;
        if is_all && !self.bell.wait(Some(BREATH)) {
            self.search.commit()?;
            return Ok(State::Idle);
        }
        if steps >= STEPS_PER_COMMIT {
            self.search.commit()?;
            return Ok(State::Read { steps: 0 });
        }
        if is_all {
            self.bell.pause(BREATH);
        }
        Ok(State::Read { steps: steps + 1 })
    }
}

/// Lets runs go first. Only where a priority belongs to a thread: elsewhere it would slow the process.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICE) {
        tracing::debug!(%error, "the search index is written at normal priority");
    }
}

/// Enough to give way, not so much that a run could wait long for a lock held by this thread.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;
