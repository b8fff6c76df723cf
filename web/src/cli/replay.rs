//! `flowforge replay`.

use flowforge_engine::RunId;
use serde_json::{Value as Json, json};

use super::error::{CliError, Exit};
use super::output::{Output, json_of, pretty, word};
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
        Ok(tell(&json_of(&replayed)?, output))
    }
}

impl Replay {
    /// Has the service replay it.
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        let path = remote::of_run(self.run, "/replay");
        let replayed = remote.post(&path, &[], &json!({})).await?;
        Ok(tell(&replayed, output))
    }
}

fn tell(replayed: &Json, output: &Output) -> Exit {
    output.result(replayed, text);
    if replayed["identical"] == true {
        Exit::Ok
    } else {
        Exit::Error
    }
}

fn text(replayed: &Json) -> String {
    let divergence = &replayed["divergence"];
    if divergence.is_null() {
        return format!(
            "identical: {} frames compared, {} effects performed",
            replayed["frames"], replayed["effectsPerformed"]
        );
    }
    format!(
        "different at event {}, node `{}`, {}\n{}",
        divergence["seq"],
        word(&divergence["nodeId"]),
        word(&divergence["what"]),
        pretty(divergence)
    )
}
