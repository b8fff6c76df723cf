//! What one evaluation shares with the functions it calls: its answers, its logs, its cost, and why it
//! must stop.
//!
//! Rhai swallows errors in some places, such as the comparer of a sort. So a stop is also remembered
//! here, every further operation repeats it, and it decides how the evaluation ended, whatever the
//! script did about it.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use rhai::{Dynamic, EvalAltResult, Position};

use crate::effect::{Effect, Outcome};
use crate::event::LogLine;
use crate::failure::{Failure, FailureKind};

use super::convert::to_dynamic;
use super::logs::Logs;

/// Most effects that one evaluation may ask for.
pub(super) const EFFECTS_MAX: usize = 1_000;
/// Memory is looked at once in so many operations.
const OPERATIONS_PER_LOOK: u64 = 256;

/// Tells how many bytes the process holds.
pub type MemoryProbe = Box<dyn Fn() -> u64>;

/// Why an evaluation must stop.
#[derive(Clone, Debug)]
pub(super) enum Stop {
    /// It asked for this effect, and no answer is there yet.
    Needs(Effect),
    /// It passed a limit.
    Limit(Failure),
}

/// The bounds that hold while it runs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bounds {
    pub(super) operations: u64,
    pub(super) memory_bytes: u64,
}

/// What one evaluation shares with the functions it calls.
#[derive(Default)]
pub(super) struct Conversation {
    answers: RefCell<Arc<[Outcome]>>,
    asked: Cell<usize>,
    stop: RefCell<Option<Stop>>,
    stopped: Cell<bool>,
    logs: RefCell<Logs>,
    bounds: Cell<Bounds>,
    operations_before: Cell<u64>,
    operations: Cell<u64>,
    memory: Option<MemoryProbe>,
    memory_before: Cell<u64>,
    memory_peak: Cell<u64>,
}

impl Conversation {
    pub(super) fn new(memory: Option<MemoryProbe>) -> Self {
        Self {
            memory,
            ..Self::default()
        }
    }

    /// Forgets everything of the last evaluation and begins another. The bound on memory is on top of
    /// what the process holds now.
    pub(super) fn begin(&self, answers: &[Outcome], bounds: Bounds) {
        self.answers.replace(answers.into());
        self.asked.set(0);
        self.stop.replace(None);
        self.stopped.set(false);
        self.logs.take();
        self.bounds.set(bounds);
        self.operations_before.set(0);
        self.operations.set(0);
        let held = self.memory.as_ref().map_or(0, |probe| probe());
        self.memory_before.set(held);
        self.memory_peak.set(held);
    }

    /// Notes that the next source begins: Rhai counts operations from 0 again.
    pub(super) fn begin_source(&self) {
        self.operations_before.set(self.operations.get());
    }

    /// Counts; called by Rhai at each operation.
    pub(super) fn progress(&self, operations_of_source: u64) -> Option<Dynamic> {
        let operations = self.operations_before.get() + operations_of_source;
        self.operations.set(operations);
        if operations > self.bounds.get().operations {
            self.stop_at(too_many_operations(self.bounds.get().operations));
        }
        if operations_of_source.is_multiple_of(OPERATIONS_PER_LOOK) {
            self.look_at_memory();
        }
        self.stopped.get().then_some(Dynamic::UNIT)
    }

    /// Stops when the process holds too much.
    pub(super) fn look_at_memory(&self) {
        let Some(probe) = &self.memory else { return };
        let bytes = probe();
        self.memory_peak.set(self.memory_peak.get().max(bytes));
        let bytes_max = self.bounds.get().memory_bytes;
        if bytes.saturating_sub(self.memory_before.get()) > bytes_max {
            self.stop_at(too_much_memory(bytes_max));
        }
    }

    /// The answer to the next effect, or the reason to stop.
    pub(super) fn ask(&self, effect: Effect) -> Result<Dynamic, Box<EvalAltResult>> {
        if self.stopped.get() {
            return Err(terminated());
        }
        let ordinal = self.asked.get();
        self.asked.set(ordinal + 1);
        if ordinal >= EFFECTS_MAX {
            self.stop_at(too_many_effects());
            return Err(terminated());
        }
        match self.answers.borrow().get(ordinal) {
            Some(Ok(value)) => Ok(to_dynamic(value)),
            Some(Err(failure)) => Err(thrown(ordinal, failure)),
            None => {
                self.set_stop(Stop::Needs(effect));
                Err(terminated())
            }
        }
    }

    /// The failed outcome that a thrown value came from, if it came from one.
    pub(super) fn outcome_of(&self, thrown: &Dynamic) -> Option<Failure> {
        let ordinal = usize::try_from(thrown.tag()).ok()?.checked_sub(1)?;
        let answers = self.answers.borrow();
        let failure = answers.get(ordinal)?.as_ref().err()?;
        let same = thrown
            .as_immutable_string_ref()
            .is_ok_and(|text| text.as_str() == failure.message);
        same.then(|| failure.clone())
    }

    /// Adds a log line.
    pub(super) fn log(&self, level: &str, text: &str) {
        self.logs.borrow_mut().add(level, text);
    }

    /// Stops with a limit, unless it has stopped before.
    pub(super) fn stop_at(&self, failure: Failure) {
        self.set_stop(Stop::Limit(failure));
    }

    /// Why it stopped, if it has.
    pub(super) fn stop(&self) -> Option<Stop> {
        self.stop.borrow().clone()
    }

    /// The log lines so far, which are then forgotten.
    pub(super) fn take_logs(&self) -> Vec<LogLine> {
        self.logs.take().into_lines()
    }

    /// Operations so far.
    pub(super) fn operations(&self) -> u64 {
        self.operations.get()
    }

    /// The most memory that was seen, in bytes.
    pub(super) fn memory_peak(&self) -> u64 {
        self.memory_peak.get()
    }

    fn set_stop(&self, stop: Stop) {
        self.stopped.set(true);
        self.stop.borrow_mut().get_or_insert(stop);
    }
}

/// The error that no script can catch.
pub(super) fn terminated() -> Box<EvalAltResult> {
    EvalAltResult::ErrorTerminated(Dynamic::UNIT, Position::NONE).into()
}

/// A failed outcome as a thrown message; the tag tells later which outcome it was.
fn thrown(ordinal: usize, failure: &Failure) -> Box<EvalAltResult> {
    let mut message = Dynamic::from(failure.message.clone());
    if let Ok(tag) = (ordinal + 1).try_into() {
        message.set_tag(tag);
    }
    EvalAltResult::ErrorRuntime(message, Position::NONE).into()
}

fn too_many_operations(operations: u64) -> Failure {
    limit(format!("the script used more than {operations} operations"))
        .with_hint("look for a loop that does not end, or do the work in several nodes")
}

fn too_much_memory(bytes: u64) -> Failure {
    limit(format!(
        "the script used more than {} MiB of memory",
        bytes >> 20
    ))
    .with_hint("keep less in variables, or work on smaller pieces with flow.for_each")
}

fn too_many_effects() -> Failure {
    limit(format!(
        "the script asked for more than {EFFECTS_MAX} effects"
    ))
    .with_hint("call from a flow.for_each loop around an http.request node")
}

fn limit(message: String) -> Failure {
    Failure::new(FailureKind::Limit, message)
}
