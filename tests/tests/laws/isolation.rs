//! Hostile code in one place, right results in another.

use flowforge_engine::frame::Status;
use flowforge_engine::{FailureKind, Value};
use flowforge_snapshots::faults::FaultyDisk;
use flowforge_tests::TestServer;
use flowforge_tests::process::Home;
use serde_json::json;

use crate::disk::{runtime, start};

/// How much later than its limit a frame may end, in milliseconds.
const LATE_MS: u64 = 1_000;

const HOSTILE: &str = r#"
id: hostile
graph:
  nodes:
    - { id: start, type: trigger.manual }
    - { id: forever, type: code.rhai, params: { code: "while true {}" }, timeoutMs: 500, onError: continue }
    - { id: bomb, type: code.rhai, params: { code: "let s = []; loop { s.push(`xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx${s.len()}`); s += s; }" }, timeoutMs: 2000, onError: continue }
    - { id: many, type: flow.for_each, params: { items: "{{ input }}", parallelism: 4 } }
    - { id: square, type: code.rhai, parent: many, params: { code: "let t = 0; for i in 0..item { t += item; } t" } }
    - { id: sum, type: code.rhai, params: { code: "let t = 0; for x in input { t += x; } t" } }
  edges:
    - { source: start, target: forever }
    - { source: start, target: bomb }
    - { source: start, target: many }
    - { source: many, target: sum }
"#;

#[test]
fn hostile_branches_fail_in_time_and_the_others_come_out_right() {
    let home = Home::new();
    let file = home.file("hostile.yaml", HOSTILE);
    let numbers = json!((1..=20).collect::<Vec<u64>>()).to_string();
    let run = home.ok(&["run", &file, "--input", &numbers]);
    assert_eq!(run["status"], "COMPLETED");
    assert_eq!(run["output"]["sum"], (1..=20).map(|x| x * x).sum::<u64>());
    let frames = home.ok(&["frames", run["runId"].as_str().expect("an id")]);
    for (node, limit_ms, kinds) in [
        ("forever", 500, &["timeout", "limit"][..]),
        ("bomb", 2000, &["limit", "timeout", "sandboxDied"][..]),
    ] {
        let of = |frame: &&serde_json::Value| frame["nodeId"] == node;
        let frame = frames
            .as_array()
            .expect("frames")
            .iter()
            .find(of)
            .expect(node);
        assert_eq!(frame["status"], "FAILED", "{frame}");
        let kind = frame["error"]["kind"].as_str().expect("a kind");
        assert!(kinds.contains(&kind), "{frame}");
        let took_ms = frame["metrics"]["durationMs"].as_u64().expect("a duration");
        assert!(took_ms <= limit_ms + LATE_MS, "{node} took {took_ms} ms");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_run_fails_and_another_of_the_same_runtime_does_not_notice() {
    let (server, disk) = (TestServer::start(), FaultyDisk::new());
    let runtime = runtime(&disk, &server);
    let run = |text: &str, input| {
        let (plan, _) = runtime
            .prepare(flowforge_tests::workflows::parse(text))
            .expect("no errors");
        runtime
            .start(flowforge_runtime::StartRun {
                plan,
                input,
                idempotency_key: None,
            })
            .expect("it starts")
    };
    let hostile = run(
        "{ id: bad, graph: { nodes: [ { id: forever, type: code.rhai, params: { code: 'while true {}' }, timeoutMs: 300 } ] } }",
        Value::Null,
    );
    let good = run(
        "{ id: good, graph: { nodes: [ { id: add, type: code.rhai, params: { code: 'let t = 0; for i in 0..=input { t += i; } t' } } ] } }",
        Value::Int(100),
    );
    let good = good.ended().await.expect("it ends");
    assert_eq!(
        (good.status, good.output),
        (Status::Completed, Value::Int(5050))
    );
    let hostile = hostile.ended().await.expect("it ends");
    let kind = hostile.error.map(|error| error.kind);
    assert_eq!(
        (hostile.status, kind),
        (Status::Failed, Some(FailureKind::Timeout))
    );
    let after = start(
        &runtime,
        "{ id: after, graph: { nodes: [ { id: one, type: code.rhai, params: { code: 'let x = 1; x' } } ] } }",
        Value::Null,
    );
    assert_eq!(after.ended().await.expect("it ends").output, Value::Int(1));
}
