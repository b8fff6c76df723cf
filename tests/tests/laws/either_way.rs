//! Every command says the same, and does the same, whether or not a service holds the data folder.

use std::collections::HashMap;

use flowforge_tests::api::{Names, Service};
use flowforge_tests::process::Home;
use serde_json::Value as JsonValue;

/// Longer words without punctuation are tokens.
const TOKEN_CHARS_MIN: usize = 40;

/// Workflows by name.
const WORKFLOWS: [(&str, &str); 6] = [
    (
        "double",
        "
    - { id: start, type: trigger.manual }
    - { id: double, type: data.set, params: { fields: { x: '{{ input.x * 2 }}' } } }
  edges:
    - { source: start, target: double }",
    ),
    (
        "fails",
        "
    - { id: a, type: data.set, params: { fields: { b: 1, a: 2 } } }
    - { id: no, type: code.rhai, params: { code: \"let x = 1;\\nx.nowhere()\" } }
  edges:
    - { source: a, target: no }",
    ),
    (
        "asks",
        "
    - { id: ok, type: flow.approve, params: { message: 'shall it go on?' } }
    - { id: then, type: data.set, params: { fields: { y: 1 } } }
  edges:
    - { source: ok, sourcePort: approved, target: then }",
    ),
    (
        "loops",
        "
    - { id: each, type: flow.for_each, params: { items: '{{ input }}' } }
    - { id: one, type: data.set, parent: each, params: { fields: { v: '{{ item }}' } } }
    - { id: call, type: http.request, params: { method: POST, url: 'http://127.0.0.1:9/x' }, onError: continue }
  edges:
    - { source: each, target: call }",
    ),
    ("broken", "\n    - { id: a, type: no.such }"),
    (
        "pauses",
        "\n    - { id: a, type: flow.fail, params: { message: no }, onError: pause }",
    ),
];

/// Every command that opens the data folder, as a user would type it, in an order in which one builds on another.
///
/// `NAME.yaml` is a workflow's file and `{NAME}` a run; a `!` asks for one that the other pass did not use up.
const COMMANDS: &[&str] = &[
    "check double.yaml",
    "check broken.yaml",
    "check double",
    "check nowhere",
    "check nowhere.yaml",
    "run double.yaml --input {\"x\":1}",
    "run double --input {\"x\":1}",
    "run double --input {\"x\":3} --idempotency-key k!",
    "run double --input {\"x\":3} --idempotency-key k!",
    "run fails.yaml",
    "run loops.yaml --input [1,[2]]",
    "run asks.yaml",
    "run nowhere",
    "run nowhere.yaml",
    "run broken.yaml",
    "run double.yaml --input {",
    "signal {asks!}",
    "signal {asks!}",
    "signal {waits!} --node other",
    "cancel {waits!}",
    "cancel {waits!} --reason late",
    "signal {double}",
    "cancel {double}",
    "resume {pauses!}",
    "resume {pauses!} --retry",
    "resume {pauses!} --retry --node other",
    "resume {double}",
    "resume {double} --retry",
    "resume {fails}",
    "resume {nobody}",
    "signal {nobody}",
    "cancel {nobody}",
    "runs",
    "runs --limit 2",
    "runs --limit 0",
    "runs --workflow double --after {loops}",
    "runs --workflow nowhere",
    "frames {double}",
    "frames {loops} --node one --limit 1",
    "frames {loops} --after 4",
    "frames {fork}",
    "frames {waits}",
    "frames {nobody}",
    "show {double}",
    "show {double}@3",
    "show {double}@0",
    "show {double}@99",
    "show {loops}",
    "show {fails}",
    "show {nobody}",
    "show nonsense",
    "replay {double}",
    "replay {loops}",
    "replay {nobody}",
    "fork {double}@3",
    "fork {double}@3 --set double.fields={\"x\":9}",
    "fork {double}@3 --input double={\"x\":9}",
    "fork {double}@3 --set nowhere.x=1",
    "fork {double}@3 --set nowhere",
    "fork {double}@4 --set start.x=1",
    "fork {double}@3 --workflow broken.yaml",
    "fork {double}",
    "fork {double}@0",
    "fork {double}@6",
    "fork {double}@99",
    "fork {nobody}@2",
    "fork {loops}@2 --live",
    "fork {loops}@2 --set call.method=\"PUT\"",
    "fork {loops}@2 --plan",
    "fork {double}@3 --plan",
    "diff {double} {fork}",
    "diff {double} {double}",
    "diff {double}@3 {fork}",
    "diff {double}@99 {fork}",
    "diff {double} {nobody}",
    "bisect {sums} --good {sums-good} --bad {sums-bad}",
    "bisect {sums} --good {sums-bad} --bad {sums-good}",
    "bisect {sums} --good {sums-good} --bad {sums-good}",
    "bisect {sums} --good {sums-good} --bad nonsense",
    "bisect {double} --good {sums-good} --bad {sums-bad}",
    "bisect {nobody} --good {sums-good} --bad {sums-bad}",
    "search x:42",
    "search go --workflow asks",
    "search x:42 --node double --run {double}",
    "search nothing-like-it",
    "search \"unclosed",
    "search x --after nonsense",
    "token create a",
    "token create ",
    "config show",
    "nodes loop",
    "nodes nothing-like-it",
    "export {loops} out.flowforge",
    "export {nobody} none.flowforge",
    "export {double} no-folder/out.flowforge",
    "import out.flowforge",
    "import junk.flowforge",
    "import absent.flowforge",
    "import other.flowforge",
    "runs --workflow elsewhere",
    "store prune --keep 1000",
    "store prune --older-than 1",
    "store size",
    "store compact",
    "resume",
];

/// A data folder with runs in every state, and the ids of these.
struct Folder {
    home: Home,
    runs: HashMap<String, String>,
}

impl Folder {
    fn new() -> Self {
        let mut folder = Self {
            home: Home::new(),
            runs: HashMap::new(),
        };
        for (name, _) in WORKFLOWS {
            folder.write(name);
        }
        let _ = folder.home.file("junk.flowforge", "junk");
        folder.export_elsewhere();
        for (name, workflow, input) in [
            ("double", "double", r#"{"x": 21}"#),
            ("fails", "fails", "null"),
            ("loops", "loops", r#"[1, [2], {"z": 3.5}]"#),
            ("asks", "asks", "null"),
            ("asks!", "asks", "null"),
            ("waits", "asks", "null"),
            ("waits!", "asks", "null"),
            ("pauses", "pauses", "null"),
            ("pauses!", "pauses", "null"),
        ] {
            let file = folder.file(&format!("{workflow}.yaml"));
            let ran = folder.home.json(&["run", &file, "--input", input]).1;
            folder.runs.insert(name.into(), id(&ran));
        }
        let at = format!("{}@3", folder.runs["double"]);
        let fork = folder
            .home
            .ok(&["fork", &at, "--input", r#"double={"x": 4}"#]);
        folder.runs.insert("fork".into(), id(&fork));
        folder.break_sums();
        let nobody = "01a1fdcb-86e3-71f2-aa39-7aacfd1bf5f9";
        folder.runs.insert("nobody".into(), nobody.into());
        folder
    }

    /// A run whose workflow was changed three times since, once for the worse.
    fn break_sums(&mut self) {
        let sums = |name: &str, sum: &str| {
            let node = format!(
                "{{ id: sum, type: data.set, params: {{ fields: {{ sum: '{{{{ {sum} }}}}' }} }} }}"
            );
            format!("id: sums\nname: {name}\ngraph:\n  nodes:\n    - {node}\n")
        };
        let (right, wrong) = ("input.a + input.b", "input.a - input.b");
        let versions = [
            ("One", right),
            ("Two", right),
            ("Three", wrong),
            ("Four", wrong),
        ];
        for (at, (name, sum)) in versions.into_iter().enumerate() {
            let file = self.home.file("sums.yaml", &sums(name, sum));
            let ran = self
                .home
                .ok(&["run", &file, "--input", r#"{"a": 1, "b": 2}"#]);
            let workflow = &self.home.ok(&["show", &id(&ran)])["workflow"];
            let hash = workflow["hash"].as_str().expect("a hash").to_owned();
            match at {
                0 => {
                    self.runs.insert("sums".into(), id(&ran));
                    self.runs.insert("sums-good".into(), hash);
                }
                _ => drop(self.runs.insert("sums-bad".into(), hash)),
            }
        }
    }

    fn write(&self, name: &str) {
        let (_, nodes) = WORKFLOWS
            .iter()
            .find(|(known, _)| *known == name)
            .expect(name);
        let text = format!("id: {name}\ngraph:\n  nodes:{nodes}\n");
        let _ = self.home.file(&format!("{name}.yaml"), &text);
    }

    /// A run of another folder, as a file.
    fn export_elsewhere(&self) {
        let other = Home::new();
        let text = "id: elsewhere\ngraph:\n  nodes:\n    - { id: a, type: trigger.manual }\n";
        let ran = other.ok(&["run", &other.file("elsewhere.yaml", text)]);
        let _ = other.ok(&["export", &id(&ran), &self.file("other.flowforge")]);
    }

    fn file(&self, name: &str) -> String {
        self.home.path(name).display().to_string()
    }

    /// The same folder once more, with the files.
    fn copied(&self) -> Self {
        let copy = Self {
            home: self.home.copied(),
            runs: self.runs.clone(),
        };
        for (name, _) in WORKFLOWS {
            copy.write(name);
        }
        for name in ["junk.flowforge", "other.flowforge"] {
            std::fs::copy(self.file(name), copy.file(name)).expect("copied");
        }
        copy
    }

    fn seat(&self) -> Seat<'_> {
        Seat {
            home: &self.home,
            runs: &self.runs,
        }
    }
}

/// Somebody who types commands.
struct Seat<'a> {
    home: &'a Home,
    runs: &'a HashMap<String, String>,
}

impl Seat<'_> {
    fn file(&self, name: &str) -> String {
        self.home.path(name).display().to_string()
    }

    /// A command as it is typed, with places and ids filled in.
    fn arguments(&self, command: &str, json: bool) -> Vec<String> {
        let pass = if json { "!" } else { "" };
        let fill = |word: &str| {
            let mut word = word.to_owned();
            for (name, run) in self.runs {
                word = word.replace(&format!("{{{name}}}"), run);
            }
            if [".yaml", ".flowforge"]
                .iter()
                .any(|end| word.ends_with(end))
            {
                word = self.file(&word);
            }
            word
        };
        let command = command
            .replace("!}", &format!("{pass}}}"))
            .replace('!', pass);
        let words = command.split(' ').map(fill);
        json.then(|| "--json".to_owned())
            .into_iter()
            .chain(words)
            .collect()
    }

    fn ran(&self, command: &str, json: bool, names: &mut Names) -> String {
        let arguments = self.arguments(command, json);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ran = self.home.ran(&arguments);
        let mut said = format!("{:?}\n", ran.code);
        for text in [&ran.stdout, &ran.stderr] {
            let text = text.replace(&self.file(""), "<folder>/");
            let text = names.plain(&text);
            let is_measured = command.starts_with("store") || text.contains(" bytes)");
            said.extend(text.lines().map(|line| plain(line, is_measured) + "\n"));
        }
        said
    }
}

fn id(ran: &JsonValue) -> String {
    ran["runId"]
        .as_str()
        .unwrap_or_else(|| panic!("a run: {ran}"))
        .to_owned()
}

/// A line without times, tokens and sizes, its columns one space apart.
fn plain(line: &str, is_measured: bool) -> String {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    for index in 1..words.len() {
        if words[index] == "ms" {
            words[index - 1] = "<n>";
        }
    }
    let words = words.into_iter().map(|word| {
        if word.len() >= TOKEN_CHARS_MIN && !word.contains(['{', '/']) {
            "<token>".to_owned()
        } else if is_measured {
            word.replace(|char: char| char.is_ascii_digit(), "")
        } else {
            word.to_owned()
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn every_command_says_the_same_with_and_without_a_service() {
    let alone = Folder::new();
    let copy = alone.copied();
    let service = Service::on(copy.home, &[]).expect("a service");
    let alone = alone.seat();
    let served = Seat {
        home: &service.home,
        runs: alone.runs,
    };
    let mut differing = Vec::new();
    let (mut names, mut other_names) = (Names::default(), Names::default());
    for json in [false, true] {
        for command in COMMANDS {
            let expected = alone.ran(command, json, &mut names);
            let found = served.ran(command, json, &mut other_names);
            if expected != found {
                differing.push(format!(
                    "{command}{}\n-- alone: {expected}-- served: {found}",
                    if json { " --json" } else { "" }
                ));
            }
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}
