//! `flowforge replay`.

use flowforge_engine::RunId;
use flowforge_runtime::replay::Replayed;
use serde_json::json;

use super::error::{CliError, Exit};
use super::output::{Output, pretty};
use super::remote::{self, Remote};
use super::workspace::Workspace;

/// Run again from recorded outcomes, without any effect, and compare every frame.
#[derive(Debug, clap::Args)]
pub(crate) struct Replay {
    /// The run.
    run: RunId,
}

impl Replay {
    pub(crate) async fn run(
        self,
        workspace: &Workspace,
        output: &Output,
    ) -> Result<Exit, CliError> {
        let opened = workspace.open()?;
        let replayed = opened.runtime().replay(self.run).await?;
        output.result(&replayed, text);
        Ok(if replayed.identical {
            Exit::Ok
        } else {
            Exit::Error
        })
    }
}

impl Replay {
    /// Has the service replay it.
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        let path = remote::of_run(self.run, "/replay");
        let replayed = remote.post(&path, &[], &json!({})).await?;
        output.result(&replayed, pretty);
        Ok(if replayed["identical"] == true {
            Exit::Ok
        } else {
            Exit::Error
        })
    }
}

fn text(replayed: &Replayed) -> String {
    let Replayed {
        frames,
        effects_performed,
        divergence,
        ..
    } = replayed;
    match divergence {
        None => {
            format!("identical: {frames} frames compared, {effects_performed} effects performed")
        }
        Some(divergence) => format!(
            "different at event {}, node `{}`, {}\n{}",
            divergence.seq,
            divergence.node_id,
            divergence.what,
            pretty(divergence)
        ),
    }
}
