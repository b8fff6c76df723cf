//! A new run that shares a past with another, and what it would send before it does.

use std::collections::BTreeMap;
use std::sync::Arc;

use flowforge_engine::event::{Changes, Event, Mode, Recorded};
use flowforge_engine::machine::{Arrival, Run};
use flowforge_engine::{NodeId, Path, RunId, Seq, Value, Workflow};
use flowforge_snapshots::{ForkOf, NewRun};

use crate::clock::SkippingClock;
use crate::drive::{Driver, Finished, Sighting, World};
use crate::error::RuntimeError;
use crate::load::History;
use crate::recorder::Recorder;
use crate::recordings::{Recordings, SharedRecordings};
use crate::runtime::{RunHandle, Runtime, START, new_run_id};

/// A fork to make.
#[derive(Debug)]
pub struct Fork {
    /// The run to share a past with.
    pub run: RunId,
    /// The last event that is shared.
    pub seq: Seq,
    /// Parameters and code to change: node, parameter, value.
    pub params: Vec<(NodeId, String, Value)>,
    /// Inputs that nodes get instead, the next time they open or if they are open.
    pub inputs: Vec<(NodeId, Value)>,
    /// What questions of nodes are answered instead, the next time they are asked.
    pub answers: Vec<GivenAnswer>,
    /// Another version of the workflow; parameters are changed in it.
    pub workflow: Option<Workflow>,
    /// Live, or dry: recorded outcomes only.
    pub mode: Mode,
}

/// "What if it had been answered this": the outcome of one effect of a node, given by whoever forks.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenAnswer {
    /// The node that asks.
    pub node: NodeId,
    /// Which of its frame's effects, counted from 0.
    pub ordinal: u32,
    /// The answer.
    pub answer: Value,
}

impl GivenAnswer {
    /// The answer to the question at `node.ordinal`.
    #[must_use]
    pub fn at(place: &str, answer: Value) -> Option<Self> {
        let (node, ordinal) = place.rsplit_once('.')?;
        let ordinal = ordinal.parse().ok()?;
        let node = node.into();
        Some(Self {
            node,
            ordinal,
            answer,
        })
    }
}

/// What a live fork would send.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ForkPlan {
    /// The effects that can be noticed outside, in order.
    pub effects: Vec<PlannedEffect>,
    /// Whether the plan reaches the end of the run; `false` when an effect without a recording is in the way.
    pub complete: bool,
}

/// An effect that a live fork would perform.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedEffect {
    /// The node that asks.
    pub node_id: NodeId,
    /// The loops and sub-workflows around it.
    pub path: Path,
    /// Counted from 1.
    pub attempt: u32,
    /// Counted from 0 inside the frame.
    pub ordinal: u32,
    /// What is asked.
    #[serde(flatten)]
    pub effect: flowforge_engine::effect::Effect,
    /// Whether a recording tells how the other side answered then; the plan goes on with that answer.
    pub recorded: bool,
}

/// A fork folded up to its moment, with everything that is needed to go on.
struct Prepared {
    run: Run,
    recordings: SharedRecordings,
    changes: Changes,
}

impl Runtime {
    /// Forks a run: everything up to and including `seq` is shared, the rest is done anew.
    ///
    /// # Errors
    /// When there is no such run or moment, nothing is left to do there, the changes do not fit, or
    /// the changed workflow has errors.
    pub fn fork(&self, fork: &Fork) -> Result<RunHandle, RuntimeError> {
        let id = new_run_id();
        let Prepared {
            run,
            recordings,
            changes,
        } = self.prepare_fork(fork, id)?;
        let plan = Arc::clone(run.plan());
        let workflow = changes.workflow.clone().unwrap_or_else(|| plan.reference());
        let fork_of = Some(ForkOf {
            run: fork.run,
            at: fork.seq,
        });
        let new = NewRun {
            workflow,
            mode: fork.mode,
            fork_of,
            key: None,
        };
        let next = changes
            .workflow
            .as_ref()
            .and_then(|workflow| run.known(&workflow.hash));
        let recorder = self.recorder(id, Some(new), next.as_ref().unwrap_or(&plan));
        let world = match fork.mode {
            Mode::Live => World::Live,
            Mode::Dry => World::Recorded {
                recordings,
                clock: Arc::new(SkippingClock::default()),
            },
        };
        let first = Arrival::Fork {
            from: fork.run,
            changes,
            mode: fork.mode,
        };
        let given = fork.answers.clone();
        self.launch_given(run, recorder, world, given, vec![first])
    }

    /// What a live fork would send: the fork is run in memory against the recordings, and nothing is performed or kept.
    ///
    /// # Errors
    /// As [`Runtime::fork`].
    pub async fn plan_fork(&self, fork: &Fork) -> Result<ForkPlan, RuntimeError> {
        let Prepared {
            run,
            recordings,
            changes,
        } = self.prepare_fork(fork, new_run_id())?;
        let first = Arrival::Fork {
            from: fork.run,
            changes,
            mode: Mode::Dry,
        };
        let given = fork.answers.clone();
        let finished = self
            .run_given_in_memory(run, recordings, given, vec![first])
            .await?;
        let complete = finished.run.ending().is_some();
        Ok(ForkPlan {
            effects: finished.sightings.into_iter().map(planned).collect(),
            complete,
        })
    }

    /// Drives a run against recordings, in memory, without waiting for anything.
    pub(crate) async fn run_in_memory(
        &self,
        run: Run,
        recordings: SharedRecordings,
        first: Vec<Arrival>,
    ) -> Result<Finished, RuntimeError> {
        self.run_given_in_memory(run, recordings, Vec::new(), first)
            .await
    }

    async fn run_given_in_memory(
        &self,
        run: Run,
        recordings: SharedRecordings,
        given: Vec<GivenAnswer>,
        first: Vec<Arrival>,
    ) -> Result<Finished, RuntimeError> {
        let mut driver = self.driver_in_memory(run, recordings);
        driver.give(given);
        Ok(driver.drive(first).await?)
    }

    /// What drives a run against recordings, in memory.
    pub(crate) fn driver_in_memory(&self, run: Run, recordings: SharedRecordings) -> Driver {
        let world = World::Recorded {
            recordings,
            clock: Arc::new(SkippingClock::default()),
        };
        let (_inbox, arrivals) = tokio::sync::mpsc::channel(1);
        let recorder = Recorder::memory(run.id());
        Driver::new(
            run,
            recorder,
            self.performer().clone(),
            world,
            arrivals,
            self.stopping(),
        )
    }

    /// The world that a run of this history goes on in.
    pub(crate) fn world_of(&self, run: &Run, history: &History) -> Result<World, RuntimeError> {
        if run.mode() == Mode::Live {
            return Ok(World::Live);
        }
        let origin = history
            .events
            .iter()
            .rev()
            .find_map(|recorded| match recorded.event {
                Event::RunForked { from, .. } => Some(from),
                _ => None,
            });
        let recordings = match origin {
            Some(origin) => self.recordings_of(
                &History::read(self.journal(), &self.catalogue(), origin)?,
                origin,
            ),
            None => Arc::default(),
        };
        Ok(World::Recorded {
            recordings,
            clock: Arc::new(SkippingClock::default()),
        })
    }

    pub(crate) fn recordings_of(&self, history: &History, run: RunId) -> SharedRecordings {
        Arc::new(Recordings::of(
            history.fresh(run, &self.catalogue()),
            &history.events,
        ))
    }

    fn prepare_fork(&self, fork: &Fork, id: RunId) -> Result<Prepared, RuntimeError> {
        let history = History::read(self.journal(), &self.catalogue(), fork.run)?;
        check_moment(fork.run, fork.seq, &history)?;
        let mut run = history.fold(id, &self.catalogue(), fork.seq);
        let workflow = self.changed_workflow(fork, &mut run)?;
        check_changes(fork, &run, &history)?;
        check_answers(fork, &run, &history)?;
        let changes = Changes {
            workflow,
            inputs: fork.inputs.clone(),
        };
        Ok(Prepared {
            run,
            recordings: self.recordings_of(&history, fork.run),
            changes,
        })
    }

    /// The workflow that the fork goes on with, if it is another; the run gets to know it.
    fn changed_workflow(
        &self,
        fork: &Fork,
        run: &mut Run,
    ) -> Result<Option<flowforge_engine::event::WorkflowRef>, RuntimeError> {
        if fork.workflow.is_none() && fork.params.is_empty() {
            return Ok(None);
        }
        let mut workflow = fork
            .workflow
            .clone()
            .unwrap_or_else(|| run.plan().workflow().clone());
        for (node, param, value) in &fork.params {
            set_param(&mut workflow, node, param, value)?;
        }
        let (plan, _warnings) = self.prepare(workflow)?;
        let reference = plan.reference();
        run.know(plan);
        Ok(Some(reference))
    }
}

/// Sets one parameter; `param` may go inside it by dots: `fields.total`.
fn set_param(
    workflow: &mut Workflow,
    node: &NodeId,
    param: &str,
    value: &Value,
) -> Result<(), RuntimeError> {
    let node = workflow
        .graph
        .nodes
        .iter_mut()
        .find(|candidate| candidate.id == *node)
        .ok_or_else(|| RuntimeError::NoNode(node.to_string()))?;
    let (name, inside) = param
        .split_once('.')
        .map_or((param, None), |(name, inside)| (name, Some(inside)));
    let changed = match inside {
        None => value.clone(),
        Some(inside) => with_inside(node.params.get(name), inside, value),
    };
    node.params.insert(name.to_owned(), changed);
    Ok(())
}

fn with_inside(within: Option<&Value>, path: &str, value: &Value) -> Value {
    let record = within
        .and_then(Value::as_record)
        .cloned()
        .unwrap_or_default();
    let changed = match path.split_once('.') {
        None => value.clone(),
        Some((name, inside)) => {
            return Value::Record(record.with(name, with_inside(record.get(name), inside, value)));
        }
    };
    Value::Record(record.with(path, changed))
}

/// Whether something is left to do at this moment.
pub(crate) fn check_moment(run: RunId, seq: Seq, history: &History) -> Result<(), RuntimeError> {
    let last = history.last();
    if seq > last || seq == START {
        return Err(RuntimeError::NoMoment { run, seq, last });
    }
    let closed = history
        .events
        .iter()
        .find(|recorded| matches!(recorded.event, Event::RunClosed { .. }));
    match closed {
        Some(closed) if closed.seq <= seq => Err(RuntimeError::Ended {
            run,
            seq,
            before: Seq(closed.seq.0 - 1),
        }),
        _ => Ok(()),
    }
}

/// A change to a node that has ended for good would silently do nothing, so it is refused.
fn check_changes(fork: &Fork, run: &Run, history: &History) -> Result<(), RuntimeError> {
    let changed = fork
        .params
        .iter()
        .map(|(node, ..)| node)
        .chain(fork.inputs.iter().map(|(node, _)| node));
    let opened = first_opened(&history.events);
    for node in changed {
        if run.plan().workflow().graph.node(node.as_str()).is_none() && fork.workflow.is_none() {
            return Err(RuntimeError::NoNode(node.to_string()));
        }
        if run.has_ended(node)
            && let Some(opened) = opened.get(node)
        {
            let before = Seq(opened.0 - 1);
            return Err(RuntimeError::AlreadyDone {
                node: node.to_string(),
                seq: fork.seq,
                before,
            });
        }
    }
    Ok(())
}

/// An answer to a question that was answered in the shared past would silently do nothing, so it is refused.
fn check_answers(fork: &Fork, run: &Run, history: &History) -> Result<(), RuntimeError> {
    for given in &fork.answers {
        if run
            .plan()
            .workflow()
            .graph
            .node(given.node.as_str())
            .is_none()
        {
            return Err(RuntimeError::NoNode(given.node.to_string()));
        }
        if let Some(answered) = last_answered(given, fork.seq, &history.events) {
            return Err(RuntimeError::AlreadyAnswered {
                node: given.node.to_string(),
                ordinal: given.ordinal,
                seq: fork.seq,
                before: Seq(answered.0 - 1),
            });
        }
    }
    Ok(())
}

/// Where the last frame of a node that is shared was told the answer to this question.
fn last_answered(given: &GivenAnswer, shared: Seq, events: &[Recorded]) -> Option<Seq> {
    let mut last = None;
    let mut answered = None;
    for recorded in events.iter().take_while(|recorded| recorded.seq <= shared) {
        match &recorded.event {
            Event::FrameOpened { node, .. } if *node == given.node => {
                last = Some(recorded.seq);
                answered = None;
            }
            Event::EffectAnswered { frame, ordinal, .. }
                if Some(*frame) == last && *ordinal == given.ordinal =>
            {
                answered = Some(recorded.seq);
            }
            _ => {}
        }
    }
    answered
}

fn first_opened(events: &[Recorded]) -> BTreeMap<&NodeId, Seq> {
    let opened = events
        .iter()
        .rev()
        .filter_map(|recorded| match &recorded.event {
            Event::FrameOpened { node, .. } | Event::FrameSkipped { node, .. } => {
                Some((node, recorded.seq))
            }
            _ => None,
        });
    opened.collect()
}

pub(crate) fn planned(sighting: Sighting) -> PlannedEffect {
    PlannedEffect {
        node_id: sighting.node,
        path: sighting.path,
        attempt: sighting.attempt,
        ordinal: sighting.asked.ordinal,
        effect: sighting.asked.effect,
        recorded: sighting.is_known,
    }
}
