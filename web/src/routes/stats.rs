//! Runs in numbers, for a dashboard.

use axum::Json;
use axum::extract::State;
use flowforge_engine::Timestamp;
use flowforge_engine::frame::Status;
use flowforge_snapshots::{Hour, NodeDurations, StatsFilter, TIMED_RUNS_MAX};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::capabilities::hours_ago;
use crate::body::QueryOf;
use crate::problem::HttpProblem;
use crate::service::{App, AppState, off_reactor};

/// How far back when nobody says.
const HOURS_DEFAULT: u32 = 24;
/// How far back at most: a year.
const HOURS_MAX: u32 = 366 * 24;
/// How many of the slowest nodes are told.
const NODES_MAX: usize = 20;

/// Which runs count.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Only runs of this workflow.
    workflow: Option<String>,
    /// Runs that started within so many hours.
    #[param(default = 24)]
    hours: Option<u32>,
}

/// Runs in numbers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stats {
    runs: u64,
    failed: u64,
    /// Half of those that completed or failed took no longer; null when there were none.
    p50_ms: Option<u64>,
    p95_ms: Option<u64>,
    /// By the hour in which they started; hours without runs are left out.
    per_hour: Vec<HourShown>,
    /// Nodes of the newest runs, the slowest first.
    slowest_nodes: Vec<NodeShown>,
    store: Store,
}

#[derive(Serialize, ToSchema)]
struct HourShown {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    runs: u64,
    completed: u64,
    failed: u64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NodeShown {
    workflow: String,
    node_id: String,
    p50_ms: u64,
    p95_ms: u64,
    count: usize,
}

/// How much room the journal takes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Store {
    bytes: u64,
    free_bytes: u64,
    runs: u64,
    event_bytes: u64,
    value_bytes: u64,
    /// The same values counted as often as they flowed.
    flowed_value_bytes: u64,
}

/// Runs, failures, durations, the slowest nodes, and the size of the store.
#[utoipa::path(get, path = "/stats", tag = "service", params(Which), responses((status = 200, body = Stats)))]
pub(crate) async fn show(
    State(app): State<AppState>,
    QueryOf(which): QueryOf<Which>,
) -> Result<Json<Stats>, HttpProblem> {
    off_reactor(move || stats(&app, &which).map(Json)).await
}

fn stats(app: &App, which: &Which) -> Result<Stats, HttpProblem> {
    let hours = which.hours.unwrap_or(HOURS_DEFAULT).clamp(1, HOURS_MAX);
    let counted = app.journal().stats(&StatsFilter {
        since: hours_ago(i64::from(hours)),
        workflow: which.workflow.as_deref().map(Into::into),
        timed_runs: TIMED_RUNS_MAX,
    })?;
    let mut failed = counted.by_status.iter();
    let failed = failed.find(|(status, _)| *status == Status::Failed);
    let mut nodes: Vec<_> = counted.nodes.iter().filter_map(NodeShown::of).collect();
    nodes.sort_by_key(|node| std::cmp::Reverse(node.p95_ms));
    nodes.truncate(NODES_MAX);
    Ok(Stats {
        runs: counted.runs,
        failed: failed.map_or(0, |(_, count)| *count),
        p50_ms: counted.durations_ms.percentile_ms(50),
        p95_ms: counted.durations_ms.percentile_ms(95),
        per_hour: counted.per_hour.iter().map(HourShown::of).collect(),
        slowest_nodes: nodes,
        store: store(app)?,
    })
}

fn store(app: &App) -> Result<Store, HttpProblem> {
    let size = app.journal().size()?;
    Ok(Store {
        bytes: size.file_bytes,
        free_bytes: size.free_bytes,
        runs: size.runs,
        event_bytes: size.segment_bytes,
        value_bytes: size.value_bytes,
        flowed_value_bytes: size.logical_value_bytes,
    })
}

impl HourShown {
    fn of(hour: &Hour) -> Self {
        Self {
            at: hour.at,
            runs: hour.runs,
            completed: hour.completed,
            failed: hour.failed,
        }
    }
}

impl NodeShown {
    fn of(node: &NodeDurations) -> Option<Self> {
        Some(Self {
            workflow: node.workflow.to_string(),
            node_id: node.node.to_string(),
            p50_ms: node.durations_ms.percentile_ms(50)?,
            p95_ms: node.durations_ms.percentile_ms(95)?,
            count: node.durations_ms.as_slice().len(),
        })
    }
}
