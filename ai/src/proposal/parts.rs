//! How a patch comes apart: which edits belong together, and which parts cannot be without which.
//!
//! Edits that change one thing are one part, so any choice of parts still applies in the patch's order. A
//! chain of new nodes that takes the place of an edge is one part, too: half of it would leave a gap.
//! New nodes behind each other are parts of their own, each needing the one that it hangs on.

use std::collections::{BTreeMap, BTreeSet};

use flowforge_engine::edit::{Edit, NodeField, Patch};
use flowforge_engine::script::references;
use flowforge_engine::workflow::{Edge, Node};
use flowforge_engine::{Value, Workflow};

use super::Part;
use super::sentence::{Tense, sentence};

/// The parts of a patch, in the order of their first edits.
pub(super) fn parts(base: &Workflow, patch: &Patch) -> Vec<Part> {
    let reading = Reading::new(base, patch);
    let mut groups = Groups::new(patch.edits.len());
    reading.join(&mut groups);
    let needs = reading.needs(&mut groups);
    let owners = groups.numbered();
    let count = owners.iter().max().map_or(0, |max| max + 1);
    (0..count)
        .map(|id| part(id, base, patch, &owners, &needs))
        .collect()
}

fn part(
    id: usize,
    base: &Workflow,
    patch: &Patch,
    owners: &[usize],
    needs: &[(usize, usize)],
) -> Part {
    let edits: Vec<usize> = (0..owners.len()).filter(|at| owners[*at] == id).collect();
    let needs: BTreeSet<usize> = needs
        .iter()
        .map(|(from, to)| (owners[*from], owners[*to]))
        .filter(|(from, to)| *from == id && *to != id)
        .map(|(_, to)| to)
        .collect();
    Part {
        id,
        title: title(base, edits.iter().map(|at| &patch.edits[*at]).collect()),
        edits,
        needs: needs.into_iter().collect(),
    }
}

/// The change of a node says more than the edges that go with it.
fn title(base: &Workflow, edits: Vec<&Edit>) -> String {
    let is_edge = |edit: &&&Edit| matches!(edit, Edit::Connect { .. } | Edit::Disconnect { .. });
    let of_new = |edit: &&&Edit| matches!(edit, Edit::AddNode { .. } | Edit::RemoveNode { .. });
    let mut said: Vec<&Edit> = edits.iter().filter(of_new).copied().collect();
    if said.is_empty() {
        said = edits
            .iter()
            .filter(|edit| !is_edge(edit))
            .copied()
            .collect();
    }
    if said.is_empty() {
        said = edits;
    }
    let first = said
        .first()
        .map(|edit| sentence(edit, base, Tense::Order))
        .unwrap_or_default();
    match said.len() {
        0 | 1 => first,
        count => format!("{first}, and {} more", count - 1),
    }
}

/// A patch with what is asked of it again and again.
struct Reading<'a> {
    base: &'a Workflow,
    edits: &'a [Edit],
    /// The first edit that adds each new node.
    added: BTreeMap<&'a str, usize>,
    removed: BTreeMap<&'a str, usize>,
}

impl<'a> Reading<'a> {
    fn new(base: &'a Workflow, patch: &'a Patch) -> Self {
        let mut added = BTreeMap::new();
        let mut removed = BTreeMap::new();
        for (at, edit) in patch.edits.iter().enumerate() {
            match edit {
                Edit::AddNode { node, .. } => _ = added.entry(node.id.as_str()).or_insert(at),
                Edit::RemoveNode { node } => _ = removed.entry(node.as_str()).or_insert(at),
                _ => {}
            }
        }
        Self {
            base,
            edits: &patch.edits,
            added,
            removed,
        }
    }

    /// Puts together what belongs together.
    fn join(&self, groups: &mut Groups) {
        let mut first: BTreeMap<String, usize> = BTreeMap::new();
        let whole = self
            .edits
            .iter()
            .any(|edit| matches!(edit, Edit::SetGraph { .. }));
        for (at, edit) in self.edits.iter().enumerate() {
            for key in self.keys(edit) {
                groups.join(at, *first.entry(key).or_insert(at));
            }
            if whole {
                groups.join(at, 0);
            }
        }
        for (at, edit) in self.edits.iter().enumerate() {
            match edit {
                Edit::Disconnect { edge } => self.join_detour(at, edge, groups),
                Edit::Connect { edge, .. } => self.join_bridge(at, edge, groups),
                _ => {}
            }
        }
    }

    /// What an edit changes; two edits with one key are one part.
    fn keys(&self, edit: &Edit) -> Vec<String> {
        match edit {
            Edit::AddNode { node, .. } => vec![node_key(node.id.as_str())],
            Edit::RemoveNode { node }
            | Edit::MoveNode { node, .. }
            | Edit::SetParam { node, .. }
            | Edit::RemoveParam { node, .. }
            | Edit::SetField { node, .. } => vec![node_key(node.as_str())],
            Edit::Connect { edge, .. } | Edit::Disconnect { edge } => self.edge_keys(edge),
            Edit::SetVar { name, .. } | Edit::RemoveVar { name } => vec![format!("var {name}")],
            Edit::SetConfig { change } => vec![format!("config {}", change.name())],
            Edit::SetDocument { change } => vec![format!("document {}", change.name())],
            Edit::SetGraph { .. } => Vec::new(),
        }
    }

    /// An edge goes with the nodes that are taken away at its ends, and with the new node that it leads
    /// to, or else comes from.
    fn edge_keys(&self, edge: &Edge) -> Vec<String> {
        let ends = [edge.target.as_str(), edge.source.as_str()];
        let mut keys = vec![format!("{:?}", super::Thing::edge(edge))];
        let gone = ends.iter().filter(|end| self.removed.contains_key(*end));
        keys.extend(gone.map(|end| node_key(end)));
        let new = ends.iter().find(|end| self.added.contains_key(*end));
        keys.extend(new.map(|end| node_key(end)));
        keys
    }

    /// New nodes that lead from the source of a removed edge to its target belong to its removal.
    fn join_detour(&self, at: usize, edge: &Edge, groups: &mut Groups) {
        let connects = || {
            self.edits
                .iter()
                .enumerate()
                .filter_map(|(at, edit)| match edit {
                    Edit::Connect { edge, .. } => Some((at, edge)),
                    _ => None,
                })
        };
        let is_new = |id: &str| self.added.contains_key(id);
        let forth = reach(edge.source.as_str(), is_new, || {
            connects().map(|(_, edge)| (edge.source.as_str(), edge.target.as_str()))
        });
        let back = reach(edge.target.as_str(), is_new, || {
            connects().map(|(_, edge)| (edge.target.as_str(), edge.source.as_str()))
        });
        for id in forth.intersection(&back) {
            if let Some(add) = self.added.get(id) {
                groups.join(at, *add);
            }
        }
        // An edge that is led elsewhere: the same port, or the same target.
        for (other, connect) in connects() {
            let between_old = !is_new(connect.source.as_str()) && !is_new(connect.target.as_str());
            let same_start =
                connect.source == edge.source && connect.source_port == edge.source_port;
            let same_end = connect.target == edge.target && connect.target_port == edge.target_port;
            if between_old && (same_start || same_end) {
                groups.join(at, other);
            }
        }
    }

    /// An edge that closes the gap of a removed node belongs to its removal.
    fn join_bridge(&self, at: usize, edge: &Edge, groups: &mut Groups) {
        let is_gone = |id: &str| self.removed.contains_key(id);
        let old = || {
            let edges = self.base.graph.edges.iter();
            edges.map(|edge| (edge.source.as_str(), edge.target.as_str()))
        };
        let forth = reach(edge.source.as_str(), is_gone, old);
        let back = reach(edge.target.as_str(), is_gone, || {
            old().map(|(source, target)| (target, source))
        });
        for id in forth.intersection(&back) {
            groups.join(at, self.removed[id]);
        }
    }

    /// Which edit cannot be without which; those that need each other are put together.
    fn needs(&self, groups: &mut Groups) -> Vec<(usize, usize)> {
        let mut needs = Vec::new();
        for (at, edit) in self.edits.iter().enumerate() {
            needs.extend(self.needed_by(edit).into_iter().map(|needed| (at, needed)));
        }
        while let Some((from, to)) = mutual(&needs, groups) {
            groups.join(from, to);
        }
        needs
    }

    fn needed_by(&self, edit: &Edit) -> Vec<usize> {
        let new = |id: &str| self.added.get(id).copied();
        match edit {
            Edit::AddNode { node, .. } => self.needed_by_node(node),
            Edit::SetParam { value, .. } => self.needed_by_value(value),
            Edit::SetField {
                change: NodeField::Parent(Some(parent)),
                ..
            } => new(parent.as_str()).into_iter().collect(),
            Edit::Connect { edge, .. } => [&edge.source, &edge.target]
                .into_iter()
                .filter_map(|id| new(id.as_str()))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn needed_by_node(&self, node: &Node) -> Vec<usize> {
        let parent = node.parent.as_ref();
        let mut needed: Vec<usize> = parent
            .and_then(|parent| self.added.get(parent.as_str()).copied())
            .into_iter()
            .collect();
        for value in node.params.values() {
            needed.extend(self.needed_by_value(value));
        }
        needed
    }

    /// The new nodes and variables that expressions or code in a value name.
    fn needed_by_value(&self, value: &Value) -> Vec<usize> {
        match value {
            Value::Text(text) => self.needed_by_text(text),
            Value::List(list) => list
                .iter()
                .flat_map(|item| self.needed_by_value(item))
                .collect(),
            Value::Record(record) => record
                .values()
                .flat_map(|value| self.needed_by_value(value))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn needed_by_text(&self, text: &str) -> Vec<usize> {
        if !text.contains("nodes") && !text.contains("vars") {
            return Vec::new();
        }
        let named = references(text).nodes;
        let mut needed: Vec<usize> = self
            .added
            .iter()
            .filter(|(id, _)| named.contains(**id) || text.contains(&format!("nodes[\"{id}\"]")))
            .map(|(_, at)| *at)
            .collect();
        for (at, edit) in self.edits.iter().enumerate() {
            if let Edit::SetVar { name, .. } = edit
                && text.contains("vars")
                && text.contains(name.as_str())
            {
                needed.push(at);
            }
        }
        needed
    }
}

fn node_key(id: &str) -> String {
    format!("node {id}")
}

/// What can be reached from `start` over links whose inner ends all pass.
fn reach<'a, I: Iterator<Item = (&'a str, &'a str)>>(
    start: &'a str,
    passes: impl Fn(&str) -> bool,
    links: impl Fn() -> I,
) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut open = vec![start];
    while let Some(at) = open.pop() {
        for (_, to) in links().filter(|(from, _)| *from == at) {
            if passes(to) && seen.insert(to) {
                open.push(to);
            }
        }
    }
    seen
}

/// Two edits of different groups that need each other, perhaps through others.
fn mutual(needs: &[(usize, usize)], groups: &mut Groups) -> Option<(usize, usize)> {
    let links: Vec<(usize, usize)> = needs
        .iter()
        .map(|(from, to)| (groups.find(*from), groups.find(*to)))
        .filter(|(from, to)| from != to)
        .collect();
    links.iter().copied().find(|(from, to)| {
        let mut seen = BTreeSet::new();
        let mut open = vec![*to];
        while let Some(at) = open.pop() {
            for (_, next) in links.iter().filter(|(from, _)| *from == at) {
                if seen.insert(*next) {
                    open.push(*next);
                }
            }
        }
        seen.contains(from)
    })
}

/// Edits that were put together, by the first of each group.
struct Groups(Vec<usize>);

impl Groups {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn find(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b)] = a.min(b);
    }

    /// The number of each edit's group, in the order of first edits.
    fn numbered(&mut self) -> Vec<usize> {
        let mut numbers = BTreeMap::new();
        (0..self.0.len())
            .map(|at| {
                let root = self.find(at);
                let next = numbers.len();
                *numbers.entry(root).or_insert(next)
            })
            .collect()
    }
}
