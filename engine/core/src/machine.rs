//! The machine: a run and something that arrived give events to record and effects to perform.
//!
//! [`step`] is pure. It decides, records each decision as an [`Event`](crate::event::Event), and applies that event
//! to the run; [`Run::apply`] alone changes state and needs no policy. So folding the recorded events,
//! on any later build, gives the very state the run was in, and a crash costs nothing but pure work.
//!
//! Reading order: `plan` (a workflow, ready to run), `run` (the state and the fold), `scope` (one
//! execution of one level of the graph), `settle` (what happens next), `activate` (asking a node).

mod activate;
mod apply;
mod fork;
mod open;
mod plan;
mod policy;
mod run;
mod scope;
mod settle;
#[cfg(test)]
mod tests;

pub use plan::Plan;
pub use run::{Outstanding, Run};
pub use settle::{step, take_in};

use crate::effect::{Effect, Outcome};
use crate::event::{Changes, Mode, Recorded};
use crate::id::{FrameId, RunId, Seq};
use crate::script::{EvaluateReply, EvaluateRequest};
use crate::time::Timestamp;
use crate::value::Value;

/// Most events that one step records before it gives the caller a chance to write them down.
pub const STEP_EVENTS_MAX: usize = 4096;

/// Something that reached a run from outside.
#[derive(Clone, Debug)]
pub enum Arrival {
    /// The run begins.
    Start {
        /// Its input.
        input: Value,
        /// Live or dry.
        mode: Mode,
    },
    /// The run, folded up to a moment of another, goes on as a fork.
    Fork {
        /// The run it came from.
        from: RunId,
        /// What is different.
        changes: Changes,
        /// Live or dry.
        mode: Mode,
    },
    /// Nothing new: do what can be done. After a fold, or when a step said there is more.
    Continue,
    /// A recorded effect was answered; also how a signal comes in.
    Answered {
        /// The frame that asked.
        frame: FrameId,
        /// Which of its effects.
        ordinal: u32,
        /// The answer.
        outcome: Outcome,
        /// How long it took.
        took_ms: u64,
    },
    /// An evaluation was made.
    Evaluated {
        /// The frame that asked.
        frame: FrameId,
        /// What was evaluated.
        request: Box<EvaluateRequest>,
        /// What came out.
        reply: EvaluateReply,
        /// Whether the reply was taken from an earlier equal evaluation.
        memo: bool,
    },
    /// Time has passed: due attempts begin, late frames fail.
    Woke,
    /// The process died while this effect was performed, or a dry run has no recording of it.
    InDoubt {
        /// The frame that asked.
        frame: FrameId,
        /// Why nobody can tell the outcome.
        error: crate::Failure,
    },
    /// Somebody asks for another attempt of a paused or interrupted frame.
    Retry {
        /// The frame.
        frame: FrameId,
    },
    /// The run, which knows this workflow's plan, goes on with it; the paused or interrupted frame is attempted again.
    Mend {
        /// What to go on with.
        workflow: crate::event::WorkflowRef,
        /// The frame.
        frame: FrameId,
    },
    /// Somebody wants the run to end.
    Cancel {
        /// Why, or who.
        reason: String,
    },
}

/// Something that the caller is to do for a frame.
#[derive(Clone, Debug)]
pub enum Request {
    /// Perform this effect, once everything recorded so far is durable if it
    /// [is visible](crate::effect::EffectKind::is_visible), and answer with [`Arrival::Answered`].
    Perform(Outstanding),
    /// Evaluate this, and answer with [`Arrival::Evaluated`]. Pure: it may be done at once, or again.
    Evaluate {
        /// The frame that asks.
        frame: FrameId,
        /// What to evaluate.
        request: Box<EvaluateRequest>,
        /// Whether an earlier equal evaluation may answer it.
        memo: bool,
    },
}

/// What a step gives back.
#[derive(Debug, Default)]
pub struct Step {
    /// What was decided, to be written down in this order.
    pub recorded: Vec<Recorded>,
    /// What to do, in this order.
    pub requests: Vec<Request>,
    /// When to come back with [`Arrival::Woke`] if nothing else arrives.
    pub wake_at: Option<Timestamp>,
    /// There is more to do at once: write down and come back with [`Arrival::Continue`].
    pub more: bool,
}

impl Outstanding {
    pub(crate) fn new(frame: FrameId, ordinal: u32, effect: Effect) -> Self {
        Self {
            frame,
            ordinal,
            effect,
        }
    }
}

/// The moment before the first event.
pub(crate) const ROOT: Seq = Seq(0);
