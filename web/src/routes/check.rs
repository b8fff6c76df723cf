//! What is wrong with a workflow or a script. Nothing is evaluated here.

use axum::Json;
use axum::extract::State;
use flowforge_engine::check::check;
use flowforge_engine::script::compile_script;
use flowforge_engine::{Failure, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::{Document, JsonBody};
use crate::openapi::shapes;
use crate::problem::HttpProblem;
use crate::service::{AppState, off_reactor};

/// What is wrong.
#[derive(Serialize, ToSchema)]
pub(crate) struct Checked {
    #[schema(value_type = Vec<shapes::Problem>)]
    problems: Vec<Problem>,
}

/// A script to look at.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Script {
    /// Rhai.
    code: String,
}

/// Finds every problem of a workflow, which is not saved.
#[utoipa::path(post, path = "/check", tag = "workflows",
    request_body(content((shapes::Workflow = "application/json"), (String = "application/yaml"))),
    responses(
        (status = 200, body = Checked),
        (status = 400, body = HttpProblem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn workflow(
    State(app): State<AppState>,
    Document(workflow): Document,
) -> Result<Json<Checked>, HttpProblem> {
    off_reactor(move || {
        let problems = check(&workflow, &app.runtime().catalogue());
        Ok(Json(Checked { problems }))
    })
    .await
}

/// Checks that a script parses; it is never evaluated.
#[utoipa::path(post, path = "/scripts/check", tag = "catalogue", request_body = Script, responses(
    (status = 200, body = Checked),
    (status = 400, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn script(
    JsonBody(script): JsonBody<Script>,
) -> Result<Json<Checked>, HttpProblem> {
    off_reactor(move || {
        let failure = compile_script(&script.code).err();
        let problems = failure.into_iter().map(problem).collect();
        Ok(Json(Checked { problems }))
    })
    .await
}

/// A failure to parse, as a complaint at its place.
pub(crate) fn problem(failure: Failure) -> Problem {
    let code = serde_json::to_value(failure.kind).ok();
    let code = code
        .as_ref()
        .and_then(serde_json::Value::as_str)
        .unwrap_or("script");
    Problem::error(code, failure.message)
        .at(failure.place.unwrap_or_default())
        .with_hint(failure.hint)
}
