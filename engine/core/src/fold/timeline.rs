//! All frames of a run as columns: when each was open, and where it stands, without its values.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::Serialize;

use crate::event::{Event, Recorded};
use crate::frame::Status;
use crate::id::{FrameId, RunId, ScopeId, Seq};
use crate::time::Timestamp;

use super::{Addressed, Misfit, Outline, Trail};

/// Every status a frame can have; [`Timeline::status`] counts in it.
const STATUSES: [Status; 8] = [
    Status::Pending,
    Status::Running,
    Status::Waiting,
    Status::Completed,
    Status::Failed,
    Status::Skipped,
    Status::Cancelled,
    Status::Interrupted,
];

/// The frames of a run in the order they were opened, one entry each in every column.
///
/// Columns, because a hundred thousand records of the same ten names would be mostly names.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Timeline {
    /// The run it is looked at in.
    pub run: RunId,
    /// The run's status.
    #[serde(rename = "runStatus")]
    pub run_status: Status,
    /// When the run started; for a fork, when the run that it shares its beginning with did.
    pub started_at: Timestamp,
    /// The last event that is included.
    pub last_seq: Seq,
    /// Every frame that was opened by this event or before has closed, and will not change.
    pub closed_up_to: Seq,
    /// The names of nodes, as a snapshot has them: a sub-workflow's are `call/inner`.
    pub nodes: Vec<String>,
    /// The names of statuses.
    pub statuses: Vec<Status>,
    /// The node, as a place in `nodes`.
    pub node: Vec<u32>,
    /// The loop's or call's frame around it, as a place in the columns of the *whole* run; -1 for none.
    pub parent: Vec<i64>,
    /// The iteration of the loop right around it, from 0; -1 for none.
    pub iteration: Vec<i64>,
    /// Counted from 1.
    pub attempt: Vec<u32>,
    /// The event that opened it, which is its id.
    pub opened: Vec<Seq>,
    /// The event that closed it, or the level around it; 0 while it is open.
    pub closed: Vec<Seq>,
    /// Milliseconds from the run's start to its opening.
    pub opened_ms: Vec<u64>,
    /// Milliseconds from the run's start to its closing; -1 while it is open.
    pub closed_ms: Vec<i64>,
    /// The status, as a place in `statuses`.
    pub status: Vec<u8>,
    /// The stretches in which frames waited for a person or a moment, in the order in which they began, in
    /// columns of their own: a frame can wait several times and most never do. This is the frame's id.
    pub wait_of: Vec<FrameId>,
    /// The event from which on it waited.
    pub wait_from: Vec<Seq>,
    /// The event that ended the wait, by an answer or by closing the frame; 0 while it waits.
    pub wait_to: Vec<Seq>,
    /// Milliseconds from the run's start to the beginning of the wait.
    pub wait_from_ms: Vec<u64>,
    /// Milliseconds from the run's start to its end; -1 while the frame waits.
    pub wait_to_ms: Vec<i64>,
}

impl Timeline {
    /// How many frames there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.opened.len()
    }

    /// Whether no frame was opened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.opened.is_empty()
    }

    /// Only the frames that can differ from what was known at event `from`: those opened or closed after
    /// it, and those that are open; each with all its waits. A parent stays a place among all frames, which
    /// never move.
    #[must_use]
    pub fn since(mut self, from: Seq) -> Self {
        let news =
            |(opened, closed): (&Seq, &Seq)| *opened > from || *closed > from || closed.0 == 0;
        let keep: Vec<bool> = self.opened.iter().zip(&self.closed).map(news).collect();
        keep_only(&mut self.node, &keep);
        keep_only(&mut self.parent, &keep);
        keep_only(&mut self.iteration, &keep);
        keep_only(&mut self.attempt, &keep);
        keep_only(&mut self.opened, &keep);
        keep_only(&mut self.closed, &keep);
        keep_only(&mut self.opened_ms, &keep);
        keep_only(&mut self.closed_ms, &keep);
        keep_only(&mut self.status, &keep);
        let kept = |frame: &FrameId| self.opened.binary_search(frame).is_ok();
        let keep: Vec<bool> = self.wait_of.iter().map(kept).collect();
        keep_only(&mut self.wait_of, &keep);
        keep_only(&mut self.wait_from, &keep);
        keep_only(&mut self.wait_to, &keep);
        keep_only(&mut self.wait_from_ms, &keep);
        keep_only(&mut self.wait_to_ms, &keep);
        self
    }

    /// How long each frame with one of these statuses was open, in milliseconds, with its node's name.
    pub fn durations_ms<'a>(
        &'a self,
        ended: &'a [Status],
    ) -> impl Iterator<Item = (&'a str, u64)> + 'a {
        (0..self.len()).filter_map(move |at| {
            let closed_ms = u64::try_from(self.closed_ms[at]).ok()?;
            let is_asked = ended.contains(&self.statuses[usize::from(self.status[at])]);
            let name = self.nodes.get(self.node[at] as usize)?;
            is_asked.then(|| (name.as_str(), closed_ms.saturating_sub(self.opened_ms[at])))
        })
    }
}

fn keep_only<T>(column: &mut Vec<T>, keep: &[bool]) {
    let mut keep = keep.iter();
    column.retain(|_| keep.next().is_some_and(|keep| *keep));
}

/// The frames that wait, each with the place of that wait in its columns.
type Waiting = BTreeMap<FrameId, usize>;

/// Makes a [`Timeline`] out of a run's events, all from the first on.
#[derive(Clone, Debug)]
pub struct TimelineFold {
    outline: Outline,
    timeline: Timeline,
    /// The frames that wait.
    waiting: Waiting,
}

impl TimelineFold {
    /// The moment before the first event of `run`.
    #[must_use]
    pub fn new(run: RunId) -> Self {
        let timeline = Timeline {
            run,
            run_status: Status::Pending,
            started_at: Timestamp::default(),
            last_seq: Seq::default(),
            closed_up_to: Seq::default(),
            nodes: Vec::new(),
            statuses: STATUSES.to_vec(),
            node: Vec::new(),
            parent: Vec::new(),
            iteration: Vec::new(),
            attempt: Vec::new(),
            opened: Vec::new(),
            closed: Vec::new(),
            opened_ms: Vec::new(),
            closed_ms: Vec::new(),
            status: Vec::new(),
            wait_of: Vec::new(),
            wait_from: Vec::new(),
            wait_to: Vec::new(),
            wait_from_ms: Vec::new(),
            wait_to_ms: Vec::new(),
        };
        Self {
            outline: Outline::new(run),
            timeline,
            waiting: Waiting::new(),
        }
    }

    /// Goes one event further. Values are not looked at, except which workflow a call got.
    ///
    /// # Errors
    /// When the event does not fit; it is passed over, and folding can go on.
    pub fn apply<V: Addressed>(&mut self, recorded: &Recorded<V>) -> Result<(), Misfit> {
        let Self {
            outline,
            timeline,
            waiting,
        } = self;
        outline.apply_with(recorded, &mut |trail| timeline.settle(&trail, waiting))?;
        match &recorded.event {
            Event::RunStarted { .. } => timeline.started_at = recorded.at,
            Event::FrameOpened { .. } | Event::FrameSkipped { .. } => {
                if let Some(trail) = outline.trail(recorded.seq) {
                    let parent = outline.scopes.get(&trail.scope).map(|level| level.frame);
                    timeline.open(trail, parent.unwrap_or_default(), recorded.at);
                }
            }
            Event::FrameClosed { frame, .. } => {
                timeline.close(*frame, recorded.at);
                timeline.end_wait(waiting, *frame, recorded.seq, recorded.at);
            }
            Event::EffectRequested { frame, .. } | Event::EffectAnswered { frame, .. } => {
                if let Some(trail) = outline.trail(*frame).filter(|trail| trail.is_open()) {
                    timeline.wait(waiting, trail, recorded.seq, recorded.at);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The frames as they are after the last event.
    #[must_use]
    pub fn finish(self) -> Timeline {
        let Self {
            outline,
            mut timeline,
            mut waiting,
        } = self;
        for trail in outline.trails() {
            timeline.settle(trail, &mut waiting);
        }
        let first_open = outline.trails().find(|trail| trail.is_open());
        timeline.closed_up_to = first_open.map_or(outline.seq(), |trail| Seq(trail.id.0 - 1));
        timeline.last_seq = outline.seq();
        timeline.run_status = outline.status();
        timeline.nodes = outline.names();
        timeline
    }
}

impl Timeline {
    fn at(&self, frame: FrameId) -> Option<usize> {
        self.opened.binary_search(&frame).ok()
    }

    fn ms(&self, at: Timestamp) -> u64 {
        at.since_ms(self.started_at)
    }

    fn open(&mut self, trail: &Trail, around: ScopeId, at: Timestamp) {
        let iteration = trail.place.containers.last().and_then(|(_, index)| *index);
        self.parent.push(self.at(around).map_or(-1, signed));
        self.node.push(trail.node);
        self.iteration.push(iteration.map_or(-1, signed));
        self.attempt.push(trail.attempt);
        self.opened.push(trail.id);
        self.closed.push(Seq::default());
        self.opened_ms.push(self.ms(at));
        self.closed_ms
            .push(trail.closed.map_or(-1, |_| signed(self.ms(at))));
        self.status.push(0);
    }

    fn close(&mut self, frame: FrameId, at: Timestamp) {
        if let Some(row) = self.at(frame) {
            self.closed_ms[row] = signed(self.ms(at));
        }
    }

    /// Notes that from an event on an open frame waits, or waits no longer.
    fn wait(&mut self, waiting: &mut Waiting, trail: &Trail, seq: Seq, at: Timestamp) {
        if trail.status != Status::Waiting {
            self.end_wait(waiting, trail.id, seq, at);
        } else if let Entry::Vacant(place) = waiting.entry(trail.id) {
            place.insert(self.wait_of.len());
            self.wait_of.push(trail.id);
            self.wait_from.push(seq);
            self.wait_to.push(Seq::default());
            self.wait_from_ms.push(self.ms(at));
            self.wait_to_ms.push(-1);
        }
    }

    fn end_wait(&mut self, waiting: &mut Waiting, frame: FrameId, seq: Seq, at: Timestamp) {
        if let Some(place) = waiting.remove(&frame) {
            self.wait_to[place] = seq;
            self.wait_to_ms[place] = signed(self.ms(at));
        }
    }

    /// Takes from a trail what is known of its frame in the end.
    fn settle(&mut self, trail: &Trail, waiting: &mut Waiting) {
        let Some(row) = self.at(trail.id) else {
            return;
        };
        let closed = trail.closed.unwrap_or_default();
        self.closed[row] = closed;
        if let Some(at) = trail.cut {
            self.closed_ms[row] = signed(self.ms(at));
            self.end_wait(waiting, trail.id, closed, at);
        }
        let status = STATUSES.iter().position(|status| *status == trail.status);
        self.status[row] = status.and_then(|at| u8::try_from(at).ok()).unwrap_or(0);
    }
}

fn signed(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
