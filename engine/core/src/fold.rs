//! What was true after an event: events in, a run's state at any moment out.
//!
//! The state is kept in two layers. The [`Outline`] holds no values: which frames are open or the
//! latest of their node, which levels are open, who waits, and for every such frame its *trail*, the
//! numbers of the events it is made of. An outline is small, whatever the run was fed, so a store can
//! write one down every few hundred events ([`Checkpoint`]) and reach any moment from the nearest. A
//! [`Fold`] is an outline together with the events on its trails, and so can show them.
//!
//! Folding is pure and total. Events hold decisions, so it needs no workflow and no policy; an event that
//! does not fit what came before changes nothing and is reported as a [`Misfit`].

mod assemble;
mod checkpoint;
mod level;
mod outline;
#[cfg(test)]
mod tests;
mod timeline;
mod trail;

use std::collections::BTreeMap;
use std::convert::Infallible;

use crate::event::{Event, Recorded};
use crate::frame::{ExecutionFrame, Snapshot};
use crate::id::{FrameId, RunId, ScopeId, Seq};
use crate::value::{Address, Value};

pub use assemble::Moment;
pub use checkpoint::{Checkpoint, CheckpointError};
pub use outline::Outline;
pub use timeline::{Timeline, TimelineFold};
pub use trail::Trail;

/// A value in some representation that can tell the address of its content.
pub trait Addressed: Clone {
    /// The content address of the value.
    fn address(&self) -> Address;
}

impl Addressed for Value {
    fn address(&self) -> Address {
        Self::address(self)
    }
}

/// An event that does not fit what came before. It changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// It has another number than the next.
    #[error("event {found} came where event {expected} was due")]
    Order {
        /// The number that was due.
        expected: Seq,
        /// The number that came.
        found: Seq,
    },
    /// It came before the run had started.
    #[error("event {0} belongs to a run that has not started")]
    NotStarted(Seq),
    /// It starts a run that has started.
    #[error("event {0} starts the run again")]
    Restarted(Seq),
    /// It names a frame that is not open.
    #[error("event {seq} names frame {frame}, which is not open")]
    Frame {
        /// The event.
        seq: Seq,
        /// The frame it names.
        frame: Seq,
    },
    /// It names a level that is not open.
    #[error("event {seq} names level {scope}, which is not open")]
    Scope {
        /// The event.
        seq: Seq,
        /// The level it names.
        scope: ScopeId,
    },
    /// It answers what the frame did not ask.
    #[error("event {seq} answers effect {ordinal} of frame {frame}, which is not awaited")]
    Effect {
        /// The event.
        seq: Seq,
        /// The frame it names.
        frame: Seq,
        /// The effect it names.
        ordinal: u32,
    },
}

/// A run at one moment, with its values.
///
/// Applying costs a fraction of a microsecond; what is held grows with the nodes and the open levels,
/// never with the number of frames, unless it was made by [`Fold::keeping_frames`].
#[derive(Clone, Debug)]
pub struct Fold<V = Value> {
    outline: Outline,
    kept: BTreeMap<Seq, Recorded<V>>,
    past: Option<Vec<Trail>>,
}

impl<V: Addressed> Fold<V> {
    /// The moment before the first event of `run`.
    #[must_use]
    pub fn new(run: RunId) -> Self {
        Self {
            outline: Outline::new(run),
            kept: BTreeMap::new(),
            past: None,
        }
    }

    /// The same, and keeps every frame for [`Fold::frames`].
    #[must_use]
    pub fn keeping_frames(run: RunId) -> Self {
        Self {
            past: Some(Vec::new()),
            ..Self::new(run)
        }
    }

    /// The same, and keeps every frame that opens from here on, besides those that are open or the latest of
    /// their node.
    #[must_use]
    pub fn keeping_from_here(mut self) -> Self {
        self.past.get_or_insert_with(Vec::new);
        self
    }

    /// Goes one event further.
    ///
    /// # Errors
    /// When the event does not fit; it is passed over, and folding can go on.
    pub fn apply(&mut self, recorded: &Recorded<V>) -> Result<(), Misfit> {
        let Self {
            outline,
            kept,
            past,
        } = self;
        let ended = outline.ended_seq();
        outline.apply_with(recorded, &mut |trail| match past {
            Some(past) => past.push(trail),
            None => forget(kept, &trail),
        })?;
        if outline.ended_seq() != ended {
            ended.map(|seq| kept.remove(&seq));
        }
        let shown = match shown_with(recorded) {
            Some(frame) => past.is_some() || frame.0 == 0 || outline.trail(frame).is_some(),
            None => false,
        };
        if shown {
            kept.insert(recorded.seq, recorded.clone());
        }
        Ok(())
    }

    /// The state without values.
    #[must_use]
    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// The run as a person looks at it; nothing before its first event.
    #[must_use]
    pub fn snapshot(&self) -> Option<Snapshot<V>> {
        self.show(Moment::of_run(&self.outline)).snapshot()
    }

    /// The frames, in the order they were opened: all of them if it keeps frames, else those that are
    /// open or the latest of their node.
    #[must_use]
    pub fn frames(&self) -> Vec<ExecutionFrame<V>> {
        let trails = self.past.iter().flatten().chain(self.outline.trails());
        self.show(Moment::of_frames(&self.outline, trails.collect()))
            .frames()
    }

    fn show<'a>(&'a self, mut moment: Moment<'a, V>) -> Moment<'a, V> {
        for recorded in self.kept.values() {
            let Ok(()) = moment.take(recorded.clone(), &mut Ok::<V, Infallible>);
        }
        moment
    }
}

/// The frame that an event is shown with, 0 for what is shown with the run itself.
fn shown_with<V>(recorded: &Recorded<V>) -> Option<FrameId> {
    match recorded.event {
        Event::RunStarted { .. } | Event::RunClosed { .. } => Some(FrameId::default()),
        Event::FrameOpened { .. } | Event::FrameSkipped { .. } => Some(recorded.seq),
        Event::EffectRequested { frame, .. }
        | Event::EffectAnswered { frame, .. }
        | Event::FrameClosed { frame, .. } => Some(frame),
        _ => None,
    }
}

fn forget<V>(kept: &mut BTreeMap<Seq, Recorded<V>>, trail: &Trail) {
    for seq in trail.seqs() {
        kept.remove(&seq);
    }
}

/// Every frame of a run, in the order they were opened, as they are after the last of these events.
pub fn frames<'a, V: Addressed + 'a>(
    run: RunId,
    events: impl IntoIterator<Item = &'a Recorded<V>>,
) -> Vec<ExecutionFrame<V>> {
    let mut fold = Fold::keeping_frames(run);
    for recorded in events {
        // A misfit changes nothing, and there is nobody here to tell.
        let _ = fold.apply(recorded);
    }
    fold.frames()
}
