//! Starting, resuming, steering and stopping runs; many at once.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use flowforge_engine::check::check;
use flowforge_engine::event::{Mode, WorkflowRef};
use flowforge_engine::frame::Status;
use flowforge_engine::machine::{Arrival, Outstanding, Plan, Run};
use flowforge_engine::node_type::Catalogue;
use flowforge_engine::script::{EvaluateReply, EvaluateRequest};
use flowforge_engine::{
    Address, Failure, FailureKind, FrameId, NodeId, Problem, RunId, Seq, Severity, Value, Workflow,
};
use flowforge_snapshots::{Journal, NewRun};
use tokio::sync::{Notify, broadcast, mpsc, oneshot, watch};

use crate::counts::{Counting, Counts};
use crate::drive::{Driver, RunEnd, Wait, World, waits_of};
use crate::error::RuntimeError;
use crate::fork::GivenAnswer;
use crate::load::History;
use crate::memo::Memo;
use crate::models::{Asker, Models, Piece};
use crate::outbound::{Outbound, OutboundConfig};
use crate::perform::Performer;
use crate::recorder::Recorder;
use crate::sandbox::{Pool, PoolConfig};

/// Most arrivals from outside that wait for one run.
const INBOX_MAX: usize = 64;
/// Longest wait for effects in flight when the runtime stops.
const STOP_MS: u64 = 10_000;

/// What a runtime is made of.
#[derive(Debug)]
pub struct RuntimeConfig {
    /// Where calls may go.
    pub outbound: OutboundConfig,
    /// How sandbox processes are started.
    pub sandbox: PoolConfig,
    /// Who answers questions to language models; [`NoModels`](crate::NoModels) when nobody does.
    pub models: Arc<dyn Models>,
}

/// A run to start.
#[derive(Debug)]
pub struct StartRun {
    /// What to execute, from [`Runtime::prepare`].
    pub plan: Arc<Plan>,
    /// Its input.
    pub input: Value,
    /// The caller's key: the same key gives the same run.
    pub idempotency_key: Option<String>,
}

/// Drives runs. Cheap to clone.
#[derive(Clone)]
pub struct Runtime {
    inner: Arc<Inner>,
}

struct Inner {
    journal: Journal,
    /// Grows when a person makes a node type; a run keeps the one that it was planned with.
    catalogue: RwLock<Arc<Catalogue>>,
    performer: Performer,
    active: Mutex<HashMap<RunId, mpsc::Sender<Arrival>>>,
    /// Workflow documents that the journal is known to hold.
    kept: Mutex<HashSet<Address>>,
    counting: Counting,
    /// Told each time that a run is not worked on any more.
    rested: Notify,
    stopping: watch::Sender<bool>,
}

/// A run that is being driven.
#[derive(Debug)]
pub struct RunHandle {
    /// Its id.
    pub id: RunId,
    end: oneshot::Receiver<Result<RunEnd, RuntimeError>>,
}

impl RunHandle {
    /// Waits until it has ended, waits for somebody outside, or was suspended by a stop.
    ///
    /// # Errors
    /// When the journal could not be written.
    pub async fn ended(self) -> Result<RunEnd, RuntimeError> {
        self.end.await.unwrap_or(Err(RuntimeError::Stopping))
    }
}

impl Runtime {
    /// A runtime over this journal with these node types.
    #[must_use]
    pub fn new(journal: Journal, catalogue: Arc<Catalogue>, config: RuntimeConfig) -> Self {
        let performer = Performer {
            outbound: Arc::new(Outbound::new(config.outbound)),
            sandbox: Arc::new(Pool::new(config.sandbox)),
            asker: Asker::new(config.models),
            journal: journal.clone(),
            memo: Arc::new(Memo::default()),
            performed: Arc::new(AtomicU64::new(0)),
        };
        let (stopping, _) = watch::channel(false);
        let active = Mutex::new(HashMap::new());
        let kept = Mutex::new(HashSet::new());
        Self {
            inner: Arc::new(Inner {
                journal,
                catalogue: RwLock::new(catalogue),
                performer,
                active,
                kept,
                counting: Counting::default(),
                rested: Notify::new(),
                stopping,
            }),
        }
    }

    /// The journal underneath.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.inner.journal
    }

    /// The node types, as they are now.
    #[must_use]
    pub fn catalogue(&self) -> Arc<Catalogue> {
        let catalogue = self.inner.catalogue.read();
        Arc::clone(&catalogue.unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds node types or takes some away, for whatever is planned from now on.
    pub fn change_catalogue(&self, change: impl FnOnce(&mut Catalogue)) {
        let held = self.inner.catalogue.write();
        change(Arc::make_mut(
            &mut held.unwrap_or_else(PoisonError::into_inner),
        ));
    }

    /// Whether this process works on the run now. One that waits for somebody is not worked on.
    #[must_use]
    pub fn is_driving(&self, id: RunId) -> bool {
        self.inner.active().contains_key(&id)
    }

    /// Waits until this process does not work on the run: it has ended, waits for somebody, or was suspended.
    pub async fn at_rest(&self, id: RunId) {
        loop {
            // Made before the look, so that a run that comes to rest in between is not missed.
            let rested = self.inner.rested.notified();
            if !self.is_driving(id) {
                return;
            }
            rested.await;
        }
    }

    /// What was done so far, in numbers.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let active = self.inner.active().len();
        self.inner.counting.counts(active, self.effects_performed())
    }

    /// How many effects that can be noticed outside were performed so far.
    #[must_use]
    pub fn effects_performed(&self) -> u64 {
        self.inner.performer.performed.load(Ordering::Relaxed)
    }

    /// Hears the pieces of models' answers while they arrive, those of all runs. Pieces are not recorded; who is
    /// too slow misses some, and finds the whole answer in the journal.
    #[must_use]
    pub fn pieces(&self) -> broadcast::Receiver<Piece> {
        self.inner.performer.asker.pieces()
    }

    /// Evaluates scripts or expressions in the sandbox, outside of any run. What they need from the world is not
    /// performed: the reply names it.
    pub async fn evaluate(&self, request: EvaluateRequest) -> EvaluateReply {
        self.inner.performer.sandbox.evaluate(request).await
    }

    /// Checks a workflow and makes it ready to run, with the definitions of the node types of the workspace that it
    /// uses; warnings come along.
    ///
    /// # Errors
    /// [`RuntimeError::Problems`] when one of them is an error.
    pub fn prepare(&self, workflow: Workflow) -> Result<(Arc<Plan>, Vec<Problem>), RuntimeError> {
        let catalogue = self.catalogue();
        let workflow = workflow.sealed(&catalogue);
        let problems = check(&workflow, &catalogue);
        if problems
            .iter()
            .any(|problem| problem.severity == Severity::Error)
        {
            return Err(RuntimeError::Problems(problems));
        }
        Ok((Arc::new(Plan::new(workflow, &catalogue)), problems))
    }

    /// Starts a run. A known idempotency key gives the run that it started before.
    ///
    /// # Errors
    /// When the runtime is stopping, or the journal cannot be read.
    pub fn start(&self, start: StartRun) -> Result<RunHandle, RuntimeError> {
        if let Some(key) = &start.idempotency_key
            && let Some(run) = self.inner.journal.run_by_key(key)?
        {
            return match self.resume(run.run) {
                Err(RuntimeError::Busy(id)) => Ok(self.attend(id)),
                resumed => resumed,
            };
        }
        let id = new_run_id();
        let run = Run::new(id, Arc::clone(&start.plan), self.catalogue());
        let new = NewRun {
            workflow: start.plan.reference(),
            mode: Mode::Live,
            fork_of: None,
            key: start.idempotency_key,
        };
        let recorder = self.recorder(id, Some(new), &start.plan);
        let first = Arrival::Start {
            input: start.input,
            mode: Mode::Live,
        };
        self.launch(run, recorder, World::Live, Vec::new(), vec![first])
    }

    /// Goes on with a run that a stop, a crash or a question left unfinished. A run that has ended is only reported.
    ///
    /// # Errors
    /// When there is no such run, it is being driven already, or the journal cannot be read.
    pub fn resume(&self, id: RunId) -> Result<RunHandle, RuntimeError> {
        self.resume_with(id, Vec::new())
    }

    /// Goes on with a run and gives it these arrivals.
    pub(crate) fn resume_with(
        &self,
        id: RunId,
        arrivals: Vec<Arrival>,
    ) -> Result<RunHandle, RuntimeError> {
        let history = History::read(&self.inner.journal, &self.catalogue(), id)?;
        let run = history.fold(id, &self.catalogue(), history.last());
        let plan = Arc::clone(run.plan());
        let recorder = self.recorder(id, None, &plan);
        self.go_on(run, &history, recorder, arrivals)
    }

    /// Drives a folded run on, with what it was waiting for and these arrivals.
    fn go_on(
        &self,
        run: Run,
        history: &History,
        recorder: Recorder,
        arrivals: Vec<Arrival>,
    ) -> Result<RunHandle, RuntimeError> {
        let world = self.world_of(&run, history)?;
        let mut first = Vec::new();
        let mut again = Vec::new();
        for asked in run.outstanding() {
            match run.mode() {
                Mode::Live if !may_repeat(&asked) => first.push(in_doubt(&asked)),
                _ => again.push(asked),
            }
        }
        first.extend(arrivals);
        first.push(Arrival::Continue);
        self.launch(run, recorder, world, again, first)
    }

    /// Goes on with every unfinished run that can go on by itself.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn resume_all(&self) -> Result<Vec<RunHandle>, RuntimeError> {
        let unfinished = self.inner.journal.unfinished()?;
        unfinished
            .into_iter()
            .map(|row| self.resume(row.run))
            .collect()
    }

    /// Answers what a run waits for from a person or a callback: the signal of `node`, or the only one there is.
    ///
    /// # Errors
    /// When the run has ended, or nothing in it waits for that.
    pub fn signal(
        &self,
        id: RunId,
        node: Option<&NodeId>,
        value: Value,
    ) -> Result<Option<RunHandle>, RuntimeError> {
        self.refuse_ended(id)?;
        let run = self.folded(id)?;
        let signals = run.outstanding().into_iter().filter(|asked| {
            let is_signal = asked.effect.kind == flowforge_engine::effect::EffectKind::Signal;
            let at = run.place_of(asked.frame).map(|(node, ..)| node);
            is_signal && (node.is_none() || node == at.as_ref())
        });
        let Some(Outstanding { frame, ordinal, .. }) = { signals }.next() else {
            return Err(RuntimeError::NothingWaits(id));
        };
        self.send(
            id,
            Arrival::Answered {
                frame,
                ordinal,
                outcome: Ok(value),
                took_ms: 0,
            },
        )
    }

    /// Asks for another attempt of the paused and interrupted frames of a run: those of `node`, or all.
    ///
    /// # Errors
    /// When the run has ended, or there are none.
    pub fn retry(
        &self,
        id: RunId,
        node: Option<&NodeId>,
    ) -> Result<Option<RunHandle>, RuntimeError> {
        self.refuse_ended(id)?;
        let held = self.folded(id)?.held();
        let frames = held
            .into_iter()
            .filter(|(_, at, ..)| node.is_none_or(|node| node == at));
        let arrivals: Vec<Arrival> = frames.map(|(frame, ..)| Arrival::Retry { frame }).collect();
        if arrivals.is_empty() {
            return Err(RuntimeError::NothingWaits(id));
        }
        self.send_all(id, arrivals)
    }

    /// Ends a run.
    ///
    /// # Errors
    /// When there is no such run, or it has ended.
    pub fn cancel(&self, id: RunId, reason: &str) -> Result<Option<RunHandle>, RuntimeError> {
        self.refuse_ended(id)?;
        self.send(
            id,
            Arrival::Cancel {
                reason: reason.into(),
            },
        )
    }

    /// Takes no more runs, lets effects in flight finish, and suspends every run at its next boundary.
    pub async fn stop(&self) {
        self.inner.stopping.send_replace(true);
        let empty = async {
            while !self.inner.active().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if tokio::time::timeout(Duration::from_millis(STOP_MS), empty)
            .await
            .is_err()
        {
            tracing::warn!("effects were still in flight after {STOP_MS} ms");
        }
    }

    fn send(&self, id: RunId, arrival: Arrival) -> Result<Option<RunHandle>, RuntimeError> {
        self.send_all(id, vec![arrival])
    }

    /// A run that somebody else has started and that is being driven: its end, when it comes to rest.
    fn attend(&self, id: RunId) -> RunHandle {
        let (tell, end) = oneshot::channel();
        let runtime = self.clone();
        tokio::spawn(async move {
            let end = loop {
                let mut rested = std::pin::pin!(runtime.inner.rested.notified());
                rested.as_mut().enable();
                match runtime.resume(id) {
                    Ok(handle) => break handle.ended().await,
                    Err(RuntimeError::Busy(_)) => rested.await,
                    Err(error) => break Err(error),
                }
            };
            drop(tell.send(end));
        });
        RunHandle { id, end }
    }

    /// Gives arrivals to a run that is being driven, or resumes it with them.
    fn send_all(
        &self,
        id: RunId,
        arrivals: Vec<Arrival>,
    ) -> Result<Option<RunHandle>, RuntimeError> {
        let inbox = self.inner.active().get(&id).cloned();
        let Some(inbox) = inbox else {
            return self.resume_with(id, arrivals).map(Some);
        };
        for arrival in arrivals {
            inbox
                .try_send(arrival)
                .map_err(|_| RuntimeError::Busy(id))?;
        }
        Ok(None)
    }

    fn refuse_ended(&self, id: RunId) -> Result<(), RuntimeError> {
        let row = self.inner.journal.run(id)?;
        let row = row.ok_or(RuntimeError::NoRun(id))?;
        match row.status {
            Status::Completed | Status::Failed | Status::Cancelled => Err(RuntimeError::Over(id)),
            _ => Ok(()),
        }
    }

    /// What only somebody outside can answer in a run that is not worked on.
    ///
    /// # Errors
    /// When there is no such run, or the journal cannot be read.
    pub fn waits(&self, id: RunId) -> Result<Vec<Wait>, RuntimeError> {
        Ok(waits_of(&self.folded(id)?))
    }

    /// A run that is at rest goes on with another workflow, and with another attempt of these frames.
    pub(crate) fn resume_mended(
        &self,
        history: &History,
        mut run: Run,
        plan: &Arc<Plan>,
        frames: &[FrameId],
    ) -> Result<RunHandle, RuntimeError> {
        let workflow = plan.reference();
        run.know(Arc::clone(plan));
        let recorder = self.recorder(run.id(), None, plan);
        let (first, rest) = frames.split_first().expect("a mend has a frame");
        let mend = Arrival::Mend {
            workflow,
            frame: *first,
        };
        let rest = rest.iter().map(|&frame| Arrival::Retry { frame });
        let arrivals = std::iter::once(mend).chain(rest).collect();
        self.go_on(run, history, recorder, arrivals)
    }

    fn folded(&self, id: RunId) -> Result<Run, RuntimeError> {
        let history = History::read(&self.inner.journal, &self.catalogue(), id)?;
        Ok(history.fold(id, &self.catalogue(), history.last()))
    }

    pub(crate) fn performer(&self) -> &Performer {
        &self.inner.performer
    }

    /// A channel that never says stop, for runs in memory.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.inner.stopping.subscribe()
    }

    /// A recorder that brings along the workflow document if the journal does not hold it yet.
    pub(crate) fn recorder(&self, id: RunId, new: Option<NewRun>, plan: &Plan) -> Recorder {
        let WorkflowRef { hash, .. } = plan.reference();
        let is_new = self
            .inner
            .kept
            .lock()
            .expect("no holder of this lock panics")
            .insert(hash);
        let workflows = if is_new {
            vec![plan.workflow().clone()]
        } else {
            Vec::new()
        };
        Recorder::journal(self.inner.journal.clone(), id, new, workflows)
    }

    /// Spawns the task that drives a run.
    pub(crate) fn launch(
        &self,
        run: Run,
        recorder: Recorder,
        world: World,
        again: Vec<Outstanding>,
        first: Vec<Arrival>,
    ) -> Result<RunHandle, RuntimeError> {
        self.launch_driver(run, recorder, world, first, |driver| driver.repeat(again))
    }

    /// As [`Self::launch`], for a fork that answers some questions itself.
    pub(crate) fn launch_given(
        &self,
        run: Run,
        recorder: Recorder,
        world: World,
        given: Vec<GivenAnswer>,
        first: Vec<Arrival>,
    ) -> Result<RunHandle, RuntimeError> {
        self.launch_driver(run, recorder, world, first, |driver| driver.give(given))
    }

    fn launch_driver(
        &self,
        run: Run,
        recorder: Recorder,
        world: World,
        first: Vec<Arrival>,
        ready: impl FnOnce(&mut Driver),
    ) -> Result<RunHandle, RuntimeError> {
        let (id, frames) = (run.id(), run.frames());
        let (inbox, arrivals) = mpsc::channel(INBOX_MAX);
        self.register(id, inbox)?;
        if is_new(&first) {
            self.inner.counting.started();
        }
        let mut driver = Driver::new(
            run,
            recorder,
            self.inner.performer.clone(),
            world,
            arrivals,
            self.stopping(),
        );
        ready(&mut driver);
        let (tell, end) = oneshot::channel();
        let inner = Arc::clone(&self.inner);
        tokio::spawn(async move {
            let end = driver
                .drive(first)
                .await
                .map(|finished| finished.end)
                .map_err(RuntimeError::from);
            match &end {
                Ok(end) => {
                    let opened = end.frames.saturating_sub(frames);
                    inner.counting.driven(end.status, opened);
                }
                Err(_) => inner.forget_kept(),
            }
            inner.active().remove(&id);
            inner.rested.notify_waiters();
            drop(tell.send(end));
        });
        Ok(RunHandle { id, end })
    }

    fn register(&self, id: RunId, inbox: mpsc::Sender<Arrival>) -> Result<(), RuntimeError> {
        if *self.inner.stopping.borrow() {
            return Err(RuntimeError::Stopping);
        }
        let mut active = self.inner.active();
        if active.contains_key(&id) {
            return Err(RuntimeError::Busy(id));
        }
        active.insert(id, inbox);
        Ok(())
    }
}

impl Inner {
    fn active(&self) -> std::sync::MutexGuard<'_, HashMap<RunId, mpsc::Sender<Arrival>>> {
        self.active.lock().expect("no holder of this lock panics")
    }

    /// After a failed write nobody knows which workflow documents the journal holds; they are sent again.
    fn forget_kept(&self) {
        self.kept
            .lock()
            .expect("no holder of this lock panics")
            .clear();
    }
}

impl Driver {
    /// Performs again what was asked for before the process ended.
    fn repeat(&mut self, again: Vec<Outstanding>) {
        for asked in again {
            self.carry_out_again(asked);
        }
    }
}

fn is_new(first: &[Arrival]) -> bool {
    let begins =
        |arrival: &Arrival| matches!(arrival, Arrival::Start { .. } | Arrival::Fork { .. });
    first.iter().any(begins)
}

/// Law 3: what nobody outside can notice, or what does no more when done twice, is done again.
fn may_repeat(asked: &Outstanding) -> bool {
    !asked.effect.kind.is_visible() || asked.effect.idempotent
}

fn in_doubt(asked: &Outstanding) -> Arrival {
    let failure = Failure::new(
        FailureKind::InDoubt,
        "the process ended while this effect was performed, so nobody knows whether it took place",
    )
    .with_hint("find out at the other side; `flowforge resume RUN --retry` performs it again");
    Arrival::InDoubt {
        frame: asked.frame,
        error: failure,
    }
}

/// A new id that sorts after the older ones.
pub(crate) fn new_run_id() -> RunId {
    RunId(uuid::Uuid::now_v7())
}

/// The moment before the first event.
pub(crate) const START: Seq = Seq(0);
