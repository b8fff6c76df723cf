//! What a patch rests on: the things that its edits change or hang on, as they were when it was made.

use std::fmt;

use flowforge_engine::edit::{Edit, Patch};
use flowforge_engine::value::Record;
use flowforge_engine::workflow::{Edge, Node};
use flowforge_engine::{Address, NodeId, Value, Workflow};
use serde::{Deserialize, Serialize};

/// Something of a workflow that can be changed by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(
    tag = "thing",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Thing {
    /// A whole node, but not where it stands on the canvas.
    Node {
        /// Its id.
        node: NodeId,
    },
    /// That a node is there and of which type.
    Kind {
        /// Its id.
        node: NodeId,
    },
    /// One parameter of a node, with all that it holds.
    Param {
        /// The node.
        node: NodeId,
        /// The parameter's name.
        name: String,
    },
    /// One field of a node that is no parameter.
    Field {
        /// The node.
        node: NodeId,
        /// The field's name in files.
        name: String,
    },
    /// The edge between two ports.
    Edge {
        /// The node it leaves.
        source: NodeId,
        /// The port it leaves.
        source_port: String,
        /// The node it enters.
        target: NodeId,
        /// The port it enters.
        target_port: String,
    },
    /// A variable.
    Variable {
        /// Its name.
        name: String,
    },
    /// A field of the configuration.
    Config {
        /// Its name in files.
        name: String,
    },
    /// A field of the document.
    Document {
        /// Its name in files.
        name: String,
    },
    /// All nodes and edges.
    Graph,
}

/// A thing, and what it was; nothing where there was none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// The thing.
    #[serde(flatten)]
    pub thing: Thing,
    /// The content address of what it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Address>,
}

/// What the edits rest on, each thing once.
pub(super) fn ground(base: &Workflow, patch: &Patch) -> Vec<Ground> {
    let mut things: Vec<Thing> = patch.edits.iter().flat_map(Thing::of).collect();
    things.sort();
    things.dedup();
    things
        .into_iter()
        .map(|thing| Ground {
            was: thing.look(base),
            thing,
        })
        .collect()
}

impl Thing {
    /// What an edit changes, and what it hangs on.
    pub(super) fn of(edit: &Edit) -> Vec<Self> {
        let kind = |node: &NodeId| Self::Kind { node: node.clone() };
        match edit {
            Edit::AddNode { node, .. } => vec![Self::Node {
                node: node.id.clone(),
            }],
            Edit::RemoveNode { node } => vec![Self::Node { node: node.clone() }],
            Edit::MoveNode { node, .. } => vec![kind(node)],
            Edit::SetParam { node, pointer, .. } | Edit::RemoveParam { node, pointer } => vec![
                kind(node),
                Self::Param {
                    node: node.clone(),
                    name: pointer.parts()[0].clone(),
                },
            ],
            Edit::SetField { node, change } => vec![
                kind(node),
                Self::Field {
                    node: node.clone(),
                    name: change.name().into(),
                },
            ],
            Edit::Connect { edge, .. } => {
                vec![Self::edge(edge), kind(&edge.source), kind(&edge.target)]
            }
            Edit::Disconnect { edge } => vec![Self::edge(edge)],
            Edit::SetConfig { change } => vec![Self::Config {
                name: change.name().into(),
            }],
            Edit::SetVar { name, .. } | Edit::RemoveVar { name } => {
                vec![Self::Variable { name: name.clone() }]
            }
            Edit::SetDocument { change } => vec![Self::Document {
                name: change.name().into(),
            }],
            Edit::SetGraph { .. } => vec![Self::Graph],
        }
    }

    pub(super) fn edge(edge: &Edge) -> Self {
        Self::Edge {
            source: edge.source.clone(),
            source_port: edge.source_port.clone(),
            target: edge.target.clone(),
            target_port: edge.target_port.clone(),
        }
    }

    /// The content address of what it is in this workflow; nothing when it is not there.
    pub(super) fn look(&self, workflow: &Workflow) -> Option<Address> {
        let node = |id: &NodeId| workflow.graph.node(id.as_str());
        match self {
            Self::Node { node: id } => node(id).map(whole),
            Self::Kind { node: id } => node(id).map(|node| text(&node.kind)),
            Self::Param { node: id, name } => node(id)?.params.get(name).map(Value::address),
            Self::Field { node: id, name } => field(node(id)?, name),
            Self::Edge { .. } => {
                let there = workflow
                    .graph
                    .edges
                    .iter()
                    .any(|edge| Self::edge(edge) == *self);
                there.then(|| Value::Bool(true).address())
            }
            Self::Variable { name } => workflow.config.vars.get(name).map(Value::address),
            Self::Config { name } => field(&workflow.config, name),
            Self::Document { name } => field(workflow, name),
            Self::Graph => field(workflow, "graph"),
        }
    }
}

fn text(text: &str) -> Address {
    Value::from(text).address()
}

/// A node without the fields that this version does not know: its place, colour and notes.
fn whole(node: &Node) -> Address {
    let known = Node {
        extra: Default::default(),
        ..node.clone()
    };
    as_value(&known).address()
}

fn field(holder: &impl Serialize, name: &str) -> Option<Address> {
    as_value(holder).get(name).map(Value::address)
}

fn as_value(holder: &impl Serialize) -> Value {
    serde_json::to_value(holder).map_or(Record::default().into(), |json| Value::from_json(&json))
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node { node } | Self::Kind { node } => write!(f, "the node `{node}`"),
            Self::Param { node, name } => write!(f, "the parameter `{name}` of `{node}`"),
            Self::Field { node, name } => write!(f, "`{name}` of `{node}`"),
            Self::Edge { source, target, .. } => {
                write!(f, "the edge from `{source}` to `{target}`")
            }
            Self::Variable { name } => write!(f, "the variable `{name}`"),
            Self::Config { name } => write!(f, "`{name}` of the configuration"),
            Self::Document { name } => write!(f, "`{name}` of the workflow"),
            Self::Graph => f.write_str("the graph"),
        }
    }
}
