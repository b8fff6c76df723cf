//! The state of a run: what has been recorded, folded. Only [`Run::apply`] changes it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::plan::Plan;
use super::scope::{CellState, Scope};
use crate::effect::{Effect, EffectKind, Outcome};
use crate::event::{LogLine, Mode, RunEnding, Usage};
use crate::frame::Status;
use crate::id::{FrameId, NodeId, RunId, ScopeId, Seq};
use crate::node_type::Catalogue;
use crate::script::EvaluateReply;
use crate::time::Timestamp;
use crate::value::{Address, Value};

/// One execution of one exact workflow, at one moment.
#[derive(Clone, Debug)]
pub struct Run {
    pub(crate) id: RunId,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) plan: Arc<Plan>,
    /// Plans that events may name, by hash.
    pub(crate) plans: BTreeMap<Address, Arc<Plan>>,
    /// Plans of sub-workflows, by the address of their document.
    pub(crate) sub_plans: HashMap<Address, Arc<Plan>>,
    pub(crate) seq: Seq,
    pub(crate) mode: Mode,
    pub(crate) input: Value,
    pub(crate) scopes: BTreeMap<ScopeId, Scope>,
    pub(crate) frames: BTreeMap<FrameId, Open>,
    pub(crate) frames_opened: u64,
    /// Attempts of the whole run so far.
    pub(crate) attempt: u32,
    pub(crate) cancel: Option<String>,
    pub(crate) ending: Option<RunEnding>,
    /// Inputs that a fork gives instead.
    pub(crate) overrides: BTreeMap<NodeId, Value>,
    pub(crate) queues: Queues,
}

/// What is to be looked at next. Sets, so that the order never depends on how the state was reached.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queues {
    /// Frames to evaluate.
    pub(crate) awake: BTreeSet<FrameId>,
    /// Cells to open.
    pub(crate) ready: BTreeSet<(ScopeId, usize)>,
    /// Cells to pass over.
    pub(crate) dead: BTreeSet<(ScopeId, usize)>,
    /// Scopes in which something failed with nobody to handle it.
    pub(crate) failing: BTreeSet<ScopeId>,
    /// Scopes with nothing left to do.
    pub(crate) finished: BTreeSet<ScopeId>,
    /// Moments at which something is due. An entry whose cause is gone means nothing.
    pub(crate) timers: BTreeSet<(Timestamp, Timer)>,
    /// Leaf frames that hold a place of `maxParallel`.
    pub(crate) running: usize,
}

/// What is due at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// Another attempt.
    Retry(ScopeId, usize),
    /// The end of a frame's time.
    Deadline(FrameId),
}

/// A frame that has not ended.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    pub(crate) scope: ScopeId,
    pub(crate) cell: usize,
    pub(crate) node: NodeId,
    pub(crate) attempt: u32,
    pub(crate) input: Value,
    pub(crate) opened_at: Timestamp,
    /// Parameters, once their expressions were evaluated.
    pub(crate) params: Option<Value>,
    pub(crate) asked: Vec<Asked>,
    /// What a fork's origin asked and was told in this frame; answers the same question again.
    pub(crate) prior: Vec<Asked>,
    /// Answers the node has been given, by ordinal.
    pub(crate) answers: Vec<Outcome>,
    /// Replies to evaluations, which are not recorded.
    pub(crate) evaluated: HashMap<Address, EvaluateReply>,
    pub(crate) logs: Vec<LogLine>,
    pub(crate) usage: Usage,
    pub(crate) memo: bool,
    pub(crate) body: Option<Body>,
}

/// An effect of a frame, with its answer when there is one.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) effect: Effect,
    pub(crate) outcome: Option<Outcome>,
}

/// What a container runs.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// Once for each item.
    Each {
        items: Value,
        parallelism: u32,
        opened: u64,
        results: Vec<Option<Value>>,
        done: u64,
    },
    /// Again and again; `is_open` while an iteration runs.
    Repeat {
        last: Option<Value>,
        rounds: u64,
        is_open: bool,
    },
    /// Sub-workflows, one after the other: the outputs of those that have ended; `is_open` while one runs.
    Call { outputs: Vec<Value>, is_open: bool },
}

/// An effect that was recorded as asked and has no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Outstanding {
    /// The frame that asks.
    pub frame: FrameId,
    /// Which of its effects, counted from 0.
    pub ordinal: u32,
    /// What is asked.
    pub effect: Effect,
}

impl Run {
    /// A run before its first event.
    #[must_use]
    pub fn new(id: RunId, plan: Arc<Plan>, catalogue: Arc<Catalogue>) -> Self {
        Self {
            id,
            catalogue,
            plan,
            plans: BTreeMap::new(),
            sub_plans: HashMap::new(),
            seq: super::ROOT,
            mode: Mode::Live,
            input: Value::Null,
            scopes: BTreeMap::new(),
            frames: BTreeMap::new(),
            frames_opened: 0,
            attempt: 1,
            cancel: None,
            ending: None,
            overrides: BTreeMap::new(),
            queues: Queues::default(),
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> RunId {
        self.id
    }

    /// The number of its last event.
    #[must_use]
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// Live or dry.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// How many frames it has, the skipped ones included.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames_opened
    }

    /// How it ended, if it has.
    #[must_use]
    pub fn ending(&self) -> Option<&RunEnding> {
        self.ending.as_ref()
    }

    /// The workflow it executes, made ready.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Where the run is in its life.
    #[must_use]
    pub fn status(&self) -> Status {
        match &self.ending {
            Some(RunEnding::Completed { .. }) => Status::Completed,
            Some(RunEnding::Failed { .. }) => Status::Failed,
            Some(RunEnding::Cancelled) => Status::Cancelled,
            None if self.scopes.is_empty() => Status::Pending,
            None if self.is_busy() => Status::Running,
            None if self.asks() => Status::Interrupted,
            None => Status::Waiting,
        }
    }

    /// Whether only a person, a callback or another decision from outside can move it.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        let sleeps = |asked: &Outstanding| asked.effect.kind == EffectKind::Sleep;
        self.ending.is_none() && !self.is_busy() && !self.outstanding().iter().any(sleeps)
    }

    /// The effects that were asked for and have no answer, in the order of their frames.
    #[must_use]
    pub fn outstanding(&self) -> Vec<Outstanding> {
        let unanswered = |frame: FrameId, open: &Open| {
            let asked = open
                .asked
                .iter()
                .zip(0..)
                .filter(|(asked, _)| asked.outcome.is_none());
            asked
                .map(|(asked, ordinal)| Outstanding::new(frame, ordinal, asked.effect.clone()))
                .collect::<Vec<_>>()
        };
        self.frames
            .iter()
            .flat_map(|(frame, open)| unanswered(*frame, open))
            .collect()
    }

    /// The frames that wait for another attempt to be asked for, with their nodes, paths and attempts:
    /// paused and interrupted ones.
    #[must_use]
    pub fn held(&self) -> Vec<(FrameId, NodeId, crate::Path, u32)> {
        let held = |scope: &Scope| {
            let cells = scope.cells.iter().enumerate();
            cells
                .filter_map(|(cell, at)| match at.state {
                    CellState::Held { frame, .. } => Some((
                        frame,
                        scope.node(cell).id.clone(),
                        scope.path.clone(),
                        at.attempts,
                    )),
                    _ => None,
                })
                .collect::<Vec<_>>()
        };
        self.scopes.values().flat_map(held).collect()
    }

    /// Whether this frame waits for another attempt to be asked for.
    #[must_use]
    pub fn is_held(&self, frame: FrameId) -> bool {
        self.held().iter().any(|(held, ..)| *held == frame)
    }

    /// The nodes of the workflow itself, not of one it calls, that are being worked on or wait in the middle of
    /// their work, with the loops whose body is open.
    #[must_use]
    pub fn at_work(&self) -> Vec<NodeId> {
        let own = self
            .frames
            .values()
            .filter(|open| self.scopes.get(&open.scope).is_some_and(|s| s.calls == 0));
        own.map(|open| open.node.clone()).collect()
    }

    /// Whether a held frame belongs to the workflow itself, not to one that it calls.
    #[must_use]
    pub fn is_own(&self, frame: FrameId) -> bool {
        let holds = |scope: &Scope| {
            scope.cells.iter().any(
                |cell| matches!(cell.state, CellState::Held { frame: held, .. } if held == frame),
            )
        };
        self.scopes
            .values()
            .any(|scope| scope.calls == 0 && holds(scope))
    }

    /// The level that an open frame is in.
    #[must_use]
    pub fn level_of(&self, frame: FrameId) -> Option<ScopeId> {
        Some(self.frames.get(&frame)?.scope)
    }

    /// Whether a node of this level, and everything on the level that its edges lead to, has come to rest:
    /// ended, passed over, failed, or held until somebody decides.
    #[must_use]
    pub fn is_settled_from(&self, level: ScopeId, node: &NodeId) -> bool {
        let scope = self.scopes.get(&level);
        scope.is_none_or(|scope| scope.is_settled_from(node.as_str()))
    }

    /// The node, loops around it, and attempt of an open frame.
    #[must_use]
    pub fn place_of(&self, frame: FrameId) -> Option<(NodeId, crate::Path, u32)> {
        let open = self.frames.get(&frame)?;
        let path = self.scopes.get(&open.scope)?.path.clone();
        Some((open.node.clone(), path, open.attempt))
    }

    /// `run/path/node`, the same on every attempt: with an ordinal, an idempotency key.
    #[must_use]
    pub fn key_of(&self, frame: FrameId) -> String {
        match self.place_of(frame) {
            Some((node, path, _)) if path.0.is_empty() => format!("{}/{node}", self.id),
            Some((node, path, _)) => format!("{}/{path}/{node}", self.id),
            None => format!("{}/{frame}", self.id),
        }
    }

    /// Whether a node of the root level has ended for good, so that nothing of it is left to do.
    #[must_use]
    pub fn has_ended(&self, node: &NodeId) -> bool {
        let Some(root) = self.scopes.get(&super::ROOT) else {
            return false;
        };
        let state = root
            .cell_of(node.as_str())
            .map(|cell| &root.cells[cell].state);
        matches!(
            state,
            Some(CellState::Done(_) | CellState::Skipped | CellState::Ended)
        )
    }

    /// The plan with this hash, if it was made known.
    #[must_use]
    pub fn known(&self, hash: &Address) -> Option<Arc<Plan>> {
        self.plans.get(hash).cloned()
    }

    fn is_busy(&self) -> bool {
        let queues = &self.queues;
        let retrying = queues
            .timers
            .iter()
            .any(|(_, timer)| matches!(timer, Timer::Retry(..)));
        queues.running > 0 || !queues.ready.is_empty() || retrying || self.has_pure_work()
    }

    fn has_pure_work(&self) -> bool {
        let queues = &self.queues;
        !queues.awake.is_empty()
            || !queues.dead.is_empty()
            || !queues.finished.is_empty()
            || !queues.failing.is_empty()
    }

    fn asks(&self) -> bool {
        let interrupted = |scope: &Scope| {
            scope.cells.iter().any(|cell| {
                matches!(
                    cell.state,
                    CellState::Held {
                        interrupted: true,
                        ..
                    }
                )
            })
        };
        self.scopes.values().any(interrupted)
    }

    pub(crate) fn scope_mut(&mut self, scope: ScopeId) -> Option<&mut Scope> {
        self.scopes.get_mut(&scope)
    }
}

impl Open {
    /// Whether it holds a place of `maxParallel`: it is no container and does not merely wait. A frame between
    /// two workflows that it calls works itself.
    pub(crate) fn is_running(&self) -> bool {
        let is_container = match &self.body {
            Some(Body::Call { is_open, .. }) => *is_open,
            body => body.is_some(),
        };
        !is_container && !self.is_waiting()
    }

    fn is_waiting(&self) -> bool {
        self.asked.last().is_some_and(|asked| {
            asked.outcome.is_none()
                && matches!(asked.effect.kind, EffectKind::Sleep | EffectKind::Signal)
        })
    }
}
