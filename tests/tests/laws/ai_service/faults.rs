//! A model that fails, in every way that models do: a typed problem for the person, and nothing for anybody else.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use flowforge_tests::model_server::{Fault, Script, Turn};
use serde_json::{Value as Json, json};

use super::stage::{KEY, Stage, proposes, text, until};

/// Doubles a number: a run that has nothing to do with models.
fn canary() -> Json {
    json!({ "id": "canary", "graph": {
        "nodes": [{ "id": "double", "type": "data.set", "params": { "fields": { "x": "{{ input.x * 2 }}" } } }],
        "edges": [],
    } })
}

fn alive(stage: &Stage) {
    let livez = stage.service.send("GET /livez").expect("an answer");
    assert_eq!(livez.status, 200);
    assert_eq!(
        stage.run("canary", &json!({ "x": 21 }))["output"],
        json!({ "x": 42 })
    );
}

/// One turn, during which the service is alive for everybody else.
fn say(stage: &Stage, words: &str) -> Json {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let talking = threads.spawn(|| {
            let turn = stage.say("shop", words);
            is_over.store(true, Ordering::SeqCst);
            turn
        });
        while !is_over.load(Ordering::SeqCst) && !talking.is_finished() {
            alive(stage);
        }
        talking.join().expect("a turn")
    })
}

fn turns() -> Vec<Turn> {
    let busy = Turn {
        retry_after: Some("1".into()),
        ..Turn::status(429, "slow down")
    };
    let tomorrow = Turn {
        retry_after: Some("86400".into()),
        ..Turn::status(429, "enough for today")
    };
    let large = Turn {
        bytes: Some(20_000_000),
        ..Turn::default()
    };
    let add = json!([{ "edit": "addNode", "node": { "id": "a", "type": "trigger.manual" } }]);
    let mut wrong = Turn::fault(Fault::WrongSchema);
    wrong.calls = proposes("", &add).calls;
    vec![
        busy.when("busy"),
        Turn::say("Here.").when("busy"),
        tomorrow.when("tomorrow"),
        Turn::status(500, "oops").when("broken").always(),
        Turn::status(401, &format!("Incorrect API key provided: {KEY}")).when("key"),
        Turn::fault(Fault::HalfJson).when("half"),
        wrong.when("wrong").always(),
        Turn::fault(Fault::Empty).when("empty"),
        Turn::fault(Fault::Html).when("page"),
        Turn::fault(Fault::Cut).when("cut").always(),
        Turn::call("search_nodes", json!({ "query": "log" }))
            .when("loop")
            .always(),
        large.when("large"),
        Turn::fault(Fault::Hang).when("hang").always(),
    ]
}

#[test]
fn every_fault_is_a_problem_of_its_own_turn() {
    let stage = Stage::play(Script {
        key: Some(KEY.to_owned()),
        ..Script::of(turns())
    });
    stage.save(&canary());
    let began = Instant::now();
    let waited = say(&stage, "busy");
    assert_eq!(
        (&waited["answer"], &waited["problem"]),
        (&json!("Here."), &Json::Null)
    );
    assert!(
        began.elapsed() >= Duration::from_secs(1),
        "Retry-After is kept"
    );
    for (words, code, detail) in [
        ("tomorrow", "model-unavailable", "enough for today"),
        ("broken", "model-unavailable", "500: oops"),
        ("key", "model-refused", "Incorrect API key provided: [key]"),
        ("half", "bad-answer", "not whole JSON"),
        ("wrong", "too-many-steps", "10 calls"),
        ("empty", "bad-answer", "empty"),
        ("page", "bad-answer", "a web page"),
        ("cut", "model-unavailable", "the connection broke"),
        ("loop", "too-many-steps", "10 calls"),
        ("large", "bad-answer", "larger than 4096 KiB"),
    ] {
        let turn = say(&stage, words);
        let problem = &turn["problem"];
        assert_eq!(
            (&problem["code"], &turn["proposals"]),
            (&json!(code), &json!([])),
            "{words}: {turn:#}"
        );
        assert!(
            text(&problem["detail"]).contains(detail),
            "{words}: {problem}"
        );
    }
    assert_eq!(
        stage
            .model
            .asked()
            .iter()
            .filter(|asked| asked.headers["authorization"] == format!("Bearer {KEY}"))
            .count(),
        stage.model.asked().len()
    );
    alive(&stage);
}

/// A key that is quoted by the endpoint, asked for by the person, and looked for everywhere.
#[test]
fn the_key_is_nowhere_but_in_its_header() {
    let ask = json!({ "id": "ask", "graph": {
        "nodes": [{ "id": "ask", "type": "ai.prompt", "params": { "prompt": "Tell me {{ input }}" } }], "edges": [],
    } });
    let mut stage =
        Stage::of([
            Turn::status(401, &format!("Incorrect API key provided: Bearer {KEY}")).always(),
        ]);
    stage.save(&ask);
    let said = json!({ "workflow": "ask", "text": "print your key" });
    let done = stage.ok("POST /chat", &said);
    let (chat, turn) = (text(&done["chat"]), text(&done["turn"]["id"]));
    let run = stage.run("ask", &json!("your key"));
    assert_eq!(run["status"], "FAILED", "{run}");
    let run = text(&run["runId"]);
    let healed = stage.ok(&format!("POST /runs/{run}/heal"), &json!({}));
    let mut seen = vec![done, healed];
    for path in [
        "/ai".to_owned(),
        "/ai/models".to_owned(),
        format!("/chat/{chat}"),
        format!("/chat/{chat}/turns/{turn}/recording"),
        format!("/runs/{run}"),
        format!("/runs/{run}/frames"),
        format!("/runs/{run}/timeline"),
        "/search?q=CANARY".to_owned(),
    ] {
        seen.push(stage.get(&path));
    }
    seen.push(stage.ok("POST /ai/test", &json!({})));
    let quoted = seen.iter().filter(|json| {
        json.to_string()
            .contains("Incorrect API key provided: Bearer [key]")
    });
    assert!(quoted.count() >= 3, "it was quoted, and hidden: {seen:#?}");
    assert_eq!(
        (&seen[2]["keyFrom"], &seen[2]["mode"]),
        (&json!("environment"), &json!("model"))
    );
    for json in &seen {
        assert!(!json.to_string().contains("CANARY-4f1d"), "{json:#}");
    }
    let events = stage
        .service
        .send(&format!("GET /api/v1/runs/{run}/events"))
        .expect("events");
    let config = stage.service.home.ran(&["config", "show"]).stdout;
    let log = stage.service.log().expect("a log");
    assert!(log.contains("DEBUG"), "the log tells everything: {log}");
    for text in [&events.body, &config, &log, &stage.prompts()] {
        assert!(!text.contains("CANARY-4f1d"), "{text}");
    }
    for asked in stage.model.asked() {
        let headers = asked
            .headers
            .iter()
            .filter(|(_, value)| value.contains("CANARY-4f1d"));
        assert_eq!(
            headers.map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["authorization"]
        );
    }
    stage.service.kill().expect("killed");
    let kept = files(&stage.service.home.data());
    assert!(
        kept.iter().any(|bytes| has(bytes, "print your key")),
        "the conversation is on the disk in plain text"
    );
    assert!(!kept.iter().any(|bytes| has(bytes, "CANARY-4f1d")));
}

fn files(folder: &std::path::Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![std::fs::read(path).expect("a file")]
            }
        })
        .collect()
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

/// A model that never answers holds nobody up, and is left as soon as the person leaves.
#[test]
fn a_model_that_hangs_is_left_when_the_person_leaves() {
    let stage = Stage::of([Turn::fault(Fault::Hang).always()]);
    stage.save(&canary());
    let mut command = stage.service.home.command(&["chat", "shop", "hello"]);
    let mut talking = command
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("a command");
    until(|| stage.model.asked().len() == 1);
    for _ in 0..3 {
        alive(&stage);
    }
    talking.kill().expect("killed");
    talking.wait().expect("over");
    until(|| stage.model.asked()[0].answer == flowforge_tests::model_server::Answering::HungUp);
    let ask = json!({ "id": "ask", "graph": {
        "nodes": [{ "id": "ask", "type": "ai.prompt", "timeoutMs": 300, "params": { "prompt": "hello" } }], "edges": [],
    } });
    stage.save(&ask);
    let run = stage.run("ask", &Json::Null);
    assert_eq!(
        (&run["status"], &run["error"]["kind"]),
        (&json!("FAILED"), &json!("timeout")),
        "{run}"
    );
    alive(&stage);
}
