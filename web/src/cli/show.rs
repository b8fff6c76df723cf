//! `flowforge show`.

use serde_json::Value as Json;

use super::error::{CliError, Exit};
use super::input::Moment;
use super::output::{Output, json_of, one_line, table, word};
use super::remote::{self, Remote};
use super::workspace::Workspace;

/// Show a run as it was at a moment: every node's status and values after that event.
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// The run, and the event; the last one when absent.
    #[arg(value_name = "RUN[@SEQ]")]
    moment: Moment,
}

impl Show {
    pub(crate) fn run(self, workspace: &Workspace, output: &Output) -> Result<Exit, CliError> {
        let journal = workspace.journal()?;
        journal
            .run(self.moment.run)?
            .ok_or(CliError::NoRun(self.moment.run))?;
        let snapshot = journal.snapshot(self.moment.run, self.moment.seq)?;
        output.result(&json_of(&snapshot)?, text);
        Ok(Exit::Ok)
    }
}

impl Show {
    /// Prints what the service has.
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        let seq = self.moment.seq.map(|seq| ("seq", seq.to_string()));
        let path = remote::of_run(self.moment.run, "/snapshot");
        let snapshot = remote.get(&path, seq.as_slice()).await?;
        output.result(&snapshot, text);
        Ok(Exit::Ok)
    }
}

fn text(snapshot: &Json) -> String {
    let nodes = snapshot["nodes"].as_object().into_iter().flatten();
    let rows = nodes.map(|(node, moment)| {
        [
            node.clone(),
            word(&moment["status"]).to_lowercase(),
            moment["opened"].to_string(),
            one_line(&moment["frame"]["input"], 50),
            one_line(&moment["frame"]["output"], 50),
        ]
    });
    let nodes = table(["node", "status", "frames", "input", "output"], rows);
    format!(
        "run {} at event {} ({}): {}\n{nodes}",
        word(&snapshot["run"]),
        snapshot["seq"],
        word(&snapshot["at"]),
        word(&snapshot["status"]).to_lowercase()
    )
}
