//! Without a key: a sentence becomes a workflow, and a renamed field is found, proven and mended.

use flowforge_tests::TestServer;
use flowforge_tests::process::Home;
use serde_json::{Value as Json, json};

use super::stage::text;

fn orders(amount: &str) -> Json {
    let order = |id: i64| json!({ "id": id, amount: id * 40, "who": format!("x{id}") });
    (1..=5).map(order).collect()
}

fn lines(world: &TestServer) -> Vec<String> {
    let line = |seen: &flowforge_tests::server::Seen| {
        format!("{} {} {}", seen.method, seen.path, seen.body)
    };
    world.requests().iter().map(line).collect()
}

#[test]
fn a_sentence_becomes_a_workflow_that_checks_clean_and_runs() {
    let world = TestServer::start();
    world.give("/orders", orders("total"));
    world.give("/alerts", json!("ok"));
    let home = Home::allowing(&world);
    let sentence = format!(
        "every hour get {}, keep those over 100, and post them to {}",
        world.url("/orders"),
        world.url("/alerts")
    );
    let made = home.ok(&["chat", "watch", &sentence, "--apply"]);
    assert_eq!(
        (&made["by"], &made["applied"], &made["problem"]),
        (&json!("planner"), &json!(true), &Json::Null),
        "{made:#}"
    );
    assert_eq!(made["proposal"]["origin"], json!({ "kind": "planner" }));
    assert_eq!(home.ran(&["check", "watch"]).code, Some(0));
    assert_eq!(lines(&world), [""; 0], "making a workflow sends nothing");
    let ran = home.ok(&["run", "watch"]);
    assert_eq!(ran["status"], "COMPLETED", "{ran}");
    let large: Vec<Json> = orders("total").as_array().expect("a list")[2..].to_vec();
    assert_eq!(
        lines(&world),
        [
            "GET /orders ".to_owned(),
            format!("POST /alerts {}", json!(large))
        ]
    );
}

/// Adds up the orders, and tells the sum.
fn sums(world: &TestServer) -> Json {
    let code = "let t = 0; for o in input.body { t += o.total; } t";
    json!({ "id": "sum", "graph": {
        "nodes": [
            { "id": "start", "type": "trigger.manual" },
            { "id": "fetch", "type": "http.request", "params": { "url": world.url("/orders") } },
            { "id": "total", "type": "code.rhai", "onError": "pause", "params": { "code": code } },
            { "id": "tell", "type": "http.request", "params": {
                "method": "POST", "url": world.url("/alerts"), "body": { "sum": "{{ input }}" },
            } },
        ],
        "edges": [
            { "source": "start", "target": "fetch" },
            { "source": "fetch", "target": "total" },
            { "source": "total", "target": "tell" },
        ],
    } })
}

#[test]
fn four_runs_that_failed_alike_go_on_with_one_proven_fix() {
    let world = TestServer::start();
    world.give("/orders", orders("total"));
    world.give("/alerts", json!("ok"));
    let home = Home::allowing(&world);
    let file = home.file("sum.json", &sums(&world).to_string());
    for _ in 0..3 {
        assert_eq!(home.ok(&["run", &file])["status"], "COMPLETED");
    }
    world.give("/orders", orders("amount"));
    let stuck: Vec<String> = (0..4)
        .map(|_| home.json(&["run", "sum"]).1)
        .inspect(|run| assert_eq!(run["status"], "WAITING", "{run}"))
        .map(|run| text(&run["runId"]))
        .collect();
    world.forget();

    let shown = home.ok(&["heal", &stuck[0]]);
    let fix = &shown["fixes"][0];
    assert_eq!(
        (
            &fix["evidence"]["fixes"],
            &fix["evidence"]["keeps"],
            &fix["evidence"]["wouldSend"]
        ),
        (
            &json!({ "did": 4, "of": 4 }),
            &json!({ "did": 3, "of": 3 }),
            &json!([])
        ),
        "{shown:#}"
    );
    assert_eq!(
        (&shown["alike"]["count"], &shown["applied"]),
        (&json!(3), &Json::Null)
    );
    assert_eq!(lines(&world), [""; 0], "a proof sends nothing");
    assert_eq!(
        home.ok(&["runs"]).as_array().map(Vec::len),
        Some(7),
        "a proof is no run"
    );

    let healed = home.ok(&["heal", &stuck[0], "--apply", "--recover", "all"]);
    assert_eq!(
        (
            &healed["applied"]["resumed"]["sameRun"],
            &healed["recovered"]["left"]
        ),
        (&json!(true), &json!(0)),
        "{healed:#}"
    );
    let told = format!("POST /alerts {}", json!({ "sum": 600 }));
    assert_eq!(
        lines(&world),
        vec![told; 4],
        "each run goes on from where it failed"
    );
    let rows = home.ok(&["runs"]);
    let rows = rows.as_array().expect("rows");
    assert_eq!(rows.len(), 7, "the same runs: {rows:#?}");
    assert!(
        rows.iter().all(|row| row["status"] == "COMPLETED"),
        "{rows:#?}"
    );
    let after = home.json(&["heal", &stuck[0]]);
    assert_ne!(after.0, 0, "there is nothing left to heal: {after:?}");
}

#[test]
fn what_cannot_be_proven_is_not_shown_as_a_fix() {
    let world = TestServer::start();
    world.give("/orders", orders("total"));
    world.give("/alerts", json!("ok"));
    let home = Home::allowing(&world);
    let file = home.file("sum.json", &sums(&world).to_string());
    assert_eq!(home.ok(&["run", &file])["status"], "COMPLETED");
    world.give("/orders", json!([{ "nothing": "alike" }]));
    let stuck = home.json(&["run", "sum"]).1;
    world.forget();
    let (code, shown) = home.json(&["heal", &text(&stuck["runId"]), "--apply"]);
    assert_eq!(
        (code, &shown["fixes"], &shown["applied"]),
        (3, &json!([]), &Json::Null),
        "{shown:#}"
    );
    assert_eq!((&shown["exhausted"], world.count()), (&json!(true), 0));
}
