//! A run's history as the tables hold it, for readers and for the writer alike.

use flowforge_engine::event::Recorded;
use flowforge_engine::fold::{Misfit, Outline};
use flowforge_engine::{RunId, Seq};
use redb::{ReadOnlyTable, ReadTransaction, ReadableTable};

use super::{check_all, checkpoint};
use crate::error::ReadError;
use crate::kept::Kept;
use crate::read::{Stretch, read_stretch, row, segment_of, stretches};
use crate::tables;

type Bytes = &'static [u8];

/// Reads runs at any moment.
pub(super) struct Past<'a, R, S, C> {
    pub(super) runs: &'a R,
    pub(super) segments: &'a S,
    pub(super) checkpoints: &'a C,
}

/// The tables of a reader.
pub(super) struct Opened {
    runs: ReadOnlyTable<&'static [u8; 16], Bytes>,
    segments: ReadOnlyTable<&'static [u8; 24], Bytes>,
    checkpoints: ReadOnlyTable<&'static [u8; 24], Bytes>,
}

type Reader<'a> = Past<
    'a,
    ReadOnlyTable<&'static [u8; 16], Bytes>,
    ReadOnlyTable<&'static [u8; 24], Bytes>,
    ReadOnlyTable<&'static [u8; 24], Bytes>,
>;

impl Opened {
    pub(super) fn new(transaction: &ReadTransaction) -> Result<Self, ReadError> {
        Ok(Self {
            runs: transaction.open_table(tables::RUNS)?,
            segments: transaction.open_table(tables::SEGMENTS)?,
            checkpoints: transaction.open_table(tables::CHECKPOINTS)?,
        })
    }

    pub(super) fn past(&self) -> Reader<'_> {
        Past {
            runs: &self.runs,
            segments: &self.segments,
            checkpoints: &self.checkpoints,
        }
    }
}

impl<R, S, C> Past<'_, R, S, C>
where
    R: ReadableTable<&'static [u8; 16], Bytes>,
    S: ReadableTable<&'static [u8; 24], Bytes>,
    C: ReadableTable<&'static [u8; 24], Bytes>,
{
    /// The run after event `seq` without its values, and the events that were folded on the way.
    pub(super) fn outline(
        &self,
        run: RunId,
        seq: Seq,
    ) -> Result<(Outline, Vec<Recorded<Kept>>), ReadError> {
        let stretches = self.stretches(run, Seq(0), seq)?;
        let mut outline = self.nearest(run, &stretches)?;
        let mut events = Vec::new();
        self.read(&stretches, outline.seq(), &mut events)?;
        for event in &events {
            apply(run, |event| outline.apply(event), event);
        }
        Ok((outline, events))
    }

    /// The events after `after`, up to and including `up_to`.
    pub(super) fn events(
        &self,
        run: RunId,
        after: Seq,
        up_to: Seq,
    ) -> Result<Vec<Recorded<Kept>>, ReadError> {
        let mut events = Vec::new();
        self.read(&self.stretches(run, after, up_to)?, after, &mut events)?;
        Ok(events)
    }

    fn stretches(&self, run: RunId, after: Seq, up_to: Seq) -> Result<Vec<Stretch>, ReadError> {
        let row = row(self.runs, run)?.ok_or(ReadError::NoSuchRun(run))?;
        stretches(self.runs, row, after, Some(up_to))
    }

    fn read(
        &self,
        stretches: &[Stretch],
        after: Seq,
        events: &mut Vec<Recorded<Kept>>,
    ) -> Result<(), ReadError> {
        for stretch in stretches
            .iter()
            .rev()
            .filter(|stretch| stretch.up_to > after)
        {
            read_stretch(
                self.segments,
                Stretch {
                    after: stretch.after.max(after),
                    ..*stretch
                },
                events,
            )?;
        }
        Ok(())
    }

    /// The last checkpoint in these stretches, the moment before the first event when there is none.
    fn nearest(&self, run: RunId, stretches: &[Stretch]) -> Result<Outline, ReadError> {
        for stretch in stretches {
            let (first, last) = (
                tables::at(stretch.run, stretch.after.next()),
                tables::at(stretch.run, stretch.up_to),
            );
            for entry in self.checkpoints.range::<&[u8; 24]>(&first..=&last)?.rev() {
                let (key, row) = entry?;
                if let Some(outline) = checkpoint::restore(run, key.value(), row.value()) {
                    return Ok(outline);
                }
            }
        }
        Ok(Outline::new(run))
    }

    /// The seqs of the run's checkpoints after `after`, up to and including `up_to`, in order.
    pub(super) fn checkpoints(
        &self,
        run: RunId,
        after: Seq,
        up_to: Seq,
    ) -> Result<Vec<[u8; 24]>, ReadError> {
        let mut keys = Vec::new();
        for stretch in self.stretches(run, after, up_to)?.iter().rev() {
            let (first, last) = (
                tables::at(stretch.run, stretch.after.next()),
                tables::at(stretch.run, stretch.up_to),
            );
            for entry in self.checkpoints.range::<&[u8; 24]>(&first..=&last)? {
                keys.push(*entry?.0.value());
            }
        }
        Ok(keys)
    }

    /// The checkpoint with this key, unless it cannot be used.
    pub(super) fn checkpoint(
        &self,
        run: RunId,
        key: &[u8; 24],
    ) -> Result<Option<Outline>, ReadError> {
        let row = self.checkpoints.get(key)?;
        Ok(row.and_then(|row| checkpoint::restore(run, key, row.value())))
    }

    /// These events of a run, in seq order, out of `known` and out of the journal.
    pub(super) fn select(
        &self,
        run: RunId,
        seqs: impl Iterator<Item = Seq>,
        known: Vec<Recorded<Kept>>,
    ) -> Result<Vec<Recorded<Kept>>, ReadError> {
        let mut seqs: Vec<Seq> = seqs.collect();
        seqs.sort_unstable();
        seqs.dedup();
        let mut selected = Vec::with_capacity(seqs.len());
        let known_from = known.first().map_or(Seq(u64::MAX), |event| event.seq);
        let known_to = known.last().map_or(Seq(0), |event| event.seq);
        let before = seqs.partition_point(|seq| *seq < known_from);
        let behind = seqs.partition_point(|seq| *seq <= known_to).max(before);
        self.pick(run, &seqs[..before], &mut selected)?;
        keep(known, &seqs[before..behind], &mut selected);
        self.pick(run, &seqs[behind..], &mut selected)?;
        check_all(run, &seqs, &selected)?;
        Ok(selected)
    }

    /// Adds these events, given in order, each segment read once.
    fn pick(
        &self,
        run: RunId,
        seqs: &[Seq],
        picked: &mut Vec<Recorded<Kept>>,
    ) -> Result<(), ReadError> {
        let (Some(first), Some(last)) = (seqs.first(), seqs.last()) else {
            return Ok(());
        };
        let before = Seq(first.0.saturating_sub(1));
        let mut rest = seqs;
        for stretch in self.stretches(run, before, *last)?.iter().rev() {
            while let Some(seq) = rest.first().filter(|seq| **seq <= stretch.up_to) {
                let events = segment_of(self.segments, stretch.run, *seq)?;
                let end = events
                    .last()
                    .map_or(*seq, |event| event.seq.max(*seq))
                    .min(stretch.up_to);
                let (here, others) = rest.split_at(rest.partition_point(|seq| *seq <= end));
                keep(events, here, picked);
                rest = others;
            }
        }
        Ok(())
    }
}

/// Adds those events whose seq is among `seqs`; both are in order.
fn keep(events: Vec<Recorded<Kept>>, seqs: &[Seq], kept: &mut Vec<Recorded<Kept>>) {
    let mut wanted = seqs.iter().copied().peekable();
    for event in events {
        while wanted.next_if(|seq| *seq < event.seq).is_some() {}
        if wanted.next_if_eq(&event.seq).is_some() {
            kept.push(event);
        }
    }
}

/// Applies an event. One that does not fit was recorded by a machine that thought otherwise; what it says is
/// passed over, and the rest of the run can still be shown.
pub(super) fn apply(
    run: RunId,
    mut fold: impl FnMut(&Recorded<Kept>) -> Result<(), Misfit>,
    event: &Recorded<Kept>,
) {
    if let Err(misfit) = fold(event) {
        tracing::debug!(%run, %misfit, "an event was passed over");
    }
}
