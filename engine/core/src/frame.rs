//! What a person looks at: one activation of one node, and a run at one moment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::effect::{Effect, Outcome};
use crate::event::{LogLine, Mode, WorkflowRef};
use crate::failure::Failure;
use crate::id::{NodeId, Path, RunId, Seq};
use crate::time::Timestamp;
use crate::value::{Address, Value};

/// Where a frame or a node is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Not started, and may still be.
    #[default]
    Pending,
    /// Being worked on.
    Running,
    /// For a moment, a person, a callback, or a decision after a failure.
    Waiting,
    /// Ended with output.
    Completed,
    /// Ended with an error.
    Failed,
    /// Passed over.
    Skipped,
    /// Ended from outside.
    Cancelled,
    /// Its effect's outcome is unknown, and somebody must say what to do.
    Interrupted,
}

/// One effect of a frame, with its answer when there is one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FrameEffect<V = Value> {
    /// Counted from 0 inside the frame.
    pub ordinal: u32,
    /// What was asked.
    #[serde(flatten)]
    pub effect: Effect<V>,
    /// What came back, absent while it is awaited.
    pub outcome: Option<Outcome<V>>,
    /// How long it took.
    pub took_ms: Option<u64>,
}

/// What a frame cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metrics {
    /// From ingress to egress, in milliseconds.
    pub duration_ms: u64,
    /// From ready to ingress, in milliseconds.
    pub queued_ms: u64,
    /// Most memory a sandbox process held for it, in bytes.
    pub memory_usage: u64,
    /// Rhai operations.
    pub operations: u64,
}

/// One activation of one node in one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionFrame<V = Value> {
    /// `run/openedSeq`.
    pub id: String,
    /// The run it is looked at in; a fork shows the frames it shares as its own.
    pub run: RunId,
    /// The node.
    pub node_id: NodeId,
    /// The node's type, when its workflow is known.
    pub node_type: Option<String>,
    /// The loops and sub-workflows around it.
    pub path: Path,
    /// Counted from 1.
    pub attempt: u32,
    /// The event that opened it.
    pub opened_seq: Seq,
    /// The event that closed it.
    pub closed_seq: Option<Seq>,
    /// When it opened.
    pub timestamp: Timestamp,
    /// What `input` was.
    pub input: V,
    /// The value of the port `out`, or a record by port when others were used.
    pub output: Option<V>,
    /// Where it is in its life.
    pub status: Status,
    /// Why it failed.
    pub error: Option<Failure<V>>,
    /// What it asked of the world.
    pub effects: Vec<FrameEffect<V>>,
    /// What it wrote.
    pub logs: Vec<LogLine>,
    /// What it cost.
    pub metrics: Metrics,
    /// Whether the result was taken from an earlier equal frame.
    pub memo: bool,
    /// The content address of the workflow it ran under.
    pub workflow_version: Address,
    /// The content address of its node's type, parameters and code.
    pub code_hash: Option<Address>,
}

/// A node at one moment: its latest frame there, and how many frames it had.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeMoment<V = Value> {
    /// The status of its latest frame, pending before its first.
    pub status: Status,
    /// Its latest frame as it was at that moment.
    pub frame: Option<ExecutionFrame<V>>,
    /// Frames opened so far.
    pub opened: u64,
    /// Frames completed so far.
    pub completed: u64,
    /// Frames failed so far.
    pub failed: u64,
}

/// A run folded up to one event: every node's status and values at that moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot<V = Value> {
    /// The run.
    pub run: RunId,
    /// The last event that is included.
    pub seq: Seq,
    /// When that event was recorded.
    pub at: Timestamp,
    /// The run's status at that moment.
    pub status: Status,
    /// What is executed.
    pub workflow: WorkflowRef,
    /// Live or dry.
    pub mode: Mode,
    /// The run's input.
    pub input: V,
    /// The run's output, once it has completed.
    pub output: Option<V>,
    /// Why the run failed.
    pub error: Option<Failure<V>>,
    /// Every node that has had a frame; a sub-workflow's nodes are named `call/inner`.
    pub nodes: BTreeMap<String, NodeMoment<V>>,
}
