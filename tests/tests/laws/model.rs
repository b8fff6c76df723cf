//! Questions to models: recorded once, asked again only when nobody knows the answer, never asked by looking back.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowforge_engine::event::{Event, Mode};
use flowforge_engine::frame::Status;
use flowforge_engine::node_type::Catalogue;
use flowforge_engine::{RunId, Seq, Value};
use flowforge_runtime::fork::{Fork, GivenAnswer};
use flowforge_runtime::outbound::OutboundConfig;
use flowforge_runtime::sandbox::PoolConfig;
use flowforge_runtime::{
    Answering, Hear, Models, Question, RunHandle, Runtime, RuntimeConfig, RuntimeError, StartRun,
};
use flowforge_snapshots::{Journal, Options};
use flowforge_tests::binary;
use flowforge_tests::workflows::parse;
use tokio::sync::Notify;

/// Answers from a list, word by word; after its end it never answers.
#[derive(Debug, Default)]
struct Scripted {
    answers: Mutex<VecDeque<String>>,
    asked: Mutex<Vec<Value>>,
    /// Rings when a question came that is never answered.
    silent: Notify,
    /// Whether such a question was given up.
    dropped: AtomicBool,
}

struct GivenUp<'a>(&'a AtomicBool);

impl Drop for GivenUp<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Scripted {
    fn new(answers: &[&str]) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.iter().map(|&answer| answer.into()).collect()),
            ..Self::default()
        })
    }

    fn asked(&self) -> Vec<Value> {
        self.asked.lock().expect("no holder panics").clone()
    }
}

impl Models for Scripted {
    fn answer<'a>(&'a self, question: Question<'a>, hear: Hear<'a>) -> Answering<'a> {
        Box::pin(async move {
            self.asked
                .lock()
                .expect("no holder panics")
                .push(question.request.clone());
            let next = self.answers.lock().expect("no holder panics").pop_front();
            let Some(answer) = next else {
                let _given_up = GivenUp(&self.dropped);
                self.silent.notify_one();
                return std::future::pending().await;
            };
            for word in answer.split_inclusive(' ') {
                hear(word);
            }
            let is_record = answer.starts_with('{');
            let record = is_record.then(|| serde_json::from_str(&answer).expect("a record"));
            Ok(record.unwrap_or_else(|| Value::from(answer)))
        })
    }
}

fn runtime(folder: &Path, models: &Arc<Scripted>) -> Runtime {
    let journal = Journal::open(folder, Options::default()).expect("it opens");
    let config = RuntimeConfig {
        outbound: OutboundConfig::default(),
        sandbox: PoolConfig::new(binary::path()),
        models: Arc::<Scripted>::clone(models),
    };
    Runtime::new(journal, Arc::new(Catalogue::built_in()), config)
}

/// An agent with a script and a person as tools.
const AGENT: &str = r#"
id: agent
graph:
  nodes:
    - id: agent
      type: ai.agent
      params:
        goal: "Count."
        tools:
          - { name: next, about: "The number after.", type: code.rhai, params: { code: "input.n + 1" } }
"#;

fn next(n: u32) -> String {
    format!(
        r#"{{"text":"","calls":[{{"id":"c","name":"next","arguments":"{{\"n\":{n}}}"}}],"model":"m"}}"#
    )
}

fn start(runtime: &Runtime, text: &str) -> RunHandle {
    let (plan, _) = runtime.prepare(parse(text)).expect("it has no errors");
    let run = StartRun {
        plan,
        input: Value::Null,
        idempotency_key: None,
    };
    runtime.start(run).expect("it starts")
}

fn threads() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("threads")
}

/// A run of the agent that was answered twice and died while it waited for the third answer.
fn killed_in_the_middle(folder: &Path) -> (RunId, Vec<Value>) {
    let models = Scripted::new(&[&next(1), &next(2)]);
    let threads = threads();
    let run = threads.block_on(async {
        let runtime = runtime(folder, &models);
        let run = start(&runtime, AGENT).id;
        models.silent.notified().await;
        run
    });
    // All tasks end where they are: nothing more is recorded.
    threads.shutdown_timeout(Duration::from_secs(5));
    (run, models.asked())
}

/// The number of the event with which the agent asked a question.
fn asked_at(runtime: &Runtime, run: RunId, question: u32) -> Seq {
    let events = runtime.journal().read(run, Seq(0), None).expect("readable");
    let asks = |event: &Event| matches!(event, Event::EffectRequested { ordinal, .. } if *ordinal == question);
    let found = events.iter().find(|recorded| asks(&recorded.event));
    found.expect("it was asked").seq
}

#[test]
fn an_agent_that_was_killed_asks_only_the_question_nobody_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let (run, asked) = killed_in_the_middle(folder.path());
    assert_eq!(asked.len(), 3);
    let models = Scripted::new(&["3"]);
    threads().block_on(async {
        let runtime = runtime(folder.path(), &models);
        let end = runtime
            .resume(run)
            .expect("it resumes")
            .ended()
            .await
            .expect("it ends");
        assert_eq!((end.status, end.output), (Status::Completed, "3".into()));
    });
    assert_eq!(models.asked(), asked[2..]);
}

#[test]
fn looking_back_asks_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let models = Scripted::new(&[&next(1), &next(2), "3"]);
    threads().block_on(async {
        let runtime = runtime(folder.path(), &models);
        let end = start(&runtime, AGENT).ended().await.expect("it ends");
        assert_eq!(
            (end.status, runtime.effects_performed()),
            (Status::Completed, 3)
        );
        let replayed = runtime.replay(end.id).await.expect("it replays");
        assert!(replayed.identical, "{replayed:?}");
        assert_eq!(replayed.effects_performed, 0);
        let fork = |seq, answers| Fork {
            run: end.id,
            seq,
            params: Vec::new(),
            inputs: Vec::new(),
            answers,
            workflow: None,
            mode: Mode::Dry,
        };
        let answer = |ordinal, answer: &str| {
            vec![GivenAnswer {
                node: "agent".into(),
                ordinal,
                answer: answer.into(),
            }]
        };
        let second = asked_at(&runtime, end.id, 1);
        let forked = runtime
            .fork(&fork(second, answer(1, "enough")))
            .expect("it forks");
        let forked = forked.ended().await.expect("it ends");
        assert_eq!(
            (forked.status, forked.output),
            (Status::Completed, "enough".into())
        );
        let again = runtime.replay(forked.id).await.expect("it replays");
        assert!(again.identical, "{again:?}");
        let refused = runtime
            .fork(&fork(second, answer(0, "too late")))
            .expect_err("it was answered");
        assert!(
            matches!(refused, RuntimeError::AlreadyAnswered { ordinal: 0, .. }),
            "{refused}"
        );
        let plan = runtime
            .plan_fork(&fork(second, answer(1, "enough")))
            .await
            .expect("a plan");
        assert!(plan.effects.is_empty() && plan.complete, "{plan:?}");
    });
    assert_eq!(models.asked().len(), 3);
}

#[test]
fn a_dry_fork_with_a_question_nobody_answered_stops_and_asks() {
    let folder = tempfile::tempdir().expect("a folder");
    let models = Scripted::new(&[&next(1), "2"]);
    threads().block_on(async {
        let runtime = runtime(folder.path(), &models);
        let end = start(&runtime, AGENT).ended().await.expect("it ends");
        let fork = Fork {
            run: end.id,
            seq: Seq(1),
            params: vec![("agent".into(), "goal".into(), "Count backwards.".into())],
            inputs: Vec::new(),
            answers: Vec::new(),
            workflow: None,
            mode: Mode::Dry,
        };
        let forked = runtime
            .fork(&fork)
            .expect("it forks")
            .ended()
            .await
            .expect("it ends");
        assert_eq!(forked.status, Status::Interrupted);
    });
    assert_eq!(models.asked().len(), 2);
}

#[test]
fn a_fork_that_died_goes_on_from_the_answers_of_its_origin() {
    let folder = tempfile::tempdir().expect("a folder");
    let (run, asked) = killed_in_the_middle(folder.path());
    let silent = Scripted::new(&[]);
    let threads_of_fork = threads();
    let forked = threads_of_fork.block_on(async {
        let runtime = runtime(folder.path(), &silent);
        let fork = Fork {
            run,
            seq: asked_at(&runtime, run, 2),
            params: Vec::new(),
            inputs: Vec::new(),
            answers: Vec::new(),
            workflow: None,
            mode: Mode::Live,
        };
        let forked = runtime.fork(&fork).expect("it forks").id;
        silent.silent.notified().await;
        forked
    });
    threads_of_fork.shutdown_timeout(Duration::from_secs(5));
    let models = Scripted::new(&["3"]);
    threads().block_on(async {
        let runtime = runtime(folder.path(), &models);
        let end = runtime
            .resume(forked)
            .expect("it resumes")
            .ended()
            .await
            .expect("it ends");
        assert_eq!((end.status, end.output), (Status::Completed, "3".into()));
    });
    assert_eq!(
        (silent.asked(), models.asked()),
        (asked[2..].to_vec(), asked[2..].to_vec())
    );
}

#[test]
fn watchers_hear_words_and_a_cancelled_run_gives_its_question_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let models = Scripted::new(&["two words"]);
    threads().block_on(async {
        let runtime = runtime(folder.path(), &models);
        let mut pieces = runtime.pieces();
        let ask = "id: ask\ngraph:\n  nodes:\n    - { id: ask, type: ai.prompt, params: { prompt: hi } }\n";
        let end = start(&runtime, ask).ended().await.expect("it ends");
        let heard = [pieces.recv().await.expect("a piece"), pieces.recv().await.expect("a piece")];
        assert_eq!(heard.clone().map(|piece| piece.text.to_string()), ["two ", "words"]);
        assert!(heard.iter().all(|piece| piece.run == end.id && piece.ordinal == 0));
        let run = start(&runtime, ask);
        models.silent.notified().await;
        runtime.cancel(run.id, "enough").expect("it is cancelled");
        assert_eq!(run.ended().await.expect("it ends").status, Status::Cancelled);
    });
    assert!(models.dropped.load(Ordering::SeqCst));
}
