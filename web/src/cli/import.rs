//! `flowforge import`.

use std::path::PathBuf;

use flowforge_engine::RunId;
use serde::Serialize;

use super::error::{CliError, Exit};
use super::output::Output;
use super::workspace::Workspace;

/// Take in a run that `flowforge export` wrote.
#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// The file.
    file: PathBuf,
}

/// What was taken in, for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Imported {
    run_id: RunId,
}

impl Import {
    pub(crate) fn run(self, workspace: &Workspace, output: &Output) -> Result<Exit, CliError> {
        let bytes = std::fs::read(&self.file).map_err(|error| CliError::ReadFile {
            path: self.file.clone(),
            error,
        })?;
        let run_id = workspace.journal()?.import(&bytes)?.run;
        output.result(&Imported { run_id }, |imported| {
            format!("took in run {}", imported.run_id)
        });
        Ok(Exit::Ok)
    }
}
