//! What may be tried without anything happening: scripts in the sandbox, and runs in memory on recorded outcomes.

use flowforge_engine::frame::{ExecutionFrame, Status};
use flowforge_engine::script::{
    EvaluateLimits, EvaluateReply, EvaluateRequest, Evaluated, Source, compile_script,
};
use flowforge_engine::value::Record;
use flowforge_engine::{NodeId, Path, RunId, Seq, Value, Workflow, effect::Effect};
use futures_util::future::BoxFuture;

/// Part of a past run, done again with another workflow.
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
}

/// A run from its start, in memory.
#[derive(Clone, Debug)]
pub struct DryRun {
    /// What to run.
    pub workflow: Workflow,
    /// Its input.
    pub input: Value,
    /// The run whose recordings answer; without one, every effect that reaches outside stops its frame.
    pub recordings: Option<RunId>,
}

/// What came of a trial.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The frames that opened, or were open, after the shared past, in order.
    pub frames: Vec<ExecutionFrame>,
    /// How the run ended; `None` when something without a recording is in the way, or it waits.
    pub ended: Option<Status>,
    /// The run's output when it completed.
    pub output: Option<Value>,
    /// What was asked of the world, in order.
    pub asked: Vec<Asked>,
}

/// An effect that a trial met.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// The node that asks.
    pub node_id: NodeId,
    /// The loops and sub-workflows around it.
    pub path: Path,
    /// Counted from 1.
    pub attempt: u32,
    /// What is asked.
    #[serde(flatten)]
    pub effect: Effect,
    /// Whether a recording answered it.
    pub recorded: bool,
}

/// Why a trial could not be made.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct LabError(pub String);

/// A place where things can be tried: no trial opens a socket, keeps anything or changes a run.
pub trait Lab: Send + Sync {
    /// Evaluates a script or a template in the sandbox.
    fn evaluate(&self, request: EvaluateRequest) -> BoxFuture<'_, EvaluateReply>;

    /// Does the rest of a past run again.
    fn try_again(&self, trial: Trial) -> BoxFuture<'_, Result<Tried, LabError>>;

    /// Does again only the frame that `trial.seq` opened, and everything on its level that its edges lead to;
    /// it may do more.
    fn try_frame(&self, trial: Trial) -> BoxFuture<'_, Result<Tried, LabError>> {
        self.try_again(trial)
    }

    /// Runs from the start.
    fn dry_run(&self, run: DryRun) -> BoxFuture<'_, Result<Tried, LabError>>;
}

/// Evaluates a script with an input; its value, or the failure in words.
pub(crate) async fn evaluate(
    lab: &dyn Lab,
    code: &str,
    input: &Value,
    workflow: &Workflow,
) -> Result<Value, String> {
    if let Err(problem) = compile_script(code) {
        return Err(format!("the script does not parse: {}", problem.message));
    }
    let vars: Record = workflow
        .config
        .vars
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    let scope: Record = [
        ("input", input.clone()),
        ("vars", vars.into()),
        ("nodes", Record::default().into()),
    ]
    .into_iter()
    .collect();
    let request = EvaluateRequest {
        sources: vec![Source::Script(code.into())],
        scope: scope.into(),
        answers: Vec::new(),
        limits: EvaluateLimits::default(),
    };
    match lab.evaluate(request).await.result {
        Evaluated::Done(values) => Ok(values.into_iter().next().unwrap_or_default()),
        Evaluated::Needs(effect) => Err(format!(
            "the script asks the world ({:?}), which is not done in a trial",
            effect.kind
        )),
        Evaluated::Failed(failure) => {
            let place = failure
                .place
                .as_ref()
                .and_then(|place| place.line)
                .map(|line| format!(" (line {line})"))
                .unwrap_or_default();
            let hint = failure
                .hint
                .as_ref()
                .map(|hint| format!("; {hint}"))
                .unwrap_or_default();
            Err(format!(
                "the script failed{place}: {}{hint}",
                failure.message
            ))
        }
    }
}
