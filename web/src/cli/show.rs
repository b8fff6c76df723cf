//! `flowforge show`.

use flowforge_engine::Seq;
use flowforge_engine::frame::Snapshot;

use super::error::{CliError, Exit};
use super::input::Moment;
use super::output::{Output, one_line, pretty, table};
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
        let row = journal
            .run(self.moment.run)?
            .ok_or(CliError::NoRun(self.moment.run))?;
        let seq = self.moment.seq.unwrap_or(row.last_seq);
        if seq > row.last_seq || seq == Seq(0) {
            let (run, last) = (self.moment.run, row.last_seq);
            return Err(flowforge_runtime::RuntimeError::NoMoment { run, seq, last }.into());
        }
        output.result(&journal.snapshot(self.moment.run, seq)?, text);
        Ok(Exit::Ok)
    }
}

impl Show {
    /// Prints what the service has.
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        let seq = self.moment.seq.map(|seq| ("seq", seq.to_string()));
        let path = remote::of_run(self.moment.run, "/snapshot");
        let snapshot = remote.get(&path, seq.as_slice()).await?;
        output.result(&snapshot, pretty);
        Ok(Exit::Ok)
    }
}

fn text(snapshot: &Snapshot) -> String {
    let rows = snapshot.nodes.iter().map(|(node, moment)| {
        let frame = moment.frame.as_ref();
        [
            node.clone(),
            format!("{:?}", moment.status).to_lowercase(),
            moment.opened.to_string(),
            frame
                .and_then(|frame| frame.input.as_ref())
                .map_or_else(String::new, |input| one_line(input, 50)),
            frame
                .and_then(|frame| frame.output.as_ref())
                .map_or_else(String::new, |output| one_line(&output.to_value(), 50)),
        ]
    });
    let nodes = table(["node", "status", "frames", "input", "output"], rows);
    let status = format!("{:?}", snapshot.status).to_lowercase();
    format!(
        "run {} at event {} ({}): {status}\n{nodes}",
        snapshot.run, snapshot.seq, snapshot.at
    )
}
