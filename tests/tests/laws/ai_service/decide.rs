//! A conversation, and what becomes of the proposals that are made in it.

use flowforge_engine::Workflow;
use flowforge_engine::edit::Patch;
use serde_json::{Value as Json, json};

use super::stage::{Stage, accept, nodes, proposes, text};

/// A workflow that logs.
fn log() -> Json {
    json!({ "id": "log", "graph": {
        "nodes": [
            { "id": "start", "type": "trigger.manual" },
            { "id": "out", "type": "log", "params": { "message": "done" } },
        ],
        "edges": [{ "source": "start", "target": "out" }],
    } })
}

fn says(message: &str) -> Json {
    json!([{ "edit": "setParam", "node": "out", "pointer": "/message", "value": message }])
}

#[test]
fn build_refine_accept_half_and_take_a_turn_back() {
    let stage = Stage::script("refine.yaml");
    stage
        .world
        .give("/orders", json!([{ "total": 40 }, { "total": 140 }]));
    let home = &stage.service.home;
    let first = home.ok(&["chat", "shop", "Fetch the orders", "--apply"]);
    assert_eq!(
        (&first["applied"], &first["by"], &first["answer"]),
        (
            &json!(true),
            &json!("scripted"),
            &json!("Fetches the orders.")
        )
    );
    let chat = text(&first["chat"]);
    let second = home.ok(&[
        "chat",
        "shop",
        "Keep those over 100",
        "--chat",
        &chat,
        "--apply",
    ]);
    assert_eq!(
        (&second["applied"], &second["chat"]),
        (&json!(true), &json!(chat))
    );
    assert_eq!(
        stage.run("shop", &json!({}))["output"],
        json!([{ "total": 140 }])
    );

    let third = home.ok(&["chat", "shop", "Tell me twice", "--chat", &chat]);
    assert_eq!(third["applied"], false);
    assert_eq!(
        stage.world.count(),
        1,
        "what is only proposed sends nothing"
    );
    let proposal = &third["proposal"];
    let titles: Vec<_> = proposal["parts"]
        .as_array()
        .expect("parts")
        .iter()
        .map(|part| &part["title"])
        .collect();
    assert_eq!(titles.len(), 2, "{proposal:#}");
    let before = stage.get("/workflows/shop");
    let half = home.ok(&["proposals", "accept", &text(&proposal["id"]), "--part", "1"]);
    let now = stage.get("/workflows/shop");
    assert_eq!(nodes(&now), ["start", "get", "large", "post"], "{half:#}");
    assert_eq!(half["proposal"]["acceptedParts"], json!([1]));

    let fourth = home.ok(&["chat", "shop", "Say what you did", "--chat", &chat]);
    assert_eq!(fourth["answer"], "I added one step.");
    let told = stage.model.asked().last().expect("asked").body.to_string();
    for sentence in half["applied"].as_array().expect("sentences") {
        assert!(
            told.contains(&text(sentence)),
            "the model is told what was done: {sentence}\n{told}"
        );
    }
    assert!(
        !told.contains("Added the node `note`"),
        "and nothing else: {told}"
    );

    let undo: Patch = serde_json::from_value(half["undo"].clone()).expect("a patch");
    let now: Workflow = serde_json::from_value(now).expect("a workflow");
    let (back, _) = undo.apply(&now).expect("it applies");
    stage.save(&json!(back));
    assert_eq!(
        stage.get("/workflows/shop"),
        before,
        "one turn is taken back, to the byte"
    );
    let turns = stage.get(&format!("/chat/{chat}"));
    assert_eq!(turns["turns"].as_array().map(Vec::len), Some(4));
    assert_eq!(
        stage.get("/chat?q=twice&workflow=shop")["items"][0]["id"],
        json!(chat)
    );
}

#[test]
fn a_proposal_is_for_what_it_was_made_for() {
    let stage = Stage::of([proposes("say hi", &says("hi")).always()]);
    let base = stage.save(&log());
    let made = |words: &str| stage.proposal(&stage.say("log", words));

    let wrong = made("say hi");
    let other = json!({ "hash": base });
    assert_eq!(
        stage.refused(&accept(&wrong), &other),
        (409, "wrong-hash".into())
    );
    let nothing = (409, "proposal-closed".to_owned());
    let reject = format!("POST /proposals/{}/reject", text(&wrong["id"]));
    let rejected = stage.ok(&reject, &json!({}));
    assert_eq!(rejected["state"], "rejected");
    let kept = stage.get(&format!("/proposals/{}", text(&wrong["id"])));
    assert!(kept["byName"].as_str().is_some_and(|name| !name.is_empty()));
    assert_eq!(stage.refused(&reject, &json!({})), nothing);
    assert_eq!(
        stage.refused(&accept(&wrong), &json!({ "hash": wrong["hash"] })),
        nothing
    );
    assert_eq!(
        stage.refused("POST /proposals/nobody/accept", &other),
        (404, "no-such-proposal".into())
    );
    assert_eq!(stage.get("/workflows/log")["graph"], log()["graph"]);

    let (rebased, stale) = (made("say hi please"), made("say hi again"));
    let mut edited = log();
    edited["graph"]["nodes"][1]["name"] = json!("Out");
    edited["graph"]["nodes"][0]["name"] = json!("Begin");
    stage.save(&edited);
    let (status, accepted) = stage.yes(&rebased);
    assert_eq!(status, 200, "{accepted:#}");
    edited["graph"]["nodes"][1]["params"]["message"] = json!("hi");
    assert_eq!(
        stage.get("/workflows/log")["graph"],
        edited["graph"],
        "both changes are there"
    );
    assert_eq!(
        stage.refused(&accept(&rebased), &json!({ "hash": rebased["hash"] })),
        nothing
    );

    edited["graph"]["nodes"][1]["params"]["message"] = json!("somebody else's");
    stage.save(&edited);
    let (status, refused) = stage.yes(&stale);
    assert_eq!((status, &refused["code"]), (409, &json!("stale-proposal")));
    assert!(
        text(&refused["detail"]).contains("out"),
        "the reason names what changed: {refused}"
    );
    assert_eq!(stage.get("/workflows/log")["graph"], edited["graph"]);
    let by_command = stage
        .service
        .home
        .json(&["proposals", "accept", &text(&stale["id"])]);
    assert_ne!(by_command.0, 0, "{by_command:?}");
    let open = stage.get("/proposals?state=open&workflow=log");
    assert_eq!(
        open["items"].as_array().map(Vec::len),
        Some(1),
        "a stale one is still there to look at"
    );
}
