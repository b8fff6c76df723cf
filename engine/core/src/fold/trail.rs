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

/// Where a frame runs; shared by all frames of its level.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The loops and sub-workflows around it.
    pub(super) containers: Box<[Container]>,
    /// The workflow it runs under.
    pub(super) workflow: Address,
}

/// One frame without its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Trail {
    pub(super) id: FrameId,
    /// Its position in the outline's list of nodes.
    pub(super) node: u32,
    pub(super) scope: ScopeId,
    pub(super) place: Arc<Place>,
    pub(super) attempt: u32,
    pub(super) status: Status,
    /// The event that closed it, or the level around it.
    pub(super) closed: Option<Seq>,
    /// When the level around it ended, for a frame without an end of its own.
    pub(super) cut: Option<Timestamp>,
    /// What it asked and was answered.
    pub(super) effects: Vec<Seq>,
    /// Effects that are not answered.
    pub(super) awaited: Vec<(u32, EffectKind)>,
    /// The workflow it called, when it had an answered `Call` effect.
    pub(super) called: Option<Box<Address>>,
    /// How many levels inside it are open.
    pub(super) levels_open: u32,
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
        self.place.workflow
    }

    /// The events it is made of. All are after the one that opened it; an answer that came late is before
    /// the one that closed it.
    pub fn seqs(&self) -> impl Iterator<Item = Seq> {
        let own = self
            .closed
            .filter(|seq| self.cut.is_none() && *seq != self.id);
        std::iter::once(self.id)
            .chain(self.effects.iter().copied())
            .chain(own)
    }

    /// The loops and sub-workflows around it.
    #[must_use]
    pub fn path(&self) -> Path {
        let steps = self.place.containers.iter().flat_map(|(node, index)| {
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
        self.effects.push(seq);
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
        self.effects.push(seq);
        self.refresh();
        Some(kind)
    }

    pub(super) fn close(&mut self, seq: Seq, status: Status) {
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
