//! What this service can do, and how fast it has been.

use axum::Json;
use axum::extract::State;
use flowforge_engine::workflow::{Limits, file};
use flowforge_engine::{Clock, Timestamp, script};
use flowforge_runtime::SystemClock;
use flowforge_snapshots::StatsFilter;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::HttpProblem;
use crate::service::{App, AppState, off_reactor};
use crate::{body, hub};

/// Runs of so many hours count for the measured latency.
const MEASURED_HOURS: i64 = 24;

/// What this service can do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Capabilities {
    version: &'static str,
    /// The names of the node types.
    node_types: Vec<&'static str>,
    limits: LimitsShown,
    /// What it has, by name.
    features: Vec<&'static str>,
    latency: Latency,
}

/// Bounds on what it is asked.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LimitsShown {
    body_bytes: usize,
    workflow_bytes: usize,
    workflow_nodes: usize,
    workflow_edges: usize,
    script_bytes: usize,
    script_ms: u64,
    /// Of a run, unless its workflow says otherwise.
    run_frames: u64,
    value_bytes: u64,
    watchers_per_run: usize,
}

/// How long the runs of the last 24 hours took; null when there were none.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Latency {
    runs: u64,
    p50_ms: Option<u64>,
    p95_ms: Option<u64>,
}

const FEATURES: [&str; 9] = [
    "snapshots",
    "replay",
    "fork",
    "diff",
    "search",
    "run-parts",
    "drafts",
    "events",
    "execute",
];

/// Node types, limits, features, and the measured latency of the last runs.
#[utoipa::path(get, path = "/capabilities", tag = "service", responses((status = 200, body = Capabilities)))]
pub(crate) async fn show(State(app): State<AppState>) -> Result<Json<Capabilities>, HttpProblem> {
    off_reactor(move || {
        let catalogue = app.runtime().catalogue();
        let nodes = catalogue.iter();
        Ok(Json(Capabilities {
            version: env!("CARGO_PKG_VERSION"),
            node_types: nodes.map(|node| node.spec().name).collect(),
            limits: limits(),
            features: FEATURES.to_vec(),
            latency: latency(&app)?,
        }))
    })
    .await
}

fn limits() -> LimitsShown {
    let of_run = Limits::default();
    LimitsShown {
        body_bytes: body::BODY_BYTES_MAX,
        workflow_bytes: file::FILE_BYTES_MAX,
        workflow_nodes: file::NODES_MAX,
        workflow_edges: file::EDGES_MAX,
        script_bytes: script::SOURCE_BYTES_MAX,
        script_ms: script::WALL_MS_DEFAULT,
        run_frames: of_run.max_frames,
        value_bytes: of_run.max_value_bytes,
        watchers_per_run: hub::WATCHERS_MAX,
    }
}

fn latency(app: &App) -> Result<Latency, HttpProblem> {
    let stats = app.journal().stats(&StatsFilter {
        since: hours_ago(MEASURED_HOURS),
        ..StatsFilter::default()
    })?;
    Ok(Latency {
        runs: stats.runs,
        p50_ms: stats.durations_ms.percentile_ms(50),
        p95_ms: stats.durations_ms.percentile_ms(95),
    })
}

/// The moment so many hours before now.
pub(crate) fn hours_ago(hours: i64) -> Timestamp {
    Timestamp(
        SystemClock
            .now()
            .0
            .saturating_sub(hours.saturating_mul(3_600_000)),
    )
}
