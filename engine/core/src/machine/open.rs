//! Opening a frame: what its input is.

use super::run::Run;
use super::scope::Scope;
use super::settle::Turn;
use crate::event::Event;
use crate::failure::{Failure, FailureKind};
use crate::id::ScopeId;
use crate::node_type::Arrival;
use crate::value::{Record, Value};

impl Turn<'_> {
    /// Activates a node that is ready.
    pub(super) fn open(&mut self, id: ScopeId, cell: usize) {
        let limit = self.run.plan.config().limits.max_frames;
        if self.run.frames_opened >= limit {
            return self.stop_run(too_many_frames(limit));
        }
        let Some(scope) = self.run.scopes.get(&id) else {
            return;
        };
        let node = scope.node(cell).id.clone();
        let input = self.run.input_of(scope, cell);
        let attempt = scope.cells[cell].attempts + 1;
        let queued_ms = self.clock.now().since_ms(scope.cells[cell].ready_at);
        self.record(Event::FrameOpened {
            scope: id,
            node,
            attempt,
            input,
            queued_ms,
        });
    }
}

impl Run {
    /// What `input` is for a node: a fork's own, the level's, or what its live edges carry.
    fn input_of(&self, scope: &Scope, cell: usize) -> Value {
        let node = scope.node(cell);
        if let Some(input) = self.overrides.get(&node.id) {
            return input.clone();
        }
        if node.incoming.is_empty() {
            return scope.input.clone();
        }
        let arrivals = scope.arrivals(cell);
        let first_port = &node.incoming[0].port;
        if node.incoming.iter().all(|edge| edge.port == *first_port) {
            return one_port(arrivals.iter());
        }
        let ports = node.incoming.iter().map(|edge| &edge.port);
        let live = ports.filter(|port| arrivals.iter().any(|arrival| arrival.port == **port));
        let by_port = live.map(|port| {
            (
                port.clone(),
                one_port(arrivals.iter().filter(|arrival| arrival.port == *port)),
            )
        });
        Value::Record(by_port.collect::<Record>())
    }
}

impl Scope {
    /// Every live edge into a node, in the file's order.
    pub(super) fn arrivals(&self, cell: usize) -> Vec<Arrival> {
        let edges = self
            .node(cell)
            .incoming
            .iter()
            .zip(&self.cells[cell].delivered);
        edges
            .filter_map(|(edge, delivered)| {
                let value = delivered.clone()?;
                Some(Arrival {
                    port: edge.port.clone(),
                    source: edge.source.clone(),
                    value,
                })
            })
            .collect()
    }
}

/// The value of the one live edge, or a record by source node when there are several.
fn one_port<'a>(mut arrivals: impl Iterator<Item = &'a Arrival> + Clone) -> Value {
    let all = arrivals.clone();
    match (arrivals.next(), arrivals.next()) {
        (None, _) => Value::Null,
        (Some(only), None) => only.value.clone(),
        _ => all
            .map(|arrival| (arrival.source.as_str(), arrival.value.clone()))
            .collect::<Record>()
            .into(),
    }
}

fn too_many_frames(limit: u64) -> Failure {
    Failure::new(
        FailureKind::Limit,
        format!("the run would open more than {limit} frames"),
    )
    .with_hint("look for a loop without end, or raise config.limits.maxFrames")
}
