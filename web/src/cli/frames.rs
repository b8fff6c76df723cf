//! `flowforge frames`.

use flowforge_engine::{RunId, Seq};
use flowforge_snapshots::moment::FrameFilter;
use serde_json::Value as Json;

use super::error::{CliError, Exit};
use super::output::{Output, items, json_of, one_line, path, table, word};
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
    #[arg(long, value_parser = super::input::count)]
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
        output.result(&json_of(&frames)?, text);
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
        output.result(&frames.into(), text);
        Ok(Exit::Ok)
    }
}

fn text(frames: &Json) -> String {
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
        items(frames).iter().map(row),
    )
}

fn row(frame: &Json) -> [String; 7] {
    let closed = match &frame["closedSeq"] {
        Json::Null => "…".to_owned(),
        closed => closed.to_string(),
    };
    let attempt = match frame["attempt"].as_u64() {
        Some(attempt) if attempt > 1 => format!(" #{attempt}"),
        _ => String::new(),
    };
    let result = match frame["error"]["message"].as_str() {
        Some(message) => message.to_owned(),
        None => one_line(&frame["output"], 60),
    };
    [
        format!("{}-{closed}", frame["openedSeq"]),
        format!("{}{attempt}", word(&frame["nodeId"])),
        path(&frame["path"]),
        word(&frame["status"]).to_lowercase(),
        format!("{} ms", frame["metrics"]["durationMs"]),
        one_line(&frame["input"], 40),
        result,
    ]
}
