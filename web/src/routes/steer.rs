//! Steering a run: answer what it waits for, attempt again, end it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use flowforge_engine::{NodeId, RunId, Value};
use flowforge_runtime::{RunHandle, Runtime, RuntimeError};
use serde::Deserialize;
use serde_json::Value as Json_;
use utoipa::ToSchema;

use super::forks::accepted;
use super::runs::{self, Started, Waiting};
use super::shown::RunResult;
use crate::body::{JsonBody, PathOf, QueryOf};
use crate::problem::HttpProblem;
use crate::service::{AppState, off_reactor};

/// Longest wait until what was asked is on disk.
const RECORDED_TIME_MAX: Duration = Duration::from_secs(10);

/// Why a run is to end.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Cancel {
    /// Why, or who.
    reason: Option<String>,
}

/// An answer to a run that waits.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Signal {
    /// The node that waits; the only one when absent.
    node: Option<String>,
    /// The answer. For `flow.approve`: `{"approved": true}`.
    #[serde(default)]
    #[schema(value_type = Json_)]
    value: Value,
}

/// Frames to attempt again.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Retry {
    /// Only those of this node.
    node: Option<String>,
}

/// Ends a run.
#[utoipa::path(post, path = "/runs/{id}/cancel", tag = "runs", request_body = Cancel, params(("id" = String, Path, description = "the run"), Waiting), responses(
    (status = 202, body = Started),
    (status = 200, description = "with `wait`", body = RunResult),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
    (status = 409, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn cancel(
    State(app): State<AppState>,
    PathOf(run): PathOf<RunId>,
    QueryOf(waiting): QueryOf<Waiting>,
    JsonBody(cancel): JsonBody<Cancel>,
) -> Result<Response, HttpProblem> {
    let reason = cancel
        .reason
        .unwrap_or_else(|| "cancelled through the API".into());
    steer(app, run, waiting.wait, move |runtime| {
        runtime.cancel(run, &reason)
    })
    .await
}

/// Answers what a run waits for from a person or a callback.
#[utoipa::path(post, path = "/runs/{id}/signal", tag = "runs", request_body = Signal, params(("id" = String, Path, description = "the run"), Waiting), responses(
    (status = 202, body = Started),
    (status = 200, description = "with `wait`", body = RunResult),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
    (status = 409, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn signal(
    State(app): State<AppState>,
    PathOf(run): PathOf<RunId>,
    QueryOf(waiting): QueryOf<Waiting>,
    JsonBody(signal): JsonBody<Signal>,
) -> Result<Response, HttpProblem> {
    let node = signal.node.map(NodeId::from);
    let value = signal.value;
    steer(app, run, waiting.wait, move |runtime| {
        runtime.signal(run, node.as_ref(), value)
    })
    .await
}

/// Attempts paused and interrupted frames again.
#[utoipa::path(post, path = "/runs/{id}/retry", tag = "runs", request_body = Retry, params(("id" = String, Path, description = "the run"), Waiting), responses(
    (status = 202, body = Started),
    (status = 200, description = "with `wait`", body = RunResult),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
    (status = 409, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn retry(
    State(app): State<AppState>,
    PathOf(run): PathOf<RunId>,
    QueryOf(waiting): QueryOf<Waiting>,
    JsonBody(retry): JsonBody<Retry>,
) -> Result<Response, HttpProblem> {
    let node = retry.node.map(NodeId::from);
    steer(app, run, waiting.wait, move |runtime| {
        runtime.retry(run, node.as_ref())
    })
    .await
}

/// Hands something to a run, and answers when that is on disk.
async fn steer(
    app: AppState,
    run: RunId,
    wait: bool,
    hand: impl FnOnce(&Runtime) -> Result<Option<RunHandle>, RuntimeError> + Send + 'static,
) -> Result<Response, HttpProblem> {
    let steering = Arc::clone(&app);
    let (handle, recorded) = off_reactor(move || {
        let recorded = steering.hub().recorded(run);
        Ok((hand(steering.runtime())?, recorded))
    })
    .await?;
    match handle {
        Some(handle) if wait => {
            let end = handle.ended().await?;
            return Ok(axum::Json(RunResult::from(end)).into_response());
        }
        Some(handle) => tokio::select! {
            _ = recorded => {}
            ended = handle.ended() => drop(ended?),
        },
        None => {
            let recorded = tokio::time::timeout(RECORDED_TIME_MAX, recorded).await;
            if recorded.is_err() {
                return Err(RuntimeError::Busy(run).into());
            }
        }
    }
    if wait {
        runs::at_rest(&app, run).await?;
        let result = off_reactor(move || runs::result(&app, run)).await?;
        return Ok(axum::Json(result).into_response());
    }
    Ok(accepted(run))
}
