//! What a person looks at: one activation of one node, and a run at one moment.

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use crate::effect::{Effect, Outcome};
use crate::event::{LogLine, Mode, WorkflowRef};
use crate::failure::Failure;
use crate::id::{NodeId, Path, RunId, Seq};
use crate::time::Timestamp;
use crate::value::{Address, Record, Value};
use crate::workflow::Node;

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
    /// What came back, null while it is awaited; `{"ok": ...}` or `{"error": ...}` in JSON.
    #[serde(serialize_with = "serialize_outcome")]
    pub outcome: Option<Outcome<V>>,
    /// How long it took.
    pub took_ms: Option<u64>,
}

/// What a completed frame gave.
///
/// In JSON the value itself when only the port `out` was used, else a record by port.
#[derive(Clone, Debug, PartialEq)]
pub enum Output<V = Value> {
    /// The value of the port `out`, the only one used.
    Out(V),
    /// Every port that was used, in the node type's port order.
    Ports(Vec<(String, V)>),
}

impl Output {
    /// The value of the port `out`, or a record by port when others were used.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Out(value) => value.clone(),
            Self::Ports(ports) => ports
                .iter()
                .map(|(port, value)| (port.as_str(), value.clone()))
                .collect::<Record>()
                .into(),
        }
    }
}

impl<V> Output<V> {
    /// Port and value of each port that was used.
    pub fn ports(&self) -> impl Iterator<Item = (&str, &V)> {
        let (out, ports) = match self {
            Self::Out(value) => (Some(("out", value)), [].as_slice()),
            Self::Ports(ports) => (None, ports.as_slice()),
        };
        out.into_iter()
            .chain(ports.iter().map(|(port, value)| (port.as_str(), value)))
    }
}

impl<V: Serialize> Serialize for Output<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Out(value) => value.serialize(serializer),
            Self::Ports(ports) => {
                serializer.collect_map(ports.iter().map(|(port, value)| (port, value)))
            }
        }
    }
}

fn serialize_outcome<V: Serialize, S: Serializer>(
    outcome: &Option<Outcome<V>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let Some(outcome) = outcome else {
        return serializer.serialize_none();
    };
    let mut map = serializer.serialize_map(Some(1))?;
    match outcome {
        Ok(value) => map.serialize_entry("ok", value)?,
        Err(error) => map.serialize_entry("error", error)?,
    }
    map.end()
}

/// The content address of what a node computes with: its type, parameters and code.
///
/// Its name, place, policies and edges do not count.
#[must_use]
pub fn code_hash(node: &Node) -> Address {
    let params: Record = node
        .params
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    let code: Record = [
        ("params", params.into()),
        ("type", Value::from(node.kind.as_str())),
    ]
    .into_iter()
    .collect();
    Value::from(code).address()
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
    /// What `input` was; none for a node that was passed over.
    pub input: Option<V>,
    /// What it gave, once it has completed.
    pub output: Option<Output<V>>,
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
    /// Its latest frame as it was at that moment; being passed over is one, without input.
    pub frame: Option<Box<ExecutionFrame<V>>>,
    /// Frames opened so far.
    pub opened: u64,
    /// Frames completed so far.
    pub completed: u64,
    /// Frames failed so far.
    pub failed: u64,
    /// Times it was passed over so far.
    pub skipped: u64,
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
