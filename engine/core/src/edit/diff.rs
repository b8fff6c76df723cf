//! The patch between two workflows.
//!
//! Nodes are the same when their ids are, edges when they join the same ports. What is on both sides
//! and in the same order stays; the longest such run is found, so that one moved node is one edit.
//! Graphs in which two nodes share an id, or two edges their ends, are replaced whole: the checks
//! complain about them, and no edit could tell the twins apart.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;

use super::field::{ConfigField, DocumentField, NodeField};
use super::pointer::Pointer;
use super::{Edit, Patch};
use crate::id::NodeId;
use crate::value::{List, Record, Value};
use crate::workflow::{Config, Edge, Graph, Node, Workflow};

/// What tells edges apart: the ports they join.
pub(super) type EdgeKey<'e> = (&'e NodeId, &'e str, &'e NodeId, &'e str);

pub(super) fn edge_key(edge: &Edge) -> EdgeKey<'_> {
    (
        &edge.source,
        &edge.source_port,
        &edge.target,
        &edge.target_port,
    )
}

/// Most edits times nodes and edges that are worth applying one by one; beyond, the graph is replaced.
const WORK_MAX: usize = 50_000_000;

pub(super) fn diff(old: &Workflow, new: &Workflow) -> Patch {
    let mut edits: Vec<Edit> = changed(
        &DocumentField::all(old),
        &DocumentField::all(new),
        gone_document,
    )
    .map(|change| Edit::SetDocument { change })
    .collect();
    diff_config(&old.config, &new.config, &mut edits);
    if old.graph.nodes != new.graph.nodes || old.graph.edges != new.graph.edges {
        edits.extend(diff_graph(&old.graph, &new.graph));
    }
    edits.into()
}

fn diff_graph(old: &Graph, new: &Graph) -> Vec<Edit> {
    let mut edits = Vec::new();
    if is_told_apart(old) && is_told_apart(new) {
        diff_nodes(old, new, &mut edits);
        diff_edges(old, new, &mut edits);
        if edits.len() * (new.nodes.len() + new.edges.len()) <= WORK_MAX {
            return edits;
        }
    }
    vec![Edit::SetGraph {
        graph: Box::new(new.clone()),
    }]
}

/// Whether ids tell all nodes apart, and ends all edges.
pub(super) fn is_told_apart(graph: &Graph) -> bool {
    let mut ids = HashSet::new();
    let mut ends = HashSet::new();
    graph.nodes.iter().all(|node| ids.insert(&node.id))
        && graph.edges.iter().all(|edge| ends.insert(edge_key(edge)))
}

/// The fields of `new` that are not so in `old`, and those that only `old` has, as `gone` writes them.
fn changed<'f, F: Clone + PartialEq>(
    old: &'f [F],
    new: &'f [F],
    gone: impl Fn(&F, &[F]) -> Option<F> + 'f,
) -> impl Iterator<Item = F> + 'f {
    let removed = old.iter().filter_map(move |field| gone(field, new));
    removed.chain(new.iter().filter(|field| !old.contains(field)).cloned())
}

fn gone_document(field: &DocumentField, new: &[DocumentField]) -> Option<DocumentField> {
    let is_there = |name| {
        new.iter().any(|other| {
            std::mem::discriminant(other) == std::mem::discriminant(field) && other.name() == name
        })
    };
    match field {
        DocumentField::Extra(name, _) if !is_there(name) => {
            Some(DocumentField::Extra(name.clone(), None))
        }
        DocumentField::GraphExtra(name, _) if !is_there(name) => {
            Some(DocumentField::GraphExtra(name.clone(), None))
        }
        _ => None,
    }
}

fn gone_config(field: &ConfigField, new: &[ConfigField]) -> Option<ConfigField> {
    match field {
        ConfigField::Extra(name, _) if !new.iter().any(|other| other.name() == name) => {
            Some(ConfigField::Extra(name.clone(), None))
        }
        _ => None,
    }
}

fn gone_node(field: &NodeField, new: &[NodeField]) -> Option<NodeField> {
    match field {
        NodeField::Extra(name, _) if !new.iter().any(|other| other.name() == name) => {
            Some(NodeField::Extra(name.clone(), None))
        }
        _ => None,
    }
}

fn diff_config(old: &Config, new: &Config, edits: &mut Vec<Edit>) {
    let changes =
        changed(&ConfigField::all(old), &ConfigField::all(new), gone_config).collect::<Vec<_>>();
    edits.extend(changes.into_iter().map(|change| Edit::SetConfig { change }));
    for name in old.vars.keys().filter(|name| !new.vars.contains_key(*name)) {
        edits.push(Edit::RemoveVar { name: name.clone() });
    }
    for (name, value) in new
        .vars
        .iter()
        .filter(|(name, value)| old.vars.get(*name) != Some(value))
    {
        edits.push(Edit::SetVar {
            name: name.clone(),
            value: value.clone(),
        });
    }
}

fn diff_nodes(old: &Graph, new: &Graph, edits: &mut Vec<Edit>) {
    let ids = |graph: &Graph| {
        graph
            .nodes
            .iter()
            .map(|node| node.id.clone())
            .collect::<Vec<_>>()
    };
    let olds: HashMap<&NodeId, &Node> = old.nodes.iter().map(|node| (&node.id, node)).collect();
    let news: HashMap<&NodeId, &Node> = new.nodes.iter().map(|node| (&node.id, node)).collect();
    for step in steps(&ids(old), &ids(new)) {
        edits.push(match step {
            Step::Remove(node) => Edit::RemoveNode { node },
            Step::Add(id, at) => Edit::AddNode {
                node: Box::new(news[&id].clone()),
                at,
            },
            Step::Move(node, at) => Edit::MoveNode { node, at },
        });
    }
    for node in &new.nodes {
        if let Some(old) = olds.get(&node.id) {
            diff_node(old, node, edits);
        }
    }
}

fn diff_node(old: &Node, new: &Node, edits: &mut Vec<Edit>) {
    let changes =
        changed(&NodeField::all(old), &NodeField::all(new), gone_node).collect::<Vec<_>>();
    edits.extend(changes.into_iter().map(|change| Edit::SetField {
        node: new.id.clone(),
        change,
    }));
    let mut params = Params {
        node: &new.id,
        edits,
    };
    for name in old
        .params
        .keys()
        .filter(|name| !new.params.contains_key(*name))
    {
        params.remove(Pointer::param(name));
    }
    for (name, value) in &new.params {
        params.diff(Pointer::param(name), old.params.get(name), value);
    }
}

/// Changes of the parameters of one node.
struct Params<'p> {
    node: &'p NodeId,
    edits: &'p mut Vec<Edit>,
}

impl Params<'_> {
    fn diff(&mut self, pointer: Pointer, old: Option<&Value>, new: &Value) {
        match (old, new) {
            (Some(old), new) if old == new => {}
            (Some(Value::Record(old)), Value::Record(new)) if self.can_enter(&pointer) => {
                self.diff_record(&pointer, old, new);
            }
            (Some(Value::List(old)), Value::List(new))
                if old.len() == new.len() && self.can_enter(&pointer) =>
            {
                self.diff_list(&pointer, old, new);
            }
            _ => self.edits.push(Edit::SetParam {
                node: self.node.clone(),
                pointer,
                value: new.clone(),
            }),
        }
    }

    /// A path has an end, also where values have none.
    fn can_enter(&self, pointer: &Pointer) -> bool {
        pointer.parts().len() < crate::value::DEPTH_MAX as usize
    }

    fn diff_record(&mut self, pointer: &Pointer, old: &Record, new: &Record) {
        for key in old.keys().filter(|key| new.get(key).is_none()) {
            self.remove(pointer.join(key));
        }
        for (key, value) in new {
            self.diff(pointer.join(&**key), old.get(key), value);
        }
    }

    fn diff_list(&mut self, pointer: &Pointer, old: &List, new: &List) {
        for (at, (old, new)) in old.iter().zip(new).enumerate() {
            self.diff(pointer.join(at.to_string()), Some(old), new);
        }
    }

    fn remove(&mut self, pointer: Pointer) {
        self.edits.push(Edit::RemoveParam {
            node: self.node.clone(),
            pointer,
        });
    }
}

/// Edges of removed nodes went with them; an edge with other unknown fields is joined anew.
fn diff_edges(old: &Graph, new: &Graph, edits: &mut Vec<Edit>) {
    let gone: HashSet<&NodeId> = {
        let kept: HashSet<&NodeId> = new.nodes.iter().map(|node| &node.id).collect();
        old.nodes
            .iter()
            .map(|node| &node.id)
            .filter(|id| !kept.contains(id))
            .collect()
    };
    let news: BTreeMap<EdgeKey<'_>, &Edge> = new
        .edges
        .iter()
        .map(|edge| (edge_key(edge), edge))
        .collect();
    let left = old
        .edges
        .iter()
        .filter(|edge| !gone.contains(&edge.source) && !gone.contains(&edge.target));
    let left: BTreeMap<EdgeKey<'_>, &Edge> = left.map(|edge| (edge_key(edge), edge)).collect();
    let before: Vec<_> = old
        .edges
        .iter()
        .filter(|edge| left.contains_key(&edge_key(edge)))
        .collect();
    let (same, other): (Vec<_>, Vec<_>) = before
        .into_iter()
        .partition(|edge| news.get(&edge_key(edge)).is_none_or(|new| new == edge));
    let disconnect = |key: &EdgeKey<'_>| Edit::Disconnect {
        edge: left[key].clone(),
    };
    edits.extend(other.iter().map(|edge| disconnect(&edge_key(edge))));
    let same: Vec<_> = same.into_iter().map(edge_key).collect();
    let wanted: Vec<_> = new.edges.iter().map(edge_key).collect();
    for step in steps(&same, &wanted) {
        match step {
            Step::Remove(key) => edits.push(disconnect(&key)),
            Step::Add(key, at) => edits.push(Edit::Connect {
                edge: news[&key].clone(),
                at,
            }),
            Step::Move(key, at) => {
                edits.push(disconnect(&key));
                edits.push(Edit::Connect {
                    edge: news[&key].clone(),
                    at: Some(at),
                });
            }
        }
    }
}

/// One step from a row of things to another.
enum Step<K> {
    Remove(K),
    /// At a position, or at the end.
    Add(K, Option<usize>),
    /// To a position, counted without it.
    Move(K, usize),
}

/// The steps from `old` to `new`, which have no duplicates.
fn steps<K: Clone + Eq + Hash>(old: &[K], new: &[K]) -> Vec<Step<K>> {
    let places: HashMap<&K, usize> = new.iter().enumerate().map(|(at, key)| (key, at)).collect();
    let gone = old.iter().filter(|key| !places.contains_key(key));
    let mut steps: Vec<Step<K>> = gone.cloned().map(Step::Remove).collect();
    let mut row: Vec<usize> = old
        .iter()
        .filter_map(|key| places.get(key).copied())
        .collect();
    let there: HashSet<usize> = row.iter().copied().collect();
    let stays: HashSet<usize> = longest_rising(&row).into_iter().collect();
    for (place, key) in new.iter().enumerate() {
        if stays.contains(&place) {
            continue;
        }
        let from = row.iter().position(|other| *other == place);
        if let Some(from) = from {
            row.remove(from);
        }
        let at = place
            .checked_sub(1)
            .and_then(|last| row.iter().position(|other| *other == last));
        let at = at.map_or(0, |last| last + 1);
        let is_end = at == row.len();
        row.insert(at, place);
        steps.push(if there.contains(&place) {
            Step::Move(key.clone(), at)
        } else {
            Step::Add(key.clone(), (!is_end).then_some(at))
        });
    }
    steps
}

/// The longest rising run of `row` that can be had by leaving some out.
fn longest_rising(row: &[usize]) -> Vec<usize> {
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(row.len());
    for (at, value) in row.iter().enumerate() {
        let len = ends.partition_point(|end| row[*end] < *value);
        before.push(len.checked_sub(1).map(|last| ends[last]));
        if len == ends.len() {
            ends.push(at);
        } else {
            ends[len] = at;
        }
    }
    let last = ends.last().copied();
    std::iter::successors(last, |at| before[*at])
        .map(|at| row[at])
        .collect()
}
