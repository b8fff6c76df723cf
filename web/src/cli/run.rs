//! `flowforge run`.

use std::path::PathBuf;
use std::sync::Arc;

use flowforge_engine::frame::Status;
use flowforge_engine::node_type::Catalogue;
use flowforge_engine::{Failure, Value, Workflow};
use flowforge_runtime::{RunEnd, RunHandle, StartRun, Wait};
use serde::Serialize;
use serde_json::json;

use super::error::{CliError, Exit};
use super::output::{Output, pretty, script_report};
use super::progress::Progress;
use super::remote::{self, Remote};
use super::workspace::{Opened, Workspace};
use super::{check, input};

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

/// How a run stands, for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunResult {
    run_id: String,
    status: Status,
    output: Value,
    frames: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waits: Vec<Wait>,
}

impl From<&RunEnd> for RunResult {
    fn from(end: &RunEnd) -> Self {
        Self {
            run_id: end.id.to_string(),
            status: end.status,
            output: end.output.clone(),
            frames: end.frames,
            error: end.error.clone(),
            waits: end.waits.clone(),
        }
    }
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
            opened.save(&check::checked(file, opened.runtime().catalogue())?)?;
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
        let catalogue = Arc::new(Catalogue::built_in());
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
        let path = format!("/workflows/{}/runs?wait=true", path_step(&id));
        let body = json!({ "input": input }).to_string();
        let end = remote.post_with(&path, key, body).await?;
        Ok(remote::report(end, output))
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
    report(&end, output);
    if let Some(shown) = end
        .error
        .as_ref()
        .and_then(|error| in_script(opened, &end, error))
    {
        output.note(&format!("{shown:?}"));
    }
    Ok(exit_of(end.status))
}

/// A first Ctrl-C or SIGTERM suspends runs at their next boundary.
async fn interrupted(opened: &Opened) -> Result<RunEnd, flowforge_runtime::RuntimeError> {
    super::workspace::stop_signal().await;
    opened.runtime().stop().await;
    std::future::pending().await
}

fn report(end: &RunEnd, output: &Output) {
    if !output.is_json() {
        output.note(&summary(end));
    }
    output.result(&RunResult::from(end), |result| pretty(&result.output));
}

/// What people read under the progress.
pub(crate) fn summary(end: &RunEnd) -> String {
    let mut lines = vec![format!(
        "run {} {} ({} frames)",
        end.id,
        status_word(end.status),
        end.frames
    )];
    if let Some(error) = &end.error {
        lines.push(format!("  {}", error.message));
        lines.extend(error.hint.iter().map(|hint| format!("  hint: {hint}")));
    }
    for wait in &end.waits {
        let place = if wait.path.0.is_empty() {
            String::new()
        } else {
            format!(" in {}", wait.path)
        };
        let how = match wait.reason {
            "signal" => format!(
                "flowforge signal {} --node {} '{{\"approved\": true}}'",
                end.id, wait.node_id
            ),
            _ => format!("flowforge resume {} --retry", end.id),
        };
        lines.push(format!(
            "  `{}`{place} waits; go on with: {how}",
            wait.node_id
        ));
    }
    if end.status == Status::Running {
        lines.push(format!(
            "  suspended; go on with: flowforge resume {}",
            end.id
        ));
    }
    lines.join("\n")
}

fn status_word(status: Status) -> &'static str {
    match status {
        Status::Completed => "completed",
        Status::Failed => "failed",
        Status::Cancelled => "cancelled",
        Status::Interrupted => "was interrupted and asks what to do",
        Status::Waiting => "waits",
        Status::Running | Status::Pending | Status::Skipped => "is not finished",
    }
}

/// A run that failed, was cancelled, or was interrupted has not done what was asked.
pub(crate) fn exit_of(status: Status) -> Exit {
    match status {
        Status::Failed | Status::Cancelled | Status::Interrupted => Exit::RunFailed,
        _ => Exit::Ok,
    }
}

/// The failure drawn at its place in the script or expression it comes from.
fn in_script(opened: &Opened, end: &RunEnd, error: &Failure) -> Option<miette::Report> {
    let place = error.place.as_ref()?;
    let (node, line, column) = (place.node.as_ref()?, place.line?, place.column?);
    let row = opened.journal().run(end.id).ok()??;
    let workflow = opened.journal().workflow(row.workflow.hash).ok()??;
    let params = &workflow.graph.node(node.as_str())?.params;
    let mut steps = place.param.as_deref()?.trim_start_matches('/').split('/');
    let first = params.get(steps.next()?)?;
    let text = steps
        .try_fold(first, |value, step| value.get(step))?
        .as_str()?;
    Some(script_report(
        &format!("{node}{}", place.param.as_deref()?),
        text,
        error,
        (line, column),
    ))
}
