//! A workflow made ready to run: indexes in place of names, templates parsed, levels told apart.
//!
//! Building is total. A workflow with Problems gives a plan in which the broken parts do nothing or
//! fail; whoever starts runs is expected to check first.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::failure::Failure;
use crate::id::NodeId;
use crate::node_type::{Catalogue, NodeType, Role};
use crate::script::{References, Template, references};
use crate::value::{Record, Value};
use crate::workflow::{Config, Node, Workflow};

/// Position of a node in a plan.
pub(crate) type NodeIx = usize;
/// Position of a level in a plan; 0 is the root.
pub(crate) type LevelIx = usize;

/// A workflow made ready to run.
#[derive(Debug)]
pub struct Plan {
    pub(crate) workflow: Workflow,
    pub(crate) hash: crate::Address,
    pub(crate) nodes: Vec<PlannedNode>,
    pub(crate) levels: Vec<Level>,
    pub(crate) vars: Value,
}

/// The nodes that run together: the root of the graph, or the body of a loop.
#[derive(Debug, Default)]
pub(crate) struct Level {
    /// In the author's order; a node's position here is its cell in a scope.
    pub(crate) nodes: Vec<NodeIx>,
    /// Cells whose values are the level's output.
    pub(crate) ends: Vec<usize>,
    pub(crate) cells: HashMap<NodeId, usize>,
}

/// A node made ready to run.
pub(crate) struct PlannedNode {
    pub(crate) id: NodeId,
    pub(crate) node: Node,
    pub(crate) kind: Option<Arc<dyn NodeType>>,
    pub(crate) role: Role,
    pub(crate) template: Result<Template, Failure>,
    pub(crate) lazy: Value,
    pub(crate) references: References,
    /// The level that this loop runs.
    pub(crate) body: LevelIx,
    pub(crate) incoming: Vec<Incoming>,
    pub(crate) outgoing: Vec<Outgoing>,
    /// Whether it starts with its level's input, for want of edges.
    pub(crate) starts: bool,
}

impl std::fmt::Debug for PlannedNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlannedNode")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// An edge, seen from where it ends.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) port: Arc<str>,
    pub(crate) source: NodeId,
    /// It begins at the loop around the node, and carries the level's input.
    pub(crate) from_loop: bool,
}

/// An edge, seen from where it begins.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) port: Arc<str>,
    pub(crate) cell: usize,
    /// Position among the target's incoming edges.
    pub(crate) slot: usize,
}

impl Plan {
    /// The plan of this workflow.
    #[must_use]
    pub fn new(workflow: Workflow, catalogue: &Catalogue) -> Self {
        let levels = levels(&workflow);
        let whole = workflow.expanded();
        let mut nodes: Vec<_> = whole
            .graph
            .nodes
            .iter()
            .map(|node| planned(node, catalogue))
            .collect();
        for (at, node) in workflow.graph.nodes.iter().enumerate() {
            nodes[at].body = levels
                .of_parent
                .get(&Some(node.id.clone()))
                .copied()
                .unwrap_or(usize::MAX);
        }
        connect(&workflow, &levels, &mut nodes);
        let mut plan = Self {
            hash: workflow.hash(),
            vars: Value::Record(
                workflow
                    .config
                    .vars
                    .iter()
                    .map(|(k, v)| (k.as_str(), v.clone()))
                    .collect(),
            ),
            workflow,
            nodes,
            levels: levels.all,
        };
        plan.mark_starts();
        plan.mark_ends();
        plan
    }

    /// The workflow it was made from.
    #[must_use]
    pub fn workflow(&self) -> &Workflow {
        &self.workflow
    }

    /// Which exact workflow this is.
    #[must_use]
    pub fn reference(&self) -> crate::event::WorkflowRef {
        crate::event::WorkflowRef {
            id: self.workflow.id.clone(),
            version: self.workflow.version,
            hash: self.hash,
        }
    }

    pub(crate) fn config(&self) -> &Config {
        &self.workflow.config
    }

    /// Without any trigger, every node without an edge to it starts; with one, only triggers do.
    fn mark_starts(&mut self) {
        let has_trigger = self.nodes.iter().any(|node| node.role == Role::Trigger);
        for (ix, level) in self.levels.iter().enumerate() {
            for &node in &level.nodes {
                let node = &mut self.nodes[node];
                let may_start = ix != 0 || !has_trigger || node.role == Role::Trigger;
                node.starts = node.incoming.is_empty() && may_start;
            }
        }
    }

    fn mark_ends(&mut self) {
        for level in &mut self.levels {
            let reached = reached(level, &self.nodes);
            level.ends = (0..level.nodes.len())
                .filter(|cell| {
                    reached.contains(cell) && self.nodes[level.nodes[*cell]].outgoing.is_empty()
                })
                .collect();
        }
    }
}

/// The cells that something can flow to.
fn reached(level: &Level, nodes: &[PlannedNode]) -> BTreeSet<usize> {
    let begins =
        |node: &PlannedNode| node.starts || node.incoming.iter().any(|edge| edge.from_loop);
    let mut open: Vec<usize> = (0..level.nodes.len())
        .filter(|cell| begins(&nodes[level.nodes[*cell]]))
        .collect();
    let mut seen: BTreeSet<usize> = open.iter().copied().collect();
    while let Some(cell) = open.pop() {
        for edge in &nodes[level.nodes[cell]].outgoing {
            if seen.insert(edge.cell) {
                open.push(edge.cell);
            }
        }
    }
    seen
}

#[derive(Default)]
struct Levels {
    all: Vec<Level>,
    of_parent: BTreeMap<Option<NodeId>, LevelIx>,
}

fn levels(workflow: &Workflow) -> Levels {
    let mut levels = Levels::default();
    levels.all.push(Level::default());
    levels.of_parent.insert(None, 0);
    for (at, node) in workflow.graph.nodes.iter().enumerate() {
        let ix = *levels
            .of_parent
            .entry(node.parent.clone())
            .or_insert_with(|| {
                levels.all.push(Level::default());
                levels.all.len() - 1
            });
        let level = &mut levels.all[ix];
        level
            .cells
            .entry(node.id.clone())
            .or_insert(level.nodes.len());
        level.nodes.push(at);
    }
    levels
}

fn planned(node: &Node, catalogue: &Catalogue) -> PlannedNode {
    let kind = catalogue.get(&node.kind).cloned();
    let is_lazy = |name: &str| {
        kind.as_ref().is_some_and(|kind| {
            kind.spec().lazy.contains(&name) || kind.spec().code.contains(&name)
        })
    };
    let (lazy, eager): (Vec<_>, Vec<_>) = node
        .params
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .partition(|(name, _)| is_lazy(name));
    let template = Template::parse(&Value::Record(eager.into_iter().collect()));
    let mut named = template
        .as_ref()
        .map(Template::references)
        .unwrap_or_default();
    for (_, value) in &lazy {
        extend(&mut named, value);
    }
    PlannedNode {
        id: node.id.clone(),
        role: kind.as_ref().map_or(Role::Action, |kind| kind.spec().role),
        kind,
        template,
        lazy: Value::Record(lazy.into_iter().collect::<Record>()),
        references: named,
        body: usize::MAX,
        incoming: Vec::new(),
        outgoing: Vec::new(),
        starts: false,
        node: node.clone(),
    }
}

/// Adds what the texts in a lazy parameter name. Lists and records in it are never nested deep.
fn extend(named: &mut References, value: &Value) {
    match value {
        Value::Text(source) => named.extend(references(source)),
        Value::List(items) => items.iter().for_each(|item| extend(named, item)),
        Value::Record(fields) => fields.iter().for_each(|(_, field)| extend(named, field)),
        _ => {}
    }
}

/// Edges inside one level, and those from a loop to its own body; others join nothing and are left out.
fn connect(workflow: &Workflow, levels: &Levels, nodes: &mut [PlannedNode]) {
    let position: HashMap<&NodeId, NodeIx> = workflow
        .graph
        .nodes
        .iter()
        .enumerate()
        .rev()
        .map(|(at, node)| (&node.id, at))
        .collect();
    for edge in &workflow.graph.edges {
        let (Some(&from), Some(&to)) = (position.get(&edge.source), position.get(&edge.target))
        else {
            continue;
        };
        let (source, target) = (&workflow.graph.nodes[from], &workflow.graph.nodes[to]);
        let from_loop = target.parent.as_ref() == Some(&source.id);
        if source.parent != target.parent && !from_loop {
            continue;
        }
        let slot = nodes[to].incoming.len();
        nodes[to].incoming.push(Incoming {
            port: edge.target_port.as_str().into(),
            source: edge.source.clone(),
            from_loop,
        });
        if !from_loop {
            let level = &levels.all[levels.of_parent[&target.parent]];
            let cell = level.cells[&edge.target];
            nodes[from].outgoing.push(Outgoing {
                port: edge.source_port.as_str().into(),
                cell,
                slot,
            });
        }
    }
}
