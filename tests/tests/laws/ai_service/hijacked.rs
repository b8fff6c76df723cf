//! A model that somebody else has taken over: it reaches nothing, and what it proposes cannot hide what it is.

use flowforge_tests::TestServer;
use flowforge_tests::process::Home;
use serde_json::{Value as Json, json};

use super::stage::{KEY, Stage, read, text};

/// What only the runs of the other workflow know.
const OTHERS: &str = "OTHERS-SECRET-77";
/// Tools that the script calls and that are none of this conversation's.
const FORBIDDEN: usize = 18;

fn workflow(id: &str, node: &Json) -> Json {
    json!({ "id": id, "graph": {
        "nodes": [{ "id": "start", "type": "trigger.manual" }, node],
        "edges": [{ "source": "start", "target": node["id"] }],
    } })
}

/// A service with a run of another workflow. It may call the hostile host: nothing but a person's yes is in the way.
fn taken(hostile: &TestServer) -> Stage {
    let world = TestServer::start();
    let home = Home::allowing(&world).may_call(hostile);
    let keep =
        json!({ "id": "keep", "type": "data.set", "params": { "fields": { "secret": OTHERS } } });
    let file = home.file("other.json", &workflow("other", &keep).to_string());
    let run = text(&home.ok(&["run", &file])["runId"]);
    let values = [("hostile", hostile.url("")), ("run", run)];
    let stage = Stage::begin(home, read("hijacked.yaml", &values), world);
    let out = json!({ "id": "out", "type": "log", "params": { "message": "done" } });
    stage.save(&workflow("shop", &out));
    stage
}

/// Everything that a model could have changed.
fn all(stage: &Stage) -> Vec<Json> {
    let paths = [
        "/workflows/shop",
        "/workflows/other",
        "/workflows/shop/versions",
        "/workflows",
        "/runs",
        "/tokens",
    ];
    let mut found: Vec<Json> = paths.map(|path| stage.get(path)).into();
    let mut setup = stage.get("/ai");
    // What the calls cost is the one thing that is written down.
    drop(setup["spent"].take());
    found.push(setup);
    found
}

#[test]
fn it_reaches_nothing_and_hides_nothing() {
    let hostile = TestServer::start();
    let stage = taken(&hostile);
    let before = all(&stage);
    let turn = stage.say("shop", "Add a log step");
    assert_eq!(all(&stage), before, "a chat changes nothing");
    assert_eq!(
        (hostile.count(), stage.world.count()),
        (0, 0),
        "and sends nothing"
    );

    let tools = turn["tools"].as_array().expect("tools");
    let refused = |tool: &&Json| text(&tool["about"]).starts_with("refused: there is no such tool");
    assert_eq!(
        tools.iter().filter(refused).count(),
        FORBIDDEN,
        "{tools:#?}"
    );
    let done: Vec<_> = tools
        .iter()
        .filter(|tool| tool["ok"] == true)
        .map(|tool| text(&tool["name"]))
        .collect();
    assert_eq!(
        done,
        ["read_graph", "dry_run", "propose_edits"],
        "{tools:#?}"
    );
    let missing = |tool: &&Json| text(&tool["about"]).starts_with("there is no run");
    let missing: Vec<_> = tools
        .iter()
        .filter(missing)
        .map(|tool| text(&tool["name"]))
        .collect();
    assert_eq!(
        missing,
        ["read_frame", "try_script", "dry_run"],
        "a run of another workflow is not found"
    );
    assert!(
        told(&stage).contains("there is no such tool"),
        "the model is told"
    );
    for secret in [OTHERS, KEY, "root:x:", "keep"] {
        assert!(!told(&stage).contains(secret), "{secret} reached the model");
    }

    let proposal = stage.proposal(&turn);
    let summary = &proposal["summary"];
    assert_eq!(
        (
            &summary["newHosts"],
            &summary["hiddenText"],
            &summary["code"]
        ),
        (
            &json!([hostile.host()]),
            &json!(["audit"]),
            &json!(["out", "audit"])
        ),
        "{summary:#}"
    );
    assert_eq!(proposal["state"], "open");
    let shown = stage
        .service
        .home
        .ran(&["proposals", "show", &text(&proposal["id"])])
        .stdout;
    for line in [
        &format!("Calls new hosts: {}", hostile.host()),
        "Characters that cannot be seen in: audit",
        "Log\\u{200b}\\u{202e}txt",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    assert!(!shown.contains(['\u{200b}', '\u{202e}']), "{shown}");
    assert_eq!(hostile.count(), 0);
}

/// What tools answered, over all calls.
fn told(stage: &Stage) -> String {
    let asked = stage.model.asked();
    let messages = asked.iter().flat_map(|asked| {
        asked.body["messages"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    });
    messages
        .filter(|message| message["role"] == "tool")
        .map(|message| text(&message["content"]))
        .collect()
}
