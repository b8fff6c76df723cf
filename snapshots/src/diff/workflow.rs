//! Two workflow documents: node by node, edge by edge, code by line.

use std::collections::{BTreeMap, HashMap};

use flowforge_engine::value::{List, Record};
use flowforge_engine::{Address, NodeId, Value, Workflow};
use serde::Serialize;

use super::value::diff_lines;
use super::{Change, Op, diff_values};

/// How two workflows differ. The order of nodes and edges does not count.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowDiff {
    /// Nodes that differ, by id.
    pub nodes: Vec<NodeDiff>,
    /// Edges that are only in the second.
    pub edges_added: Vec<Value>,
    /// Edges that are only in the first.
    pub edges_removed: Vec<Value>,
    /// Everything else: name, version, configuration, unknown fields.
    pub rest: Vec<Change>,
}

/// How a node differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeDiff {
    /// The node.
    pub id: NodeId,
    /// How; a node that was added or removed is one change of the whole, at the empty path.
    pub op: Op,
    /// Where in the node. Code has a line diff, also when it is one line.
    pub changes: Vec<Change>,
}

impl WorkflowDiff {
    /// Whether nothing differs but the order.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How two workflows differ.
#[must_use]
pub fn diff_workflows(a: &Workflow, b: &Workflow) -> WorkflowDiff {
    let (a, b) = (a.to_value(), b.to_value());
    let (edges_added, edges_removed) = (only_in(&b, &a), only_in(&a, &b));
    WorkflowDiff {
        nodes: diff_nodes(&a, &b),
        edges_added,
        edges_removed,
        rest: diff_values(&rest(&a), &rest(&b)),
    }
}

fn items<'a>(workflow: &'a Value, name: &str) -> &'a [Value] {
    let list = workflow
        .get("graph")
        .and_then(|graph| graph.get(name))
        .and_then(Value::as_list);
    list.map_or(&[], |list: &List| list)
}

/// Edges of `a` that `b` has not, or has fewer times.
fn only_in(a: &Value, b: &Value) -> Vec<Value> {
    let mut known: HashMap<Address, usize> = HashMap::new();
    for edge in items(b, "edges") {
        *known.entry(edge.address()).or_default() += 1;
    }
    let is_new = |edge: &&Value| match known.get_mut(&edge.address()) {
        Some(count @ 1..) => {
            *count -= 1;
            false
        }
        _ => true,
    };
    items(a, "edges").iter().filter(is_new).cloned().collect()
}

fn diff_nodes(a: &Value, b: &Value) -> Vec<NodeDiff> {
    let by_id = |workflow| -> BTreeMap<NodeId, Value> {
        let nodes = items(workflow, "nodes").iter();
        nodes
            .map(|node| {
                (
                    node.get("id").and_then(Value::as_str).unwrap_or("").into(),
                    node.clone(),
                )
            })
            .collect()
    };
    let (a, b) = (by_id(a), by_id(b));
    let ids = a.keys().chain(b.keys().filter(|id| !a.contains_key(*id)));
    let mut diffs: Vec<NodeDiff> = ids
        .filter_map(|id| diff_node(id, a.get(id), b.get(id)))
        .collect();
    diffs.sort_by(|a, b| a.id.cmp(&b.id));
    diffs
}

fn diff_node(id: &NodeId, a: Option<&Value>, b: Option<&Value>) -> Option<NodeDiff> {
    let (op, changes) = match (a, b) {
        (Some(a), Some(b)) => (
            Op::Changed,
            diff_values(a, b).into_iter().map(with_lines).collect(),
        ),
        (Some(_), None) => (Op::Removed, vec![whole(Op::Removed, a, None)]),
        _ => (Op::Added, vec![whole(Op::Added, None, b)]),
    };
    let changes: Vec<Change> = changes;
    (!changes.is_empty()).then(|| NodeDiff {
        id: id.clone(),
        op,
        changes,
    })
}

fn whole(op: Op, before: Option<&Value>, after: Option<&Value>) -> Change {
    Change {
        path: String::new(),
        from: None,
        op,
        before: before.cloned(),
        after: after.cloned(),
        lines: None,
    }
}

fn with_lines(mut change: Change) -> Change {
    if let (None, "/params/code", Some(a), Some(b)) = (
        &change.lines,
        change.path.as_str(),
        change.before.as_ref().and_then(Value::as_str),
        change.after.as_ref().and_then(Value::as_str),
    ) {
        change.lines = diff_lines(a, b);
    }
    change
}

/// The document without its nodes and edges.
fn rest(workflow: &Value) -> Value {
    let Some(fields) = workflow.as_record() else {
        return workflow.clone();
    };
    let graph = fields
        .get("graph")
        .and_then(Value::as_record)
        .cloned()
        .unwrap_or_default();
    let graph: Record = graph.without("nodes").without("edges");
    fields.with("graph", graph.into()).into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn workflow(json: &str) -> Workflow {
        serde_json::from_str(json).unwrap()
    }

    fn check(a: &str, b: &str, expected: &str) {
        let found = serde_json::to_value(diff_workflows(&workflow(a), &workflow(b))).unwrap();
        let expected: serde_json::Value = serde_json::from_str(expected).unwrap();
        assert_eq!(found, expected);
    }

    #[test]
    fn order_of_nodes_and_edges_does_not_count() {
        let a = r#"{"id":"w","graph":{"nodes":[{"id":"a","type":"log"},{"id":"b","type":"log"}],
            "edges":[{"source":"a","target":"b"},{"source":"a","sourcePort":"no","target":"b"}]}}"#;
        let b = r#"{"id":"w","graph":{"nodes":[{"id":"b","type":"log"},{"id":"a","type":"log"}],
            "edges":[{"source":"a","sourcePort":"no","target":"b"},{"source":"a","target":"b"}]}}"#;
        assert!(diff_workflows(&workflow(a), &workflow(b)).is_empty());
    }

    #[test]
    fn code_differs_by_line_and_edges_as_wholes() {
        check(
            r#"{"id":"w","graph":{"nodes":[{"id":"a","type":"code.rhai","params":{"code":"1"}},{"id":"b","type":"log"}],
                "edges":[{"source":"a","target":"b"}]}}"#,
            r#"{"id":"w","version":2,"graph":{"nodes":[{"id":"a","type":"code.rhai","params":{"code":"2"}}]}}"#,
            r#"{
                "nodes": [
                    {"id":"a","op":"changed","changes":[{"path":"/params/code","from":null,"op":"changed","before":"1","after":"2",
                        "lines":"@@ -1 +1 @@\n-1\n+2\n"}]},
                    {"id":"b","op":"removed","changes":[{"path":"","from":null,"op":"removed","before":{"id":"b","type":"log"},"after":null,"lines":null}]}
                ],
                "edgesAdded": [],
                "edgesRemoved": [{"source":"a","target":"b"}],
                "rest": [{"path":"/version","from":null,"op":"changed","before":1,"after":2,"lines":null}]
            }"#,
        );
    }
}
