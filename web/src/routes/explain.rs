//! Workflows, frames and differences in words.

use axum::Json;
use axum::extract::State;
use flowforge_ai::explain::Explained;
use flowforge_engine::{RunId, Seq, Workflow};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body::JsonBody;
use crate::desk::Subject;
use crate::openapi::{proposed, shapes};
use crate::problem::HttpProblem;
use crate::service::{AppState, apart};

/// What to explain: a workflow, a frame of a run, or the difference between two runs.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ToExplain {
    workflow: Option<String>,
    /// The workflow as the person sees it, when that is not the saved one.
    #[schema(value_type = Option<shapes::Workflow>)]
    draft: Option<Workflow>,
    #[schema(value_type = Option<String>, format = Uuid)]
    run: Option<RunId>,
    /// The event that opened the frame.
    #[schema(value_type = Option<u64>)]
    frame: Option<Seq>,
    diff: Option<Two>,
}

/// Two runs.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Two {
    #[schema(value_type = String, format = Uuid)]
    a: RunId,
    #[schema(value_type = String, format = Uuid)]
    b: RunId,
}

impl ToExplain {
    fn subject(self) -> Result<Subject, HttpProblem> {
        match (self.workflow, self.run, self.frame, self.diff) {
            (_, _, _, Some(Two { a, b })) => Ok(Subject::Difference(a, b)),
            (_, Some(run), Some(frame), None) => Ok(Subject::Frame(run, frame)),
            (Some(workflow), None, None, None) => {
                Ok(Subject::Workflow(workflow.into(), self.draft.map(Box::new)))
            }
            _ => {
                let detail = "expected `workflow`, or `run` with `frame`, or `diff`";
                Err(HttpProblem::invalid("wrong-subject", detail))
            }
        }
    }
}

/// In sentences, each with the node or frame that it is about.
#[utoipa::path(post, path = "/explain", tag = "ai", request_body = ToExplain, responses(
    (status = 200, body = proposed::Explained),
    (status = 400, body = HttpProblem, content_type = "application/problem+json"),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn explain(
    State(app): State<AppState>,
    JsonBody(wanted): JsonBody<ToExplain>,
) -> Result<Json<Explained>, HttpProblem> {
    let subject = wanted.subject()?;
    let explained = apart(move || async move { Ok(app.desk().explain(subject).await?) });
    Ok(Json(explained.await?))
}
