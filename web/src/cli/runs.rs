//! `flowforge runs`.

use flowforge_engine::RunId;
use flowforge_snapshots::RunFilter;
use serde_json::Value as Json;

use super::error::{CliError, Exit};
use super::output::{Output, items, json_of, table, word};
use super::remote::Remote;
use super::workspace::Workspace;
use crate::routes::RunRow;

/// List runs, the newest first.
#[derive(Debug, clap::Args)]
pub(crate) struct Runs {
    /// Only runs of this workflow.
    #[arg(long, value_name = "ID")]
    workflow: Option<String>,
    /// Most runs to list.
    #[arg(long, default_value_t = 50, value_parser = super::input::count)]
    limit: usize,
    /// Go on behind this run.
    #[arg(long, value_name = "RUN")]
    after: Option<RunId>,
}

impl Runs {
    pub(crate) fn run(self, workspace: &Workspace, output: &Output) -> Result<Exit, CliError> {
        let filter = RunFilter {
            workflow: self.workflow.map(Into::into),
            ..RunFilter::default()
        };
        let journal = workspace.journal()?;
        let rows = journal.runs(&filter, self.after, self.limit)?.rows;
        let rows = rows.into_iter().map(|row| RunRow::of(&journal, row));
        let runs: Vec<RunRow> = rows.collect::<Result<_, _>>()?;
        output.result(&json_of(&runs)?, text);
        Ok(Exit::Ok)
    }
}

impl Runs {
    /// Lists what the service has.
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        let workflow = self.workflow.map(|id| ("workflow", id));
        let after = self.after.map(|run| ("cursor", run.to_string()));
        let query: Vec<_> = workflow.into_iter().chain(after).collect();
        let runs = remote.items("/runs", &query, self.limit).await?;
        output.result(&runs.into(), text);
        Ok(Exit::Ok)
    }
}

fn text(runs: &Json) -> String {
    let row = |row: &Json| {
        let fork = &row["forkOf"];
        let fork = if fork.is_null() {
            String::new()
        } else {
            format!("{}@{}", word(&fork["run"]), fork["at"])
        };
        [
            word(&row["run"]).to_owned(),
            word(&row["workflow"]["id"]).to_owned(),
            word(&row["status"]).to_lowercase(),
            word(&row["started"]).to_owned(),
            row["frames"].to_string(),
            fork,
        ]
    };
    table(
        ["run", "workflow", "status", "started", "frames", "fork of"],
        items(runs).iter().map(row),
    )
}
