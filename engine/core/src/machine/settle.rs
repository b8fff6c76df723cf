//! What happens next: the loop that turns an arrival into events and requests until nothing more can be done.

use super::run::{Body, Run, Timer};
use super::scope::CellState;
use super::{Arrival, Request, STEP_EVENTS_MAX, Step};
use crate::event::{Disposition, Ending, Event, Mode, Recorded, RunEnding};
use crate::failure::{Failure, FailureKind};
use crate::id::{FrameId, ScopeId, Seq};
use crate::problem::Place;
use crate::time::{Clock, Timestamp};
use crate::value::{Record, Value};
use crate::workflow::ErrorHandling;

/// Takes in one arrival and does everything that follows from it without the world's help.
///
/// The events in [`Step::recorded`] are already applied to `run`. An arrival that no longer means
/// anything (an answer to a frame that was cancelled, say) records nothing.
pub fn step(run: &mut Run, arrival: Arrival, clock: &dyn Clock) -> Step {
    let mut turn = Turn {
        run,
        clock,
        step: Step::default(),
    };
    turn.arrive(arrival);
    turn.settle();
    turn.finish()
}

/// Takes in one arrival and nothing more: what follows from it waits for the next [`step`]. For a
/// runtime that is stopping and wants an answer recorded, but nothing new begun.
pub fn take_in(run: &mut Run, arrival: Arrival, clock: &dyn Clock) -> Step {
    let mut turn = Turn {
        run,
        clock,
        step: Step::default(),
    };
    turn.arrive(arrival);
    turn.step
}

/// One call of [`step`] at work.
pub(super) struct Turn<'a> {
    pub(super) run: &'a mut Run,
    pub(super) clock: &'a dyn Clock,
    pub(super) step: Step,
}

impl Turn<'_> {
    /// Records a fact and applies it.
    pub(super) fn record(&mut self, event: Event) -> Seq {
        let recorded = Recorded {
            seq: self.run.seq.next(),
            at: self.clock.now(),
            event,
        };
        self.run.apply(&recorded);
        self.step.recorded.push(recorded);
        self.run.seq
    }

    fn arrive(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Start { input, mode } => self.start(input, mode),
            Arrival::Fork {
                from,
                changes,
                mode,
            } => {
                let at = self.run.seq;
                self.record(Event::RunForked {
                    from,
                    at,
                    changes,
                    mode,
                });
            }
            Arrival::Continue => {}
            Arrival::Answered {
                frame,
                ordinal,
                outcome,
                took_ms,
            } => {
                if self.run.awaits(frame, ordinal) {
                    self.record(Event::EffectAnswered {
                        frame,
                        ordinal,
                        outcome,
                        took_ms,
                    });
                }
            }
            Arrival::Evaluated {
                frame,
                request,
                reply,
                memo,
            } => self.evaluated(frame, &request, reply, memo),
            Arrival::Woke => {}
            Arrival::InDoubt { frame, error } => self.close(frame, Ending::Interrupted { error }),
            Arrival::Retry { frame } => {
                if self.run.is_held(frame) {
                    self.record(Event::RetryRequested { frame });
                }
            }
            Arrival::Mend { workflow, frame } => {
                if self.run.is_held(frame) && self.run.known(&workflow.hash).is_some() {
                    self.record(Event::RunMended { workflow, frame });
                }
            }
            Arrival::Cancel { reason } => {
                if self.run.ending.is_none() && self.run.cancel.is_none() {
                    self.record(Event::CancelRequested { reason });
                }
            }
        }
    }

    fn start(&mut self, input: Value, mode: Mode) {
        if self.run.seq == super::ROOT {
            let workflow = self.run.plan.reference();
            self.record(Event::RunStarted {
                workflow,
                input,
                mode,
            });
        }
    }

    fn settle(&mut self) {
        self.due();
        while self.run.ending.is_none() && self.advance() {
            if self.step.recorded.len() >= STEP_EVENTS_MAX {
                self.step.more = true;
                break;
            }
        }
    }

    /// Does the next thing; `false` when there is none.
    fn advance(&mut self) -> bool {
        if self.run.cancel.is_some() {
            self.cancel();
        } else if let Some(scope) = self.run.queues.failing.pop_first() {
            self.fail_scope(scope);
        } else if let Some(frame) = self.run.queues.awake.pop_first() {
            self.evaluate(frame);
        } else if let Some((scope, cell)) = self.run.queues.dead.pop_first() {
            self.skip(scope, cell);
        } else if let Some(scope) = self.run.queues.finished.pop_first() {
            self.finish_scope(scope);
        } else if let Some((scope, cell)) = self.next_ready() {
            self.open(scope, cell);
        } else {
            return false;
        }
        true
    }

    fn next_ready(&mut self) -> Option<(ScopeId, usize)> {
        let max = self.run.plan.config().max_parallel.max(1) as usize;
        if self.run.queues.running >= max {
            return None;
        }
        self.run.queues.ready.pop_first()
    }

    fn finish(mut self) -> Step {
        if self.run.ending.is_none() {
            self.step.wake_at = self.run.queues.timers.first().map(|(at, _)| *at);
        }
        self.step
    }

    /// Begins attempts whose time has come, and fails frames whose time has run out.
    fn due(&mut self) {
        let now = self.clock.now();
        while let Some((at, timer)) = self.run.queues.timers.first().copied() {
            if at > now {
                break;
            }
            self.run.queues.timers.pop_first();
            match timer {
                Timer::Retry(scope, cell) => self.ready_again(scope, cell, now),
                Timer::Deadline(frame) => self.time_out(frame),
            }
        }
    }

    fn ready_again(&mut self, scope: ScopeId, cell: usize, now: Timestamp) {
        let Some(at) = self
            .run
            .scope_mut(scope)
            .and_then(|scope| scope.cells.get_mut(cell))
        else {
            return;
        };
        if matches!(at.state, CellState::Retrying(_)) {
            at.state = CellState::Ready;
            at.ready_at = now;
            self.run.queues.ready.insert((scope, cell));
        }
    }

    fn time_out(&mut self, frame: FrameId) {
        let Some(open) = self.run.frames.get(&frame) else {
            return;
        };
        let Some(scope) = self.run.scopes.get(&open.scope) else {
            return;
        };
        let limit = scope.node(open.cell).node.timeout_ms.unwrap_or_default();
        let failure = Failure::new(
            FailureKind::Timeout,
            format!("not finished within timeoutMs ({limit} ms)"),
        )
        .with_hint("raise timeoutMs of this node, or make what it waits for faster");
        self.cancel_inside(frame);
        self.fail(frame, failure);
    }

    fn skip(&mut self, scope: ScopeId, cell: usize) {
        let Some(node) = self
            .run
            .scopes
            .get(&scope)
            .map(|scope| scope.node(cell).id.clone())
        else {
            return;
        };
        self.record(Event::FrameSkipped { scope, node });
    }

    fn finish_scope(&mut self, scope: ScopeId) {
        let Some(output) = self.run.scopes.get(&scope).map(super::scope::Scope::output) else {
            return;
        };
        if scope == super::ROOT {
            self.record(Event::RunClosed {
                ending: RunEnding::Completed { output },
            });
        } else {
            self.record(Event::ScopeClosed { scope, output });
        }
    }

    fn cancel(&mut self) {
        let open: Vec<FrameId> = self.run.frames.keys().rev().copied().collect();
        for frame in open {
            self.close(frame, Ending::Cancelled);
        }
        self.record(Event::RunClosed {
            ending: RunEnding::Cancelled,
        });
    }

    /// Ends a level in which something failed: its container fails with it, or the run does.
    fn fail_scope(&mut self, id: ScopeId) {
        let Some(scope) = self.run.scopes.get(&id) else {
            return;
        };
        let Some((_, failure)) = scope.failed.clone() else {
            return;
        };
        let (container, path) = (scope.container, scope.path.clone());
        match container {
            Some(frame) => {
                self.cancel_inside(frame);
                self.fail(frame, inner(&failure, &path.to_string()));
            }
            None => {
                self.cancel_below(id);
                self.fail_run(failure);
            }
        }
    }

    fn fail_run(&mut self, error: Failure) {
        let config = self.run.plan.config();
        let retry = config.retry.clone().unwrap_or_default();
        let may_retry = config.error_handling == ErrorHandling::Retry
            && self.run.attempt < retry.max_attempts
            && error.kind.is_retryable();
        if may_retry {
            let delay = super::policy::delay_ms(&retry, self.run.attempt, &self.run.id.to_string());
            let at = self.clock.now().plus_ms(delay);
            self.record(Event::RunRetried {
                attempt: self.run.attempt + 1,
                at,
            });
        } else {
            self.record(Event::RunClosed {
                ending: RunEnding::Failed { error },
            });
        }
    }

    /// Ends the run with a failure of its own, whatever it was doing.
    pub(super) fn stop_run(&mut self, error: Failure) {
        self.cancel_below(super::ROOT);
        self.record(Event::RunClosed {
            ending: RunEnding::Failed { error },
        });
    }

    /// Cancels every open frame in a scope and below it, deepest first.
    fn cancel_below(&mut self, id: ScopeId) {
        let inside = self.run.scopes_below(id);
        let open = self
            .run
            .frames
            .iter()
            .rev()
            .filter(|(_, open)| inside.contains(&open.scope));
        let open: Vec<FrameId> = open.map(|(frame, _)| *frame).collect();
        for frame in open {
            self.close(frame, Ending::Cancelled);
        }
    }

    /// Cancels every open frame inside a container.
    fn cancel_inside(&mut self, frame: FrameId) {
        let children = self
            .run
            .scopes
            .iter()
            .filter(|(_, scope)| scope.container == Some(frame));
        let children: Vec<ScopeId> = children.map(|(id, _)| *id).collect();
        for scope in children {
            self.cancel_below(scope);
        }
    }

    /// Fails a frame; its policy decides what follows.
    pub(super) fn fail(&mut self, frame: FrameId, mut failure: Failure) {
        let Some(open) = self.run.frames.get(&frame) else {
            return;
        };
        let Some(scope) = self.run.scopes.get(&open.scope) else {
            return;
        };
        let node = scope.node(open.cell);
        failure
            .place
            .get_or_insert_with(Place::default)
            .node
            .get_or_insert_with(|| node.id.clone());
        let handling = scope.plan.config().error_handling;
        let seed = self.run.key_of(frame);
        let then: Disposition = super::policy::disposition(
            node,
            handling,
            &failure,
            open.attempt,
            &seed,
            self.clock.now(),
        );
        self.close(
            frame,
            Ending::Failed {
                error: failure,
                then,
            },
        );
    }

    /// Closes a frame with what it wrote and cost.
    pub(super) fn close(&mut self, frame: FrameId, ending: Ending) {
        let Some(open) = self.run.frames.get_mut(&frame) else {
            return;
        };
        let (logs, usage, memo) = (std::mem::take(&mut open.logs), open.usage, open.memo);
        self.record(Event::FrameClosed {
            frame,
            ending,
            logs,
            usage,
            memo,
        });
    }

    pub(super) fn request(&mut self, request: Request) {
        self.step.requests.push(request);
    }
}

impl Run {
    /// Whether this effect was asked for and has no answer.
    fn awaits(&self, frame: FrameId, ordinal: u32) -> bool {
        let asked = self
            .frames
            .get(&frame)
            .and_then(|open| open.asked.get(ordinal as usize));
        asked.is_some_and(|asked| asked.outcome.is_none())
    }

    /// A scope and all that are nested in it. A nested scope is always younger than the one around it.
    fn scopes_below(&self, id: ScopeId) -> std::collections::BTreeSet<ScopeId> {
        let mut inside = std::collections::BTreeSet::from([id]);
        for (younger, scope) in self.scopes.range(id..) {
            let around = scope
                .container
                .and_then(|frame| self.frames.get(&frame))
                .map(|open| open.scope);
            if around.is_some_and(|around| inside.contains(&around)) {
                inside.insert(*younger);
            }
        }
        inside
    }

    /// Whether a frame is a loop or a call that has opened its body.
    pub(super) fn body_of(&self, frame: FrameId) -> Option<&Body> {
        self.frames.get(&frame)?.body.as_ref()
    }
}

/// The failure of a container, because of one inside it.
fn inner(failure: &Failure, path: &str) -> Failure {
    let node = failure.place.as_ref().and_then(|place| place.node.clone());
    let node = node.as_ref().map_or("a node", |node| node.as_str());
    let message = format!("`{node}` failed in {path}: {}", failure.message);
    let hint = failure.hint.clone();
    let details = Record::from_iter([("path", Value::from(path)), ("cause", failure.to_value())]);
    let mut outer = Failure::new(FailureKind::Inner, message).with_details(Value::Record(details));
    outer.hint = hint;
    outer
}
