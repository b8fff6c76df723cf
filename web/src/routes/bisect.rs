//! Which edit broke a recorded run.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use flowforge_engine::RunId;
use flowforge_engine::edit::Patch;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json_;
use utoipa::ToSchema;

use super::history::{HistoryRow, published_hash};
use super::workflows;
use crate::body::JsonBody;
use crate::history::bisect::{self, Found, Question, Step};
use crate::history::who::By;
use crate::problem::HttpProblem;
use crate::service::{App, AppState, apart};

/// What to look for.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Bisect {
    /// The recorded run.
    #[schema(value_type = String, format = Uuid)]
    run: RunId,
    /// A version under which it comes out as it should.
    good: String,
    /// A later version under which it does not.
    bad: String,
}

/// The edit that broke the run.
#[derive(Serialize, ToSchema)]
pub(crate) struct Broke {
    /// The first version under which the run comes out differently.
    version: HistoryRow,
    /// What it did to the last good version.
    #[schema(value_type = Vec<Json_>)]
    patch: Patch,
    /// The same, one sentence an edit.
    sentences: Vec<String>,
    /// Who did it.
    by: Vec<By>,
    /// The versions that were looked at, in that order.
    steps: Vec<StepRow>,
    /// Versions between the last good and the first bad one that cannot be told: the edit may be in one of them.
    untold: Vec<HistoryRow>,
}

/// A version that was looked at.
#[derive(Serialize, ToSchema)]
pub(crate) struct StepRow {
    hash: String,
    /// `good`, `bad`, or `skipped` when the run cannot be played under it.
    verdict: &'static str,
    /// Why it is bad, or what is in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// Finds the edit between two versions that broke a recorded run, by playing it again from its recordings under the
/// versions in between. Nothing is performed.
#[utoipa::path(post, path = "/bisect", tag = "history", request_body = Bisect, responses(
    (status = 200, body = Broke),
    (status = 400, body = HttpProblem, content_type = "application/problem+json"),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn bisect(
    State(app): State<AppState>,
    JsonBody(asked): JsonBody<Bisect>,
) -> Result<Json<Broke>, HttpProblem> {
    let question = Question {
        run: asked.run,
        good: workflows::hash_of(&asked.good)?,
        bad: workflows::hash_of(&asked.bad)?,
    };
    apart(move || async move {
        let found = bisect::bisect(app.runtime(), question).await?;
        Broke::of(&app, asked.run, found).map(Json)
    })
    .await
}

impl Broke {
    fn of(app: &Arc<App>, run: RunId, found: Found) -> Result<Self, HttpProblem> {
        let row = app
            .journal()
            .run(run)?
            .ok_or_else(|| HttpProblem::no_run(run))?;
        let published = published_hash(app, &row.workflow.id)?;
        let untold = found.untold.into_iter();
        Ok(Self {
            version: HistoryRow::of(found.version, published),
            patch: found.patch,
            sentences: found.sentences,
            by: found.by,
            steps: found.steps.into_iter().map(StepRow::of).collect(),
            untold: untold
                .map(|version| HistoryRow::of(version, published))
                .collect(),
        })
    }
}

impl StepRow {
    fn of(step: Step) -> Self {
        Self {
            hash: step.hash.to_string(),
            verdict: step.verdict,
            why: step.why,
        }
    }
}
