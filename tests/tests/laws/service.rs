//! The command line while a service holds the data folder, and a service that is killed.

use flowforge_tests::TestServer;
use flowforge_tests::api::Service;
use serde_json::{Value as JsonValue, json};

/// Doubles a number.
const DOUBLE: &str = "id: double\ngraph:\n  nodes:\n    - { id: start, type: trigger.manual }\n    - { id: double, type: data.set, params: { fields: { x: '{{ input.x * 2 }}' } } }\n  edges:\n    - { source: start, target: double }\n";

fn text(json: &JsonValue) -> String {
    json.as_str().expect("a text").to_owned()
}

#[test]
fn commands_go_through_the_service_that_holds_the_folder() {
    let service = Service::start(&[]).expect("a service");
    let home = &service.home;
    let file = home.file("double.yaml", DOUBLE);
    let ran = home.ok(&["run", &file, "--input", r#"{"x": 21}"#]);
    assert_eq!(
        (&ran["status"], &ran["output"], &ran["frames"]),
        (&json!("COMPLETED"), &json!({ "x": 42 }), &json!(2))
    );
    let run = text(&ran["runId"]);
    assert_eq!(home.ok(&["runs"])[0]["run"], *run);
    assert_eq!(home.ok(&["frames", &run])[1]["nodeId"], "double");
    let moment = home.ok(&["show", &format!("{run}@3")]);
    assert_eq!(moment["nodes"]["start"]["status"], "COMPLETED");
    let replay = home.ok(&["replay", &run]);
    assert_eq!(
        (&replay["identical"], &replay["effectsPerformed"]),
        (&json!(true), &json!(0))
    );
    let at = format!("{run}@3");
    let fork = home.ok(&["fork", &at, "--input", r#"double={"x": 4}"#]);
    assert_eq!(fork["output"], json!({ "x": 8 }));
    let differ = home.ok(&["diff", &run, &text(&fork["runId"])]);
    assert_eq!(differ["identical"], false);
    // By its id too, as the service has it.
    assert_eq!(
        home.ok(&["run", "double", "--input", r#"{"x": 1}"#])["output"],
        json!({ "x": 2 })
    );
    assert_eq!(
        home.json(&["frames", "01a1fdcb-86e3-71f2-aa39-7aacfd1bf5f9"])
            .0,
        5
    );
    assert_eq!(home.json(&["run", "nowhere"]).0, 5);
}

#[test]
fn a_killed_service_goes_on_by_itself_and_sends_nothing_twice() {
    let server = TestServer::start();
    let allow = ["--allow-host", &server.host()];
    let mut service = Service::start(&allow).expect("a service");
    let nodes = |n: usize| json!({ "id": format!("n{n}"), "type": "http.request", "params": { "method": "POST", "url": server.url(&format!("/slow/30?n={n}")), "idempotencyKey": true } });
    let edges = |n: usize| json!({ "source": format!("n{n}"), "target": format!("n{}", n + 1) });
    let workflow = json!({ "id": "chain", "graph": {
        "nodes": (0..10).map(nodes).collect::<Vec<_>>(),
        "edges": (0..9).map(edges).collect::<Vec<_>>(),
    } });
    let saved = service.send(&format!("POST /api/v1/workflows\n\n{workflow}"));
    assert_eq!(saved.expect("an answer").status, 201);
    let started = service
        .send("POST /api/v1/workflows/chain/runs\n\n{}")
        .expect("an answer");
    let started: JsonValue = serde_json::from_str(&started.body).expect("JSON");
    while server.count() < 4 {
        std::thread::yield_now();
    }
    service.restart_after_kill(&allow).expect("it starts again");
    let run = text(&started["runId"]);
    let ended = service
        .send(&format!("GET /api/v1/runs/{run}?wait=true"))
        .expect("an answer");
    let ended: JsonValue = serde_json::from_str(&ended.body).expect("JSON");
    assert_eq!(ended["status"], "COMPLETED", "{ended}");
    let requests = server.requests();
    let mut keys: Vec<_> = requests
        .iter()
        .filter_map(|seen| seen.idempotency_key())
        .collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 10, "each call has one key, on every attempt");
    assert!(
        requests.len() <= 11,
        "only the call in doubt is made again: {}",
        requests.len()
    );
}

/// The same key while its run is under way gives that run, and its end.
#[test]
fn a_key_that_comes_again_meanwhile_gives_the_same_run() {
    let server = TestServer::start();
    let allow = ["--allow-host", &server.host()];
    let service = Service::start(&allow).expect("a service");
    let workflow = json!({ "id": "slow", "graph": { "nodes": [
        { "id": "wait", "type": "http.request", "params": { "url": server.url("/slow/400") } },
    ], "edges": [] } });
    let saved = service.send(&format!("POST /api/v1/workflows\n\n{workflow}"));
    assert_eq!(saved.expect("an answer").status, 201);
    let start = |query: &str| {
        let request = format!(
            "POST /api/v1/workflows/slow/runs{query}\nIdempotency-Key: once\n\n{{ \"input\": null }}"
        );
        let answer = service.send(&request).expect("an answer");
        assert!(answer.status < 300, "{}: {}", answer.status, answer.body);
        serde_json::from_str::<JsonValue>(&answer.body).expect("JSON")
    };
    let first = start("");
    let again = start("?wait=true");
    assert_eq!(again["runId"], first["runId"]);
    assert_eq!(again["status"], "COMPLETED");
    assert_eq!(start("?wait=true")["runId"], first["runId"], "and later");
}
