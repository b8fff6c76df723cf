//! The document that people and models edit: a graph of nodes and edges with a configuration.
//!
//! Fields that this version does not know are kept in `extra`, so reading and writing a file loses nothing.

mod definition;
pub mod file;
pub mod graph;
mod nearest;
mod part;
mod places;
mod survey;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

pub use definition::{Definition, FIELD as NODE_TYPES, PREFIX as WORKSPACE};
pub use nearest::{did_you_mean, nearest};
pub use places::{Places, Spot};

use crate::id::{NodeId, WorkflowId};
use crate::value::{Address, Value};

/// Fields that this version does not know, kept as they were read.
pub type Extra = BTreeMap<String, Value>;

/// The saved, versioned document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Workflow {
    /// Its stable id.
    pub id: WorkflowId,
    /// What people call it; empty when it has no name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its author's version number.
    #[serde(default = "first_version")]
    pub version: u64,
    /// How it runs.
    #[serde(default, skip_serializing_if = "Config::is_default")]
    pub config: Config,
    /// What runs.
    pub graph: Graph,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

fn first_version() -> u64 {
    1
}

/// Nodes and the edges between them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Graph {
    /// The nodes, in the author's order.
    pub nodes: Vec<Node>,
    /// The edges, in the author's order.
    #[serde(default)]
    pub edges: Vec<Edge>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A placed node type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// Its stable id, unique in the workflow.
    pub id: NodeId,
    /// The name of its node type: `http.request`.
    #[serde(rename = "type")]
    pub kind: String,
    /// A label for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The node type's parameters; texts may hold `{{ expressions }}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, Value>,
    /// The loop whose body this node is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<NodeId>,
    /// Passed over: its input goes on as its output.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// How often and when a failed frame is attempted again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// Longest time of one attempt, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// What follows when its last attempt failed; the workflow's `errorHandling` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_error: Option<OnError>,
    /// Whether an equal earlier result may answer it; the workflow's `memo` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<bool>,
    /// An output given by hand: while it is there the node is not evaluated, and its first output port gives
    /// this value. `null` is the same as absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<Value>,
    /// Fields that this version does not know: position, colour, notes.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Node {
    /// Whether it hands something on without being evaluated: its input when disabled, its pinned output when
    /// it has one.
    #[must_use]
    pub fn is_passed_over(&self) -> bool {
        self.disabled || self.pinned.is_some()
    }
}

/// Joins an output port to an input port.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Edge {
    /// The node it leaves.
    pub source: NodeId,
    /// The port it leaves; `out` when absent.
    #[serde(default = "out_port", skip_serializing_if = "is_out_port")]
    pub source_port: String,
    /// The node it enters.
    pub target: NodeId,
    /// The port it enters; `in` when absent.
    #[serde(default = "in_port", skip_serializing_if = "is_in_port")]
    pub target_port: String,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

fn out_port() -> String {
    "out".into()
}

fn in_port() -> String {
    "in".into()
}

fn is_out_port(port: &str) -> bool {
    port == "out"
}

fn is_in_port(port: &str) -> bool {
    port == "in"
}

/// How a workflow runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Config {
    /// How many frames may be running at once.
    pub max_parallel: u32,
    /// What nodes without `onError` do, and whether the whole workflow is attempted again.
    pub error_handling: ErrorHandling,
    /// How the whole workflow is attempted again under `errorHandling: retry`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// Whether equal pure work may be answered from an earlier frame.
    pub memo: bool,
    /// Constants, in scope of every expression as `vars`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub vars: BTreeMap<String, Value>,
    /// What happens by itself when a run fails or waits on a failure.
    #[serde(skip_serializing_if = "Healing::is_off")]
    pub healing: Healing,
    /// Bounds on a run.
    pub limits: Limits,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_parallel: 16,
            error_handling: ErrorHandling::Stop,
            retry: None,
            memo: true,
            vars: BTreeMap::new(),
            healing: Healing::Off,
            limits: Limits::default(),
            extra: Extra::new(),
        }
    }
}

impl Config {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What happens to the run when a node without its own policy fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ErrorHandling {
    /// The run fails.
    #[default]
    Stop,
    /// Downstream goes on with `{error}`.
    Continue,
    /// The failed part of the run is attempted again; completed frames stay.
    Retry,
}

/// What happens by itself when a run fails or waits on a failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Healing {
    /// Nothing, until a person asks.
    #[default]
    Off,
    /// Fixes are looked for and proven; a person decides.
    Propose,
    /// The best fix is applied too, when its proof is whole, it changes no recorded output, and it reaches no
    /// new host, credential or trigger.
    AutoSafe,
}

impl Healing {
    fn is_off(&self) -> bool {
        *self == Self::Off
    }
}

/// What follows when a node's last attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OnError {
    /// The level it is in fails: the loop around it, or the run.
    Stop,
    /// Downstream goes on with `{error}`.
    Continue,
    /// Downstream of the port `error` goes on, the other ports are dead.
    Port,
    /// The run waits, can be repaired, and goes on from the failed frame.
    Pause,
}

/// Another attempt: how often, and how long to wait before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Retry {
    /// All attempts together, the first one included.
    pub max_attempts: u32,
    /// Wait before the second attempt, in milliseconds.
    pub delay_ms: u64,
    /// Each further wait is this many times the one before.
    pub backoff_multiplier: f64,
    /// How much of a wait is left to chance, from 0 (none) to 1 (all of it); files may say `true` for 1.
    #[serde(deserialize_with = "share")]
    pub jitter: f64,
    /// Longest wait, in milliseconds.
    pub max_delay_ms: u64,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            delay_ms: 1000,
            backoff_multiplier: 2.0,
            jitter: 0.0,
            max_delay_ms: 3_600_000,
            extra: Extra::new(),
        }
    }
}

/// A number, or `true` for all and `false` for none.
fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    struct Share;

    impl serde::de::Visitor<'_> for Share {
        type Value = f64;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a number from 0 to 1, or a boolean")
        }

        fn visit_bool<E>(self, all: bool) -> Result<f64, E> {
            Ok(f64::from(u8::from(all)))
        }

        fn visit_f64<E>(self, share: f64) -> Result<f64, E> {
            Ok(share)
        }

        #[expect(clippy::cast_precision_loss, reason = "shares are small numbers")]
        fn visit_i64<E>(self, share: i64) -> Result<f64, E> {
            Ok(share as f64)
        }

        #[expect(clippy::cast_precision_loss, reason = "shares are small numbers")]
        fn visit_u64<E>(self, share: u64) -> Result<f64, E> {
            Ok(share as f64)
        }
    }

    deserializer.deserialize_any(Share)
}

/// Bounds on a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Limits {
    /// Most frames that a run may open.
    pub max_frames: u64,
    /// Deepest nesting of sub-workflows.
    pub max_depth: u32,
    /// Largest value on an edge, by its encoded size in bytes.
    pub max_value_bytes: u64,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_frames: 500_000,
            max_depth: 16,
            max_value_bytes: 64 << 20,
            extra: Extra::new(),
        }
    }
}

impl Workflow {
    /// The document as a value, with every field, also the unknown ones.
    #[must_use]
    pub fn to_value(&self) -> Value {
        file::to_value(self)
    }

    /// The document that a value stands for.
    ///
    /// # Errors
    /// What is missing or has another type.
    pub fn from_value(value: &Value) -> Result<Self, serde_json::Error> {
        serde_json::from_value(value.to_json())
    }

    /// The content address of the whole document: equal documents, equal hash.
    #[must_use]
    pub fn hash(&self) -> Address {
        self.to_value().address()
    }
}

impl Graph {
    /// The node with this id.
    #[must_use]
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id.as_str() == id)
    }
}
