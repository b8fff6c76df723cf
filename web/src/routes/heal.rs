//! Fixes with proof: looked for, and other runs recovered with one that was accepted.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use flowforge_ai::heal::Progress;
use flowforge_ai::heal::group::Count;
use flowforge_engine::{RunId, Seq};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::chat::{events, wants_events};
use crate::body::{JsonBody, PathOf};
use crate::colleague;
use crate::desk::heal::{Healing, Recovered};
use crate::problem::HttpProblem;
use crate::service::{AppState, apart, off_reactor};

/// Messages that may wait for a client; each replay is one.
const MESSAGES_MAX: usize = 1024;

/// What to heal.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct ToHeal {
    /// The frame that failed, by the event that opened it; the one to blame when absent.
    #[schema(value_type = Option<u64>)]
    frame: Option<Seq>,
}

/// Looks for fixes of a failed or paused run. Every one that is shown was replayed on recordings; nothing is sent and
/// nothing is changed.
///
/// With `Accept: text/event-stream`: `progress {done, of, what}`, then `done`, or `problem`.
#[utoipa::path(post, path = "/runs/{id}/heal", tag = "ai", request_body = ToHeal, params(("id" = String, Path, description = "the run")), responses(
    (status = 200, body = Healing),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
    (status = 409, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn heal(
    State(app): State<AppState>,
    PathOf(run): PathOf<RunId>,
    headers: HeaderMap,
    JsonBody(wanted): JsonBody<ToHeal>,
) -> Result<Response, HttpProblem> {
    if wants_events(&headers) {
        return Ok(told(app, run, wanted.frame));
    }
    let healing = apart(move || async move {
        let healing = app.desk().heal(run, wanted.frame, &mut |_| {}).await?;
        share(&app, &healing).await;
        Ok(healing)
    });
    Ok(Json(healing.await?).into_response())
}

/// Shows everybody what was found.
async fn share(app: &AppState, healing: &Healing) {
    for fix in &healing.fixes {
        colleague::share(app, fix).await;
    }
}

fn told(app: AppState, run: RunId, frame: Option<Seq>) -> Response {
    let (messages, receiver) = mpsc::channel(MESSAGES_MAX);
    let healing = apart(move || async move {
        let telling = messages.clone();
        // A client that does not read its progress misses some of it.
        let mut tell = |progress: Progress| drop(telling.try_send(("progress", json!(progress))));
        let healing = tokio::select! {
            healing = app.desk().heal(run, frame, &mut tell) => healing,
            () = messages.closed() => return Ok(()),
        };
        let last = match healing {
            Ok(healing) => {
                share(&app, &healing).await;
                ("done", json!(healing))
            }
            Err(error) => ("problem", json!(HttpProblem::from(error))),
        };
        drop(messages.send(last).await);
        Ok(())
    });
    tokio::spawn(healing);
    events(receiver)
}

/// How many runs to recover.
#[derive(Deserialize, ToSchema)]
pub(crate) struct HowMany {
    /// `1`, `10` or `"all"`.
    #[schema(value_type = serde_json::Value)]
    count: serde_json::Value,
}

impl HowMany {
    fn count(&self) -> Result<Count, HttpProblem> {
        match (self.count.as_u64(), self.count.as_str()) {
            (Some(1), _) => Ok(Count::One),
            (Some(10), _) => Ok(Count::Ten),
            (_, Some("all")) => Ok(Count::All),
            _ => {
                let detail = format!("expected 1, 10 or \"all\", found {}", self.count);
                Err(HttpProblem::invalid("wrong-count", detail))
            }
        }
    }
}

/// Lets other runs that failed in the same way go on with an accepted fix, one after the other, until one fails again.
#[utoipa::path(post, path = "/proposals/{id}/recover", tag = "ai", request_body = HowMany, params(("id" = String, Path, description = "the fix")), responses(
    (status = 200, body = Recovered),
    (status = 400, body = HttpProblem, content_type = "application/problem+json"),
    (status = 404, body = HttpProblem, content_type = "application/problem+json"),
    (status = 409, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn recover(
    State(app): State<AppState>,
    PathOf(id): PathOf<String>,
    JsonBody(how_many): JsonBody<HowMany>,
) -> Result<Json<Recovered>, HttpProblem> {
    let count = how_many.count()?;
    let reading = Arc::clone(&app);
    let (fix, patch) = off_reactor(move || Ok(reading.desk().accepted_fix(&id)?)).await?;
    let recovered =
        apart(move || async move { Ok(app.desk().recover(&fix, &patch, count).await?) });
    Ok(Json(recovered.await?))
}
