//! The command line as its users know it: the real process, `--json`, exit codes.

use flowforge_snapshots::{Journal, Options};
use flowforge_tests::TestServer;
use flowforge_tests::process::Home;
use serde_json::{Value as JsonValue, json};

/// The example of the README.
const ORDERS: &str = r#"
id: order-total
name: Order total
version: 1
config: { maxParallel: 8, errorHandling: stop }
graph:
  nodes:
    - { id: start, type: trigger.manual }
    - { id: fetch, type: http.request, params: { method: GET, url: "{{ input.url }}" }, retry: { maxAttempts: 3, delayMs: 200 } }
    - { id: mark, type: data.set, params: { fields: { checked: true, count: "{{ input.body.orders.len() }}" }, keep: true } }
    - id: total
      type: code.rhai
      timeoutMs: 2000
      params: { code: "let t = 0.0; for o in input.body.orders { t += o.price * o.quantity; } #{ total: t }" }
  edges:
    - { source: start, target: fetch }
    - { source: fetch, sourcePort: out, target: mark }
    - { source: mark, target: total }
"#;

/// A finished run of the example.
struct Orders {
    server: TestServer,
    home: Home,
    run: String,
}

impl Orders {
    fn new() -> Self {
        let server = TestServer::start();
        let home = Home::allowing(&server);
        let file = home.file("orders.yaml", ORDERS);
        let input = json!({ "url": server.url("/orders") }).to_string();
        let ran = home.ok(&["run", &file, "--input", &input]);
        assert_eq!(ran["status"], "COMPLETED", "{ran}");
        assert_eq!(
            (&ran["output"], &ran["frames"]),
            (&json!({ "total": 57.5 }), &json!(4))
        );
        let run = text(&ran["runId"]);
        Self { server, home, run }
    }

    /// The frame of a node.
    fn frame(&self, node: &str) -> JsonValue {
        let frames = self.home.ok(&["frames", &self.run]);
        let found = frames
            .as_array()
            .expect("frames")
            .iter()
            .find(|frame| frame["nodeId"] == node);
        found.expect(node).clone()
    }

    /// `RUN@SEQ`, with the event before this node's frame was opened.
    fn before(&self, node: &str) -> String {
        let opened = self.frame(node)["openedSeq"].as_u64().expect("a seq");
        format!("{}@{}", self.run, opened - 1)
    }
}

fn text(json: &JsonValue) -> String {
    json.as_str()
        .unwrap_or_else(|| panic!("a text: {json}"))
        .to_owned()
}

/// A workflow with one node.
fn single(node: &str) -> String {
    format!("id: single\ngraph:\n  nodes:\n    - {{ id: only, {node} }}\n")
}

#[test]
fn exit_codes_say_how_it_went() {
    let home = Home::new();
    let fine = home.file(
        "fine.yaml",
        &single("type: data.set, params: { fields: { x: 1 } }"),
    );
    let fails = home.file(
        "fails.yaml",
        &single("type: flow.fail, params: { message: no }"),
    );
    let broken = home.file("broken.yaml", &single("type: no.such"));
    let nobody = "01900000-0000-7000-8000-000000000000";
    let code = |args: &[&str]| home.json(args).0;
    assert_eq!(code(&["run", &fine]), 0);
    assert_eq!(code(&["check", &broken]), 1);
    assert_eq!(code(&["run", &broken]), 1);
    assert_eq!(code(&["run", &fine, "--input", "{"]), 2);
    assert_eq!(home.ran(&["run"]).code, Some(2));
    assert_eq!(code(&["run", &fails]), 3);
    for args in [
        &["frames", nobody][..],
        &["show", nobody],
        &["run", "absent"],
        &["run", "absent.yaml"],
        &["resume", nobody],
    ] {
        assert_eq!(code(args), 5, "{args:?}");
    }
}

#[test]
fn who_holds_the_data_folder_is_named_after_a_while() {
    let home = Home::new();
    let journal = Journal::open(&home.data(), Options::default()).expect("it opens");
    let ran = home.ran(&["--json", "runs"]);
    drop(journal);
    assert_eq!(ran.code, Some(4), "{ran:?}");
    let error = text(&ran.json()["error"]);
    assert!(error.contains(&std::process::id().to_string()), "{error}");
    assert_eq!(home.ok(&["runs"]), json!([]));
}

#[test]
fn check_lists_every_problem_with_its_place() {
    let home = Home::new();
    let file = home.file(
        "wrong.yaml",
        "id: wrong
graph:
  nodes:
    - { id: a, type: http.request, params: { url: 5 } }
    - { id: b, type: no.such }
    - { id: c, type: code.rhai, params: { code: 'let x = ;' } }
    - { id: d, type: log, params: { message: '{{ nodes.z.output }}' } }
  edges:
    - { source: a, target: nowhere }
    - { source: c, target: d }
    - { source: d, target: c }
",
    );
    let (code, problems) = home.json(&["check", &file]);
    let problems = problems.as_array().expect("problems").clone();
    assert_eq!(code, 1);
    assert!(problems.len() >= 6, "{problems:#?}");
    assert!(
        problems.iter().all(|problem| problem["fileLine"].is_u64()),
        "{problems:#?}"
    );
    let at = |node: &str| {
        problems
            .iter()
            .any(|problem| problem["place"]["node"] == node)
    };
    assert!(
        ["a", "b", "c", "d"].iter().all(|node| at(node)),
        "{problems:#?}"
    );
}

#[test]
fn forks_send_only_what_is_new() {
    let orders = Orders::new();
    let Orders { server, home, run } = &orders;
    let early = orders.before("fetch");
    let plan = home.ok(&["fork", &early, "--plan"]);
    assert_eq!(
        plan["effects"].as_array().expect("effects").len(),
        1,
        "{plan}"
    );
    assert_eq!(
        (
            &plan["effects"][0]["nodeId"],
            &plan["effects"][0]["recorded"]
        ),
        (&json!("fetch"), &json!(true))
    );
    assert_eq!(server.count(), 1);

    let code = r#"total.code="input.count * 100""#;
    let late = home.ok(&["fork", &orders.before("total"), "--set", code, "--live"]);
    assert_eq!((&late["output"], server.count()), (&json!(300), 1));
    let diff = home.ok(&["diff", run, &text(&late["runId"])]);
    assert_eq!(
        (
            &diff["identical"],
            diff["changed"].as_array().expect("frames").len()
        ),
        (&json!(false), 1)
    );

    let dry = home.ok(&["fork", &early, "--set", code]);
    assert_eq!((&dry["output"], server.count()), (&json!(300), 1));

    let elsewhere = format!("fetch.url={}", json!(server.url("/json")));
    let (code, stopped) = home.json(&["fork", &early, "--set", &elsewhere]);
    assert_eq!(
        (code, &stopped["status"], server.count()),
        (3, &json!("INTERRUPTED"), 1),
        "{stopped}"
    );

    let live = home.ok(&["fork", &early, "--live"]);
    assert_eq!(
        (&live["output"], server.count()),
        (&json!({ "total": 57.5 }), 2)
    );
    assert_eq!(
        home.ok(&["frames", run]).as_array().expect("frames").len(),
        4
    );
}

#[test]
fn a_run_travels_in_one_file() {
    let orders = Orders::new();
    let file = orders.home.path("run.flowforge").display().to_string();
    let written = orders.home.ok(&["export", &orders.run, &file]);
    assert!(written["bytes"].as_u64().expect("bytes") > 100);
    let other = Home::new();
    assert_eq!(other.ok(&["import", &file])["runId"], *orders.run);
    assert_eq!(
        other.ok(&["frames", &orders.run]),
        orders.home.ok(&["frames", &orders.run])
    );
    let replayed = other.ok(&["replay", &orders.run]);
    assert_eq!(
        (&replayed["identical"], &replayed["effectsPerformed"]),
        (&json!(true), &json!(0))
    );
    let torn = other.file("torn", "not a run");
    assert_eq!(other.json(&["import", &torn]).0, 1);
}

#[test]
fn a_call_to_a_private_address_fails_unless_it_is_allowed() {
    let server = TestServer::start();
    let (closed, open) = (Home::new(), Home::allowing(&server));
    let text = single(&format!(
        "type: http.request, params: {{ url: '{}' }}",
        server.url("/json")
    ));
    let (code, blocked) = closed.json(&["run", &closed.file("get.yaml", &text)]);
    assert_eq!(
        (code, &blocked["error"]["kind"]),
        (3, &json!("blockedAddress")),
        "{blocked}"
    );
    assert_eq!(server.count(), 0);
    assert_eq!(
        open.ok(&["run", &open.file("get.yaml", &text)])["output"]["body"]["number"],
        42
    );
}

#[test]
fn the_same_key_gives_the_same_run() {
    let server = TestServer::start();
    let home = Home::allowing(&server);
    let node = format!(
        "type: http.request, params: {{ method: POST, url: '{}' }}",
        server.url("/echo")
    );
    let file = home.file("post.yaml", &single(&node));
    let run = || home.ok(&["run", &file, "--idempotency-key", "k1"])["runId"].clone();
    assert_eq!((run(), server.count()), (run(), 1));
}

#[test]
fn the_store_tells_its_size_and_becomes_smaller() {
    let home = Home::new();
    let file = home.file(
        "one.yaml",
        &single("type: data.set, params: { fields: { x: '{{ input }}' } }"),
    );
    let runs: Vec<String> = (0..3)
        .map(|number| text(&home.ok(&["run", &file, "--input", &number.to_string()])["runId"]))
        .collect();
    assert_eq!(home.ok(&["store", "size"])["runs"], 3);
    assert!(
        home.ok(&["store", "compact"])["fileBytes"]
            .as_u64()
            .expect("bytes")
            > 0
    );
    assert_eq!(
        home.ok(&["store", "prune", "--keep", "1"])["runsRemoved"],
        2
    );
    assert_eq!(home.json(&["store", "prune"]).0, 2);
    assert_eq!(home.json(&["frames", &runs[0]]).0, 5);
    assert_eq!(home.ok(&["replay", &runs[2]])["identical"], true);
}
