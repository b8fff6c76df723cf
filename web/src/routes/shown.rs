//! Runs as they are shown.

use flowforge_engine::event::Mode;
use flowforge_engine::frame::Status;
use flowforge_engine::{Failure, RunId, Timestamp, Value};
use flowforge_runtime::{RunEnd, Wait};
use flowforge_snapshots::{Journal, ReadError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::shapes;

/// What a list shows of a run.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunRow {
    /// The run.
    #[schema(value_type = String, format = Uuid)]
    run: RunId,
    /// What it executes; for a fork, after its changes.
    #[schema(value_type = shapes::WorkflowRef)]
    workflow: flowforge_engine::event::WorkflowRef,
    /// Live or dry.
    #[schema(value_type = shapes::Mode)]
    mode: Mode,
    /// Where it is in its life.
    #[schema(value_type = shapes::Status)]
    status: Status,
    /// When its first own event was recorded.
    #[schema(value_type = String, format = DateTime)]
    started: Timestamp,
    /// When it ended; null while it has not.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended: Option<Timestamp>,
    /// How long it took; null while it has not ended.
    duration_ms: Option<u64>,
    /// Its last event.
    last_seq: u64,
    /// How many frames it opened itself.
    frames: u64,
    /// How many of these failed.
    failed_frames: u64,
    /// The run it was forked from.
    #[schema(value_type = Option<shapes::ForkOf>)]
    fork_of: Option<flowforge_snapshots::ForkOf>,
    /// How many forks were made of it.
    forks: usize,
    /// The idempotency key it was started with.
    key: Option<String>,
    /// Whether it came from a file.
    imported: bool,
    /// What somebody called it.
    name: Option<String>,
}

impl RunRow {
    /// The row, with what the journal knows besides.
    pub(crate) fn of(
        journal: &Journal,
        row: flowforge_snapshots::RunRow,
    ) -> Result<Self, ReadError> {
        let name = journal.run_name(row.run)?;
        Ok(Self {
            forks: journal.forks(row.run)?.len(),
            duration_ms: row.ended.map(|ended| ended.since_ms(row.started)),
            run: row.run,
            workflow: row.workflow,
            mode: row.mode,
            status: row.status,
            started: row.started,
            ended: row.ended,
            last_seq: row.last_seq.0,
            frames: row.frames,
            failed_frames: row.failed_frames,
            fork_of: row.fork_of,
            key: row.key,
            imported: row.imported,
            name,
        })
    }
}

impl RunRow {
    pub(crate) fn status(&self) -> Status {
        self.status
    }
}

/// How a run stands once it has ended or waits, as `flowforge run --json` prints it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunResult {
    run_id: String,
    #[schema(value_type = shapes::Status)]
    status: Status,
    #[schema(value_type = serde_json::Value)]
    output: Value,
    frames: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<shapes::Failure>)]
    error: Option<Failure>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Option<Vec<shapes::Wait>>)]
    waits: Vec<Wait>,
}

impl From<RunEnd> for RunResult {
    fn from(end: RunEnd) -> Self {
        Self {
            run_id: end.id.to_string(),
            status: end.status,
            output: end.output,
            frames: end.frames,
            error: end.error,
            waits: end.waits,
        }
    }
}
