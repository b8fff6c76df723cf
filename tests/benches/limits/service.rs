//! The service over HTTP, as a process of its own on the same machine; the client's work counts against it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use flowforge_tests::api::Service;
use reqwest::Client;
use serde_json::{Value as Json, json};
use tokio::sync::Semaphore;

use super::bench::{Report, Times};
use super::{workflows, yardstick};

/// A service, and a client with connections of its own.
struct Bench {
    service: Service,
    client: Client,
    tokio: tokio::runtime::Runtime,
}

impl Bench {
    fn new() -> Self {
        Self {
            service: Service::start(&[]).expect("the service starts"),
            client: Client::builder().no_proxy().build().expect("a client"),
            tokio: tokio::runtime::Runtime::new().expect("a runtime"),
        }
    }

    fn save(&self, workflow: &flowforge_engine::Workflow) {
        let text = flowforge_engine::workflow::file::to_json(workflow).expect("a workflow");
        let saved = self
            .service
            .send(&format!("POST /api/v1/workflows\n\n{text}"));
        assert_eq!(saved.expect("an answer").status, 201);
    }

    /// The time until the whole answer is there.
    async fn send(
        client: &Client,
        token: &str,
        url: &str,
        body: Option<&Json>,
    ) -> (Duration, Json) {
        let started = Instant::now();
        let request = match body {
            Some(body) => client
                .post(url)
                .header("content-type", "application/json")
                .body(body.to_string()),
            None => client.get(url),
        };
        let response = request.bearer_auth(token).send().await.expect("an answer");
        assert!(
            response.status().is_success(),
            "{url}: {}",
            response.status()
        );
        let text = response.bytes().await.expect("a body");
        let took = started.elapsed();
        (took, serde_json::from_slice(&text).expect("JSON"))
    }

    fn get(&self, path: &str) -> (Duration, Json) {
        let url = format!("{}{path}", self.service.address);
        self.tokio
            .block_on(Self::send(&self.client, &self.service.token, &url, None))
    }

    fn run(&self, workflow: &str, input: &Json) -> (Duration, Json) {
        let url = format!(
            "{}/api/v1/workflows/{workflow}/runs?wait=true",
            self.service.address
        );
        let body = json!({ "input": input });
        self.tokio.block_on(Self::send(
            &self.client,
            &self.service.token,
            &url,
            Some(&body),
        ))
    }

    /// Runs per second and the time of each, `at_once` at a time.
    fn runs(&self, count: usize, at_once: usize) -> (f64, Times) {
        let url = format!(
            "{}/api/v1/workflows/bench/runs?wait=true",
            self.service.address
        );
        let body = Arc::new(json!({ "input": { "x": 1, "payload": "p".repeat(200) } }));
        self.tokio.block_on(async {
            let places = Arc::new(Semaphore::new(at_once));
            let started = Instant::now();
            let mut tasks = Vec::with_capacity(count);
            for _ in 0..count {
                let place = Arc::clone(&places).acquire_owned().await.expect("open");
                let (client, token) = (self.client.clone(), self.service.token.clone());
                let (url, body) = (url.clone(), Arc::clone(&body));
                tasks.push(tokio::spawn(async move {
                    let (took, answer) = Self::send(&client, &token, &url, Some(&body)).await;
                    assert_eq!(answer["status"], "COMPLETED");
                    drop(place);
                    took
                }));
            }
            let mut times = Vec::with_capacity(count);
            for task in tasks {
                times.push(task.await.expect("a run ends"));
            }
            #[expect(clippy::cast_precision_loss, reason = "a count of runs")]
            let speed = count as f64 / started.elapsed().as_secs_f64();
            (speed, Times::new(times))
        })
    }

    /// Resident memory of the service's process.
    fn memory_mib(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.service.pid()))
            .unwrap_or_default();
        let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = kib.and_then(|rest| {
            rest.trim()
                .trim_end_matches(" kB")
                .trim()
                .parse::<f64>()
                .ok()
        });
        kib.unwrap_or(f64::NAN) / 1024.0
    }
}

/// Five rounds of a thousand runs; the speeds, sorted.
fn rounds(bench: &Bench) -> (Vec<f64>, f64) {
    let mut speeds = Vec::new();
    let mut tails = Vec::new();
    for _ in 0..5 {
        let (speed, times) = bench.runs(1_000, 16);
        speeds.push(speed);
        tails.push(times.quantile_ms(0.99));
    }
    speeds.sort_by(f64::total_cmp);
    tails.sort_by(f64::total_cmp);
    (speeds, tails[2])
}

pub(crate) fn runs_over_http(report: &mut Report) {
    let bench = Bench::new();
    std::thread::sleep(Duration::from_secs(1));
    report.at_most(
        "memory of the idle service",
        bench.memory_mib(),
        80.0,
        "MiB",
    );
    bench.save(&workflows::chain(10));
    report.note(
        "yardstick: one fsync of 4 KiB",
        &yardstick::fsync().spread(),
    );
    let live = Times::of(1_000, || drop(bench.get("/health")));
    report.note("yardstick: GET /health", &live.spread());
    let (speeds, tail) = rounds(&bench);
    report.note(
        "5 rounds",
        &format!(
            "{:.0} to {:.0} runs/s, p99 {tail:.1} ms",
            speeds[0], speeds[4]
        ),
    );
    report.at_least(
        "1,000 runs of chain-10 at 16, median",
        speeds[2],
        2_000.0,
        "runs/s",
    );
}

pub(crate) fn looks_over_http(report: &mut Report) {
    let bench = Bench::new();
    bench.save(&workflows::long_loop(10));
    let list: Vec<i64> = (0..10_000).collect();
    let (took, ran) = bench.run("bench", &json!(list));
    let id = ran["runId"].as_str().expect("an id").to_owned();
    report.note(
        "the run of 100,001 frames",
        &format!("{:.2} s", took.as_secs_f64()),
    );
    let last = bench.get(&format!("/api/v1/runs/{id}")).1["lastSeq"]
        .as_u64()
        .expect("a seq");
    let mut number = 0;
    let mut next = || {
        number += 7_919;
        1 + number % last
    };
    let snapshots = Times::new(
        (0..500)
            .map(|_| {
                bench
                    .get(&format!(
                        "/api/v1/runs/{id}/snapshot?seq={}&values=preview",
                        next()
                    ))
                    .0
            })
            .collect(),
    );
    report.note("a snapshot at any seq", &snapshots.spread());
    report.at_most(
        "a snapshot at any seq, p99",
        snapshots.quantile_ms(0.99),
        5.0,
        "ms",
    );
    let page = bench
        .get(&format!(
            "/api/v1/runs/{id}/frames?limit=200&values=preview"
        ))
        .1;
    let opened: Vec<u64> = page["items"]
        .as_array()
        .expect("frames")
        .iter()
        .filter_map(|frame| frame["openedSeq"].as_u64())
        .collect();
    let frames = Times::new(
        (0..500)
            .map(|n| {
                bench
                    .get(&format!(
                        "/api/v1/runs/{id}/frames/{}?values=preview",
                        opened[n % opened.len()]
                    ))
                    .0
            })
            .collect(),
    );
    report.at_most("GET of a frame, p99", frames.quantile_ms(0.99), 5.0, "ms");
    let timeline = Times::of(10, || {
        drop(bench.get(&format!("/api/v1/runs/{id}/timeline")));
    });
    report.note("the whole timeline", &timeline.spread());
}

pub(crate) fn watchers(report: &mut Report) {
    let bench = Bench::new();
    bench.save(&workflows::chain(10));
    let wait = json!({ "id": "wait", "graph": { "nodes": [{ "id": "ask", "type": "flow.approve", "params": { "message": "go on?" } }, { "id": "a", "type": "log", "params": { "message": "a" } }], "edges": [{ "source": "ask", "sourcePort": "approved", "target": "a" }] } });
    let saved = bench
        .service
        .send(&format!("POST /api/v1/workflows\n\n{wait}"));
    assert_eq!(saved.expect("an answer").status, 201);
    let started = bench
        .service
        .send("POST /api/v1/workflows/wait/runs\n\n{\"input\": {}}");
    let started: Json = serde_json::from_str(&started.expect("an answer").body).expect("JSON");
    let url = format!(
        "{}/api/v1/runs/{}/events",
        bench.service.address,
        started["runId"].as_str().expect("an id")
    );
    let (alone, _) = rounds(&bench);
    let before = bench.memory_mib();
    let streams: Vec<_> = bench.tokio.block_on(async {
        let mut streams = Vec::new();
        for _ in 0..200 {
            let watching = bench
                .client
                .get(&url)
                .bearer_auth(&bench.service.token)
                .send();
            let watching = watching.await.expect("a stream");
            assert!(watching.status().is_success());
            streams.push(watching);
        }
        streams
    });
    let more = bench.memory_mib() - before;
    report.at_most("more memory with 200 idle watchers", more, 40.0, "MiB");
    let (watched, _) = rounds(&bench);
    report.at_least(
        "run speed with them, of that without",
        watched[2] / alone[2],
        0.9,
        "",
    );
    drop(streams);
}
