//! Some of a run's frames, read without reading the whole run.
//!
//! Most frames close soon after they opened. A loop's frame may close a hundred thousand events later; its end
//! is found by searching the checkpoints for the last in which it is open.

use std::collections::BTreeMap;

use flowforge_engine::event::{Event, Recorded};
use flowforge_engine::fold::{Moment, Outline, Trail};
use flowforge_engine::frame::ExecutionFrame;
use flowforge_engine::{NodeId, RunId, Seq};
use redb::{ReadTransaction, ReadableTable};

use super::past::{Opened, Past, apply};
use super::{FrameFilter, FramePage, existing, in_range};
use crate::error::ReadError;
use crate::kept::Kept;

/// Events read at a time.
const EVENTS_PER_STEP: u64 = 512;

/// Events read behind the last frame of a window in the hope that its frames close there.
const EVENTS_BEHIND: u64 = 512;

/// Fewest frames looked at together when most may not pass the filter.
const FRAMES_PER_WINDOW: usize = 256;

type Bytes = &'static [u8];
type Look<'a, W> = &'a mut dyn FnMut(&Kept) -> Result<W, ReadError>;

/// A page of frames.
pub(super) fn window<W>(
    transaction: &ReadTransaction,
    run: RunId,
    filter: &FrameFilter,
    cursor: Option<Seq>,
    limit: usize,
    look: Look<'_, W>,
) -> Result<FramePage<W>, ReadError> {
    let up_to = in_range(&existing(transaction, run)?, filter.up_to)?;
    let tables = Opened::new(transaction)?;
    let past = tables.past();
    let (last, _) = past.outline(run, up_to)?;
    let count = if filter.status.is_some() {
        limit.max(FRAMES_PER_WINDOW)
    } else {
        limit
    };
    let (mut frames, mut at) = (Vec::new(), cursor.unwrap_or_default());
    while frames.len() < limit && at < up_to {
        let mut stretch = Window::read(&past, &last, at, filter.node.as_ref(), count)?;
        at = stretch.end;
        let passes = |trail: &Trail| filter.status.is_none_or(|status| trail.status() == status);
        stretch.trails.retain(passes);
        let room = limit - frames.len();
        if stretch.trails.len() > room {
            stretch.trails.truncate(room);
            at = stretch.trails.last().map_or(at, Trail::id);
        }
        frames.extend(stretch.show(&past, &last, look)?);
    }
    let next = (at < up_to).then_some(at);
    Ok(FramePage { frames, next })
}

/// The frame that the event after `before` opened, if it did.
pub(super) fn window_of_one<W>(
    transaction: &ReadTransaction,
    run: RunId,
    before: Seq,
    filter: &FrameFilter,
    look: Look<'_, W>,
) -> Result<FramePage<W>, ReadError> {
    let up_to = in_range(&existing(transaction, run)?, filter.up_to)?;
    let tables = Opened::new(transaction)?;
    let past = tables.past();
    let opening = past.events(run, before, before.next())?;
    if !opening.first().is_some_and(|event| opens(event, None)) {
        return Ok(FramePage {
            frames: Vec::new(),
            next: None,
        });
    }
    let (last, _) = past.outline(run, up_to)?;
    let frames = Window::read(&past, &last, before, None, 1)?.show(&past, &last, look)?;
    Ok(FramePage { frames, next: None })
}

/// Frames that were opened one after the other, as they are at the end.
struct Window {
    /// The last event that was searched for frames.
    end: Seq,
    trails: Vec<Trail>,
    /// Events from behind the cursor on, without gaps.
    events: Vec<Recorded<Kept>>,
}

/// Whether an event opens a frame of the node that is looked for.
fn opens(event: &Recorded<Kept>, wanted: Option<&NodeId>) -> bool {
    match &event.event {
        Event::FrameOpened { node, .. } | Event::FrameSkipped { node, .. } => {
            wanted.is_none_or(|wanted| wanted == node)
        }
        _ => false,
    }
}

impl Window {
    /// Finds `count` frames behind `cursor`; `last` is the moment as which they are shown.
    fn read<R, S, C>(
        past: &Past<'_, R, S, C>,
        last: &Outline,
        cursor: Seq,
        wanted: Option<&NodeId>,
        count: usize,
    ) -> Result<Self, ReadError>
    where
        R: ReadableTable<&'static [u8; 16], Bytes>,
        S: ReadableTable<&'static [u8; 24], Bytes>,
        C: ReadableTable<&'static [u8; 24], Bytes>,
    {
        let run = last.run();
        let (mut outline, _) = past.outline(run, cursor)?;
        let mut events = Vec::new();
        let mut found: BTreeMap<Seq, Option<Trail>> = BTreeMap::new();
        let mut end = None;
        let open = |found: &BTreeMap<Seq, Option<Trail>>, outline: &Outline| {
            let mut open = found.iter().filter(|(_, trail)| trail.is_none());
            open.any(|(id, _)| {
                outline
                    .trail(*id)
                    .is_some_and(|trail| trail.closed().is_none())
            })
        };
        while outline.seq() < last.seq() {
            let behind = end.map(|end: Seq| outline.seq().0 - end.0);
            if behind.is_some_and(|behind| behind >= EVENTS_BEHIND || !open(&found, &outline)) {
                break;
            }
            let to = last.seq().min(Seq(outline.seq().0 + EVENTS_PER_STEP));
            let step = past.events(run, outline.seq(), to)?;
            for event in &step {
                let leave = &mut |trail: Trail| {
                    if let Some(slot) = found.get_mut(&trail.id()) {
                        *slot = Some(trail);
                    }
                };
                apply(run, |event| outline.apply_with(event, leave), event);
                if end.is_none() && opens(event, wanted) && outline.trail(event.seq).is_some() {
                    found.insert(event.seq, None);
                    end = (found.len() >= count).then_some(event.seq);
                }
            }
            events.extend(step);
        }
        let end = end.unwrap_or(last.seq());
        let mut trails = Vec::with_capacity(found.len());
        for (id, trail) in found {
            trails.extend(match trail {
                Some(trail) => Some(trail),
                None => past.end_of(id, &outline, last)?,
            });
        }
        Ok(Self {
            end,
            trails,
            events,
        })
    }

    fn show<R, S, C, W>(
        self,
        past: &Past<'_, R, S, C>,
        last: &Outline,
        look: Look<'_, W>,
    ) -> Result<Vec<ExecutionFrame<W>>, ReadError>
    where
        R: ReadableTable<&'static [u8; 16], Bytes>,
        S: ReadableTable<&'static [u8; 24], Bytes>,
        C: ReadableTable<&'static [u8; 24], Bytes>,
    {
        let mut moment = Moment::of_frames(last, self.trails.iter().collect());
        past.show(last.run(), &moment.seqs(), self.events, &mut |event| {
            moment.take(event, &mut |kept| look(&kept))
        })?;
        Ok(moment.frames())
    }
}

impl<R, S, C> Past<'_, R, S, C>
where
    R: ReadableTable<&'static [u8; 16], Bytes>,
    S: ReadableTable<&'static [u8; 24], Bytes>,
    C: ReadableTable<&'static [u8; 24], Bytes>,
{
    /// The trail, as it is in `last`, of a frame that `near` holds; nothing when it holds it not.
    fn end_of(&self, id: Seq, near: &Outline, last: &Outline) -> Result<Option<Trail>, ReadError> {
        let shown = last
            .trail(id)
            .or_else(|| near.trail(id).filter(|trail| trail.closed().is_some()));
        if let Some(trail) = shown {
            return Ok(Some(trail.clone()));
        }
        let mut outline = self.last_open(id, near, last)?;
        let mut left = None;
        while outline.seq() < last.seq() && left.is_none() {
            let to = last.seq().min(Seq(outline.seq().0 + EVENTS_PER_STEP));
            for event in self.events(last.run(), outline.seq(), to)? {
                let leave = &mut |trail: Trail| {
                    if trail.id() == id {
                        left = Some(trail);
                    }
                };
                apply(last.run(), |event| outline.apply_with(event, leave), &event);
            }
        }
        Ok(left.or_else(|| outline.trail(id).cloned()))
    }

    /// The latest checkpoint in which the outline still has the frame, `near` when there is none.
    fn last_open(&self, id: Seq, near: &Outline, last: &Outline) -> Result<Outline, ReadError> {
        let keys = self.checkpoints(last.run(), near.seq(), last.seq())?;
        let (mut from, mut to, mut best) = (0, keys.len(), near.clone());
        while from < to {
            let middle = usize::midpoint(from, to);
            match self.checkpoint(last.run(), &keys[middle])? {
                Some(outline) if outline.trail(id).is_some() => {
                    (best, from) = (outline, middle + 1);
                }
                // A checkpoint that cannot be used tells nothing; what is before it is searched.
                _ => to = middle,
            }
        }
        Ok(best)
    }
}
