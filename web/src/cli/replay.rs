//! `flowforge replay`.

use flowforge_engine::RunId;
use flowforge_runtime::replay::Replayed;

use super::error::{CliError, Exit};
use super::output::{Output, pretty};
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
