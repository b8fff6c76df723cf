//! What a recorded run comes to under another version of its workflow: a dry replay, in memory; nothing is performed.

use flowforge_engine::frame::Status;
use flowforge_engine::{Address, RunId, Value, Workflow};
use flowforge_runtime::fork::PlannedEffect;
use flowforge_runtime::trial::{Trials, Tried};
use flowforge_runtime::{Runtime, RuntimeError};
use flowforge_snapshots::{Journal, ReadError, RunRow};

use super::past::document;
use crate::problem::HttpProblem;

/// What a run came to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) status: Status,
    /// Of a run that completed.
    pub(crate) output: Option<Value>,
}

/// What is known of a run under a version.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Judged {
    /// It comes to this.
    Came(Outcome),
    /// Something is asked that no recording answers, or waited for.
    Unanswered(String),
    /// The version has errors and cannot run.
    Broken(String),
}

/// A recorded run that is played again under other versions.
pub(crate) struct Judge {
    journal: Journal,
    trials: Trials,
    run: RunId,
    input: Value,
}

impl Judge {
    /// A judge of this run.
    pub(crate) fn of(runtime: &Runtime, run: RunId) -> Result<Self, HttpProblem> {
        let journal = runtime.journal().clone();
        let row = journal.run(run)?.ok_or_else(|| HttpProblem::no_run(run))?;
        let input = journal.snapshot_kept(run, Some(row.last_seq))?.input;
        Ok(Self {
            input: journal.value(&input)?,
            trials: Trials::new(runtime.clone()),
            journal,
            run,
        })
    }

    /// What the run comes to under a version that was kept.
    pub(crate) async fn version(&self, hash: Address) -> Result<Judged, HttpProblem> {
        self.workflow(document(&self.journal, hash)?).await
    }

    /// What the run comes to under a workflow.
    pub(crate) async fn workflow(&self, workflow: Workflow) -> Result<Judged, HttpProblem> {
        let tried = self
            .trials
            .dry_run(workflow, self.input.clone(), Some(self.run));
        match tried.await {
            Ok(tried) => Ok(Judged::of(tried)),
            Err(RuntimeError::Problems(problems)) => {
                let first = problems.iter().find(|problem| problem.is_error());
                let why = first.map(ToString::to_string);
                Ok(Judged::Broken(why.unwrap_or_default()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What was recorded; nothing while the run has not ended.
    pub(crate) fn recorded(&self) -> Result<Option<Outcome>, ReadError> {
        let row = self.journal.run(self.run)?;
        let Some(row) = row.filter(RunRow::is_finished) else {
            return Ok(None);
        };
        let kept = self
            .journal
            .snapshot_kept(self.run, Some(row.last_seq))?
            .output;
        let output = kept.filter(|_| row.status == Status::Completed);
        Ok(Some(Outcome {
            status: row.status,
            output: output.map(|kept| self.journal.value(&kept)).transpose()?,
        }))
    }
}

impl Judged {
    fn of(tried: Tried) -> Self {
        match tried.ended {
            Some(status) => Self::Came(Outcome {
                status,
                output: tried.output,
            }),
            None => Self::Unanswered(unanswered(&tried)),
        }
    }
}

/// What is in the way: the first question that no recording answers.
fn unanswered(tried: &Tried) -> String {
    match tried.asked.iter().find(|asked| !asked.recorded) {
        Some(asked) => question(asked),
        None => "it waits for something that no recording answers".into(),
    }
}

fn question(asked: &PlannedEffect) -> String {
    let request = &asked.effect.request;
    let text = |name| request.get(name).and_then(Value::as_str);
    let what = match (text("method"), text("url")) {
        (Some(method), Some(url)) => format!("{method} {url}"),
        _ => format!("a question of kind {:?}", asked.effect.kind).to_lowercase(),
    };
    format!("`{}` asks what no recording answers: {what}", asked.node_id)
}
