//! The document as a whole: it has an id and nodes.

use crate::problem::{Place, Problem};

use super::{Report, Subject};

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let workflow = subject.workflow;
    if workflow.id.as_str().is_empty() {
        report.add(
            Problem::error("empty-id", "the workflow's id is empty")
                .at(Place::field("/id"))
                .with_hint("give it an id that never changes".to_owned()),
        );
    }
    if workflow.graph.nodes.is_empty() {
        report.add(
            Problem::error("no-nodes", "the workflow has no nodes")
                .at(Place::field("/graph/nodes"))
                .with_hint(
                    "begin with a trigger: `{ id: start, type: trigger.manual }`".to_owned(),
                ),
        );
    }
}
