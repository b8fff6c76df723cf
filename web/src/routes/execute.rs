//! Runs a workflow that is sent, and streams what happens.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use flowforge_engine::{Seq, Value, Workflow};
use flowforge_runtime::StartRun;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::runs;
use crate::body::{self, Text};
use crate::openapi::shapes;
use crate::problem::HttpProblem;
use crate::service::{AppState, off_reactor};
use crate::sse;

/// Names the run in the head of the answer.
const RUN_ID: HeaderName = HeaderName::from_static("x-run-id");

/// A workflow with its input.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WithInput {
    #[schema(value_type = shapes::Workflow)]
    workflow: Workflow,
    /// The run's input; null when absent.
    #[serde(default)]
    #[schema(value_type = serde_json::Value)]
    input: Value,
}

/// Runs a workflow, which is not saved, and streams its events as `GET /api/v1/runs/{id}/events` does.
///
/// The body is a workflow as JSON or YAML, or `{"workflow": ..., "input": ...}`. The header `x-run-id` names the run;
/// it goes on when the client leaves.
#[utoipa::path(post, path = "/execute", tag = "runs",
    request_body(content((shapes::Execute = "application/json"), (String = "application/yaml"))),
    responses(
        (status = 200, content_type = "text/event-stream", body = String),
        (status = 400, body = HttpProblem, content_type = "application/problem+json"),
        (status = 422, body = HttpProblem, content_type = "application/problem+json"),
        (status = 503, body = HttpProblem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn execute(
    State(app): State<AppState>,
    Text(text): Text,
) -> Result<Response, HttpProblem> {
    let WithInput { workflow, input } = read(&text)?;
    let preparing = Arc::clone(&app);
    let (plan, _) = off_reactor(move || Ok(preparing.runtime().prepare(workflow)?)).await?;
    let handle = app.runtime().start(StartRun {
        plan,
        input,
        idempotency_key: None,
    })?;
    let run = runs::recorded(&app, handle).await?;
    let mut response = sse::of_run(app, run, Seq(0)).await?;
    if let Ok(id) = HeaderValue::from_str(&run.to_string()) {
        response.headers_mut().insert(RUN_ID, id);
    }
    Ok(response)
}

/// A workflow has a `graph`; what has a `workflow` instead brings its input along.
fn read(text: &str) -> Result<WithInput, HttpProblem> {
    if let Ok(with_input) = serde_json::from_str(text) {
        return Ok(with_input);
    }
    Ok(WithInput {
        workflow: body::parse_document(text)?,
        input: Value::Null,
    })
}
