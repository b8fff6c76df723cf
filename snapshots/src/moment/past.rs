//! A run's history as the tables hold it, for readers and for the writer alike.

use flowforge_engine::event::Recorded;
use flowforge_engine::fold::{Misfit, Outline};
use flowforge_engine::{RunId, Seq};
use redb::{ReadOnlyTable, ReadTransaction, ReadableTable};

use super::checkpoint;
use crate::error::ReadError;
use crate::kept::Kept;
use crate::read::{Stretch, each_beside, read_stretch, row, stretches};
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
                &mut |event| events.push(event),
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

    /// Gives these events of a run, in order, to `take`; those that are `known` are not read again.
    pub(super) fn show(
        &self,
        run: RunId,
        seqs: &[Seq],
        known: Vec<Recorded<Kept>>,
        take: Take<'_>,
    ) -> Result<(), ReadError> {
        let known_from = known.first().map_or(Seq(u64::MAX), |event| event.seq);
        let known_to = known.last().map_or(Seq(0), |event| event.seq);
        let (before, seqs) = seqs.split_at(seqs.partition_point(|seq| *seq < known_from));
        let (among, behind) = seqs.split_at(seqs.partition_point(|seq| *seq <= known_to));
        self.pick(run, before, take)?;
        let mut among = Wanted::new(run, among);
        for event in known {
            among.offer(event, take)?;
        }
        among.finish()?;
        self.pick(run, behind, take)
    }

    /// Gives these events, in order, to `take`, each segment read once.
    fn pick(&self, run: RunId, seqs: &[Seq], take: Take<'_>) -> Result<(), ReadError> {
        let (Some(first), Some(last)) = (seqs.first(), seqs.last()) else {
            return Ok(());
        };
        let before = Seq(first.0.saturating_sub(1));
        let mut wanted = Wanted::new(run, seqs);
        for stretch in self.stretches(run, before, *last)?.iter().rev() {
            while let Some(seq) = wanted.next().filter(|seq| *seq <= stretch.up_to) {
                let mut taken = Ok(());
                each_beside(self.segments, stretch.run, seq, |event| {
                    if taken.is_ok() && event.seq <= stretch.up_to {
                        taken = wanted.offer(event, take);
                    }
                })?;
                taken?;
                if wanted.next() == Some(seq) {
                    return Err(missing(run, seq));
                }
            }
        }
        wanted.finish()
    }
}

/// Takes an event that was looked for.
type Take<'a> = &'a mut dyn FnMut(Recorded<Kept>) -> Result<(), ReadError>;

/// Events that are looked for, in order.
struct Wanted<'a> {
    run: RunId,
    seqs: &'a [Seq],
}

impl<'a> Wanted<'a> {
    fn new(run: RunId, seqs: &'a [Seq]) -> Self {
        Self { run, seqs }
    }

    fn next(&self) -> Option<Seq> {
        self.seqs.first().copied()
    }

    /// Takes the event if it is the next that is looked for. One that was passed is damage.
    fn offer(&mut self, event: Recorded<Kept>, take: Take<'_>) -> Result<(), ReadError> {
        match self.next() {
            Some(seq) if seq == event.seq => {
                self.seqs = &self.seqs[1..];
                take(event)
            }
            Some(seq) if seq < event.seq => Err(missing(self.run, seq)),
            _ => Ok(()),
        }
    }

    fn finish(&self) -> Result<(), ReadError> {
        self.next()
            .map_or(Ok(()), |seq| Err(missing(self.run, seq)))
    }
}

fn missing(run: RunId, seq: Seq) -> ReadError {
    ReadError::damaged(format!("run {run}"), format!("event {seq} is missing"))
}

/// Applies an event. One that does not fit was recorded by a machine that thought otherwise; what it says is
/// passed over, and the rest of the run can still be shown.
pub(super) fn apply<K>(
    run: RunId,
    mut fold: impl FnMut(&Recorded<K>) -> Result<(), Misfit>,
    event: &Recorded<K>,
) {
    if let Err(misfit) = fold(event) {
        tracing::debug!(%run, %misfit, "an event was passed over");
    }
}
