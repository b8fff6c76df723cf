//! Frames and snapshots out of an outline and the events on its trails.

use std::collections::BTreeMap;

use crate::event::{Ending, Event, Recorded, RunEnding};
use crate::failure::Failure;
use crate::frame::{ExecutionFrame, FrameEffect, Metrics, NodeMoment, Output, Snapshot, Status};
use crate::id::Seq;
use crate::time::Timestamp;

use super::level::Node;
use super::{Outline, Trail};

/// Where the events on trails are looked up.
pub trait Events<V> {
    /// The event with this number, if it is there.
    fn event(&self, seq: Seq) -> Option<&Recorded<V>>;
}

impl<V> Events<V> for BTreeMap<Seq, Recorded<V>> {
    fn event(&self, seq: Seq) -> Option<&Recorded<V>> {
        self.get(&seq)
    }
}

/// Events in seq order, gaps allowed.
impl<V> Events<V> for Vec<Recorded<V>> {
    fn event(&self, seq: Seq) -> Option<&Recorded<V>> {
        let at = self
            .binary_search_by_key(&seq, |recorded| recorded.seq)
            .ok()?;
        self.get(at)
    }
}

/// An outline, the events it needs, and how their values are shown.
///
/// What depends on an event that is not there is left out; whoever must not miss damage looks first
/// whether all of [`Outline::seqs`] are there.
pub struct Moment<'a, V, W, E> {
    outline: &'a Outline,
    events: &'a dyn Events<V>,
    map: &'a mut dyn FnMut(&V) -> Result<W, E>,
    run: String,
}

impl<'a, V: Clone, W, E> Moment<'a, V, W, E> {
    /// The moment of `outline`, with values shown as `map` says.
    pub fn new(
        outline: &'a Outline,
        events: &'a dyn Events<V>,
        map: &'a mut dyn FnMut(&V) -> Result<W, E>,
    ) -> Self {
        Self {
            outline,
            events,
            map,
            run: outline.run.to_string(),
        }
    }

    /// The run as a person looks at it; nothing before its first event.
    ///
    /// # Errors
    /// The first error of the map.
    pub fn snapshot(&mut self) -> Result<Option<Snapshot<W>>, E> {
        let outline = self.outline;
        let Some(start) = &outline.start else {
            return Ok(None);
        };
        let Some(Event::RunStarted { input, .. }) =
            self.events.event(start.seq).map(|first| &first.event)
        else {
            return Ok(None);
        };
        let input = (self.map)(input)?;
        let (output, error) = self.ending()?;
        Ok(Some(Snapshot {
            run: outline.run,
            seq: outline.seq,
            at: outline.at,
            status: outline.status(),
            workflow: start.workflow.clone(),
            mode: start.mode,
            input,
            output,
            error,
            nodes: self.nodes()?,
        }))
    }

    fn ending(&mut self) -> Result<(Option<W>, Option<Failure<W>>), E> {
        let last = self
            .outline
            .ended_seq()
            .and_then(|seq| self.events.event(seq));
        Ok(match last.map(|last| &last.event) {
            Some(Event::RunClosed {
                ending: RunEnding::Completed { output },
            }) => (Some((self.map)(output)?), None),
            Some(Event::RunClosed {
                ending: RunEnding::Failed { error },
            }) => (None, Some(self.failure(error)?)),
            _ => (None, None),
        })
    }

    fn nodes(&mut self) -> Result<BTreeMap<String, NodeMoment<W>>, E> {
        let prefixes = self.outline.prefixes();
        let nodes = self.outline.nodes.iter();
        nodes
            .map(|node| {
                let prefix = prefixes.get(node.graph as usize).map_or("", String::as_str);
                Ok((format!("{prefix}{}", node.id), self.node(node)?))
            })
            .collect()
    }

    fn node(&mut self, node: &Node) -> Result<NodeMoment<W>, E> {
        let latest = self.outline.trail(node.latest);
        let frame = match latest {
            Some(trail) => self.frame(trail)?,
            None => None,
        };
        Ok(NodeMoment {
            status: latest.map_or(Status::Pending, Trail::status),
            frame,
            opened: node.opened,
            completed: node.completed,
            failed: node.failed,
            skipped: node.skipped,
        })
    }

    /// The frame with this trail; nothing when the event that opened it is not there.
    ///
    /// # Errors
    /// The first error of the map.
    pub fn frame(&mut self, trail: &Trail) -> Result<Option<ExecutionFrame<W>>, E> {
        let (Some(first), Some(node_id)) =
            (self.events.event(trail.id), self.outline.node_of(trail))
        else {
            return Ok(None);
        };
        let (input, queued_ms) = match &first.event {
            Event::FrameOpened {
                input, queued_ms, ..
            } => (Some((self.map)(input)?), *queued_ms),
            _ => (None, 0),
        };
        let mut frame = ExecutionFrame {
            id: format!("{}/{}", self.run, trail.id),
            run: self.outline.run,
            node_id: node_id.clone(),
            node_type: None,
            path: trail.path(),
            attempt: trail.attempt,
            opened_seq: trail.id,
            closed_seq: trail.closed,
            timestamp: first.at,
            input,
            output: None,
            status: trail.status,
            error: None,
            effects: Vec::new(),
            logs: Vec::new(),
            metrics: Metrics {
                queued_ms,
                ..Metrics::default()
            },
            memo: false,
            workflow_version: trail.workflow,
            code_hash: None,
        };
        let closed_at = self.follow(trail, &mut frame)?;
        let until = closed_at.or(trail.cut).unwrap_or(if trail.is_open() {
            self.outline.at
        } else {
            first.at
        });
        frame.metrics.duration_ms = until.since_ms(first.at);
        Ok(Some(frame))
    }

    /// Adds what the later events of a trail say, and returns when the frame closed.
    fn follow(
        &mut self,
        trail: &Trail,
        frame: &mut ExecutionFrame<W>,
    ) -> Result<Option<Timestamp>, E> {
        let mut closed_at = None;
        for seq in &trail.rest {
            let Some(recorded) = self.events.event(*seq) else {
                continue;
            };
            match &recorded.event {
                Event::EffectRequested {
                    ordinal, effect, ..
                } => {
                    let effect = effect.clone().try_map(&mut |value| (self.map)(&value))?;
                    frame.effects.retain(|known| known.ordinal != *ordinal);
                    frame.effects.push(FrameEffect {
                        ordinal: *ordinal,
                        effect,
                        outcome: None,
                        took_ms: None,
                    });
                }
                Event::EffectAnswered {
                    ordinal,
                    outcome,
                    took_ms,
                    ..
                } => {
                    let outcome = match outcome {
                        Ok(value) => Ok((self.map)(value)?),
                        Err(failure) => Err(self.failure(failure)?),
                    };
                    if let Some(known) = frame
                        .effects
                        .iter_mut()
                        .find(|known| known.ordinal == *ordinal)
                    {
                        known.outcome = Some(outcome);
                        known.took_ms = Some(*took_ms);
                    }
                }
                Event::FrameClosed {
                    ending,
                    logs,
                    usage,
                    memo,
                    ..
                } => {
                    closed_at = Some(recorded.at);
                    frame.logs.clone_from(logs);
                    frame.memo = *memo;
                    frame.metrics.operations = usage.operations;
                    frame.metrics.memory_usage = usage.memory_bytes;
                    self.close(ending, frame)?;
                }
                _ => {}
            }
        }
        Ok(closed_at)
    }

    fn close(&mut self, ending: &Ending<V>, frame: &mut ExecutionFrame<W>) -> Result<(), E> {
        match ending {
            Ending::Completed { outputs } => frame.output = Some(self.output(outputs)?),
            Ending::Failed { error, .. } | Ending::Interrupted { error } => {
                frame.error = Some(self.failure(error)?);
            }
            Ending::Cancelled => {}
        }
        Ok(())
    }

    fn output(&mut self, outputs: &[(String, V)]) -> Result<Output<W>, E> {
        if let [(port, value)] = outputs
            && port == "out"
        {
            return Ok(Output::Out((self.map)(value)?));
        }
        let ports = outputs
            .iter()
            .map(|(port, value)| Ok((port.clone(), (self.map)(value)?)));
        ports.collect::<Result<_, E>>().map(Output::Ports)
    }

    fn failure(&mut self, failure: &Failure<V>) -> Result<Failure<W>, E> {
        failure.clone().try_map(&mut |value| (self.map)(&value))
    }
}

impl Outline {
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
