//! Changes to a workflow: an [`Edit`] is one, a [`Patch`] is an invertible list of them.
//!
//! People, the AI, a fork and undo all change a document through patches. A patch is applied whole or
//! not at all, and applying it gives the patch that takes it back exactly, with the order of nodes and
//! edges and the fields that this version does not know.
//!
//! An edit fails when it has nothing to act on (no such node, a parameter path into a number). It does
//! not judge the workflow that results: an edge to a missing node or a parameter of the wrong type is a
//! [`Problem`](crate::Problem), found by the checks, just as in a file.

mod apply;
mod diff;
mod field;
#[cfg(test)]
mod laws;
mod pointer;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use field::{ConfigField, DocumentField, NodeField};
pub use pointer::Pointer;

use crate::id::NodeId;
use crate::value::{Address, Value};
use crate::workflow::{Edge, Graph, Node, Workflow};

/// One change to a workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "edit", rename_all = "camelCase")]
pub enum Edit {
    /// Places a node.
    AddNode {
        /// The node; its id must be new.
        node: Box<Node>,
        /// Its position among the nodes, from 0; at the end when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<usize>,
    },
    /// Takes a node away, with the edges that join it.
    RemoveNode {
        /// The node.
        node: NodeId,
    },
    /// Gives a node another position among the nodes; only the order of the file changes.
    MoveNode {
        /// The node.
        node: NodeId,
        /// Its new position, from 0, counted without it.
        at: usize,
    },
    /// Gives a parameter, or a part of one, a value. All but the last part of the path must be there;
    /// the part after the last item of a list appends.
    SetParam {
        /// The node.
        node: NodeId,
        /// Which, below `params`.
        pointer: Pointer,
        /// Its new value.
        value: Value,
    },
    /// Takes a parameter, or a part of one, away.
    RemoveParam {
        /// The node.
        node: NodeId,
        /// Which, below `params`.
        pointer: Pointer,
    },
    /// Gives a field of a node that is not a parameter a value.
    SetField {
        /// The node.
        node: NodeId,
        /// Which, and its value.
        #[serde(flatten)]
        change: NodeField,
    },
    /// Joins two ports.
    Connect {
        /// The edge; its ends must not be joined already.
        edge: Edge,
        /// Its position among the edges, from 0; at the end when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<usize>,
    },
    /// Takes the edge between two ports away.
    Disconnect {
        /// The edge; only its ends are looked at.
        edge: Edge,
    },
    /// Changes how the workflow runs.
    SetConfig {
        /// Which field of `config`, and its value.
        #[serde(flatten)]
        change: ConfigField,
    },
    /// Gives a variable (`config.vars`) a value.
    SetVar {
        /// The variable.
        name: String,
        /// Its new value.
        value: Value,
    },
    /// Takes a variable away.
    RemoveVar {
        /// The variable.
        name: String,
    },
    /// Changes a field of the document itself: its name, its version, or one that this version does not know.
    SetDocument {
        /// Which, and its value.
        #[serde(flatten)]
        change: DocumentField,
    },
    /// Replaces all nodes and edges. For graphs whose parts cannot be told apart by their ids.
    SetGraph {
        /// The new graph.
        graph: Box<Graph>,
    },
}

/// Edits that are applied in order, whole or not at all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Patch {
    /// The edits, in order.
    pub edits: Vec<Edit>,
}

/// Why a patch could not be applied, and at which of its edits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("edit {position} of {count} ({edit}): {reason}")]
pub struct EditError {
    /// Which edit, from 1.
    pub position: usize,
    /// How many edits there are.
    pub count: usize,
    /// The edit on one line.
    pub edit: String,
    /// What was expected and what was found.
    pub reason: EditProblem,
}

/// Why one edit could not be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditProblem {
    /// The node is not there.
    #[error("there is no node `{node}`{}", hint(.meant))]
    NoNode {
        /// The node.
        node: NodeId,
        /// The node that was probably meant.
        meant: Option<String>,
    },
    /// A node has this id already.
    #[error("there is a node `{node}` already; choose another id")]
    NodeExists {
        /// The node.
        node: NodeId,
    },
    /// The parameter is not there.
    #[error("the node `{node}` has no parameter `{pointer}`{}", hint(.meant))]
    NoParam {
        /// The node.
        node: NodeId,
        /// The first part of the path that is missing.
        pointer: String,
        /// The parameter that was probably meant.
        meant: Option<String>,
    },
    /// The path of a parameter goes on into something that holds nothing.
    #[error(
        "the parameter `{pointer}` of the node `{node}` is {found}; only lists and records have parts"
    )]
    NoParts {
        /// The node.
        node: NodeId,
        /// The path to it.
        pointer: String,
        /// Its kind.
        found: &'static str,
    },
    /// A part of a list is named by something that is no position in it.
    #[error(
        "the parameter `{pointer}` of the node `{node}` is a list of {len}; expected a position in it, found `{found}`"
    )]
    NoItem {
        /// The node.
        node: NodeId,
        /// The path to the list.
        pointer: String,
        /// How many items it has.
        len: usize,
        /// The part of the path.
        found: String,
    },
    /// The result would be nested deeper than a value may be.
    #[error("the parameter `{pointer}` of the node `{node}` would be nested too deep")]
    TooDeep {
        /// The node.
        node: NodeId,
        /// The path to it.
        pointer: String,
    },
    /// The ends are joined already.
    #[error("the edge {edge} is there already")]
    EdgeExists {
        /// The ends.
        edge: String,
    },
    /// The ends are not joined.
    #[error("there is no edge {edge}")]
    NoEdge {
        /// The ends.
        edge: String,
    },
    /// The variable is not there.
    #[error("there is no variable `{name}`")]
    NoVar {
        /// The variable.
        name: String,
    },
    /// The position is past the end.
    #[error("position {at} is past the end; expected at most {max}")]
    PastEnd {
        /// The position.
        at: usize,
        /// The largest possible.
        max: usize,
    },
}

fn hint(meant: &Option<String>) -> String {
    meant
        .as_ref()
        .map(|meant| format!("; did you mean `{meant}`?"))
        .unwrap_or_default()
}

impl Patch {
    /// The changed workflow, and the patch that takes the change back exactly.
    ///
    /// # Errors
    /// The first edit that has nothing to act on; then nothing is changed.
    pub fn apply(&self, workflow: &Workflow) -> Result<(Workflow, Self), EditError> {
        let mut changing = apply::Changing::new(workflow.clone());
        let mut inverse = Vec::new();
        for (index, edit) in self.edits.iter().enumerate() {
            let undo = changing.apply(edit).map_err(|reason| EditError {
                position: index + 1,
                count: self.edits.len(),
                edit: edit.to_string(),
                reason,
            })?;
            inverse.extend(undo.into_iter().rev());
        }
        inverse.reverse();
        Ok((changing.workflow, Self { edits: inverse }))
    }

    /// One patch that does what this one and then `next` do.
    #[must_use]
    pub fn compose(&self, next: &Self) -> Self {
        Self {
            edits: self.edits.iter().chain(&next.edits).cloned().collect(),
        }
    }

    /// The patch that makes `new` out of `old`, exactly; empty when they are equal.
    #[must_use]
    pub fn diff(old: &Workflow, new: &Workflow) -> Self {
        diff::diff(old, new)
    }

    /// The patch as a value.
    #[must_use]
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self)
            .map(|json| Value::from_json(&json))
            .unwrap_or_default()
    }

    /// The content address of exactly this patch: what a person accepts is bound to it.
    #[must_use]
    pub fn hash(&self) -> Address {
        self.to_value().address()
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }
}

impl From<Vec<Edit>> for Patch {
    fn from(edits: Vec<Edit>) -> Self {
        Self { edits }
    }
}

impl fmt::Display for Edit {
    /// The edit on one line, without the values: `set total /code`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddNode { node, .. } => write!(f, "add node {} ({})", node.id, node.kind),
            Self::RemoveNode { node } => write!(f, "remove node {node}"),
            Self::MoveNode { node, at } => write!(f, "move node {node} to {at}"),
            Self::SetParam { node, pointer, .. } => write!(f, "set {node} {pointer}"),
            Self::RemoveParam { node, pointer } => write!(f, "remove {node} {pointer}"),
            Self::SetField { node, change } => write!(f, "set {node} {}", change.name()),
            Self::Connect { edge, .. } => write!(f, "connect {}", ends(edge)),
            Self::Disconnect { edge } => write!(f, "disconnect {}", ends(edge)),
            Self::SetConfig { change } => write!(f, "set config {}", change.name()),
            Self::SetVar { name, .. } => write!(f, "set variable {name}"),
            Self::RemoveVar { name } => write!(f, "remove variable {name}"),
            Self::SetDocument { change } => write!(f, "set {}", change.name()),
            Self::SetGraph { graph } => {
                write!(
                    f,
                    "replace the graph by {} nodes and {} edges",
                    graph.nodes.len(),
                    graph.edges.len()
                )
            }
        }
    }
}

/// The ends of an edge: `a.out -> b.in`.
fn ends(edge: &Edge) -> String {
    format!(
        "{}.{} -> {}.{}",
        edge.source, edge.source_port, edge.target, edge.target_port
    )
}
