//! The disk fails under a run that calls out: what could not be recorded was not done.

use std::collections::BTreeSet;
use std::sync::Arc;

use flowforge_engine::event::Event;
use flowforge_engine::frame::Status;
use flowforge_engine::node_type::Catalogue;
use flowforge_engine::{RunId, Seq, Value};
use flowforge_runtime::outbound::OutboundConfig;
use flowforge_runtime::sandbox::PoolConfig;
use flowforge_runtime::{NoModels, RunEnd, Runtime, RuntimeConfig, RuntimeError, StartRun};
use flowforge_snapshots::faults::{Faults, FaultyDisk};
use flowforge_snapshots::{Journal, Options, WriteError};
use flowforge_tests::workflows::parse;
use flowforge_tests::{Seen, TestServer, binary};

/// A runtime over a disk, allowed to call a server.
pub(crate) fn runtime(disk: &FaultyDisk, server: &TestServer) -> Runtime {
    let journal = Journal::with_backend(disk.clone(), Options::default()).expect("it opens");
    let outbound = OutboundConfig {
        allow: vec![server.host().parse().expect("a host")],
        ..OutboundConfig::default()
    };
    let sandbox = PoolConfig::new(binary::path());
    let catalogue = Arc::new(Catalogue::built_in());
    Runtime::new(
        journal,
        catalogue,
        RuntimeConfig {
            outbound,
            sandbox,
            models: Arc::new(NoModels),
        },
    )
}

/// Starts a run of a workflow.
pub(crate) fn start(runtime: &Runtime, text: &str, input: Value) -> flowforge_runtime::RunHandle {
    let (plan, _) = runtime.prepare(parse(text)).expect("it has no errors");
    let run = StartRun {
        plan,
        input,
        idempotency_key: Some("once".into()),
    };
    runtime.start(run).expect("it starts")
}

/// One call, then three at once, then one that needs them all.
fn calls(server: &TestServer) -> String {
    let call = |id: &str| {
        let url = server.url(&format!("/echo?n={id}"));
        format!(
            "    - {{ id: {id}, type: http.request, params: {{ method: POST, url: '{url}' }} }}\n"
        )
    };
    let nodes: String = ["first", "a", "b", "c", "last"].map(call).concat();
    let edge = |(from, to)| format!("    - {{ source: {from}, target: {to} }}\n");
    let edges = [
        ("first", "a"),
        ("first", "b"),
        ("first", "c"),
        ("a", "all"),
        ("b", "all"),
        ("c", "all"),
        ("all", "last"),
    ];
    let edges: String = edges.map(edge).concat();
    format!(
        "id: calls\ngraph:\n  nodes:\n{nodes}    - {{ id: all, type: flow.join }}\n  edges:\n{edges}"
    )
}

fn name(seen: &Seen) -> String {
    seen.query.trim_start_matches("n=").to_owned()
}

/// The requests that the journal knows of, by the `n` of their URL.
fn recorded(journal: &Journal, run: RunId) -> BTreeSet<String> {
    let events = match journal.run(run).expect("readable") {
        Some(_) => journal.read(run, Seq(0), None).expect("readable"),
        None => Vec::new(),
    };
    let url = |event: &Event| match event {
        Event::EffectRequested { effect, .. } => effect
            .request
            .get("url")
            .and_then(Value::as_str)
            .map(str::to_owned),
        _ => None,
    };
    let urls = events.iter().filter_map(|recorded| url(&recorded.event));
    urls.filter_map(|url| url.split_once("?n=").map(|(_, name)| name.to_owned()))
        .collect()
}

/// Asks for another attempt until nothing is interrupted.
async fn finish(runtime: &Runtime, server: &TestServer, run: RunId) -> RunEnd {
    let mut handle = match runtime.journal().run(run).expect("readable") {
        Some(_) => runtime.resume(run).expect("it can go on"),
        None => start(runtime, &calls(server), Value::Null),
    };
    loop {
        let end = handle.ended().await.expect("nothing fails any more");
        if end.status != Status::Interrupted {
            return end;
        }
        let again = runtime.retry(end.id, None).expect("it waits for that");
        handle = again.expect("nobody drives it");
    }
}

/// One fault somewhere in the run; `true` when the run felt it.
async fn survives(faults: Faults) -> bool {
    let (server, disk) = (TestServer::start(), FaultyDisk::new());
    let runtime = runtime(&disk, &server);
    disk.plan(faults);
    let handle = start(&runtime, &calls(&server), Value::Null);
    let run = handle.id;
    let ended = handle.ended().await;
    let felt = ended.is_err();
    assert!(
        matches!(ended, Ok(_) | Err(RuntimeError::Write(_))),
        "{faults:?}: {ended:?}"
    );
    disk.plan(Faults::default());
    let requested = recorded(runtime.journal(), run);
    let sent: Vec<String> = server.requests().iter().map(name).collect();
    let unique: BTreeSet<String> = sent.iter().cloned().collect();
    assert_eq!(unique.len(), sent.len(), "{faults:?}: sent twice: {sent:?}");
    assert!(
        unique.is_subset(&requested),
        "{faults:?}: sent {sent:?}, recorded {requested:?}"
    );
    let end = finish(&runtime, &server, run).await;
    assert_eq!(
        (end.status, end.frames >= 6),
        (Status::Completed, true),
        "{faults:?}"
    );
    felt
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_fails_stops_the_run_before_the_call_that_needs_it() {
    let mut felt = 0;
    for nth in (1..90).step_by(4) {
        let faults = Faults {
            write: Some(nth),
            ..Faults::default()
        };
        felt += u32::from(survives(faults).await);
    }
    assert!(felt > 5, "only {felt} faults were felt");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_fails_stops_the_run_before_the_call_that_needs_it() {
    let mut felt = 0;
    for nth in 1..12 {
        let faults = Faults {
            sync: Some(nth),
            ..Faults::default()
        };
        felt += u32::from(survives(faults).await);
    }
    assert!(felt > 3, "only {felt} faults were felt");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_the_run_and_it_goes_on_when_there_is_room() {
    let (server, disk) = (TestServer::start(), FaultyDisk::new());
    let runtime = runtime(&disk, &server);
    let (get, post) = (server.url("/bytes/3000000"), server.url("/echo"));
    let text = format!(
        "id: full
graph:
  nodes:
    - {{ id: get, type: http.request, params: {{ url: '{get}' }} }}
    - {{ id: post, type: http.request, params: {{ method: POST, url: '{post}', body: '{{{{ nodes.get.output.status }}}}' }} }}
  edges:
    - {{ source: get, target: post }}
"
    );
    // What comes back compresses well: only a disk that is full now refuses it.
    let capacity_bytes = Some(disk.image().len() as u64);
    disk.plan(Faults {
        capacity_bytes,
        ..Faults::default()
    });
    let handle = start(&runtime, &text, Value::from_json(&noise()));
    let run = handle.id;
    let full = handle.ended().await;
    assert!(
        matches!(full, Err(RuntimeError::Write(WriteError::StorageFull))),
        "{full:?}"
    );
    assert_eq!((server.count(), runtime.effects_performed()), (0, 0));
    disk.plan(Faults::default());
    assert!(runtime.journal().run(run).expect("readable").is_none());
    let end = start(&runtime, &text, Value::Null)
        .ended()
        .await
        .expect("there is room");
    assert_eq!(
        (end.status, server.count_of("/echo")),
        (Status::Completed, 1)
    );
}

/// A value that does not compress.
fn noise() -> serde_json::Value {
    let mut chance = flowforge_snapshots::faults::Chance(1);
    (0..200_000)
        .map(|_| chance.next_number() >> 12)
        .collect::<Vec<u64>>()
        .into()
}
