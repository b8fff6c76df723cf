//! Runs as files, through the service.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use flowforge_engine::RunId;
use reqwest::{Method, Response};
use serde_json::Value as Json;

use super::{Remote, of_run};
use crate::cli::error::CliError;

impl Remote {
    /// Writes a run to a file, and tells its size in bytes. Nothing of a file that broke off stays.
    pub(crate) async fn export(&self, run: RunId, file: &Path) -> Result<u64, CliError> {
        let request = self.request(Method::GET, &of_run(run, "/export"), &[])?;
        let answer = self.answer(request).await?;
        let written = self.write(answer, file).await;
        if written.is_err() {
            // What went wrong is told; a file that was never made cannot be removed.
            let _ = std::fs::remove_file(file);
        }
        written
    }

    async fn write(&self, mut answer: Response, file: &Path) -> Result<u64, CliError> {
        let unwritten = |error: io::Error| CliError::WriteFile {
            path: file.to_owned(),
            error,
        };
        let mut out = BufWriter::new(File::create(file).map_err(unwritten)?);
        let mut bytes = 0;
        while let Some(piece) = answer.chunk().await.map_err(|error| self.broken(&error))? {
            out.write_all(&piece).map_err(unwritten)?;
            bytes += piece.len() as u64;
        }
        out.flush().map_err(unwritten)?;
        Ok(bytes)
    }

    /// Has the service take in a file.
    pub(crate) async fn import(&self, file: Vec<u8>) -> Result<Json, CliError> {
        let request = self.request(Method::POST, "/runs/import", &[])?;
        self.json(request.body(file)).await
    }
}
