//! `flowforge store`.

use clap::Subcommand;
use flowforge_engine::Clock;
use flowforge_runtime::SystemClock;
use flowforge_snapshots::search::Search as Index;
use flowforge_snapshots::{Journal, Retention, SizeReport};
use serde::Serialize;

use super::error::{CliError, Exit};
use super::output::{Output, table};
use super::workspace::Workspace;

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

/// What pruning did, for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pruned {
    runs_removed: u64,
    bytes_before: u64,
    bytes_after: u64,
}

impl Store {
    pub(crate) fn run(self, workspace: &Workspace, output: &Output) -> Result<Exit, CliError> {
        let journal = workspace.journal()?;
        match self.action {
            Action::Size => output.result(&journal.size()?, size_text),
            Action::Compact => {
                journal.compact()?;
                output.result(&journal.size()?, size_text);
            }
            Action::Prune(prune) => {
                let policy = prune.policy(workspace)?;
                let done = journal.retain(&policy, SystemClock.now())?;
                forget(workspace, &journal)?;
                let pruned = Pruned {
                    runs_removed: done.runs,
                    bytes_before: done.bytes_before,
                    bytes_after: done.bytes_after,
                };
                output.result(&pruned, |pruned| {
                    format!(
                        "{} runs removed; {} bytes became {}",
                        pruned.runs_removed, pruned.bytes_before, pruned.bytes_after
                    )
                });
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

fn size_text(size: &SizeReport) -> String {
    let row = |name: &str, bytes: u64| [name.to_owned(), bytes.to_string()];
    let rows = [
        row("file", size.file_bytes),
        row("free inside", size.free_bytes),
        row("events", size.segment_bytes),
        row("values", size.value_bytes),
        row("values as often as they flowed", size.logical_value_bytes),
    ];
    format!("{} runs\n{}", size.runs, table(["what", "bytes"], rows))
}
