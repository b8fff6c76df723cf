//! What rules look at: the workflow, the failing frame, and what its node and its expressions saw, then and in
//! good runs.

use flowforge_engine::frame::{ExecutionFrame, Status};
use flowforge_engine::node_type::Catalogue;
use flowforge_engine::value::{List, Record};
use flowforge_engine::workflow::Node;
use flowforge_engine::{Failure, Path, RunId, Seq, Value, Workflow};

use super::paths::{Key, Way};

/// Most items of a list that are looked at.
const ITEMS_MAX: usize = 200;

/// What is known of a failure.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// The workflow that failed.
    pub workflow: &'a Workflow,
    /// The node types.
    pub catalogue: &'a Catalogue,
    /// The node that failed.
    pub node: &'a Node,
    /// Its frame.
    pub frame: &'a ExecutionFrame,
    /// Why it failed.
    pub failure: &'a Failure,
    /// What its expressions saw: `input`, `nodes`, `item`, `vars`.
    pub scope: Value,
    /// What they saw in good frames of the same node.
    pub good: Vec<Value>,
    /// The workflow of the last good frame, when it is another.
    pub former: Option<&'a Workflow>,
}

/// A good frame of the node that failed.
#[derive(Clone, Debug)]
pub struct Good {
    /// Its run.
    pub run: RunId,
    /// The frame.
    pub frame: ExecutionFrame,
    /// The frames of its run, in order.
    pub all: std::sync::Arc<Vec<ExecutionFrame>>,
    /// Whether the node computed the same then; if not, its outputs may rightly differ.
    pub same_code: bool,
}

/// What expressions of a frame see.
pub(crate) fn scope_of(
    workflow: &Workflow,
    frame: &ExecutionFrame,
    all: &[ExecutionFrame],
) -> Value {
    let outputs = all.iter().filter_map(|other| {
        let seen = other.status == Status::Completed && is_seen(&other.path, &frame.path);
        let output = other.output.as_ref().filter(|_| seen)?.to_value();
        let about: Record = [("output", output)].into_iter().collect();
        Some((other.node_id.as_str(), Value::from(about)))
    });
    let mut fields = vec![
        ("input", frame.input.clone().unwrap_or_default()),
        ("nodes", Value::Record(outputs.collect())),
        ("vars", vars(workflow)),
    ];
    fields.extend(item_of(workflow, frame, all).map(|item| ("item", item)));
    Value::Record(fields.into_iter().collect())
}

fn vars(workflow: &Workflow) -> Value {
    let vars = workflow.config.vars.iter();
    Value::Record(
        vars.map(|(name, value)| (name.as_str(), value.clone()))
            .collect(),
    )
}

/// Whether a frame at one path sees the output of one at another: the same level, or one around it.
fn is_seen(other: &Path, from: &Path) -> bool {
    from.0.starts_with(&other.0)
}

/// The item of the iteration around a frame: the input of a node of it that no edge leads to.
fn item_of(workflow: &Workflow, frame: &ExecutionFrame, all: &[ExecutionFrame]) -> Option<Value> {
    if frame.path.0.is_empty() {
        return None;
    }
    let has_no_edge = |node: &str| {
        let edges = &workflow.graph.edges;
        !edges
            .iter()
            .any(|edge| edge.target.as_str() == node && !is_parent(workflow, node, &edge.source))
    };
    let first = all
        .iter()
        .chain([frame])
        .find(|other| other.path == frame.path && has_no_edge(other.node_id.as_str()))?;
    first.input.clone()
}

fn is_parent(workflow: &Workflow, node: &str, source: &flowforge_engine::NodeId) -> bool {
    workflow
        .graph
        .node(node)
        .and_then(|node| node.parent.as_ref())
        == Some(source)
}

/// What a way leads to: every value when it goes over the items of a list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found<'v> {
    pub(crate) values: Vec<&'v Value>,
    /// Whether some item had nothing there.
    pub(crate) misses: bool,
}

impl Found<'_> {
    /// Whether there is something other than null everywhere.
    pub(crate) fn is_whole(&self) -> bool {
        !self.misses && !self.values.is_empty() && self.values.iter().all(|value| !value.is_null())
    }
}

/// Follows a way into a scope.
pub(crate) fn follow<'v>(scope: &'v Value, way: &Way) -> Found<'v> {
    let mut found = Found {
        values: scope.get(&way.root).into_iter().collect(),
        misses: false,
    };
    for key in &way.keys {
        let mut next = Vec::new();
        for value in &found.values {
            match (key, value) {
                (Key::Item, Value::List(items)) => next.extend(items.iter().take(ITEMS_MAX)),
                (Key::At(at), Value::List(items)) => match item(items, *at) {
                    Some(value) => next.push(value),
                    None => found.misses = true,
                },
                (Key::Field(name), Value::Record(fields)) => match fields.get(name) {
                    Some(value) => next.push(value),
                    None => found.misses = true,
                },
                _ => found.misses = true,
            }
        }
        found.values = next;
    }
    found
}

fn item(items: &List, at: i64) -> Option<&Value> {
    let from_end = if at < 0 { items.len() } else { 0 };
    items.get(from_end.checked_add_signed(isize::try_from(at).ok()?)?)
}

/// A frame, as evidence is told about it.
pub(crate) fn told(run: RunId, seq: Seq) -> String {
    format!("frame {seq} of run {run}")
}
