//! Runs that ask a model: their words are heard while they come, recorded, and never asked for again.

use std::time::{Duration, Instant};

use flowforge_tests::model_server::script::Used;
use flowforge_tests::model_server::{Pace, Turn};
use serde_json::{Value as Json, json};

use super::stage::{Stage, text};

fn asks(id: &str, on_error: &str) -> Json {
    let ask = |id: &str, prompt: &str| json!({ "id": id, "type": "ai.prompt", "onError": on_error, "params": { "prompt": prompt } });
    json!({ "id": id, "graph": {
        "nodes": [ask("first", "Say one"), ask("second", "Say two after {{ input }}")],
        "edges": [{ "source": "first", "target": "second" }],
    } })
}

/// One, and two, for a cent each.
fn answers() -> [Turn; 2] {
    let used = Used {
        prompt_tokens: 30,
        completion_tokens: 4,
        cost_usd: Some(0.01),
    };
    let turn = |words: &str, when: &str| Turn {
        usage: Some(used),
        pace: Some(Pace {
            first_ms: 400,
            piece_ms: 20,
        }),
        ..Turn::say(words).when(when).always()
    };
    [turn("It is one.", "Say one"), turn("It is two.", "Say two")]
}

/// The messages of a stream: name and data.
fn messages(body: &str) -> Vec<(String, Json)> {
    let message = |block: &str| {
        let field = |name: &str| {
            block
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .map(|text| text.trim().to_owned())
        };
        Some((
            field("event:")?,
            serde_json::from_str(&field("data:")?).ok()?,
        ))
    };
    body.split("\n\n").filter_map(message).collect()
}

#[test]
fn words_are_heard_recorded_and_never_asked_for_again() {
    let stage = Stage::of(answers());
    stage.save(&asks("ask", "stop"));
    let started = stage.ok("POST /workflows/ask/runs", &json!({}));
    let run = text(&started["runId"]);
    let events = stage
        .service
        .send(&format!("GET /api/v1/runs/{run}/events"))
        .expect("events");
    let messages = messages(&events.body);
    let heard: String = messages
        .iter()
        .filter(|(name, _)| name == "token")
        .map(|(_, data)| text(&data["text"]))
        .collect();
    assert_eq!(heard, "It is one.It is two.", "{}", events.body);
    let ended = stage.get(&format!("/runs/{run}?wait=true"));
    assert_eq!(
        (&ended["status"], &ended["output"]),
        (&json!("COMPLETED"), &json!("It is two.")),
        "{ended}"
    );

    let frames = stage.get(&format!("/runs/{run}/frames"));
    let opened = &frames["items"][1]["openedSeq"];
    let frame = stage.get(&format!("/runs/{run}/frames/{opened}"));
    let effect = &frame["effects"][0];
    assert_eq!(
        (&effect["kind"], frame["effects"].as_array().map(Vec::len)),
        (&json!("model"), Some(1)),
        "{frame:#}"
    );
    assert!(effect.to_string().contains("It is two."), "{effect:#}");
    assert!(
        effect.to_string().contains("Say two after It is one."),
        "{effect:#}"
    );

    let asked = stage.model.asked().len();
    assert_eq!(asked, 2);
    let replay = stage.ok(&format!("POST /runs/{run}/replay"), &json!({}));
    assert_eq!(
        (&replay["identical"], &replay["effectsPerformed"]),
        (&json!(true), &json!(0)),
        "{replay}"
    );
    let moment = stage.service.home.ok(&["show", &format!("{run}@3")]);
    assert_eq!(moment["nodes"]["first"]["status"], "RUNNING", "{moment}");
    assert_eq!(stage.model.asked().len(), asked, "nobody asks again");
    let spent = &stage.get("/ai")["spent"];
    assert_eq!(
        (&spent["workspaceUsd"], &spent["tokens"]),
        (&json!(0.02), &json!(68))
    );
}

#[test]
fn a_spending_limit_stops_a_run_and_is_never_healed_away() {
    let mut stage = Stage::of(answers());
    stage.ok("PATCH /ai", &json!({ "limits": { "runUsd": 0.005 } }));
    stage.save(&asks("ask", "pause"));
    let run = stage.run("ask", &json!({}));
    assert_eq!(run["status"], "WAITING", "{run}");
    let run = text(&run["runId"]);
    let frames = stage.get(&format!("/runs/{run}/frames"));
    let failed = &frames["items"][1];
    let frame = stage.get(&format!("/runs/{run}/frames/{}", failed["openedSeq"]));
    assert_eq!(frame["error"]["kind"], "budget", "{frame:#}");
    assert_eq!(stage.model.asked().len(), 1);

    let healed = stage.ok(&format!("POST /runs/{run}/heal"), &json!({}));
    assert_eq!(
        (
            &healed["diagnosis"]["policy"],
            &healed["fixes"],
            &healed["needsLiveTry"]
        ),
        (&json!(true), &json!([]), &json!([])),
        "{healed:#}"
    );
    let (code, by_command) = stage.service.home.json(&["heal", &run, "--apply"]);
    assert_eq!(
        (code, &by_command["applied"]),
        (4, &Json::Null),
        "{by_command:#}"
    );
    assert_eq!(
        stage.model.asked().len(),
        1,
        "no model is asked how to get around it"
    );

    // Chat has no run: what a day may cost holds for it.
    stage.ok("PATCH /ai", &json!({ "limits": { "dayUsd": 0.01 } }));
    let turn = stage.say("ask", "Say one");
    assert_eq!(turn["problem"]["code"], "spending-limit", "{turn:#}");
    spent_is_kept(&mut stage);
    let turn = stage.say("ask", "Say one");
    assert_eq!(
        turn["problem"]["code"], "spending-limit",
        "a restart forgets no money: {turn:#}"
    );
    assert_eq!(stage.model.asked().len(), 1);
}

/// Restarts the service once what was spent is on the disk.
fn spent_is_kept(stage: &mut Stage) {
    let allow = ["--allow-host", &stage.world.host()];
    let began = Instant::now();
    std::thread::sleep(Duration::from_millis(200));
    stage
        .service
        .restart_after_kill(&allow)
        .expect("it starts again");
    assert!(began.elapsed() < Duration::from_secs(20));
    assert_eq!(stage.get("/ai")["spent"]["workspaceUsd"], json!(0.01));
}
