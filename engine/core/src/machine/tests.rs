//! The machine against random workflows and a random world. A seed names each case.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Arrival, Outstanding, Plan, Request, Run, Step, step};
use crate::effect::{Effect, EffectKind};
use crate::event::{Ending, Event, Mode, Recorded};
use crate::frame::Status;
use crate::id::{FrameId, NodeId, RunId, Seq};
use crate::node_type::{Activation, Answer, Catalogue, NodeSpec, NodeType, Port, Role};
use crate::time::Timestamp;
use crate::value::{List, Record, Value};
use crate::workflow::{Edge, Graph, Node, OnError, Retry, Workflow};
use crate::{Failure, FailureKind};

/// A node type whose evaluation is one function.
struct TestType {
    spec: NodeSpec,
    evaluate: fn(&dyn Activation) -> Result<Answer, Failure>,
}

impl NodeType for TestType {
    fn spec(&self) -> &NodeSpec {
        &self.spec
    }

    fn evaluate(&self, activation: &dyn Activation) -> Result<Answer, Failure> {
        (self.evaluate)(activation)
    }
}

fn test_type(
    name: &'static str,
    role: Role,
    evaluate: fn(&dyn Activation) -> Result<Answer, Failure>,
) -> Arc<dyn NodeType> {
    let port = |name: &str| Port {
        name: name.into(),
        kind: "any".into(),
        about: String::new(),
    };
    let spec = NodeSpec {
        name,
        title: name,
        summary: "",
        docs: "",
        icon: "",
        words: &[],
        role,
        inputs: vec![port("in")],
        outputs: vec![port("out"), port("left"), port("right")],
        params: serde_json::json!({ "type": "object" }),
        lazy: &[],
        code: &[],
        errors: &[],
        examples: Vec::new(),
        definition: None,
    };
    Arc::new(TestType { spec, evaluate })
}

/// `pass` hands on its input; `ask` asks the world once; `fork` takes one of two ports by its input's
/// size; `each` runs its body three times; `twice` runs it again until two rounds are done.
fn catalogue() -> Arc<Catalogue> {
    let mut catalogue = Catalogue::built_in();
    catalogue.add(test_type("pass", Role::Action, |node| {
        Ok(Answer::out(node.input().clone()))
    }));
    catalogue.add(test_type("ask", Role::Action, |node| {
        match node.answers() {
            [] => Ok(Answer::Await(Effect {
                kind: EffectKind::Http,
                request: Value::Null,
                idempotent: true,
            })),
            [answer, ..] => answer.clone().map(Answer::out),
        }
    }));
    catalogue.add(test_type("fork", Role::Action, |node| {
        let port = if node.input().size_bytes() % 2 == 0 {
            "left"
        } else {
            "right"
        };
        Ok(Answer::Done {
            outputs: vec![(port.into(), node.input().clone())],
            logs: Vec::new(),
        })
    }));
    catalogue.add(test_type("each", Role::Loop, |_| {
        let items: List = (0..3_i64).map(Value::Int).collect();
        Ok(Answer::Each {
            items,
            parallelism: 2,
        })
    }));
    catalogue.add(test_type("twice", Role::Loop, |node| {
        match node.iterations() {
            2 => Ok(Answer::out(node.last().cloned().unwrap_or_default())),
            _ => Ok(Answer::Repeat {
                input: node.last().cloned().unwrap_or(Value::Null),
            }),
        }
    }));
    Arc::new(catalogue)
}

/// A small generator of numbers that depends on nothing but its seed (splitmix64).
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) >> 33).expect("31 bits") % below.max(1)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.roll(n) == 0
    }
}

fn node(dice: &mut Dice, id: &str, kind: &str, parent: Option<&str>) -> Node {
    let retry = dice.one_in(3).then(|| Retry {
        max_attempts: 2,
        delay_ms: 50,
        ..Retry::default()
    });
    let policies = [
        None,
        None,
        Some(OnError::Stop),
        Some(OnError::Continue),
        Some(OnError::Port),
        Some(OnError::Pause),
    ];
    Node {
        id: id.into(),
        kind: kind.into(),
        name: None,
        params: BTreeMap::new(),
        parent: parent.map(NodeId::from),
        disabled: dice.one_in(12),
        retry,
        timeout_ms: dice.one_in(5).then_some(200),
        on_error: policies[dice.roll(policies.len())],
        memo: None,
        pinned: None,
        extra: BTreeMap::new(),
    }
}

fn level(dice: &mut Dice, graph: &mut Graph, prefix: &str, parent: Option<&str>, depth: usize) {
    let count = 1 + dice.roll(5);
    let mut ids: Vec<String> = Vec::new();
    for number in 0..count {
        let id = format!("{prefix}{number}");
        let kinds = ["pass", "ask", "ask", "fork", "each", "twice"];
        let kind = kinds[dice.roll(if depth < 2 { kinds.len() } else { 4 })];
        graph.nodes.push(node(dice, &id, kind, parent));
        for source in &ids {
            if dice.one_in(2) {
                let ports = ["out", "out", "left", "right", "error"];
                graph.edges.push(Edge {
                    source: source.as_str().into(),
                    source_port: ports[dice.roll(ports.len())].into(),
                    target: id.as_str().into(),
                    target_port: "in".into(),
                    extra: BTreeMap::new(),
                });
            }
        }
        if matches!(kind, "each" | "twice") {
            level(dice, graph, &format!("{id}_"), Some(&id), depth + 1);
        }
        ids.push(id);
    }
}

fn workflow(seed: u64) -> Workflow {
    let mut dice = Dice(seed);
    let mut graph = Graph::default();
    level(&mut dice, &mut graph, "n", None, 0);
    let json = serde_json::json!({ "id": "random", "graph": { "nodes": [] }, "config": { "maxParallel": 1 + dice.roll(4) } });
    Workflow {
        graph,
        ..serde_json::from_value(json).expect("a workflow")
    }
}

/// A run with everything that was recorded, and a world that answers as the dice fall.
struct World {
    plan: Arc<Plan>,
    catalogue: Arc<Catalogue>,
    run: Run,
    /// Plans that the run was mended with.
    mended: Vec<Arc<Plan>>,
    events: Vec<Recorded>,
    now: Timestamp,
    wake_at: Option<Timestamp>,
    dice: Dice,
    /// One in this many turns, the process dies and the run is folded from its events.
    crash_one_in: Option<usize>,
    crashes: Dice,
}

impl World {
    fn new(seed: u64, crash_one_in: Option<usize>) -> Self {
        let catalogue = catalogue();
        let plan = Arc::new(Plan::new(workflow(seed), &catalogue));
        let id = RunId(uuid::Uuid::from_u128(u128::from(seed)));
        Self {
            run: Run::new(id, Arc::clone(&plan), Arc::clone(&catalogue)),
            plan,
            catalogue,
            mended: Vec::new(),
            events: Vec::new(),
            now: Timestamp(0),
            wake_at: None,
            dice: Dice(seed ^ 0xABCD),
            crash_one_in,
            crashes: Dice(seed ^ 0x1234),
        }
    }

    fn play(mut self) -> Self {
        self.take(Arrival::Start {
            input: Value::Int(7),
            mode: Mode::Live,
        });
        for _ in 0..2_000 {
            if self.run.ending().is_some() {
                return self;
            }
            self.maybe_crash();
            let Some(arrival) = self.next_arrival() else {
                return self;
            };
            self.take(arrival);
        }
        panic!("the run does not come to an end");
    }

    fn take(&mut self, arrival: Arrival) {
        let Step {
            recorded,
            requests,
            wake_at,
            more,
        } = step(&mut self.run, arrival, &self.now);
        for request in requests {
            let Request::Perform(Outstanding { frame, ordinal, .. }) = request else {
                panic!("no test node evaluates")
            };
            let asked = Event::EffectRequested {
                frame,
                ordinal,
                effect: Effect {
                    kind: EffectKind::Http,
                    request: Value::Null,
                    idempotent: true,
                },
            };
            assert!(
                recorded.iter().any(|recorded| recorded.event == asked),
                "asked before it was recorded"
            );
        }
        self.events.extend(recorded);
        self.wake_at = wake_at;
        if more {
            self.take(Arrival::Continue);
        }
    }

    /// The process dies: all that is left are the recorded events.
    fn maybe_crash(&mut self) {
        let Some(n) = self.crash_one_in else { return };
        if !self.crashes.one_in(n) {
            return;
        }
        self.run = Run::new(
            self.run.id(),
            Arc::clone(&self.plan),
            Arc::clone(&self.catalogue),
        );
        for plan in &self.mended {
            self.run.know(Arc::clone(plan));
        }
        for recorded in &self.events {
            self.run.apply(recorded);
        }
        self.take(Arrival::Continue);
    }

    fn next_arrival(&mut self) -> Option<Arrival> {
        let asked = self.run.outstanding();
        if !asked.is_empty() && !self.dice.one_in(4) {
            let Outstanding { frame, ordinal, .. } = asked[self.dice.roll(asked.len())];
            let fails = self.dice.one_in(3);
            let failure = Failure::new(FailureKind::Connection, "the world said no");
            let size = i64::try_from(self.dice.roll(10)).expect("small");
            let value = Value::List((0..size).map(|_| Value::Null).collect());
            return Some(Arrival::Answered {
                frame,
                ordinal,
                outcome: if fails { Err(failure) } else { Ok(value) },
                took_ms: 1,
            });
        }
        if let Some(at) = self.wake_at {
            self.now = self.now.max(at);
            return Some(Arrival::Woke);
        }
        if self.dice.one_in(20) {
            return Some(Arrival::Cancel {
                reason: "the dice".into(),
            });
        }
        if let Some(frame) = self.run.held().first().map(|(frame, ..)| *frame) {
            return Some(match self.dice.roll(3) {
                0 => Arrival::Cancel {
                    reason: "tired".into(),
                },
                1 => self.mend(frame),
                _ => Arrival::Retry { frame },
            });
        }
        (!asked.is_empty()).then_some(Arrival::Continue)
    }

    /// The next version of the workflow, with one more node at the end of what failed.
    fn mend(&mut self, frame: FrameId) -> Arrival {
        let mut workflow = self.run.plan().workflow().clone();
        workflow.version += 1;
        let held = self
            .run
            .held()
            .into_iter()
            .find(|(held, ..)| *held == frame);
        let (_, failed, ..) = held.expect("it was held");
        let parent = workflow
            .graph
            .node(failed.as_str())
            .and_then(|node| node.parent.clone());
        let id = format!("added{}", workflow.version);
        workflow.graph.nodes.push(Node {
            parent,
            ..node(&mut Dice(0), &id, "pass", None)
        });
        workflow.graph.edges.push(Edge {
            source: failed,
            source_port: "out".into(),
            target: id.into(),
            target_port: "in".into(),
            extra: BTreeMap::new(),
        });
        let plan = Arc::new(Plan::new(workflow, &self.catalogue));
        self.run.know(Arc::clone(&plan));
        self.mended.push(Arc::clone(&plan));
        Arrival::Mend {
            workflow: plan.reference(),
            frame,
        }
    }
}

fn assert_sound(seed: u64, world: &World) {
    let mut open: BTreeMap<FrameId, (Seq, NodeId)> = BTreeMap::new();
    let mut completed: BTreeSet<(Seq, NodeId)> = BTreeSet::new();
    for (number, recorded) in (1..).zip(&world.events) {
        assert_eq!(recorded.seq, Seq(number), "seed {seed}: a gap");
        match &recorded.event {
            Event::FrameOpened { scope, node, .. } => {
                assert!(
                    !completed.contains(&(*scope, node.clone())),
                    "seed {seed}: `{node}` ran again after it was done"
                );
                open.insert(recorded.seq, (*scope, node.clone()));
            }
            Event::FrameClosed { frame, ending, .. } => {
                let place = open
                    .remove(frame)
                    .unwrap_or_else(|| panic!("seed {seed}: frame {frame} closed twice"));
                if matches!(ending, Ending::Completed { .. }) {
                    completed.insert(place);
                }
            }
            _ => {}
        }
    }
    assert!(
        open.is_empty(),
        "seed {seed}: frames stay open after the end: {open:?}"
    );
    let last = &world.events.last().expect("a run has events").event;
    assert!(
        matches!(last, Event::RunClosed { .. }),
        "seed {seed}: ends with {last:?}"
    );
    let status = world.run.status();
    assert!(
        matches!(
            status,
            Status::Completed | Status::Failed | Status::Cancelled
        ),
        "seed {seed}: {status:?}"
    );
}

#[test]
fn random_runs_end_with_every_frame_closed_once_and_no_done_frame_run_again() {
    for seed in 0..2_000 {
        assert_sound(seed, &World::new(seed, None).play());
    }
}

#[test]
fn a_run_that_dies_and_is_folded_at_random_records_the_very_same_events() {
    for seed in 0..1_000 {
        let undisturbed = World::new(seed, None).play();
        let disturbed = World::new(seed, Some(2)).play();
        assert_eq!(undisturbed.events, disturbed.events, "seed {seed}");
    }
}

#[test]
fn a_late_answer_to_a_closed_frame_records_nothing() {
    let mut world = World::new(3, None).play();
    let before = world.events.len();
    world.take(Arrival::Answered {
        frame: Seq(2),
        ordinal: 0,
        outcome: Ok(Value::Null),
        took_ms: 0,
    });
    world.take(Arrival::Woke);
    world.take(Arrival::Retry { frame: Seq(2) });
    world.take(Arrival::Cancel {
        reason: "late".into(),
    });
    assert_eq!(world.events.len(), before);
}

/// A chain of `ask` nodes, run until the second one waits.
fn chain_at_second() -> World {
    let json = serde_json::json!({
        "id": "chain",
        "graph": {
            "nodes": [{ "id": "a", "type": "ask" }, { "id": "b", "type": "ask" }],
            "edges": [{ "source": "a", "target": "b" }],
        },
    });
    let mut world = World::new(0, None);
    let workflow: Workflow = serde_json::from_value(json).expect("a workflow");
    world.plan = Arc::new(Plan::new(workflow, &world.catalogue));
    world.run = Run::new(
        world.run.id(),
        Arc::clone(&world.plan),
        Arc::clone(&world.catalogue),
    );
    world.take(Arrival::Start {
        input: Value::Null,
        mode: Mode::Live,
    });
    let asked = world.run.outstanding();
    world.take(Arrival::Answered {
        frame: asked[0].frame,
        ordinal: 0,
        outcome: Ok(Value::Int(1)),
        took_ms: 0,
    });
    world
}

#[test]
fn a_fork_keeps_what_is_done_and_asks_anew_what_was_not() {
    let mut world = chain_at_second();
    let shared = world.events.len();
    let inputs = vec![(
        NodeId::from("b"),
        Value::Record(Record::from_iter([("changed", Value::Bool(true))])),
    )];
    let changes = crate::event::Changes {
        workflow: None,
        inputs,
    };
    world.take(Arrival::Fork {
        from: world.run.id(),
        changes,
        mode: Mode::Live,
    });
    let asked = world.run.outstanding();
    assert_eq!(asked.len(), 1, "only `b` is left to do");
    world.take(Arrival::Answered {
        frame: asked[0].frame,
        ordinal: 0,
        outcome: Ok(Value::Int(2)),
        took_ms: 0,
    });
    assert_eq!(world.run.status(), Status::Completed);
    let own = &world.events[shared..];
    assert!(own.iter().all(|recorded| !matches!(&recorded.event, Event::FrameOpened { node, .. } if node.as_str() == "a")));
}

/// `b` fails and waits; the workflow that goes on has another node behind it.
#[test]
fn a_mended_run_goes_on_with_the_new_workflow_and_does_nothing_again_that_is_done() {
    let mut world = chain_at_second();
    let mut workflow = world.run.plan().workflow().clone();
    workflow.graph.nodes[1].on_error = Some(OnError::Pause);
    let paused = Arc::new(Plan::new(workflow, &world.catalogue));
    world.run = Run::new(
        world.run.id(),
        Arc::clone(&paused),
        Arc::clone(&world.catalogue),
    );
    world.plan = paused;
    for recorded in &world.events.clone() {
        world.run.apply(recorded);
    }
    let asked = world.run.outstanding();
    world.take(Arrival::Answered {
        frame: asked[0].frame,
        ordinal: 0,
        outcome: Err(Failure::new(FailureKind::Connection, "the world said no")),
        took_ms: 0,
    });
    assert_eq!(world.run.status(), Status::Waiting);
    let before = world.events.len();
    let mend = world.mend(asked[0].frame);
    world.take(mend);
    let again = world.run.outstanding();
    assert_eq!(again.len(), 1, "only `b` is attempted again");
    let late = Arrival::Mend {
        workflow: world.mended[0].reference(),
        frame: asked[0].frame,
    };
    let recorded = world.events.len();
    world.take(late);
    assert_eq!(
        world.events.len(),
        recorded,
        "a frame that does not wait is not mended"
    );
    world.take(Arrival::Answered {
        frame: again[0].frame,
        ordinal: 0,
        outcome: Ok(Value::Int(2)),
        took_ms: 0,
    });
    assert_eq!(world.run.status(), Status::Completed);
    let opened = world.events[before..]
        .iter()
        .filter_map(|recorded| match &recorded.event {
            Event::FrameOpened { node, attempt, .. } => Some((node.to_string(), *attempt)),
            _ => None,
        });
    assert_eq!(
        opened.collect::<Vec<_>>(),
        [("b".to_owned(), 2), ("added2".to_owned(), 1)]
    );
    let mut folded = Run::new(
        world.run.id(),
        Arc::clone(&world.plan),
        Arc::clone(&world.catalogue),
    );
    world
        .mended
        .iter()
        .for_each(|plan| folded.know(Arc::clone(plan)));
    world
        .events
        .iter()
        .for_each(|recorded| folded.apply(recorded));
    assert_eq!(folded.ending(), world.run.ending());
}
