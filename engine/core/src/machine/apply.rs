//! The fold: one recorded event changes the state of a run. No policy, no decisions.

use std::sync::Arc;

use super::plan::Plan;
use super::run::{Asked, Body, Open, Run, Timer};
use super::scope::{CellState, Resolved, Scope};
use crate::effect::{Effect, Outcome};
use crate::event::{Disposition, Ending, Event, Mode, Recorded};
use crate::failure::Failure;
use crate::id::{FrameId, NodeId, Path, PathStep, ScopeId};
use crate::time::Timestamp;
use crate::value::{Record, Value};
use crate::workflow::Workflow;

impl Run {
    /// Folds one recorded event. An event that does not fit changes nothing but the number of the last one.
    pub fn apply(&mut self, recorded: &Recorded) {
        let (seq, at) = (recorded.seq, recorded.at);
        self.seq = seq;
        match &recorded.event {
            Event::RunStarted { input, mode, .. } => self.start(input, *mode, at),
            Event::RunForked { changes, mode, .. } => self.forked(changes, *mode, at),
            Event::FrameOpened {
                scope,
                node,
                attempt,
                input,
                ..
            } => {
                self.open(seq, *scope, node, *attempt, input, at);
            }
            Event::FrameSkipped { scope, node } => self.skip(*scope, node, at),
            Event::EffectRequested {
                frame,
                ordinal,
                effect,
            } => self.asked(*frame, *ordinal, effect),
            Event::EffectAnswered {
                frame,
                ordinal,
                outcome,
                ..
            } => self.answered(*frame, *ordinal, outcome),
            Event::FrameClosed { frame, ending, .. } => self.close(*frame, ending, at),
            Event::LoopStarted {
                frame,
                items,
                parallelism,
            } => self.loop_started(*frame, items, *parallelism),
            Event::ScopeOpened {
                frame,
                index,
                input,
            } => self.scope_opened(seq, *frame, *index, input, at),
            Event::ScopeClosed { scope, output } => self.scope_closed(*scope, output),
            Event::RetryRequested { frame } => self.retry_requested(*frame, at),
            Event::RunRetried { attempt, at: due } => self.run_retried(*attempt, *due),
            Event::CancelRequested { reason } => self.cancel = Some(reason.clone()),
            Event::RunClosed { ending } => self.end(ending.clone()),
            Event::RunMended { workflow, frame } => self.mended(workflow, *frame, at),
        }
    }

    fn start(&mut self, input: &Value, mode: Mode, at: Timestamp) {
        self.mode = mode;
        self.input = input.clone();
        let plan = Arc::clone(&self.plan);
        let scope = Scope {
            plan,
            level: 0,
            container: None,
            path: Path::default(),
            index: 0,
            is_iteration: false,
            calls: 0,
            input: input.clone(),
            cells: Vec::new(),
            unsettled: 0,
            failed: None,
        };
        self.add_scope(super::ROOT, scope, at);
    }

    fn add_scope(&mut self, id: ScopeId, mut scope: Scope, at: Timestamp) {
        scope.fill(at);
        let resolved = scope.begin(at);
        self.scopes.insert(id, scope);
        self.enqueue(id, resolved);
    }

    pub(super) fn enqueue(&mut self, id: ScopeId, resolved: Vec<(usize, Resolved)>) {
        for (cell, fate) in resolved {
            match fate {
                Resolved::Ready => self.queues.ready.insert((id, cell)),
                Resolved::Dead => self.queues.dead.insert((id, cell)),
            };
        }
        if self
            .scopes
            .get(&id)
            .is_some_and(|scope| scope.unsettled == 0)
        {
            self.queues.finished.insert(id);
        }
    }

    fn open(
        &mut self,
        frame: FrameId,
        scope_id: ScopeId,
        node: &NodeId,
        attempt: u32,
        input: &Value,
        at: Timestamp,
    ) {
        let Some(scope) = self.scopes.get_mut(&scope_id) else {
            return;
        };
        let Some(cell) = scope.cell_of(node.as_str()) else {
            return;
        };
        let timeout_ms = scope.node(cell).node.timeout_ms;
        scope.cells[cell].state = CellState::Open(frame);
        scope.cells[cell].attempts = attempt;
        self.queues.ready.remove(&(scope_id, cell));
        self.queues
            .timers
            .retain(|(_, timer)| *timer != Timer::Retry(scope_id, cell));
        if let Some(limit) = timeout_ms {
            self.queues
                .timers
                .insert((at.plus_ms(limit), Timer::Deadline(frame)));
        }
        self.overrides.remove(node);
        self.frames_opened += 1;
        self.queues.running += 1;
        self.queues.awake.insert(frame);
        self.frames.insert(
            frame,
            Open::new(scope_id, cell, node.clone(), attempt, input.clone(), at),
        );
    }

    fn skip(&mut self, scope_id: ScopeId, node: &NodeId, at: Timestamp) {
        self.frames_opened += 1;
        let Some(scope) = self.scopes.get_mut(&scope_id) else {
            return;
        };
        let Some(cell) = scope.cell_of(node.as_str()) else {
            return;
        };
        self.queues.dead.remove(&(scope_id, cell));
        let resolved = scope.settle(cell, CellState::Skipped, at);
        self.enqueue(scope_id, resolved);
    }

    fn asked(&mut self, frame: FrameId, ordinal: u32, effect: &Effect) {
        self.change(frame, |open| {
            open.asked.truncate(ordinal as usize);
            open.recall_until(ordinal as usize);
            open.asked.push(Asked {
                effect: effect.clone(),
                outcome: None,
            });
        });
        self.queues.awake.remove(&frame);
    }

    fn answered(&mut self, frame: FrameId, ordinal: u32, outcome: &Outcome) {
        self.change(frame, |open| {
            let Some(asked) = open.asked.get_mut(ordinal as usize) else {
                return;
            };
            asked.outcome = Some(outcome.clone());
            open.answers.truncate(ordinal as usize);
            open.answers.push(outcome.clone());
        });
        if self.frames.contains_key(&frame) {
            self.queues.awake.insert(frame);
        }
    }

    /// Changes an open frame and keeps count of the places of `maxParallel`.
    pub(super) fn change(&mut self, frame: FrameId, change: impl FnOnce(&mut Open)) {
        let Some(open) = self.frames.get_mut(&frame) else {
            return;
        };
        let before = usize::from(open.is_running());
        change(open);
        self.queues.running = self.queues.running + usize::from(open.is_running()) - before;
    }

    fn close(&mut self, frame: FrameId, ending: &Ending, at: Timestamp) {
        let Some(open) = self.frames.remove(&frame) else {
            return;
        };
        self.queues.running -= usize::from(open.is_running());
        self.queues.awake.remove(&frame);
        self.queues
            .timers
            .retain(|(_, timer)| *timer != Timer::Deadline(frame));
        if open.body.is_some() {
            self.drop_scopes_of(frame);
        }
        let Some(scope) = self.scopes.get_mut(&open.scope) else {
            return;
        };
        let resolved = match ending {
            Ending::Completed { outputs } => {
                scope.settle(open.cell, CellState::Done(outputs.clone()), at)
            }
            Ending::Failed { error, then } => return self.fail(frame, &open, error, *then, at),
            Ending::Cancelled => {
                scope.cells[open.cell].state = CellState::Ended;
                return;
            }
            Ending::Interrupted { .. } => {
                scope.cells[open.cell].state = CellState::Held {
                    frame,
                    interrupted: true,
                };
                return;
            }
        };
        self.enqueue(open.scope, resolved);
    }

    fn fail(
        &mut self,
        frame: FrameId,
        open: &Open,
        error: &Failure,
        then: Disposition,
        at: Timestamp,
    ) {
        let Some(scope) = self.scopes.get_mut(&open.scope) else {
            return;
        };
        let port = match then {
            Disposition::Continue => "out",
            Disposition::Port => "error",
            Disposition::Retry { at } => {
                scope.cells[open.cell].state = CellState::Retrying(at);
                self.queues
                    .timers
                    .insert((at, Timer::Retry(open.scope, open.cell)));
                return;
            }
            Disposition::Pause => {
                scope.cells[open.cell].state = CellState::Held {
                    frame,
                    interrupted: false,
                };
                return;
            }
            Disposition::Stop => {
                scope.cells[open.cell].state = CellState::Ended;
                scope.failed = Some((frame, error.clone()));
                self.queues.failing.insert(open.scope);
                return;
            }
        };
        let outputs = vec![(port.to_owned(), error_value(open, error))];
        let resolved = scope.settle(open.cell, CellState::Done(outputs), at);
        self.enqueue(open.scope, resolved);
    }

    fn loop_started(&mut self, frame: FrameId, items: &Value, parallelism: u32) {
        let count = items.as_list().map_or(0, |items| items.len());
        let body = Body::Each {
            items: items.clone(),
            parallelism,
            opened: 0,
            results: vec![None; count],
            done: 0,
        };
        self.change(frame, |open| open.body = Some(body));
    }

    fn scope_opened(
        &mut self,
        id: ScopeId,
        frame: FrameId,
        index: u64,
        input: &Value,
        at: Timestamp,
    ) {
        self.enter_body(frame, index);
        self.plan_call(frame);
        let Some(scope) = self.inner_scope(frame, index, input) else {
            return;
        };
        self.add_scope(id, scope, at);
    }

    /// The frame is a container from now on, and waits for what it opened.
    fn enter_body(&mut self, frame: FrameId, index: u64) {
        self.change(frame, |open| {
            let is_call = open.called().is_some();
            match &mut open.body {
                Some(Body::Each { opened, .. }) => *opened = index + 1,
                Some(Body::Repeat { is_open, .. }) => *is_open = true,
                Some(Body::Call { is_open, .. }) => *is_open = true,
                None if is_call => {
                    open.body = Some(Body::Call {
                        outputs: Vec::new(),
                        is_open: true,
                    });
                }
                None => {
                    open.body = Some(Body::Repeat {
                        last: None,
                        rounds: 0,
                        is_open: true,
                    });
                }
            }
        });
        if let Some(Body::Repeat { .. } | Body::Call { .. }) =
            self.frames.get(&frame).and_then(|open| open.body.as_ref())
        {
            self.queues.awake.remove(&frame);
        }
    }

    fn inner_scope(&self, frame: FrameId, index: u64, input: &Value) -> Option<Scope> {
        let open = self.frames.get(&frame)?;
        let outer = self.scopes.get(&open.scope)?;
        let is_call = matches!(open.body, Some(Body::Call { .. }));
        let mut path = outer.path.clone();
        path.0.push(PathStep::Node(open.node.clone()));
        // The first workflow that a frame calls has the path of the frame; further ones are numbered.
        if !is_call || index > 0 {
            path.0.push(PathStep::Index(index));
        }
        let (plan, level) = match open.called() {
            Some(document) if is_call => (Arc::clone(self.sub_plans.get(&document.address())?), 0),
            _ => (Arc::clone(&outer.plan), outer.node(open.cell).body),
        };
        Some(Scope {
            level: if level < plan.levels.len() {
                level
            } else {
                return None;
            },
            plan,
            container: Some(frame),
            path,
            index,
            is_iteration: !is_call,
            calls: outer.calls + u32::from(is_call),
            input: input.clone(),
            cells: Vec::new(),
            unsettled: 0,
            failed: None,
        })
    }

    /// Makes the plan of a sub-workflow from the document that the `Call` effect answered with, once.
    fn plan_call(&mut self, frame: FrameId) {
        let Some(document) = self
            .frames
            .get(&frame)
            .and_then(|open| open.called().cloned())
        else {
            return;
        };
        let address = document.address();
        if self.sub_plans.contains_key(&address) {
            return;
        }
        if let Ok(workflow) = Workflow::from_value(&document) {
            self.sub_plans
                .insert(address, Arc::new(Plan::new(workflow, &self.catalogue)));
        }
    }

    fn scope_closed(&mut self, id: ScopeId, output: &Value) {
        let Some(scope) = self.scopes.remove(&id) else {
            return;
        };
        self.queues.finished.remove(&id);
        let Some(frame) = scope.container else { return };
        let index = usize::try_from(scope.index).unwrap_or(usize::MAX);
        self.change(frame, |open| match &mut open.body {
            Some(Body::Each { results, done, .. }) => {
                if let Some(result) = results.get_mut(index) {
                    *result = Some(output.clone());
                    *done += 1;
                }
            }
            Some(Body::Repeat {
                last,
                rounds,
                is_open,
            }) => {
                *last = Some(output.clone());
                *rounds += 1;
                *is_open = false;
            }
            Some(Body::Call { outputs, is_open }) => {
                outputs.push(output.clone());
                *is_open = false;
            }
            None => {}
        });
        self.queues.awake.insert(frame);
    }

    /// Forgets the scopes below a container that ends.
    fn drop_scopes_of(&mut self, frame: FrameId) {
        let below: Vec<ScopeId> = self
            .scopes
            .iter()
            .filter(|(_, scope)| scope.container == Some(frame))
            .map(|(id, _)| *id)
            .collect();
        for id in below {
            self.scopes.remove(&id);
            self.queues.forget(id);
        }
    }

    pub(super) fn retry_requested(&mut self, frame: FrameId, at: Timestamp) {
        let held = |state: &CellState| matches!(state, CellState::Held { frame: held, .. } if *held == frame);
        for (id, scope) in &mut self.scopes {
            if let Some(cell) = scope.cells.iter().position(|cell| held(&cell.state)) {
                scope.cells[cell].state = CellState::Ready;
                scope.cells[cell].ready_at = at;
                self.queues.ready.insert((*id, cell));
            }
        }
    }

    fn run_retried(&mut self, attempt: u32, due: Timestamp) {
        self.attempt = attempt;
        self.queues.failing.remove(&super::ROOT);
        let Some(root) = self.scopes.get_mut(&super::ROOT) else {
            return;
        };
        root.failed = None;
        for (cell, at) in root.cells.iter_mut().enumerate() {
            if matches!(at.state, CellState::Ended) {
                at.state = CellState::Retrying(due);
                self.queues
                    .timers
                    .insert((due, Timer::Retry(super::ROOT, cell)));
            }
        }
    }

    fn end(&mut self, ending: crate::event::RunEnding) {
        self.ending = Some(ending);
        self.scopes.clear();
        self.frames.clear();
        self.queues = super::run::Queues::default();
    }
}

impl super::run::Queues {
    pub(super) fn forget(&mut self, scope: ScopeId) {
        self.ready.retain(|(id, _)| *id != scope);
        self.dead.retain(|(id, _)| *id != scope);
        self.failing.remove(&scope);
        self.finished.remove(&scope);
        self.timers
            .retain(|(_, timer)| !matches!(timer, Timer::Retry(id, _) if *id == scope));
    }
}

impl Open {
    fn new(
        scope: ScopeId,
        cell: usize,
        node: NodeId,
        attempt: u32,
        input: Value,
        opened_at: Timestamp,
    ) -> Self {
        Self {
            scope,
            cell,
            node,
            attempt,
            input,
            opened_at,
            params: None,
            asked: Vec::new(),
            prior: Vec::new(),
            answers: Vec::new(),
            evaluated: std::collections::HashMap::new(),
            logs: Vec::new(),
            usage: crate::event::Usage::default(),
            memo: false,
            body: None,
        }
    }

    /// What a fork's frame asked before its first question that was recorded anew: the same as its origin,
    /// and was told the same, else it would have been recorded.
    fn recall_until(&mut self, ordinal: usize) {
        for prior in self.prior.iter().take(ordinal).skip(self.asked.len()) {
            self.answers.extend(prior.outcome.clone());
            self.asked.push(prior.clone());
        }
    }

    /// The workflow document that the last `Call` effect of this frame answered with.
    pub(super) fn called(&self) -> Option<&Value> {
        let is_call = |asked: &&Asked| asked.effect.kind == crate::effect::EffectKind::Call;
        self.asked
            .iter()
            .rfind(is_call)?
            .outcome
            .as_ref()?
            .as_ref()
            .ok()
    }
}

/// What flows on after a failure: the error, and the input that led to it.
fn error_value(open: &Open, error: &Failure) -> Value {
    let fields = [("error", error.to_value()), ("input", open.input.clone())];
    Value::Record(Record::from_iter(fields))
}
