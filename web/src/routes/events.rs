//! Streams of events.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use flowforge_engine::RunId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::body::{PathOf, QueryOf};
use crate::problem::HttpProblem;
use crate::service::AppState;
use crate::sse;

/// Where to begin.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct From {
    /// The last event that is known already; `Last-Event-ID` counts more.
    from: Option<u64>,
}

/// What is recorded of a run, from `Last-Event-ID` or `from` on, until it has ended.
///
/// `id` is the event's seq, `event` its type, `data` is `{seq, at, event: {type, ...}}` with values as previews.
/// `reread` `{from}` tells a slow watcher to re-read what it missed; `end` `{status, lastSeq}` is the last message.
#[utoipa::path(get, path = "/runs/{id}/events", tag = "runs", params(("id" = String, Path, description = "the run"), From), responses(
    (status = 200, content_type = "text/event-stream", body = String),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
    (status = 429, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn of_run(
    State(app): State<AppState>,
    PathOf(run): PathOf<RunId>,
    QueryOf(from): QueryOf<From>,
    headers: HeaderMap,
) -> Result<Response, HttpProblem> {
    let sent = sse::after(&headers, from.from)?;
    sse::of_run(app, run, sent).await
}

/// What happens in the whole service from now on: `run` `{runId, workflow, status, frames, at}` when a run starts,
/// changes its status or ends; `workflow` `{id, hash}` when one is saved, without a hash when it is removed.
#[utoipa::path(get, path = "/events", tag = "service", responses(
    (status = 200, content_type = "text/event-stream", body = String),
    (status = 429, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn of_all(State(app): State<AppState>) -> Result<Response, HttpProblem> {
    sse::of_all(&app)
}
