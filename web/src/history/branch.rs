//! A copy of a workflow that remembers where it came from, and its way back: a proposal, by part.

use flowforge_ai::Proposal;
use flowforge_ai::proposal::Origin;
use flowforge_engine::edit::{Edit, Patch};
use flowforge_engine::node_type::Catalogue;
use flowforge_engine::workflow::Edge;
use flowforge_engine::{Address, Timestamp, Workflow, WorkflowId};
use flowforge_snapshots::{Journal, ReadError, WriteError};
use serde::{Deserialize, Serialize};

use super::past::document;
use super::{overlap, places};
use crate::problem::HttpProblem;
use crate::record;

/// The kind of record that says where a workflow was branched from.
const KIND: &str = "branch";

/// Where a workflow was branched from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Branch {
    /// The workflow.
    pub(crate) from: WorkflowId,
    /// Its version then.
    pub(crate) base: Address,
    /// The branch's first version.
    pub(crate) first: Address,
}

/// Where a workflow was branched from, if it was.
pub(crate) fn find(journal: &Journal, id: &WorkflowId) -> Result<Option<Branch>, ReadError> {
    record::find(journal, KIND, id.as_str())
}

/// Notes where a workflow was branched from.
pub(crate) fn keep(journal: &Journal, id: &WorkflowId, branch: &Branch) -> Result<(), WriteError> {
    record::keep(journal, KIND, id.as_str(), branch)
}

/// Forgets it, when the branch is removed.
pub(crate) fn forget(journal: &Journal, id: &WorkflowId) -> Result<(), WriteError> {
    journal.remove_record(KIND, id.as_str()).map(drop)
}

/// The copy, under another id and name.
pub(crate) fn copy(workflow: &Workflow, id: WorkflowId, name: String) -> Workflow {
    Workflow {
        id,
        name,
        ..workflow.clone()
    }
}

/// `order-total-2`, `order-total-3` ...: the first id that nobody uses.
pub(crate) fn free_id(journal: &Journal, id: &WorkflowId) -> Result<WorkflowId, ReadError> {
    let mut number = 2_u32;
    loop {
        let wanted = WorkflowId::from(format!("{id}-{number}").as_str());
        if journal.latest_workflow(&wanted)?.is_none() {
            return Ok(wanted);
        }
        number += 1;
    }
}

/// Two workflows, of which one was branched from the other.
pub(crate) struct Merge {
    /// The one that takes the changes, as it is now.
    into: Workflow,
    /// The one that has them, as it is now.
    from: Workflow,
    /// `into` and `from` as they were when they were the same.
    into_then: Workflow,
    from_then: Workflow,
}

impl Merge {
    /// Reads what is needed to bring the changes of `from` into `into`.
    pub(crate) fn of(
        journal: &Journal,
        into: &WorkflowId,
        from: &WorkflowId,
    ) -> Result<Self, HttpProblem> {
        let (into_then, from_then) = common(journal, into, from)?;
        let current = |id: &WorkflowId| {
            let found = journal.latest_workflow(id)?;
            found.ok_or_else(|| HttpProblem::no_workflow(id.as_str()))
        };
        Ok(Self {
            into: current(into)?,
            from: current(from)?,
            into_then: document(journal, into_then)?,
            from_then: document(journal, from_then)?,
        })
    }

    /// What `from` changed since then and `into` does not have yet, as a proposal for `into` as it is now.
    pub(crate) fn propose(
        &self,
        catalogue: &Catalogue,
        now: Timestamp,
        id: String,
    ) -> Result<Proposal, HttpProblem> {
        let theirs = Patch::diff(&self.from_then, &self.from);
        let ours = places(&Patch::diff(&self.into_then, &self.into));
        let Fitted { patch, left_out } = fitted(&theirs, &self.into);
        let both: Vec<String> = places(&patch)
            .into_iter()
            .filter(|place| ours.iter().any(|our| overlap(our, place)))
            .collect();
        let origin = Origin::Branch {
            from: self.from.id.clone(),
        };
        let reason = self.reason(&both, &left_out);
        Proposal::make(&self.into, patch, catalogue, origin, reason, now, id)
            .map_err(HttpProblem::internal)
    }

    fn reason(&self, both: &[String], left_out: &[String]) -> String {
        let mut reason = format!("Changes of `{}` since it was the same.", self.from.id);
        if !both.is_empty() {
            let both = both.join(", ");
            reason += &format!(" Changed on both sides, and accepting takes theirs: {both}.");
        }
        if !left_out.is_empty() {
            let left_out = left_out.join(", ");
            reason +=
                &format!(" Left out, because what they change is not there any more: {left_out}.");
        }
        reason
    }
}

/// The versions of `into` and `from` that were the same.
fn common(
    journal: &Journal,
    into: &WorkflowId,
    from: &WorkflowId,
) -> Result<(Address, Address), HttpProblem> {
    if let Some(branch) = find(journal, from)?.filter(|branch| branch.from == *into) {
        return Ok((branch.base, branch.first));
    }
    if let Some(branch) = find(journal, into)?.filter(|branch| branch.from == *from) {
        return Ok((branch.first, branch.base));
    }
    let detail = format!("neither of `{into}` and `{from}` was branched from the other");
    let hint = format!("POST /api/v1/workflows/{into}/branch makes a branch of it");
    Err(HttpProblem::invalid("no-branch", detail).with_hint(hint))
}

/// A patch as it fits another workflow.
struct Fitted {
    patch: Patch,
    /// The places of edits that have nothing to act on there.
    left_out: Vec<String>,
}

/// The edits that change something there, one after the other.
fn fitted(patch: &Patch, into: &Workflow) -> Fitted {
    let mut workflow = into.clone();
    let (mut edits, mut left_out) = (Vec::new(), Vec::new());
    for edit in &patch.edits {
        let one = Patch::from(vec![anywhere(edit)]);
        match one.apply(&workflow) {
            Ok((next, _)) if next == workflow => {}
            Ok((next, _)) => {
                workflow = next;
                edits.extend(one.edits);
            }
            Err(_) if is_done(edit, &workflow) => {}
            Err(_) => left_out.extend(places(&one)),
        }
    }
    Fitted {
        patch: Patch::from(edits),
        left_out,
    }
}

/// The edit without its position in a list, which may be another one there.
fn anywhere(edit: &Edit) -> Edit {
    match edit.clone() {
        Edit::AddNode { node, .. } => Edit::AddNode { node, at: None },
        Edit::Connect { edge, .. } => Edit::Connect { edge, at: None },
        other => other,
    }
}

/// Whether an edit that cannot be applied has been made there already.
fn is_done(edit: &Edit, workflow: &Workflow) -> bool {
    let graph = &workflow.graph;
    match edit {
        Edit::AddNode { node, .. } => graph.nodes.contains(node),
        Edit::RemoveNode { node } => graph.nodes.iter().all(|found| found.id != *node),
        Edit::Connect { edge, .. } => graph.edges.contains(edge),
        Edit::Disconnect { edge } => !graph.edges.iter().any(|found| has_ends_of(found, edge)),
        _ => false,
    }
}

fn has_ends_of(edge: &Edge, other: &Edge) -> bool {
    let ends = |edge: &Edge| {
        let Edge {
            source,
            source_port,
            target,
            target_port,
            ..
        } = edge.clone();
        (source, source_port, target, target_port)
    };
    ends(edge) == ends(other)
}
