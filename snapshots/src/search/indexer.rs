//! The background: one thread that keeps the index up with the journal.
//!
//! A run must never feel it. It reads many commits at once and seldom, holds no lock that a run needs,
//! works at low priority where the platform knows priorities of threads, and when there is nothing to do
//! gives its memory back. Threads that the search library starts for it inherit its priority.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use super::feed::Feed;
use super::{Search, SearchError};

/// Commits of the journal per step.
const COMMITS_PER_STEP: usize = 1024;
/// Pause between steps while the journal grows, so that each step has much to read.
const BREATH: Duration = Duration::from_millis(100);
/// What was read can be found after this long at the latest, and at once when the journal is quiet.
const COMMIT_AFTER: Duration = Duration::from_secs(3);
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
    pub fn spawn<F: Feed + 'static>(search: Search, feed: Arc<F>) -> std::io::Result<Self> {
        let bell = Arc::new(Bell::default());
        let watched = Arc::downgrade(&bell);
        let listening = Arc::clone(&bell);
        let thread = thread::Builder::new()
            .name("search-indexer".into())
            .spawn(move || {
                lower_priority();
                listening.listen();
                feed.watch(Box::new(move || {
                    watched.upgrade().is_some_and(|bell| bell.ring())
                }));
                keep_up(&search, feed.as_ref(), &listening);
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

/// Wakes the thread. Ringing takes no lock, because the journal's writer does it.
#[derive(Debug, Default)]
struct Bell {
    news: AtomicBool,
    stopped: AtomicBool,
    listener: OnceLock<Thread>,
}

impl Bell {
    fn listen(&self) {
        self.listener.get_or_init(thread::current);
    }

    /// Says that there is more; false when nobody listens any more.
    fn ring(&self) -> bool {
        if !self.news.swap(true, Ordering::AcqRel) {
            self.wake();
        }
        !self.is_stopped()
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.wake();
    }

    fn wake(&self) {
        if let Some(listener) = self.listener.get() {
            listener.unpark();
        }
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Waits until there is news, it is stopped, or patience ends. Whether there was news.
    fn wait(&self, patience: Option<Duration>) -> bool {
        self.wait_until(patience, || self.news.swap(false, Ordering::AcqRel))
    }

    /// Waits until it is stopped or patience ends.
    fn pause(&self, patience: Duration) {
        self.wait_until(Some(patience), || false);
    }

    fn wait_until(&self, patience: Option<Duration>, mut done: impl FnMut() -> bool) -> bool {
        let end = patience.map(|patience| Instant::now() + patience);
        loop {
            if done() {
                return true;
            }
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            if self.is_stopped() || left == Some(Duration::ZERO) {
                return false;
            }
            match left {
                Some(left) => thread::park_timeout(left),
                None => thread::park(),
            }
        }
    }
}

fn keep_up<F: Feed>(search: &Search, feed: &F, bell: &Bell) {
    let mut state = State::Reconcile;
    while !bell.is_stopped() {
        state = match state.step(search, feed, bell) {
            Ok(next) => next,
            Err(error) => {
                tracing::warn!(%error, "the search index falls behind; trying again later");
                bell.pause(BACK_OFF);
                State::Read { since: None }
            }
        };
    }
    if let Err(error) = search.rest() {
        tracing::warn!(%error, "the search index stays behind until the next start");
    }
}

/// What the thread is at.
#[derive(Clone, Copy, Debug)]
enum State {
    /// Nothing was compared with the journal yet.
    Reconcile,
    /// There may be more; `since` is when the first of what waits to be committed was read.
    Read { since: Option<Instant> },
    /// All is committed.
    Idle,
}

impl State {
    fn step<F: Feed>(self, search: &Search, feed: &F, bell: &Bell) -> Result<Self, SearchError> {
        match self {
            Self::Reconcile => {
                search.reconcile(feed)?;
                Ok(Self::Read { since: None })
            }
            Self::Read { since } => read(search, feed, bell, since),
            Self::Idle => {
                if !bell.wait(Some(REST_AFTER)) && !bell.is_stopped() {
                    search.rest()?;
                    bell.wait(None);
                }
                Ok(Self::Read { since: None })
            }
        }
    }
}

fn read<F: Feed>(
    search: &Search,
    feed: &F,
    bell: &Bell,
    since: Option<Instant>,
) -> Result<State, SearchError> {
    let progress = search.index_some(feed, COMMITS_PER_STEP)?;
    let since = since.or_else(|| (progress.read > 0).then(Instant::now));
    if since.is_some_and(|since| since.elapsed() >= COMMIT_AFTER) {
        search.commit()?;
        return Ok(State::Read { since: None });
    }
    if progress.lag > 0 {
        return Ok(State::Read { since });
    }
    if bell.wait(Some(BREATH)) {
        bell.pause(BREATH);
        return Ok(State::Read { since });
    }
    search.commit()?;
    Ok(State::Idle)
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
