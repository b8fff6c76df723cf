//! A run's frames.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use flowforge_engine::frame::Status;
use flowforge_engine::{RunId, Seq};
use flowforge_snapshots::moment::{FrameFilter, FramePage};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::list::{List, limit_of};
use crate::body::{PathOf, QueryOf};
use crate::openapi::shapes;
use crate::preview::Values;
use crate::problem::HttpProblem;
use crate::service::{AppState, off_reactor};

/// Which frames, and how values are shown.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Only frames of this node.
    node: Option<String>,
    /// Only frames with this status.
    #[param(value_type = Option<shapes::Status>, inline)]
    status: Option<Status>,
    /// `next` of the page before.
    cursor: Option<u64>,
    /// Most on the page; more than 200 count as 200.
    #[param(default = 50)]
    limit: Option<usize>,
    /// Whole values, or previews of large ones.
    #[serde(default)]
    #[param(inline)]
    values: Values,
}

/// How values are shown.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct How {
    /// Whole values, or previews of large ones.
    #[serde(default)]
    #[param(inline)]
    values: Values,
}

/// A run's frames in the order they were opened.
#[utoipa::path(get, path = "/runs/{id}/frames", tag = "time travel", params(("id" = String, Path, description = "the run"), Which), responses(
    (status = 200, body = List<shapes::ExecutionFrame>),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    State(app): State<AppState>,
    PathOf(run): PathOf<RunId>,
    QueryOf(which): QueryOf<Which>,
) -> Result<Response, HttpProblem> {
    let filter = FrameFilter {
        node: which.node.map(Into::into),
        status: which.status,
        up_to: None,
    };
    let (cursor, limit) = (which.cursor.map(Seq), limit_of(which.limit));
    off_reactor(move || match which.values {
        Values::Full => Ok(page(app.journal().frames(run, &filter, cursor, limit)?)),
        Values::Preview => {
            let FramePage { frames, next } =
                app.journal().frames_kept(run, &filter, cursor, limit)?;
            let frames = frames.into_iter();
            let frames = frames.map(|frame| app.hub().previews().frame(frame));
            let frames = frames.collect::<Result<_, _>>()?;
            Ok(page(FramePage { frames, next }))
        }
    })
    .await
}

fn page<V: Serialize>(page: FramePage<V>) -> Response {
    let next = page.next.map(|next| next.to_string());
    Json(List {
        items: page.frames,
        next,
    })
    .into_response()
}

/// The frame that an event opened.
#[utoipa::path(get, path = "/runs/{id}/frames/{opened}", tag = "time travel", params(
    ("id" = String, Path, description = "the run"), ("opened" = u64, Path, description = "the event that opened it"), How,
), responses(
    (status = 200, body = shapes::ExecutionFrame),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn show(
    State(app): State<AppState>,
    PathOf((run, opened)): PathOf<(RunId, Seq)>,
    QueryOf(how): QueryOf<How>,
) -> Result<Response, HttpProblem> {
    off_reactor(move || match how.values {
        Values::Full => {
            let frame = app.journal().frame(run, opened)?;
            Ok(Json(frame.ok_or_else(|| no_frame(run, opened))?).into_response())
        }
        Values::Preview => {
            let before = Some(Seq(opened.0.saturating_sub(1)));
            let page = app
                .journal()
                .frames_kept(run, &FrameFilter::default(), before, 1)?;
            let mut frames = page.frames.into_iter();
            let frame = frames.find(|frame| frame.opened_seq == opened);
            let frame = frame.ok_or_else(|| no_frame(run, opened))?;
            Ok(Json(app.hub().previews().frame(frame)?).into_response())
        }
    })
    .await
}

/// The event opened no frame.
pub(crate) fn no_frame(run: RunId, opened: Seq) -> HttpProblem {
    let detail = format!("event {opened} of run {run} opened no frame");
    HttpProblem::not_found("no-such-frame", detail)
}
