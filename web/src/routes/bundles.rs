//! Runs as files: out of this journal, and into it.

use std::io::{self, Write};

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use flowforge_engine::RunId;
use flowforge_snapshots::{ExportError, Journal};
use futures_util::stream::unfold;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::runs::Started;
use crate::body::{Bundle, PathOf};
use crate::problem::HttpProblem;
use crate::service::{AppState, off_reactor};

/// How much of a file is handed over at a time, in bytes.
const PIECE_BYTES: usize = 64 << 10;
/// Pieces that wait for a slow reader; then the journal is read no further.
const PIECES_MAX: usize = 4;

/// A piece of the file, or why there are no more.
type Piece = Result<Bytes, ExportError>;

/// A run as one file, which `POST /api/v1/runs/import` takes, here or elsewhere.
#[utoipa::path(get, path = "/runs/{id}/export", tag = "runs", params(("id" = String, Path, description = "the run")), responses(
    (status = 200, description = "the file", content_type = "application/octet-stream", body = Vec<u8>),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn export(
    State(app): State<AppState>,
    PathOf(run): PathOf<RunId>,
) -> Result<Response, HttpProblem> {
    let (pieces, mut written) = channel(PIECES_MAX);
    let journal = app.journal().clone();
    tokio::task::spawn_blocking(move || write(&journal, run, pieces));
    // What is wrong with the run shows before its first byte, and is a problem then, not half a file.
    let first = match written.recv().await {
        Some(first) => first?,
        None => return Err(HttpProblem::internal("the export wrote nothing")),
    };
    let name = format!("attachment; filename=\"{run}.flowforge\"");
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, body(first, written)).into_response())
}

fn body(first: Bytes, written: Receiver<Piece>) -> Body {
    Body::from_stream(unfold(
        (Some(first), written),
        |(first, mut written)| async {
            let piece = match first {
                Some(first) => Ok(first),
                None => written.recv().await?,
            };
            Some((piece, (None, written)))
        },
    ))
}

/// Writes the file piece by piece; ends early when nobody reads it any more.
fn write(journal: &Journal, run: RunId, pieces: Sender<Piece>) {
    let mut out = Pieces {
        pieces,
        unsent: Vec::with_capacity(PIECE_BYTES),
    };
    if let Err(error) = journal.export(run, &mut out) {
        tracing::debug!(%error, %run, "an export was not finished");
        // Whoever asked may have gone, which can be the very reason.
        let _ = out.pieces.blocking_send(Err(error));
    }
}

/// A file that is sent while it is written.
struct Pieces {
    pieces: Sender<Piece>,
    unsent: Vec<u8>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unsent.extend_from_slice(bytes);
        if self.unsent.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.unsent.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.unsent, Vec::with_capacity(PIECE_BYTES));
        self.pieces
            .blocking_send(Ok(piece.into()))
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// Takes in a run that was exported, here or elsewhere. It is never resumed by itself.
#[utoipa::path(post, path = "/runs/import", tag = "runs",
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "the file"),
    responses(
        (status = 201, description = "taken in", body = Started),
        (status = 200, description = "it was there already, event for event", body = Started),
        (status = 409, description = "another run has its id", body = HttpProblem, content_type = "application/problem+json"),
        (status = 413, body = HttpProblem, content_type = "application/problem+json"),
        (status = 422, description = "it is no exported run, or damaged", body = HttpProblem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn import(
    State(app): State<AppState>,
    Bundle(file): Bundle,
) -> Result<Response, HttpProblem> {
    let imported = off_reactor(move || Ok(app.journal().import(&file)?)).await?;
    let status = if imported.is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let run_id = imported.run;
    Ok((status, Json(Started { run_id })).into_response())
}
