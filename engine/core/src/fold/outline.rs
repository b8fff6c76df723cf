//! A run at one moment without its values.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::effect::{EffectKind, Outcome};
use crate::event::{Changes, Ending, Event, Mode, Recorded, RunEnding, WorkflowRef};
use crate::frame::Status;
use crate::id::{FrameId, NodeId, RunId, ScopeId, Seq};
use crate::time::Timestamp;

use super::level::{Graph, Node, Scope};
use super::trail::{Ask, Place, Trail, ask_of, status_of};
use super::{Addressed, Misfit};

/// Takes the trails of frames that are closed and no longer the latest of their node.
type Leave<'a> = &'a mut dyn FnMut(Trail);

/// A run at one moment without its values: as small as its graph and its open levels.
#[derive(Clone, Debug, PartialEq)]
pub struct Outline {
    pub(super) run: RunId,
    pub(super) seq: Seq,
    pub(super) at: Timestamp,
    pub(super) start: Option<Start>,
    pub(super) end: Option<(Seq, Status)>,
    pub(super) graphs: Vec<Graph>,
    pub(super) nodes: Vec<Node>,
    pub(super) scopes: BTreeMap<ScopeId, Scope>,
    pub(super) trails: BTreeMap<FrameId, Trail>,
    pub(super) asks: BTreeMap<(ScopeId, u32), (FrameId, Ask)>,
    /// Failed frames of the run's own level get another attempt.
    pub(super) retry_due: bool,
}

/// What the start of a run said, as forks changed it since.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Start {
    pub(super) seq: Seq,
    pub(super) workflow: WorkflowRef,
    pub(super) mode: Mode,
}

impl Outline {
    /// The moment before the first event of `run`.
    #[must_use]
    pub fn new(run: RunId) -> Self {
        Self {
            run,
            seq: Seq::default(),
            at: Timestamp::default(),
            start: None,
            end: None,
            graphs: vec![Graph::default()],
            nodes: Vec::new(),
            scopes: BTreeMap::new(),
            trails: BTreeMap::new(),
            asks: BTreeMap::new(),
            retry_due: false,
        }
    }

    /// The run it is looked at in; a fork's outline begins as that of the run it came from.
    #[must_use]
    pub fn run(&self) -> RunId {
        self.run
    }

    /// The last event that is included; 0 before the first.
    #[must_use]
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// The run's status.
    #[must_use]
    pub fn status(&self) -> Status {
        match (&self.start, self.end) {
            (None, _) => Status::Pending,
            (_, Some((_, status))) => status,
            _ => self.status_open(),
        }
    }

    fn status_open(&self) -> Status {
        let asked = |wanted| self.asks.values().any(|(_, ask)| *ask == wanted);
        let works = self.retry_due || asked(Ask::Attempt) || self.trails.values().any(Trail::works);
        let waits =
            || asked(Ask::Paused) || self.trails.values().any(|t| t.status == Status::Waiting);
        if works {
            Status::Running
        } else if asked(Ask::Interrupted) {
            Status::Interrupted
        } else if waits() {
            Status::Waiting
        } else {
            Status::Running
        }
    }

    /// The frames that are open or the latest of their node, in the order they were opened.
    pub fn trails(&self) -> impl Iterator<Item = &Trail> {
        self.trails.values()
    }

    /// The frames that have not ended, in the order they were opened.
    pub fn open_frames(&self) -> impl Iterator<Item = FrameId> {
        let open = self.trails.values().filter(|trail| trail.is_open());
        open.map(|trail| trail.id)
    }

    /// The frame with this id, if it is open or the latest of its node.
    #[must_use]
    pub fn trail(&self, id: FrameId) -> Option<&Trail> {
        self.trails.get(&id)
    }

    /// The id of a frame's node, in its own graph.
    #[must_use]
    pub fn node_of(&self, trail: &Trail) -> Option<&NodeId> {
        self.nodes.get(trail.node as usize).map(|node| &node.id)
    }

    pub(super) fn ended_seq(&self) -> Option<Seq> {
        self.end.map(|(seq, _)| seq)
    }

    /// Goes one event further.
    ///
    /// # Errors
    /// When the event does not fit; it is passed over, and folding can go on.
    pub fn apply<V: Addressed>(&mut self, recorded: &Recorded<V>) -> Result<(), Misfit> {
        self.apply_with(recorded, &mut drop)
    }

    /// Goes one event further, and gives the trails of frames that are closed and no longer the latest
    /// of their node to `leave`: the outline does not hold them any more.
    ///
    /// # Errors
    /// When the event does not fit; it is passed over, and folding can go on.
    pub fn apply_with<V: Addressed>(
        &mut self,
        recorded: &Recorded<V>,
        leave: &mut dyn FnMut(Trail),
    ) -> Result<(), Misfit> {
        let expected = self.seq.next();
        if recorded.seq != expected {
            return Err(Misfit::Order {
                expected,
                found: recorded.seq,
            });
        }
        self.seq = expected;
        self.at = recorded.at;
        match &recorded.event {
            Event::RunStarted { workflow, mode, .. } => self.start(workflow, *mode),
            _ if self.start.is_none() => Err(Misfit::NotStarted(expected)),
            Event::RunForked { changes, mode, .. } => {
                self.fork(changes, *mode);
                Ok(())
            }
            Event::RunRetried { .. } => {
                self.retry_due = true;
                Ok(())
            }
            Event::CancelRequested { .. } => Ok(()),
            Event::RunClosed { ending } => {
                self.end(ending, leave);
                Ok(())
            }
            event => self.apply_inner(event, leave),
        }
    }

    fn apply_inner<V: Addressed>(
        &mut self,
        event: &Event<V>,
        leave: Leave<'_>,
    ) -> Result<(), Misfit> {
        match event {
            Event::FrameOpened {
                scope,
                node,
                attempt,
                ..
            } => self.open(*scope, node, *attempt, leave),
            Event::FrameSkipped { scope, node } => self.skip(*scope, node, leave),
            Event::EffectRequested {
                frame,
                ordinal,
                effect,
            } => {
                let seq = self.seq;
                self.open_trail(*frame)?.request(seq, *ordinal, effect.kind);
                Ok(())
            }
            Event::EffectAnswered {
                frame,
                ordinal,
                outcome,
                ..
            } => self.answer(*frame, *ordinal, outcome),
            Event::FrameClosed { frame, ending, .. } => self.close(*frame, ending, leave),
            Event::LoopStarted { frame, .. } => {
                self.open_trail(*frame)?.called = None;
                Ok(())
            }
            Event::ScopeOpened { frame, index, .. } => self.open_scope(*frame, *index),
            Event::ScopeClosed { scope, .. } => self.close_scope(*scope, leave),
            Event::RetryRequested { frame } => self.retry(*frame),
            Event::RunMended { workflow, frame } => {
                self.go_on_with(workflow);
                self.retry(*frame)
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, workflow: &WorkflowRef, mode: Mode) -> Result<(), Misfit> {
        if self.start.is_some() {
            return Err(Misfit::Restarted(self.seq));
        }
        self.scopes
            .insert(ScopeId::default(), Scope::root(workflow.hash));
        self.start = Some(Start {
            seq: self.seq,
            workflow: workflow.clone(),
            mode,
        });
        Ok(())
    }

    fn fork<V>(&mut self, changes: &Changes<V>, mode: Mode) {
        self.end = None;
        if let Some(start) = &mut self.start {
            start.mode = mode;
        }
        if let Some(workflow) = &changes.workflow {
            self.go_on_with(workflow);
        }
    }

    fn go_on_with(&mut self, workflow: &WorkflowRef) {
        if let Some(start) = &mut self.start {
            start.workflow = workflow.clone();
            let own = self.scopes.values_mut().filter(|scope| !scope.called);
            own.for_each(|scope| scope.change_workflow(workflow.hash));
        }
    }

    fn end<V>(&mut self, ending: &RunEnding<V>, leave: Leave<'_>) {
        let status = match ending {
            RunEnding::Completed { .. } => Status::Completed,
            RunEnding::Failed { .. } => Status::Failed,
            RunEnding::Cancelled => Status::Cancelled,
        };
        self.end = Some((self.seq, status));
        self.retry_due = false;
        self.asks.clear();
        self.end_frames(|_| true, leave);
        self.scopes.retain(|scope, _| *scope == ScopeId::default());
    }

    fn open(
        &mut self,
        scope: ScopeId,
        node: &NodeId,
        attempt: u32,
        leave: Leave<'_>,
    ) -> Result<(), Misfit> {
        let trail = self.activate(scope, node, attempt, Status::Running)?;
        self.nodes[trail.node as usize].opened += 1;
        if let Some(level) = self.scopes.get_mut(&scope) {
            level.frames_open += 1;
        }
        if scope == ScopeId::default() {
            self.retry_due = false;
        }
        self.make_latest(trail, leave);
        Ok(())
    }

    fn skip(&mut self, scope: ScopeId, node: &NodeId, leave: Leave<'_>) -> Result<(), Misfit> {
        let mut trail = self.activate(scope, node, 1, Status::Skipped)?;
        trail.closed = Some(self.seq);
        self.nodes[trail.node as usize].skipped += 1;
        self.make_latest(trail, leave);
        Ok(())
    }

    fn activate(
        &mut self,
        scope: ScopeId,
        node: &NodeId,
        attempt: u32,
        status: Status,
    ) -> Result<Trail, Misfit> {
        let seq = self.seq;
        let level = self
            .scopes
            .get(&scope)
            .ok_or(Misfit::Scope { seq, scope })?;
        let (graph, place) = (level.graph, Arc::clone(&level.place));
        let node = self.position(graph, node);
        self.asks.remove(&(scope, node));
        Ok(Trail {
            id: seq,
            node,
            scope,
            place,
            attempt,
            status,
            closed: None,
            cut: None,
            effects: Vec::new(),
            awaited: Vec::new(),
            called: None,
            levels_open: 0,
        })
    }

    /// The node's position in the list, where it is put when it is new.
    fn position(&mut self, graph: u32, node: &NodeId) -> u32 {
        let known = &mut self.graphs[graph as usize].nodes;
        if let Some(position) = known.get(node) {
            return *position;
        }
        let position = index(self.nodes.len());
        known.insert(node.clone(), position);
        self.nodes.push(Node {
            graph,
            id: node.clone(),
            latest: self.seq,
            opened: 0,
            completed: 0,
            failed: 0,
            skipped: 0,
        });
        position
    }

    fn make_latest(&mut self, trail: Trail, leave: Leave<'_>) {
        let node = &mut self.nodes[trail.node as usize];
        let before = std::mem::replace(&mut node.latest, trail.id);
        if before != trail.id
            && self
                .trails
                .get(&before)
                .is_some_and(|trail| !trail.is_open())
        {
            self.trails.remove(&before).map(leave);
        }
        self.trails.insert(trail.id, trail);
    }

    fn open_trail(&mut self, frame: FrameId) -> Result<&mut Trail, Misfit> {
        let misfit = Misfit::Frame {
            seq: self.seq,
            frame,
        };
        self.trails
            .get_mut(&frame)
            .filter(|trail| trail.is_open())
            .ok_or(misfit)
    }

    /// An answer that comes after its frame has closed is still shown with it.
    fn answer<V: Addressed>(
        &mut self,
        frame: FrameId,
        ordinal: u32,
        outcome: &Outcome<V>,
    ) -> Result<(), Misfit> {
        let seq = self.seq;
        let trail = self
            .trails
            .get_mut(&frame)
            .ok_or(Misfit::Frame { seq, frame })?;
        let kind = trail.answer(seq, ordinal).ok_or(Misfit::Effect {
            seq,
            frame,
            ordinal,
        })?;
        if let (EffectKind::Call, Ok(workflow)) = (kind, outcome) {
            trail.called = Some(Box::new(workflow.address()));
        }
        Ok(())
    }

    fn close<V>(
        &mut self,
        frame: FrameId,
        ending: &Ending<V>,
        leave: Leave<'_>,
    ) -> Result<(), Misfit> {
        let seq = self.seq;
        let trail = self.open_trail(frame)?;
        trail.close(seq, status_of(ending));
        let (scope, node, levels) = (
            trail.scope,
            trail.node,
            std::mem::take(&mut trail.levels_open),
        );
        if let Some(level) = self.scopes.get_mut(&scope) {
            level.frames_open = level.frames_open.saturating_sub(1);
        }
        if let Some(ask) = ask_of(ending) {
            self.asks.insert((scope, node), (frame, ask));
        }
        self.count(node, ending);
        if levels > 0 {
            self.end_levels(frame, leave);
        }
        self.drop_if_past(frame, leave);
        Ok(())
    }

    fn count<V>(&mut self, node: u32, ending: &Ending<V>) {
        let node = &mut self.nodes[node as usize];
        match ending {
            Ending::Completed { .. } => node.completed += 1,
            Ending::Failed { .. } => node.failed += 1,
            Ending::Cancelled | Ending::Interrupted { .. } => {}
        }
    }

    fn drop_if_past(&mut self, frame: FrameId, leave: Leave<'_>) {
        let past =
            |trail: &Trail| !trail.is_open() && self.nodes[trail.node as usize].latest != frame;
        if self.trails.get(&frame).is_some_and(past) {
            self.trails.remove(&frame).map(leave);
        }
    }

    fn open_scope(&mut self, frame: FrameId, iteration: u64) -> Result<(), Misfit> {
        let seq = self.seq;
        let trail = self.open_trail(frame)?;
        trail.levels_open += 1;
        let called = trail.called.as_deref().copied();
        let (outer, around, scope) = (trail.node, Arc::clone(&trail.place), trail.scope);
        let (graph, node) = (
            self.nodes[outer as usize].graph,
            self.nodes[outer as usize].id.clone(),
        );
        let graph = if called.is_some() {
            self.called(graph, &node)
        } else {
            graph
        };
        let level = self.scopes.get(&scope);
        // A fork may have changed the workflow since the frame was opened.
        let workflow = called
            .or(level.map(|level| level.place.workflow))
            .unwrap_or(around.workflow);
        // The first workflow that a frame calls has the path of the frame; further ones are numbered.
        let index = (called.is_none() || iteration > 0).then_some(iteration);
        let containers = around
            .containers
            .iter()
            .cloned()
            .chain([(node, index)])
            .collect();
        let called = called.is_some() || level.is_some_and(|level| level.called);
        let place = Arc::new(Place {
            containers,
            workflow,
        });
        self.scopes.insert(
            seq,
            Scope {
                frame,
                graph,
                place,
                called,
                frames_open: 0,
            },
        );
        Ok(())
    }

    /// The graph called from this node, which is new when it is the first call.
    fn called(&mut self, graph: u32, node: &NodeId) -> u32 {
        let next = index(self.graphs.len());
        let calls = &mut self.graphs[graph as usize].calls;
        let called = *calls.entry(node.clone()).or_insert(next);
        if called == next {
            self.graphs.push(Graph {
                call: Some((graph, node.clone())),
                ..Graph::default()
            });
        }
        called
    }

    fn close_scope(&mut self, scope: ScopeId, leave: Leave<'_>) -> Result<(), Misfit> {
        let misfit = Misfit::Scope {
            seq: self.seq,
            scope,
        };
        let frame = match self.scopes.get(&scope) {
            Some(level) if scope != ScopeId::default() => level.frame,
            _ => return Err(misfit),
        };
        if let Some(trail) = self.trails.get_mut(&frame) {
            trail.levels_open = trail.levels_open.saturating_sub(1);
        }
        self.end_scope(scope, leave);
        Ok(())
    }

    /// Ends every level inside a frame that has ended, and what is open in them.
    fn end_levels(&mut self, frame: FrameId, leave: Leave<'_>) {
        let inside = self.scopes.iter().filter(|(_, scope)| scope.frame == frame);
        let inside: Vec<ScopeId> = inside
            .map(|(id, _)| *id)
            .filter(|id| *id != ScopeId::default())
            .collect();
        for scope in inside {
            self.end_scope(scope, leave);
        }
    }

    fn end_scope(&mut self, scope: ScopeId, leave: Leave<'_>) {
        let Some(level) = self.scopes.remove(&scope) else {
            return;
        };
        let asks: Vec<_> = self
            .asks
            .range((scope, 0)..=(scope, u32::MAX))
            .map(|(key, _)| *key)
            .collect();
        for key in asks {
            self.asks.remove(&key);
        }
        if level.frames_open > 0 {
            self.end_frames(|trail| trail.scope == scope, leave);
        }
    }

    /// Ends open frames that had no end of their own when the level around them ended.
    fn end_frames(&mut self, ends: impl Fn(&Trail) -> bool, leave: Leave<'_>) {
        let open = self
            .trails
            .values()
            .filter(|trail| trail.is_open() && ends(trail));
        let open: Vec<FrameId> = open.map(Trail::id).collect();
        for frame in open {
            let (seq, at) = (self.seq, self.at);
            let Some(trail) = self.trails.get_mut(&frame).filter(|trail| trail.is_open()) else {
                continue;
            };
            trail.cut(seq, at);
            if std::mem::take(&mut trail.levels_open) > 0 {
                self.end_levels(frame, leave);
            }
            self.drop_if_past(frame, leave);
        }
    }

    /// Frame 0 stands for every failed frame of the run's own level.
    fn retry(&mut self, frame: FrameId) -> Result<(), Misfit> {
        let misfit = Misfit::Frame {
            seq: self.seq,
            frame,
        };
        if frame == FrameId::default() {
            self.retry_due = true;
        } else {
            let key = self.retried(frame).ok_or(misfit)?;
            self.asks.insert(key, (frame, Ask::Attempt));
        }
        self.end = None;
        Ok(())
    }

    /// The level and node of a closed frame that can get another attempt.
    fn retried(&self, frame: FrameId) -> Option<(ScopeId, u32)> {
        let asked = self.asks.iter().find(|(_, (asked, _))| *asked == frame);
        let closed = || self.trails.get(&frame).filter(|trail| !trail.is_open());
        let key = asked
            .map(|(key, _)| *key)
            .or_else(|| closed().map(|trail| (trail.scope, trail.node)))?;
        self.scopes.contains_key(&key.0).then_some(key)
    }
}

/// Graphs and nodes are counted in 32 bits.
fn index(len: usize) -> u32 {
    u32::try_from(len).expect("a run of so many nodes does not fit in memory")
}
