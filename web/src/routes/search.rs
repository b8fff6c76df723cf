//! Which frames a value flowed through.

use axum::Json;
use axum::extract::State;
use flowforge_engine::RunId;
use flowforge_snapshots::search::{Hit, Question};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::list::limit_of;
use crate::body::QueryOf;
use crate::openapi::shapes;
use crate::problem::HttpProblem;
use crate::service::{AppState, off_reactor};

/// What to look for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Words, `"a phrase"`, or `field:value`; everything, newest first, when empty.
    #[serde(default)]
    q: String,
    /// Only in runs of this workflow.
    workflow: Option<String>,
    /// Only in this run.
    #[param(value_type = Option<String>, format = Uuid)]
    run: Option<RunId>,
    /// Only at this node.
    node: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Most on the page; more than 200 count as 200.
    #[param(default = 50)]
    limit: Option<usize>,
}

/// What was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct Found {
    /// Best first, newer first when equally good.
    #[schema(value_type = Vec<shapes::Hit>)]
    items: Vec<Hit>,
    /// What to ask for as `cursor` next; null on the last page.
    next: Option<String>,
    /// How many commits of the journal are not searched yet.
    lag: u64,
}

/// Searches every value that flowed.
#[utoipa::path(get, path = "/search", tag = "time travel", params(Asked), responses(
    (status = 200, body = Found),
    (status = 400, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn find(
    State(app): State<AppState>,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Json<Found>, HttpProblem> {
    off_reactor(move || {
        let question = Question {
            text: &asked.q,
            run: asked.run,
            workflow: asked.workflow.as_deref().map(Into::into),
            node: asked.node.as_deref().map(Into::into),
            limit: limit_of(asked.limit),
            cursor: asked.cursor.as_deref(),
        };
        let page = app.search().query(app.journal(), &question)?;
        Ok(Json(Found {
            items: page.hits,
            next: page.next,
            lag: page.lag,
        }))
    })
    .await
}
