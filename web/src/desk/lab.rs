//! What the `ai` crate may try, by the runtime's trials: in memory, on recorded outcomes.

use flowforge_ai::lab::{Asked, DryRun, Lab, LabError, Trial, Tried};
use flowforge_engine::script::{EvaluateReply, EvaluateRequest};
use flowforge_runtime::fork::PlannedEffect;
use flowforge_runtime::trial::{self, Trials};
use flowforge_runtime::{Runtime, RuntimeError};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

/// A place to try things; one for each question, so that what it reads is read once.
pub(super) struct RuntimeLab {
    runtime: Runtime,
    trials: Trials,
}

impl RuntimeLab {
    pub(super) fn new(runtime: Runtime) -> Self {
        Self {
            trials: Trials::new(runtime.clone()),
            runtime,
        }
    }

    async fn again(&self, trial: Trial, only_frame: bool) -> Result<Tried, LabError> {
        let trial = trial::Trial {
            run: trial.run,
            seq: trial.seq,
            workflow: trial.workflow,
            inputs: trial.inputs,
            only_frame,
        };
        told(self.trials.try_again(&trial).await)
    }
}

impl Lab for RuntimeLab {
    fn evaluate(&self, request: EvaluateRequest) -> BoxFuture<'_, EvaluateReply> {
        self.runtime.evaluate(request).boxed()
    }

    fn try_again(&self, trial: Trial) -> BoxFuture<'_, Result<Tried, LabError>> {
        self.again(trial, false).boxed()
    }

    fn try_frame(&self, trial: Trial) -> BoxFuture<'_, Result<Tried, LabError>> {
        self.again(trial, true).boxed()
    }

    fn dry_run(&self, run: DryRun) -> BoxFuture<'_, Result<Tried, LabError>> {
        let DryRun {
            workflow,
            input,
            recordings,
        } = run;
        async move { told(self.trials.dry_run(workflow, input, recordings).await) }.boxed()
    }
}

fn told(tried: Result<trial::Tried, RuntimeError>) -> Result<Tried, LabError> {
    let tried = tried.map_err(|error| LabError(error.to_string()))?;
    Ok(Tried {
        frames: tried.frames,
        ended: tried.ended,
        output: tried.output,
        asked: tried.asked.into_iter().map(asked).collect(),
    })
}

fn asked(planned: PlannedEffect) -> Asked {
    Asked {
        node_id: planned.node_id,
        path: planned.path,
        attempt: planned.attempt,
        effect: planned.effect,
        recorded: planned.recorded,
    }
}
