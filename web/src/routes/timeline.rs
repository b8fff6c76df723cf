//! A whole run at a glance.

use axum::Json;
use axum::extract::State;
use flowforge_engine::fold::Timeline;
use flowforge_engine::{RunId, Seq};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::body::{PathOf, QueryOf};
use crate::openapi::shapes;
use crate::problem::HttpProblem;
use crate::service::{AppState, off_reactor};

/// From where on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct From {
    /// Only frames that were opened or closed after this event, or are open; all when absent.
    #[param(minimum = 0)]
    from: Option<u64>,
}

/// Every frame of a run as columns of equal length, in the order they were opened.
#[utoipa::path(get, path = "/runs/{id}/timeline", tag = "time travel", params(("id" = String, Path, description = "the run"), From), responses(
    (status = 200, body = shapes::Timeline),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn show(
    State(app): State<AppState>,
    PathOf(run): PathOf<RunId>,
    QueryOf(from): QueryOf<From>,
) -> Result<Json<Timeline>, HttpProblem> {
    let from = from.from.filter(|from| *from > 0).map(Seq);
    off_reactor(move || Ok(Json(app.journal().timeline(run, from)?))).await
}
