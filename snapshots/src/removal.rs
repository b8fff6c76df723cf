//! Taking things out: segments with the values that only they referred to, and what is left of a run.
//!
//! A blob goes when the last reference to it does, and takes its references to other blobs along. What is
//! damaged cannot say what it referred to; then those values stay, which costs room and loses nothing.

use flowforge_engine::event::Recorded;
use flowforge_engine::value;
use flowforge_engine::{Address, RunId, Seq};
use redb::{ReadableTable, Table, WriteTransaction};

use crate::batch::{Totals, key_hash, put_totals, totals};
use crate::counts::lose;
use crate::error::WriteError;
use crate::kept::{Kept, add_roots};
use crate::pack::blob_of;
use crate::read::row;
use crate::row::{RunRow, seal};
use crate::segment::{Checked, Segment, Segments};
use crate::stream::OpenBlobs;
use crate::tables;

type Bytes = &'static [u8];

/// The tables of a transaction that removes.
pub(crate) struct Removal<'t> {
    pub(crate) runs: Table<'t, &'static [u8; 16], Bytes>,
    pub(crate) segments: Table<'t, &'static [u8; 24], Bytes>,
    log: Table<'t, u64, &'static [u8; 24]>,
    pub(crate) blobs: OpenBlobs<'t>,
    refs: Table<'t, &'static [u8; 32], u64>,
    checkpoints: Table<'t, &'static [u8; 24], Bytes>,
    pub(crate) forks: Table<'t, &'static [u8; 32], u64>,
    keys: Table<'t, &'static [u8; 32], &'static [u8; 16]>,
    names: Table<'t, &'static [u8; 16], Bytes>,
    pub(crate) removed: Table<'t, &'static [u8; 16], ()>,
    totals: Totals,
    transaction: &'t WriteTransaction,
}

/// A stored segment, as much of it as can be read.
pub(crate) struct Stored {
    pub(crate) key: [u8; 24],
    pub(crate) row_bytes: u64,
    pub(crate) bytes: usize,
    /// Where it stands in the log, and its events; nothing when it is damaged.
    pub(crate) whole: Option<(u64, Vec<Recorded<Kept>>)>,
}

impl Stored {
    pub(crate) fn read(key: &[u8; 24], row: &[u8]) -> Self {
        let checked = Checked::new(key, row);
        let bytes = checked.as_ref().map_or(0, Checked::bytes);
        let whole = checked.and_then(|checked| Ok((checked.position(), checked.events()?)));
        if let Err(error) = &whole {
            tracing::warn!(%error, "what a damaged segment refers to stays in the journal");
        }
        Self {
            key: *key,
            row_bytes: row.len() as u64,
            bytes,
            whole: whole.ok(),
        }
    }

    pub(crate) fn first(&self) -> Seq {
        tables::parts(&self.key).1
    }

    fn roots(&self) -> (Vec<Address>, u64) {
        let mut found = Vec::new();
        for event in self.whole.iter().flat_map(|(_, events)| events) {
            add_roots(event.clone(), &mut found);
        }
        let logical_bytes = found.iter().map(|root| root.size).sum();
        let mut roots: Vec<Address> = found.into_iter().map(|root| root.address).collect();
        roots.sort_unstable();
        roots.dedup();
        (roots, logical_bytes)
    }
}

impl<'t> Removal<'t> {
    pub(crate) fn begin(transaction: &'t WriteTransaction) -> Result<Self, WriteError> {
        let totals = totals(transaction)?;
        Ok(Self {
            runs: transaction.open_table(tables::RUNS)?,
            segments: transaction.open_table(tables::SEGMENTS)?,
            log: transaction.open_table(tables::LOG)?,
            blobs: OpenBlobs::open(transaction, totals.stream_end)?,
            refs: transaction.open_table(tables::REFS)?,
            checkpoints: transaction.open_table(tables::CHECKPOINTS)?,
            forks: transaction.open_table(tables::FORKS)?,
            keys: transaction.open_table(tables::KEYS)?,
            names: transaction.open_table(tables::NAMES)?,
            removed: transaction.open_table(tables::REMOVED)?,
            totals,
            transaction,
        })
    }

    /// Writes pages and totals.
    pub(crate) fn finish(self) -> Result<(), WriteError> {
        let Self {
            blobs,
            transaction,
            mut totals,
            ..
        } = self;
        totals.stream_end = blobs.finish()?;
        put_totals(transaction, &totals)
    }

    /// A run's row.
    pub(crate) fn row(&self, run: RunId) -> Result<Option<RunRow>, WriteError> {
        Ok(row(&self.runs, run)?)
    }

    pub(crate) fn put_row(&mut self, row: &RunRow) -> Result<(), WriteError> {
        let key = tables::id(row.run);
        self.runs.insert(&key, seal("runs", &key, row).as_slice())?;
        Ok(())
    }

    /// Hides a run from everybody; what it is made of is taken out later.
    pub(crate) fn hide(&mut self, mut row: RunRow) -> Result<(), WriteError> {
        self.removed.insert(&tables::id(row.run), ())?;
        if let Some(key) = &row.key {
            self.keys.remove(&key_hash(key))?;
        }
        self.names.remove(&tables::id(row.run))?;
        row.removed = true;
        self.put_row(&row)
    }

    /// The segments of a run that have events after `after`, the last first, at most `limit`.
    pub(crate) fn last_segments(
        &self,
        run: RunId,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Stored>, WriteError> {
        let (least, most) = (tables::at(run, Seq(0)), tables::at(run, Seq(u64::MAX)));
        let mut found = Vec::new();
        for entry in self
            .segments
            .range::<&[u8; 24]>(&least..=&most)?
            .rev()
            .take(limit)
        {
            let (key, row) = entry?;
            let stored = Stored::read(key.value(), row.value());
            let last = stored.whole.as_ref().map_or(u64::MAX, |(_, events)| {
                stored.first().0 + (events.len() as u64).saturating_sub(1)
            });
            if last <= after.0 {
                break;
            }
            found.push(stored);
        }
        Ok(found)
    }

    /// Takes a segment out.
    pub(crate) fn remove_segment(&mut self, stored: &Stored) -> Result<(), WriteError> {
        let (roots, logical_bytes) = stored.roots();
        self.take_out(stored, logical_bytes)?;
        self.release(roots)
    }

    /// Cuts a segment off behind `up_to`.
    pub(crate) fn cut_segment(
        &mut self,
        run: RunId,
        stored: &Stored,
        up_to: Seq,
    ) -> Result<u64, WriteError> {
        let Some((position, events)) = &stored.whole else {
            return Ok(stored.row_bytes);
        };
        let keep = events.iter().filter(|event| event.seq <= up_to);
        let mut cut = rebuild(run, keep)?;
        self.replace(&[stored], &mut cut, *position)?;
        Ok(cut.row.len() as u64)
    }

    /// Puts one segment in the place of several, which hold the same events or more.
    pub(crate) fn replace(
        &mut self,
        old: &[&Stored],
        new: &mut Segment,
        position: u64,
    ) -> Result<(), WriteError> {
        let mut lost = Vec::new();
        for stored in old {
            let (roots, logical_bytes) = stored.roots();
            self.take_out(stored, logical_bytes)?;
            lost.extend(roots);
        }
        lost.sort_unstable();
        // One reference of each is now the new segment's.
        for root in &new.roots {
            let at = lost
                .binary_search(root)
                .expect("the new events are among the old ones");
            lost.remove(at);
        }
        new.place(position);
        self.put_in(tables::parts(&old[0].key).0, new, position)?;
        self.release(lost)
    }

    fn take_out(&mut self, stored: &Stored, logical_bytes: u64) -> Result<(), WriteError> {
        self.segments.remove(&stored.key)?;
        if let Some((position, _)) = stored.whole {
            let ours = self
                .log
                .get(position)?
                .is_some_and(|key| *key.value() == stored.key);
            if ours {
                self.log.remove(position)?;
            }
        }
        let totals = &mut self.totals;
        totals.segments = totals.segments.saturating_sub(1);
        totals.segment_bytes = totals.segment_bytes.saturating_sub(stored.row_bytes);
        totals.logical_bytes = totals.logical_bytes.saturating_sub(logical_bytes);
        Ok(())
    }

    fn put_in(&mut self, run: RunId, segment: &Segment, position: u64) -> Result<(), WriteError> {
        let key = tables::at(run, segment.first);
        self.segments.insert(&key, segment.row.as_slice())?;
        self.log.insert(position, &key)?;
        self.totals.segments += 1;
        self.totals.segment_bytes += segment.row.len() as u64;
        self.totals.logical_bytes += segment.logical_bytes;
        Ok(())
    }

    /// Takes one reference from each address, and takes out what nothing refers to any more.
    fn release(&mut self, mut lost: Vec<Address>) -> Result<(), WriteError> {
        while let Some(address) = lost.pop() {
            if !lose(&mut self.refs, &address)? {
                continue;
            }
            let Some(children) = self.take_out_blob(&address)? else {
                continue;
            };
            lost.extend(children);
        }
        Ok(())
    }

    /// Takes a blob out; what it referred to, each once.
    fn take_out_blob(&mut self, address: &Address) -> Result<Option<Vec<Address>>, WriteError> {
        let Some(row) = self.blobs.remove(address)? else {
            return Ok(None);
        };
        self.totals.blobs = self.totals.blobs.saturating_sub(1);
        self.totals.blob_bytes = self.totals.blob_bytes.saturating_sub(row.len() as u64);
        Ok(children(address, &row))
    }

    /// Takes out a run's checkpoints after `after`.
    pub(crate) fn remove_checkpoints(&mut self, run: RunId, after: Seq) -> Result<(), WriteError> {
        let (least, most) = (
            tables::at(run, after.next()),
            tables::at(run, Seq(u64::MAX)),
        );
        self.checkpoints
            .retain_in::<&[u8; 24], _>(&least..=&most, |_, _| false)?;
        Ok(())
    }

    /// Takes out the last of a run, of which no event is left.
    pub(crate) fn forget(&mut self, row: &RunRow) -> Result<(), WriteError> {
        self.remove_checkpoints(row.run, Seq(0))?;
        if let Some(fork) = row.fork_of {
            self.forks.remove(&tables::pair(fork.run, row.run))?;
        }
        self.removed.remove(&tables::id(row.run))?;
        self.runs.remove(&tables::id(row.run))?;
        Ok(())
    }
}

/// What a blob refers to, each once; nothing when it is damaged.
pub(crate) fn children(address: &Address, row: &[u8]) -> Option<Vec<Address>> {
    let bytes = blob_of(row)
        .ok()
        .filter(|bytes| Address::of(bytes) == *address);
    let children = bytes.and_then(|bytes| value::children(&bytes).ok());
    if children.is_none() {
        tracing::warn!(%address, "what a damaged value refers to stays in the journal");
    }
    let mut children = children?;
    children.sort_unstable();
    children.dedup();
    Some(children)
}

/// One segment of these events.
pub(crate) fn rebuild<'e>(
    run: RunId,
    events: impl IntoIterator<Item = &'e Recorded<Kept>>,
) -> Result<Segment, WriteError> {
    let mut segments = Segments::unbounded(run);
    let mut roots = Vec::new();
    for event in events {
        roots.clear();
        add_roots(event.clone(), &mut roots);
        segments.push(event, &roots)?;
    }
    let mut done = segments.finish();
    done.pop()
        .ok_or_else(|| WriteError::Storage(format!("a segment of run {run} would be empty")))
}
