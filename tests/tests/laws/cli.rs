//! The command line as its users know it: the real process, `--json`, exit codes.

use flowforge_snapshots::{Journal, Options};
use flowforge_tests::process::{Home, Ran};
use flowforge_tests::{TestServer, binary};
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

fn list(json: &JsonValue) -> &Vec<JsonValue> {
    json.as_array().unwrap_or_else(|| panic!("a list: {json}"))
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
fn every_example_file_has_no_error() {
    let home = Home::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/examples");
    let mut checked = 0;
    for entry in std::fs::read_dir(folder).expect("the examples") {
        let file = entry.expect("an example").path().display().to_string();
        let (code, problems) = home.json(&["check", &file]);
        let errors: Vec<&JsonValue> = list(&problems)
            .iter()
            .filter(|problem| problem["severity"] == "error")
            .collect();
        assert_eq!((code, errors), (0, Vec::new()), "{file}");
        checked += 1;
    }
    assert!(checked >= 5, "only {checked} examples");
}

#[test]
fn the_first_command_of_the_readme_prints_what_it_says() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let readme = std::fs::read_to_string(format!("{root}/README.md")).expect("the README");
    let hello = format!("{root}/web/examples/hello.yaml");
    let ran = Home::new().ran(&["run", &hello, "--input", r#"{"name": "Ann"}"#]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.stdout.contains("Hello Ann, your name has 3 letters."),
        "{ran:?}"
    );
    assert!(
        readme.contains(&format!("completed (3 frames)\n{}", ran.stdout)),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("completed (3 frames)"), "{ran:?}");
}

#[test]
fn the_example_runs_and_its_past_can_be_looked_at() {
    let orders = Orders::new();
    let Orders { server, home, run } = &orders;
    let fetch = orders.frame("fetch");
    assert_eq!(
        (&fetch["status"], &fetch["effects"][0]["kind"]),
        (&json!("COMPLETED"), &json!("http"))
    );
    assert_eq!(orders.frame("mark")["output"]["count"], 3);
    let replayed = home.ok(&["replay", run]);
    let nothing_new =
        json!({"identical": true, "frames": 4, "effectsPerformed": 0, "divergence": null});
    assert_eq!((&replayed, server.count()), (&nothing_new, 1));
    assert_eq!(home.ok(&["runs"])[0]["run"], **run);
}

#[test]
fn show_tells_a_whole_run_and_a_moment_of_it() {
    let orders = Orders::new();
    let Orders { home, run, .. } = &orders;
    let whole = home.ok(&["show", run]);
    assert_eq!(
        (&whole["status"], &whole["output"]),
        (&json!("COMPLETED"), &json!({ "total": 57.5 }))
    );
    let nodes: Vec<&String> = whole["nodes"].as_object().expect("nodes").keys().collect();
    assert_eq!(nodes, ["fetch", "mark", "start", "total"]);
    for node in nodes {
        let moment = &whole["nodes"][node];
        assert_eq!(
            (&moment["status"], &moment["opened"]),
            (&json!("COMPLETED"), &json!(1))
        );
    }
    assert_eq!(
        home.ok(&["show", &format!("{run}@{}", whole["seq"])]),
        whole
    );
    let then = home.ok(&["show", &orders.before("mark")]);
    assert_eq!(then["nodes"]["fetch"]["status"], "COMPLETED", "{then}");
    assert!(
        then["nodes"]["mark"].is_null() && then["output"].is_null(),
        "{then}"
    );
    assert_eq!(home.json(&["show", &format!("{run}@9999")]).0, 5);
    let told = home.ran(&["show", run]);
    assert!(
        told.code == Some(0) && told.stdout.contains("57.5"),
        "{told:?}"
    );
}

/// Where a value flowed, as `node role`, sorted, each once.
fn found(home: &Home, args: &[&str]) -> Vec<String> {
    let hits = home.ok(&[&["search"], args].concat());
    let hit = |hit: &JsonValue| format!("{} {}", text(&hit["node"]), text(&hit["role"]));
    let mut found: Vec<String> = list(&hits).iter().map(hit).collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn search_finds_words_phrases_fields_and_numbers() {
    let orders = Orders::new();
    let Orders { home, run, .. } = &orders;
    let find = |query: &str| found(home, &[query]);
    let carried = find("anvil");
    assert!(
        carried.contains(&"mark output".to_owned()) && carried.contains(&"mark input".to_owned()),
        "{carried:?}"
    );
    assert_eq!(find("item:anvil"), carried);
    assert_eq!(find("\"anvil\" tongs"), carried);
    assert!(find("\"anvil tongs\"").is_empty() && find("price:anvil").is_empty());
    assert_eq!(find("57.5"), ["total output"]);
    assert_eq!(find("total:57.5"), ["total output"]);
    assert!(find("nowhere").is_empty());
    assert_eq!(
        found(home, &["anvil", "--node", "mark", "--run", run]).len(),
        2
    );
    assert!(found(home, &["anvil", "--workflow", "other"]).is_empty());
    let (code, error) = home.json(&["search", "(anvil"]);
    assert_eq!(code, 2, "{error}");
}

#[test]
fn a_whole_float_is_found_with_and_without_its_point() {
    let home = Home::new();
    let node = single("type: data.set, params: { fields: { total: '{{ input.a + input.b }}' } }");
    let file = home.file("sum.yaml", &node);
    let ran = home.ok(&["run", &file, "--input", r#"{"a": 6.5, "b": 6.5}"#]);
    assert_eq!(ran["output"].to_string(), r#"{"total":13.0}"#);
    for query in ["13.0", "13", "total:13.0", "total:13"] {
        assert_eq!(found(&home, &[query]), ["only output"], "{query}");
    }
}

#[test]
fn diff_tells_equal_runs_from_different_ones() {
    let home = Home::new();
    let file = home.file(
        "one.yaml",
        &single("type: data.set, params: { fields: { x: '{{ input }}' } }"),
    );
    let run = |input| text(&home.ok(&["run", &file, "--input", input])["runId"]);
    let (first, same, other) = (run("1"), run("1"), run("2"));
    let equal = home.ok(&["diff", &first, &same]);
    assert_eq!(
        (&equal["identical"], &equal["changed"]),
        (&json!(true), &json!([])),
        "{equal}"
    );
    let differs = home.ok(&["diff", &first, &other]);
    assert_eq!(differs["identical"], false);
    assert_eq!(list(&differs["changed"]).len(), 1, "{differs}");
    let changed = &differs["changed"][0];
    assert_eq!(changed["a"]["nodeId"], "only");
    let edit = &changed["output"][0];
    assert_eq!(
        (&edit["path"], &edit["before"], &edit["after"]),
        (&json!("/x"), &json!(1), &json!(2))
    );
    let nobody = "01900000-0000-7000-8000-000000000000";
    assert_eq!(home.json(&["diff", &first, nobody]).0, 5);
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
fn a_run_waits_for_a_person() {
    let home = Home::new();
    let file = home.file(
        "ask.yaml",
        "id: ask
graph:
  nodes:
    - { id: ask, type: flow.approve, params: { message: 'Pay?' } }
    - { id: paid, type: data.set, params: { fields: { by: '{{ input.approval.by }}' } } }
  edges:
    - { source: ask, sourcePort: approved, target: paid }
",
    );
    let waits = home.ok(&["run", &file]);
    assert_eq!(
        (&waits["status"], &waits["waits"][0]["nodeId"]),
        (&json!("WAITING"), &json!("ask"))
    );
    let run = text(&waits["runId"]);
    assert_eq!(home.ok(&["resume", &run])["status"], "WAITING");
    assert_eq!(home.ok(&["resume"])[0]["status"], "WAITING");
    let done = home.ok(&["signal", &run, r#"{"approved": true, "by": "kim"}"#]);
    assert_eq!(
        (&done["status"], &done["output"]),
        (&json!("COMPLETED"), &json!({ "by": "kim" }))
    );
    assert_eq!(home.json(&["signal", &run]).0, 1);
    let second = text(&home.ok(&["run", &file])["runId"]);
    assert_eq!(home.ok(&["cancel", &second])["status"], "CANCELLED");
    let (code, still) = home.json(&["resume", &second]);
    assert_eq!((code, &still["status"]), (3, &json!("CANCELLED")));
}

#[test]
fn workflows_call_others_that_were_given_along() {
    let home = Home::new();
    let child = home.file(
        "child.yaml",
        "id: child\ngraph: { nodes: [ { id: double, type: code.rhai, params: { code: 'input * 2' } } ] }\n",
    );
    let parent = home.file(
        "parent.yaml",
        &single("type: flow.call, params: { workflow: child }"),
    );
    let (code, missing) = home.json(&["run", &parent, "--input", "4"]);
    assert_eq!(
        (code, &missing["error"]["kind"]),
        (3, &json!("notFound")),
        "{missing}"
    );
    assert_eq!(
        home.ok(&["run", &parent, "--input", "4", "--with", &child])["output"],
        8
    );
    assert_eq!(home.ok(&["run", "single", "--input", "5"])["output"], 10);
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
    // Asked for nothing, it does what the configuration says: what is left is young and small.
    assert_eq!(home.ok(&["store", "prune"])["runsRemoved"], 0);
    assert_eq!(home.json(&["frames", &runs[0]]).0, 5);
    assert_eq!(home.ok(&["replay", &runs[2]])["identical"], true);
}

#[test]
fn what_was_pruned_is_not_found_any_more_and_takes_no_place_among_the_hits() {
    let home = Home::new();
    let file = home.file(
        "one.yaml",
        &single("type: data.set, params: { fields: { x: '{{ input }}' } }"),
    );
    let run = |words: &str| {
        let ran = home.ok(&["run", &file, "--input", &json!(words).to_string()]);
        text(&ran["runId"])
    };
    // The one that goes fits better, so it would be the first hit.
    let goes = run("heron");
    let stays = run(&format!("a heron among {}", "many other birds ".repeat(40)));
    let best = || home.ok(&["search", "heron", "--limit", "1"])[0]["run"].clone();
    assert_eq!(best(), *goes);
    let pruned = home.ok(&["store", "prune", "--keep", "1"]);
    assert_eq!(pruned["runsRemoved"], 1);
    assert_eq!(best(), *stays);
    let again = run("heron");
    assert_eq!(best(), *again);
}

#[test]
fn the_catalogue_is_searched_and_printed() {
    let home = Home::new();
    assert_eq!(home.ok(&["nodes", "http.request"])["type"], "http.request");
    let loops = home.ok(&["nodes", "loop"]);
    assert!(
        list(&loops)
            .iter()
            .any(|spec| spec["type"] == "flow.for_each"),
        "{loops}"
    );
    assert_eq!(home.json(&["nodes", "zzzzqqq"]).0, 5);
}

#[test]
fn every_shell_gets_its_completions() {
    let home = Home::new();
    for (shell, mark) in [
        ("bash", "complete -F _flowforge"),
        ("elvish", "edit:completion:arg-completer[flowforge]"),
        ("fish", "complete -c flowforge"),
        ("powershell", "Register-ArgumentCompleter"),
        ("zsh", "#compdef flowforge"),
    ] {
        let ran = home.ran(&["completions", shell]);
        assert_eq!(ran.code, Some(0), "{shell}: {}", ran.stderr);
        for part in [mark, "replay", "prune", "allow-host"] {
            assert!(ran.stdout.contains(part), "{shell} lacks `{part}`");
        }
    }
    assert_eq!(home.ran(&["completions", "abacus"]).code, Some(2));
}

/// What `config show` says with this environment and these arguments.
fn config(environment: &[(&str, &str)], args: &[&str]) -> JsonValue {
    let mut command = binary::command();
    command.envs(environment.iter().copied());
    command.args(["--json", "config", "show"]).args(args);
    let output = command.output().expect("the binary starts");
    let ran = Ran {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.json()
}

/// Value and origin of a setting.
fn setting(config: &JsonValue, name: &str) -> (JsonValue, String) {
    let setting = &config[name];
    (setting["value"].clone(), text(&setting["origin"]))
}

#[test]
fn every_setting_tells_where_it_came_from() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().display().to_string();
    let ours = [("HOME", place.as_str()), ("XDG_DATA_HOME", &place)];
    let bare = config(&ours, &[]);
    for name in [
        "dataDir",
        "allowHosts",
        "workersMax",
        "runsMax",
        "ageDaysMax",
        "journalGibMax",
    ] {
        assert_eq!(setting(&bare, name).1, "default", "{name}");
    }
    assert!(
        text(&bare["dataDir"]["value"]).starts_with(&place),
        "{bare}"
    );

    let file =
        "allow_hosts = ['c.test']\nworkers_max = 3\n[retention]\nruns_max = 9\nage_days_max = 7\n";
    std::fs::write(folder.path().join("flowforge.toml"), file).expect("written");
    let there = [("FLOWFORGE_DATA_DIR", place.as_str())];
    let filed = config(&there, &[]);
    let expect = |json: JsonValue, origin: &str| (json, origin.to_owned());
    assert_eq!(
        setting(&filed, "dataDir"),
        expect(json!(place), "environment")
    );
    assert_eq!(
        setting(&filed, "allowHosts"),
        expect(json!(["c.test"]), "file")
    );
    assert_eq!(setting(&filed, "workersMax"), expect(json!(3), "file"));
    assert_eq!(setting(&filed, "runsMax"), expect(json!(9), "file"));
    assert_eq!(setting(&filed, "ageDaysMax"), expect(json!(7), "file"));

    let hosts = [there[0], ("FLOWFORGE_ALLOW_HOSTS", "b.test:81, d.test")];
    let named = config(&hosts, &[]);
    let three = json!(["b.test:81", "d.test", "c.test"]);
    assert_eq!(setting(&named, "allowHosts"), expect(three, "environment"));
    let flags = ["--data-dir", &place, "--allow-host", "a.test"];
    let flagged = config(&hosts, &flags);
    let four = json!(["a.test", "b.test:81", "d.test", "c.test"]);
    assert_eq!(setting(&flagged, "allowHosts"), expect(four, "flag"));
    assert_eq!(setting(&flagged, "dataDir"), expect(json!(place), "flag"));

    std::fs::write(folder.path().join("flowforge.toml"), "worker = 3").expect("written");
    let told = binary::command()
        .args(["--data-dir", &place, "config", "show"])
        .output()
        .expect("the binary starts");
    let stderr = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(
        told.status.code() == Some(1)
            && stderr.contains("flowforge.toml")
            && stderr.contains("worker"),
        "{told:?}"
    );
}
