//! A run in a scripted world: the machine alone, no disk, no network, a clock that jumps.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use flowforge_engine::effect::{EffectKind, Outcome};
use flowforge_engine::event::{Changes, Event, Mode, Recorded, RunEnding};
use flowforge_engine::fold;
use flowforge_engine::frame::{ExecutionFrame, Status};
use flowforge_engine::machine::{Arrival, Outstanding, Plan, Request, Run, Step, step};
use flowforge_engine::node_type::Catalogue;
use flowforge_engine::script::Evaluator;
use flowforge_engine::{
    Clock, Failure, FailureKind, NodeId, RunId, Seq, Timestamp, Value, Workflow, value::Record,
};
use serde::Deserialize;

/// Most turns of one play.
const TURNS_MAX: usize = 100_000;

/// What the world does.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct World {
    /// The run's input.
    pub input: Value,
    /// Workflows that can be called.
    pub workflows: Vec<Workflow>,
    /// Answers to effects other than questions to models, each used once, in order for each node.
    pub answers: Vec<Answer>,
    /// What the model says, in order, whoever asks.
    pub model: VecDeque<Said>,
    /// What somebody outside does, in order, each time when nothing moves any more.
    pub then: VecDeque<Then>,
}

/// An answer to an effect of a node.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The node that asks.
    pub node: NodeId,
    /// How long it takes, in milliseconds.
    #[serde(default)]
    pub after: u64,
    /// The answer, when it is one.
    #[serde(default)]
    pub answer: Value,
    /// The failure, when it is one.
    #[serde(default)]
    pub fail: Option<Fail>,
    /// It never comes.
    #[serde(default)]
    pub never: bool,
}

/// Something that the model says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// How long it takes, in milliseconds.
    #[serde(default)]
    pub after: u64,
    /// The words.
    #[serde(default)]
    pub text: String,
    /// The tools that it wants: name and arguments.
    #[serde(default)]
    pub calls: Vec<(String, Value)>,
    /// Whether it was cut at `maxTokens`.
    #[serde(default)]
    pub cut: bool,
    /// What it cost, in US dollars.
    #[serde(default)]
    pub cost: f64,
    /// The failure, when it is one.
    #[serde(default)]
    pub fail: Option<Fail>,
    /// It never comes.
    #[serde(default)]
    pub never: bool,
}

/// A failure that the world answers with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fail {
    /// Its kind.
    pub kind: FailureKind,
    /// What it says.
    pub message: String,
}

/// Something that somebody outside does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub enum Then {
    /// Answers the signal that a node waits for.
    Signal {
        /// The node.
        node: NodeId,
        /// The answer.
        value: Value,
    },
    /// Asks for another attempt of a node's held frame.
    Retry {
        /// The node.
        node: NodeId,
    },
    /// Ends the run.
    Cancel {
        /// Why.
        reason: String,
    },
    /// The process dies and starts again: the run is folded from its events.
    Crash {},
    /// The run is forked before the first frame of a node, and the fork is played from there.
    Fork {
        /// The node.
        before: NodeId,
        /// Not before the frame, but after it asked this, counted from 0.
        #[serde(default)]
        asked: Option<u32>,
        /// What that question is answered instead.
        #[serde(default)]
        answer: Option<Value>,
        /// Whether effects are answered from what was recorded only.
        #[serde(default)]
        dry: bool,
        /// Another workflow.
        #[serde(default)]
        workflow: Option<Box<Workflow>>,
        /// Inputs that nodes get instead.
        #[serde(default)]
        inputs: BTreeMap<NodeId, Value>,
    },
}

/// How the run stands at the end.
#[derive(Debug)]
pub struct End {
    /// Its status.
    pub status: Status,
    /// Its output.
    pub output: Value,
    /// Why it failed.
    pub error: Option<Failure>,
}

/// Everything that happened.
#[derive(Debug)]
pub struct Played {
    /// Every frame in order.
    pub frames: Vec<ExecutionFrame>,
    /// How the run stands.
    pub end: End,
    /// What it waits for.
    pub waits: Vec<String>,
    /// How long it took, by the clock that jumps.
    pub elapsed_ms: u64,
    /// Every event.
    pub events: Vec<Recorded>,
}

/// Plays a workflow in a world until nothing moves and nobody outside does anything more.
///
/// # Panics
/// When it does not come to an end.
#[must_use]
pub fn play(workflow: Workflow, world: World) -> Played {
    let mut stage = Stage::new(workflow, world);
    let input = stage.world.input.clone();
    stage.take(Arrival::Start {
        input,
        mode: Mode::Live,
    });
    for _ in 0..TURNS_MAX {
        if !stage.next() && !stage.act() {
            return stage.played();
        }
    }
    panic!("the run does not come to an end");
}

struct Stage {
    catalogue: Arc<Catalogue>,
    plans: Vec<Arc<Plan>>,
    run: Run,
    events: Vec<Recorded>,
    evaluator: Evaluator,
    world: World,
    clock: Hands,
    /// What is on its way, by when it arrives and in the order it was asked for.
    coming: BTreeMap<(Timestamp, usize), Arrival>,
    asked: usize,
    wake_at: Option<Timestamp>,
    replies: VecDeque<Arrival>,
    /// What a fork answers a question of a node with.
    given: Option<(NodeId, u32, Value)>,
}

/// A clock that is set by hand.
struct Hands(Cell<i64>);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.get())
    }
}

impl Stage {
    fn new(workflow: Workflow, world: World) -> Self {
        let catalogue = Arc::new(Catalogue::built_in());
        let plan = Arc::new(Plan::new(workflow, &catalogue));
        Self {
            run: Run::new(RunId::default(), Arc::clone(&plan), Arc::clone(&catalogue)),
            plans: vec![plan],
            catalogue,
            events: Vec::new(),
            evaluator: Evaluator::new(),
            world,
            clock: Hands(Cell::new(0)),
            coming: BTreeMap::new(),
            asked: 0,
            wake_at: None,
            replies: VecDeque::new(),
            given: None,
        }
    }

    fn take(&mut self, arrival: Arrival) {
        let Step {
            recorded,
            requests,
            wake_at,
            more,
        } = step(&mut self.run, arrival, &self.clock);
        self.events.extend(recorded);
        self.wake_at = wake_at;
        for request in requests {
            self.carry_out(request);
        }
        if more {
            self.replies.push_front(Arrival::Continue);
        }
    }

    fn carry_out(&mut self, request: Request) {
        match request {
            Request::Evaluate { frame, request, .. } => {
                let reply = self.evaluator.evaluate(&request);
                self.replies.push_back(Arrival::Evaluated {
                    frame,
                    request,
                    reply,
                    memo: false,
                });
            }
            Request::Perform(asked) if self.is_given(&asked) => {
                let (.., answer) = self.given.take().expect("it is given");
                self.answer(&asked, Ok(answer), 0);
            }
            Request::Perform(asked)
                if self.run.mode() == Mode::Dry && asked.effect.kind.is_visible() =>
            {
                self.recall(&asked);
            }
            Request::Perform(asked) => self.perform(&asked),
        }
    }

    /// Whether a fork answers this question itself.
    fn is_given(&self, asked: &Outstanding) -> bool {
        let node = self.run.place_of(asked.frame).map(|(node, ..)| node);
        self.given.as_ref().is_some_and(|(given, ordinal, _)| {
            Some(given) == node.as_ref() && *ordinal == asked.ordinal
        })
    }

    fn perform(&mut self, asked: &Outstanding) {
        let node = self.run.place_of(asked.frame).map(|(node, ..)| node);
        let position = self
            .world
            .answers
            .iter()
            .position(|answer| Some(&answer.node) == node.as_ref());
        let (outcome, after) = match (position, asked.effect.kind) {
            (_, EffectKind::Model) => match self.world.model.pop_front() {
                Some(Said { never: true, .. }) => return,
                Some(said) => (said.outcome(), said.after),
                None => (
                    Err(Failure::new(FailureKind::NotFound, "no model answers")),
                    0,
                ),
            },
            (Some(at), _) => match self.world.answers.remove(at) {
                Answer { never: true, .. } => return,
                answer => (answer.outcome(), answer.after),
            },
            (None, EffectKind::Sleep) => {
                let until = asked
                    .effect
                    .request
                    .get("untilMs")
                    .and_then(Value::as_int)
                    .unwrap_or_default();
                (Ok(Value::Null), Timestamp(until).since_ms(self.clock.now()))
            }
            (None, EffectKind::Call) => (self.called(&asked.effect.request), 0),
            (None, EffectKind::Now) => (Ok(Value::Int(self.clock.now().0)), 0),
            (None, EffectKind::Random) => (Ok(Value::Float(0.5)), 0),
            (None, EffectKind::Signal) => return,
            (None, EffectKind::Http) => (
                Err(Failure::new(FailureKind::Connection, "nobody answers")),
                0,
            ),
        };
        self.answer(asked, outcome, after);
    }

    fn answer(&mut self, asked: &Outstanding, outcome: Outcome, after: u64) {
        self.asked += 1;
        let arrival = Arrival::Answered {
            frame: asked.frame,
            ordinal: asked.ordinal,
            outcome,
            took_ms: after,
        };
        self.coming
            .insert((self.clock.now().plus_ms(after), self.asked), arrival);
    }

    /// A dry fork's effect: what the same request was answered before it was forked.
    fn recall(&mut self, asked: &Outstanding) {
        let requested = self
            .events
            .iter()
            .rev()
            .find_map(|recorded| match &recorded.event {
                Event::EffectRequested {
                    frame,
                    ordinal,
                    effect,
                } if *effect == asked.effect && *frame != asked.frame => Some((*frame, *ordinal)),
                _ => None,
            });
        let outcome = self
            .events
            .iter()
            .find_map(|recorded| match &recorded.event {
                Event::EffectAnswered {
                    frame,
                    ordinal,
                    outcome,
                    ..
                } if Some((*frame, *ordinal)) == requested => Some(outcome.clone()),
                _ => None,
            });
        match outcome {
            Some(outcome) => self.answer(asked, outcome, 0),
            None => {
                let error =
                    Failure::new(FailureKind::Unrecorded, "no recording answers this effect");
                self.replies.push_back(Arrival::InDoubt {
                    frame: asked.frame,
                    error,
                });
            }
        }
    }

    fn called(&self, request: &Value) -> Outcome {
        let id = request
            .get("workflow")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let found = self
            .world
            .workflows
            .iter()
            .find(|workflow| workflow.id.as_str() == id);
        found.map(Workflow::to_value).ok_or_else(|| {
            Failure::new(
                FailureKind::NotFound,
                format!("there is no workflow `{id}`"),
            )
        })
    }

    /// Lets the next thing happen; `false` when nothing is under way.
    fn next(&mut self) -> bool {
        if let Some(reply) = self.replies.pop_front() {
            self.take(reply);
            return true;
        }
        if self.run.ending().is_some() {
            return false;
        }
        let coming = self.coming.first_key_value().map(|((at, _), _)| *at);
        match (coming, self.wake_at) {
            (Some(at), wake) if wake.is_none_or(|wake| at <= wake) => {
                self.clock.0.set(at.0);
                if let Some((_, arrival)) = self.coming.pop_first() {
                    self.take(arrival);
                }
            }
            (_, Some(wake)) => {
                self.clock.0.set(wake.0);
                self.take(Arrival::Woke);
            }
            (Some(_), None) | (None, None) => return false,
        }
        true
    }

    /// Lets somebody outside do the next thing; `false` when there is none.
    fn act(&mut self) -> bool {
        let Some(then) = self.world.then.pop_front() else {
            return false;
        };
        match then {
            Then::Signal { node, value } => self.signal(&node, value),
            Then::Retry { node } => {
                let held = self.run.held().into_iter().find(|(_, at, ..)| *at == node);
                if let Some((frame, ..)) = held {
                    self.take(Arrival::Retry { frame });
                }
            }
            Then::Cancel { reason } => self.take(Arrival::Cancel { reason }),
            Then::Crash {} => self.crash(),
            Then::Fork {
                before,
                asked,
                answer,
                dry,
                workflow,
                inputs,
            } => {
                let at = self.moment(&before, asked);
                self.given = answer.map(|answer| (before, asked.unwrap_or_default(), answer));
                self.fork(at, dry, workflow, inputs);
            }
        }
        true
    }

    fn signal(&mut self, node: &NodeId, value: Value) {
        let waits = self.run.outstanding().into_iter().find(|asked| {
            asked.effect.kind == EffectKind::Signal
                && self
                    .run
                    .place_of(asked.frame)
                    .is_some_and(|(at, ..)| at == *node)
        });
        if let Some(Outstanding { frame, ordinal, .. }) = waits {
            self.take(Arrival::Answered {
                frame,
                ordinal,
                outcome: Ok(value),
                took_ms: 0,
            });
        }
    }

    /// Law 3: what must not be done twice is in doubt, everything else is done again.
    fn crash(&mut self) {
        self.fold(Seq(u64::MAX));
        for asked in self.run.outstanding() {
            if asked.effect.kind.is_visible() && !asked.effect.idempotent {
                let error =
                    Failure::new(FailureKind::InDoubt, "nobody knows whether it took place");
                self.take(Arrival::InDoubt {
                    frame: asked.frame,
                    error,
                });
            } else {
                self.perform(&asked);
            }
        }
        self.take(Arrival::Continue);
    }

    /// The last event before the first frame of a node, or the one with which that frame asked something.
    fn moment(&self, node: &NodeId, asked: Option<u32>) -> Seq {
        let opened = self
            .events
            .iter()
            .find_map(|recorded| match &recorded.event {
                Event::FrameOpened { node: opened, .. } if opened == node => Some(recorded.seq),
                _ => None,
            })
            .expect("a case forks before a frame that was opened");
        let Some(asked) = asked else {
            return Seq(opened.0 - 1);
        };
        let request = |recorded: &&Recorded| matches!(&recorded.event, Event::EffectRequested { frame, ordinal, .. } if *frame == opened && *ordinal == asked);
        let request = self.events.iter().find(request);
        request
            .expect("a case forks after a question that was asked")
            .seq
    }

    fn fork(
        &mut self,
        at: Seq,
        dry: bool,
        workflow: Option<Box<Workflow>>,
        inputs: BTreeMap<NodeId, Value>,
    ) {
        let plan = workflow.map(|workflow| Arc::new(Plan::new(*workflow, &self.catalogue)));
        self.plans.extend(plan.clone());
        self.fold(at);
        let workflow = plan.map(|plan| plan.reference());
        let changes = Changes {
            workflow,
            inputs: inputs.into_iter().collect(),
        };
        let mode = if dry { Mode::Dry } else { Mode::Live };
        let past = self.events.clone();
        self.events.retain(|recorded| recorded.seq <= at);
        let shared = self.events.len();
        if dry {
            self.events = past;
        }
        let before = self.events.len();
        self.take(Arrival::Fork {
            from: RunId::default(),
            changes,
            mode,
        });
        if dry {
            while self.next() {}
            let own = self.events.split_off(before);
            self.events.truncate(shared);
            self.events.extend(own);
        }
    }

    /// Throws the state away and folds it again from the events up to `seq`.
    fn fold(&mut self, seq: Seq) {
        self.coming.clear();
        self.replies.clear();
        self.run = Run::new(
            RunId::default(),
            Arc::clone(&self.plans[0]),
            Arc::clone(&self.catalogue),
        );
        for plan in &self.plans {
            self.run.know(Arc::clone(plan));
        }
        self.events
            .iter()
            .take_while(|recorded| recorded.seq <= seq)
            .for_each(|recorded| self.run.apply(recorded));
    }

    fn played(self) -> Played {
        let frames = fold::frames(RunId::default(), &self.events);
        let (output, error) = match self.run.ending() {
            Some(RunEnding::Completed { output }) => (output.clone(), None),
            Some(RunEnding::Failed { error }) => (Value::Null, Some(error.clone())),
            Some(RunEnding::Cancelled) | None => (Value::Null, None),
        };
        let signals = self.run.outstanding().into_iter().filter_map(|asked| {
            let (node, ..) = self.run.place_of(asked.frame)?;
            Some(format!(
                "{node} ({})",
                format!("{:?}", asked.effect.kind).to_lowercase()
            ))
        });
        let held = self
            .run
            .held()
            .into_iter()
            .map(|(_, node, ..)| format!("{node} (retry)"));
        Played {
            frames,
            end: End {
                status: self.run.status(),
                output,
                error,
            },
            waits: signals.chain(held).collect(),
            elapsed_ms: self.clock.now().since_ms(Timestamp(0)),
            events: self.events,
        }
    }
}

impl Said {
    fn outcome(&self) -> Outcome {
        if let Some(Fail { kind, message }) = &self.fail {
            return Err(Failure::new(*kind, message.clone()));
        }
        let calls = self.calls.iter().zip(1..);
        let calls: Vec<Value> = calls.map(|(call, number)| wanted(call, number)).collect();
        let fields = [
            ("text", Some(Value::from(self.text.as_str()))),
            ("calls", (!calls.is_empty()).then(|| calls.into())),
            ("cut", self.cut.then(|| true.into())),
            (
                "usage",
                (self.cost > 0.0)
                    .then(|| Record::from_iter([("costUsd", Value::from(self.cost))]).into()),
            ),
        ];
        let given = fields.into_iter();
        let answer: Record = given
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        Ok(answer.into())
    }
}

fn wanted((name, arguments): &(String, Value), number: u32) -> Value {
    let fields = [
        ("id", Value::from(format!("call{number}"))),
        ("name", name.as_str().into()),
        ("arguments", arguments.to_json_text().into()),
    ];
    Record::from_iter(fields).into()
}

impl Answer {
    fn outcome(&self) -> Outcome {
        match &self.fail {
            Some(Fail { kind, message }) => Err(Failure::new(*kind, message.clone())),
            None => Ok(self.answer.clone()),
        }
    }
}
