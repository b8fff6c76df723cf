//! `flowforge runs`.

use flowforge_engine::RunId;
use flowforge_snapshots::{RunFilter, RunRow};

use super::error::{CliError, Exit};
use super::output::{Output, table};
use super::remote::{self, Remote};
use super::workspace::Workspace;

/// List runs, the newest first.
#[derive(Debug, clap::Args)]
pub(crate) struct Runs {
    /// Only runs of this workflow.
    #[arg(long, value_name = "ID")]
    workflow: Option<String>,
    /// Most runs to list.
    #[arg(long, default_value_t = 50)]
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
        let runs = workspace
            .journal()?
            .runs(&filter, self.after, self.limit)?
            .rows;
        output.result(&runs, |runs| text(runs));
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
        output.result(&runs, |runs| {
            remote::rows(
                runs,
                [
                    ("run", "/run"),
                    ("workflow", "/workflow/id"),
                    ("status", "/status"),
                    ("started", "/started"),
                    ("frames", "/frames"),
                    ("fork of", "/forkOf/run"),
                ],
            )
        });
        Ok(Exit::Ok)
    }
}

fn text(runs: &[RunRow]) -> String {
    let row = |row: &RunRow| {
        let fork = row
            .fork_of
            .map_or_else(String::new, |fork| format!("{}@{}", fork.run, fork.at));
        [
            row.run.to_string(),
            row.workflow.id.to_string(),
            format!("{:?}", row.status).to_lowercase(),
            row.started.to_string(),
            row.frames.to_string(),
            fork,
        ]
    };
    table(
        ["run", "workflow", "status", "started", "frames", "fork of"],
        runs.iter().map(row),
    )
}
