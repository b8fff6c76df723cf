//! `flowforge import`.

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::error::{CliError, Exit};
use super::output::{Output, word};
use super::remote::Remote;
use super::workspace::Workspace;

/// Take in a run that `flowforge export` wrote.
#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// The file.
    file: PathBuf,
}

impl Import {
    pub(crate) fn run(self, workspace: &Workspace, output: &Output) -> Result<Exit, CliError> {
        let file = self.read()?;
        let run = workspace.journal()?.import(&file)?.run;
        tell(&json!({ "runId": run }), output);
        Ok(Exit::Ok)
    }

    /// Has the service take it in.
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        tell(&remote.import(self.read()?).await?, output);
        Ok(Exit::Ok)
    }

    fn read(&self) -> Result<Vec<u8>, CliError> {
        std::fs::read(&self.file).map_err(|error| CliError::ReadFile {
            path: self.file.clone(),
            error,
        })
    }
}

fn tell(imported: &Json, output: &Output) {
    output.result(imported, |imported| {
        format!("took in run {}", word(&imported["runId"]))
    });
}
