//! Each node by itself: its id, its type, and the loop it says it is in.

use std::collections::BTreeSet;

use crate::node_type::Role;
use crate::problem::Problem;

use super::{LOOP_DEPTH_MAX, Report, Subject, list, short};

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    ids(subject, report);
    for (position, _) in subject.nodes() {
        kind(subject, report, position);
        parent(subject, report, position);
    }
    parent_cycles(subject, report);
    empty_loops(subject, report);
}

fn ids(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (position, node) in subject.nodes() {
        let id = node.id.as_str();
        if id.is_empty() {
            report.add(
                Problem::error("empty-id", "the node's id is empty")
                    .at(subject.field(position, "/id")),
            );
        }
        if let Some(first) = subject
            .topology
            .position(id)
            .filter(|first| *first != position)
        {
            let message = format!(
                "two nodes have the id `{}`, number {first} and number {position}",
                short(id)
            );
            report.add(
                Problem::error("duplicate-node", message)
                    .at(subject.field(position, "/id"))
                    .with_hint(
                        "give the second one an id of its own, and lead its edges there".to_owned(),
                    ),
            );
        }
    }
}

fn kind(subject: &Subject<'_>, report: &mut Report<'_>, position: usize) {
    let node = subject.node(position);
    match subject.spec(position) {
        None => {
            let message = format!("there is no node type `{}`", short(&node.kind));
            let hint = type_hint(subject, report, &node.kind);
            report.add(
                Problem::error("unknown-type", message)
                    .at(subject.field(position, "/type"))
                    .with_hint(hint),
            );
        }
        Some(spec) if spec.role == Role::Trigger && node.parent.is_some() => report.add(
            Problem::error(
                "trigger-in-loop",
                "a trigger starts a run, so it cannot be inside a loop",
            )
            .at(subject.field(position, "/parent"))
            .with_hint(
                "remove its `parent`; a loop's body starts at the nodes that no edge enters"
                    .to_owned(),
            ),
        ),
        Some(spec) if spec.role == Role::Call => call(subject, report, position),
        Some(_) => {}
    }
}

/// The nearest name, else a type that people call so: `http`, `set`, `request`.
fn type_hint(subject: &Subject<'_>, report: &mut Report<'_>, kind: &str) -> Option<String> {
    let names = subject
        .catalogue
        .iter()
        .map(|node_type| node_type.spec().name);
    let wanted = kind.to_lowercase();
    report.did_you_mean(kind, names).or_else(|| {
        let mut specs = subject.catalogue.iter().map(|node_type| node_type.spec());
        let called = specs.find(|spec| {
            spec.name.split('.').any(|part| part == wanted) || spec.words.contains(&wanted.as_str())
        })?;
        Some(format!("did you mean `{}`?", called.name))
    })
}

/// Which workflow is called may be an expression; when it is not, it names one.
fn call(subject: &Subject<'_>, report: &mut Report<'_>, position: usize) {
    let called = subject.node(position).params.get("workflow");
    if called
        .and_then(|value| value.as_str())
        .is_some_and(|id| id.trim().is_empty())
    {
        report.add(
            Problem::error("empty-call", "the id of the workflow to call is empty")
                .at(subject.place(position).in_param("/workflow")),
        );
    }
}

fn parent(subject: &Subject<'_>, report: &mut Report<'_>, position: usize) {
    let Some(parent) = &subject.node(position).parent else {
        return;
    };
    let at = || subject.field(position, "/parent");
    let id = short(parent.as_str());
    match subject.topology.position(parent.as_str()) {
        None => {
            let hint = report.did_you_mean(parent.as_str(), subject.ids());
            let message = format!("its parent `{id}` does not exist");
            report.add(
                Problem::error("unknown-parent", message)
                    .at(at())
                    .with_hint(hint),
            );
        }
        Some(outer)
            if subject
                .spec(outer)
                .is_some_and(|spec| spec.role != Role::Loop) =>
        {
            let message = format!(
                "its parent `{id}` is a `{}`, not a loop",
                subject.node(outer).kind
            );
            let loops = subject.catalogue.iter().map(|node_type| node_type.spec());
            let loops = list(
                loops
                    .filter(|spec| spec.role == Role::Loop)
                    .map(|spec| spec.name),
            );
            report.add(
                Problem::error("parent-not-loop", message)
                    .at(at())
                    .with_hint(format!("remove `parent`, or name a loop ({loops})")),
            );
        }
        Some(_) => {}
    }
}

/// Loops that stand inside themselves, and loops that stand too deep.
fn parent_cycles(subject: &Subject<'_>, report: &mut Report<'_>) {
    // How deep each node is; nothing yet for those not looked at, `usize::MAX` where parents go round.
    let mut depths: Vec<Option<usize>> = vec![None; subject.types.len()];
    for (position, _) in subject.nodes() {
        let mut chain = Vec::new();
        let mut members = BTreeSet::new();
        let mut next = Some(position);
        while let Some(at) = next
            && depths[at].is_none()
            && members.insert(at)
        {
            chain.push(at);
            next = outer(subject, at);
        }
        let base = match next {
            None => 0,
            Some(at) => match depths[at] {
                Some(depth) => depth.saturating_add(1),
                None => {
                    goes_round(subject, report, &chain, at);
                    usize::MAX
                }
            },
        };
        settle(subject, report, &mut depths, &chain, base);
    }
}

fn outer(subject: &Subject<'_>, position: usize) -> Option<usize> {
    subject
        .topology
        .position(subject.topology.level(position)?.as_str())
}

fn goes_round(subject: &Subject<'_>, report: &mut Report<'_>, chain: &[usize], again: usize) {
    let ring = chain.iter().skip_while(|at| **at != again);
    let names = list(ring.map(|at| subject.node(*at).id.as_str()));
    let message = format!("a loop cannot stand inside itself: {names}");
    report.add(
        Problem::error("parent-cycle", message)
            .at(subject.field(again, "/parent"))
            .with_hint("remove the `parent` of the outermost one".to_owned()),
    );
}

fn settle(
    subject: &Subject<'_>,
    report: &mut Report<'_>,
    depths: &mut [Option<usize>],
    chain: &[usize],
    base: usize,
) {
    for (steps, at) in chain.iter().rev().enumerate() {
        let depth = base.saturating_add(steps);
        depths[*at] = Some(depth);
        if depth == LOOP_DEPTH_MAX + 1 {
            let message = format!("loops are nested deeper than {LOOP_DEPTH_MAX}");
            report.add(
                Problem::error("too-deep", message)
                    .at(subject.field(*at, "/parent"))
                    .with_hint(
                        "move the inner loops into a workflow of their own, and call it".to_owned(),
                    ),
            );
        }
    }
}

fn empty_loops(subject: &Subject<'_>, report: &mut Report<'_>) {
    let parents: BTreeSet<&str> = subject
        .nodes()
        .filter_map(|(_, node)| Some(node.parent.as_ref()?.as_str()))
        .collect();
    for (position, node) in subject.nodes() {
        let is_loop = subject
            .spec(position)
            .is_some_and(|spec| spec.role == Role::Loop);
        if is_loop && !parents.contains(node.id.as_str()) {
            let id = short(node.id.as_str());
            report.add(
                Problem::error("empty-loop", format!("the loop `{id}` has no body"))
                    .at(subject.place(position))
                    .with_hint(format!(
                        "give the nodes that are to be repeated `parent: {id}`"
                    )),
            );
        }
    }
}
