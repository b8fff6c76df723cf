//! An outline as stored: in columns and as differences, so that the regular compresses to nearly nothing.
//!
//! A loop's nodes differ from each other by the same small steps in every column. What can be computed
//! again (counts of open levels, the latest frame of each node, look-up tables) is not stored.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::effect::EffectKind;
use crate::event::{Mode, WorkflowRef};
use crate::frame::Status;
use crate::id::{FrameId, NodeId, RunId, ScopeId, Seq};
use crate::time::Timestamp;
use crate::value::Address;

use super::Outline;
use super::level::{Graph, Node, Scope};
use super::outline::Start;
use super::trail::{Ask, Container, Role, Trail};

/// An outline as stored, without the run it is looked at in. Works in formats that do not describe
/// themselves; its size depends on nodes and open levels, not on the number of frames.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    seq: Seq,
    at: Timestamp,
    start: Option<(Seq, WorkflowRef, Mode)>,
    end: Option<(Seq, Status)>,
    retry_due: bool,
    /// The graph and node that each graph but the first is called from.
    graphs: Vec<(u32, NodeId)>,
    workflows: Vec<Address>,
    /// Distinct lists of containers.
    places: Vec<Vec<Container>>,
    scopes: Vec<ScopeRow>,
    asks: Vec<(ScopeId, u32, FrameId, Ask)>,
    nodes: NodeColumns,
    trails: TrailColumns,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct ScopeRow {
    id: ScopeId,
    frame: FrameId,
    graph: u32,
    place: u32,
    workflow: Option<u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct NodeColumns {
    ids: Vec<NodeId>,
    graphs: Vec<i64>,
    opened: Vec<i64>,
    completed: Vec<i64>,
    failed: Vec<i64>,
    skipped: Vec<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct TrailColumns {
    ids: Vec<i64>,
    nodes: Vec<i64>,
    scopes: Vec<i64>,
    attempts: Vec<u32>,
    statuses: Vec<Status>,
    places: Vec<i64>,
    workflows: Vec<i64>,
    /// How many events follow the first.
    lengths: Vec<u32>,
    /// Those events, as steps from the one before; all trails in one list.
    steps: Vec<i64>,
    /// The event that closed it, as a step from the first; 0 when it is open.
    closed: Vec<u64>,
    cuts: Vec<(FrameId, Timestamp)>,
    awaited: Vec<(FrameId, u32, EffectKind)>,
    /// The workflow called, for frames that called one.
    calls: Vec<(FrameId, u32)>,
}

/// A stored outline whose parts do not fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the checkpoint is damaged: {0}")]
pub struct CheckpointError(&'static str);

/// Gives each distinct thing a number, in order of appearance.
struct Table<T> {
    numbers: BTreeMap<T, u32>,
    items: Vec<T>,
}

impl<T: Ord + Clone> Table<T> {
    fn new() -> Self {
        Self {
            numbers: BTreeMap::new(),
            items: Vec::new(),
        }
    }

    fn number(&mut self, item: &T) -> u32 {
        if let Some(number) = self.numbers.get(item) {
            return *number;
        }
        let number = u32::try_from(self.items.len()).expect("so many do not fit in memory");
        self.numbers.insert(item.clone(), number);
        self.items.push(item.clone());
        number
    }
}

/// Steps from each number to the next, the first from 0. Numbers past `i64::MAX` wrap, and wrap back.
fn steps(numbers: impl IntoIterator<Item = u64>) -> Vec<i64> {
    let mut before = 0_u64;
    let step = |number: u64| {
        let step = number.wrapping_sub(before).cast_signed();
        before = number;
        step
    };
    numbers.into_iter().map(step).collect()
}

/// The numbers again that [`steps`] was given.
fn walk(steps: &[i64]) -> impl Iterator<Item = u64> {
    steps.iter().scan(0_u64, |at, step| {
        *at = at.wrapping_add(step.cast_unsigned());
        Some(*at)
    })
}

impl Outline {
    /// The outline as stored.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        let (mut workflows, mut places) = (Table::new(), Table::new());
        let trails = TrailColumns::of(self, &mut workflows, &mut places);
        let scopes = self.scopes.iter().skip(1).map(|(id, scope)| ScopeRow {
            id: *id,
            frame: scope.frame,
            graph: scope.graph,
            place: places.number(&scope.containers),
            workflow: scope.workflow.map(|workflow| workflows.number(&workflow)),
        });
        let scopes = scopes.collect();
        Checkpoint {
            seq: self.seq,
            at: self.at,
            start: self
                .start
                .as_ref()
                .map(|start| (start.seq, start.workflow.clone(), start.mode)),
            end: self.end,
            retry_due: self.retry_due,
            graphs: self
                .graphs
                .iter()
                .filter_map(|graph| graph.call.clone())
                .collect(),
            workflows: workflows.items,
            places: places
                .items
                .iter()
                .map(|place: &Arc<[Container]>| place.to_vec())
                .collect(),
            scopes,
            asks: self
                .asks
                .iter()
                .map(|((scope, node), (frame, ask))| (*scope, *node, *frame, *ask))
                .collect(),
            nodes: NodeColumns::of(&self.nodes),
            trails,
        }
    }

    /// The outline that was stored, looked at in `run`.
    ///
    /// # Errors
    /// When its parts do not fit together.
    pub fn restore(run: RunId, stored: Checkpoint) -> Result<Self, CheckpointError> {
        let places: Vec<Arc<[Container]>> = stored.places.into_iter().map(Into::into).collect();
        let tables = Tables {
            workflows: &stored.workflows,
            places: &places,
        };
        let mut outline = Self {
            seq: stored.seq,
            at: stored.at,
            start: stored.start.map(|(seq, workflow, mode)| Start {
                seq,
                workflow,
                mode,
            }),
            end: stored.end,
            nodes: stored.nodes.nodes()?,
            retry_due: stored.retry_due,
            ..Self::new(run)
        };
        outline.asks = stored
            .asks
            .iter()
            .map(|(scope, node, frame, ask)| ((*scope, *node), (*frame, *ask)))
            .collect();
        outline
            .graphs
            .extend(stored.graphs.into_iter().map(|call| Graph {
                call: Some(call),
                ..Graph::default()
            }));
        for row in &stored.scopes {
            outline.scopes.insert(row.id, row.scope(&tables)?);
        }
        outline.trails = stored.trails.trails(&tables)?;
        outline.index()?;
        Ok(outline)
    }

    /// Computes what was not stored, and checks every reference between the parts.
    fn index(&mut self) -> Result<(), CheckpointError> {
        self.index_graphs()?;
        for (at, node) in (0..).zip(&self.nodes) {
            let graph = self
                .graphs
                .get_mut(node.graph as usize)
                .ok_or(CheckpointError("a node without a graph"))?;
            graph.nodes.insert(node.id.clone(), at);
        }
        if self
            .scopes
            .values()
            .any(|scope| scope.graph as usize >= self.graphs.len())
        {
            return Err(CheckpointError("a level without a graph"));
        }
        for (id, trail) in &self.trails {
            let node = self
                .nodes
                .get_mut(trail.node as usize)
                .ok_or(CheckpointError("a frame without a node"))?;
            node.latest = *id;
            if trail.is_open() {
                let level = self
                    .scopes
                    .get_mut(&trail.scope)
                    .ok_or(CheckpointError("a frame without a level"))?;
                level.frames_open = level.frames_open.saturating_add(1);
            }
        }
        for scope in self.scopes.values().skip(1) {
            let frame = self
                .trails
                .get_mut(&scope.frame)
                .ok_or(CheckpointError("a level without a frame"))?;
            frame.levels_open = frame.levels_open.saturating_add(1);
        }
        Ok(())
    }

    fn index_graphs(&mut self) -> Result<(), CheckpointError> {
        for at in 1..self.graphs.len() {
            let call = self.graphs.get(at).and_then(|graph| graph.call.clone());
            let (outer, node) = call.ok_or(CheckpointError("a graph that nobody calls"))?;
            if outer as usize >= at {
                return Err(CheckpointError("a graph called before it was there"));
            }
            let number = u32::try_from(at).map_err(|_| CheckpointError("too many graphs"))?;
            self.graphs[outer as usize].calls.insert(node, number);
        }
        Ok(())
    }
}

/// What rows and columns refer to by number.
struct Tables<'a> {
    workflows: &'a [Address],
    places: &'a [Arc<[Container]>],
}

impl Tables<'_> {
    fn workflow(&self, number: u64) -> Result<Address, CheckpointError> {
        let at = usize::try_from(number).ok();
        at.and_then(|at| self.workflows.get(at))
            .copied()
            .ok_or(CheckpointError("a missing workflow"))
    }

    fn place(&self, number: u64) -> Result<Arc<[Container]>, CheckpointError> {
        let at = usize::try_from(number).ok();
        at.and_then(|at| self.places.get(at))
            .cloned()
            .ok_or(CheckpointError("a missing path"))
    }
}

impl ScopeRow {
    fn scope(&self, tables: &Tables<'_>) -> Result<Scope, CheckpointError> {
        Ok(Scope {
            frame: self.frame,
            graph: self.graph,
            containers: tables.place(self.place.into())?,
            workflow: self
                .workflow
                .map(|number| tables.workflow(number.into()))
                .transpose()?,
            frames_open: 0,
        })
    }
}

impl NodeColumns {
    fn of(nodes: &[Node]) -> Self {
        Self {
            ids: nodes.iter().map(|node| node.id.clone()).collect(),
            graphs: steps(nodes.iter().map(|node| node.graph.into())),
            opened: steps(nodes.iter().map(|node| node.opened)),
            completed: steps(nodes.iter().map(|node| node.completed)),
            failed: steps(nodes.iter().map(|node| node.failed)),
            skipped: steps(nodes.iter().map(|node| node.skipped)),
        }
    }

    fn nodes(self) -> Result<Vec<Node>, CheckpointError> {
        let len = self.ids.len();
        let columns = [
            &self.graphs,
            &self.opened,
            &self.completed,
            &self.failed,
            &self.skipped,
        ];
        if columns.iter().any(|column| column.len() != len) {
            return Err(CheckpointError("columns of nodes differ in length"));
        }
        let counts = walk(&self.opened)
            .zip(walk(&self.completed))
            .zip(walk(&self.failed))
            .zip(walk(&self.skipped));
        let rows = self.ids.into_iter().zip(walk(&self.graphs)).zip(counts);
        rows.map(|((id, graph), (((opened, completed), failed), skipped))| {
            let graph =
                u32::try_from(graph).map_err(|_| CheckpointError("a node without a graph"))?;
            Ok(Node {
                graph,
                id,
                latest: FrameId::default(),
                opened,
                completed,
                failed,
                skipped,
            })
        })
        .collect()
    }
}

impl TrailColumns {
    fn of(
        outline: &Outline,
        workflows: &mut Table<Address>,
        places: &mut Table<Arc<[Container]>>,
    ) -> Self {
        let trails = || outline.trails.values();
        let awaited = trails().flat_map(|trail| {
            trail
                .awaited
                .iter()
                .map(|(ordinal, kind)| (trail.id, *ordinal, *kind))
        });
        let call = |trail: &Trail| match trail.role {
            Role::Call(workflow) => Some((trail.id, workflow)),
            Role::Loop => None,
        };
        Self {
            ids: steps(trails().map(|trail| trail.id.0)),
            nodes: steps(trails().map(|trail| trail.node.into())),
            scopes: steps(trails().map(|trail| trail.scope.0)),
            attempts: trails().map(|trail| trail.attempt).collect(),
            statuses: trails().map(|trail| trail.status).collect(),
            places: steps(trails().map(|trail| places.number(&trail.containers).into())),
            workflows: steps(trails().map(|trail| workflows.number(&trail.workflow).into())),
            lengths: trails()
                .map(|trail| u32::try_from(trail.rest.len()).unwrap_or(u32::MAX))
                .collect(),
            steps: trails()
                .flat_map(|trail| steps(trail.seqs().map(|seq| seq.0)).split_off(1))
                .collect(),
            closed: trails()
                .map(|trail| {
                    trail
                        .closed
                        .map_or(0, |seq| seq.0.saturating_sub(trail.id.0) + 1)
                })
                .collect(),
            cuts: trails()
                .filter_map(|trail| trail.cut.map(|at| (trail.id, at)))
                .collect(),
            awaited: awaited.collect(),
            calls: trails()
                .filter_map(call)
                .map(|(id, workflow)| (id, workflows.number(&workflow)))
                .collect(),
        }
    }

    fn trails(self, tables: &Tables<'_>) -> Result<BTreeMap<FrameId, Trail>, CheckpointError> {
        self.check_lengths()?;
        let mut steps = self.steps.as_slice();
        let columns = walk(&self.ids)
            .zip(walk(&self.nodes))
            .zip(walk(&self.scopes))
            .zip(walk(&self.places))
            .zip(walk(&self.workflows));
        let mut trails = Vec::with_capacity(self.ids.len());
        for (at, ((((id, node), scope), place), workflow)) in columns.enumerate() {
            let (own, others) = steps
                .split_at_checked(self.lengths[at] as usize)
                .ok_or(CheckpointError("a frame without its events"))?;
            steps = others;
            trails.push(Trail {
                id: Seq(id),
                node: u32::try_from(node).map_err(|_| CheckpointError("a frame without a node"))?,
                scope: Seq(scope),
                attempt: self.attempts[at],
                status: self.statuses[at],
                containers: tables.place(place)?,
                workflow: tables.workflow(workflow)?,
                rest: follow(id, own),
                closed: self.closed[at]
                    .checked_sub(1)
                    .map(|step| Seq(id.saturating_add(step))),
                cut: None,
                awaited: Vec::new(),
                role: Role::Loop,
                levels_open: 0,
            });
        }
        let mut trails = trails.into_iter().map(|trail| (trail.id, trail)).collect();
        self.add_rare(&mut trails, tables)?;
        Ok(trails)
    }

    fn check_lengths(&self) -> Result<(), CheckpointError> {
        let lengths = [
            self.nodes.len(),
            self.scopes.len(),
            self.attempts.len(),
            self.statuses.len(),
            self.places.len(),
            self.workflows.len(),
            self.lengths.len(),
            self.closed.len(),
        ];
        let equal = lengths.iter().all(|length| *length == self.ids.len());
        equal
            .then_some(())
            .ok_or(CheckpointError("columns of frames differ in length"))
    }

    fn add_rare(
        &self,
        trails: &mut BTreeMap<FrameId, Trail>,
        tables: &Tables<'_>,
    ) -> Result<(), CheckpointError> {
        const MISSING: CheckpointError = CheckpointError("a missing frame");
        for (id, at) in &self.cuts {
            trails.get_mut(id).ok_or(MISSING)?.cut = Some(*at);
        }
        for (id, ordinal, kind) in &self.awaited {
            trails
                .get_mut(id)
                .ok_or(MISSING)?
                .awaited
                .push((*ordinal, *kind));
        }
        for (id, workflow) in &self.calls {
            trails.get_mut(id).ok_or(MISSING)?.role =
                Role::Call(tables.workflow((*workflow).into())?);
        }
        Ok(())
    }
}

fn follow(first: u64, steps: &[i64]) -> Vec<Seq> {
    walk(steps)
        .map(|offset| Seq(first.wrapping_add(offset)))
        .collect()
}
