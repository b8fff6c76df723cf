//! A proposal becomes a workflow: whole or in part, on the version it was made for or on a later one.

use std::collections::BTreeSet;

use flowforge_engine::edit::{Edit, EditError, Patch};
use flowforge_engine::{Address, Workflow};

use super::ground::Thing;
use super::sentence::sentences;
use super::{Part, Proposal, State};

/// What accepting gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// The changed workflow.
    pub workflow: Workflow,
    /// The patch exactly as it was applied.
    pub patch: Patch,
    /// The patch that takes it back exactly.
    pub undo: Patch,
    /// What was done, made from the patch as it was applied.
    pub sentences: Vec<String>,
    /// Whether the workflow had moved on since the proposal was made.
    pub rebased: bool,
}

/// Why a proposal cannot be accepted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Stale {
    /// What the patch rests on is not as it was.
    #[error("{} changed since this was proposed; ask again to get a proposal for the workflow as it is now", .0.join(", "))]
    Changed(Vec<String>),
    /// The patch is not the one that its hash names.
    #[error("the patch is not the one that was shown: expected {expected}, found {found}")]
    WrongHash {
        /// The hash of the proposal.
        expected: Address,
        /// The hash of its patch.
        found: Address,
    },
    /// It was accepted or rejected before.
    #[error("the proposal is closed already")]
    Closed,
    /// It has no such part.
    #[error("the proposal has no part {0}")]
    NoPart(usize),
    /// A part cannot be without another.
    #[error("`{part}` needs `{needs}`; accept both or neither")]
    Needs {
        /// The title of the part.
        part: String,
        /// The title of the part that it needs.
        needs: String,
    },
    /// An edit has nothing to act on.
    #[error(transparent)]
    Edit(#[from] EditError),
}

/// Applies a proposal, or the named parts of it, to the workflow as it is now. All parts when none is named.
///
/// # Errors
/// Why it cannot be; then nothing is changed.
pub fn accept(proposal: &Proposal, current: &Workflow, parts: &[usize]) -> Result<Accepted, Stale> {
    let found = proposal.patch.hash();
    if found != proposal.hash {
        return Err(Stale::WrongHash {
            expected: proposal.hash,
            found,
        });
    }
    if proposal.state != State::Open {
        return Err(Stale::Closed);
    }
    let rebased = current.hash() != proposal.base;
    let edits = chosen(proposal, parts)?;
    if rebased {
        unchanged(proposal, &edits, current)?;
    }
    let is_whole = edits.len() == proposal.patch.edits.len();
    let patch = if is_whole && !rebased {
        proposal.patch.clone()
    } else {
        within(&edits, current)?
    };
    let (workflow, undo) = patch.apply(current)?;
    Ok(Accepted {
        workflow,
        sentences: sentences(&patch, current),
        patch,
        undo,
        rebased,
    })
}

/// The edits of the chosen parts, in the order of the patch.
fn chosen<'a>(proposal: &'a Proposal, parts: &[usize]) -> Result<Vec<&'a Edit>, Stale> {
    if parts.is_empty() {
        return Ok(proposal.patch.edits.iter().collect());
    }
    let mut positions = BTreeSet::new();
    for id in parts {
        let part = find(proposal, *id)?;
        if let Some(missing) = part.needs.iter().find(|need| !parts.contains(need)) {
            return Err(Stale::Needs {
                part: part.title.clone(),
                needs: find(proposal, *missing)?.title.clone(),
            });
        }
        positions.extend(part.edits.iter().copied());
    }
    Ok(positions
        .into_iter()
        .filter_map(|at| proposal.patch.edits.get(at))
        .collect())
}

fn find(proposal: &Proposal, id: usize) -> Result<&Part, Stale> {
    proposal
        .parts
        .iter()
        .find(|part| part.id == id)
        .ok_or(Stale::NoPart(id))
}

fn unchanged(proposal: &Proposal, edits: &[&Edit], current: &Workflow) -> Result<(), Stale> {
    let things: BTreeSet<Thing> = edits.iter().flat_map(|edit| Thing::of(edit)).collect();
    let known = |thing: &Thing| proposal.ground.iter().find(|ground| ground.thing == *thing);
    let mut changed: Vec<String> = things
        .iter()
        .filter(|thing| known(thing).and_then(|ground| ground.was) != thing.look(current))
        .map(ToString::to_string)
        .collect();
    changed.dedup();
    if changed.is_empty() {
        Ok(())
    } else {
        Err(Stale::Changed(changed))
    }
}

/// The edits as a patch, positions past the end being the end: other edits, or other people, may have
/// made the lists shorter than they were.
fn within(edits: &[&Edit], current: &Workflow) -> Result<Patch, Stale> {
    let mut workflow = current.clone();
    let mut patch = Patch::default();
    for edit in edits {
        let mut edit = (*edit).clone();
        let graph = &workflow.graph;
        match &mut edit {
            Edit::AddNode { at, .. } => *at = at.filter(|at| *at < graph.nodes.len()),
            Edit::Connect { at, .. } => *at = at.filter(|at| *at < graph.edges.len()),
            Edit::MoveNode { at, .. } => *at = (*at).min(graph.nodes.len().saturating_sub(1)),
            _ => {}
        }
        let one = Patch::from(vec![edit]);
        workflow = one.apply(&workflow)?.0;
        patch = patch.compose(&one);
    }
    Ok(patch)
}
