//! What a changed workflow would have done: part of a past run, or a whole one, in memory on recorded outcomes.
//!
//! A trial opens no socket, keeps nothing and changes no run. Many trials look at the same few runs again and
//! again, so [`Trials`] reads each history once and folds it to each moment once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use flowforge_engine::event::{Changes, Mode};
use flowforge_engine::fold::Fold;
use flowforge_engine::frame::{ExecutionFrame, Status};
use flowforge_engine::machine::{Arrival, Plan, Run};
use flowforge_engine::{Address, NodeId, RunId, ScopeId, Seq, Value, Workflow};

use crate::drive::Finished;
use crate::error::RuntimeError;
use crate::fork::{PlannedEffect, planned};
use crate::load::History;
use crate::recordings::SharedRecordings;
use crate::runtime::{Runtime, START, new_run_id};

/// Most folded moments that are held at once; the oldest go first.
const MOMENTS_MAX: usize = 256;
/// Most runs whose histories are held at once.
const PASTS_MAX: usize = 64;

/// Part of a past run, to be done again with another workflow.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The run whose past is shared and whose recordings answer.
    pub run: RunId,
    /// The last event that is shared; everything after it is done anew.
    pub seq: Seq,
    /// What to go on with.
    pub workflow: Workflow,
    /// Inputs that nodes get instead.
    pub inputs: Vec<(NodeId, Value)>,
    /// Whether to stop when the frame that `seq` opened has ended, with everything on its level that its
    /// edges lead to.
    pub only_frame: bool,
}

/// What came of a trial.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The frames that opened, or were open, after the shared past, in order.
    pub frames: Vec<ExecutionFrame>,
    /// How the run ended; `None` when something without a recording is in the way, it waits, or it was stopped.
    pub ended: Option<Status>,
    /// The run's output when it completed.
    pub output: Option<Value>,
    /// What was asked of the world, in order.
    pub asked: Vec<PlannedEffect>,
}

/// A place where things are tried. Cheap to make; one for each question that takes several trials.
pub struct Trials {
    runtime: Runtime,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    pasts: Kept<RunId, Arc<Past>>,
    moments: Kept<(RunId, Seq), Arc<Moment>>,
    plans: Kept<Address, Arc<Plan>>,
}

/// A run's history and what it was told.
struct Past {
    history: History,
    recordings: SharedRecordings,
}

/// A run folded up to a moment, to go on from.
struct Moment {
    run: Run,
    fold: Fold,
}

/// The few things that were made last.
struct Kept<K, V> {
    by_key: HashMap<K, V>,
    order: std::collections::VecDeque<K>,
}

impl Runtime {
    /// Does the rest of a past run again with another workflow, in memory. For several trials, see [`Trials`].
    ///
    /// # Errors
    /// When there is no such run or moment, or the workflow has errors.
    pub async fn try_again(&self, trial: &Trial) -> Result<Tried, RuntimeError> {
        Trials::new(self.clone()).try_again(trial).await
    }

    /// Runs a workflow from its start, in memory; effects are answered by the recordings of a run, if by any.
    ///
    /// # Errors
    /// When the workflow has errors, or there is no such run.
    pub async fn dry_run(
        &self,
        workflow: Workflow,
        input: Value,
        recordings_of: Option<RunId>,
    ) -> Result<Tried, RuntimeError> {
        Trials::new(self.clone())
            .dry_run(workflow, input, recordings_of)
            .await
    }
}

impl Trials {
    /// A place where nothing was tried yet.
    #[must_use]
    pub fn new(runtime: Runtime) -> Self {
        let held = Mutex::default();
        Self { runtime, held }
    }

    /// Does the rest of a past run again.
    ///
    /// # Errors
    /// When there is no such run or moment, or the workflow has errors.
    pub async fn try_again(&self, trial: &Trial) -> Result<Tried, RuntimeError> {
        let plan = self.plan(&trial.workflow)?;
        let past = self.past(trial.run).await?;
        let moment = self.moment(&past, trial)?;
        let mut run = moment.run.clone();
        let until = run
            .level_of(trial.seq)
            .zip(run.place_of(trial.seq).map(|(node, ..)| node))
            .filter(|_| trial.only_frame);
        let workflow = plan.reference();
        run.know(plan);
        let first = Arrival::Fork {
            from: trial.run,
            changes: Changes {
                workflow: Some(workflow),
                inputs: trial.inputs.clone(),
            },
            mode: Mode::Dry,
        };
        let finished = self
            .drive(run, &past.recordings, until, vec![first])
            .await?;
        Ok(tried(&moment.fold, trial.seq, finished))
    }

    /// Runs a workflow from its start.
    ///
    /// # Errors
    /// When the workflow has errors, or there is no such run.
    pub async fn dry_run(
        &self,
        workflow: Workflow,
        input: Value,
        recordings_of: Option<RunId>,
    ) -> Result<Tried, RuntimeError> {
        let plan = self.plan(&workflow)?;
        let (id, recordings) = match recordings_of {
            Some(run) => (run, Arc::clone(&self.past(run).await?.recordings)),
            None => (new_run_id(), Arc::default()),
        };
        let run = Run::new(id, plan, self.runtime.catalogue());
        let mode = Mode::Dry;
        let first = Arrival::Start { input, mode };
        let finished = self.drive(run, &recordings, None, vec![first]).await?;
        Ok(tried(&Fold::new(id), START, finished))
    }

    async fn drive(
        &self,
        run: Run,
        recordings: &SharedRecordings,
        until: Option<(ScopeId, NodeId)>,
        first: Vec<Arrival>,
    ) -> Result<Finished, RuntimeError> {
        let driver = self.runtime.driver_in_memory(run, Arc::clone(recordings));
        let driver = match until {
            Some((level, node)) => driver.until(level, node),
            None => driver,
        };
        Ok(driver.drive(first).await?)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().expect("no holder of this lock panics")
    }

    fn plan(&self, workflow: &Workflow) -> Result<Arc<Plan>, RuntimeError> {
        let address = workflow.hash();
        if let Some(plan) = self.held().plans.get(&address) {
            return Ok(plan);
        }
        let (plan, _warnings) = self.runtime.prepare(workflow.clone())?;
        self.held().plans.put(address, Arc::clone(&plan), PASTS_MAX);
        Ok(plan)
    }

    /// Reads a run, off the reactor, unless it was read before.
    async fn past(&self, run: RunId) -> Result<Arc<Past>, RuntimeError> {
        if let Some(past) = self.held().pasts.get(&run) {
            return Ok(past);
        }
        let runtime = self.runtime.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let history = History::read(runtime.journal(), &runtime.catalogue(), run)?;
            let recordings = runtime.recordings_of(&history, run);
            Ok::<_, RuntimeError>(Past {
                history,
                recordings,
            })
        });
        let past = Arc::new(reading.await.map_err(|_| RuntimeError::Stopping)??);
        self.held().pasts.put(run, Arc::clone(&past), PASTS_MAX);
        Ok(past)
    }

    fn moment(&self, past: &Past, trial: &Trial) -> Result<Arc<Moment>, RuntimeError> {
        let (run, seq) = (trial.run, trial.seq);
        let key = (run, seq);
        if let Some(moment) = self.held().moments.get(&key) {
            return Ok(moment);
        }
        crate::fork::check_moment(run, seq, &past.history)?;
        let mut fold = Fold::new(run);
        for recorded in past.history.until(seq) {
            // What does not fit was told when it was read for a person; here it changes nothing.
            let _ = fold.apply(recorded);
        }
        let moment = Arc::new(Moment {
            run: past.history.fold(run, &self.runtime.catalogue(), seq),
            fold: fold.keeping_from_here(),
        });
        self.held()
            .moments
            .put(key, Arc::clone(&moment), MOMENTS_MAX);
        Ok(moment)
    }
}

/// The frames that a trial touched: those that were open at `seq`, and those that opened later.
fn tried(past: &Fold, seq: Seq, finished: Finished) -> Tried {
    let Finished {
        end,
        run,
        events,
        sightings,
    } = finished;
    let mut fold = past.clone().keeping_from_here();
    let was_open: Vec<Seq> = fold.outline().open_frames().collect();
    for recorded in &events {
        let _ = fold.apply(recorded);
    }
    let mut frames = fold.frames();
    frames.retain(|frame| frame.opened_seq > seq || was_open.contains(&frame.opened_seq));
    Tried {
        frames,
        ended: run.ending().map(|_| end.status),
        output: (end.status == Status::Completed).then_some(end.output),
        asked: sightings.into_iter().map(planned).collect(),
    }
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self {
            by_key: HashMap::new(),
            order: std::collections::VecDeque::new(),
        }
    }
}

impl<K: Copy + Eq + std::hash::Hash, V: Clone> Kept<K, V> {
    fn get(&self, key: &K) -> Option<V> {
        self.by_key.get(key).cloned()
    }

    fn put(&mut self, key: K, value: V, max: usize) {
        if self.by_key.insert(key, value).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() > max
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_key.remove(&oldest);
        }
    }
}
