//! `flowforge proposals`.

use std::path::{Path, PathBuf};

use flowforge_ai::Proposal;
use flowforge_ai::proposal::show;
use flowforge_engine::{Problem, Workflow};
use serde_json::{Value as Json, json};

use super::chat;
use super::error::{CliError, Exit};
use super::output::{Output, table};
use super::remote::Remote;
use super::run::path_step;

/// Changes that were proposed: list, look at, accept and reject them.
#[derive(Debug, clap::Args)]
pub(crate) struct Proposals {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List those that nobody decided on.
    List,
    /// Show one as a diff.
    Show {
        /// The proposal.
        id: String,
    },
    /// Apply one, whole or in parts.
    Accept {
        /// The proposal.
        id: String,
        /// Only this part, with what it needs; may be repeated.
        #[arg(long = "part", value_name = "N")]
        parts: Vec<usize>,
        /// For a fix: let the run go on from the frame that failed.
        #[arg(long)]
        resume: bool,
        /// Write the changed workflow to this file, too.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Let other runs that failed alike go on with an accepted fix, until one fails again.
    Recover {
        /// The fix.
        id: String,
        /// How many.
        #[arg(long, value_name = "1|10|all", default_value = "1", value_parser = ["1", "10", "all"])]
        count: String,
    },
    /// Close one without applying it.
    Reject {
        /// The proposal.
        id: String,
    },
}

impl Proposals {
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        match self.action.unwrap_or(Action::List) {
            Action::List => {
                let open = [("state", "open".to_owned())];
                let items = remote.items("/proposals", &open, usize::MAX).await?;
                output.result(&items, |items| listed(items));
            }
            Action::Show { id } => {
                let proposal = find(remote, &id).await?;
                let base = base_of(remote, &proposal).await?;
                output.result(&proposal, |proposal| told(proposal, &base));
            }
            Action::Accept {
                id,
                parts,
                resume,
                file,
            } => {
                let proposal = find(remote, &id).await?;
                let mut accepted = accept(remote, &proposal, &parts, resume).await?;
                write_to(remote, &mut accepted, file.as_deref()).await?;
                output.result(&accepted, applied);
            }
            Action::Recover { id, count } => {
                let recovered = recover(remote, &id, &count).await?;
                output.result(&recovered, |recovered| recovered_runs(recovered).join("\n"));
            }
            Action::Reject { id } => {
                let path = format!("/proposals/{}/reject", path_step(&id));
                let rejected = remote.post(&path, &[], &json!({})).await?;
                output.result(&rejected, |_| "Closed; nothing was changed.".into());
            }
        }
        Ok(Exit::Ok)
    }
}

/// A proposal.
pub(crate) async fn find(remote: &Remote, id: &str) -> Result<Proposal, CliError> {
    let found = remote
        .get(&format!("/proposals/{}", path_step(id)), &[])
        .await?;
    serde_json::from_value(found).map_err(|error| CliError::Usage(error.to_string()))
}

/// Accepts exactly this patch.
pub(crate) async fn accept(
    remote: &Remote,
    proposal: &Proposal,
    parts: &[usize],
    resume: bool,
) -> Result<Json, CliError> {
    let path = format!("/proposals/{}/accept", path_step(&proposal.id));
    let yes = json!({ "hash": proposal.hash, "parts": parts, "resume": resume });
    remote
        .post(&path, &[("wait", "true".to_owned())], &yes)
        .await
}

/// Writes the workflow that accepting changed to a file, and says so in the answer.
pub(crate) async fn write_to(
    remote: &Remote,
    accepted: &mut Json,
    file: Option<&Path>,
) -> Result<(), CliError> {
    let Some(path) = file else {
        return Ok(());
    };
    let id = path_step(accepted["workflow"].as_str().unwrap_or_default());
    let saved = remote.get(&format!("/workflows/{id}"), &[]).await?;
    let workflow: Workflow =
        serde_json::from_value(saved).map_err(|error| CliError::Usage(error.to_string()))?;
    chat::write(path, &workflow)?;
    accepted["file"] = path.display().to_string().into();
    Ok(())
}

/// Lets other runs that failed alike go on with an accepted fix.
pub(crate) async fn recover(remote: &Remote, id: &str, count: &str) -> Result<Json, CliError> {
    let path = format!("/proposals/{}/recover", path_step(id));
    let count = count
        .parse::<u64>()
        .map_or_else(|_| json!(count), |count| json!(count));
    remote.post(&path, &[], &json!({ "count": count })).await
}

/// How other runs went on, a line each.
pub(crate) fn recovered_runs(recovered: &Json) -> Vec<String> {
    let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
    let resumed = recovered["resumed"].as_array().into_iter().flatten();
    let mut lines: Vec<String> = resumed
        .map(|run| {
            format!(
                "run {} went on: {}",
                text(&run["into"]),
                text(&run["status"]).to_lowercase()
            )
        })
        .collect();
    if let Some(run) = recovered["stoppedAt"].as_str() {
        lines.push(format!(
            "run {run} failed again; the others were not touched"
        ));
    }
    if let Some(left) = recovered["left"].as_u64().filter(|left| *left > 0) {
        lines.push(format!("{left} more failed the same way"));
    }
    lines
}

/// The version that a proposal was made for, or the current one when it was never saved.
pub(crate) async fn base_of(remote: &Remote, proposal: &Proposal) -> Result<Workflow, CliError> {
    let path = format!("/workflows/{}", path_step(proposal.workflow.as_str()));
    let of_base = [("hash", proposal.base.to_string())];
    let found = match remote.get(&path, &of_base).await {
        Err(CliError::Refused { status: 404, .. }) => remote.get(&path, &[]).await,
        found => found,
    };
    match found {
        Ok(json) => {
            serde_json::from_value(json).map_err(|error| CliError::Usage(error.to_string()))
        }
        Err(CliError::Refused { status: 404, .. }) => Ok(crate::desk::empty(&proposal.workflow)),
        Err(error) => Err(error),
    }
}

/// A proposal for people: what it does by line, what that means, and what the checks say.
pub(crate) fn told(proposal: &Proposal, base: &Workflow) -> String {
    let mut lines = vec![proposal.title.clone(), String::new()];
    match proposal.patch.apply(base) {
        Ok((changed, _)) => lines.push(show(base, &changed)),
        Err(error) => lines.push(format!("The workflow changed since: {error}")),
    }
    let summary = &proposal.summary;
    let mut told = |what: &str, of: Vec<String>| {
        if !of.is_empty() {
            lines.push(format!("{what}: {}", of.join(", ")));
        }
    };
    told("Calls new hosts", summary.new_hosts.clone());
    told("Uses new credentials", summary.new_credentials.clone());
    told("Triggers", summary.triggers.clone());
    let ids = |nodes: &[flowforge_engine::NodeId]| nodes.iter().map(ToString::to_string).collect();
    told("Code changes in", ids(&summary.code));
    told(
        "Characters that cannot be seen in",
        ids(&summary.hidden_text),
    );
    lines.extend(proposal.problems.iter().map(complaint));
    lines.join("\n")
}

fn complaint(problem: &Problem) -> String {
    let kind = if problem.is_error() {
        "error"
    } else {
        "warning"
    };
    let hint = problem
        .hint
        .as_ref()
        .map(|hint| format!(" ({hint})"))
        .unwrap_or_default();
    format!("{kind}: {}{hint}", problem.message)
}

fn listed(items: &[Json]) -> String {
    if items.is_empty() {
        return "nothing is proposed".into();
    }
    let rows = items.iter().map(|item| {
        ["id", "workflow", "title", "made"]
            .map(|field| item[field].as_str().unwrap_or_default().to_owned())
    });
    table(["proposal", "workflow", "what", "made"], rows)
}

/// What accepting did.
pub(crate) fn applied(accepted: &Json) -> String {
    let sentences = accepted["applied"].as_array().into_iter().flatten();
    let mut lines: Vec<String> = sentences
        .filter_map(Json::as_str)
        .map(str::to_owned)
        .collect();
    let workflow = accepted["workflow"].as_str().unwrap_or_default();
    lines.push(match accepted["file"].as_str() {
        Some(file) => format!("saved as the newest version of `{workflow}`, and in {file}"),
        None => format!("saved as the newest version of `{workflow}`; a file that it was run from is as before (--file FILE writes it)"),
    });
    if let Some(why) = accepted["notResumed"]["detail"].as_str() {
        lines.push(format!("the run did not go on: {why}"));
    }
    if let Some(run) = accepted["resumed"]["runId"].as_str() {
        let status = accepted["resumed"]["status"]
            .as_str()
            .unwrap_or_default()
            .to_lowercase();
        lines.push(format!("run {run} went on: {status}"));
    }
    if let Some(count) = accepted["alike"]["count"]
        .as_u64()
        .filter(|count| *count > 0)
    {
        let id = accepted["proposal"]["id"].as_str().unwrap_or_default();
        lines.push(format!("{count} other runs failed the same way: to let them go on too: flowforge proposals recover {id}"));
    }
    lines.join("\n")
}
