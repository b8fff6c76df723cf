//! Looking at everything once: every hash, every address, every count.
//!
//! Reading checks what it reads; this checks what nobody reads. It is what a backup is checked with.

use std::collections::HashMap;

use flowforge_engine::{Address, RunId, Seq};
use redb::{ReadTransaction, ReadableTable};

use crate::batch::{Totals, totals_key, totals_of};
use crate::counts::count;
use crate::documents;
use crate::error::{ReadError, WriteError};
use crate::journal::Journal;
use crate::kept::Kept;
use crate::notes;
use crate::pack::blob_of;
use crate::read::{CheckpointRow, document};
use crate::records::opened;
use crate::removal::children;
use crate::row::{RunRow, unseal};
use crate::segment::Checked;
use crate::stream::StoredBlobs;
use crate::tables;

/// Most complaints that are listed.
const COMPLAINTS_MAX: usize = 100;

/// What a look at everything found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Runs that were looked at.
    pub runs: u64,
    /// Segments that were looked at.
    pub segments: u64,
    /// Blobs that were looked at.
    pub blobs: u64,
    /// What is wrong, at most a hundred of it; empty when all is well.
    pub complaints: Vec<String>,
}

impl Journal {
    /// Looks at everything. Others wait while the file's pages are checked.
    ///
    /// # Errors
    /// When storage fails; damage is in the result.
    pub fn verify(&self) -> Result<Verified, WriteError> {
        let pages = self.alone(|store, _| {
            store.exclusive(|database| match database.check_integrity() {
                Ok(clean) => Ok((!clean).then(|| "the file's pages needed repair".to_owned())),
                Err(redb::DatabaseError::Storage(redb::StorageError::Corrupted(why))) => {
                    Ok(Some(format!("the file's pages are damaged: {why}")))
                }
                Err(error) => Err(redb::Error::from(error).into()),
            })
        })?;
        let mut look = self.store().read(|transaction| {
            let mut look = Look::default();
            look.at_everything(transaction)?;
            Ok(look.found)
        })?;
        look.complaints.extend(pages);
        Ok(look)
    }
}

#[derive(Default)]
struct Look {
    found: Verified,
    totals: Totals,
    /// How often each blob is referred to.
    references: HashMap<Address, u32>,
    /// Own events of each run: first, next, segments.
    spans: HashMap<RunId, (Seq, Seq, u64)>,
}

impl Look {
    fn at_everything(&mut self, transaction: &ReadTransaction) -> Result<(), ReadError> {
        self.at_segments(transaction)?;
        self.at_workflows(transaction)?;
        self.at_records(transaction)?;
        self.at_notes(transaction)?;
        for complaint in documents::complaints(transaction)? {
            self.complain(complaint);
        }
        self.at_blobs(transaction)?;
        self.at_references(transaction)?;
        self.at_runs(transaction)?;
        self.at_checkpoints(transaction)?;
        self.at_totals(transaction)
    }

    fn complain(&mut self, what: impl Into<String>) {
        if self.found.complaints.len() < COMPLAINTS_MAX {
            self.found.complaints.push(what.into());
        }
    }

    /// Notes what is damaged; what the disk says goes on.
    fn good<T>(&mut self, result: Result<T, ReadError>) -> Result<Option<T>, ReadError> {
        match result {
            Ok(result) => Ok(Some(result)),
            Err(error) if error.is_storage() => Err(error),
            Err(error) => {
                self.complain(error.to_string());
                Ok(None)
            }
        }
    }

    fn refer(&mut self, address: Address) {
        *self.references.entry(address).or_default() += 1;
    }

    fn at_segments(&mut self, transaction: &ReadTransaction) -> Result<(), ReadError> {
        let log = transaction.open_table(tables::LOG)?;
        for entry in transaction.open_table(tables::SEGMENTS)?.iter()? {
            let (key, row) = entry?;
            self.found.segments += 1;
            self.totals.segments += 1;
            self.totals.segment_bytes += row.value().len() as u64;
            let checked = Checked::new(key.value(), row.value());
            let Some(checked) = self.good(checked)? else {
                continue;
            };
            let roots = checked.roots();
            let Some((roots, logical_bytes)) = self.good(roots)? else {
                continue;
            };
            self.totals.logical_bytes += logical_bytes;
            roots.into_iter().for_each(|root| self.refer(root));
            let logged = log
                .get(checked.position())?
                .is_some_and(|found| found.value() == key.value());
            if !logged {
                self.complain("a segment is not in the log");
            }
            self.follow(key.value(), checked.count());
        }
        Ok(())
    }

    /// Notes that a run's segment follows on the one before.
    fn follow(&mut self, key: &[u8; 24], count: u32) {
        let (run, first) = tables::parts(key);
        let next = Seq(first.0 + u64::from(count));
        let span = self.spans.entry(run).or_insert((first, first, 0));
        let follows = span.1 == first;
        *span = (span.0, next, span.2 + 1);
        if !follows {
            self.complain(format!("run {run} has a gap before event {first}"));
        }
    }

    fn at_workflows(&mut self, transaction: &ReadTransaction) -> Result<(), ReadError> {
        let documents = transaction.open_table(tables::WORKFLOWS)?;
        for entry in documents.iter()? {
            let hash = Address(*entry?.0.value());
            let found = document(&documents, hash);
            if let Some(Some((_, Kept::Stored { address, .. }))) = self.good(found)? {
                self.refer(address);
            }
        }
        Ok(())
    }

    fn at_records(&mut self, transaction: &ReadTransaction) -> Result<(), ReadError> {
        for entry in transaction.open_table(tables::RECORDS)?.iter()? {
            let (key, row) = entry?;
            self.good(opened(key.value(), row.value()))?;
        }
        Ok(())
    }

    fn at_notes(&mut self, transaction: &ReadTransaction) -> Result<(), ReadError> {
        let saved = transaction.open_table(tables::SAVED)?;
        for entry in transaction.open_table(tables::NOTES)?.iter()? {
            let (key, row) = entry?;
            self.good(notes::opened(key.value(), row.value()))?;
            if saved.get(key.value())?.is_none() {
                self.complain(format!("a note of {} belongs to no version", key.value().0));
            }
        }
        Ok(())
    }

    fn at_blobs(&mut self, transaction: &ReadTransaction) -> Result<(), ReadError> {
        let stored = StoredBlobs::open(transaction)?;
        stored
            .complaints()?
            .into_iter()
            .for_each(|complaint| self.complain(complaint));
        for address in stored.addresses()? {
            let address = address?;
            let row = stored.row(&address)?.unwrap_or_default();
            self.found.blobs += 1;
            self.totals.blobs += 1;
            self.totals.blob_bytes += row.len() as u64;
            if blob_of(&row).is_ok_and(|bytes| Address::of(&bytes) == address) {
                children(&address, &row)
                    .into_iter()
                    .flatten()
                    .for_each(|child| self.refer(child));
            } else {
                self.complain(format!("value {address} is damaged"));
            }
        }
        Ok(())
    }

    fn at_references(&mut self, transaction: &ReadTransaction) -> Result<(), ReadError> {
        let (blobs, refs) = (
            transaction.open_table(tables::BLOBS)?,
            transaction.open_table(tables::REFS)?,
        );
        for entry in blobs.iter()? {
            let address = Address(*entry?.0.value());
            let stored = count(&refs, &address)?;
            let found = self.references.remove(&address).unwrap_or(0);
            if stored != found {
                self.complain(format!(
                    "value {address} is counted {stored} times and referred to {found} times"
                ));
            }
        }
        let missing: Vec<Address> = self.references.keys().copied().collect();
        for address in missing {
            self.complain(format!("value {address} is missing"));
        }
        for entry in refs.iter()? {
            let address = *entry?.0.value();
            if blobs.get(&address)?.is_none() {
                self.complain(format!(
                    "value {} is counted and not there",
                    Address(address)
                ));
            }
        }
        Ok(())
    }

    fn at_runs(&mut self, transaction: &ReadTransaction) -> Result<(), ReadError> {
        let unfinished = transaction.open_table(tables::UNFINISHED)?;
        let forks = transaction.open_table(tables::FORKS)?;
        for entry in transaction.open_table(tables::RUNS)?.iter()? {
            let (key, row) = entry?;
            self.found.runs += 1;
            let row = unseal::<RunRow>("runs", key.value(), row.value());
            let Some(row) = self.good(row)? else { continue };
            self.at_span(&row);
            let listed = unfinished.get(key.value())?.is_some();
            if listed == row.is_finished() && !row.imported {
                self.complain(format!(
                    "run {} is listed wrongly as finished or not",
                    row.run
                ));
            }
            if let Some(fork) = row.fork_of
                && forks
                    .get(&tables::pair(fork.run, row.run))?
                    .map(|at| at.value())
                    != Some(fork.at.0)
            {
                self.complain(format!(
                    "run {} is not listed as a fork of {}",
                    row.run, fork.run
                ));
            }
        }
        let strangers: Vec<RunId> = self.spans.keys().copied().collect();
        for run in strangers {
            self.complain(format!("run {run} has events and no row"));
        }
        Ok(())
    }

    fn at_span(&mut self, row: &RunRow) {
        let after = row.own_after();
        let (first, next, segments) =
            self.spans
                .remove(&row.run)
                .unwrap_or((after.next(), after.next(), 0));
        if first != after.next() || next != row.last_seq.next() || segments != row.segments {
            self.complain(format!(
                "run {} should have events {} to {}",
                row.run,
                after.next(),
                row.last_seq
            ));
        }
    }

    fn at_checkpoints(&mut self, transaction: &ReadTransaction) -> Result<(), ReadError> {
        for entry in transaction.open_table(tables::CHECKPOINTS)?.iter()? {
            let (key, row) = entry?;
            let row = unseal::<CheckpointRow>("checkpoints", key.value(), row.value());
            self.good(row)?;
        }
        Ok(())
    }

    fn at_totals(&mut self, transaction: &ReadTransaction) -> Result<(), ReadError> {
        let meta = transaction.open_table(tables::META)?;
        let row = meta.get(totals_key())?;
        let stored = totals_of(row.as_ref().map(redb::AccessGuard::value));
        let Some(stored) = self.good(stored)? else {
            return Ok(());
        };
        let found = Totals {
            position: stored.position,
            saves: stored.saves,
            stream_end: stored.stream_end,
            ..self.totals
        };
        if found != stored {
            self.complain(format!("the totals are {found:?} and not {stored:?}"));
        }
        Ok(())
    }
}
