//! What a run is doing, as it happens: a line on stderr for each frame that ended and is on disk.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use flowforge_engine::event::{Disposition, Ending, Event, Recorded};
use flowforge_engine::{FrameId, RunId, Seq, Timestamp};
use flowforge_snapshots::{Journal, Notice};

use super::output::Output;

/// Follows one run on a thread of its own, and prints.
pub(crate) struct Progress {
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Follows a run from its beginning; says nothing when programs read along.
    pub(crate) fn follow(journal: &Journal, run: RunId, output: &Output) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        if output.is_json() {
            return Self { done, thread: None };
        }
        let mut reading = Reading::new(journal.clone(), run, *output);
        let stop = Arc::clone(&done);
        let (wake, woken) = std::sync::mpsc::sync_channel(1);
        let watch = journal.watch(Some(Box::new(move || {
            // Full means that the follower was told already.
            let _ = wake.try_send(());
        })));
        let thread = std::thread::spawn(move || {
            while !stop.load(Ordering::Acquire) {
                if woken
                    .recv_timeout(std::time::Duration::from_millis(100))
                    .is_ok()
                {
                    while let Some(Notice::Recorded { .. } | Notice::Lagged) = watch.take() {}
                    reading.catch_up();
                }
            }
            reading.catch_up();
        });
        Self {
            done,
            thread: Some(thread),
        }
    }

    /// Prints what is left and stops.
    pub(crate) fn finish(mut self) {
        self.done.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // A panic in the printing thread is reported by the panic hook; the run is not affected.
            drop(thread.join());
        }
    }
}

/// A journal's events, printed as lines.
struct Reading {
    journal: Journal,
    run: RunId,
    output: Output,
    seen: Seq,
    lines: Lines,
}

impl Reading {
    fn new(journal: Journal, run: RunId, output: Output) -> Self {
        Self {
            journal,
            run,
            output,
            seen: Seq(0),
            lines: Lines::default(),
        }
    }

    fn catch_up(&mut self) {
        let Ok(events) = self.journal.read_kept(self.run, self.seen, None) else {
            return;
        };
        for recorded in events {
            self.seen = recorded.seq;
            if let Some(line) = self.lines.line(&recorded) {
                self.output.note(&line);
            }
        }
    }
}

/// Events turned into lines.
#[derive(Default)]
pub(crate) struct Lines {
    open: HashMap<FrameId, (String, Timestamp)>,
}

impl Lines {
    /// What is told of an event; the run's events come in order.
    pub(crate) fn line<V>(&mut self, recorded: &Recorded<V>) -> Option<String> {
        match &recorded.event {
            Event::FrameOpened { node, attempt, .. } => {
                let name = if *attempt > 1 {
                    format!("{node} (attempt {attempt})")
                } else {
                    node.to_string()
                };
                self.open.insert(recorded.seq, (name, recorded.at));
                None
            }
            Event::FrameSkipped { node, .. } => Some(format!("  - {node} skipped")),
            Event::FrameClosed { frame, ending, .. } => {
                let (name, opened) = self.open.remove(frame)?;
                Some(format!(
                    "  {} {} ms",
                    ended(&name, ending),
                    recorded.at.since_ms(opened)
                ))
            }
            Event::RunRetried { attempt, .. } => Some(format!(
                "  ~ the run is attempted again (attempt {attempt})"
            )),
            _ => None,
        }
    }
}

fn ended<V>(name: &str, ending: &Ending<V>) -> String {
    match ending {
        Ending::Completed { .. } => format!("✓ {name}"),
        Ending::Failed {
            error,
            then: Disposition::Retry { .. },
        } => format!("~ {name} will retry: {}", error.message),
        Ending::Failed { error, .. } => format!("✗ {name}: {}", error.message),
        Ending::Cancelled => format!("- {name} cancelled"),
        Ending::Interrupted { error } => format!("? {name}: {}", error.message),
    }
}
