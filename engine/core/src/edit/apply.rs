//! One edit applied, and the edits that take it back.

use super::diff::{edge_key, is_told_apart};
use super::pointer::{Change, Pointer, find};
use super::{Edit, EditProblem, ends};
use crate::id::NodeId;
use crate::value::Value;
use crate::workflow::{Edge, Graph, Node, Workflow, nearest};

type Undo = Result<Vec<Edit>, EditProblem>;

/// A workflow while edits are applied to it.
pub(super) struct Changing {
    pub(super) workflow: Workflow,
    /// Whether ids tell all nodes apart, and ends all edges. Only a new graph can change that to false.
    is_told_apart: bool,
}

impl Changing {
    pub(super) fn new(workflow: Workflow) -> Self {
        let is_told_apart = is_told_apart(&workflow.graph);
        Self {
            workflow,
            is_told_apart,
        }
    }

    /// Applies one edit; the edits, in order, that take it back. On an error nothing is changed.
    pub(super) fn apply(&mut self, edit: &Edit) -> Undo {
        let twins = edit.counts_on_ids() && !self.is_told_apart;
        let graph = twins.then(|| Box::new(self.workflow.graph.clone()));
        let undo = edit.change(&mut self.workflow)?;
        if let Edit::SetGraph { graph } = edit {
            self.is_told_apart = is_told_apart(graph);
        }
        Ok(graph.map_or(undo, |graph| vec![Edit::SetGraph { graph }]))
    }
}

impl Edit {
    /// Whether taking it back must find a node or an edge again, or put one back.
    fn counts_on_ids(&self) -> bool {
        matches!(
            self,
            Self::AddNode { .. }
                | Self::RemoveNode { .. }
                | Self::MoveNode { .. }
                | Self::Disconnect { .. }
        )
    }

    fn change(&self, workflow: &mut Workflow) -> Undo {
        let graph = &mut workflow.graph;
        match self {
            Self::AddNode { node, at } => add_node(graph, node, *at),
            Self::RemoveNode { node } => remove_node(graph, node),
            Self::MoveNode { node, at } => move_node(graph, node, *at),
            Self::SetParam {
                node,
                pointer,
                value,
            } => change_param(graph, node, pointer, Some(value)),
            Self::RemoveParam { node, pointer } => change_param(graph, node, pointer, None),
            Self::SetField { node, change } => {
                let change = change.swap(find_node(graph, node)?);
                Ok(vec![Self::SetField {
                    node: node.clone(),
                    change,
                }])
            }
            Self::Connect { edge, at } => connect(graph, edge, *at),
            Self::Disconnect { edge } => disconnect(graph, edge),
            Self::SetConfig { change } => Ok(vec![Self::SetConfig {
                change: change.swap(&mut workflow.config),
            }]),
            Self::SetVar { name, value } => Ok(set_var(workflow, name, value)),
            Self::RemoveVar { name } => remove_var(workflow, name),
            Self::SetDocument { change } => Ok(vec![Self::SetDocument {
                change: change.swap(workflow),
            }]),
            Self::SetGraph { graph: new } => {
                let old = std::mem::replace(graph, (**new).clone());
                Ok(vec![Self::SetGraph {
                    graph: Box::new(old),
                }])
            }
        }
    }
}

fn add_node(graph: &mut Graph, node: &Node, at: Option<usize>) -> Undo {
    if graph.node(node.id.as_str()).is_some() {
        return Err(EditProblem::NodeExists {
            node: node.id.clone(),
        });
    }
    insert(&mut graph.nodes, node.clone(), at)?;
    let mut undo = vec![Edit::RemoveNode {
        node: node.id.clone(),
    }];
    undo.extend(joined(graph, &node.id)); // edges that waited for it, which go with it
    Ok(undo)
}

/// The edges at a node, as edits that put them back in this order.
fn joined(graph: &Graph, id: &NodeId) -> impl Iterator<Item = Edit> {
    let edges = graph.edges.iter().enumerate();
    edges
        .filter(|(_, edge)| edge.source == *id || edge.target == *id)
        .map(|(at, edge)| Edit::Connect {
            edge: edge.clone(),
            at: Some(at),
        })
}

fn remove_node(graph: &mut Graph, id: &NodeId) -> Undo {
    let at = position(graph, id)?;
    let mut undo = vec![Edit::AddNode {
        node: Box::new(graph.nodes[at].clone()),
        at: Some(at),
    }];
    undo.extend(joined(graph, id));
    graph.nodes.remove(at);
    graph
        .edges
        .retain(|edge| edge.source != *id && edge.target != *id);
    Ok(undo)
}

fn move_node(graph: &mut Graph, id: &NodeId, to: usize) -> Undo {
    let from = position(graph, id)?;
    check_position(to, graph.nodes.len() - 1)?;
    let node = graph.nodes.remove(from);
    graph.nodes.insert(to, node);
    Ok(vec![Edit::MoveNode {
        node: id.clone(),
        at: from,
    }])
}

fn change_param(graph: &mut Graph, id: &NodeId, pointer: &Pointer, value: Option<&Value>) -> Undo {
    let params = &mut find_node(graph, id)?.params;
    let before = find(params, pointer).cloned();
    let holder = pointer.holder();
    let held = find(params, &holder).cloned();
    Change {
        node: id,
        pointer,
        value,
    }
    .apply(params)?;
    let node = id.clone();
    Ok(vec![match (before, held) {
        // An item that comes or goes moves the others, so the whole list is put back.
        (before, Some(held @ Value::List(_)))
            if holder != *pointer && (before.is_none() || value.is_none()) =>
        {
            Edit::SetParam {
                node,
                pointer: holder,
                value: held,
            }
        }
        (Some(value), _) => Edit::SetParam {
            node,
            pointer: pointer.clone(),
            value,
        },
        (None, _) => Edit::RemoveParam {
            node,
            pointer: pointer.clone(),
        },
    }])
}

fn connect(graph: &mut Graph, edge: &Edge, at: Option<usize>) -> Undo {
    if graph.edges.iter().any(|other| joins_same(edge, other)) {
        return Err(EditProblem::EdgeExists { edge: ends(edge) });
    }
    insert(&mut graph.edges, edge.clone(), at)?;
    Ok(vec![Edit::Disconnect { edge: edge.clone() }])
}

fn disconnect(graph: &mut Graph, edge: &Edge) -> Undo {
    let at = graph.edges.iter().position(|other| joins_same(edge, other));
    let at = at.ok_or_else(|| EditProblem::NoEdge { edge: ends(edge) })?;
    let edge = graph.edges.remove(at);
    Ok(vec![Edit::Connect { edge, at: Some(at) }])
}

fn joins_same(a: &Edge, b: &Edge) -> bool {
    edge_key(a) == edge_key(b)
}

fn set_var(workflow: &mut Workflow, name: &str, value: &Value) -> Vec<Edit> {
    let name = name.to_owned();
    vec![
        match workflow.config.vars.insert(name.clone(), value.clone()) {
            Some(value) => Edit::SetVar { name, value },
            None => Edit::RemoveVar { name },
        },
    ]
}

fn remove_var(workflow: &mut Workflow, name: &str) -> Undo {
    let name = name.to_owned();
    match workflow.config.vars.remove(&name) {
        Some(value) => Ok(vec![Edit::SetVar { name, value }]),
        None => Err(EditProblem::NoVar { name }),
    }
}

fn find_node<'g>(graph: &'g mut Graph, id: &NodeId) -> Result<&'g mut Node, EditProblem> {
    let at = position(graph, id)?;
    Ok(&mut graph.nodes[at])
}

fn position(graph: &Graph, id: &NodeId) -> Result<usize, EditProblem> {
    graph
        .nodes
        .iter()
        .position(|node| node.id == *id)
        .ok_or_else(|| EditProblem::NoNode {
            node: id.clone(),
            meant: nearest(id.as_str(), graph.nodes.iter().map(|node| node.id.as_str()))
                .map(str::to_owned),
        })
}

fn insert<T>(all: &mut Vec<T>, new: T, at: Option<usize>) -> Result<(), EditProblem> {
    let at = at.unwrap_or(all.len());
    check_position(at, all.len())?;
    all.insert(at, new);
    Ok(())
}

fn check_position(at: usize, max: usize) -> Result<(), EditProblem> {
    if at > max {
        Err(EditProblem::PastEnd { at, max })
    } else {
        Ok(())
    }
}
