//! A graph as lines with stable ids. What the person looks at is told in full, the rest as far as the budget goes.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use flowforge_engine::workflow::{Edge, Node};
use flowforge_engine::{NodeId, Workflow};

use super::{Redaction, tokens};

/// Longest parameter that is told of a node that nobody looks at, in characters.
const PARAM_CHARS_MAX: usize = 160;

/// The graph in about `tokens_max` tokens at most. `focus`: nodes that are told in full.
#[must_use]
pub fn graph(
    workflow: &Workflow,
    focus: &[NodeId],
    redaction: &Redaction,
    tokens_max: usize,
) -> String {
    let near = near(workflow, focus);
    let mut left = tokens_max;
    let mut text = String::new();
    let _ = writeln!(text, "workflow {} {:?}", workflow.id, workflow.name);
    for (name, value) in &workflow.config.vars {
        let shown = short(
            &redaction
                .value(&named(name, value))
                .get(name)
                .cloned()
                .unwrap_or_default()
                .to_json_text(),
        );
        let _ = writeln!(text, "var {name} = {shown}");
    }
    text += "(a node that ends in … has parameters that read_graph tells)\n";
    let edges: Vec<String> = workflow.graph.edges.iter().map(ends).collect();
    let edges = edges.join("\n");
    let brief: usize = workflow
        .graph
        .nodes
        .iter()
        .map(|node| tokens(&head(node)) + 2)
        .sum();
    left = left.saturating_sub(tokens(&text) + tokens(&edges) + brief);
    // Those that are near come first when the budget is spent, but all stand in the file's order.
    let mut told: BTreeSet<usize> = BTreeSet::new();
    for is_near in [true, false] {
        for (at, node) in workflow.graph.nodes.iter().enumerate() {
            let cost = tokens(&params(node, is_near, redaction));
            if near.contains(node.id.as_str()) == is_near && cost <= left {
                left -= cost;
                told.insert(at);
            }
        }
    }
    for (at, node) in workflow.graph.nodes.iter().enumerate() {
        let is_told = told.contains(&at) || node.params.is_empty();
        let _ = writeln!(text, "{}{}", head(node), if is_told { "" } else { " …" });
        if is_told {
            text += &params(node, near.contains(node.id.as_str()), redaction);
        }
    }
    text.push_str(&edges);
    text
}

/// The nodes in focus and their neighbours.
fn near<'a>(workflow: &'a Workflow, focus: &'a [NodeId]) -> BTreeSet<&'a str> {
    let mut near: BTreeSet<&str> = focus.iter().map(NodeId::as_str).collect();
    for edge in &workflow.graph.edges {
        if focus.contains(&edge.source) {
            near.insert(edge.target.as_str());
        }
        if focus.contains(&edge.target) {
            near.insert(edge.source.as_str());
        }
    }
    near
}

fn named(name: &str, value: &flowforge_engine::Value) -> flowforge_engine::Value {
    let record: flowforge_engine::value::Record = [(name, value.clone())].into_iter().collect();
    record.into()
}

fn head(node: &Node) -> String {
    let mut head = format!("node {}: {}", node.id, node.kind);
    if let Some(name) = &node.name {
        let _ = write!(head, " {name:?}");
    }
    if let Some(parent) = &node.parent {
        let _ = write!(head, " in {parent}");
    }
    for (is_so, word) in [
        (node.disabled, "disabled"),
        (node.pinned.is_some(), "pinned"),
    ] {
        if is_so {
            let _ = write!(head, " {word}");
        }
    }
    head
}

fn params(node: &Node, in_full: bool, redaction: &Redaction) -> String {
    let mut text = String::new();
    for (name, value) in &node.params {
        let redacted = redaction.value(&named(name, value));
        let value = redacted
            .get(name)
            .map_or_else(String::new, |value| match value.as_str() {
                Some(lines) if lines.contains('\n') => {
                    format!("|\n    {}", lines.replace('\n', "\n    "))
                }
                _ => value.to_json_text(),
            });
        let shown = if in_full { value } else { short(&value) };
        let _ = writeln!(text, "  {name} = {shown}");
    }
    text
}

fn short(text: &str) -> String {
    let cut: String = text.chars().take(PARAM_CHARS_MAX).collect();
    if cut.len() < text.len() {
        cut + "…"
    } else {
        cut
    }
}

fn ends(edge: &Edge) -> String {
    let port = |node: &NodeId, port: &str, usual: &str| {
        if port == usual {
            node.to_string()
        } else {
            format!("{node}.{port}")
        }
    };
    format!(
        "edge {} -> {}",
        port(&edge.source, &edge.source_port, "out"),
        port(&edge.target, &edge.target_port, "in")
    )
}
