//! The recorded facts of a run. Folding them gives its state at any moment.
//!
//! An event holds decisions, never reasons to decide: folding needs no policy, so an old journal folds
//! to the same state on a newer build. Frames and scopes are named by the seq of the event that opened
//! them. `V` is how values are held: [`Value`] in memory, a stored form on disk.

use serde::{Deserialize, Serialize};

use crate::effect::{Effect, Outcome};
use crate::failure::Failure;
use crate::id::{FrameId, NodeId, RunId, ScopeId, Seq, WorkflowId};
use crate::time::Timestamp;
use crate::value::{Address, Value};

/// An event with its number and time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recorded<V = Value> {
    /// Its number in the run, from 1 without gaps.
    pub seq: Seq,
    /// When it was recorded, by the edge's clock; order is by `seq`, never by time.
    pub at: Timestamp,
    /// The fact.
    pub event: Event<V>,
}

/// Which exact workflow a run executes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowRef {
    /// The workflow's id.
    pub id: WorkflowId,
    /// Its author's version number.
    pub version: u64,
    /// The content address of the whole document.
    pub hash: Address,
}

/// Whether effects are performed or answered from recordings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// Effects are performed.
    #[default]
    Live,
    /// Effects are answered from recordings; an unmatched one stops and asks.
    Dry,
}

/// What a failed frame does to the rest, decided when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Disposition {
    /// The level it is in fails.
    Stop,
    /// Downstream goes on with `{error}` as the value of the port `out`.
    Continue,
    /// Downstream of the port `error` goes on.
    Port,
    /// The run waits until somebody asks for another attempt.
    Pause,
    /// Another attempt at this moment.
    Retry {
        /// When, at the earliest.
        at: Timestamp,
    },
}

/// How a closed frame ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ending<V = Value> {
    /// With a value for each port that it used; the others stay dead.
    Completed {
        /// Port and value, in the node type's port order.
        outputs: Vec<(String, V)>,
    },
    /// With an error.
    Failed {
        /// Why.
        error: Failure<V>,
        /// What follows.
        then: Disposition,
    },
    /// Because the run, or the level around it, was ended.
    Cancelled,
    /// The process died while it performed an effect that must not be repeated blindly.
    Interrupted {
        /// Which effect is in doubt.
        error: Failure<V>,
    },
}

/// One line that a node wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogLine {
    /// `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// The text; all lines of a frame together hold at most 64 KiB and a marker.
    pub text: String,
}

/// What a frame cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Rhai operations, over all evaluations.
    pub operations: u64,
    /// Most memory a sandbox process held for it, in bytes; 0 when none was used.
    pub memory_bytes: u64,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RunEnding<V = Value> {
    /// Every node that could run has; the run's output.
    Completed {
        /// The only end node's value, or a record by node id when there are several.
        output: V,
    },
    /// A failure that nothing handled.
    Failed {
        /// The failure.
        error: Failure<V>,
    },
    /// Somebody cancelled it.
    Cancelled,
}

/// What a fork does differently.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Changes<V = Value> {
    /// Another workflow version, with the parameters and code already changed.
    pub workflow: Option<WorkflowRef>,
    /// The input that a node gets instead, the next time it opens or if it is open.
    pub inputs: Vec<(NodeId, V)>,
}

/// A recorded fact. New kinds go at the end: the order is part of the journal's format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Event<V = Value> {
    /// The first event of every run.
    RunStarted {
        /// What is executed.
        workflow: WorkflowRef,
        /// The run's input.
        input: V,
        /// Live or dry.
        mode: Mode,
    },
    /// The first event of a fork's own; everything before it belongs to `from`.
    RunForked {
        /// The run it came from.
        from: RunId,
        /// The last event that is shared.
        at: Seq,
        /// What is different.
        changes: Changes<V>,
        /// Live or dry.
        mode: Mode,
    },
    /// A node was activated. The frame's id is this event's seq.
    FrameOpened {
        /// The level it is in.
        scope: ScopeId,
        /// The node.
        node: NodeId,
        /// Counted from 1.
        attempt: u32,
        /// What `input` is for it.
        input: V,
        /// How long it was ready before it could start.
        queued_ms: u64,
    },
    /// A node was passed over, because every edge to it was dead.
    FrameSkipped {
        /// The level it is in.
        scope: ScopeId,
        /// The node.
        node: NodeId,
    },
    /// A frame asks the world for something.
    EffectRequested {
        /// The frame.
        frame: FrameId,
        /// Counted from 0 inside the frame.
        ordinal: u32,
        /// What is asked.
        effect: Effect<V>,
    },
    /// The world answered.
    EffectAnswered {
        /// The frame.
        frame: FrameId,
        /// Which of its effects.
        ordinal: u32,
        /// The answer.
        outcome: Outcome<V>,
        /// How long it took.
        took_ms: u64,
    },
    /// A frame ended.
    FrameClosed {
        /// The frame.
        frame: FrameId,
        /// How.
        ending: Ending<V>,
        /// What it wrote.
        logs: Vec<LogLine>,
        /// What it cost.
        usage: Usage,
        /// Whether the result was taken from an earlier equal frame.
        memo: bool,
    },
    /// A loop knows its items.
    LoopStarted {
        /// The loop's frame.
        frame: FrameId,
        /// One per iteration, as a list.
        items: V,
        /// How many iterations may run at once.
        parallelism: u32,
    },
    /// An iteration or a sub-workflow begins. The scope's id is this event's seq.
    ScopeOpened {
        /// The loop's or the call's frame.
        frame: FrameId,
        /// The iteration, counted from 0.
        index: u64,
        /// The item, or the sub-workflow's input.
        input: V,
    },
    /// An iteration or a sub-workflow ended well; when it fails, its frame does.
    ScopeClosed {
        /// The scope.
        scope: ScopeId,
        /// Its output.
        output: V,
    },
    /// Another attempt was asked for: of a paused or interrupted frame, or of every failed frame of the root level.
    RetryRequested {
        /// The frame to attempt again.
        frame: FrameId,
    },
    /// The failed root level gets another attempt by the workflow's policy; completed frames stay.
    RunRetried {
        /// Counted from 2.
        attempt: u32,
        /// When, at the earliest.
        at: Timestamp,
    },
    /// Somebody wants the run to end.
    CancelRequested {
        /// Why, or who.
        reason: String,
    },
    /// The last event of a run.
    RunClosed {
        /// How it ended.
        ending: RunEnding<V>,
    },
    /// The run goes on with another workflow, and the frame that waits gets another attempt under it. What is
    /// done stays done.
    RunMended {
        /// What is executed from here on; the documents of called workflows are not touched.
        workflow: WorkflowRef,
        /// The paused or interrupted frame to attempt again.
        frame: FrameId,
    },
}

impl<V> Recorded<V> {
    /// The same event with its values in another representation.
    ///
    /// # Errors
    /// The first error of `map`.
    pub fn try_map<W, E>(self, map: &mut impl FnMut(V) -> Result<W, E>) -> Result<Recorded<W>, E> {
        let Self { seq, at, event } = self;
        Ok(Recorded {
            seq,
            at,
            event: event.try_map(map)?,
        })
    }
}

impl<V> Ending<V> {
    /// The same ending with its values in another representation.
    ///
    /// # Errors
    /// The first error of `map`.
    pub fn try_map<W, E>(self, map: &mut impl FnMut(V) -> Result<W, E>) -> Result<Ending<W>, E> {
        Ok(match self {
            Self::Completed { outputs } => Ending::Completed {
                outputs: map_named(outputs, map)?,
            },
            Self::Failed { error, then } => Ending::Failed {
                error: error.try_map(map)?,
                then,
            },
            Self::Cancelled => Ending::Cancelled,
            Self::Interrupted { error } => Ending::Interrupted {
                error: error.try_map(map)?,
            },
        })
    }
}

impl<V> RunEnding<V> {
    /// The same ending with its values in another representation.
    ///
    /// # Errors
    /// The first error of `map`.
    pub fn try_map<W, E>(self, map: &mut impl FnMut(V) -> Result<W, E>) -> Result<RunEnding<W>, E> {
        Ok(match self {
            Self::Completed { output } => RunEnding::Completed {
                output: map(output)?,
            },
            Self::Failed { error } => RunEnding::Failed {
                error: error.try_map(map)?,
            },
            Self::Cancelled => RunEnding::Cancelled,
        })
    }
}

impl<V> Changes<V> {
    /// The same changes with their values in another representation.
    ///
    /// # Errors
    /// The first error of `map`.
    pub fn try_map<W, E>(self, map: &mut impl FnMut(V) -> Result<W, E>) -> Result<Changes<W>, E> {
        Ok(Changes {
            workflow: self.workflow,
            inputs: map_named(self.inputs, map)?,
        })
    }
}

impl<V> Event<V> {
    /// The same fact with its values in another representation, in the order in which they stand.
    ///
    /// # Errors
    /// The first error of `map`.
    pub fn try_map<W, E>(self, map: &mut impl FnMut(V) -> Result<W, E>) -> Result<Event<W>, E> {
        Ok(match self {
            Self::RunStarted {
                workflow,
                input,
                mode,
            } => Event::RunStarted {
                workflow,
                input: map(input)?,
                mode,
            },
            Self::RunForked {
                from,
                at,
                changes,
                mode,
            } => Event::RunForked {
                from,
                at,
                changes: changes.try_map(map)?,
                mode,
            },
            Self::FrameOpened {
                scope,
                node,
                attempt,
                input,
                queued_ms,
            } => Event::FrameOpened {
                scope,
                node,
                attempt,
                input: map(input)?,
                queued_ms,
            },
            Self::FrameSkipped { scope, node } => Event::FrameSkipped { scope, node },
            Self::EffectRequested {
                frame,
                ordinal,
                effect,
            } => Event::EffectRequested {
                frame,
                ordinal,
                effect: effect.try_map(map)?,
            },
            Self::EffectAnswered {
                frame,
                ordinal,
                outcome,
                took_ms,
            } => Event::EffectAnswered {
                frame,
                ordinal,
                outcome: map_outcome(outcome, map)?,
                took_ms,
            },
            Self::FrameClosed {
                frame,
                ending,
                logs,
                usage,
                memo,
            } => Event::FrameClosed {
                frame,
                ending: ending.try_map(map)?,
                logs,
                usage,
                memo,
            },
            Self::LoopStarted {
                frame,
                items,
                parallelism,
            } => Event::LoopStarted {
                frame,
                items: map(items)?,
                parallelism,
            },
            Self::ScopeOpened {
                frame,
                index,
                input,
            } => Event::ScopeOpened {
                frame,
                index,
                input: map(input)?,
            },
            Self::ScopeClosed { scope, output } => Event::ScopeClosed {
                scope,
                output: map(output)?,
            },
            Self::RetryRequested { frame } => Event::RetryRequested { frame },
            Self::RunRetried { attempt, at } => Event::RunRetried { attempt, at },
            Self::CancelRequested { reason } => Event::CancelRequested { reason },
            Self::RunClosed { ending } => Event::RunClosed {
                ending: ending.try_map(map)?,
            },
            Self::RunMended { workflow, frame } => Event::RunMended { workflow, frame },
        })
    }
}

fn map_named<N, V, W, E>(
    named: Vec<(N, V)>,
    map: &mut impl FnMut(V) -> Result<W, E>,
) -> Result<Vec<(N, W)>, E> {
    named
        .into_iter()
        .map(|(name, value)| Ok((name, map(value)?)))
        .collect()
}

fn map_outcome<V, W, E>(
    outcome: Outcome<V>,
    map: &mut impl FnMut(V) -> Result<W, E>,
) -> Result<Outcome<W>, E> {
    Ok(match outcome {
        Ok(value) => Ok(map(value)?),
        Err(failure) => Err(failure.try_map(map)?),
    })
}
