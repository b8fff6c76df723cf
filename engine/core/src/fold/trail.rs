//! One frame without its values: its status, and the events that it is made of.

use std::sync::Arc;

use crate::effect::EffectKind;
use crate::event::{Disposition, Ending};
use crate::frame::Status;
use crate::id::{FrameId, NodeId, Path, PathStep, ScopeId, Seq};
use crate::time::Timestamp;
use crate::value::Address;

/// A loop or sub-workflow around a frame, with the iteration for a loop.
pub(super) type Container = (NodeId, Option<u64>);

/// One frame without its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Trail {
    pub(super) id: FrameId,
    /// Its place in the outline's list of nodes.
    pub(super) node: u32,
    pub(super) scope: ScopeId,
    pub(super) attempt: u32,
    pub(super) status: Status,
    pub(super) containers: Arc<[Container]>,
    /// The workflow it runs under.
    pub(super) workflow: Address,
    /// The events after the one that opened it.
    pub(super) rest: Vec<Seq>,
    pub(super) closed: Option<Seq>,
    /// When the level around it ended, for a frame without an end of its own.
    pub(super) cut: Option<Timestamp>,
    /// Effects that are not answered.
    pub(super) awaited: Vec<(u32, EffectKind)>,
    pub(super) role: Role,
    /// How many levels inside it are open.
    pub(super) levels_open: u32,
}

/// What the levels inside a frame are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Role {
    /// Iterations.
    #[default]
    Loop,
    /// One run of this workflow: it had an answered `Call` effect.
    Call(Address),
}

impl Trail {
    /// The frame's id: the seq of the event that opened it.
    #[must_use]
    pub fn id(&self) -> FrameId {
        self.id
    }

    /// Where the frame is in its life.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// The event that closed it.
    #[must_use]
    pub fn closed(&self) -> Option<Seq> {
        self.closed
    }

    /// The content address of the workflow it runs under.
    #[must_use]
    pub fn workflow(&self) -> Address {
        self.workflow
    }

    /// The events it is made of, in order.
    pub fn seqs(&self) -> impl Iterator<Item = Seq> {
        std::iter::once(self.id).chain(self.rest.iter().copied())
    }

    /// The loops and sub-workflows around it.
    #[must_use]
    pub fn path(&self) -> Path {
        let steps = self.containers.iter().flat_map(|(node, index)| {
            std::iter::once(PathStep::Node(node.clone())).chain(index.map(PathStep::Index))
        });
        Path(steps.collect())
    }

    /// Whether it is open and something in it can move without the world: it counts as work.
    pub(super) fn works(&self) -> bool {
        self.status == Status::Running && self.levels_open == 0
    }

    pub(super) fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    pub(super) fn request(&mut self, seq: Seq, ordinal: u32, kind: EffectKind) {
        self.rest.push(seq);
        self.awaited.retain(|(awaited, _)| *awaited != ordinal);
        self.awaited.push((ordinal, kind));
        self.refresh();
    }

    /// The kind of the effect, if it was awaited.
    pub(super) fn answer(&mut self, seq: Seq, ordinal: u32) -> Option<EffectKind> {
        let at = self
            .awaited
            .iter()
            .position(|(awaited, _)| *awaited == ordinal)?;
        let (_, kind) = self.awaited.remove(at);
        self.rest.push(seq);
        self.refresh();
        Some(kind)
    }

    pub(super) fn close(&mut self, seq: Seq, status: Status) {
        self.rest.push(seq);
        self.closed = Some(seq);
        self.status = status;
    }

    pub(super) fn cut(&mut self, seq: Seq, at: Timestamp) {
        self.closed = Some(seq);
        self.cut = Some(at);
        self.status = Status::Cancelled;
    }

    fn refresh(&mut self) {
        if self.is_open() {
            let patient = |kind| matches!(kind, EffectKind::Sleep | EffectKind::Signal);
            let waits =
                !self.awaited.is_empty() && self.awaited.iter().all(|(_, kind)| patient(*kind));
            self.status = if waits {
                Status::Waiting
            } else {
                Status::Running
            };
        }
    }
}

/// The status that an ending gives its frame.
pub(super) fn status_of<V>(ending: &Ending<V>) -> Status {
    match ending {
        Ending::Completed { .. } => Status::Completed,
        Ending::Failed { .. } => Status::Failed,
        Ending::Cancelled => Status::Cancelled,
        Ending::Interrupted { .. } => Status::Interrupted,
    }
}

/// What is still to happen to a closed frame's node before its level can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) enum Ask {
    /// Another attempt was decided; the machine opens it.
    Attempt,
    /// Somebody must ask for another attempt of the paused frame.
    Paused,
    /// Somebody must say what to do about the interrupted frame.
    Interrupted,
}

/// What this ending leaves to happen, if anything.
pub(super) fn ask_of<V>(ending: &Ending<V>) -> Option<Ask> {
    match ending {
        Ending::Failed {
            then: Disposition::Retry { .. },
            ..
        } => Some(Ask::Attempt),
        Ending::Failed {
            then: Disposition::Pause,
            ..
        } => Some(Ask::Paused),
        Ending::Interrupted { .. } => Some(Ask::Interrupted),
        Ending::Completed { .. } | Ending::Cancelled | Ending::Failed { .. } => None,
    }
}
