//! `flowforge run`.

use std::path::PathBuf;

use flowforge_engine::Workflow;
use flowforge_runtime::{RunEnd, RunHandle, StartRun};
use serde_json::json;

use super::error::{CliError, Exit};
use super::output::{Output, json_of};
use super::progress::Progress;
use super::remote::Remote;
use super::workspace::{Opened, Workspace};
use super::{check, ended, input};
use crate::routes::RunResult;

/// Run a workflow to its end.
#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// A workflow file, or the id of a workflow that ran before.
    #[arg(value_name = "FILE|ID")]
    workflow: String,
    /// The run's input: JSON, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON|@FILE|-", default_value = "null")]
    input: String,
    /// Another workflow file to have at hand, for flow.call; may be repeated.
    #[arg(long = "with", value_name = "FILE")]
    with: Vec<PathBuf>,
    /// The same key gives the same run instead of a new one.
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

impl Run {
    pub(crate) async fn run(
        self,
        workspace: &Workspace,
        output: &Output,
    ) -> Result<Exit, CliError> {
        let input = input::value(&self.input)?;
        let opened = workspace.open()?;
        for file in &self.with {
            opened.save(&check::checked(file, &opened.runtime().catalogue())?)?;
        }
        let workflow = opened.workflow(&self.workflow)?;
        let (plan, _warnings) = opened.runtime().prepare(workflow)?;
        opened.save(plan.workflow())?;
        let handle = opened.runtime().start(StartRun {
            plan,
            input,
            idempotency_key: self.idempotency_key,
        })?;
        finish(&opened, handle, output).await
    }
}

impl Run {
    /// Has the service run it; a file is saved there first, as it is here.
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        let input = input::value(&self.input)?;
        let catalogue = remote.catalogue().await?;
        for file in &self.with {
            save(remote, &check::checked(file, &catalogue)?).await?;
        }
        let path = PathBuf::from(&self.workflow);
        let id = if path.exists() || path.extension().is_some() {
            let workflow = check::checked(&path, &catalogue)?;
            save(remote, &workflow).await?;
            workflow.id.to_string()
        } else {
            self.workflow
        };
        let key = self.idempotency_key.map(|key| ("idempotency-key", key));
        let path = format!("/workflows/{}/runs", path_step(&id));
        let body = json!({ "input": input }).to_string();
        let started = remote.post_with(&path, key, body).await;
        remote
            .finish(&started.map_err(no_workflow(&id))?, output)
            .await
    }
}

/// The service names its routes when it has no such workflow; here that is said as it is without one.
pub(crate) fn no_workflow(id: &str) -> impl FnOnce(CliError) -> CliError {
    move |error| match error {
        CliError::Refused { code, .. } if code == "no-such-workflow" => {
            CliError::NoWorkflow(id.to_owned())
        }
        error => error,
    }
}

async fn save(remote: &Remote, workflow: &Workflow) -> Result<(), CliError> {
    let text =
        serde_json::to_string(workflow).map_err(|error| CliError::Usage(error.to_string()))?;
    remote.post_with("/workflows", None, text).await.map(drop)
}

/// An id as one step of a path.
pub(crate) fn path_step(id: &str) -> String {
    url::form_urlencoded::byte_serialize(id.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}

/// Follows a run until it ends or waits, tells how it stands, and gives the exit code.
pub(crate) async fn finish(
    opened: &Opened,
    handle: RunHandle,
    output: &Output,
) -> Result<Exit, CliError> {
    let progress = Progress::follow(opened.journal(), handle.id, output);
    let end = tokio::select! {
        end = handle.ended() => end,
        end = interrupted(opened) => end,
    };
    progress.finish();
    let end = end?;
    let run = end.id;
    let end = json_of(&RunResult::from(end))?;
    let exit = ended::report(&end, output);
    if ended::is_in_script(&end)
        && let Some(row) = opened.journal().run(run)?
        && let Some(workflow) = opened.journal().workflow(row.workflow.hash)?
    {
        ended::draw(&end, &workflow, output);
    }
    Ok(exit)
}

/// A first Ctrl-C or SIGTERM suspends runs at their next boundary.
async fn interrupted(opened: &Opened) -> Result<RunEnd, flowforge_runtime::RuntimeError> {
    super::workspace::stop_signal().await;
    opened.runtime().stop().await;
    std::future::pending().await
}
