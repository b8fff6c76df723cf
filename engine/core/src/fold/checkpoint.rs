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
use super::trail::{Ask, Container, Place, Trail};

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
    /// Where frames and levels are: the containers around them, and the workflow.
    places: Vec<(Vec<Container>, u32)>,
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
    called: bool,
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
    places: Vec<i64>,
    attempts: Vec<u32>,
    statuses: Vec<Status>,
    /// One more than the steps from the event that opened it to the one that closed it; 0 when it is open.
    closed: Vec<u64>,
    /// How many events of effects it has.
    lengths: Vec<u32>,
    /// Those events, as steps from the one before, the first from the opening; all trails in one list.
    effects: Vec<i64>,
    cuts: Vec<(FrameId, Timestamp)>,
    awaited: Vec<(FrameId, u32, EffectKind)>,
    /// The workflow called, for frames that called one.
    called: Vec<(FrameId, u32)>,
}

/// A stored outline whose parts do not fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the checkpoint is damaged: {0}")]
pub struct CheckpointError(&'static str);

/// Gives each distinct thing a number, in order of appearance.
struct Table<T> {
    numbers: BTreeMap<T, u32>,
    items: Vec<T>,
    last: u32,
}

impl<T: Ord + Clone> Table<T> {
    fn new() -> Self {
        Self {
            numbers: BTreeMap::new(),
            items: Vec::new(),
            last: 0,
        }
    }

    fn number(&mut self, item: &T) -> u32 {
        // Most things are the same as the one before.
        if self.items.get(self.last as usize) == Some(item) {
            return self.last;
        }
        let next = u32::try_from(self.items.len()).expect("so many do not fit in memory");
        self.last = *self.numbers.entry(item.clone()).or_insert(next);
        if self.last == next {
            self.items.push(item.clone());
        }
        self.last
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
        let open = self
            .scopes
            .iter()
            .filter(|(id, _)| **id != ScopeId::default());
        let scopes = open.map(|(id, scope)| ScopeRow {
            id: *id,
            frame: scope.frame,
            graph: scope.graph,
            place: places.number(&scope.place),
            called: scope.called,
        });
        let scopes = scopes.collect();
        let place =
            |place: &Arc<Place>| (place.containers.to_vec(), workflows.number(&place.workflow));
        let places = places.items.iter().map(place).collect();
        let asks = self
            .asks
            .iter()
            .map(|((scope, node), (frame, ask))| (*scope, *node, *frame, *ask));
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
            places,
            scopes,
            asks: asks.collect(),
            nodes: NodeColumns::of(&self.nodes),
            trails,
        }
    }

    /// The outline that was stored, looked at in `run`.
    ///
    /// # Errors
    /// When its parts do not fit together.
    pub fn restore(run: RunId, stored: Checkpoint) -> Result<Self, CheckpointError> {
        let tables = Tables::of(stored.workflows, stored.places)?;
        let calls = stored.graphs.into_iter().map(|call| Graph {
            call: Some(call),
            ..Graph::default()
        });
        let asks = stored
            .asks
            .into_iter()
            .map(|(scope, node, frame, ask)| ((scope, node), (frame, ask)));
        let root = stored
            .start
            .as_ref()
            .map(|start| (ScopeId::default(), Scope::root(start.1.hash)));
        let scopes = stored
            .scopes
            .iter()
            .map(|row| Ok((row.id, row.scope(&tables)?)));
        let mut outline = Self {
            run,
            seq: stored.seq,
            at: stored.at,
            start: stored.start.map(|(seq, workflow, mode)| Start {
                seq,
                workflow,
                mode,
            }),
            end: stored.end,
            graphs: std::iter::once(Graph::default()).chain(calls).collect(),
            nodes: stored.nodes.nodes()?,
            scopes: root
                .into_iter()
                .map(Ok)
                .chain(scopes)
                .collect::<Result<_, _>>()?,
            trails: stored.trails.trails(&tables)?,
            asks: asks.collect(),
            retry_due: stored.retry_due,
        };
        outline.index_graphs()?;
        outline.index_nodes()?;
        outline.count_open()?;
        Ok(outline)
    }

    fn index_graphs(&mut self) -> Result<(), CheckpointError> {
        for at in 1..self.graphs.len() {
            let call = self.graphs[at].call.clone();
            let (outer, node) = call.ok_or(CheckpointError("a graph that nobody calls"))?;
            if outer as usize >= at {
                return Err(CheckpointError("a graph called before it was there"));
            }
            let number = u32::try_from(at).map_err(|_| CheckpointError("too many graphs"))?;
            self.graphs[outer as usize].calls.insert(node, number);
        }
        Ok(())
    }

    fn index_nodes(&mut self) -> Result<(), CheckpointError> {
        self.graphs[0].nodes.reserve(self.nodes.len());
        for (at, node) in (0..).zip(&self.nodes) {
            let graph = self.graphs.get_mut(node.graph as usize);
            let graph = graph.ok_or(CheckpointError("a node without a graph"))?;
            graph.nodes.insert(node.id.clone(), at);
        }
        for (id, trail) in &self.trails {
            let node = self.nodes.get_mut(trail.node as usize);
            node.ok_or(CheckpointError("a frame without a node"))?
                .latest = *id;
        }
        Ok(())
    }

    fn count_open(&mut self) -> Result<(), CheckpointError> {
        if self
            .scopes
            .values()
            .any(|scope| scope.graph as usize >= self.graphs.len())
        {
            return Err(CheckpointError("a level without a graph"));
        }
        for trail in self.trails.values().filter(|trail| trail.is_open()) {
            let level = self.scopes.get_mut(&trail.scope);
            level
                .ok_or(CheckpointError("a frame without a level"))?
                .frames_open += 1;
        }
        for (_, scope) in self
            .scopes
            .iter()
            .filter(|(id, _)| **id != ScopeId::default())
        {
            let frame = self.trails.get_mut(&scope.frame);
            frame
                .ok_or(CheckpointError("a level without a frame"))?
                .levels_open += 1;
        }
        Ok(())
    }
}

/// What rows and columns refer to by number.
struct Tables {
    workflows: Vec<Address>,
    places: Vec<Arc<Place>>,
}

impl Tables {
    fn of(
        workflows: Vec<Address>,
        places: Vec<(Vec<Container>, u32)>,
    ) -> Result<Self, CheckpointError> {
        let mut tables = Self {
            workflows,
            places: Vec::with_capacity(places.len()),
        };
        for (containers, workflow) in places {
            let place = Place {
                containers: containers.into(),
                workflow: tables.workflow(workflow)?,
            };
            tables.places.push(Arc::new(place));
        }
        Ok(tables)
    }

    fn workflow(&self, number: u32) -> Result<Address, CheckpointError> {
        self.workflows
            .get(number as usize)
            .copied()
            .ok_or(CheckpointError("a missing workflow"))
    }

    fn place(&self, number: u64) -> Result<Arc<Place>, CheckpointError> {
        let at = usize::try_from(number).ok();
        at.and_then(|at| self.places.get(at))
            .cloned()
            .ok_or(CheckpointError("a missing place"))
    }
}

impl ScopeRow {
    fn scope(&self, tables: &Tables) -> Result<Scope, CheckpointError> {
        Ok(Scope {
            frame: self.frame,
            graph: self.graph,
            place: tables.place(self.place.into())?,
            called: self.called,
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
        let columns = [
            &self.graphs,
            &self.opened,
            &self.completed,
            &self.failed,
            &self.skipped,
        ];
        if columns.iter().any(|column| column.len() != self.ids.len()) {
            return Err(CheckpointError("columns of nodes differ in length"));
        }
        let ended = walk(&self.completed).zip(walk(&self.failed));
        let counts = walk(&self.opened).zip(walk(&self.skipped)).zip(ended);
        let rows = self.ids.into_iter().zip(walk(&self.graphs)).zip(counts);
        let node = |((id, graph), ((opened, skipped), (completed, failed)))| {
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
        };
        rows.map(node).collect()
    }
}

impl TrailColumns {
    fn of(
        outline: &Outline,
        workflows: &mut Table<Address>,
        places: &mut Table<Arc<Place>>,
    ) -> Self {
        let trails = || outline.trails.values();
        let effects = |trail: &Trail| {
            let seqs = std::iter::once(trail.id).chain(trail.effects.iter().copied());
            steps(seqs.map(|seq| seq.0)).split_off(1)
        };
        let closed = |trail: &Trail| {
            trail
                .closed
                .map_or(0, |seq| seq.0.saturating_sub(trail.id.0) + 1)
        };
        let length = |trail: &Trail| u32::try_from(trail.effects.len()).unwrap_or(u32::MAX);
        let awaited = |trail: &Trail| {
            let id = trail.id;
            trail
                .awaited
                .clone()
                .into_iter()
                .map(move |(ordinal, kind)| (id, ordinal, kind))
        };
        let called = |trail: &Trail| Some((trail.id, workflows.number(trail.called.as_deref()?)));
        Self {
            ids: steps(trails().map(|trail| trail.id.0)),
            nodes: steps(trails().map(|trail| trail.node.into())),
            scopes: steps(trails().map(|trail| trail.scope.0)),
            places: steps(trails().map(|trail| places.number(&trail.place).into())),
            attempts: trails().map(|trail| trail.attempt).collect(),
            statuses: trails().map(|trail| trail.status).collect(),
            closed: trails().map(closed).collect(),
            lengths: trails().map(length).collect(),
            effects: trails()
                .filter(|trail| !trail.effects.is_empty())
                .flat_map(effects)
                .collect(),
            cuts: trails()
                .filter_map(|trail| Some((trail.id, trail.cut?)))
                .collect(),
            awaited: trails().flat_map(awaited).collect(),
            called: trails().filter_map(called).collect(),
        }
    }

    fn trails(self, tables: &Tables) -> Result<BTreeMap<FrameId, Trail>, CheckpointError> {
        self.check_lengths()?;
        let mut rest = self.effects.as_slice();
        let places = walk(&self.scopes).zip(walk(&self.places));
        let columns = walk(&self.ids)
            .zip(walk(&self.nodes))
            .zip(places)
            .enumerate();
        let mut trails = Vec::with_capacity(self.ids.len());
        for (at, ((id, node), (scope, place))) in columns {
            let effects = rest.split_at_checked(self.lengths[at] as usize);
            let (effects, others) =
                effects.ok_or(CheckpointError("a frame without its effects"))?;
            rest = others;
            let trail = Trail {
                id: Seq(id),
                node: u32::try_from(node).map_err(|_| CheckpointError("a frame without a node"))?,
                scope: Seq(scope),
                place: tables.place(place)?,
                attempt: self.attempts[at],
                status: self.statuses[at],
                closed: self.closed[at]
                    .checked_sub(1)
                    .map(|step| Seq(id.saturating_add(step))),
                cut: None,
                effects: walk(effects)
                    .map(|offset| Seq(id.wrapping_add(offset)))
                    .collect(),
                awaited: Vec::new(),
                called: None,
                levels_open: 0,
            };
            trails.push((trail.id, trail));
        }
        let mut trails = BTreeMap::from_iter(trails);
        self.add_rare(&mut trails, tables)?;
        Ok(trails)
    }

    fn check_lengths(&self) -> Result<(), CheckpointError> {
        let lengths = [
            self.nodes.len(),
            self.scopes.len(),
            self.places.len(),
            self.attempts.len(),
            self.statuses.len(),
            self.closed.len(),
            self.lengths.len(),
        ];
        let equal = lengths.iter().all(|length| *length == self.ids.len());
        equal
            .then_some(())
            .ok_or(CheckpointError("columns of frames differ in length"))
    }

    fn add_rare(
        &self,
        trails: &mut BTreeMap<FrameId, Trail>,
        tables: &Tables,
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
        for (id, workflow) in &self.called {
            trails.get_mut(id).ok_or(MISSING)?.called = Some(Box::new(tables.workflow(*workflow)?));
        }
        Ok(())
    }
}
