//! Where nodes and frames are: the graphs a run is made of, and the open levels of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::id::{FrameId, NodeId};
use crate::value::Address;

use super::trail::Container;

/// One graph of the run: its own, or that of a sub-workflow called from a node of another. A loop's body
/// belongs to the graph around it, because its node ids are unique there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Graph {
    /// The graph and node it is called from; none for the run's own.
    pub(super) call: Option<(u32, NodeId)>,
    /// Places in the outline's list of nodes.
    pub(super) nodes: BTreeMap<NodeId, u32>,
    /// The graphs called from here.
    pub(super) calls: BTreeMap<NodeId, u32>,
}

/// A node that has been activated or passed over.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) graph: u32,
    pub(super) id: NodeId,
    /// Its latest frame.
    pub(super) latest: FrameId,
    pub(super) opened: u64,
    pub(super) completed: u64,
    pub(super) failed: u64,
    pub(super) skipped: u64,
}

/// An open level: the run's own, one iteration of a loop, or one run of a sub-workflow.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scope {
    /// The loop's or call's frame; 0 for the run's own level.
    pub(super) frame: FrameId,
    pub(super) graph: u32,
    pub(super) containers: Arc<[Container]>,
    /// The workflow called; none in the run's own graph, which a fork may change.
    pub(super) workflow: Option<Address>,
    pub(super) frames_open: u32,
}

impl Scope {
    pub(super) fn root() -> Self {
        Self {
            frame: FrameId::default(),
            graph: 0,
            containers: Arc::new([]),
            workflow: None,
            frames_open: 0,
        }
    }
}
