//! One run's loop: take in what arrived, write down what was decided, do what was asked, wait.
//!
//! Law 1 is kept here. An effect that can be noticed outside waits until everything recorded before it
//! is on disk; pure work does not wait. What a caller is told was on disk first.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use flowforge_engine::effect::EffectKind;
use flowforge_engine::event::{Event, Recorded, RunEnding};
use flowforge_engine::frame::Status;
use flowforge_engine::machine::{Arrival, Outstanding, Request, Run, Step, step, take_in};
use flowforge_engine::script::EvaluateRequest;
use flowforge_engine::{
    Clock, Failure, FailureKind, FrameId, NodeId, Path, RunId, ScopeId, Timestamp, Value,
};
use flowforge_snapshots::WriteError;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use crate::clock::{SkippingClock, SystemClock};
use crate::fork::GivenAnswer;
use crate::perform::{Performed, Performer};
use crate::recorder::{Durable, Recorder};
use crate::recordings::{Recalled, SharedRecordings};

/// Most events that wait in memory.
const BUFFERED_MAX: usize = 4096;

/// How a run's time in this process ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RunEnd {
    /// The run.
    pub id: RunId,
    /// Its status; waiting and interrupted runs can be resumed.
    pub status: Status,
    /// Its output, null unless it completed.
    pub output: Value,
    /// Why it failed.
    pub error: Option<Failure>,
    /// How many frames it has.
    pub frames: u64,
    /// What it waits for, when only somebody outside can move it.
    pub waits: Vec<Wait>,
}

/// Something that only somebody outside can answer.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Wait {
    /// The frame.
    pub frame: FrameId,
    /// Its node.
    pub node_id: NodeId,
    /// The loops and sub-workflows around it.
    pub path: Path,
    /// What for: `signal`, or `retry` after a pause or an interruption.
    pub reason: &'static str,
}

/// How effects are answered.
pub(crate) enum World {
    /// By performing them.
    Live,
    /// From the past, without waiting for anything. An effect that the past does not know stops its frame.
    Recorded {
        recordings: SharedRecordings,
        clock: Arc<SkippingClock>,
    },
}

/// A visible effect that a run asked for, as [`World::Recorded`] saw it.
#[derive(Clone, Debug)]
pub(crate) struct Sighting {
    pub(crate) node: NodeId,
    pub(crate) path: Path,
    pub(crate) attempt: u32,
    pub(crate) asked: Outstanding,
    pub(crate) is_known: bool,
}

/// One run at work.
pub(crate) struct Driver {
    run: Run,
    recorder: Recorder,
    performer: Performer,
    world: World,
    inbox: mpsc::Receiver<Arrival>,
    stopping: watch::Receiver<bool>,
    pending: VecDeque<Arrival>,
    tasks: JoinSet<Arrival>,
    aborts: HashMap<FrameId, Vec<AbortHandle>>,
    visible: HashMap<FrameId, usize>,
    wake_at: Option<Timestamp>,
    sightings: Vec<Sighting>,
    until: Option<(ScopeId, NodeId)>,
    /// Answers that a fork gives itself, each once.
    given: Vec<GivenAnswer>,
}

/// What is left of a driver when its run has ended or cannot go on by itself.
pub(crate) struct Finished {
    pub(crate) run: Run,
    pub(crate) end: RunEnd,
    pub(crate) events: Vec<Recorded>,
    pub(crate) sightings: Vec<Sighting>,
}

impl Driver {
    pub(crate) fn new(
        run: Run,
        recorder: Recorder,
        performer: Performer,
        world: World,
        inbox: mpsc::Receiver<Arrival>,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        Self {
            run,
            recorder,
            performer,
            world,
            inbox,
            stopping,
            pending: VecDeque::new(),
            tasks: JoinSet::new(),
            aborts: HashMap::new(),
            visible: HashMap::new(),
            wake_at: None,
            sightings: Vec::new(),
            until: None,
            given: Vec::new(),
        }
    }

    /// Stops as soon as this node and what its edges lead to have come to rest.
    pub(crate) fn until(mut self, level: ScopeId, node: NodeId) -> Self {
        self.until = Some((level, node));
        self
    }

    /// Answers these questions itself when they are asked.
    pub(crate) fn give(&mut self, given: Vec<GivenAnswer>) {
        self.given = given;
    }

    /// Drives the run from these arrivals until it has ended, waits for somebody outside, or is to stop.
    pub(crate) async fn drive(mut self, first: Vec<Arrival>) -> Result<Finished, WriteError> {
        self.pending.extend(first);
        loop {
            if let Some(error) = self.recorder.failure() {
                return Err(error);
            }
            self.take_pending();
            if self.is_over() {
                return self.finish().await;
            }
            self.wait().await;
        }
    }

    fn take_pending(&mut self) {
        while let Some(arrival) = self.pending.pop_front() {
            self.take(arrival);
        }
    }

    fn take(&mut self, arrival: Arrival) {
        let is_stopping = *self.stopping.borrow();
        let clock = self.clock();
        let step = if is_stopping {
            take_in(&mut self.run, arrival, &*clock)
        } else {
            step(&mut self.run, arrival, &*clock)
        };
        self.follow(step);
    }

    fn clock(&self) -> Arc<dyn Clock + Send + Sync> {
        match &self.world {
            World::Live => Arc::new(SystemClock),
            World::Recorded { clock, .. } => Arc::clone(clock) as _,
        }
    }

    fn follow(&mut self, step: Step) {
        self.abort_closed(&step.recorded);
        self.recorder.push(step.recorded);
        self.wake_at = step.wake_at;
        if step.more {
            self.pending.push_front(Arrival::Continue);
        }
        if self.recorder.buffered() >= BUFFERED_MAX {
            drop(self.recorder.flush(self.run.status()));
        }
        self.carry_out(step.requests);
    }

    /// Ends the tasks of frames that have ended: their answers would mean nothing.
    fn abort_closed(&mut self, recorded: &[Recorded]) {
        if self.aborts.is_empty() {
            return;
        }
        for recorded in recorded {
            let Event::FrameClosed { frame, .. } = &recorded.event else {
                continue;
            };
            self.visible.remove(frame);
            for task in self.aborts.remove(frame).into_iter().flatten() {
                task.abort();
            }
        }
    }

    fn carry_out(&mut self, requests: Vec<Request>) {
        let mut visible = Vec::new();
        for request in requests {
            match request {
                Request::Evaluate {
                    frame,
                    request,
                    memo,
                } => self.evaluate(frame, request, memo),
                Request::Perform(asked) if self.is_given(&asked) => {}
                Request::Perform(asked) if matches!(self.world, World::Recorded { .. }) => {
                    self.recall(asked);
                }
                Request::Perform(asked) if asked.effect.kind.is_visible() => visible.push(asked),
                Request::Perform(asked) => self.perform(asked, Durable::default()),
            }
        }
        for asked in visible {
            let durable = self.recorder.flush(self.run.status());
            self.perform(asked, durable);
        }
    }

    /// Whether a fork answers this question itself; if so, it has.
    fn is_given(&mut self, asked: &Outstanding) -> bool {
        if self.given.is_empty() {
            return false;
        }
        let Some((node, ..)) = self.run.place_of(asked.frame) else {
            return false;
        };
        let is_meant = |given: &GivenAnswer| given.node == node && given.ordinal == asked.ordinal;
        let Some(position) = self.given.iter().position(is_meant) else {
            return false;
        };
        let GivenAnswer { answer, .. } = self.given.swap_remove(position);
        self.answer(asked, Ok(answer));
        true
    }

    fn evaluate(&mut self, frame: FrameId, request: Box<EvaluateRequest>, memo: bool) {
        let performer = self.performer.clone();
        let task = self.tasks.spawn(async move {
            let (reply, memo) = performer.evaluate(&request, memo).await;
            Arrival::Evaluated {
                frame,
                request,
                reply,
                memo,
            }
        });
        self.aborts.entry(frame).or_default().push(task);
    }

    /// Performs an effect as soon as what was recorded before it is durable.
    fn perform(&mut self, asked: Outstanding, durable: Durable) {
        let (run, frame, ordinal) = (self.run.id(), asked.frame, asked.ordinal);
        if asked.effect.kind == EffectKind::Signal {
            return;
        }
        if asked.effect.kind.is_visible() {
            *self.visible.entry(frame).or_default() += 1;
        }
        let performer = self.performer.clone();
        let task = self.tasks.spawn(async move {
            if let Err(error) = durable.wait().await {
                return unwritten(frame, &error);
            }
            let Performed { outcome, took_ms } = performer.perform(run, &asked).await;
            Arrival::Answered {
                frame,
                ordinal,
                outcome,
                took_ms,
            }
        });
        self.aborts.entry(frame).or_default().push(task);
    }

    /// Does what was asked for before the process ended.
    pub(crate) fn carry_out_again(&mut self, asked: Outstanding) {
        self.carry_out(vec![Request::Perform(asked)]);
    }

    /// Answers an effect from the past.
    fn recall(&mut self, asked: Outstanding) {
        let World::Recorded { recordings, .. } = &self.world else {
            return;
        };
        let recalled = recordings.recall(&self.run, &asked);
        if asked.effect.kind.is_visible() {
            self.sight(&asked, matches!(recalled, Recalled::Answer(_)));
        }
        match (recalled, asked.effect.kind) {
            (Recalled::Answer(outcome), _) => self.answer(&asked, outcome),
            (Recalled::Lost(error), _) => self.pending.push_back(Arrival::InDoubt {
                frame: asked.frame,
                error,
            }),
            (Recalled::Silence, _) | (Recalled::Unknown, EffectKind::Signal) => {}
            (Recalled::Unknown, EffectKind::Sleep) => self.answer(&asked, Ok(Value::Null)),
            (Recalled::Unknown, EffectKind::Call | EffectKind::Now | EffectKind::Random) => {
                self.perform(asked, Durable::default());
            }
            (Recalled::Unknown, EffectKind::Http | EffectKind::Model) => {
                self.pending.push_back(Arrival::InDoubt {
                    frame: asked.frame,
                    error: unrecorded(),
                });
            }
        }
    }

    fn answer(&mut self, asked: &Outstanding, outcome: flowforge_engine::effect::Outcome) {
        let Outstanding { frame, ordinal, .. } = *asked;
        self.pending.push_back(Arrival::Answered {
            frame,
            ordinal,
            outcome,
            took_ms: 0,
        });
    }

    fn sight(&mut self, asked: &Outstanding, is_known: bool) {
        let Some((node, path, attempt)) = self.run.place_of(asked.frame) else {
            return;
        };
        self.sightings.push(Sighting {
            node,
            path,
            attempt,
            asked: asked.clone(),
            is_known,
        });
    }

    fn is_over(&self) -> bool {
        if !self.pending.is_empty() {
            return false;
        }
        if let Some((level, node)) = &self.until
            && self.run.is_settled_from(*level, node)
        {
            return true;
        }
        let is_stopping = *self.stopping.borrow() && self.visible.is_empty();
        self.run.ending().is_some() || is_stopping || self.is_idle()
    }

    /// Whether nothing inside this process can move the run.
    fn is_idle(&self) -> bool {
        let nothing_comes = self.tasks.is_empty() && self.wake_at.is_none();
        match self.world {
            World::Live => nothing_comes && self.run.is_stuck(),
            World::Recorded { .. } => nothing_comes,
        }
    }

    /// Waits for whatever comes first, and puts it among the pending arrivals.
    async fn wait(&mut self) {
        if self.skip_ahead() {
            return;
        }
        let wake = self.wake_at.map(|at| at.since_ms(SystemClock.now()));
        let flush_at = self.recorder.flush_at();
        if flush_at.is_some_and(|at| at <= Instant::now()) {
            drop(self.recorder.flush(self.run.status()));
        }
        let flush_at = self.recorder.flush_at();
        tokio::select! {
            biased;
            Some(done) = self.tasks.join_next() => self.joined(done),
            Some(arrival) = self.inbox.recv() => self.pending.push_back(arrival),
            Ok(()) = self.stopping.changed() => {}
            () = tokio::time::sleep(Duration::from_millis(wake.unwrap_or_default())), if wake.is_some() => {
                self.pending.push_back(Arrival::Woke);
            }
            () = tokio::time::sleep_until(flush_at.unwrap_or_else(Instant::now)), if flush_at.is_some() => {
                drop(self.recorder.flush(self.run.status()));
            }
        }
        while let Some(done) = self.tasks.try_join_next() {
            self.joined(done);
        }
    }

    /// In a world of recordings nothing is waited for: the clock moves on to what is due.
    fn skip_ahead(&mut self) -> bool {
        let World::Recorded { clock, .. } = &self.world else {
            return false;
        };
        let (Some(at), true) = (self.wake_at, self.tasks.is_empty()) else {
            return false;
        };
        clock.skip_to(at);
        self.pending.push_back(Arrival::Woke);
        true
    }

    fn joined(&mut self, done: Result<Arrival, tokio::task::JoinError>) {
        let Ok(arrival) = done else { return };
        if let Arrival::Answered { frame, .. } | Arrival::InDoubt { frame, .. } = &arrival
            && let Some(left) = self.visible.get_mut(frame)
        {
            *left -= 1;
            if *left == 0 {
                self.visible.remove(frame);
            }
        }
        self.pending.push_back(arrival);
    }

    async fn finish(mut self) -> Result<Finished, WriteError> {
        self.tasks.abort_all();
        let durable = self.recorder.flush(self.run.status());
        durable.wait().await?;
        let end = end_of(&self.run);
        Ok(Finished {
            end,
            run: self.run,
            events: self.recorder.into_kept(),
            sightings: self.sightings,
        })
    }
}

/// How the run stands.
pub(crate) fn end_of(run: &Run) -> RunEnd {
    let (output, error) = match run.ending() {
        Some(RunEnding::Completed { output }) => (output.clone(), None),
        Some(RunEnding::Failed { error }) => (Value::Null, Some(error.clone())),
        Some(RunEnding::Cancelled) | None => (Value::Null, None),
    };
    RunEnd {
        id: run.id(),
        status: run.status(),
        output,
        error,
        frames: run.frames(),
        waits: waits_of(run),
    }
}

/// What only somebody outside can answer.
pub(crate) fn waits_of(run: &Run) -> Vec<Wait> {
    let signals = run
        .outstanding()
        .into_iter()
        .filter(|asked| asked.effect.kind == EffectKind::Signal);
    let signals = signals.filter_map(|asked| {
        let (node_id, path, _) = run.place_of(asked.frame)?;
        Some(Wait {
            frame: asked.frame,
            node_id,
            path,
            reason: "signal",
        })
    });
    let held = run
        .held()
        .into_iter()
        .map(|(frame, node_id, path, _)| Wait {
            frame,
            node_id,
            path,
            reason: "retry",
        });
    signals.chain(held).collect()
}

/// The disk refused what had to be durable before the effect: it was not performed.
fn unwritten(frame: FrameId, error: &WriteError) -> Arrival {
    let failure = Failure::new(
        FailureKind::Storage,
        format!("not performed, because it could not be recorded: {error}"),
    );
    Arrival::InDoubt {
        frame,
        error: failure,
    }
}

fn unrecorded() -> Failure {
    Failure::new(
        FailureKind::Unrecorded,
        "no recording answers this effect, and a dry run performs none",
    )
    .with_hint("fork with --live to perform it, after a look at --plan")
}
