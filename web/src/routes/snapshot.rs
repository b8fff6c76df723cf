//! A run at one moment.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use flowforge_engine::{RunId, Seq};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::body::{PathOf, QueryOf};
use crate::openapi::shapes;
use crate::preview::Values;
use crate::problem::HttpProblem;
use crate::service::{AppState, off_reactor};

/// Which moment, and how values are shown.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Moment {
    /// The last event that is included; the run's last when absent.
    seq: Option<u64>,
    /// Whole values, or previews of large ones.
    #[serde(default)]
    #[param(inline)]
    values: Values,
}

/// The run after event `seq`: every node's status and values.
#[utoipa::path(get, path = "/runs/{id}/snapshot", tag = "time travel", params(("id" = String, Path, description = "the run"), Moment), responses(
    (status = 200, body = shapes::Snapshot),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn show(
    State(app): State<AppState>,
    PathOf(run): PathOf<RunId>,
    QueryOf(moment): QueryOf<Moment>,
) -> Result<Response, HttpProblem> {
    let seq = moment.seq.map(Seq);
    off_reactor(move || match moment.values {
        Values::Full => Ok(Json(app.journal().snapshot(run, seq)?).into_response()),
        Values::Preview => {
            let snapshot = app.journal().snapshot_kept(run, seq)?;
            Ok(Json(app.hub().previews().snapshot(snapshot)?).into_response())
        }
    })
    .await
}
