//! A failed run goes on: as itself when it waits, as a fork when it has ended, and never doing again what is done.

use std::collections::BTreeMap;

use flowforge_engine::event::Event;
use flowforge_engine::frame::Status;
use flowforge_engine::{Seq, Value, Workflow};
use flowforge_runtime::trial::Trial;
use flowforge_runtime::{Runtime, RuntimeError, StartRun};
use flowforge_snapshots::moment::FrameFilter;
use serde_json::json;

use super::arena::Arena;
use super::table::Answer;

/// A call, a step that misspells a function, and another call.
fn workflow(arena: &Arena, id: &str, code: &str, on_error: &str) -> Workflow {
    let graph = json!({
        "nodes": [
            { "id": "first", "type": "http.request", "params": { "method": "POST", "url": "SERVER/first" } },
            { "id": "count", "type": "code.rhai", "params": { "code": code }, "onError": on_error },
            { "id": "last", "type": "http.request", "params": { "method": "POST", "url": "SERVER/last", "body": "{{ input }}" } },
            { "id": "end", "type": "data.set", "params": { "fields": { "v": "{{ input.body }}" } } },
        ],
        "edges": [
            { "source": "first", "target": "count" },
            { "source": "count", "target": "last" },
            { "source": "last", "target": "end" },
        ],
    });
    arena.parse(id, &graph)
}

const WRONG: &str = "input.body.rows.lenn()";
const RIGHT: &str = "input.body.rows.len()";

fn answers(arena: &Arena) {
    let answer = |body| Answer {
        body,
        ..Answer::default()
    };
    arena.host().answers(&BTreeMap::from([
        ("/first".to_owned(), answer(json!({ "rows": [1, 2, 3] }))),
        ("/last".to_owned(), answer(json!("thanks"))),
    ]));
}

async fn failed(runtime: &Runtime, workflow: &Workflow) -> flowforge_runtime::RunEnd {
    let (plan, _) = runtime.prepare(workflow.clone()).expect("no errors");
    let start = StartRun {
        plan,
        input: Value::Null,
        idempotency_key: None,
    };
    let handle = runtime.start(start).expect("it starts");
    handle.ended().await.expect("the journal is written")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_waits_goes_on_as_itself() {
    let arena = Arena::open().await;
    answers(&arena);
    let runtime = arena.runtime();
    let end = failed(runtime, &workflow(&arena, "same", WRONG, "pause")).await;
    assert_eq!((end.status, arena.host().asked()), (Status::Waiting, 1));
    let right = workflow(&arena, "same", RIGHT, "pause");
    let mended = runtime
        .mend(end.id, right.clone(), None)
        .expect("it goes on");
    assert!(mended.same_run);
    let end = mended.handle.ended().await.expect("the journal is written");
    assert_eq!(
        (end.status, arena.host().asked()),
        (Status::Completed, 2),
        "{:?}",
        end.error
    );
    assert_eq!(end.output.to_json(), json!({ "v": "thanks" }));
    let journal = runtime.journal();
    let snapshot = journal.snapshot(end.id, None).expect("readable");
    assert_eq!(snapshot.workflow.hash, right.hash());
    let frames = journal
        .frames(end.id, &FrameFilter::default(), None, 100)
        .expect("readable")
        .frames;
    let told: Vec<_> = frames
        .iter()
        .map(|f| {
            (
                f.node_id.as_str(),
                f.attempt,
                f.status,
                f.workflow_version == right.hash(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("first", 1, Status::Completed, false),
            ("count", 1, Status::Failed, false),
            ("count", 2, Status::Completed, true),
            ("last", 1, Status::Completed, true),
            ("end", 1, Status::Completed, true),
        ]
    );
    let replayed = runtime.replay(end.id).await.expect("it replays");
    assert!(replayed.identical, "{:?}", replayed.divergence);
    assert_eq!(replayed.effects_performed, 0);
    travels(&arena, end.id).await;
    arena.close().await;
}

/// The run as a file, read by another journal, replays there: both workflows are in it.
async fn travels(arena: &Arena, run: flowforge_engine::RunId) {
    let mut file = Vec::new();
    arena
        .runtime()
        .journal()
        .export(run, &mut file)
        .expect("exported");
    let other = Arena::open().await;
    let imported = other.runtime().journal().import(&file).expect("imported");
    let replayed = other
        .runtime()
        .replay(imported.run)
        .await
        .expect("it replays");
    assert!(replayed.identical, "{:?}", replayed.divergence);
    let events = other
        .runtime()
        .journal()
        .read(imported.run, Seq(0), None)
        .expect("readable");
    assert!(
        events
            .iter()
            .any(|recorded| matches!(recorded.event, Event::RunMended { .. }))
    );
    other.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_has_ended_goes_on_as_a_fork() {
    let arena = Arena::open().await;
    answers(&arena);
    let runtime = arena.runtime();
    let end = failed(runtime, &workflow(&arena, "fork", WRONG, "stop")).await;
    assert_eq!((end.status, arena.host().asked()), (Status::Failed, 1));
    let mended = runtime
        .mend(end.id, workflow(&arena, "fork", RIGHT, "stop"), None)
        .expect("it goes on");
    assert!(!mended.same_run && mended.handle.id != end.id);
    let forked = mended.handle.ended().await.expect("the journal is written");
    assert_eq!(
        (forked.status, arena.host().asked()),
        (Status::Completed, 2),
        "{:?}",
        forked.error
    );
    let row = runtime
        .journal()
        .run(end.id)
        .expect("readable")
        .expect("it is there");
    assert_eq!(
        row.status,
        Status::Failed,
        "the run that failed is as it was"
    );
    arena.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sent_after_the_failure_is_not_sent_again() {
    let arena = Arena::open().await;
    answers(&arena);
    let runtime = arena.runtime();
    let end = failed(runtime, &workflow(&arena, "on", WRONG, "continue")).await;
    let asked = arena.host().asked();
    let frames = runtime
        .journal()
        .frames(end.id, &FrameFilter::default(), None, 100)
        .expect("readable")
        .frames;
    let count = frames
        .iter()
        .find(|frame| frame.node_id.as_str() == "count")
        .expect("it ran");
    let mended = runtime.mend(
        end.id,
        workflow(&arena, "on", RIGHT, "continue"),
        Some(count.opened_seq),
    );
    assert!(
        matches!(mended, Err(RuntimeError::WouldRepeat { .. })),
        "{mended:?}"
    );
    let none = runtime.mend(
        end.id,
        workflow(&arena, "on", RIGHT, "continue"),
        Some(Seq(1)),
    );
    assert!(
        matches!(none, Err(RuntimeError::NoFailure { .. })),
        "{none:?}"
    );
    assert_eq!(arena.host().asked(), asked);
    arena.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trial_asks_nobody_and_keeps_nothing() {
    let arena = Arena::open().await;
    answers(&arena);
    let runtime = arena.runtime();
    let end = failed(runtime, &workflow(&arena, "trial", WRONG, "pause")).await;
    let before = (
        arena.host().asked(),
        runtime.effects_performed(),
        events(runtime, end.id),
    );
    let frames = runtime
        .journal()
        .frames(end.id, &FrameFilter::default(), None, 100)
        .expect("readable")
        .frames;
    let trial = Trial {
        run: end.id,
        seq: frames[1].opened_seq,
        workflow: workflow(&arena, "trial", RIGHT, "pause"),
        inputs: Vec::new(),
        only_frame: true,
    };
    let tried = runtime.try_again(&trial).await.expect("tried");
    let told: Vec<_> = tried
        .frames
        .iter()
        .map(|frame| (frame.node_id.as_str(), frame.status))
        .collect();
    assert_eq!(
        told,
        [("count", Status::Completed), ("last", Status::Interrupted)]
    );
    assert_eq!(
        tried.frames[0]
            .output
            .as_ref()
            .expect("an output")
            .to_value(),
        Value::Int(3)
    );
    let asked: Vec<_> = tried
        .asked
        .iter()
        .map(|asked| (asked.node_id.as_str(), asked.recorded))
        .collect();
    assert_eq!((asked, tried.ended), (vec![("last", false)], None));
    let dry = runtime
        .dry_run(trial.workflow, Value::Null, Some(end.id))
        .await
        .expect("tried");
    let told: Vec<_> = dry
        .frames
        .iter()
        .map(|frame| (frame.node_id.as_str(), frame.status))
        .collect();
    assert_eq!(
        told,
        [
            ("first", Status::Completed),
            ("count", Status::Completed),
            ("last", Status::Interrupted)
        ]
    );
    assert_eq!(
        (
            arena.host().asked(),
            runtime.effects_performed(),
            events(runtime, end.id)
        ),
        before
    );
    arena.close().await;
}

fn events(runtime: &Runtime, run: flowforge_engine::RunId) -> usize {
    runtime
        .journal()
        .read(run, Seq(0), None)
        .expect("readable")
        .len()
}

/// Three runs that failed alike are found, and a mend of each goes on in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_fix_recovers_all_that_failed_alike() {
    use flowforge_ai::heal::group::{Stage, alike};
    let arena = Arena::open().await;
    answers(&arena);
    let runtime = arena.runtime();
    let wrong = workflow(&arena, "all", WRONG, "pause");
    let mut runs = Vec::new();
    for _ in 0..4 {
        runs.push(failed(runtime, &wrong).await.id);
    }
    let healed = arena.heal(runs[0]).await;
    let patched = healed.fixes[0].patch.apply(&wrong).expect("it fits").0;
    let mended = runtime
        .mend(runs[0], patched.clone(), Some(healed.frame))
        .expect("it goes on");
    assert_eq!(
        mended.handle.ended().await.expect("written").status,
        Status::Completed
    );
    let others = alike(runtime.journal(), &wrong.id, &healed.group, runs[0]).expect("readable");
    assert_eq!(others, runs[1..]);
    let mut stage = Stage::new(others);
    while let Some(count) = stage.offer() {
        for run in stage.take(count).to_vec() {
            let mended = runtime
                .mend(run, patched.clone(), None)
                .expect("it goes on");
            let end = mended.handle.ended().await.expect("written");
            assert!(stage.came(run, end.status));
        }
    }
    assert_eq!(stage.resumed, runs[1..]);
    assert_eq!(
        alike(runtime.journal(), &wrong.id, &healed.group, runs[0]).expect("readable"),
        []
    );
    arena.close().await;
}

/// Answers with these fixes, whatever it is asked.
struct Scripted(&'static str);

impl flowforge_ai::model::ChatModel for Scripted {
    fn complete<'a>(
        &'a self,
        _: &'a flowforge_ai::model::ChatRequest,
        _: flowforge_ai::model::Hear<'a>,
    ) -> futures_util::future::BoxFuture<
        'a,
        Result<flowforge_ai::model::ChatAnswer, flowforge_ai::model::ModelError>,
    > {
        let answer = flowforge_ai::model::ChatAnswer {
            text: self.0.to_owned(),
            calls: Vec::new(),
            model: "scripted".into(),
            usage: flowforge_ai::model::Usage::default(),
            cut: false,
        };
        Box::pin(std::future::ready(Ok(answer)))
    }
}

/// A division by zero that no rule mends, 40 good runs of the same node, and what a model says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_model_says_is_shown_only_with_its_proof() {
    let arena = Arena::open().await;
    let runtime = arena.runtime();
    let graph = json!({
        "nodes": [{ "id": "divide", "type": "code.rhai", "params": { "code": "100 / input.n" }, "onError": "pause" }],
        "edges": [],
    });
    let workflow = arena.parse("divide", &graph);
    let (plan, _) = runtime.prepare(workflow).expect("no errors");
    let mut runs = Vec::new();
    for n in (0..=40_i64).rev() {
        let start = StartRun {
            plan: std::sync::Arc::clone(&plan),
            input: Value::from_json(&json!({ "n": n })),
            idempotency_key: None,
        };
        runs.push(
            runtime
                .start(start)
                .expect("it starts")
                .ended()
                .await
                .expect("written")
                .id,
        );
    }
    let failed = *runs.last().expect("runs");
    let fix = |code: &str| {
        format!(
            r#"{{"reason":"says the model","edits":[{{"edit":"setParam","node":"divide","pointer":"/code","value":"{code}"}}]}}"#
        )
    };
    let says = format!(
        r#"{{"fixes":[{},{},{}]}}"#,
        fix("input.n.lenn()"),
        fix("if input.n == 0 { 0 } else { 100 / input.n }"),
        r#"{"reason":"go around it","edits":[{"edit":"setParam","node":"divide","pointer":"/url","value":"http://evil"}]}"#,
    );
    let healed = arena.heal_with(failed, Some(&Scripted(says.leak()))).await;
    assert_eq!(healed.fixes.len(), 1, "{:?}", healed.tried);
    let evidence = &healed.fixes[0].evidence;
    assert_eq!(
        (evidence.fixes.did, evidence.keeps.did, evidence.keeps.of),
        (1, 40, 40)
    );
    println!(
        "one candidate over 40 recorded frames: {} ms",
        evidence.took_ms
    );
    let why: Vec<&str> = healed
        .tried
        .iter()
        .map(|tried| tried.why.as_str())
        .collect();
    assert!(
        why.iter().any(|why| why.contains("lenn")) && why.iter().any(|why| why.contains("`url`")),
        "{why:?}"
    );
    let stubborn = r#"{"fixes":[{"reason":"again","edits":[{"edit":"setParam","node":"divide","pointer":"/code","value":"1"}]}]}"#;
    let changed = arena.heal_with(failed, Some(&Scripted(stubborn))).await;
    assert!(
        changed.exhausted,
        "it changes what good runs gave: {:?}",
        changed.fixes
    );
    let nonsense = arena
        .heal_with(failed, Some(&Scripted("I cannot do that")))
        .await;
    assert!(nonsense.exhausted && !nonsense.tried.is_empty());
    arena.close().await;
}
