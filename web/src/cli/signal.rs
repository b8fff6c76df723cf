//! `flowforge signal` and `flowforge cancel`.

use flowforge_engine::{NodeId, RunId};
use flowforge_runtime::RuntimeError;
use serde_json::json;

use super::error::{CliError, Exit};
use super::input;
use super::output::Output;
use super::remote::{self, Remote};
use super::run::finish;
use super::workspace::Workspace;

/// Answer a run that waits for a person or a callback, and go on with it.
#[derive(Debug, clap::Args)]
pub(crate) struct Signal {
    /// The run.
    run: RunId,
    /// The answer: JSON, @FILE, or - for standard input. For flow.approve: '{"approved": true}'.
    #[arg(value_name = "JSON|@FILE|-", default_value = "{\"approved\": true}")]
    value: String,
    /// The node that waits, when there are several.
    #[arg(long, value_name = "NODE")]
    node: Option<String>,
}

/// End a run that is waiting or was left unfinished.
#[derive(Debug, clap::Args)]
pub(crate) struct Cancel {
    /// The run.
    run: RunId,
    /// Why.
    #[arg(long, default_value = "cancelled on the command line")]
    reason: String,
}

impl Signal {
    pub(crate) async fn run(
        self,
        workspace: &Workspace,
        output: &Output,
    ) -> Result<Exit, CliError> {
        let value = input::value(&self.value)?;
        let opened = workspace.open()?;
        let node = self.node.map(NodeId::from);
        let handle = opened.runtime().signal(self.run, node.as_ref(), value)?;
        finish(&opened, handle.ok_or(RuntimeError::Busy(self.run))?, output).await
    }
}

impl Signal {
    /// Has the service answer it.
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        let body = json!({ "value": input::value(&self.value)?, "node": self.node });
        let path = remote::of_run(self.run, "/signal");
        remote.post(&path, &[], &body).await?;
        remote.follow(self.run, output).await
    }
}

impl Cancel {
    /// Has the service end it.
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        let body = json!({ "reason": self.reason });
        let path = remote::of_run(self.run, "/cancel");
        remote.post(&path, &[], &body).await?;
        remote.follow(self.run, output).await?;
        Ok(Exit::Ok)
    }
}

impl Cancel {
    pub(crate) async fn run(
        self,
        workspace: &Workspace,
        output: &Output,
    ) -> Result<Exit, CliError> {
        let opened = workspace.open()?;
        let handle = opened.runtime().cancel(self.run, &self.reason)?;
        finish(&opened, handle.ok_or(RuntimeError::Busy(self.run))?, output).await?;
        Ok(Exit::Ok)
    }
}
