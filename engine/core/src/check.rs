//! What is wrong with a workflow, found without running it: all of it at once, never just the first thing.
//!
//! Nothing here recurses over the graph and every guess is counted, so a workflow of a hundred
//! thousand nodes is answered in the time of reading it a few times.

mod definitions;
mod document;
mod edges;
mod expressions;
mod fields;
mod flow;
mod nodes;
mod params;
mod ranges;
mod report;
mod schema;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::node_type::{Catalogue, NodeSpec, NodeType};
use crate::problem::{Place, Problem};
use crate::workflow::graph::Topology;
use crate::workflow::{Node, Workflow};

use report::Report;

/// Most problems that are told; one more says how many were left out.
pub const PROBLEMS_MAX: usize = 10_000;
/// Deepest nesting of loops.
pub const LOOP_DEPTH_MAX: usize = 64;

/// Every problem of a workflow, by place: first the document's, then each node's in the file's order,
/// then each edge's.
#[must_use]
pub fn check(workflow: &Workflow, catalogue: &Catalogue) -> Vec<Problem> {
    let open = workflow.seal(catalogue).is_some();
    let sealed = open.then(|| workflow.clone().sealed(catalogue));
    let whole = sealed.as_ref().unwrap_or(workflow).expanded();
    let subject = Subject::new(&whole, catalogue);
    let mut report = Report::new(&subject);
    document::check(&subject, &mut report);
    definitions::check(workflow, catalogue, &mut report);
    fields::check(&subject, &mut report);
    ranges::check(&subject, &mut report);
    nodes::check(&subject, &mut report);
    edges::check(&subject, &mut report);
    flow::check(&subject, &mut report);
    params::check(&subject, &mut report);
    expressions::check(&subject, &mut report);
    report.sorted()
}

/// What is checked, with what every check needs.
struct Subject<'a> {
    workflow: &'a Workflow,
    catalogue: &'a Catalogue,
    topology: Topology<'a>,
    /// The node types, by the position of the node; nothing where it is unknown.
    types: Vec<Option<&'a Arc<dyn NodeType>>>,
}

impl<'a> Subject<'a> {
    fn new(workflow: &'a Workflow, catalogue: &'a Catalogue) -> Self {
        let graph = &workflow.graph;
        let types = graph
            .nodes
            .iter()
            .map(|node| catalogue.get(&node.kind))
            .collect();
        Self {
            workflow,
            catalogue,
            topology: Topology::new(graph),
            types,
        }
    }

    /// The nodes with their positions.
    fn nodes(&self) -> impl Iterator<Item = (usize, &'a Node)> + use<'a> {
        self.workflow.graph.nodes.iter().enumerate()
    }

    fn node(&self, position: usize) -> &'a Node {
        &self.workflow.graph.nodes[position]
    }

    /// What the node at this position is, when its type is known.
    fn spec(&self, position: usize) -> Option<&'a NodeSpec> {
        self.types[position].map(|node_type| node_type.spec())
    }

    /// The ids of all nodes.
    fn ids(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.workflow
            .graph
            .nodes
            .iter()
            .map(|node| node.id.as_str())
    }

    fn place(&self, position: usize) -> Place {
        Place::node(self.node(position).id.clone())
    }

    /// The place of a field of the node at this position.
    fn field(&self, position: usize, field: &str) -> Place {
        self.place(position)
            .in_field(format!("/graph/nodes/{position}{field}"))
    }
}

/// At most 60 characters of a text from a stranger, on one line.
fn short(text: &str) -> String {
    let mut short: String = text
        .chars()
        .take(60)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// The first ten names, each in back-ticks.
fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names = names.into_iter();
    let first: Vec<String> = names
        .by_ref()
        .take(10)
        .map(|name| format!("`{}`", short(name)))
        .collect();
    let rest = names.count();
    let more = if rest > 0 {
        format!(" and {rest} more")
    } else {
        String::new()
    };
    format!("{}{more}", first.join(", "))
}

/// A step of a JSON pointer.
fn step(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
