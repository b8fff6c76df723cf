//! Who wants to know that something was recorded.
//!
//! A notice says that a run has events up to a seq; the events themselves are read from the journal. So a
//! slow watcher loses nothing: notices of one run melt into one, and when too many runs wait it is
//! told, once, that it lags and should look at all of them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

use flowforge_engine::frame::Status;
use flowforge_engine::{RunId, Seq};

/// Most runs that wait in one watch.
const WATCH_RUNS_MAX: usize = 1024;

/// Something that was recorded and is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A run has events up to `last_seq` now.
    Recorded {
        /// The run.
        run: RunId,
        /// Its last event.
        last_seq: Seq,
        /// Where it is in its life.
        status: Status,
    },
    /// More happened than was kept track of: look at every run of interest.
    Lagged,
}

/// One watcher's notices.
#[derive(Debug)]
pub struct Watch(Arc<Waiting>);

/// Called, on the writer's thread, when a watch that was empty has a notice. It must be quick.
pub type Wake = Box<dyn Fn() + Send + Sync>;

struct Waiting {
    state: Mutex<State>,
    filled: Condvar,
    wake: Option<Wake>,
}

#[derive(Default)]
struct State {
    order: VecDeque<RunId>,
    notices: HashMap<RunId, (Seq, Status)>,
    lagged: bool,
    closed: bool,
}

/// All watchers.
#[derive(Debug, Default)]
pub(crate) struct Watchers(Mutex<Vec<Weak<Waiting>>>);

impl Watch {
    /// The next notice; waits for one. `None` once the journal is closed.
    #[must_use]
    pub fn wait(&self) -> Option<Notice> {
        let mut state = self.0.state();
        loop {
            if let Some(notice) = state.pop() {
                return Some(notice);
            }
            if state.closed {
                return None;
            }
            state = self
                .0
                .filled
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The next notice, if there is one.
    #[must_use]
    pub fn take(&self) -> Option<Notice> {
        self.0.state().pop()
    }
}

impl Watchers {
    /// A new watch, which sees what is recorded from now on.
    pub(crate) fn watch(&self, wake: Option<Wake>) -> Watch {
        let waiting = Arc::new(Waiting {
            state: Mutex::default(),
            filled: Condvar::new(),
            wake,
        });
        let mut all = self.all();
        all.retain(|watch| watch.strong_count() > 0);
        all.push(Arc::downgrade(&waiting));
        Watch(waiting)
    }

    /// Tells everybody.
    pub(crate) fn tell(&self, run: RunId, last_seq: Seq, status: Status) {
        for watch in self.all().iter().filter_map(Weak::upgrade) {
            watch.tell(run, last_seq, status);
        }
    }

    /// Tells everybody that nothing more will come.
    pub(crate) fn close(&self) {
        for watch in self.all().drain(..).filter_map(|watch| watch.upgrade()) {
            watch.state().closed = true;
            watch.filled.notify_all();
            watch.wake();
        }
    }

    fn all(&self) -> MutexGuard<'_, Vec<Weak<Waiting>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, run: RunId, last_seq: Seq, status: Status) {
        let was_empty = {
            let mut state = self.state();
            let was_empty = state.is_empty();
            state.push(run, last_seq, status);
            was_empty
        };
        self.filled.notify_all();
        if was_empty {
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(wake) = &self.wake {
            wake();
        }
    }
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waiting")
            .field("notices", &self.state().order.len())
            .finish_non_exhaustive()
    }
}

impl State {
    fn is_empty(&self) -> bool {
        self.order.is_empty() && !self.lagged
    }

    fn push(&mut self, run: RunId, last_seq: Seq, status: Status) {
        if self.notices.len() >= WATCH_RUNS_MAX && !self.notices.contains_key(&run) {
            self.order.clear();
            self.notices.clear();
            self.lagged = true;
        }
        if self.notices.insert(run, (last_seq, status)).is_none() {
            self.order.push_back(run);
        }
    }

    fn pop(&mut self) -> Option<Notice> {
        if std::mem::take(&mut self.lagged) {
            return Some(Notice::Lagged);
        }
        let run = self.order.pop_front()?;
        let (last_seq, status) = self
            .notices
            .remove(&run)
            .expect("every run in the order has a notice");
        Some(Notice::Recorded {
            run,
            last_seq,
            status,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(number: u128) -> RunId {
        RunId(uuid::Uuid::from_u128(number))
    }

    fn recorded(number: u128, seq: u64) -> Notice {
        Notice::Recorded {
            run: run(number),
            last_seq: Seq(seq),
            status: Status::Running,
        }
    }

    #[test]
    fn notices_of_one_run_melt_into_the_latest() {
        let watchers = Watchers::default();
        let watch = watchers.watch(None);
        for (number, seq) in [(1, 1), (2, 1), (1, 5)] {
            watchers.tell(run(number), Seq(seq), Status::Running);
        }
        assert_eq!(watch.take(), Some(recorded(1, 5)));
        assert_eq!(watch.take(), Some(recorded(2, 1)));
        assert_eq!(watch.take(), None);
    }

    #[test]
    fn a_watcher_that_does_not_look_is_told_that_it_lags() {
        let watchers = Watchers::default();
        let watch = watchers.watch(None);
        for number in 0..=WATCH_RUNS_MAX as u128 {
            watchers.tell(run(number), Seq(1), Status::Running);
        }
        assert_eq!(watch.take(), Some(Notice::Lagged));
        assert_eq!(watch.take(), Some(recorded(WATCH_RUNS_MAX as u128, 1)));
        assert_eq!(watch.take(), None);
    }

    #[test]
    fn it_wakes_when_something_comes_after_nothing() {
        let woken = Arc::new(Mutex::new(0));
        let count = Arc::clone(&woken);
        let watchers = Watchers::default();
        let watch = watchers.watch(Some(Box::new(move || *count.lock().unwrap() += 1)));
        watchers.tell(run(1), Seq(1), Status::Running);
        watchers.tell(run(1), Seq(2), Status::Running);
        assert_eq!(*woken.lock().unwrap(), 1);
        assert_eq!(watch.wait(), Some(recorded(1, 2)));
        watchers.close();
        assert_eq!(watch.wait(), None);
        assert_eq!(*woken.lock().unwrap(), 2);
    }
}
