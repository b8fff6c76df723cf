//! What waits for the writer: bounded, so that callers wait instead of memory filling up.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::writer::Job;

/// Most bytes that wait; a single larger job is taken when nothing else waits.
const QUEUE_BYTES_MAX: usize = 64 << 20;
/// Most jobs that wait.
const QUEUE_JOBS_MAX: usize = 8192;
/// The writer takes jobs for one commit until they reach this many bytes.
const GROUP_BYTES: usize = 16 << 20;

/// A queue with one consumer.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    drained: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<(Job, usize)>,
    bytes: usize,
    closed: bool,
}

impl Queue {
    /// Puts a job at the end, waiting while the queue is full. Gives it back when the queue is closed.
    pub(crate) fn push(&self, job: Job, bytes: usize) -> Result<(), Job> {
        let mut state = self.state();
        while !state.closed && state.is_full(bytes) {
            state = self
                .drained
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if state.closed {
            return Err(job);
        }
        state.jobs.push_back((job, bytes));
        state.bytes += bytes;
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// Everything that waits, as far as it fits one commit. Waits for something; `None` once it is closed
    /// and empty.
    pub(crate) fn take(&self) -> Option<Vec<Job>> {
        let mut state = self.state();
        while state.jobs.is_empty() {
            if state.closed {
                return None;
            }
            state = self
                .filled
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let mut group = Vec::with_capacity(state.jobs.len());
        let mut bytes = 0;
        while bytes < GROUP_BYTES
            && let Some((job, size)) = state.jobs.pop_front()
        {
            bytes += size;
            group.push(job);
        }
        state.bytes -= bytes;
        drop(state);
        self.drained.notify_all();
        Some(group)
    }

    /// Lets nothing more in; what waits is still taken.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.filled.notify_all();
        self.drained.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_full(&self, bytes: usize) -> bool {
        self.jobs.len() >= QUEUE_JOBS_MAX
            || (self.bytes > 0 && self.bytes + bytes > QUEUE_BYTES_MAX)
    }
}
