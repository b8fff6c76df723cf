//! Effects from the past: what a run asked, where, and what it was told.

use std::collections::HashMap;
use std::sync::Arc;

use flowforge_engine::effect::{Effect, Outcome};
use flowforge_engine::event::{Ending, Event, Recorded};
use flowforge_engine::machine::{Outstanding, Run};
use flowforge_engine::{Failure, NodeId, Path};

/// A question's place: node, loops around it, attempt, ordinal.
type Spot = (NodeId, Path, u32, u32);

/// What a run asked of the world, and what it was told.
#[derive(Debug, Default)]
pub(crate) struct Recordings {
    at: HashMap<Spot, (Effect, Recalled)>,
    /// The same by node alone, for questions that moved: a loop that runs in another order, say.
    of_node: HashMap<NodeId, Vec<Spot>>,
}

/// What the past says to a question.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Recalled {
    /// This.
    Answer(Outcome),
    /// It was asked and not answered before its frame ended, by its deadline or from outside.
    Silence,
    /// Nobody could tell the outcome.
    Lost(Failure),
    /// It was never asked.
    Unknown,
}

impl Recordings {
    /// Everything that these events hold. `run` is a fresh run under the same first plan.
    pub(crate) fn of(mut run: Run, events: &[Recorded]) -> Self {
        let mut recordings = Self::default();
        for recorded in events {
            recordings.take(&run, &recorded.event);
            run.apply(recorded);
        }
        recordings
    }

    fn take(&mut self, run: &Run, event: &Event) {
        match event {
            Event::EffectRequested {
                frame,
                ordinal,
                effect,
            } => {
                let Some((node, path, attempt)) = run.place_of(*frame) else {
                    return;
                };
                let spot = (node.clone(), path, attempt, *ordinal);
                self.of_node.entry(node).or_default().push(spot.clone());
                self.at.insert(spot, (effect.clone(), Recalled::Silence));
            }
            Event::EffectAnswered {
                frame,
                ordinal,
                outcome,
                ..
            } => {
                let Some((node, path, attempt)) = run.place_of(*frame) else {
                    return;
                };
                if let Some(asked) = self.at.get_mut(&(node, path, attempt, *ordinal)) {
                    asked.1 = Recalled::Answer(outcome.clone());
                }
            }
            Event::FrameClosed {
                frame,
                ending: Ending::Interrupted { error },
                ..
            } => {
                let Some((node, path, attempt)) = run.place_of(*frame) else {
                    return;
                };
                let in_frame = |spot: &Spot| spot.0 == node && spot.1 == path && spot.2 == attempt;
                let unanswered = self
                    .at
                    .iter_mut()
                    .filter(|(spot, asked)| in_frame(spot) && asked.1 == Recalled::Silence);
                unanswered.for_each(|(_, asked)| asked.1 = Recalled::Lost(error.clone()));
            }
            _ => {}
        }
    }

    /// What the past says to this question: asked at the same place, or else by the same node anywhere.
    pub(crate) fn recall(&self, run: &Run, asked: &Outstanding) -> Recalled {
        let Some((node, path, attempt)) = run.place_of(asked.frame) else {
            return Recalled::Unknown;
        };
        let spot = (node.clone(), path, attempt, asked.ordinal);
        if let Some((effect, outcome)) = self.at.get(&spot)
            && same_question(effect, &asked.effect)
        {
            return outcome.clone();
        }
        let elsewhere = self.of_node.get(&node).into_iter().flatten();
        let mut answers = elsewhere.filter_map(|spot| match &self.at[spot] {
            (effect, answer @ Recalled::Answer(_)) if same_question(effect, &asked.effect) => {
                Some(answer)
            }
            _ => None,
        });
        answers.next().cloned().unwrap_or(Recalled::Unknown)
    }
}

/// Whether two questions are the same but for what changes by itself: the moment a sleep ends, and
/// the idempotency key, which names the run.
pub(crate) fn same_question(recorded: &Effect, asked: &Effect) -> bool {
    use flowforge_engine::effect::EffectKind;
    if recorded.kind != asked.kind {
        return false;
    }
    match asked.kind {
        EffectKind::Sleep => true,
        EffectKind::Http => without_key(recorded) == without_key(asked),
        _ => recorded.request == asked.request,
    }
}

fn without_key(effect: &Effect) -> Option<flowforge_engine::value::Record> {
    Some(effect.request.as_record()?.without("idempotencyKey"))
}

/// Recordings that several drivers share.
pub(crate) type SharedRecordings = Arc<Recordings>;
