//! Numbers for Prometheus: requests by route and status with their durations, runs, frames, effects, store.
//!
//! Why not a library? One page of text, with labels from a closed set, needs no registry.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use flowforge_runtime::Counts;
use flowforge_snapshots::SizeReport;

use crate::service::AppState;

/// Upper bounds of the duration buckets, in seconds.
const BUCKETS_SECS: [f64; 12] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0,
];
/// The route of what matches none.
const NO_ROUTE: &str = "other";

/// Requests, counted.
#[derive(Debug, Default)]
pub(crate) struct Requests(Mutex<BTreeMap<Key, Served>>);

/// Method, route, status.
type Key = (String, String, u16);

#[derive(Clone, Debug, Default)]
struct Served {
    count: u64,
    seconds: f64,
    buckets: [u64; BUCKETS_SECS.len()],
}

impl Requests {
    fn add(&self, key: Key, took: Duration) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let served = all.entry(key).or_default();
        let seconds = took.as_secs_f64();
        served.count += 1;
        served.seconds += seconds;
        for (bucket, bound) in served.buckets.iter_mut().zip(BUCKETS_SECS) {
            *bucket += u64::from(seconds <= bound);
        }
    }

    fn write(&self, page: &mut Page) {
        let all = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        page.head(
            "flowforge_http_requests_total",
            "counter",
            "Requests answered.",
        );
        for ((method, route, status), served) in &all {
            let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"");
            page.line("flowforge_http_requests_total", &labels, served.count);
        }
        let name = "flowforge_http_request_duration_seconds";
        page.head(name, "histogram", "Time until the head of the answer.");
        for ((method, route, status), served) in &all {
            let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"");
            for (count, bound) in served.buckets.iter().zip(BUCKETS_SECS) {
                page.line(
                    &format!("{name}_bucket"),
                    &format!("{labels},le=\"{bound}\""),
                    count,
                );
            }
            page.line(
                &format!("{name}_bucket"),
                &format!("{labels},le=\"+Inf\""),
                served.count,
            );
            page.line(&format!("{name}_sum"), &labels, served.seconds);
            page.line(&format!("{name}_count"), &labels, served.count);
        }
    }
}

/// Counts a request by its route, not by its path: paths hold ids, and there is no end of them.
pub(crate) async fn count(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    let method = match request.method().as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE") => known.to_owned(),
        _ => NO_ROUTE.to_owned(),
    };
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), started.elapsed());
    tracing::debug!(
        method,
        route,
        status,
        ms = took.as_secs_f64() * 1000.0,
        "answered"
    );
    app.requests().add((method, route, status), took);
    response
}

/// Everything, in the text format of Prometheus.
pub(crate) fn text(requests: &Requests, counts: Counts, size: &SizeReport) -> String {
    let mut page = Page::default();
    requests.write(&mut page);
    page.one(
        "flowforge_runs_started_total",
        "counter",
        "Runs started.",
        counts.started,
    );
    page.head(
        "flowforge_runs_ended_total",
        "counter",
        "Runs ended, by status.",
    );
    let ended = [
        ("completed", counts.completed),
        ("failed", counts.failed),
        ("cancelled", counts.cancelled),
    ];
    for (status, count) in ended {
        page.line(
            "flowforge_runs_ended_total",
            &format!("status=\"{status}\""),
            count,
        );
    }
    page.one(
        "flowforge_runs_active",
        "gauge",
        "Runs that are being driven.",
        counts.active,
    );
    page.one(
        "flowforge_frames_total",
        "counter",
        "Frames opened.",
        counts.frames,
    );
    page.one(
        "flowforge_effects_total",
        "counter",
        "Effects performed that can be noticed outside.",
        counts.effects,
    );
    page.one(
        "flowforge_store_bytes",
        "gauge",
        "Size of the journal's file.",
        size.file_bytes,
    );
    page.one(
        "flowforge_store_free_bytes",
        "gauge",
        "Of these, in pages that nothing uses.",
        size.free_bytes,
    );
    page.one(
        "flowforge_store_runs",
        "gauge",
        "Runs in the journal.",
        size.runs,
    );
    page.0
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, about: &str) {
        writeln!(self.0, "# HELP {name} {about}\n# TYPE {name} {kind}").expect("memory takes it");
    }

    fn line(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        writeln!(self.0, "{name}{{{labels}}} {value}").expect("memory takes it");
    }

    fn one(&mut self, name: &str, kind: &str, about: &str, value: u64) {
        self.head(name, kind, about);
        writeln!(self.0, "{name} {value}").expect("memory takes it");
    }
}
