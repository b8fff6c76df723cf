//! The service, the model that it asks, and the rest of the world.

use std::path::Path;
use std::time::{Duration, Instant};

use flowforge_tests::TestServer;
use flowforge_tests::api::Service;
use flowforge_tests::model_server::{ModelServer, Script, Turn};
use flowforge_tests::process::Home;
use serde_json::{Value as Json, json};

/// The key of the model's endpoint, which must never be seen again.
pub(super) const KEY: &str = "sk-CANARY-4f1d09b7";

/// The variable that names the model's endpoint.
pub(super) const BASE_URL: &str = "FLOWFORGE_AI_BASE_URL";

pub(super) struct Stage {
    pub(super) service: Service,
    pub(super) model: ModelServer,
    pub(super) world: TestServer,
}

impl Stage {
    pub(super) fn of(turns: impl IntoIterator<Item = Turn>) -> Self {
        Self::play(Script::of(turns.into_iter().collect()))
    }

    /// A script of `tests/models`, with the address of the world filled in.
    pub(super) fn script(name: &str) -> Self {
        let world = TestServer::start();
        let script = read(name, &[("world", world.url(""))]);
        Self::begin(Home::allowing(&world), script, world)
    }

    pub(super) fn play(script: Script) -> Self {
        let world = TestServer::start();
        Self::begin(Home::allowing(&world), script, world)
    }

    pub(super) fn begin(home: Home, script: Script, world: TestServer) -> Self {
        let model = ModelServer::start(script);
        let home = home
            .with(BASE_URL, &model.base_url())
            .with("OPENROUTER_API_KEY", KEY)
            .with("FLOWFORGE_LOG", "debug");
        let service = Service::on(home, &[]).expect("a service");
        Self {
            service,
            model,
            world,
        }
    }

    /// Sends `METHOD /path below /api/v1` with a body: the status, and the JSON.
    pub(super) fn ask(&self, line: &str, body: &Json) -> (u16, Json) {
        ask(&self.service, line, body)
    }

    /// The same, which must succeed.
    pub(super) fn ok(&self, line: &str, body: &Json) -> Json {
        let (status, answer) = self.ask(line, body);
        assert!((200..300).contains(&status), "{line}: {status} {answer}");
        answer
    }

    /// What is refused: the status, and the code of the problem.
    pub(super) fn refused(&self, line: &str, body: &Json) -> (u16, String) {
        let (status, answer) = self.ask(line, body);
        (status, text(&answer["code"]))
    }

    pub(super) fn get(&self, path: &str) -> Json {
        self.ok(&format!("GET {path}"), &Json::Null)
    }

    pub(super) fn save(&self, workflow: &Json) -> String {
        let saved = self.ok(
            &format!("PUT /workflows/{}", text(&workflow["id"])),
            workflow,
        );
        text(&saved["hash"])
    }

    /// One turn about a workflow, in a conversation of its own.
    pub(super) fn say(&self, workflow: &str, words: &str) -> Json {
        let said = json!({ "workflow": workflow, "text": words });
        self.ok("POST /chat", &said)["turn"].take()
    }

    /// The proposal of a turn.
    pub(super) fn proposal(&self, turn: &Json) -> Json {
        let id = turn["proposals"][0].as_str();
        let id = id.unwrap_or_else(|| panic!("a proposal: {turn:#}"));
        self.get(&format!("/proposals/{id}"))
    }

    /// Accepts a proposal whole.
    pub(super) fn yes(&self, proposal: &Json) -> (u16, Json) {
        self.ask(&accept(proposal), &json!({ "hash": proposal["hash"] }))
    }

    /// Runs a workflow to its end.
    pub(super) fn run(&self, workflow: &str, input: &Json) -> Json {
        let line = format!("POST /workflows/{workflow}/runs?wait=true");
        self.ok(&line, &json!({ "input": input }))
    }

    /// Everything that the model was told, as one text.
    pub(super) fn prompts(&self) -> String {
        let asked = self.model.asked();
        asked.iter().map(|asked| asked.body.to_string()).collect()
    }
}

/// A script of `tests/models` with these values.
pub(super) fn read(name: &str, values: &[(&str, String)]) -> Script {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("models")
        .join(name);
    let values = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    Script::read(&path, &values.collect()).expect("a script")
}

pub(super) fn ask(service: &Service, line: &str, body: &Json) -> (u16, Json) {
    let (method, path) = line.split_once(' ').expect("METHOD /path");
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let answer = service
        .send(&format!("{method} /api/v1{path}\n\n{body}"))
        .expect("an answer");
    (
        answer.status,
        serde_json::from_str(&answer.body).unwrap_or(Json::Null),
    )
}

/// The line that accepts a proposal.
pub(super) fn accept(proposal: &Json) -> String {
    format!("POST /proposals/{}/accept", text(&proposal["id"]))
}

pub(super) fn text(json: &Json) -> String {
    json.as_str()
        .unwrap_or_else(|| panic!("a text: {json}"))
        .to_owned()
}

/// A model that proposes this when it is told that.
pub(super) fn proposes(when: &str, edits: &Json) -> Turn {
    let arguments = json!({ "reason": format!("As you said: {when}"), "edits": edits });
    Turn::call("propose_edits", arguments).when(when)
}

/// The ids of the nodes of a workflow.
pub(super) fn nodes(workflow: &Json) -> Vec<String> {
    let nodes = workflow["graph"]["nodes"].as_array().into_iter().flatten();
    nodes.map(|node| text(&node["id"])).collect()
}

/// Waits for something that must come soon.
pub(super) fn until(is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "it does not come"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}
