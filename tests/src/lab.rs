//! Where proposals are tried: the runtime's trials, as the AI sees them.

use flowforge_ai::lab::{Asked, DryRun, Lab, LabError, Trial, Tried};
use flowforge_engine::script::{EvaluateReply, EvaluateRequest};
use flowforge_runtime::trial::{self, Trials};
use flowforge_runtime::{Runtime, RuntimeError};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

/// Trials of a runtime. One for each question: what it has read of a run it does not read again.
pub struct RuntimeLab {
    runtime: Runtime,
    trials: Trials,
}

impl RuntimeLab {
    /// A lab in which nothing was tried yet.
    #[must_use]
    pub fn new(runtime: &Runtime) -> Self {
        Self {
            runtime: runtime.clone(),
            trials: Trials::new(runtime.clone()),
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
        self.trials
            .try_again(&trial)
            .await
            .map(tried)
            .map_err(refused)
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
        let tried_dry = async move {
            let dry = self.trials.dry_run(run.workflow, run.input, run.recordings);
            dry.await.map(tried).map_err(refused)
        };
        tried_dry.boxed()
    }
}

fn tried(tried: trial::Tried) -> Tried {
    Tried {
        frames: tried.frames,
        ended: tried.ended,
        output: tried.output,
        asked: tried
            .asked
            .into_iter()
            .map(|asked| Asked {
                node_id: asked.node_id,
                path: asked.path,
                attempt: asked.attempt,
                effect: asked.effect,
                recorded: asked.recorded,
            })
            .collect(),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "passed to `map_err`")]
fn refused(error: RuntimeError) -> LabError {
    LabError(error.to_string())
}
