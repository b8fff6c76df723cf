//! Looking back: a run at any moment, and its frames, without folding it from the start.
//!
//! While a run is recorded, its outline is written down every few hundred events. Any moment is then the
//! nearest such checkpoint, the events behind it, and the events that the frames to be shown are made of.

mod checkpoint;
mod labels;
mod past;
#[cfg(test)]
mod tests;
pub(crate) mod timeline;
mod window;

use flowforge_engine::fold::{Addressed, Fold, Moment};
use flowforge_engine::frame::{ExecutionFrame, Snapshot, Status};
use flowforge_engine::{Address, NodeId, RunId, Seq, Value};
use redb::ReadTransaction;
use serde::Serialize;

use crate::diff::{RunDiff, Side, diff_runs};
use crate::error::ReadError;
use crate::journal::Journal;
use crate::kept::Kept;
use crate::read::{self, Source};
use crate::row::RunRow;
use crate::tables;

pub(crate) use checkpoint::{keep_up, may_be_due};
pub(crate) use labels::Labels;
use window::window;

/// Which frames to list; absent fields let everything through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FrameFilter {
    /// Frames of this node, whatever is around it.
    pub node: Option<NodeId>,
    /// Frames with this status.
    pub status: Option<Status>,
    /// Frames as they were after this event, without those opened later.
    pub up_to: Option<Seq>,
}

/// Some of a run's frames, in the order they were opened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FramePage<V = Value> {
    /// The frames.
    pub frames: Vec<ExecutionFrame<V>>,
    /// What to ask for next; absent at the end.
    pub next: Option<Seq>,
}

impl Addressed for Kept {
    /// Bytes that are no value have no address; theirs is that of the bytes.
    fn address(&self) -> Address {
        match self {
            Self::Stored { address, .. } => *address,
            Self::Inline(encoding) => match flowforge_engine::value::decode_inline(encoding) {
                Ok(value) => value.address(),
                Err(_) => Address::of(encoding),
            },
        }
    }
}

impl Journal {
    /// The run after event `seq`, its last when absent: everything up to and including that event.
    ///
    /// # Errors
    /// When there is no such run or event, or something that is shown is damaged.
    pub fn snapshot(&self, run: RunId, seq: impl Into<Option<Seq>>) -> Result<Snapshot, ReadError> {
        let seq = seq.into();
        let snapshot = self.store().read(|transaction| {
            let source = Source::open(transaction)?;
            let mut looking = self.looking(&source);
            take_snapshot(transaction, run, seq, &mut |kept| looking.value(kept))
        });
        self.labelled(snapshot?)
    }

    /// Like [`snapshot`](Self::snapshot), with the values as they are kept: larger ones are not read.
    ///
    /// # Errors
    /// When there is no such run or event, or something that is shown is damaged.
    pub fn snapshot_kept(
        &self,
        run: RunId,
        seq: impl Into<Option<Seq>>,
    ) -> Result<Snapshot<Kept>, ReadError> {
        let seq = seq.into();
        let snapshot = self
            .store()
            .read(|transaction| take_snapshot(transaction, run, seq, &mut |kept| Ok(kept.clone())));
        self.labelled(snapshot?)
    }

    /// Frames of a run that pass the filter, in the order they were opened, at most `limit`, from behind
    /// `cursor`; a fork's with those it shares.
    ///
    /// # Errors
    /// When there is no such run or event, or something that is shown is damaged.
    pub fn frames(
        &self,
        run: RunId,
        filter: &FrameFilter,
        cursor: Option<Seq>,
        limit: usize,
    ) -> Result<FramePage, ReadError> {
        let page = self.store().read(|transaction| {
            let source = Source::open(transaction)?;
            let mut looking = self.looking(&source);
            let look = &mut |kept: &Kept| looking.value(kept);
            window(transaction, run, filter, cursor, limit, look)
        });
        self.labelled_page(page?)
    }

    /// Like [`frames`](Self::frames), with the values as they are kept.
    ///
    /// # Errors
    /// When there is no such run or event, or something that is shown is damaged.
    pub fn frames_kept(
        &self,
        run: RunId,
        filter: &FrameFilter,
        cursor: Option<Seq>,
        limit: usize,
    ) -> Result<FramePage<Kept>, ReadError> {
        let page = self.store().read(|transaction| {
            window(
                transaction,
                run,
                filter,
                cursor,
                limit,
                &mut |kept: &Kept| Ok(kept.clone()),
            )
        });
        self.labelled_page(page?)
    }

    /// The frame that event `opened` opened, as it is after the run's last event; nothing when that event
    /// opened none.
    ///
    /// # Errors
    /// When there is no such run, or something that is shown is damaged.
    pub fn frame(&self, run: RunId, opened: Seq) -> Result<Option<ExecutionFrame>, ReadError> {
        let before = Seq(opened.0.saturating_sub(1));
        let filter = FrameFilter::default();
        let mut page = self.store().read(|transaction| {
            let last = existing(transaction, run)?.last_seq;
            if opened > last || opened == Seq(0) {
                return Ok(FramePage {
                    frames: Vec::new(),
                    next: None,
                });
            }
            let source = Source::open(transaction)?;
            let mut looking = self.looking(&source);
            let look = &mut |kept: &Kept| looking.value(kept);
            window::window_of_one(transaction, run, before, &filter, look)
        })?;
        page.frames.retain(|frame| frame.opened_seq == opened);
        Ok(self.labelled_page(page)?.frames.pop())
    }

    /// How run `b` differs from run `a`, each up to an event, its last when absent.
    ///
    /// # Errors
    /// When there is no such run or event, or something that differs is damaged.
    pub fn diff(
        &self,
        a: RunId,
        a_seq: Option<Seq>,
        b: RunId,
        b_seq: Option<Seq>,
    ) -> Result<RunDiff, ReadError> {
        let (snapshot_a, frames_a) = self.whole(a, a_seq)?;
        let (snapshot_b, frames_b) = self.whole(b, b_seq)?;
        let workflow_a = self.workflow(snapshot_a.workflow.hash)?;
        let workflow_b = self.workflow(snapshot_b.workflow.hash)?;
        let a = Side {
            snapshot: &snapshot_a,
            frames: &frames_a,
            workflow: workflow_a.as_ref(),
        };
        let b = Side {
            snapshot: &snapshot_b,
            frames: &frames_b,
            workflow: workflow_b.as_ref(),
        };
        diff_runs(&a, &b, &mut |kept| self.value(kept))
    }

    fn whole(
        &self,
        run: RunId,
        seq: Option<Seq>,
    ) -> Result<(Snapshot<Kept>, Vec<ExecutionFrame<Kept>>), ReadError> {
        self.store().read(|transaction| {
            let row = existing(transaction, run)?;
            let seq = in_range(&row, seq)?;
            let mut fold = Fold::keeping_frames(run);
            for event in read::events(transaction, row, Seq(0), Some(seq))? {
                past::apply(run, |event| fold.apply(event), &event);
            }
            let snapshot = fold.snapshot().ok_or_else(|| without_start(run))?;
            Ok((snapshot, fold.frames()))
        })
    }
}

fn take_snapshot<W>(
    transaction: &ReadTransaction,
    run: RunId,
    seq: Option<Seq>,
    look: &mut dyn FnMut(&Kept) -> Result<W, ReadError>,
) -> Result<Snapshot<W>, ReadError> {
    let seq = in_range(&existing(transaction, run)?, seq)?;
    let tables = past::Opened::new(transaction)?;
    let past = tables.past();
    let (outline, tail) = past.outline(run, seq)?;
    let mut moment = Moment::of_run(&outline);
    past.show(run, &moment.seqs(), tail, &mut |event| {
        moment.take(event, &mut |kept| look(&kept))
    })?;
    moment.snapshot().ok_or_else(|| without_start(run))
}

fn without_start(run: RunId) -> ReadError {
    ReadError::damaged(format!("run {run}"), "it does not begin with its start")
}

/// The row of a run that is there.
fn existing(transaction: &ReadTransaction, run: RunId) -> Result<RunRow, ReadError> {
    let row = read::row(&transaction.open_table(tables::RUNS)?, run)?;
    row.filter(|row| !row.removed)
        .ok_or(ReadError::NoSuchRun(run))
}

/// The event that was asked for, if the run has it.
fn in_range(row: &RunRow, seq: Option<Seq>) -> Result<Seq, ReadError> {
    let last = row.last_seq;
    let seq = seq.unwrap_or(last);
    if seq == Seq(0) || seq > last {
        return Err(ReadError::NoSuchEvent {
            run: row.run,
            seq,
            last,
        });
    }
    Ok(seq)
}
