//! How two runs differ.

use axum::Json;
use axum::extract::State;
use flowforge_engine::{RunId, Seq};
use flowforge_snapshots::diff::RunDiff;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::body::QueryOf;
use crate::openapi::shapes;
use crate::problem::HttpProblem;
use crate::service::{AppState, off_reactor};

/// What to compare.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Two {
    /// `RUN`, or `RUN@SEQ` for a run up to an event.
    a: String,
    /// The other.
    b: String,
}

/// How run `b` differs from run `a`: frames aligned by node, path and attempt; values by structure, text by line.
#[utoipa::path(get, path = "/diff", tag = "time travel", params(Two), responses(
    (status = 200, body = shapes::RunDiff),
    (status = 400, body = HttpProblem, content_type = "application/problem+json"),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn show(
    State(app): State<AppState>,
    QueryOf(two): QueryOf<Two>,
) -> Result<Json<RunDiff>, HttpProblem> {
    let ((a, a_seq), (b, b_seq)) = (moment(&two.a)?, moment(&two.b)?);
    off_reactor(move || Ok(Json(app.journal().diff(a, a_seq, b, b_seq)?))).await
}

fn moment(text: &str) -> Result<(RunId, Option<Seq>), HttpProblem> {
    let wrong = || {
        HttpProblem::invalid(
            "wrong-moment",
            format!("expected RUN or RUN@SEQ, found `{text}`"),
        )
    };
    let (run, seq) = match text.split_once('@') {
        Some((run, seq)) => (run, Some(Seq(seq.parse().map_err(|_| wrong())?))),
        None => (text, None),
    };
    Ok((run.parse().map_err(|_| wrong())?, seq))
}
