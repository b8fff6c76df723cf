//! A wire to the wrong port: the node got its input from elsewhere in good runs.

use flowforge_engine::edit::{Edit, Patch};
use flowforge_engine::workflow::Edge;
use flowforge_engine::{NodeId, Workflow};

use super::{Candidate, Found};
use crate::heal::case::Case;

/// The edges into the node as they were in the last good run, when they are others now.
pub(super) fn rule(case: &Case<'_>) -> Found {
    let candidate = case.former.and_then(|former| rewired(case, former));
    Found {
        candidates: candidate.into_iter().collect(),
        ..Found::default()
    }
}

fn rewired(case: &Case<'_>, former: &Workflow) -> Option<Candidate> {
    let node = &case.node.id;
    let (now, then) = (into(case.workflow, node), into(former, node));
    let is_same = |a: &Edge, b: &Edge| ends(a) == ends(b);
    let gone: Vec<&Edge> = then
        .iter()
        .filter(|edge| !now.iter().any(|other| is_same(edge, other)))
        .copied()
        .collect();
    let new: Vec<&Edge> = now
        .iter()
        .filter(|edge| !then.iter().any(|other| is_same(edge, other)))
        .copied()
        .collect();
    let is_there = |edge: &&Edge| case.workflow.graph.node(edge.source.as_str()).is_some();
    if gone.is_empty() || !gone.iter().all(is_there) {
        return None;
    }
    let cut = new.iter().map(|edge| Edit::Disconnect {
        edge: (*edge).clone(),
    });
    let join = gone.iter().map(|edge| Edit::Connect {
        edge: (*edge).clone(),
        at: None,
    });
    let edits: Vec<Edit> = cut.chain(join).collect();
    let shown = |edge: &&Edge| format!("`{}.{}`", edge.source, edge.source_port);
    let from: Vec<String> = gone.iter().map(shown).collect();
    Some(Candidate {
        title: format!("connect `{node}` to {} again", from.join(" and ")),
        reason: format!(
            "In the last good run `{node}` got its input from {}; the edges were changed since.",
            from.join(" and ")
        ),
        patch: Patch::from(edits),
        rule: "wrong-port",
        live: None,
    })
}

fn into<'w>(workflow: &'w Workflow, node: &NodeId) -> Vec<&'w Edge> {
    let edges = workflow.graph.edges.iter();
    edges.filter(|edge| edge.target == *node).collect()
}

fn ends(edge: &Edge) -> (&NodeId, &str, &NodeId, &str) {
    (
        &edge.source,
        &edge.source_port,
        &edge.target,
        &edge.target_port,
    )
}
