//! `flowforge chat`.

use std::path::{Path, PathBuf};

use flowforge_ai::Proposal;
use flowforge_engine::workflow::file;
use flowforge_engine::{Workflow, WorkflowId};
use serde_json::{Value as Json, json};

use super::check;
use super::error::{CliError, Exit};
use super::output::Output;
use super::proposals::{self, told};
use super::remote::Remote;
use super::run::path_step;
use crate::desk;

/// Say what a workflow should do, and get a change to it that can be looked at.
///
/// Nothing is changed without --apply. What was shown can be applied later: flowforge proposals accept ID.
#[derive(Debug, clap::Args)]
pub(crate) struct Chat {
    /// A workflow file, or the id of a workflow; one that is not there begins empty.
    #[arg(value_name = "FILE|ID")]
    workflow: String,
    /// What it should do, or what should be different.
    text: String,
    /// The conversation to go on with; the last answer named it.
    #[arg(long, value_name = "ID")]
    chat: Option<String>,
    /// Apply the proposal at once, when the checks find no error in the result.
    #[arg(long)]
    apply: bool,
}

/// Where the workflow is.
struct Subject {
    workflow: Workflow,
    file: Option<PathBuf>,
}

impl Chat {
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        let subject = Subject::find(&self.workflow, remote).await?;
        let said = json!({
            "workflow": subject.workflow.id, "draft": subject.workflow, "text": self.text, "chat": self.chat,
        });
        let done = remote.post("/chat", &[], &said).await?;
        let turn = &done["turn"];
        let proposal = match turn["proposals"][0].as_str() {
            Some(id) => Some(proposals::find(remote, id).await?),
            None => None,
        };
        let may_apply = self.apply && proposal.as_ref().is_some_and(Proposal::is_clean);
        if let Some(proposal) = proposal.as_ref().filter(|_| may_apply) {
            subject.apply(proposal, remote).await?;
        }
        let answer = json!({
            "chat": done["chat"], "answer": turn["answer"], "question": turn["question"], "by": turn["by"],
            "proposal": proposal, "applied": may_apply, "problem": turn["problem"],
        });
        output.result(&answer, |answer| {
            text_of(answer, &subject, proposal.as_ref())
        });
        let failed = !turn["problem"].is_null() || self.apply && !may_apply;
        Ok(if failed { Exit::Error } else { Exit::Ok })
    }
}

impl Subject {
    async fn find(name: &str, remote: &Remote) -> Result<Self, CliError> {
        let path = Path::new(name);
        if path.exists() {
            return Ok(Self {
                workflow: check::parsed(path)?,
                file: Some(path.to_owned()),
            });
        }
        if path.extension().is_some() {
            let id = path.file_stem().unwrap_or_default().to_string_lossy();
            return Ok(Self {
                workflow: desk::empty(&WorkflowId::from(&*id)),
                file: Some(path.to_owned()),
            });
        }
        let saved = remote
            .get(&format!("/workflows/{}", path_step(name)), &[])
            .await;
        let workflow = match saved {
            Ok(saved) => {
                serde_json::from_value(saved).map_err(|error| CliError::Usage(error.to_string()))?
            }
            Err(CliError::Refused { status: 404, .. }) => desk::empty(&WorkflowId::from(name)),
            Err(error) => return Err(error),
        };
        Ok(Self {
            workflow,
            file: None,
        })
    }

    /// Applies exactly what was shown. A file is saved first, as `flowforge run` does, and written afterwards.
    async fn apply(&self, proposal: &Proposal, remote: &Remote) -> Result<(), CliError> {
        if self.file.is_some() {
            let text = serde_json::to_string(&self.workflow)
                .map_err(|error| CliError::Usage(error.to_string()))?;
            remote.post_with("/workflows", None, text).await?;
        }
        proposals::accept(remote, proposal, &[], false).await?;
        let Some(path) = &self.file else {
            return Ok(());
        };
        let id = path_step(self.workflow.id.as_str());
        let saved = remote.get(&format!("/workflows/{id}"), &[]).await?;
        let workflow: Workflow =
            serde_json::from_value(saved).map_err(|error| CliError::Usage(error.to_string()))?;
        write(path, &workflow)
    }
}

/// Writes a workflow over its file. What it was stays beside it when it holds comments, which the document does not.
pub(crate) fn write(path: &Path, workflow: &Workflow) -> Result<(), CliError> {
    let failed = |error| CliError::WriteFile {
        path: path.to_owned(),
        error,
    };
    let is_json = path
        .extension()
        .is_some_and(|extension| extension == "json");
    let text = if is_json {
        serde_json::to_string_pretty(workflow).map_err(|error| failed(error.into()))? + "\n"
    } else {
        file::to_yaml(workflow).map_err(|error| CliError::Usage(error.to_string()))?
    };
    let old = std::fs::read_to_string(path).unwrap_or_default();
    if !is_json && old.lines().any(|line| line.contains('#')) {
        std::fs::write(path.with_extension("before.yaml"), old).map_err(failed)?;
    }
    let new = path.with_extension("new");
    std::fs::write(&new, text).map_err(failed)?;
    std::fs::rename(&new, path).map_err(failed)
}

fn text_of(answer: &Json, subject: &Subject, proposal: Option<&Proposal>) -> String {
    let mut lines = vec![answer["answer"].as_str().unwrap_or_default().to_owned()];
    if let Some(question) = answer["question"]["text"].as_str() {
        if !lines[0].contains(question) {
            lines.push(question.to_owned());
        }
        let choices = answer["question"]["choices"].as_array();
        lines.extend(
            choices
                .into_iter()
                .flatten()
                .filter_map(Json::as_str)
                .map(|choice| format!("  - {choice}")),
        );
    }
    if let Some(problem) = answer["problem"]["detail"].as_str() {
        lines.push(format!("stopped: {problem}"));
    }
    if let Some(proposal) = proposal {
        lines.push(String::new());
        lines.push(told(proposal, &subject.workflow));
        lines.push(next_step(answer, proposal));
    }
    if proposal.is_none() && answer["question"].is_null() {
        lines.push("No change is proposed.".into());
    }
    lines.push(format!(
        "(conversation {})",
        answer["chat"].as_str().unwrap_or_default()
    ));
    lines.join("\n")
}

fn next_step(answer: &Json, proposal: &Proposal) -> String {
    if answer["applied"] == true {
        "Applied.".into()
    } else if proposal.is_clean() {
        format!(
            "Not applied. To apply exactly this: flowforge proposals accept {}",
            proposal.id
        )
    } else {
        "Not applied: the result would have errors.".into()
    }
}
