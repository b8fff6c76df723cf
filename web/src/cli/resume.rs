//! `flowforge resume`.

use flowforge_engine::{NodeId, RunId};
use flowforge_runtime::RuntimeError;
use serde_json::json;

use super::error::{CliError, Exit};
use super::output::Output;
use super::remote::{self, Remote};
use super::run::{RunResult, finish};
use super::workspace::Workspace;

/// Finish runs that a stop, a crash or a question left unfinished.
#[derive(Debug, clap::Args)]
pub(crate) struct Resume {
    /// The run; all unfinished runs when absent.
    run: Option<RunId>,
    /// Also attempt again the paused and interrupted frames of the run.
    #[arg(long, requires = "run")]
    retry: bool,
    /// Attempt again only this node's frames.
    #[arg(long, value_name = "NODE", requires = "retry")]
    node: Option<String>,
}

impl Resume {
    pub(crate) async fn run(
        self,
        workspace: &Workspace,
        output: &Output,
    ) -> Result<Exit, CliError> {
        let opened = workspace.open()?;
        let runtime = opened.runtime();
        let Some(run) = self.run else {
            return resume_all(&opened, output).await;
        };
        let handle = if self.retry {
            let node = self.node.map(NodeId::from);
            runtime
                .retry(run, node.as_ref())?
                .ok_or(RuntimeError::Busy(run))?
        } else {
            runtime.resume(run)?
        };
        finish(&opened, handle, output).await
    }
}

impl Resume {
    /// Has the service attempt frames again, or waits until it has finished the run: it goes on with unfinished
    /// runs by itself.
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        let Some(run) = self.run else {
            let none: [RunResult; 0] = [];
            output.result(&none, |_| {
                "the service goes on with unfinished runs by itself".into()
            });
            return Ok(Exit::Ok);
        };
        let end = if self.retry {
            let body = json!({ "node": self.node });
            let path = remote::of_run(run, "/retry");
            remote.post(&path, &remote::waiting(), &body).await?
        } else {
            remote
                .get(&remote::of_run(run, ""), &remote::waiting())
                .await?
        };
        Ok(remote::report(end, output))
    }
}

async fn resume_all(opened: &super::workspace::Opened, output: &Output) -> Result<Exit, CliError> {
    let handles = opened.runtime().resume_all()?;
    let mut resumed: Vec<RunResult> = Vec::new();
    let mut exit = Exit::Ok;
    for handle in handles {
        let end = handle.ended().await?;
        if super::run::exit_of(end.status) != Exit::Ok {
            exit = Exit::RunFailed;
        }
        output.note(&super::run::summary(&end));
        resumed.push(RunResult::from(&end));
    }
    output.result(&resumed, |resumed| match resumed.len() {
        1 => "1 unfinished run was resumed".to_owned(),
        count => format!("{count} unfinished runs were resumed"),
    });
    Ok(exit)
}
