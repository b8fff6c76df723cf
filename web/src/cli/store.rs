//! `flowforge store`.

use clap::Subcommand;
use flowforge_engine::Clock;
use flowforge_runtime::SystemClock;
use flowforge_snapshots::search::Search as Index;
use flowforge_snapshots::{Journal, Retention};
use serde_json::{Value as Json, json};

use super::error::{CliError, Exit};
use super::output::{Output, json_of, table};
use super::remote::Remote;
use super::workspace::Workspace;
use crate::routes::{Pruned, Pruning};

/// A day in milliseconds.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Tell how much room the journal takes, and make it smaller.
#[derive(Debug, clap::Args)]
pub(crate) struct Store {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// How much room the journal takes, and for what.
    Size,
    /// Merge small pieces and give unused room back.
    Compact,
    /// Remove finished runs; what a run that stays or a fork shares is never removed.
    Prune(Prune),
}

#[derive(Debug, clap::Args)]
struct Prune {
    /// Runs that ended more days ago than this go.
    #[arg(long, value_name = "DAYS")]
    older_than: Option<u64>,
    /// Only this many of the latest finished runs stay.
    #[arg(long, value_name = "RUNS")]
    keep: Option<u64>,
    /// The oldest go until no more than this many bytes are left.
    #[arg(long, value_name = "BYTES")]
    bytes_max: Option<u64>,
}

impl Store {
    pub(crate) fn run(self, workspace: &Workspace, output: &Output) -> Result<Exit, CliError> {
        let journal = workspace.journal()?;
        match self.action {
            Action::Size => output.result(&json_of(&journal.size()?)?, size_text),
            Action::Compact => {
                journal.compact()?;
                output.result(&json_of(&journal.size()?)?, size_text);
            }
            Action::Prune(prune) => {
                let policy = prune.policy(workspace)?;
                let done = journal.retain(&policy, SystemClock.now())?;
                forget(workspace, &journal)?;
                output.result(&json_of(&Pruned::from(done))?, pruned_text);
            }
        }
        Ok(Exit::Ok)
    }

    /// Has the service do it.
    pub(crate) async fn through(
        self,
        remote: &Remote,
        workspace: &Workspace,
        output: &Output,
    ) -> Result<Exit, CliError> {
        match self.action {
            Action::Size => output.result(&remote.get("/store", &[]).await?, size_text),
            Action::Compact => {
                let size = remote.post("/store/compact", &[], &json!({})).await?;
                output.result(&size, size_text);
            }
            Action::Prune(prune) => {
                let policy = json_of(&Pruning::from(&prune.policy(workspace)?))?;
                let pruned = remote.post("/store/prune", &[], &policy).await?;
                output.result(&pruned, pruned_text);
            }
        }
        Ok(Exit::Ok)
    }
}

/// What was removed is not found any more. An index that was never made knows nothing to forget.
fn forget(workspace: &Workspace, journal: &Journal) -> Result<(), CliError> {
    let index = workspace.folder().join("search");
    if index.exists() {
        Index::open(&index)?.reconcile(journal)?;
    }
    Ok(())
}

impl Prune {
    /// What was asked for; when nothing was, what the configuration says.
    fn policy(self, workspace: &Workspace) -> Result<Retention, CliError> {
        let asked = Retention {
            age_ms: self.older_than.map(|days| days.saturating_mul(DAY_MS)),
            runs_max: self.keep,
            bytes_max: self.bytes_max,
            ..Retention::default()
        };
        let policy = if asked == Retention::default() {
            workspace.config().retention()
        } else {
            asked
        };
        if policy.age_ms.is_none() && policy.runs_max.is_none() && policy.bytes_max.is_none() {
            let hint = "say what may go: --older-than DAYS, --keep RUNS or --bytes-max BYTES";
            return Err(CliError::Usage(hint.into()));
        }
        Ok(policy)
    }
}

fn pruned_text(pruned: &Json) -> String {
    format!(
        "{} runs removed; {} bytes became {}",
        pruned["runsRemoved"], pruned["bytesBefore"], pruned["bytesAfter"]
    )
}

fn size_text(size: &Json) -> String {
    let row = |name: &str, field: &str| [name.to_owned(), size[field].to_string()];
    let rows = [
        row("file", "fileBytes"),
        row("free inside", "freeBytes"),
        row("events", "segmentBytes"),
        row("values", "valueBytes"),
        row("values as often as they flowed", "logicalValueBytes"),
    ];
    format!("{} runs\n{}", size["runs"], table(["what", "bytes"], rows))
}
