//! `flowforge diff`.

use super::error::{CliError, Exit};
use super::input::Moment;
use super::output::{Output, pretty};
use super::remote::Remote;
use super::workspace::Workspace;

/// Compare two runs, or two moments: frames aligned by node, path and attempt; values by structure, text by line.
#[derive(Debug, clap::Args)]
pub(crate) struct Diff {
    /// One run, and the last event to look at.
    #[arg(value_name = "RUN[@SEQ]")]
    left: Moment,
    /// The other.
    #[arg(value_name = "RUN[@SEQ]")]
    right: Moment,
}

impl Diff {
    pub(crate) fn run(self, workspace: &Workspace, output: &Output) -> Result<Exit, CliError> {
        let journal = workspace.journal()?;
        for run in [self.left.run, self.right.run] {
            journal.run(run)?.ok_or(CliError::NoRun(run))?;
        }
        let diff = journal.diff(self.left.run, self.left.seq, self.right.run, self.right.seq)?;
        output.result(&diff, pretty);
        Ok(Exit::Ok)
    }
}

impl Diff {
    /// Has the service compare them.
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        let query = [("a", self.left.to_string()), ("b", self.right.to_string())];
        output.result(&remote.get("/diff", &query).await?, pretty);
        Ok(Exit::Ok)
    }
}
