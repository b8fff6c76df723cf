//! `flowforge fork`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use flowforge_engine::Seq;
use flowforge_engine::event::Mode;
use flowforge_runtime::fork::{Fork as Request, GivenAnswer};
use serde_json::{Value as Json, json};

use super::check;
use super::error::{CliError, Exit};
use super::input::{self, Moment};
use super::output::{Output, items, json_of, one_line, path, table, word};
use super::remote::{self, Remote};
use super::run::finish;
use super::workspace::{Opened, Workspace};

/// A new run that shares everything up to a moment with another, and does the rest anew.
///
/// Dry unless --live: effects are answered from the recording, and one that it does not know stops and asks.
#[derive(Debug, clap::Args)]
pub(crate) struct Fork {
    /// The run and the last event to share.
    #[arg(value_name = "RUN@SEQ")]
    moment: Moment,
    /// Change a parameter or code; may be repeated.
    #[arg(long, value_name = "NODE.PARAM=JSON")]
    set: Vec<String>,
    /// Give a node another input, the next time it opens; may be repeated.
    #[arg(long, value_name = "NODE=JSON")]
    input: Vec<String>,
    /// Answer a question of a node yourself: "what if it had answered this"; questions are counted from 0; may be repeated.
    #[arg(long, value_name = "NODE.ORDINAL=JSON")]
    answer: Vec<String>,
    /// Go on with another version of the workflow.
    #[arg(long, value_name = "FILE")]
    workflow: Option<PathBuf>,
    /// Perform effects.
    #[arg(long)]
    live: bool,
    /// Only tell what a live fork would send.
    #[arg(long)]
    plan: bool,
}

impl Fork {
    pub(crate) async fn run(
        self,
        workspace: &Workspace,
        output: &Output,
    ) -> Result<Exit, CliError> {
        let opened = workspace.open()?;
        let plan_only = self.plan;
        let fork = self.request(&opened)?;
        if plan_only {
            let plan = opened.runtime().plan_fork(&fork).await?;
            output.result(&json_of(&plan)?, text);
            return Ok(Exit::Ok);
        }
        let handle = opened.runtime().fork(&fork)?;
        finish(&opened, handle, output).await
    }

    fn request(self, opened: &Opened) -> Result<Request, CliError> {
        let seq = self.seq()?;
        let file = |path: PathBuf| check::checked(&path, &opened.runtime().catalogue());
        let inputs = self.input.iter().map(|text| input::assignment(text));
        Ok(Request {
            run: self.moment.run,
            seq,
            params: self
                .set
                .iter()
                .map(|text| input::param(text))
                .collect::<Result<_, _>>()?,
            inputs: inputs
                .map(|given| given.map(|(node, value)| (node.into(), value)))
                .collect::<Result<_, _>>()?,
            answers: self
                .answer
                .iter()
                .map(|text| given(text))
                .collect::<Result<_, _>>()?,
            workflow: self.workflow.map(file).transpose()?,
            mode: if self.live { Mode::Live } else { Mode::Dry },
        })
    }
}

impl Fork {
    /// Has the service fork it.
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        let seq = self.seq()?;
        let assignments = |texts: &[String]| {
            let each = texts.iter().map(|text| input::assignment(text));
            each.collect::<Result<BTreeMap<_, _>, _>>()
        };
        let catalogue = remote.catalogue().await?;
        let read = |path: &PathBuf| check::checked(path, &catalogue);
        let body = json!({
            "seq": seq, "set": assignments(&self.set)?, "inputs": assignments(&self.input)?,
            "answers": assignments(&self.answer)?,
            "workflow": self.workflow.as_ref().map(read).transpose()?,
            "live": self.live, "plan": self.plan,
        });
        let path = remote::of_run(self.moment.run, "/fork");
        let answer = remote.post(&path, &[], &body).await?;
        if self.plan {
            output.result(&answer, text);
            return Ok(Exit::Ok);
        }
        remote.finish(&answer, output).await
    }

    fn seq(&self) -> Result<Seq, CliError> {
        self.moment.seq.ok_or_else(|| {
            CliError::Usage(
                "a fork needs a moment: RUN@SEQ; `flowforge frames RUN` lists them".into(),
            )
        })
    }
}

fn given(text: &str) -> Result<GivenAnswer, CliError> {
    let (place, answer) = input::assignment(text)?;
    GivenAnswer::at(&place, answer)
        .ok_or_else(|| CliError::Usage(format!("expected NODE.ORDINAL=JSON, found `{text}`")))
}

fn text(plan: &Json) -> String {
    let effects = items(&plan["effects"]);
    if effects.is_empty() {
        return "a live fork would send nothing".into();
    }
    let row = |planned: &Json| {
        let known = if planned["recorded"] == true {
            "answer recorded"
        } else {
            "answer unknown"
        };
        [
            word(&planned["nodeId"]).to_owned(),
            path(&planned["path"]),
            known.into(),
            one_line(&planned["request"], 100),
        ]
    };
    let list = table(["node", "in", "then", "request"], effects.iter().map(row));
    let end = if plan["complete"] == true {
        "and then the run would end"
    } else {
        "and what follows depends on unknown answers"
    };
    format!("{list}\n{end}")
}
