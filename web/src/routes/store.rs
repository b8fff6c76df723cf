//! How much room the journal takes, and making it smaller, as `flowforge store` does.

use axum::Json;
use axum::extract::State;
use flowforge_engine::Clock;
use flowforge_runtime::SystemClock;
use flowforge_snapshots::{Retained, Retention, SizeReport};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::JsonBody;
use crate::openapi::shapes;
use crate::problem::HttpProblem;
use crate::service::{AppState, off_reactor};

/// Which finished runs may go. Limits that are absent do not count; one must be there.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Pruning {
    /// Runs that ended longer ago than this go.
    pub(crate) age_ms: Option<u64>,
    /// Of the finished runs, this many of the latest stay.
    pub(crate) runs_max: Option<u64>,
    /// The oldest go until the journal's segments and values take at most this many bytes.
    pub(crate) bytes_max: Option<u64>,
}

/// What pruning did.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pruned {
    /// How many runs were removed.
    pub(crate) runs_removed: u64,
    /// Bytes of segments and values before.
    pub(crate) bytes_before: u64,
    /// The same afterwards.
    pub(crate) bytes_after: u64,
}

impl From<Retained> for Pruned {
    fn from(done: Retained) -> Self {
        Self {
            runs_removed: done.runs,
            bytes_before: done.bytes_before,
            bytes_after: done.bytes_after,
        }
    }
}

impl From<&Retention> for Pruning {
    fn from(policy: &Retention) -> Self {
        Self {
            age_ms: policy.age_ms,
            runs_max: policy.runs_max,
            bytes_max: policy.bytes_max,
        }
    }
}

/// How much room the journal takes, and for what.
#[utoipa::path(get, path = "/store", tag = "service", responses((status = 200, body = shapes::StoreSize)))]
pub(crate) async fn size(State(app): State<AppState>) -> Result<Json<SizeReport>, HttpProblem> {
    off_reactor(move || Ok(Json(app.journal().size()?))).await
}

/// Merges small pieces and gives unused room back. At the end everything else waits while the file is written anew.
#[utoipa::path(post, path = "/store/compact", tag = "service", responses(
    (status = 200, body = shapes::StoreSize),
    (status = 507, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn compact(State(app): State<AppState>) -> Result<Json<SizeReport>, HttpProblem> {
    off_reactor(move || {
        app.journal().compact()?;
        Ok(Json(app.journal().size()?))
    })
    .await
}

/// Removes finished runs; what a run that stays or a fork shares is never removed.
#[utoipa::path(post, path = "/store/prune", tag = "service", request_body = Pruning, responses(
    (status = 200, body = Pruned),
    (status = 400, body = HttpProblem, content_type = "application/problem+json"),
))]
pub(crate) async fn prune(
    State(app): State<AppState>,
    JsonBody(asked): JsonBody<Pruning>,
) -> Result<Json<Pruned>, HttpProblem> {
    let policy = Retention {
        age_ms: asked.age_ms,
        runs_max: asked.runs_max,
        bytes_max: asked.bytes_max,
        ..Retention::default()
    };
    if policy == Retention::default() {
        let detail = "nothing says which runs may go";
        return Err(HttpProblem::invalid("no-limit", detail)
            .with_hint("give `ageMs`, `runsMax` or `bytesMax`"));
    }
    off_reactor(move || {
        let done = app.journal().retain(&policy, SystemClock.now())?;
        app.search().reconcile(app.journal())?;
        Ok(Json(done.into()))
    })
    .await
}
