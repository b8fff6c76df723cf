//! `flowforge export`.

use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

use flowforge_engine::RunId;
use serde::Serialize;

use super::error::{CliError, Exit};
use super::output::Output;
use super::remote::Remote;
use super::workspace::Workspace;

/// Write a run to one file that can be looked at, forked and replayed elsewhere.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// The run.
    run: RunId,
    /// The file.
    file: PathBuf,
}

/// What was written, for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Exported {
    run_id: RunId,
    file: PathBuf,
    bytes: u64,
}

impl Export {
    pub(crate) fn run(self, workspace: &Workspace, output: &Output) -> Result<Exit, CliError> {
        let journal = workspace.journal()?;
        journal.run(self.run)?.ok_or(CliError::NoRun(self.run))?;
        let unwritten = |error| CliError::WriteFile {
            path: self.file.clone(),
            error,
        };
        let mut out = BufWriter::new(File::create(&self.file).map_err(unwritten)?);
        journal.export(self.run, &mut out)?;
        let bytes = out
            .into_inner()
            .map_err(|error| unwritten(error.into_error()))?
            .metadata()
            .map_err(unwritten)?
            .len();
        self.tell(bytes, output);
        Ok(Exit::Ok)
    }

    /// Has the service write it.
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        let bytes = remote.export(self.run, &self.file).await?;
        self.tell(bytes, output);
        Ok(Exit::Ok)
    }

    fn tell(self, bytes: u64, output: &Output) {
        let exported = Exported {
            run_id: self.run,
            file: self.file,
            bytes,
        };
        output.result(&exported, |exported| {
            format!(
                "wrote {} ({} bytes)",
                exported.file.display(),
                exported.bytes
            )
        });
    }
}
