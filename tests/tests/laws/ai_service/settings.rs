//! What a person may set about models, and what only whoever runs the service may.

use flowforge_tests::api::Service;
use flowforge_tests::model_server::{ModelServer, Script, Turn};
use flowforge_tests::process::Home;
use serde_json::{Value as Json, json};

use super::stage::{BASE_URL, Stage, ask, text};

const PRIVATE: [&str; 6] = [
    "http://127.0.0.1:9/v1",
    "http://10.0.0.1/v1",
    "http://192.168.1.1:8080/v1",
    "http://169.254.169.254/latest",
    "http://[::1]:11434/v1",
    "http://2130706433/v1",
];

#[test]
fn a_person_cannot_point_models_at_a_private_address() {
    let mut service = Service::on(Home::new(), &[]).expect("a service");
    let before = ask(&service, "GET /ai", &Json::Null).1;
    assert_eq!(
        (&before["mode"], &before["baseUrl"]),
        (&json!("planner"), &Json::Null)
    );
    refuses(&service);
    for (wrong, code) in [
        ("file:///etc/passwd", "wrong-setting"),
        ("http://me:pw@example.com", "wrong-setting"),
    ] {
        let (status, problem) = ask(&service, "PATCH /ai", &json!({ "baseUrl": wrong }));
        assert_eq!((status, &problem["code"]), (400, &json!(code)), "{problem}");
    }
    service.restart_after_kill(&[]).expect("it starts again");
    assert_eq!(
        ask(&service, "GET /ai", &Json::Null).1,
        before,
        "nothing of it was kept"
    );
    let (status, problem) = ask(&service, "GET /ai/models", &Json::Null);
    assert_eq!((status, &problem["code"]), (409, &json!("no-model")));
    assert_eq!(ask(&service, "POST /ai/test", &json!({})).0, 409);
}

fn refuses(service: &Service) {
    for url in PRIVATE {
        let (status, problem) = ask(service, "PATCH /ai", &json!({ "baseUrl": url }));
        assert_eq!(
            (status, &problem["code"]),
            (400, &json!("blocked-address")),
            "{url}: {problem}"
        );
    }
}

/// What a person sets while the operator's word counts is not tried now; it must not be a trap for later.
#[test]
fn a_private_address_is_refused_also_while_it_would_not_count() {
    let mut stage = Stage::of([]);
    refuses(&stage.service);
    let kept = stage.ok("PATCH /ai", &json!({ "model": "other" }));
    assert_eq!(
        (&kept["baseUrl"], &kept["model"]),
        (&json!(stage.model.base_url()), &json!("other"))
    );
    stage.service.home = std::mem::take(&mut stage.service.home).without(BASE_URL);
    stage
        .service
        .restart_after_kill(&[])
        .expect("it starts without the operator's endpoint");
    assert_eq!(
        stage.service.send("GET /livez").expect("an answer").status,
        200
    );
}

/// A host that the operator allowed when a person chose it, and allows no longer.
#[test]
fn an_endpoint_that_is_no_longer_allowed_is_not_asked_and_stops_nothing() {
    let model = ModelServer::of([Turn::say("Hello.").always()]);
    let host = format!("127.0.0.1:{}", model.port());
    let mut service = Service::on(Home::new(), &["--allow-host", &host]).expect("a service");
    let set = ask(
        &service,
        "PATCH /ai",
        &json!({ "baseUrl": model.base_url() }),
    );
    assert_eq!(
        (set.0, &set.1["mode"], &set.1["keyFrom"]),
        (200, &json!("model"), &Json::Null),
        "{set:?}"
    );
    let said = json!({ "workflow": "w", "text": "hello" });
    assert_eq!(
        ask(&service, "POST /chat", &said).1["turn"]["answer"],
        "Hello."
    );
    let asked = model.asked().len();
    service
        .restart_after_kill(&[])
        .expect("it starts all the same");
    assert_eq!(ask(&service, "GET /ai", &Json::Null).1["mode"], "planner");
    assert_eq!(
        ask(&service, "POST /chat", &said).1["turn"]["by"],
        "planner"
    );
    assert_eq!(model.asked().len(), asked);
    let removed = ask(&service, "PATCH /ai", &json!({ "baseUrl": null }));
    assert_eq!(removed.0, 200, "and it can be taken back: {removed:?}");
}

#[test]
fn limits_and_models_are_kept_and_the_endpoint_is_listed_and_tested() {
    let mut stage = Stage::play(Script {
        models: vec!["small".into(), "large".into()],
        ..Script::of(vec![Turn::say("ready").always()])
    });
    let listed = stage.get("/ai/models");
    let ids: Vec<_> = listed["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| text(&item["id"]))
        .collect();
    assert_eq!(ids, ["small", "large"]);
    let tested = stage.ok("POST /ai/test", &json!({}));
    assert_eq!(
        (&tested["ok"], &tested["model"]),
        (&json!(true), &json!("small")),
        "{tested}"
    );
    assert!(tested["ms"].is_u64(), "{tested}");
    let set = json!({
        "model": "small",
        "models": { "draft": "large", "node": "small" },
        "limits": { "runUsd": 0.25, "dayUsd": 2.0, "workspaceUsd": 20.0 },
    });
    let changed = stage.ok("PATCH /ai", &set);
    for (name, value) in set.as_object().expect("fields") {
        assert_eq!(&changed[name], value, "{name}");
    }
    let before = stage.get("/ai");
    stage
        .service
        .restart_after_kill(&[])
        .expect("it starts again");
    assert_eq!(stage.get("/ai"), before);
    stage.say("shop", "hello");
    assert_eq!(
        stage.model.asked().last().expect("asked").body["model"],
        "large"
    );
    for (wrong, code) in [
        (json!({ "limits": { "runUsd": "much" } }), 400),
        (json!({ "key": "sk-x" }), 400),
        (json!({ "keyFile": "/etc/passwd" }), 400),
    ] {
        assert_eq!(stage.ask("PATCH /ai", &wrong).0, code, "{wrong}");
    }
    assert_eq!(stage.get("/ai")["limits"], before["limits"]);
}
