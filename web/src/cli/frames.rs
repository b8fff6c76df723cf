//! `flowforge frames`.

use flowforge_engine::frame::ExecutionFrame;
use flowforge_engine::{RunId, Seq};
use flowforge_snapshots::moment::FrameFilter;

use super::error::{CliError, Exit};
use super::output::{Output, one_line, table};
use super::remote::{self, Remote};
use super::workspace::Workspace;

/// Print a run's frames in order: input, output, status, effects and metrics of every node boundary.
#[derive(Debug, clap::Args)]
pub(crate) struct Frames {
    /// The run.
    run: RunId,
    /// Only frames of this node.
    #[arg(long, value_name = "NODE")]
    node: Option<String>,
    /// Most frames to print; all when absent.
    #[arg(long)]
    limit: Option<usize>,
    /// Go on behind the frame that this event opened.
    #[arg(long, value_name = "SEQ", value_parser = super::input::seq)]
    after: Option<Seq>,
}

impl Frames {
    pub(crate) fn run(self, workspace: &Workspace, output: &Output) -> Result<Exit, CliError> {
        let journal = workspace.journal()?;
        if journal.run(self.run)?.is_none() {
            return Err(CliError::NoRun(self.run));
        }
        let filter = FrameFilter {
            node: self.node.map(Into::into),
            ..FrameFilter::default()
        };
        let frames = journal
            .frames(
                self.run,
                &filter,
                self.after,
                self.limit.unwrap_or(usize::MAX),
            )?
            .frames;
        output.result(&frames, |frames| text(frames));
        Ok(Exit::Ok)
    }
}

impl Frames {
    /// Prints what the service has.
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        let node = self.node.map(|node| ("node", node));
        let after = self.after.map(|seq| ("cursor", seq.to_string()));
        let query: Vec<_> = node.into_iter().chain(after).collect();
        let path = remote::of_run(self.run, "/frames");
        let limit = self.limit.unwrap_or(usize::MAX);
        let frames = remote.items(&path, &query, limit).await?;
        output.result(&frames, |frames| {
            remote::rows(
                frames,
                [
                    ("seq", "/openedSeq"),
                    ("node", "/nodeId"),
                    ("in", "/path"),
                    ("status", "/status"),
                    ("ms", "/metrics/durationMs"),
                    ("input", "/input"),
                    ("output", "/output"),
                    ("error", "/error/message"),
                ],
            )
        });
        Ok(Exit::Ok)
    }
}

fn text(frames: &[ExecutionFrame]) -> String {
    let row = |frame: &ExecutionFrame| {
        let result = match (&frame.error, &frame.output) {
            (Some(error), _) => error.message.clone(),
            (None, Some(output)) => one_line(&output.to_value(), 60),
            (None, None) => String::new(),
        };
        let closed = frame
            .closed_seq
            .map_or_else(|| "…".into(), |seq| seq.to_string());
        [
            format!("{}-{closed}", frame.opened_seq),
            format!(
                "{}{}",
                frame.node_id,
                if frame.attempt > 1 {
                    format!(" #{}", frame.attempt)
                } else {
                    String::new()
                }
            ),
            frame.path.to_string(),
            format!("{:?}", frame.status).to_lowercase(),
            format!("{} ms", frame.metrics.duration_ms),
            frame
                .input
                .as_ref()
                .map_or_else(String::new, |input| one_line(input, 40)),
            result,
        ]
    };
    table(
        [
            "seq",
            "node",
            "in",
            "status",
            "time",
            "input",
            "output or error",
        ],
        frames.iter().map(row),
    )
}
