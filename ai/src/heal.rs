//! A failed frame gets a diagnosis, and fixes that were replayed against recordings before anybody sees them.
//!
//! Candidates come from [`rules`] first, each a pure function of what is known of the failure, then from a
//! model. Every candidate is replayed on the failing frame and on good frames of the same node ([`proof`]): one
//! that fails its proof is no fix, and is only kept with the reason; one that asks the world for something no
//! recording answers is shown apart, with what it would send.
//!
//! Reading order: [`Healer`], [`diagnosis`] (what went wrong, and whether it may be healed at all), [`case`]
//! (what rules look at), [`rules`], [`proof`], [`group`] (others that failed alike, and the staged resume).

mod ask;
pub mod case;
pub mod diagnosis;
pub mod group;
mod origin;
mod paths;
pub mod proof;
mod rewrite;
pub mod rules;
mod shape;
mod sources;
mod work;

use flowforge_engine::edit::Patch;
use flowforge_engine::event::WorkflowRef;
use flowforge_engine::node_type::Catalogue;
use flowforge_engine::{NodeId, RunId, Seq};
use flowforge_snapshots::{Journal, ReadError};
use serde::{Deserialize, Serialize};

use crate::lab::{Lab, LabError};
use crate::proposal::{Evidence, Origin, Receipt};

pub use ask::{Adviser, FixInputs};
pub use diagnosis::Diagnosis;
pub use group::{Group, Stage};

/// Everything that healing looks at and asks.
#[derive(Clone, Copy)]
pub struct Healer<'a> {
    /// Where runs are kept. It is read, never written.
    pub journal: &'a Journal,
    /// The node types.
    pub catalogue: &'a Catalogue,
    /// Where candidates are replayed.
    pub lab: &'a dyn Lab,
    /// Whom to ask when the rules find nothing; nobody when absent.
    pub model: Option<Adviser<'a>>,
}

/// What is to be healed.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The run that failed or waits.
    pub run: RunId,
    /// The event that opened the failing frame; the one to blame when absent.
    pub frame: Option<Seq>,
    /// How much may be tried.
    pub limits: Limits,
}

/// How much may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Limits {
    /// Most candidates that are replayed, those of a model included.
    pub candidates_max: usize,
    /// Most good frames that a candidate is replayed on.
    pub good_frames_max: usize,
    /// Most frames of other runs that failed alike that a candidate is replayed on.
    pub alike_max: usize,
    /// Most past runs that are looked through for good frames.
    pub runs_max: usize,
    /// Most failures in a row that one candidate may mend, one behind the other.
    pub steps_max: usize,
    /// Longest time for all, in milliseconds.
    pub time_ms_max: u64,
    /// Most calls of the model.
    pub model_calls_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            candidates_max: 24,
            good_frames_max: 40,
            alike_max: 20,
            runs_max: 200,
            steps_max: 4,
            time_ms_max: 30_000,
            model_calls_max: 3,
        }
    }
}

/// How far healing is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Candidates replayed so far.
    pub done: usize,
    /// Candidates known so far.
    pub of: usize,
    /// What is done now, in a few words.
    pub what: String,
}

/// Hears how far healing is.
pub type Tell<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// What healing found.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Healed {
    /// The run.
    pub run: RunId,
    /// The event that opened the failing frame.
    pub frame: Seq,
    /// Its node.
    pub node_id: NodeId,
    /// The workflow that the run executes, which the patches are made for.
    pub workflow: WorkflowRef,
    /// What went wrong.
    pub diagnosis: Diagnosis,
    /// Fixes that passed their proof, the best first.
    pub fixes: Vec<Fix>,
    /// Fixes that recordings alone cannot prove.
    pub needs_live_try: Vec<Fix>,
    /// Candidates that were not good enough, and why.
    pub tried: Vec<Discarded>,
    /// How others that failed alike are told.
    pub group: Group,
    /// Whether everything that may be tried was, and nothing passed: the run's end as `heal_exhausted`.
    pub exhausted: bool,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// A change that mends a failure, with its proof.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fix {
    /// What it does, in a few words.
    pub title: String,
    /// Why it should help, in sentences.
    pub reason: String,
    /// The change, made for [`Healed::workflow`].
    pub patch: Patch,
    /// The rule or the model it comes from.
    pub origin: Origin,
    /// What its replays showed.
    pub evidence: Evidence,
    /// The model calls behind it.
    pub receipts: Vec<Receipt>,
}

/// A candidate that is not shown as a fix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Discarded {
    /// What it would have done.
    pub title: String,
    /// Why it is none.
    pub why: String,
}

/// Why healing could not begin.
#[derive(Debug, thiserror::Error)]
pub enum HealError {
    /// There is no such run.
    #[error("there is no run {0}")]
    NoRun(RunId),
    /// Nothing in the run failed, or not the frame that was named.
    #[error("run {run} has no failed frame{}", named(.frame))]
    NoFailure {
        /// The run.
        run: RunId,
        /// The frame that was named.
        frame: Option<Seq>,
    },
    /// The workflow that the run executes is not in the journal.
    #[error("the workflow of run {0} is not in the journal")]
    NoWorkflow(RunId),
    /// The failing node belongs to a workflow that the run calls.
    #[error("`{node}` belongs to a workflow that run {run} calls; heal a run of that workflow")]
    Called {
        /// The run.
        run: RunId,
        /// The node.
        node: NodeId,
    },
    /// The journal could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A replay could not be made.
    #[error(transparent)]
    Lab(#[from] LabError),
}

fn named(frame: &Option<Seq>) -> String {
    frame
        .as_ref()
        .map(|frame| format!(" {frame}"))
        .unwrap_or_default()
}

impl Healer<'_> {
    /// Looks for fixes of a failure: diagnosis, candidates, proof. Nothing is changed, sent or kept.
    ///
    /// # Errors
    /// When there is no such run or failure, or the journal cannot be read.
    pub async fn heal(&self, wanted: Wanted, tell: Tell<'_>) -> Result<Healed, HealError> {
        work::heal(self, wanted, tell).await
    }
}
