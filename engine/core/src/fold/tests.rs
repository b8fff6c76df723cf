//! One event per line, its number the line's; then the statuses and frames that they fold to.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::effect::{Effect, EffectKind};
use crate::event::{Changes, Disposition, Ending, Event, Mode, RunEnding, Usage, WorkflowRef};
use crate::failure::{Failure, FailureKind};
use crate::frame::Status;
use crate::id::PathStep;
use crate::time::Timestamp;

const RUN: RunId = RunId(Uuid::from_u128(7));

fn workflow(hash: &str) -> WorkflowRef {
    WorkflowRef {
        id: "w".into(),
        version: 1,
        hash: Address::of(hash.as_bytes()),
    }
}

fn failure() -> Failure {
    Failure::new(FailureKind::Raised, "no")
}

fn recorded(seq: u64, event: Event) -> Recorded {
    Recorded {
        seq: Seq(seq),
        at: Timestamp(i64::try_from(seq).unwrap() * 10),
        event,
    }
}

fn closed(frame: Seq, ending: Ending) -> Event {
    Event::FrameClosed {
        frame,
        ending,
        logs: Vec::new(),
        usage: Usage::default(),
        memo: false,
    }
}

fn completed(outputs: &[(&str, i64)]) -> Ending {
    Ending::Completed {
        outputs: outputs
            .iter()
            .map(|(port, value)| ((*port).into(), Value::from(*value)))
            .collect(),
    }
}

fn effect(kind: EffectKind) -> Effect {
    Effect {
        kind,
        request: Value::Null,
        idempotent: false,
    }
}

/// One line of a fixture as an event. Words: `start`, `open NODE [SCOPE [ATTEMPT]]`, `skip NODE [SCOPE]`,
/// `done FRAME`, `fail FRAME HOW`, `doubt FRAME`, `stop FRAME`, `ask FRAME KIND [ORDINAL]`,
/// `answer FRAME [ORDINAL]`, `loop FRAME`, `enter FRAME INDEX`, `leave SCOPE`, `retry FRAME`, `again`,
/// `cancel`, `end HOW`, `fork HASH`.
fn event(line: &str) -> Event {
    let words: Vec<&str> = line.split_whitespace().collect();
    let number = |at: usize, otherwise: u64| {
        words
            .get(at)
            .map_or(otherwise, |word| word.parse().unwrap())
    };
    let seq = |at: usize| Seq(number(at, 0));
    let attempt = u32::try_from(number(3, 1)).unwrap();
    let (frame, scope) = (|| seq(1), || seq(2));
    match words[0] {
        "start" => Event::RunStarted {
            workflow: workflow("w"),
            input: Value::from(1),
            mode: Mode::Live,
        },
        "open" => Event::FrameOpened {
            scope: scope(),
            node: words[1].into(),
            attempt,
            input: Value::from(2),
            queued_ms: 3,
        },
        "skip" => Event::FrameSkipped {
            scope: scope(),
            node: words[1].into(),
        },
        "done" => closed(frame(), completed(&[("out", 3)])),
        "fail" => closed(
            frame(),
            Ending::Failed {
                error: failure(),
                then: disposition(words[2]),
            },
        ),
        "doubt" => closed(frame(), Ending::Interrupted { error: failure() }),
        "stop" => closed(frame(), Ending::Cancelled),
        "ask" => Event::EffectRequested {
            frame: frame(),
            ordinal: u32::try_from(number(3, 0)).unwrap(),
            effect: effect(kind(words[2])),
        },
        "answer" => Event::EffectAnswered {
            frame: frame(),
            ordinal: u32::try_from(number(2, 0)).unwrap(),
            outcome: Ok(Value::from("called")),
            took_ms: 4,
        },
        "loop" => Event::LoopStarted {
            frame: frame(),
            items: Value::Null,
            parallelism: 1,
        },
        "enter" => Event::ScopeOpened {
            frame: frame(),
            index: number(2, 0),
            input: Value::Null,
        },
        "leave" => Event::ScopeClosed {
            scope: frame(),
            output: Value::Null,
        },
        "retry" => Event::RetryRequested { frame: frame() },
        "mend" => Event::RunMended {
            workflow: workflow(words[2]),
            frame: frame(),
        },
        "again" => Event::RunRetried {
            attempt: 2,
            at: Timestamp(0),
        },
        "cancel" => Event::CancelRequested {
            reason: "enough".into(),
        },
        "end" => Event::RunClosed {
            ending: run_ending(words[1]),
        },
        "fork" => Event::RunForked {
            from: RUN,
            at: Seq(1),
            changes: Changes {
                workflow: Some(workflow(words[1])),
                inputs: Vec::new(),
            },
            mode: Mode::Dry,
        },
        word => panic!("no event is called {word}"),
    }
}

fn disposition(word: &str) -> Disposition {
    match word {
        "stop" => Disposition::Stop,
        "continue" => Disposition::Continue,
        "pause" => Disposition::Pause,
        "retry" => Disposition::Retry { at: Timestamp(99) },
        word => panic!("no disposition is called {word}"),
    }
}

fn kind(word: &str) -> EffectKind {
    match word {
        "http" => EffectKind::Http,
        "sleep" => EffectKind::Sleep,
        "signal" => EffectKind::Signal,
        "call" => EffectKind::Call,
        word => panic!("no effect is called {word}"),
    }
}

fn run_ending(word: &str) -> RunEnding {
    match word {
        "completed" => RunEnding::Completed {
            output: Value::from(9),
        },
        "failed" => RunEnding::Failed { error: failure() },
        "cancelled" => RunEnding::Cancelled,
        word => panic!("no ending is called {word}"),
    }
}

fn events(lines: &str) -> Vec<Recorded> {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    (1..)
        .zip(lines)
        .map(|(seq, line)| recorded(seq, event(line.split("=>").next().unwrap())))
        .collect()
}

fn folded(events: &[Recorded]) -> Fold {
    let mut fold = Fold::new(RUN);
    for event in events {
        let _ = fold.apply(event);
    }
    fold
}

fn timeline(events: &[Recorded]) -> Timeline {
    let mut fold = TimelineFold::new(RUN);
    for event in events {
        let _ = fold.apply(event);
    }
    fold.finish()
}

fn word(status: Status) -> String {
    serde_json::to_value(status)
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned()
}

/// `KEY STATUS opened/completed/failed/skipped path#attempt @opened-closed` for each node of a snapshot.
fn show(snapshot: &Snapshot) -> String {
    let node = |(key, node): (&String, &crate::frame::NodeMoment)| {
        let frame = node
            .frame
            .as_ref()
            .expect("a node appears with its first frame");
        let closed = frame
            .closed_seq
            .map(|seq| seq.to_string())
            .unwrap_or_default();
        format!(
            "{key} {} {}/{}/{}/{} {}#{} @{}-{closed}",
            word(node.status),
            node.opened,
            node.completed,
            node.failed,
            node.skipped,
            frame.path,
            frame.attempt,
            frame.opened_seq
        )
    };
    snapshot
        .nodes
        .iter()
        .map(node)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Folds the lines; `=> STATUS` after a line is the run's status then. What stands below `---` is the
/// snapshot at the end.
fn check(fixture: &str) {
    let (lines, expected) = fixture.split_once("---").expect("a fixture has two parts");
    let all = events(lines);
    let mut fold = Fold::new(RUN);
    for (event, line) in all
        .iter()
        .zip(lines.lines().filter(|line| !line.trim().is_empty()))
    {
        fold.apply(event)
            .unwrap_or_else(|misfit| panic!("{misfit}, in line {line}"));
        if let Some((_, status)) = line.split_once("=>") {
            assert_eq!(word(fold.outline().status()), status.trim(), "after {line}");
        }
    }
    let expected: Vec<&str> = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(show(&fold.snapshot().unwrap()), expected.join("\n"));
}

#[test]
fn a_chain_completes() {
    check(
        "start          => RUNNING
         open a         => RUNNING
         done 2         => RUNNING
         skip b
         open c
         done 5
         end completed  => COMPLETED
         ---
         a COMPLETED 1/1/0/0 #1 @2-3
         b SKIPPED 0/0/0/1 #1 @4-4
         c COMPLETED 1/1/0/0 #1 @5-6",
    );
}

#[test]
fn a_timeline_names_the_frame_around_each() {
    let timeline = timeline(&events(
        "start
         open each
         loop 2
         enter 2 0
         open a 4
         done 5
         leave 4
         enter 2 1
         open a 8
         skip b 8",
    ));
    let names = timeline
        .node
        .iter()
        .map(|at| timeline.nodes[*at as usize].as_str());
    assert_eq!(names.collect::<Vec<_>>(), ["each", "a", "a", "b"]);
    assert_eq!(timeline.parent, [-1, 0, 0, 0]);
    assert_eq!(timeline.iteration, [-1, 0, 1, 1]);
    assert_eq!(timeline.closed, [0, 6, 0, 10].map(Seq));
    assert_eq!(timeline.opened_ms, [10, 40, 80, 90]);
    assert_eq!(timeline.closed_ms, [-1, 50, -1, 90]);
    assert_eq!(timeline.closed_up_to, Seq(1));
    let since = timeline.since(Seq(8));
    assert_eq!(since.opened, [2, 9, 10].map(Seq));
    assert_eq!(since.parent, [-1, 0, 0]);
    let ended = since.durations_ms(&[Status::Skipped]);
    assert_eq!(ended.collect::<Vec<_>>(), [("b", 0)]);
}

/// The waits of a timeline as `FRAME FROM-TO`.
fn waits(timeline: &Timeline) -> Vec<String> {
    let ends = timeline.wait_from.iter().zip(&timeline.wait_to);
    let waits = timeline.wait_of.iter().zip(ends);
    waits
        .map(|(frame, (from, to))| format!("{frame} {from}-{to}"))
        .collect()
}

#[test]
fn a_timeline_knows_when_a_frame_waited() {
    let timeline = timeline(&events(
        "start
         open a
         ask 2 signal
         answer 2
         ask 2 http 1
         answer 2 1
         ask 2 sleep 2
         open each
         loop 8
         enter 8 0
         open b 10
         ask 11 signal
         done 2
         fail 8 continue
         answer 11
         open c
         ask 16 signal",
    ));
    assert_eq!(waits(&timeline), ["2 3-4", "2 7-13", "11 12-14", "16 17-0"]);
    assert_eq!(timeline.wait_from_ms, [20, 60, 110, 160]);
    assert_eq!(timeline.wait_to_ms, [30, 120, 130, -1]);
    assert_eq!(waits(&timeline.since(Seq(13))), ["11 12-14", "16 17-0"]);
}

#[test]
fn a_run_waits_only_when_nothing_else_moves() {
    check(
        "start
         open a
         open b
         ask 2 sleep    => RUNNING
         ask 3 http     => RUNNING
         answer 3       => RUNNING
         ask 3 signal 1 => WAITING
         answer 2       => RUNNING
         ---
         a RUNNING 1/0/0/0 #1 @2-
         b WAITING 1/0/0/0 #1 @3-",
    );
}

#[test]
fn a_paused_frame_waits_until_asked_again() {
    check(
        "start
         open a
         fail 2 pause   => WAITING
         retry 2        => RUNNING
         open a 0 2
         doubt 5        => INTERRUPTED
         retry 5        => RUNNING
         open a 0 3
         done 8
         ---
         a COMPLETED 3/1/1/0 #3 @8-9",
    );
}

#[test]
fn a_retry_keeps_the_run_running() {
    check(
        "start
         open a
         fail 2 retry   => RUNNING
         open a 0 2
         fail 4 stop
         again          => RUNNING
         ---
         a FAILED 2/0/2/0 #2 @4-5",
    );
}

#[test]
fn iterations_share_their_nodes() {
    check(
        "start
         open each
         loop 2
         enter 2 0
         enter 2 1
         open b 4
         open b 5
         ask 6 sleep    => RUNNING
         ask 7 sleep    => WAITING
         answer 7
         done 7
         leave 5        => WAITING
         answer 6
         done 6
         leave 4
         done 2
         ---
         b COMPLETED 2/2/0/0 each[1]#1 @7-11
         each COMPLETED 1/1/0/0 #1 @2-16",
    );
}

#[test]
fn a_called_graph_has_names_and_versions_of_its_own() {
    let lines = "start
         open sub
         ask 2 call
         answer 2
         enter 2 0
         open each 5
         loop 6
         enter 6 4
         open b 8
         ---
         sub RUNNING 1/0/0/0 #1 @2-
         sub/b RUNNING 1/0/0/0 sub/each[4]#1 @9-
         sub/each RUNNING 1/0/0/0 sub#1 @6-";
    check(lines);
    let snapshot = folded(&events(lines.split_once("---").unwrap().0))
        .snapshot()
        .unwrap();
    let version = |key: &str| snapshot.nodes[key].frame.as_ref().unwrap().workflow_version;
    assert_eq!(version("sub"), workflow("w").hash);
    assert_eq!(version("sub/each"), Value::from("called").address());
    assert_eq!(version("sub/b"), Value::from("called").address());
}

#[test]
fn what_is_open_in_an_ended_level_is_cancelled() {
    check(
        "start
         open each
         loop 2
         enter 2 0
         open inner 4
         enter 5 0
         open b 6
         fail 2 stop
         ---
         b CANCELLED 1/0/0/0 each[0]/inner[0]#1 @7-8
         each FAILED 1/0/1/0 #1 @2-8
         inner CANCELLED 1/0/0/0 each[0]#1 @5-8",
    );
}

#[test]
fn a_fork_goes_on_from_what_it_shares() {
    let lines = "start
         open a
         done 2
         end completed  => COMPLETED
         fork other     => RUNNING
         open a         => RUNNING
         ---
         a RUNNING 2/1/0/0 #1 @6-";
    check(lines);
    let snapshot = folded(&events(lines.split_once("---").unwrap().0))
        .snapshot()
        .unwrap();
    assert_eq!((snapshot.mode, snapshot.output), (Mode::Dry, None));
    assert_eq!(snapshot.workflow, workflow("other"));
    assert_eq!(
        snapshot.nodes["a"].frame.as_ref().unwrap().workflow_version,
        workflow("other").hash
    );
}

#[test]
fn a_frame_shows_what_it_asked_and_gave() {
    let all = events("start\nopen a\nask 2 http\nanswer 2\ndone 2");
    let frame = frames(RUN, &all).remove(0);
    assert_eq!(frame.id, format!("{RUN}/2"));
    assert_eq!(
        frame.output.as_ref().map(crate::frame::Output::to_value),
        Some(Value::from(3))
    );
    assert_eq!(frame.effects[0].outcome, Some(Ok(Value::from("called"))));
    assert_eq!(
        (frame.metrics.duration_ms, frame.metrics.queued_ms),
        (30, 3)
    );
    let json = serde_json::to_string(&frame.effects).unwrap();
    let expected = r#"[{"ordinal":0,"kind":"http","request":null,"idempotent":false,"outcome":{"ok":"called"},"tookMs":4}]"#;
    assert_eq!(json, expected);
}

#[test]
fn several_ports_are_a_record() {
    let mut all = events("start\nopen a\ndone 2");
    all[2].event = closed(Seq(2), completed(&[("yes", 1), ("no", 2)]));
    let frame = frames(RUN, &all).remove(0);
    let output = frame.output.unwrap();
    assert_eq!(
        serde_json::to_string(&output).unwrap(),
        r#"{"yes":1,"no":2}"#
    );
    assert_eq!(output.to_value().get("no"), Some(&Value::from(2)));
}

#[test]
fn a_frame_in_json_has_the_designs_fields_in_its_order() {
    let frame = &frames(RUN, &events("start\nopen a\ndone 2"))[0];
    let json = serde_json::to_string(frame).unwrap();
    let expected = [
        "id",
        "run",
        "nodeId",
        "nodeType",
        "path",
        "attempt",
        "openedSeq",
        "closedSeq",
        "timestamp",
        "input",
        "output",
        "status",
        "error",
        "effects",
        "logs",
        "metrics",
        "memo",
        "workflowVersion",
        "codeHash",
    ];
    let places: Vec<_> = expected
        .iter()
        .map(|field| json.find(&format!("\"{field}\":")).expect(field))
        .collect();
    assert!(places.is_sorted(), "{json}");
}

#[test]
fn what_does_not_fit_changes_nothing() {
    let mut fold = folded(&events("start\nopen a\ndone 2"));
    let before = fold.snapshot().unwrap();
    for line in [
        "done 2",
        "done 9",
        "answer 2",
        "ask 2 http",
        "open a 9",
        "leave 0",
        "leave 9",
        "enter 2 0",
        "start",
    ] {
        let seq = fold.outline().seq().next();
        fold.apply(&recorded(seq.0, event(line))).expect_err(line);
    }
    let misfit = Misfit::Order {
        expected: Seq(13),
        found: Seq(12),
    };
    assert_eq!(fold.apply(&recorded(12, event("open a"))), Err(misfit));
    assert_eq!(fold.snapshot().unwrap().nodes, before.nodes);
    assert!(matches!(
        Outline::new(RUN).apply(&recorded(1, event("open a"))),
        Err(Misfit::NotStarted(Seq(1)))
    ));
}

/// A loop of `width` body nodes, `iterations` times.
fn looped(width: u64, iterations: u64) -> Vec<Recorded> {
    let mut lines = vec!["start".to_owned(), "open each".into(), "loop 2".into()];
    for iteration in 0..iterations {
        lines.push(format!("enter 2 {iteration}"));
        let scope = lines.len();
        for node in 0..width {
            lines.push(format!("open n{node} {scope}"));
            lines.push(format!("done {}", lines.len()));
        }
        lines.push(format!("leave {scope}"));
    }
    events(&lines.join("\n"))
}

#[test]
fn a_checkpoint_does_not_grow_with_iterations() {
    let size = |iterations| {
        let checkpoint = folded(&looped(10, iterations)).outline().checkpoint();
        serde_json::to_string(&checkpoint).unwrap().len()
    };
    assert!(size(500) < size(5) + 60, "{} and {}", size(500), size(5));
}

#[test]
fn a_damaged_checkpoint_is_an_error() {
    let checkpoint = folded(&looped(3, 3)[..12]).outline().checkpoint();
    let mut json = serde_json::to_value(&checkpoint).unwrap();
    json["nodes"]["opened"].as_array_mut().unwrap().pop();
    let stored = serde_json::from_value(json).unwrap();
    assert_eq!(
        Outline::restore(RUN, stored).unwrap_err().to_string(),
        "the checkpoint is damaged: columns of nodes differ in length"
    );
}

/// A run such as the machine records one, made of the choices in `bytes`.
struct Plausible {
    events: Vec<Recorded>,
    scopes: Vec<Seq>,
    /// Open frames, with their scope, node, and the effects asked and awaited.
    open: Vec<OpenFrame>,
}

#[derive(Clone)]
struct OpenFrame {
    id: Seq,
    scope: Seq,
    node: usize,
    asked: u32,
    awaited: Option<EffectKind>,
    called: bool,
}

impl Plausible {
    fn of(bytes: &[u8]) -> Vec<Recorded> {
        let mut run = Self {
            events: Vec::new(),
            scopes: vec![Seq(0)],
            open: Vec::new(),
        };
        run.push(event("start"));
        for pair in bytes.chunks_exact(2) {
            run.step(pair[0] % 16, pair[1] as usize);
        }
        run.events
    }

    fn push(&mut self, event: Event) -> Seq {
        let seq = self.events.len() as u64 + 1;
        self.events.push(recorded(seq, event));
        Seq(seq)
    }

    fn step(&mut self, action: u8, choice: usize) {
        let scope = self.scopes[choice % self.scopes.len()];
        let node = choice / 7 % 5;
        match action {
            0..=3 => self.open(scope, node, 1),
            4 => {
                self.push(Event::FrameSkipped {
                    scope,
                    node: format!("n{node}").into(),
                });
            }
            _ if self.open.is_empty() => {}
            5..=8 => self.close(choice),
            9..=11 => self.ask(choice),
            12 => self.answer(choice),
            13 | 14 => self.enter(choice),
            _ => self.leave(choice),
        }
    }

    fn open(&mut self, scope: Seq, node: usize, attempt: u32) {
        let input = Value::from(i64::try_from(self.events.len()).unwrap());
        let event = Event::FrameOpened {
            scope,
            node: format!("n{node}").into(),
            attempt,
            input,
            queued_ms: 0,
        };
        let id = self.push(event);
        self.open.push(OpenFrame {
            id,
            scope,
            node,
            asked: 0,
            awaited: None,
            called: false,
        });
    }

    fn close(&mut self, choice: usize) {
        let frame = self.open.remove(choice % self.open.len());
        let ending = match choice % 9 {
            0 => Ending::Failed {
                error: failure(),
                then: Disposition::Pause,
            },
            1 => Ending::Failed {
                error: failure(),
                then: Disposition::Retry { at: Timestamp(5) },
            },
            2 => Ending::Interrupted { error: failure() },
            3 => Ending::Cancelled,
            4 => completed(&[("error", 1), ("out", 2)]),
            _ => completed(&[("out", i64::try_from(choice).unwrap())]),
        };
        let asks = choice % 9 < 3;
        self.push(closed(frame.id, ending));
        self.forget(frame.id);
        if asks && choice.is_multiple_of(2) {
            self.push(if choice.is_multiple_of(4) {
                Event::RunMended {
                    workflow: workflow("mended"),
                    frame: frame.id,
                }
            } else {
                Event::RetryRequested { frame: frame.id }
            });
            self.open(frame.scope, frame.node, 2);
        }
    }

    /// Levels inside a closed frame are over, and what was open in them.
    fn forget(&mut self, frame: Seq) {
        let opened = |seq: Seq| match &self.events[usize::try_from(seq.0).unwrap() - 1].event {
            Event::ScopeOpened { frame, .. } => *frame,
            _ => Seq(0),
        };
        let over: Vec<Seq> = self
            .scopes
            .iter()
            .copied()
            .filter(|scope| scope.0 > 0 && opened(*scope) == frame)
            .collect();
        for scope in over {
            self.forget_scope(scope);
        }
    }

    fn forget_scope(&mut self, scope: Seq) {
        self.scopes.retain(|open| *open != scope);
        let inside: Vec<Seq> = self
            .open
            .iter()
            .filter(|frame| frame.scope == scope)
            .map(|frame| frame.id)
            .collect();
        self.open.retain(|frame| frame.scope != scope);
        for frame in inside {
            self.forget(frame);
        }
    }

    fn ask(&mut self, choice: usize) {
        let at = choice % self.open.len();
        let frame = &mut self.open[at];
        if frame.awaited.is_some() {
            return;
        }
        let kinds = [
            EffectKind::Http,
            EffectKind::Sleep,
            EffectKind::Signal,
            EffectKind::Call,
        ];
        let kind = kinds[choice / 3 % kinds.len()];
        frame.awaited = Some(kind);
        frame.asked += 1;
        let (id, ordinal) = (frame.id, frame.asked - 1);
        self.push(Event::EffectRequested {
            frame: id,
            ordinal,
            effect: effect(kind),
        });
    }

    fn answer(&mut self, choice: usize) {
        let at = choice % self.open.len();
        let frame = &mut self.open[at];
        let Some(kind) = frame.awaited.take() else {
            return;
        };
        frame.called |= kind == EffectKind::Call;
        let outcome = if choice.is_multiple_of(3) {
            Err(failure())
        } else {
            Ok(Value::from("called"))
        };
        let (id, ordinal) = (frame.id, frame.asked - 1);
        self.push(Event::EffectAnswered {
            frame: id,
            ordinal,
            outcome,
            took_ms: 1,
        });
    }

    fn enter(&mut self, choice: usize) {
        let frame = self.open[choice % self.open.len()].clone();
        if !frame.called && choice.is_multiple_of(2) {
            self.push(Event::LoopStarted {
                frame: frame.id,
                items: Value::Null,
                parallelism: 2,
            });
        }
        let scope = self.push(Event::ScopeOpened {
            frame: frame.id,
            index: choice as u64 % 4,
            input: Value::Null,
        });
        self.scopes.push(scope);
    }

    fn leave(&mut self, choice: usize) {
        let scope = self.scopes[choice % self.scopes.len()];
        if scope.0 > 0 {
            self.push(Event::ScopeClosed {
                scope,
                output: Value::Null,
            });
            self.forget_scope(scope);
        }
    }
}

fn plausible() -> impl Strategy<Value = Vec<Recorded>> {
    proptest::collection::vec(any::<u8>(), 2..400).prop_map(|bytes| Plausible::of(&bytes))
}

/// What a frame's status was after event `seq`, as far as its columns say: as the editor reads them.
fn status_at(timeline: &Timeline, frame: Seq, seq: Seq) -> Status {
    let row = timeline.opened.binary_search(&frame).unwrap();
    let is_within = |from: Seq, to: Seq| from <= seq && (to.0 == 0 || seq < to);
    let waits = timeline.wait_from.iter().zip(&timeline.wait_to);
    let mut own = waits.zip(&timeline.wait_of).filter(|(_, of)| **of == frame);
    if !is_within(frame, timeline.closed[row]) {
        timeline.statuses[usize::from(timeline.status[row])]
    } else if own.any(|((from, to), _)| is_within(*from, *to)) {
        Status::Waiting
    } else {
        Status::Running
    }
}

/// The event that closed a frame, found without any bookkeeping.
fn closing(events: &[Recorded], id: Seq) -> Option<&Recorded> {
    events.iter().find(
        |recorded| matches!(&recorded.event, Event::FrameClosed { frame, .. } if *frame == id),
    )
}

proptest! {
    #[test]
    fn plausible_events_fit(events in plausible()) {
        let mut fold = Fold::new(RUN);
        for event in &events {
            prop_assert_eq!(fold.apply(event), Ok(()));
        }
    }

    #[test]
    fn folding_twice_gives_the_same_bytes(events in plausible()) {
        let json = || serde_json::to_string(&folded(&events).snapshot()).unwrap();
        prop_assert_eq!(json(), json());
    }

    #[test]
    fn a_timeline_says_of_every_moment_what_the_snapshot_says(events in plausible()) {
        let timeline = timeline(&events);
        let mut fold = Fold::new(RUN);
        for event in &events {
            fold.apply(event).unwrap();
            for trail in fold.outline().trails() {
                prop_assert_eq!(status_at(&timeline, trail.id(), event.seq), trail.status(), "{} at {}", trail.id(), event.seq);
            }
        }
    }

    #[test]
    fn a_checkpoint_goes_on_as_the_run_did(events in plausible(), cut in any::<prop::sample::Index>()) {
        let cut = cut.index(events.len());
        let stored = serde_json::to_string(&folded(&events[..cut]).outline().checkpoint()).unwrap();
        let mut outline = Outline::restore(RUN, serde_json::from_str(&stored).unwrap()).unwrap();
        let before = folded(&events[..cut]);
        prop_assert_eq!(&outline, before.outline());
        for event in &events[cut..] {
            outline.apply(event).unwrap();
        }
        let whole = folded(&events);
        prop_assert_eq!(&outline, whole.outline());
        // The events that it names are enough to show it.
        let mut moment = Moment::of_run(&outline);
        for seq in moment.seqs() {
            let named = events[usize::try_from(seq.0).unwrap() - 1].clone();
            let Ok(()) = moment.take(named, &mut Ok::<Value, Infallible>);
        }
        let snapshot = moment.snapshot();
        prop_assert_eq!(snapshot, whole.snapshot());
    }

    #[test]
    fn every_opened_frame_is_handed_out_once_and_in_order(events in plausible()) {
        let opened: Vec<Seq> = events
            .iter()
            .filter(|recorded| matches!(recorded.event, Event::FrameOpened { .. } | Event::FrameSkipped { .. }))
            .map(|recorded| recorded.seq)
            .collect();
        let frames = frames(RUN, &events);
        prop_assert_eq!(frames.iter().map(|frame| frame.opened_seq).collect::<Vec<_>>(), opened);
        for frame in &frames {
            let closing = closing(&events, frame.opened_seq);
            if let Some(Recorded { seq, event: Event::FrameClosed { ending, .. }, .. }) = closing {
                prop_assert_eq!(frame.closed_seq, Some(*seq));
                prop_assert_eq!(frame.output.is_some(), matches!(ending, Ending::Completed { .. }));
                prop_assert_eq!(frame.error.is_some(), matches!(ending, Ending::Failed { .. } | Ending::Interrupted { .. }));
            } else {
                let allowed = [Status::Running, Status::Waiting, Status::Cancelled, Status::Skipped];
                prop_assert!(allowed.contains(&frame.status), "{:?}", frame.status);
            }
        }
    }

    #[test]
    fn a_timeline_says_when_the_frames_were_open(events in plausible(), from in any::<prop::sample::Index>()) {
        let (frames, timeline) = (frames(RUN, &events), timeline(&events));
        prop_assert_eq!(timeline.len(), frames.len());
        for (row, frame) in frames.iter().enumerate() {
            prop_assert_eq!(timeline.opened[row], frame.opened_seq);
            prop_assert_eq!(timeline.closed[row], frame.closed_seq.unwrap_or_default());
            prop_assert_eq!(timeline.attempt[row], frame.attempt);
            prop_assert_eq!(timeline.statuses[usize::from(timeline.status[row])], frame.status);
            let opened_ms = frame.timestamp.since_ms(timeline.started_at);
            prop_assert_eq!(timeline.opened_ms[row], opened_ms);
            let closed_ms = frame.closed_seq.map(|_| (opened_ms + frame.metrics.duration_ms).cast_signed());
            prop_assert_eq!(timeline.closed_ms[row], closed_ms.unwrap_or(-1));
            let name = &timeline.nodes[timeline.node[row] as usize];
            prop_assert!(name.ends_with(frame.node_id.as_str()));
            let around = usize::try_from(timeline.parent[row]).ok().map(|at| &frames[at].node_id);
            let steps: Vec<_> = frame.path.0.iter().rev().collect();
            let iteration = match steps.first() {
                Some(PathStep::Index(index)) => index.cast_signed(),
                _ => -1,
            };
            prop_assert_eq!(timeline.iteration[row], iteration);
            let outer = steps.iter().find_map(|step| match step { PathStep::Node(node) => Some(node), PathStep::Index(_) => None });
            prop_assert_eq!(around, outer);
        }
        let open = frames.iter().find(|frame| frame.closed_seq.is_none());
        let closed_up_to = open.map_or(timeline.last_seq, |frame| Seq(frame.opened_seq.0 - 1));
        prop_assert_eq!(timeline.closed_up_to, closed_up_to);
        let from = Seq(from.index(events.len()) as u64);
        let news: Vec<Seq> = frames
            .iter()
            .filter(|frame| frame.opened_seq > from || frame.closed_seq.is_none_or(|seq| seq > from))
            .map(|frame| frame.opened_seq)
            .collect();
        prop_assert_eq!(timeline.since(from).opened, news);
    }

    #[test]
    fn a_snapshot_shows_the_latest_frame_of_each_node(events in plausible()) {
        let frames = frames(RUN, &events);
        let snapshot = folded(&events).snapshot().unwrap();
        let mut latest = BTreeMap::new();
        for frame in &frames {
            let key = snapshot.nodes.iter().find(|(_, node)| node.frame.as_deref() == Some(frame)).map(|(key, _)| key);
            latest.insert(key, frame.opened_seq);
        }
        for (key, node) in &snapshot.nodes {
            prop_assert_eq!(latest.get(&Some(key)), node.frame.as_ref().map(|frame| &frame.opened_seq));
            prop_assert!(node.completed + node.failed <= node.opened);
        }
        let count = |counted: fn(&crate::frame::NodeMoment) -> u64| snapshot.nodes.values().map(counted).sum::<u64>();
        prop_assert_eq!(count(|node| node.opened + node.skipped), frames.len() as u64);
        let completed = frames.iter().filter(|frame| frame.status == Status::Completed).count();
        prop_assert_eq!(count(|node| node.completed), completed as u64);
    }

    #[test]
    fn events_in_any_order_never_panic(events in plausible(), swaps in proptest::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 0..40)) {
        let mut events: Vec<Event> = events.into_iter().map(|recorded| recorded.event).collect();
        for (a, b) in &swaps {
            let (a, b) = (a.index(events.len()), b.index(events.len()));
            events.swap(a, b);
        }
        let damaged: Vec<Recorded> = (1..).zip(events).map(|(seq, event)| recorded(seq, event)).collect();
        let fold = folded(&damaged);
        let stored = fold.outline().checkpoint();
        prop_assert_eq!(&Outline::restore(RUN, stored).unwrap(), fold.outline());
        if fold.outline().status() != Status::Pending {
            prop_assert!(Moment::<Value>::of_run(fold.outline()).seqs().iter().all(|seq| fold.kept.contains_key(seq)));
            prop_assert!(fold.snapshot().is_some());
        }
        prop_assert!(frames(RUN, &damaged).is_sorted_by_key(|frame| frame.opened_seq));
    }
}
