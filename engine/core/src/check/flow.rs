//! Whether the run gets everywhere: nodes that wait for themselves, and nodes that nothing starts.

use crate::node_type::Role;
use crate::problem::Problem;

use super::{Report, Subject, short};

/// Most names of a cycle that are told.
const CYCLE_NAMES_MAX: usize = 10;

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for cycle in subject.topology.cycles() {
        let message = format!("these nodes wait for each other: {}", way(subject, &cycle));
        report.add(
            Problem::error("cycle", message)
                .at(subject.place(cycle[0]))
                .with_hint(
                    "remove one of the edges; to repeat nodes, put them into a loop".to_owned(),
                ),
        );
    }
    unreachable(subject, report);
}

/// `a -> b -> a`, the middle left out when it is long.
fn way(subject: &Subject<'_>, cycle: &[usize]) -> String {
    let name = |position: &usize| short(subject.node(*position).id.as_str());
    let mut names: Vec<String> = cycle.iter().take(CYCLE_NAMES_MAX).map(name).collect();
    if cycle.len() > CYCLE_NAMES_MAX {
        names.push(format!("({} more)", cycle.len() - CYCLE_NAMES_MAX));
    }
    names.push(name(&cycle[0]));
    names.join(" -> ")
}

/// With a trigger, what no trigger reaches does not run.
fn unreachable(subject: &Subject<'_>, report: &mut Report<'_>) {
    let root = |position: &usize| subject.node(*position).parent.is_none();
    let is_trigger = |position: &usize| {
        subject
            .spec(*position)
            .is_some_and(|spec| spec.role == Role::Trigger)
    };
    let all = 0..subject.types.len();
    let triggers: Vec<usize> = all.clone().filter(root).filter(is_trigger).collect();
    if triggers.is_empty() {
        return;
    }
    let reached = subject.topology.downstream(triggers);
    for position in all
        .filter(root)
        .filter(|position| !reached.contains(position))
    {
        report.add(
            Problem::warning(
                "unreachable",
                "no trigger leads to this node, so it never runs",
            )
            .at(subject.place(position))
            .with_hint("connect it, or remove it".to_owned()),
        );
    }
}
