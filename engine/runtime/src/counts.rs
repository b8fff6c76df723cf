//! What a runtime did since it was made, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

use flowforge_engine::frame::Status;

/// What a runtime did since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Runs that were started, forks among them.
    pub started: u64,
    /// Runs that have completed.
    pub completed: u64,
    /// Runs that have failed.
    pub failed: u64,
    /// Runs that were cancelled.
    pub cancelled: u64,
    /// Runs that are being driven now.
    pub active: u64,
    /// Frames that were opened.
    pub frames: u64,
    /// Effects that can be noticed outside.
    pub effects: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counting {
    started: AtomicU64,
    completed: AtomicU64,
    failed: AtomicU64,
    cancelled: AtomicU64,
    frames: AtomicU64,
}

impl Counting {
    pub(crate) fn started(&self) {
        self.started.fetch_add(1, Ordering::Relaxed);
    }

    /// A run was driven until it came to rest, and opened so many frames meanwhile.
    pub(crate) fn driven(&self, status: Status, frames: u64) {
        self.frames.fetch_add(frames, Ordering::Relaxed);
        let ended = match status {
            Status::Completed => &self.completed,
            Status::Failed => &self.failed,
            Status::Cancelled => &self.cancelled,
            _ => return,
        };
        ended.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn counts(&self, active: usize, effects: u64) -> Counts {
        Counts {
            started: self.started.load(Ordering::Relaxed),
            completed: self.completed.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            cancelled: self.cancelled.load(Ordering::Relaxed),
            active: active as u64,
            frames: self.frames.load(Ordering::Relaxed),
            effects,
        }
    }
}
