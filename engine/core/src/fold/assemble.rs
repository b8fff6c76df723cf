//! Frames and snapshots out of an outline and the events on its trails.

use std::fmt::Write;

use crate::effect::{Effect, Outcome};
use crate::event::{Ending, Event, Recorded, RunEnding};
use crate::failure::Failure;
use crate::frame::{ExecutionFrame, FrameEffect, Metrics, NodeMoment, Output, Snapshot, Status};
use crate::id::Seq;
use crate::value::Value;

use super::level::Node;
use super::{Outline, Trail, shown_with};

/// What is shown of a moment, while the events it is made of are brought together.
///
/// It is given the events of [`Moment::seqs`] by [`Moment::take`], in any order that keeps each frame's own.
/// What depends on an event that was not given is left out.
pub struct Moment<'a, W = Value> {
    outline: &'a Outline,
    /// The run's first event, and its last when it has ended; nothing when only frames are shown.
    own: [Option<Seq>; 2],
    /// The frames that are shown, by id.
    trails: Vec<&'a Trail>,
    frames: Vec<Option<Box<ExecutionFrame<W>>>>,
    input: Option<W>,
    output: Option<W>,
    error: Option<Failure<W>>,
    /// The run's id, to begin the ids of frames with.
    run: String,
}

impl<'a, W> Moment<'a, W> {
    /// The whole run: of every node its latest frame.
    #[must_use]
    pub fn of_run(outline: &'a Outline) -> Self {
        let latest = outline
            .nodes
            .iter()
            .filter_map(|node| outline.trail(node.latest));
        let start = outline.start.as_ref().map(|start| start.seq);
        Self {
            own: [start, outline.ended_seq()],
            ..Self::of_frames(outline, latest.collect())
        }
    }

    /// Only these frames, each as its trail is, in the run as it is in the outline.
    #[must_use]
    pub fn of_frames(outline: &'a Outline, mut trails: Vec<&'a Trail>) -> Self {
        trails.sort_unstable_by_key(|trail| trail.id);
        let frames = trails.iter().map(|_| None).collect();
        let run = outline.run.to_string();
        Self {
            outline,
            own: [None; 2],
            trails,
            frames,
            input: None,
            output: None,
            error: None,
            run,
        }
    }

    /// The events that it is made of, in order.
    #[must_use]
    pub fn seqs(&self) -> Vec<Seq> {
        let own = self.own.into_iter().flatten();
        let mut seqs: Vec<Seq> = own
            .chain(self.trails.iter().flat_map(|trail| trail.seqs()))
            .collect();
        seqs.sort_unstable();
        seqs
    }

    /// Adds an event, its values shown as `map` says. An event that is not shown is passed over.
    ///
    /// # Errors
    /// The first error of the map.
    pub fn take<V, E>(
        &mut self,
        recorded: Recorded<V>,
        map: &mut impl FnMut(V) -> Result<W, E>,
    ) -> Result<(), E> {
        match shown_with(&recorded) {
            Some(Seq(0)) => self.take_own(recorded, map),
            Some(frame) => match self.trails.binary_search_by_key(&frame, |trail| trail.id) {
                Ok(at) => self.take_for(at, recorded, map),
                Err(_) => Ok(()),
            },
            None => Ok(()),
        }
    }

    fn take_own<V, E>(
        &mut self,
        recorded: Recorded<V>,
        map: &mut impl FnMut(V) -> Result<W, E>,
    ) -> Result<(), E> {
        match recorded.event {
            Event::RunStarted { input, .. } if self.own[0] == Some(recorded.seq) => {
                self.input = Some(map(input)?);
            }
            Event::RunClosed { ending } if self.own[1] == Some(recorded.seq) => match ending {
                RunEnding::Completed { output } => self.output = Some(map(output)?),
                RunEnding::Failed { error } => self.error = Some(error.try_map(map)?),
                RunEnding::Cancelled => {}
            },
            _ => {}
        }
        Ok(())
    }

    fn take_for<V, E>(
        &mut self,
        at: usize,
        recorded: Recorded<V>,
        map: &mut impl FnMut(V) -> Result<W, E>,
    ) -> Result<(), E> {
        if recorded.seq == self.trails[at].id {
            self.frames[at] = self.open(self.trails[at], recorded, map)?.map(Box::new);
        } else if let Some(frame) = &mut self.frames[at] {
            follow(frame, recorded, map)?;
        }
        Ok(())
    }

    fn open<V, E>(
        &self,
        trail: &Trail,
        recorded: Recorded<V>,
        map: &mut impl FnMut(V) -> Result<W, E>,
    ) -> Result<Option<ExecutionFrame<W>>, E> {
        let (node_id, input, queued_ms) = match recorded.event {
            Event::FrameOpened {
                node,
                input,
                queued_ms,
                ..
            } => (node, Some(map(input)?), queued_ms),
            Event::FrameSkipped { node, .. } => (node, None, 0),
            _ => return Ok(None),
        };
        // A frame that is open, or was cut, has lasted until then; for another, its closing event says.
        let until = trail.cut.unwrap_or(if trail.is_open() {
            self.outline.at
        } else {
            recorded.at
        });
        Ok(Some(ExecutionFrame {
            id: self.id(trail.id),
            run: self.outline.run,
            node_id,
            node_type: None,
            path: trail.path(),
            attempt: trail.attempt,
            opened_seq: trail.id,
            closed_seq: trail.closed,
            timestamp: recorded.at,
            input,
            output: None,
            status: trail.status,
            error: None,
            effects: Vec::new(),
            logs: Vec::new(),
            metrics: Metrics {
                queued_ms,
                duration_ms: until.since_ms(recorded.at),
                ..Metrics::default()
            },
            memo: false,
            workflow_version: trail.place.workflow,
            code_hash: None,
        }))
    }

    fn id(&self, frame: Seq) -> String {
        let mut id = String::with_capacity(self.run.len() + 8);
        id.push_str(&self.run);
        write!(id, "/{frame}").expect("a string takes everything");
        id
    }

    /// The run as a person looks at it; nothing before its first event.
    #[must_use]
    pub fn snapshot(self) -> Option<Snapshot<W>> {
        let Self {
            outline,
            trails,
            mut frames,
            input,
            output,
            error,
            ..
        } = self;
        let start = outline.start.as_ref()?;
        let nodes = outline.names().into_iter().zip(&outline.nodes);
        let nodes = nodes.map(|(name, node)| {
            let shown = trails
                .binary_search_by_key(&node.latest, |trail| trail.id)
                .ok();
            let moment = NodeMoment {
                status: shown.map_or(Status::Pending, |at| trails[at].status),
                frame: shown.and_then(|at| frames[at].take()),
                opened: node.opened,
                completed: node.completed,
                failed: node.failed,
                skipped: node.skipped,
            };
            (name, moment)
        });
        Some(Snapshot {
            run: outline.run,
            seq: outline.seq,
            at: outline.at,
            status: outline.status(),
            workflow: start.workflow.clone(),
            mode: start.mode,
            input: input?,
            output,
            error,
            nodes: nodes.collect(),
        })
    }

    /// The frames, in the order they were opened.
    #[must_use]
    pub fn frames(self) -> Vec<ExecutionFrame<W>> {
        self.frames
            .into_iter()
            .flatten()
            .map(|frame| *frame)
            .collect()
    }
}

/// Adds what a later event says about its frame.
fn follow<V, W, E>(
    frame: &mut ExecutionFrame<W>,
    recorded: Recorded<V>,
    map: &mut impl FnMut(V) -> Result<W, E>,
) -> Result<(), E> {
    match recorded.event {
        Event::EffectRequested {
            ordinal, effect, ..
        } => request(frame, ordinal, effect.try_map(map)?),
        Event::EffectAnswered {
            ordinal,
            outcome,
            took_ms,
            ..
        } => {
            let outcome = match outcome {
                Ok(value) => Ok(map(value)?),
                Err(failure) => Err(failure.try_map(map)?),
            };
            answer(frame, ordinal, outcome, took_ms);
        }
        Event::FrameClosed {
            ending,
            logs,
            usage,
            memo,
            ..
        } => {
            frame.metrics.duration_ms = recorded.at.since_ms(frame.timestamp);
            frame.metrics.operations = usage.operations;
            frame.metrics.memory_usage = usage.memory_bytes;
            frame.logs = logs;
            frame.memo = memo;
            match ending {
                Ending::Completed { outputs } => frame.output = Some(output_of(outputs, map)?),
                Ending::Failed { error, .. } | Ending::Interrupted { error } => {
                    frame.error = Some(error.try_map(map)?);
                }
                Ending::Cancelled => {}
            }
        }
        _ => {}
    }
    Ok(())
}

fn request<W>(frame: &mut ExecutionFrame<W>, ordinal: u32, effect: Effect<W>) {
    frame.effects.retain(|known| known.ordinal != ordinal);
    frame.effects.push(FrameEffect {
        ordinal,
        effect,
        outcome: None,
        took_ms: None,
    });
}

fn answer<W>(frame: &mut ExecutionFrame<W>, ordinal: u32, outcome: Outcome<W>, took_ms: u64) {
    if let Some(known) = frame
        .effects
        .iter_mut()
        .find(|known| known.ordinal == ordinal)
    {
        known.outcome = Some(outcome);
        known.took_ms = Some(took_ms);
    }
}

fn output_of<V, W, E>(
    outputs: Vec<(String, V)>,
    map: &mut impl FnMut(V) -> Result<W, E>,
) -> Result<Output<W>, E> {
    let mut ports = outputs
        .into_iter()
        .map(|(port, value)| Ok((port, map(value)?)))
        .collect::<Result<Vec<_>, E>>()?;
    let only_out = ports.len() == 1 && ports[0].0 == "out";
    let out = if only_out { ports.pop() } else { None };
    Ok(out.map_or(Output::Ports(ports), |(_, value)| Output::Out(value)))
}

impl Outline {
    /// The names of the nodes in the whole run, in their order: `call/inner` for a sub-workflow's.
    pub(super) fn names(&self) -> Vec<String> {
        let prefixes = self.prefixes();
        let name = |node: &Node| {
            let prefix = prefixes.get(node.graph as usize).map_or("", String::as_str);
            [prefix, node.id.as_str()].concat()
        };
        self.nodes.iter().map(name).collect()
    }

    /// What stands before a node's id to name it in the whole run: `call/` for a sub-workflow's, by graph.
    fn prefixes(&self) -> Vec<String> {
        let mut prefixes = Vec::with_capacity(self.graphs.len());
        for graph in &self.graphs {
            let outer = |(outer, node): &(u32, _)| {
                let before = prefixes.get(*outer as usize).map_or("", String::as_str);
                format!("{before}{node}/")
            };
            let prefix = graph.call.as_ref().map(outer).unwrap_or_default();
            prefixes.push(prefix);
        }
        prefixes
    }
}
