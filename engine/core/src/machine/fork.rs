//! The fold of a fork's first event: what is shared stays, what was unfinished is done anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::plan::Plan;
use super::run::Run;
use super::scope::{Cell, CellState, Resolved, Scope};
use crate::event::{Changes, Mode, WorkflowRef};
use crate::id::{FrameId, ScopeId};
use crate::time::Timestamp;

impl Run {
    /// Makes a plan known by its hash, before the event that names it is folded.
    pub fn know(&mut self, plan: Arc<Plan>) {
        self.plans.insert(plan.hash, plan);
    }

    pub(super) fn forked(&mut self, changes: &Changes, mode: Mode, at: Timestamp) {
        self.mode = mode;
        self.cancel = None;
        self.overrides.extend(changes.inputs.iter().cloned());
        if let Some(plan) = changes
            .workflow
            .as_ref()
            .and_then(|workflow| self.plans.get(&workflow.hash))
        {
            let plan = Arc::clone(plan);
            self.replan(&plan, at);
        }
        let leaves = self.frames.iter().filter(|(_, open)| open.body.is_none());
        let leaves: Vec<FrameId> = leaves.map(|(frame, _)| *frame).collect();
        for frame in leaves {
            self.begin_anew(frame);
        }
        let between = self.frames.iter().filter(|(_, open)| open.is_between());
        let between: Vec<FrameId> = between.map(|(frame, _)| *frame).collect();
        for frame in between {
            self.go_on(frame);
        }
    }

    /// A frame that has called workflows and now works itself keeps what they gave, and asks its last
    /// question again. It keeps its parameters too: what it did with them cannot be undone in part.
    fn go_on(&mut self, frame: FrameId) {
        self.change(frame, |open| {
            open.asked.truncate(open.answers.len());
            open.evaluated.clear();
        });
        self.queues.awake.insert(frame);
    }

    /// Goes on with another workflow in the same run. Frames that are at work stay as they are: unlike a
    /// fork's, what they asked may be under way, and asking again would do it twice.
    pub(super) fn mended(&mut self, workflow: &WorkflowRef, frame: FrameId, at: Timestamp) {
        if let Some(plan) = self.known(&workflow.hash) {
            self.replan(&plan, at);
        }
        self.retry_requested(frame, at);
    }

    /// An unfinished frame is asked again from its beginning; what it was told already counts as told
    /// for as long as it asks the same.
    fn begin_anew(&mut self, frame: FrameId) {
        let input = self
            .frames
            .get(&frame)
            .and_then(|open| self.overrides.remove(&open.node));
        self.change(frame, |open| {
            open.input = input.unwrap_or_else(|| open.input.clone());
            open.prior = std::mem::take(&mut open.asked);
            open.answers.clear();
            open.evaluated.clear();
            open.params = None;
        });
        self.queues.awake.insert(frame);
    }

    /// Puts another workflow under the scopes of this one. Nodes are told apart by id: one that has
    /// ended stays so, one that is gone is forgotten, one that is new waits for its edges.
    fn replan(&mut self, plan: &Arc<Plan>, at: Timestamp) {
        let old = std::mem::replace(&mut self.plan, Arc::clone(plan));
        let affected = self
            .scopes
            .iter()
            .filter(|(_, scope)| Arc::ptr_eq(&scope.plan, &old));
        let affected: Vec<ScopeId> = affected.map(|(id, _)| *id).collect();
        for id in affected {
            self.replan_scope(id, plan, at);
        }
    }

    fn replan_scope(&mut self, id: ScopeId, plan: &Arc<Plan>, at: Timestamp) {
        let Some(mut scope) = self.scopes.remove(&id) else {
            return;
        };
        self.queues.forget(id);
        let Some(level) = self.level_in(&scope, plan) else {
            return self.forget_frames_of(id);
        };
        let states: BTreeMap<_, _> = std::mem::take(&mut scope.cells)
            .into_iter()
            .enumerate()
            .map(|(cell, was)| (scope.node(cell).id.clone(), was))
            .collect();
        scope.plan = Arc::clone(plan);
        scope.level = level;
        scope.fill(at);
        for (node, was) in states {
            match scope.cell_of(node.as_str()) {
                Some(cell) => self.carry_over(id, &mut scope, cell, was),
                None => self.forget_frame_of(&was),
            }
        }
        let resolved = scope.deliver_again(at);
        if scope.failed.is_some() {
            self.queues.failing.insert(id);
        }
        self.scopes.insert(id, scope);
        self.enqueue(id, resolved);
    }

    /// The level of a scope in another plan: the root, or the body of the same loop.
    fn level_in(&self, scope: &Scope, plan: &Plan) -> Option<usize> {
        let Some(container) = scope.container.filter(|_| scope.is_iteration) else {
            return Some(0);
        };
        let node = &self.frames.get(&container)?.node;
        let body = plan.nodes.iter().find(|planned| planned.id == *node)?.body;
        (body < plan.levels.len()).then_some(body)
    }

    fn carry_over(&mut self, id: ScopeId, scope: &mut Scope, cell: usize, was: Cell) {
        match &was.state {
            CellState::Open(frame) => {
                self.change(*frame, |open| open.cell = cell);
            }
            CellState::Retrying(due) => {
                self.queues
                    .timers
                    .insert((*due, super::run::Timer::Retry(id, cell)));
            }
            CellState::Idle | CellState::Ready => return,
            CellState::Held { .. } | CellState::Done(_) | CellState::Skipped | CellState::Ended => {
            }
        }
        scope.cells[cell].state = was.state;
        scope.cells[cell].attempts = was.attempts;
    }

    fn forget_frame_of(&mut self, cell: &Cell) {
        if let CellState::Open(frame) = cell.state {
            self.forget_frame(frame);
        }
    }

    fn forget_frames_of(&mut self, id: ScopeId) {
        let inside = self.frames.iter().filter(|(_, open)| open.scope == id);
        let inside: Vec<FrameId> = inside.map(|(frame, _)| *frame).collect();
        for frame in inside {
            self.forget_frame(frame);
        }
    }

    fn forget_frame(&mut self, frame: FrameId) {
        let Some(open) = self.frames.remove(&frame) else {
            return;
        };
        self.queues.running -= usize::from(open.is_running());
        self.queues.awake.remove(&frame);
        let below = self
            .scopes
            .iter()
            .filter(|(_, scope)| scope.container == Some(frame));
        let below: Vec<ScopeId> = below.map(|(id, _)| *id).collect();
        for id in below {
            self.scopes.remove(&id);
            self.queues.forget(id);
            self.forget_frames_of(id);
        }
    }
}

impl super::run::Open {
    /// Whether it has called a workflow that has ended.
    fn is_between(&self) -> bool {
        matches!(
            self.body,
            Some(super::run::Body::Call { is_open: false, .. })
        )
    }
}

impl Scope {
    /// Delivers along the edges of a new plan what the cells that have ended hold.
    fn deliver_again(&mut self, at: Timestamp) -> Vec<(usize, Resolved)> {
        let mut resolved = self.begin(at);
        for cell in 0..self.cells.len() {
            let state = std::mem::replace(&mut self.cells[cell].state, CellState::Idle);
            match state {
                CellState::Done(_) | CellState::Skipped => {
                    resolved.extend(self.settle(cell, state, at));
                }
                other => self.cells[cell].state = other,
            }
        }
        resolved
    }
}
