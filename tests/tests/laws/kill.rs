//! `kill -9` of the real process in the middle of a run that calls out, until the run is finished.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use flowforge_engine::{RunId, Seq};
use flowforge_snapshots::faults::Chance;
use flowforge_snapshots::{Journal, Options};
use flowforge_tests::process::Home;
use flowforge_tests::server::read_log;
use flowforge_tests::{Seen, TestServer};
use serde_json::Value as JsonValue;

/// Chains in the workflow, and calls in each.
const CHAINS: usize = 6;
const CALLS: usize = 6;
/// Most kills of one run.
const KILLS_MAX: u32 = 4;
/// Longest time until a kill, in milliseconds.
const KILL_MS_MAX: u64 = 250;

/// What a call promises about being sent twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Get,
    Plain,
    Keyed,
    Put,
}

fn kind(chain: usize, call: usize) -> Kind {
    [Kind::Get, Kind::Plain, Kind::Keyed, Kind::Put][(chain + call) % 4]
}

fn node_id(chain: usize, call: usize) -> String {
    format!("c{chain}n{call}")
}

fn places() -> impl Iterator<Item = (usize, usize)> {
    (0..CHAINS).flat_map(|chain| (0..CALLS).map(move |call| (chain, call)))
}

/// Chains of calls beside each other, each call of another kind than the one before.
fn workflow(server: &TestServer) -> String {
    let node = |(chain, call)| {
        let id = node_id(chain, call);
        let url = server.url(&format!("/slow/10?n={id}"));
        let rest = match kind(chain, call) {
            Kind::Get => "",
            Kind::Plain => ", method: POST, body: pay",
            Kind::Keyed => ", method: POST, idempotencyKey: true",
            Kind::Put => ", method: PUT, idempotent: true",
        };
        format!("    - {{ id: {id}, type: http.request, params: {{ url: '{url}'{rest} }} }}\n")
    };
    let edge = |(chain, call)| match call {
        0 => format!("    - {{ source: start, target: {} }}\n", node_id(chain, 0)),
        _ => {
            let (from, to) = (node_id(chain, call - 1), node_id(chain, call));
            format!("    - {{ source: {from}, target: {to} }}\n")
        }
    };
    let (nodes, edges): (String, String) =
        (places().map(node).collect(), places().map(edge).collect());
    format!(
        "id: killed\ngraph:\n  nodes:\n    - {{ id: start, type: trigger.manual }}\n{nodes}  edges:\n{edges}"
    )
}

/// A run that is killed, and what was seen of it so far.
struct Victim {
    home: Home,
    log: std::path::PathBuf,
    file: String,
    chance: Chance,
    kills: u32,
    run: Option<String>,
    frames: Vec<JsonValue>,
    status: String,
    /// Nodes that a frame or a line of progress showed as completed, and how often each had been called then.
    completed: BTreeMap<String, usize>,
    _server: TestServer,
}

impl Victim {
    fn new(seed: u64) -> Self {
        let folder = Home::new();
        let log = folder.path("requests.log");
        let server = TestServer::with_log(&log);
        let home = Home::allowing(&server).inside(folder);
        let file = home.file("killed.yaml", &workflow(&server));
        Self {
            home,
            log,
            file,
            chance: Chance(seed),
            kills: 0,
            run: None,
            frames: Vec::new(),
            status: String::new(),
            completed: BTreeMap::new(),
            _server: server,
        }
    }

    fn finish(&mut self) {
        while self.status != "COMPLETED" {
            self.live();
            self.look();
        }
        self.judge();
    }

    /// Starts the process, and kills it unless it is quick.
    fn live(&mut self) {
        let args: Vec<&str> = match &self.run {
            None => vec!["run", &self.file, "--idempotency-key", "k"],
            Some(run) if self.is_held() => vec!["resume", run, "--retry"],
            Some(run) => vec!["resume", run],
        };
        let progress = self.home.path("progress");
        let mut process = self.home.start(&args, &progress);
        if self.kills < KILLS_MAX {
            std::thread::sleep(Duration::from_millis(self.chance.below(KILL_MS_MAX)));
            self.kills += u32::from(process.try_wait().expect("a child").is_none());
            process.kill().expect("killed");
        }
        process.wait().expect("a child");
        let progress = fs::read_to_string(progress).expect("a file");
        let shown = progress.lines().filter_map(|line| line.split_once("✓ "));
        let shown: Vec<String> = shown
            .filter_map(|(_, rest)| rest.split(' ').next().map(str::to_owned))
            .collect();
        self.remember(shown);
    }

    /// Whether the last attempt of some node was interrupted, and every node waits for such or is done.
    fn is_held(&self) -> bool {
        self.status == "INTERRUPTED"
    }

    fn remember(&mut self, nodes: Vec<String>) {
        let calls = calls(&self.log);
        for node in nodes {
            let times = calls.get(&node).map_or(0, Vec::len);
            self.completed.entry(node).or_insert(times);
        }
    }

    /// Asks for the run and its frames: everything seen before must still be there.
    fn look(&mut self) {
        let runs = self.home.ok(&["runs"]);
        let Some(row) = runs.as_array().expect("rows").first() else {
            assert!(
                self.run.is_none() && self.completed.is_empty(),
                "the run is gone"
            );
            return;
        };
        let run = row["run"].as_str().expect("an id").to_owned();
        self.status = row["status"].as_str().expect("a status").to_owned();
        let frames = self.home.ok(&["frames", &run]);
        let frames = frames.as_array().expect("frames").clone();
        for old in &self.frames {
            let same = |new: &&JsonValue| new["openedSeq"] == old["openedSeq"];
            let new = frames.iter().find(same).expect("a frame is gone");
            assert!(
                old["closedSeq"].is_null() || new == old,
                "changed: {old} -> {new}"
            );
        }
        let done = frames.iter().filter(|frame| frame["status"] == "COMPLETED");
        let done: BTreeSet<String> = done
            .map(|frame| frame["nodeId"].as_str().expect("an id").to_owned())
            .collect();
        assert!(
            self.completed.keys().all(|node| done.contains(node)),
            "shown as completed, and gone"
        );
        self.remember(done.into_iter().collect());
        (self.run, self.frames) = (Some(run), frames);
    }

    /// The laws, once the run is over.
    fn judge(&self) {
        let calls = calls(&self.log);
        for (chain, call) in places() {
            let node = node_id(chain, call);
            let seen = &calls[&node];
            let frames: Vec<_> = self
                .frames
                .iter()
                .filter(|frame| frame["nodeId"] == *node)
                .collect();
            let asked = frames
                .iter()
                .filter(|frame| frame["status"] == "INTERRUPTED")
                .count();
            assert_eq!(frames.len(), asked + 1, "{node}: {frames:?}");
            match kind(chain, call) {
                Kind::Plain => assert!(
                    (1..=1 + asked).contains(&seen.len()),
                    "{node} was sent {} times",
                    seen.len()
                ),
                _ => assert_eq!(asked, 0, "{node} can be repeated"),
            }
            let keys: BTreeSet<_> = seen.iter().map(Seen::idempotency_key).collect();
            assert_eq!(keys.len(), 1, "{node}: {keys:?}");
            assert_eq!(
                keys.first().is_some_and(Option::is_some),
                kind(chain, call) == Kind::Keyed
            );
            assert_eq!(
                self.completed[&node],
                seen.len(),
                "{node} was called again after it had completed"
            );
        }
        self.judge_journal();
    }

    fn judge_journal(&self) {
        let journal = Journal::open(&self.home.data(), Options::default()).expect("it opens");
        let run: RunId = self
            .run
            .as_deref()
            .and_then(|run| run.parse().ok())
            .expect("an id");
        let events = journal.read(run, Seq(0), None).expect("readable");
        assert!(
            events
                .iter()
                .zip(1..)
                .all(|(event, seq)| event.seq == Seq(seq)),
            "a gap"
        );
        let verified = journal.verify().expect("it can be looked at");
        assert_eq!(verified.complaints, Vec::<String>::new());
    }
}

/// Requests by node.
fn calls(log: &std::path::Path) -> BTreeMap<String, Vec<Seen>> {
    let mut calls: BTreeMap<String, Vec<Seen>> = BTreeMap::new();
    for seen in read_log(log) {
        calls
            .entry(seen.query.trim_start_matches("n=").to_owned())
            .or_default()
            .push(seen);
    }
    calls
}

/// Runs one after the other, until `kills` processes were killed.
fn survive(mut seed: u64, kills: u32) {
    let mut killed = 0;
    while killed < kills {
        let mut victim = Victim::new(seed);
        victim.finish();
        killed += victim.kills;
        seed += 1;
    }
}

#[test]
fn a_killed_process_loses_nothing_and_sends_nothing_twice_1() {
    survive(1, 25);
}

#[test]
fn a_killed_process_loses_nothing_and_sends_nothing_twice_2() {
    survive(1_001, 25);
}
