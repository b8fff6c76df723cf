//! One transaction of the writer: several appends, applied one after the other.
//!
//! What cannot be applied is refused before anything of it was written, so one caller's mistake does not
//! cost the others their commit.

use std::collections::HashSet;

use flowforge_engine::{Address, RunId, Seq, Timestamp};
use redb::{ReadableTable, Table, WriteTransaction};
use serde::{Deserialize, Serialize};

use crate::append::{Document, Encoded, Facts, NewRun};
use crate::blobs::{Blobs, NewBlob};
use crate::counts::Gained;
use crate::documents::NewUpdates;
use crate::error::WriteError;
use crate::kept::Kept;
use crate::moment::{keep_up, may_be_due};
use crate::notes;
use crate::row::{RunRow, is_final, seal, unseal};
use crate::segment::Segment;
use crate::stream::OpenBlobs;
use crate::tables;
use crate::versions::time_row;
use crate::writer::Save;

/// Sums over the whole journal, kept up to date with each commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Totals {
    /// The position of the last segment in the log, counted from 1; never given twice.
    pub(crate) position: u64,
    /// How often a workflow was saved.
    pub(crate) saves: u64,
    /// Where the stream of blobs ends.
    pub(crate) stream_end: u64,
    /// Segments, and the bytes of their rows.
    pub(crate) segments: u64,
    pub(crate) segment_bytes: u64,
    /// Blobs, and the bytes of their rows.
    pub(crate) blobs: u64,
    pub(crate) blob_bytes: u64,
    /// The sizes of all stored values, counted as often as events refer to them.
    pub(crate) logical_bytes: u64,
}

/// Where [`Totals`] are kept in [`tables::META`].
const TOTALS_KEY: &str = "totals";

type Bytes = &'static [u8];

/// The tables of a transaction that appends, and what it found out.
pub(crate) struct Batch<'t> {
    transaction: &'t WriteTransaction,
    runs: Table<'t, &'static [u8; 16], Bytes>,
    segments: Table<'t, &'static [u8; 24], Bytes>,
    log: Table<'t, u64, &'static [u8; 24]>,
    blobs: OpenBlobs<'t>,
    workflows: Table<'t, &'static [u8; 32], Bytes>,
    gained: Gained,
    /// Blobs that this transaction stores at its end.
    fresh: HashSet<Address>,
    rows: Vec<(Address, Vec<u8>)>,
    /// Blobs that were found to be stored.
    seen: HashSet<Address>,
    /// The epoch in which assumptions need not be checked.
    epoch: u64,
    totals: Totals,
}

impl<'t> Batch<'t> {
    pub(crate) fn begin(transaction: &'t WriteTransaction, epoch: u64) -> Result<Self, WriteError> {
        let totals = totals(transaction)?;
        Ok(Self {
            transaction,
            runs: transaction.open_table(tables::RUNS)?,
            segments: transaction.open_table(tables::SEGMENTS)?,
            log: transaction.open_table(tables::LOG)?,
            blobs: OpenBlobs::open(transaction, totals.stream_end)?,
            workflows: transaction.open_table(tables::WORKFLOWS)?,
            gained: Gained::default(),
            fresh: HashSet::new(),
            rows: Vec::new(),
            seen: HashSet::new(),
            epoch,
            totals,
        })
    }

    /// Writes blobs, counts and totals; the addresses that are stored for certain once this is committed.
    pub(crate) fn finish(self) -> Result<HashSet<Address>, WriteError> {
        let Self {
            transaction,
            mut blobs,
            rows,
            gained,
            fresh,
            mut seen,
            mut totals,
            ..
        } = self;
        blobs.put_all(&rows)?;
        totals.stream_end = blobs.finish()?;
        let mut refs = transaction.open_table(tables::REFS)?;
        gained.store(&mut refs, |address| fresh.contains(address))?;
        put_totals(transaction, &totals)?;
        seen.extend(fresh);
        Ok(seen)
    }

    /// Applies an append whose [`next_row`](Self::next_row) this is.
    pub(crate) fn append(&mut self, append: &mut Encoded, row: RunRow) -> Result<(), WriteError> {
        self.store_blobs(&mut append.blobs)?;
        for document in &append.documents {
            self.store_document(document)?;
        }
        let mut segment_bytes = 0;
        for segment in &mut append.segments {
            segment_bytes += segment.row.len() as u64;
            self.store_segment(append.run, segment)?;
        }
        let segments = row.segments + append.segments.len() as u64;
        let row = RunRow {
            segments,
            segment_bytes: row.segment_bytes + segment_bytes,
            ..row
        };
        self.store_run(&row, append.new.as_ref())?;
        if !may_be_due(&row) {
            return Ok(());
        }
        let mut checkpoints = self.transaction.open_table(tables::CHECKPOINTS)?;
        keep_up(
            &self.runs,
            &self.segments,
            &mut checkpoints,
            &row,
            &append.segments,
        )
    }

    /// The run's row after the append; errors when the append does not fit.
    pub(crate) fn next_row(&self, append: &Encoded) -> Result<RunRow, WriteError> {
        let stored = self.row(append.run)?;
        let before = match (&append.new, stored) {
            (None, Some(row)) if !row.removed => row,
            (None, _) => return Err(WriteError::NoSuchRun(append.run)),
            (Some(_), Some(_)) => return Err(WriteError::RunExists(append.run)),
            (Some(new), None) => self.new_row(append, new)?,
        };
        if let Some((found, _)) = append.facts.first
            && found != before.last_seq.next()
        {
            return Err(WriteError::OutOfOrder {
                run: append.run,
                expected: before.last_seq.next(),
                found,
            });
        }
        Ok(advance(before, append.facts))
    }

    fn new_row(&self, append: &Encoded, new: &NewRun) -> Result<RunRow, WriteError> {
        self.check_key(new)?;
        self.check_parent(new)?;
        Ok(RunRow {
            run: append.run,
            workflow: new.workflow.clone(),
            mode: new.mode,
            status: append.facts.status,
            started: append.facts.first.map_or(Timestamp(0), |(_, at)| at),
            ended: None,
            last_seq: new.fork_of.map_or(Seq(0), |fork| fork.at),
            frames: 0,
            failed_frames: 0,
            fork_of: new.fork_of,
            key: new.key.clone(),
            segments: 0,
            segment_bytes: 0,
            imported: append.imported,
            removed: false,
        })
    }

    /// Whether the idempotency key is free.
    fn check_key(&self, new: &NewRun) -> Result<(), WriteError> {
        let Some(key) = &new.key else {
            return Ok(());
        };
        let keys = self.transaction.open_table(tables::KEYS)?;
        match keys.get(&key_hash(key))? {
            Some(run) => Err(WriteError::KeyTaken {
                run: tables::run_of(run.value()),
            }),
            None => Ok(()),
        }
    }

    /// Whether there is what a fork shares.
    fn check_parent(&self, new: &NewRun) -> Result<(), WriteError> {
        let Some(fork) = new.fork_of else {
            return Ok(());
        };
        let parent = self.row(fork.run)?.filter(|parent| !parent.removed);
        let expected = parent.ok_or(WriteError::NoSuchRun(fork.run))?.last_seq;
        if fork.at > expected {
            return Err(WriteError::OutOfOrder {
                run: fork.run,
                expected,
                found: fork.at,
            });
        }
        Ok(())
    }

    fn row(&self, run: RunId) -> Result<Option<RunRow>, WriteError> {
        let key = tables::id(run);
        let row = self.runs.get(&key)?;
        Ok(row
            .map(|row| unseal("runs", &key, row.value()))
            .transpose()?)
    }

    fn store_run(&mut self, row: &RunRow, new: Option<&NewRun>) -> Result<(), WriteError> {
        let key = tables::id(row.run);
        self.runs.insert(&key, seal("runs", &key, row).as_slice())?;
        let is_import = row.imported && new.is_some();
        if !row.is_finished() && !is_import {
            self.transaction
                .open_table(tables::UNFINISHED)?
                .insert(&key, ())?;
        } else if new.is_none() {
            self.transaction
                .open_table(tables::UNFINISHED)?
                .remove(&key)?;
        }
        if let Some(fork) = new.and_then(|new| new.fork_of) {
            let pair = tables::pair(fork.run, row.run);
            self.transaction
                .open_table(tables::FORKS)?
                .insert(&pair, fork.at.0)?;
        }
        if let Some(text) = new.and_then(|new| new.key.as_deref()) {
            self.transaction
                .open_table(tables::KEYS)?
                .insert(&key_hash(text), &key)?;
        }
        Ok(())
    }

    fn store_segment(&mut self, run: RunId, segment: &mut Segment) -> Result<(), WriteError> {
        let key = tables::at(run, segment.first);
        self.totals.position += 1;
        let position = self.totals.position;
        segment.place(position);
        self.segments.insert(&key, segment.row.as_slice())?;
        self.log.insert(position, &key)?;
        for root in &segment.roots {
            self.gained.add(*root);
        }
        self.totals.segments += 1;
        self.totals.segment_bytes += segment.row.len() as u64;
        self.totals.logical_bytes += segment.logical_bytes;
        Ok(())
    }

    /// Stores a document unless it is there.
    pub(crate) fn store_document(&mut self, document: &Document) -> Result<(), WriteError> {
        let key = document.workflow.hash.0;
        if self.workflows.get(&key)?.is_some() {
            return Ok(());
        }
        let row = seal("workflows", &key, &(&document.workflow, &document.kept));
        self.workflows.insert(&key, row.as_slice())?;
        if let Kept::Stored { address, .. } = document.kept {
            self.gained.add(address);
        }
        Ok(())
    }

    /// Makes a document the current one of its workflow, unless it is already.
    pub(crate) fn save(&mut self, save: &Save) -> Result<(), WriteError> {
        let document = &save.document;
        let mut saved = self.transaction.open_table(tables::SAVED)?;
        let id = document.workflow.id.as_str();
        let last = saved
            .range((id, 0)..=(id, u64::MAX))?
            .next_back()
            .transpose()?;
        if last.is_some_and(|(_, hash)| *hash.value() == document.workflow.hash.0) {
            return Ok(());
        }
        let key = (id, self.totals.saves);
        saved.insert(key, &document.workflow.hash.0)?;
        let mut times = self.transaction.open_table(tables::SAVED_AT)?;
        times.insert(key, time_row(key, save.saved_at).as_slice())?;
        if let Some(note) = &save.note {
            notes::put(self.transaction, key, note)?;
        }
        self.totals.saves += 1;
        Ok(())
    }

    /// Appends updates of a document.
    pub(crate) fn append_updates(&mut self, updates: &NewUpdates) -> Result<(), WriteError> {
        updates.store(self.transaction)
    }

    /// Stores the blobs that are not there, after checking what they rely on.
    pub(crate) fn store_blobs(&mut self, blobs: &mut Blobs) -> Result<(), WriteError> {
        if blobs.epoch != self.epoch && !self.all_stored(&blobs.assumed)? {
            for blob in self.encode_again(blobs)? {
                self.store_blob(blob)?;
            }
        }
        blobs
            .new
            .drain(..)
            .try_for_each(|blob| self.store_blob(blob))
    }

    fn all_stored(&mut self, addresses: &[Address]) -> Result<bool, WriteError> {
        for address in addresses {
            if !self.is_stored(address)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn encode_again(&mut self, blobs: &Blobs) -> Result<Vec<NewBlob>, WriteError> {
        let mut failed = None;
        let new = blobs.encode_again(&mut |address| {
            self.is_stored(address).unwrap_or_else(|error| {
                failed = Some(error);
                false
            })
        });
        failed.map_or(Ok(new), Err)
    }

    fn is_stored(&mut self, address: &Address) -> Result<bool, WriteError> {
        if self.fresh.contains(address) || self.seen.contains(address) {
            return Ok(true);
        }
        let found = self.blobs.contains(address)?;
        if found {
            self.seen.insert(*address);
        }
        Ok(found)
    }

    fn store_blob(&mut self, blob: NewBlob) -> Result<(), WriteError> {
        if self.is_stored(&blob.address)? {
            return Ok(());
        }
        for child in &blob.children {
            self.gained.add(*child);
        }
        self.totals.blobs += 1;
        self.totals.blob_bytes += blob.row.len() as u64;
        self.fresh.insert(blob.address);
        self.rows.push((blob.address, blob.row));
        Ok(())
    }
}

fn advance(row: RunRow, facts: Facts) -> RunRow {
    let ended = facts.last_at.or(row.ended);
    RunRow {
        status: facts.status,
        ended: if is_final(facts.status) { ended } else { None },
        last_seq: Seq(row.last_seq.0 + facts.events),
        frames: row.frames + facts.frames,
        failed_frames: row.failed_frames + facts.failed_frames,
        ..row
    }
}

/// The key under which an idempotency key is found.
pub(crate) fn key_hash(key: &str) -> [u8; 32] {
    *blake3::hash(key.as_bytes()).as_bytes()
}

/// The totals before this transaction.
pub(crate) fn totals(transaction: &WriteTransaction) -> Result<Totals, WriteError> {
    let meta = transaction.open_table(tables::META)?;
    let row = meta.get(TOTALS_KEY)?;
    Ok(totals_of(row.as_ref().map(redb::AccessGuard::value))?)
}

/// The totals in their row; nothing when it was never written.
pub(crate) fn totals_of(row: Option<&[u8]>) -> Result<Totals, crate::error::ReadError> {
    row.map_or(Ok(Totals::default()), |row| {
        unseal("meta", TOTALS_KEY.as_bytes(), row)
    })
}

/// Where the totals stand, for readers.
pub(crate) fn totals_key() -> &'static str {
    TOTALS_KEY
}

/// Replaces the totals.
pub(crate) fn put_totals(
    transaction: &WriteTransaction,
    totals: &Totals,
) -> Result<(), WriteError> {
    let mut meta = transaction.open_table(tables::META)?;
    meta.insert(
        TOTALS_KEY,
        seal("meta", TOTALS_KEY.as_bytes(), totals).as_slice(),
    )?;
    Ok(())
}
