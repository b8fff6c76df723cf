//! One execution of one level of a graph: the root once, a loop's body once per iteration.

use std::sync::Arc;

use super::plan::{Level, LevelIx, Plan, PlannedNode};
use crate::failure::Failure;
use crate::id::{FrameId, Path};
use crate::time::Timestamp;
use crate::value::{Record, Value};

/// One execution of one level of a graph.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) plan: Arc<Plan>,
    pub(crate) level: LevelIx,
    /// The loop's or the call's frame; none for the root.
    pub(crate) container: Option<FrameId>,
    pub(crate) path: Path,
    /// The iteration.
    pub(crate) index: u64,
    /// Whether it is an iteration, so that `item` and `index` are in scope.
    pub(crate) is_iteration: bool,
    /// How many sub-workflows are around it.
    pub(crate) calls: u32,
    pub(crate) input: Value,
    pub(crate) cells: Vec<Cell>,
    /// Cells that may still change.
    pub(crate) unsettled: usize,
    /// The frame that failed with nobody to handle it, and why.
    pub(crate) failed: Option<(FrameId, Failure)>,
}

/// A node in a scope.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) state: CellState,
    /// Edges that have neither delivered nor died.
    pub(crate) missing: usize,
    /// What each incoming edge delivered, in the file's order.
    pub(crate) delivered: Vec<Option<Value>>,
    /// Attempts so far.
    pub(crate) attempts: u32,
    pub(crate) ready_at: Timestamp,
}

/// Where a node is in its life in a scope.
#[derive(Clone, Debug)]
pub(crate) enum CellState {
    /// Waits for edges.
    Idle,
    /// Can be opened.
    Ready,
    /// Will be ready at that moment.
    Retrying(Timestamp),
    /// Is being worked on.
    Open(FrameId),
    /// Waits until somebody asks for another attempt.
    Held { frame: FrameId, interrupted: bool },
    /// Ended, with a value for each live port.
    Done(Vec<(String, Value)>),
    /// Every edge to it was dead.
    Skipped,
    /// Failed, or was ended from outside, and its level ends with it.
    Ended,
}

impl CellState {
    fn is_settled(&self) -> bool {
        matches!(self, Self::Done(_) | Self::Skipped)
    }

    fn is_at_rest(&self) -> bool {
        self.is_settled() || matches!(self, Self::Ended | Self::Held { .. })
    }
}

/// What became of a cell when its last edge was resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resolved {
    Ready,
    Dead,
}

impl Scope {
    pub(crate) fn level(&self) -> &Level {
        &self.plan.levels[self.level]
    }

    pub(crate) fn node(&self, cell: usize) -> &PlannedNode {
        &self.plan.nodes[self.level().nodes[cell]]
    }

    pub(crate) fn cell_of(&self, node: &str) -> Option<usize> {
        self.level().cells.get(node).copied()
    }

    /// Fresh cells, before anything was delivered.
    pub(crate) fn fill(&mut self, at: Timestamp) {
        let plan = Arc::clone(&self.plan);
        let nodes = &plan.levels[self.level].nodes;
        self.cells = nodes
            .iter()
            .map(|&node| Cell {
                state: CellState::Idle,
                missing: plan.nodes[node].incoming.len(),
                delivered: vec![None; plan.nodes[node].incoming.len()],
                attempts: 0,
                ready_at: at,
            })
            .collect();
        self.unsettled = self.cells.len();
    }

    /// Delivers the level's input: to cells without edges, and along edges from the loop.
    pub(crate) fn begin(&mut self, at: Timestamp) -> Vec<(usize, Resolved)> {
        let plan = Arc::clone(&self.plan);
        let input = self.input.clone();
        let mut resolved = Vec::new();
        for cell in 0..self.cells.len() {
            let node = &plan.nodes[plan.levels[self.level].nodes[cell]];
            if node.incoming.is_empty() {
                let fate = if node.starts {
                    Resolved::Ready
                } else {
                    Resolved::Dead
                };
                resolved.extend(self.resolve(cell, fate, at));
            }
            for (slot, edge) in node.incoming.iter().enumerate() {
                if edge.from_loop {
                    resolved.extend(self.deliver(cell, slot, Some(input.clone()), at));
                }
            }
        }
        resolved
    }

    /// Ends a cell with these live ports and resolves every edge that leaves it.
    pub(crate) fn settle(
        &mut self,
        cell: usize,
        state: CellState,
        at: Timestamp,
    ) -> Vec<(usize, Resolved)> {
        let plan = Arc::clone(&self.plan);
        let node = &plan.nodes[plan.levels[self.level].nodes[cell]];
        if !self.cells[cell].state.is_settled() {
            self.unsettled -= 1;
        }
        let mut resolved = Vec::new();
        for edge in &node.outgoing {
            let value = match &state {
                CellState::Done(outputs) => port(outputs, &edge.port).cloned(),
                _ => None,
            };
            resolved.extend(self.deliver(edge.cell, edge.slot, value, at));
        }
        self.cells[cell].state = state;
        resolved
    }

    /// Resolves one edge, as live with a value or as dead.
    fn deliver(
        &mut self,
        cell: usize,
        slot: usize,
        value: Option<Value>,
        at: Timestamp,
    ) -> Option<(usize, Resolved)> {
        let target = &mut self.cells[cell];
        target.delivered[slot] = value;
        target.missing -= 1;
        if target.missing > 0 {
            return None;
        }
        let is_live = target.delivered.iter().any(Option::is_some);
        self.resolve(
            cell,
            if is_live {
                Resolved::Ready
            } else {
                Resolved::Dead
            },
            at,
        )
    }

    /// A cell that was settled before the edges changed under it (in a fork) stays as it is.
    fn resolve(&mut self, cell: usize, fate: Resolved, at: Timestamp) -> Option<(usize, Resolved)> {
        let target = &mut self.cells[cell];
        if !matches!(target.state, CellState::Idle) {
            return None;
        }
        if fate == Resolved::Ready {
            target.state = CellState::Ready;
            target.ready_at = at;
        }
        Some((cell, fate))
    }

    /// Whether a node and everything that its edges lead to have come to rest.
    pub(crate) fn is_settled_from(&self, node: &str) -> bool {
        let mut left: Vec<usize> = self.cell_of(node).into_iter().collect();
        let mut seen = vec![false; self.cells.len()];
        while let Some(cell) = left.pop() {
            if std::mem::replace(&mut seen[cell], true) {
                continue;
            }
            if !self.cells[cell].state.is_at_rest() {
                return false;
            }
            left.extend(self.node(cell).outgoing.iter().map(|edge| edge.cell));
        }
        true
    }

    /// What `nodes[id].output` is here, if that node is in this level and has ended with a value.
    pub(crate) fn output_of(&self, node: &str) -> Option<Value> {
        match &self.cells[self.cell_of(node)?].state {
            CellState::Done(outputs) => Some(output(outputs)),
            _ => None,
        }
    }

    /// The value of the only end node, or a record by node id when there are several.
    pub(crate) fn output(&self) -> Value {
        let value = |cell: usize| match &self.cells[cell].state {
            CellState::Done(outputs) => Some(output(outputs)),
            _ => None,
        };
        match self.level().ends[..] {
            [only] => value(only).unwrap_or_default(),
            ref ends => ends
                .iter()
                .filter_map(|&cell| Some((self.node(cell).id.as_str(), value(cell)?)))
                .collect::<Record>()
                .into(),
        }
    }
}

/// The value of the port `out`, or a record by port when others were used.
pub(crate) fn output(outputs: &[(String, Value)]) -> Value {
    match outputs {
        [(port, value)] if port == "out" => value.clone(),
        _ => outputs
            .iter()
            .map(|(port, value)| (port.as_str(), value.clone()))
            .collect::<Record>()
            .into(),
    }
}

fn port<'a>(outputs: &'a [(String, Value)], port: &str) -> Option<&'a Value> {
    outputs
        .iter()
        .find(|(name, _)| name == port)
        .map(|(_, value)| value)
}
