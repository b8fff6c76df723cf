//! The same run again, from recorded outcomes: does everything come out as it did?

use std::collections::{BTreeMap, HashMap};

use flowforge_engine::effect::Effect;
use flowforge_engine::event::{Ending, Event, Mode, Recorded, WorkflowRef};
use flowforge_engine::machine::{Arrival, Run};
use flowforge_engine::{FrameId, NodeId, Path, RunId, Seq, Value};

use crate::error::RuntimeError;
use crate::load::History;
use crate::runtime::Runtime;

/// What a replay found.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Replayed {
    /// Whether every frame came out as it was recorded.
    pub identical: bool,
    /// How many frames were compared.
    pub frames: u64,
    /// How many effects that can be noticed outside were performed meanwhile: none, ever.
    pub effects_performed: u64,
    /// The first frame that came out differently, in the order of the recording.
    pub divergence: Option<Divergence>,
}

/// The first difference between a recording and its replay.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Divergence {
    /// The event that opened the frame in the recording.
    pub seq: Seq,
    /// The node.
    pub node_id: NodeId,
    /// The loops and sub-workflows around it.
    pub path: Path,
    /// Counted from 1.
    pub attempt: u32,
    /// What differs: `input`, `effects`, `ending`, or `missing` when the replay has no such frame.
    pub what: &'static str,
    /// As recorded.
    pub recorded: Value,
    /// As replayed.
    pub replayed: Value,
}

impl Runtime {
    /// Replays a run from its recorded outcomes, in memory. Scripts are evaluated again, effects are not
    /// performed. Of a fork, its own part is replayed; what it shares is its origin's.
    ///
    /// # Errors
    /// When there is no such run, or the journal cannot be read.
    pub async fn replay(&self, id: RunId) -> Result<Replayed, RuntimeError> {
        let history = History::read(self.journal(), &self.catalogue(), id)?;
        let before = self.effects_performed();
        let (shared, own) = history.events.split_at(own_part(&history.events));
        let folded = || {
            let mut run = history.fresh(id, &self.catalogue());
            shared.iter().for_each(|recorded| run.apply(recorded));
            run
        };
        let recorded = Facts::of(folded(), own);
        let replayed = self
            .play_again(folded(), &history, id, &recorded, &own[0].event)
            .await?;
        let replayed = Facts::of(folded(), &replayed);
        let divergence = recorded.first_difference(&replayed);
        Ok(Replayed {
            identical: divergence.is_none(),
            frames: recorded.comparable().count() as u64,
            effects_performed: self.effects_performed() - before,
            divergence,
        })
    }

    /// Drives a run from its first own event; attempts that somebody asked for then are asked for again.
    async fn play_again(
        &self,
        mut run: Run,
        history: &History,
        id: RunId,
        recorded: &Facts,
        beginning: &Event,
    ) -> Result<Vec<Recorded>, RuntimeError> {
        let recordings = self.recordings_of(history, id);
        let mut arrivals = vec![arrival_of(beginning)];
        let mut events = Vec::new();
        while !arrivals.is_empty() {
            let played = self
                .run_in_memory(run, recordings.clone(), arrivals)
                .await?;
            events.extend(played.events);
            run = played.run;
            arrivals = recorded.decisions_for(&run);
        }
        Ok(events)
    }
}

/// The position of a run's first own event: of its last fork, or of its start.
fn own_part(events: &[Recorded]) -> usize {
    events
        .iter()
        .rposition(|recorded| matches!(recorded.event, Event::RunForked { .. }))
        .unwrap_or(0)
}

fn arrival_of(beginning: &Event) -> Arrival {
    match beginning {
        Event::RunStarted { input, .. } => Arrival::Start {
            input: input.clone(),
            mode: Mode::Dry,
        },
        Event::RunForked { from, changes, .. } => Arrival::Fork {
            from: *from,
            changes: changes.clone(),
            mode: Mode::Dry,
        },
        _ => Arrival::Continue,
    }
}

/// A frame's place: node, loops around it, attempt.
type Spot = (NodeId, Path, u32);

/// What can be compared of the frames that some events opened.
#[derive(Default)]
struct Facts {
    frames: BTreeMap<FrameId, (Spot, Fact)>,
    by_spot: HashMap<Spot, FrameId>,
    /// What somebody decided for a frame that waited: when, and the workflow if it was mended.
    decided: HashMap<Spot, (Seq, Option<WorkflowRef>)>,
}

#[derive(Clone, Default)]
struct Fact {
    input: Value,
    effects: Vec<Effect>,
    ending: Option<Ending>,
}

impl Facts {
    /// The facts in `events`, which go on from where `run` is.
    fn of(mut run: Run, events: &[Recorded]) -> Self {
        let mut facts = Self::default();
        for recorded in events {
            facts.take_decision(&run, recorded);
            run.apply(recorded);
            facts.take(&run, recorded);
        }
        facts
    }

    fn take_decision(&mut self, run: &Run, recorded: &Recorded) {
        let (frame, mended) = match &recorded.event {
            Event::RetryRequested { frame } => (*frame, None),
            Event::RunMended { workflow, frame } => (*frame, Some(workflow.clone())),
            _ => return,
        };
        if let Some((_, spot)) = held(run).find(|(held, _)| *held == frame) {
            self.decided.insert(spot, (recorded.seq, mended));
        }
    }

    fn take(&mut self, run: &Run, recorded: &Recorded) {
        match &recorded.event {
            Event::FrameOpened { input, .. } => {
                let Some(spot) = run.place_of(recorded.seq) else {
                    return;
                };
                self.by_spot.insert(spot.clone(), recorded.seq);
                self.frames.insert(
                    recorded.seq,
                    (
                        spot,
                        Fact {
                            input: input.clone(),
                            ..Fact::default()
                        },
                    ),
                );
            }
            Event::EffectRequested { frame, effect, .. } => {
                if let Some((_, fact)) = self.frames.get_mut(frame) {
                    fact.effects.push(effect.clone());
                }
            }
            Event::FrameClosed { frame, ending, .. } => {
                if let Some((_, fact)) = self.frames.get_mut(frame) {
                    fact.ending = Some(ending.clone());
                }
            }
            _ => {}
        }
    }

    /// Frames whose outcome followed from the run itself, not from somebody who ended it.
    fn comparable(&self) -> impl Iterator<Item = (FrameId, &Spot, &Fact)> {
        let is_own = |fact: &Fact| !matches!(fact.ending, None | Some(Ending::Cancelled));
        let frames = self
            .frames
            .iter()
            .filter(move |(_, (_, fact))| is_own(fact));
        frames.map(|(frame, (spot, fact))| (*frame, spot, fact))
    }

    fn first_difference(&self, replayed: &Self) -> Option<Divergence> {
        self.comparable().find_map(|(seq, spot, fact)| {
            let other = replayed
                .by_spot
                .get(spot)
                .map(|frame| &replayed.frames[frame].1);
            let (what, recorded, replayed) = difference(fact, other)?;
            let (node_id, path, attempt) = spot.clone();
            Some(Divergence {
                seq,
                node_id,
                path,
                attempt,
                what,
                recorded,
                replayed,
            })
        })
    }

    /// What was decided next in the recording for the frames that wait: a mend first of all, if it was, and
    /// the attempts that were asked for before another.
    fn decisions_for(&self, run: &Run) -> Vec<Arrival> {
        let decided = held(run).filter_map(|(frame, spot)| Some((self.decided.get(&spot)?, frame)));
        let mut decided: Vec<_> = decided.collect();
        decided.sort_by_key(|((seq, _), _)| *seq);
        let next = decided
            .into_iter()
            .enumerate()
            .take_while(|(at, ((_, mended), _))| *at == 0 || mended.is_none());
        let arrival = |((_, mended), frame): (&(Seq, Option<WorkflowRef>), FrameId)| match mended {
            Some(workflow) => Arrival::Mend {
                workflow: workflow.clone(),
                frame,
            },
            None => Arrival::Retry { frame },
        };
        next.map(|(_, decision)| arrival(decision)).collect()
    }
}

/// The frames that wait for a decision, with their places.
fn held(run: &Run) -> impl Iterator<Item = (FrameId, Spot)> {
    let held = run.held().into_iter();
    held.map(|(frame, node, path, attempt)| (frame, (node, path, attempt)))
}

/// What differs first between a frame and its replay, with both sides.
fn difference(recorded: &Fact, replayed: Option<&Fact>) -> Option<(&'static str, Value, Value)> {
    let Some(replayed) = replayed else {
        return Some(("missing", recorded.input.clone(), Value::Null));
    };
    if recorded.input != replayed.input {
        return Some(("input", recorded.input.clone(), replayed.input.clone()));
    }
    if !same_effects(&recorded.effects, &replayed.effects) {
        return Some((
            "effects",
            requests(&recorded.effects),
            requests(&replayed.effects),
        ));
    }
    if same_ending(recorded.ending.as_ref(), replayed.ending.as_ref()) {
        return None;
    }
    Some((
        "ending",
        as_value(recorded.ending.as_ref()),
        as_value(replayed.ending.as_ref()),
    ))
}

fn same_effects(recorded: &[Effect], replayed: &[Effect]) -> bool {
    recorded.len() == replayed.len()
        && recorded
            .iter()
            .zip(replayed)
            .all(|(a, b)| crate::recordings::same_question(a, b))
}

/// Failures are the same when their kind is: their words may name durations.
fn same_ending(recorded: Option<&Ending>, replayed: Option<&Ending>) -> bool {
    match (recorded, replayed) {
        (Some(Ending::Failed { error: a, .. }), Some(Ending::Failed { error: b, .. }))
        | (Some(Ending::Interrupted { error: a }), Some(Ending::Interrupted { error: b })) => {
            a.kind == b.kind
        }
        (recorded, replayed) => recorded == replayed,
    }
}

fn requests(effects: &[Effect]) -> Value {
    Value::List(
        effects
            .iter()
            .map(|effect| effect.request.clone())
            .collect(),
    )
}

fn as_value(ending: Option<&Ending>) -> Value {
    serde_json::to_value(ending)
        .map(|json| Value::from_json(&json))
        .unwrap_or_default()
}
