//! Numbers for those who watch the service.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::metrics;
use crate::problem::HttpProblem;
use crate::service::{AppState, off_reactor};

/// Requests, runs, frames, effects and store, in the text format of Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "service", responses((status = 200, content_type = "text/plain", body = String)))]
pub(crate) async fn show(State(app): State<AppState>) -> Result<Response, HttpProblem> {
    off_reactor(move || {
        let size = app.journal().size()?;
        let text = metrics::text(app.requests(), app.runtime().counts(), &size);
        let kind = (
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        );
        Ok(([kind], text).into_response())
    })
    .await
}
