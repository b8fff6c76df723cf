//! The workflows that are measured.

use std::sync::Arc;
use std::time::Duration;

use flowforge_engine::script::{EvaluateLimits, EvaluateRequest, Source};
use flowforge_engine::value::Record;
use flowforge_engine::workflow::file;
use flowforge_engine::{Value, Workflow};
use serde_json::{Value as Json, json};

fn workflow(nodes: &[Json], edges: &[Json], max_parallel: u32) -> Workflow {
    let json = json!({
        "id": "bench",
        "config": { "maxParallel": max_parallel },
        "graph": { "nodes": nodes, "edges": edges },
    });
    file::parse(&json.to_string()).expect("a workflow")
}

/// Reads `x`, adds 1, keeps the rest.
fn add_one(id: &str) -> Json {
    json!({ "id": id, "type": "data.set", "params": { "keep": true, "fields": { "x": "{{ input.x + 1 }}" } } })
}

/// A trigger and `length` nodes, one after the other.
pub(crate) fn chain(length: usize) -> Workflow {
    let mut nodes = vec![json!({ "id": "start", "type": "trigger.manual" })];
    let mut edges = Vec::new();
    let mut last = "start".to_owned();
    for number in 0..length {
        let id = format!("n{number}");
        nodes.push(add_one(&id));
        edges.push(json!({ "source": last, "target": id }));
        last = id;
    }
    workflow(&nodes, &edges, 16)
}

/// A trigger, `width` nodes side by side, and a join.
pub(crate) fn fan(width: usize) -> Workflow {
    let mut nodes = vec![
        json!({ "id": "start", "type": "trigger.manual" }),
        json!({ "id": "join", "type": "flow.join" }),
    ];
    let mut edges = Vec::new();
    for number in 0..width {
        let id = format!("n{number}");
        nodes.push(add_one(&id));
        edges.push(json!({ "source": "start", "target": id }));
        edges.push(json!({ "source": id, "target": "join" }));
    }
    workflow(&nodes, &edges, 128)
}

/// A loop over a list of numbers with a body of `width` nodes.
pub(crate) fn long_loop(width: usize) -> Workflow {
    let mut nodes = vec![
        json!({ "id": "each", "type": "flow.for_each" }),
        json!({ "id": "b0", "type": "data.set", "parent": "each", "params": { "fields": { "x": "{{ input + 1 }}" } } }),
    ];
    let mut edges = Vec::new();
    for number in 1..width {
        let mut node = add_one(&format!("b{number}"));
        node["parent"] = "each".into();
        nodes.push(node);
        edges.push(json!({ "source": format!("b{}", number - 1), "target": format!("b{number}") }));
    }
    workflow(&nodes, &edges, 16)
}

/// Ten nodes that each change one row of a list, and hand on the rest.
pub(crate) fn rows() -> Workflow {
    let code = |number: usize| {
        format!(
            "input[{}].note = \"changed by {number}\"; input",
            number * 1_999 + 7
        )
    };
    let mut nodes = Vec::new();
    let mut edges = Vec::new();
    for number in 0..10 {
        nodes.push(json!({ "id": format!("n{number}"), "type": "code.rhai", "timeoutMs": 20_000, "params": { "code": code(number) } }));
        if number > 0 {
            edges.push(
                json!({ "source": format!("n{}", number - 1), "target": format!("n{number}") }),
            );
        }
    }
    workflow(&nodes, &edges, 1)
}

/// An evaluation that costs next to nothing.
pub(crate) fn small_script(x: i64) -> EvaluateRequest {
    request("input.x * 2 + 1", x, EvaluateLimits::default())
}

/// One that never ends by itself, nor by its count of operations.
pub(crate) fn endless_script(limit: Duration) -> EvaluateRequest {
    let wall_ms = u64::try_from(limit.as_millis()).expect("a short time");
    request(
        "loop { }",
        0,
        EvaluateLimits {
            wall_ms,
            operations: u64::MAX,
            ..EvaluateLimits::default()
        },
    )
}

fn request(code: &str, x: i64, limits: EvaluateLimits) -> EvaluateRequest {
    let input = Value::Record(Record::from_iter([("x", Value::Int(x))]));
    EvaluateRequest {
        sources: vec![Source::Script(Arc::from(code))],
        scope: Value::Record(Record::from_iter([("input", input)])),
        answers: Vec::new(),
        limits,
    }
}
