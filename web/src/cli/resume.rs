//! `flowforge resume`.

use flowforge_engine::{NodeId, RunId};
use flowforge_runtime::RuntimeError;
use serde_json::{Value as Json, json};

use super::ended;
use super::error::{CliError, Exit};
use super::output::{Output, json_of, word};
use super::remote::{self, Remote};
use super::run::finish;
use super::workspace::{Opened, Workspace};
use crate::routes::RunResult;

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
    /// Has the service attempt frames again, or waits until it has finished what is unfinished: it goes on with
    /// that by itself.
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        let Some(run) = self.run else {
            return await_all(remote, output).await;
        };
        if self.retry {
            let body = json!({ "node": self.node });
            let path = remote::of_run(run, "/retry");
            remote.post(&path, &[], &body).await?;
        }
        remote.follow(run, output).await
    }
}

async fn resume_all(opened: &Opened, output: &Output) -> Result<Exit, CliError> {
    let mut resumed = Vec::new();
    for handle in opened.runtime().resume_all()? {
        let end = json_of(&RunResult::from(handle.ended().await?))?;
        output.note(&ended::summary(&end));
        resumed.push(end);
    }
    Ok(tell(&resumed, output))
}

async fn await_all(remote: &Remote, output: &Output) -> Result<Exit, CliError> {
    let mut unfinished = Vec::new();
    for status in ["RUNNING", "WAITING", "INTERRUPTED"] {
        let query = [("status", status.to_owned())];
        unfinished.extend(remote.items("/runs", &query, usize::MAX).await?);
    }
    unfinished.sort_by(|a, b| word(&a["run"]).cmp(word(&b["run"])));
    let mut resumed = Vec::new();
    for row in unfinished {
        let end = remote.ended(word(&row["run"])).await?;
        output.note(&ended::summary(&end));
        resumed.push(end);
    }
    Ok(tell(&resumed, output))
}

fn tell(resumed: &[Json], output: &Output) -> Exit {
    let failed = resumed.iter().any(|end| ended::exit_of(end) != Exit::Ok);
    output.result(&resumed, |resumed| match resumed.len() {
        1 => "1 unfinished run was resumed".to_owned(),
        count => format!("{count} unfinished runs were resumed"),
    });
    if failed { Exit::RunFailed } else { Exit::Ok }
}
