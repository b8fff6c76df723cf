//! Where nodes and frames are: the graphs a run is made of, and the open levels of each.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::Arc;

use crate::id::{FrameId, NodeId};
use crate::value::Address;

use super::trail::Place;

/// Positions in the outline's list of nodes. Its order is never looked at, and its hash has no chance in it.
pub(super) type Positions = HashMap<NodeId, u32, BuildHasherDefault<DefaultHasher>>;

/// One graph of the run: its own, or that of a sub-workflow called from a node of another. A loop's body
/// belongs to the graph around it, because its node ids are unique there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Graph {
    /// The graph and node it is called from; none for the run's own.
    pub(super) call: Option<(u32, NodeId)>,
    pub(super) nodes: Positions,
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
    pub(super) place: Arc<Place>,
    /// Whether it is in a workflow that was called; the run's own may be changed by a fork.
    pub(super) called: bool,
    pub(super) frames_open: u32,
}

impl Scope {
    /// The run's own level.
    pub(super) fn root(workflow: Address) -> Self {
        let place = Arc::new(Place {
            containers: Box::default(),
            workflow,
        });
        Self {
            frame: FrameId::default(),
            graph: 0,
            place,
            called: false,
            frames_open: 0,
        }
    }

    /// Goes on under another version of the workflow.
    pub(super) fn change_workflow(&mut self, workflow: Address) {
        let containers = self.place.containers.clone();
        self.place = Arc::new(Place {
            containers,
            workflow,
        });
    }
}
