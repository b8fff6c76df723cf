//! Compaction: many small segments become few, and the file gives back what it does not need.
//!
//! A run that committed at each effect leaves a segment for each; together they compress far better. Only
//! whole segments are joined, so each keeps its place in the log.

use flowforge_engine::{Address, RunId, Seq};
use redb::{
    ReadTransaction, ReadableTable, ReadableTableMetadata, TableDefinition, WriteTransaction,
};

use crate::batch::{totals_key, totals_of};
use crate::error::{ReadError, WriteError};
use crate::journal::Journal;
use crate::removal::{Removal, Stored, rebuild};
use crate::row::{RunRow, unseal};
use crate::segment::{SEGMENT_BYTES, SEGMENT_EVENTS_MAX};
use crate::store::Store;
use crate::stream::{ROOM, StoredBlobs, put_in_order};
use crate::tables;

/// Segments that one transaction looks at.
const SEGMENTS_PER_STEP: usize = 256;

/// Bytes of rows that one transaction puts next to each other.
const BYTES_PER_STEP: usize = 4 << 20;
/// Blobs that one transaction looks at.
const BLOBS_PER_STEP: usize = 4096;
/// A table of which more than this is unused room in pages is repacked.
const WASTE_PERCENT: u64 = 15;

type Rows<const N: usize> = TableDefinition<'static, &'static [u8; N], &'static [u8]>;

/// What compaction did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Segments that were joined with others.
    pub joined: u64,
    /// Bytes of the file before.
    pub file_bytes_before: u64,
    /// Bytes of the file afterwards.
    pub file_bytes_after: u64,
}

impl Journal {
    /// Joins the small segments of finished runs, then makes the file as small as it can be.
    ///
    /// The first part goes on beside running work, in small steps. In the second, which reads and writes what
    /// the file holds once, everybody else waits.
    ///
    /// # Errors
    /// When storage fails, or a damaged row is met.
    pub fn compact(&self) -> Result<Compacted, WriteError> {
        let file_bytes_before = self.store().file_bytes();
        let mut joined = 0;
        for run in self.with_several_segments()? {
            let mut from = Some(Seq(0));
            while let Some(seq) = from {
                let (count, next) = self.alone(move |store, _| step(store, run, seq))?;
                joined += count;
                from = next;
            }
        }
        self.empty_sparse_pages()?;
        self.repack(tables::SEGMENTS)?;
        self.repack(tables::RUNS)?;
        self.alone(|store, _| store.exclusive(shrink))?;
        Ok(Compacted {
            joined,
            file_bytes_before,
            file_bytes_after: self.store().file_bytes(),
        })
    }

    /// Moves the blobs in pages that are hardly used to the end of the stream, if there is much to be gained.
    fn empty_sparse_pages(&self) -> Result<(), WriteError> {
        if self.store().read(stream_is_well_filled)? {
            return Ok(());
        }
        let addresses = self.store().read(|transaction| {
            let blobs = StoredBlobs::open(transaction)?;
            let addresses = blobs.addresses()?;
            Ok(addresses.collect::<Result<Vec<Address>, _>>()?)
        })?;
        let mut rest = addresses;
        while !rest.is_empty() {
            rest = self.alone(move |store, _| move_some(store, rest))?;
        }
        Ok(())
    }

    /// Puts the rows of a table next to each other, if its pages are not well filled.
    fn repack<const N: usize>(&self, table: Rows<N>) -> Result<(), WriteError> {
        if self
            .store()
            .read(|transaction| is_well_filled(transaction, table))?
        {
            return Ok(());
        }
        let mut from = Some([0; N]);
        while let Some(key) = from {
            from = self.alone(move |store, _| {
                store.write(|transaction| repack(transaction, table, &key))
            })?;
        }
        Ok(())
    }

    fn with_several_segments(&self) -> Result<Vec<RunId>, ReadError> {
        self.store().read(|transaction| {
            let mut found = Vec::new();
            for entry in transaction.open_table(tables::RUNS)?.iter()? {
                let (key, row) = entry?;
                let row: RunRow = unseal("runs", key.value(), row.value())?;
                if row.is_finished() && !row.removed && row.segments > 1 {
                    found.push(row.run);
                }
            }
            Ok(found)
        })
    }
}

fn stream_is_well_filled(transaction: &ReadTransaction) -> Result<bool, ReadError> {
    let meta = transaction.open_table(tables::META)?;
    let row = meta.get(totals_key())?;
    let totals = totals_of(row.as_ref().map(redb::AccessGuard::value))?;
    let pages = transaction.open_table(tables::PAGES)?.len()? * ROOM;
    Ok(pages * (100 - WASTE_PERCENT) <= totals.blob_bytes * 100 + ROOM)
}

/// Moves blobs out of hardly used pages, as many as one transaction may; those that were not looked at.
fn move_some(store: &Store, mut addresses: Vec<Address>) -> Result<Vec<Address>, WriteError> {
    store.write(|transaction| {
        let mut removal = Removal::begin(transaction)?;
        let mut bytes = 0;
        let mut looked = 0;
        while looked < BLOBS_PER_STEP
            && bytes < BYTES_PER_STEP
            && let Some(address) = addresses.pop()
        {
            looked += 1;
            bytes += removal.blobs.move_from_sparse(&address)?.unwrap_or(0) as usize;
        }
        removal.finish()
    })?;
    Ok(addresses)
}

fn is_well_filled<const N: usize>(
    transaction: &ReadTransaction,
    table: Rows<N>,
) -> Result<bool, ReadError> {
    let stats = transaction.open_table(table)?.stats()?;
    let (stored, wasted) = (stats.stored_bytes(), stats.fragmented_bytes());
    Ok(wasted * 100 <= (stored + wasted) * WASTE_PERCENT)
}

/// Takes rows out from `from` on, and puts them in again in order; where to go on.
fn repack<const N: usize>(
    transaction: &WriteTransaction,
    table: Rows<N>,
    from: &[u8; N],
) -> Result<Option<[u8; N]>, WriteError> {
    let mut table = transaction.open_table(table)?;
    let mut rows: Vec<([u8; N], Vec<u8>)> = Vec::new();
    let mut bytes = 0;
    let mut next = None;
    for entry in table.range::<&[u8; N]>(from..)? {
        let (key, row) = entry?;
        if bytes > BYTES_PER_STEP {
            next = Some(*key.value());
            break;
        }
        bytes += row.value().len();
        rows.push((*key.value(), row.value().to_vec()));
    }
    let Some((last, _)) = rows.last() else {
        return Ok(None);
    };
    table.retain_in::<&[u8; N], _>(from..=last, |_, _| false)?;
    let rows: Vec<_> = rows
        .iter()
        .map(|(key, row)| (key, row.as_slice()))
        .collect();
    put_in_order(&mut table, &rows)?;
    Ok(next)
}

fn shrink(database: &mut redb::Database) -> Result<(), WriteError> {
    match database.compact() {
        Ok(_) => Ok(()),
        Err(redb::CompactionError::Storage(error)) => Err(error.into()),
        Err(other) => Err(WriteError::Storage(other.to_string())),
    }
}

/// Joins what can be joined among some segments from `from` on; how many, and where to go on.
fn step(store: &Store, run: RunId, from: Seq) -> Result<(u64, Option<Seq>), WriteError> {
    store.write(|transaction| {
        let mut removal = Removal::begin(transaction)?;
        let Some(mut row) = removal.row(run)? else {
            return Ok((0, None));
        };
        let found = some_segments(&removal, run, from)?;
        let next = (found.len() == SEGMENTS_PER_STEP)
            .then(|| found.last().map(Stored::first))
            .flatten();
        let mut joined = 0;
        for group in groups(&found) {
            joined += join(&mut removal, &mut row, group)?;
        }
        removal.put_row(&row)?;
        removal.finish()?;
        Ok((joined, next.filter(|next| *next > from)))
    })
}

fn some_segments(removal: &Removal, run: RunId, from: Seq) -> Result<Vec<Stored>, WriteError> {
    let (least, most) = (tables::at(run, from), tables::at(run, Seq(u64::MAX)));
    let mut found = Vec::new();
    for entry in removal
        .segments
        .range::<&[u8; 24]>(&least..=&most)?
        .take(SEGMENTS_PER_STEP)
    {
        let (key, row) = entry?;
        found.push(Stored::read(key.value(), row.value()));
    }
    Ok(found)
}

/// Neighbours that fit one segment together. A damaged segment stands alone.
fn groups(found: &[Stored]) -> Vec<&[Stored]> {
    let mut groups = Vec::new();
    let mut start = 0;
    let (mut events, mut bytes) = (0, 0);
    for (at, stored) in found.iter().enumerate() {
        let count = stored
            .whole
            .as_ref()
            .map_or(usize::MAX / 2, |(_, events)| events.len());
        if at > start
            && (events + count > SEGMENT_EVENTS_MAX as usize
                || bytes + stored.bytes > SEGMENT_BYTES)
        {
            groups.push(&found[start..at]);
            (start, events, bytes) = (at, 0, 0);
        }
        events += count;
        bytes += stored.bytes;
    }
    groups.push(&found[start..]);
    groups
}

fn join(removal: &mut Removal, row: &mut RunRow, group: &[Stored]) -> Result<u64, WriteError> {
    let Some((position, _)) = group
        .last()
        .and_then(|last| last.whole.as_ref())
        .filter(|_| group.len() > 1)
    else {
        return Ok(0);
    };
    let events = group
        .iter()
        .flat_map(|stored| stored.whole.iter().flat_map(|(_, events)| events));
    let mut new = rebuild(row.run, events)?;
    let old: Vec<&Stored> = group.iter().collect();
    removal.replace(&old, &mut new, *position)?;
    let row_bytes: u64 = group.iter().map(|stored| stored.row_bytes).sum();
    row.segments = (row.segments + 1).saturating_sub(group.len() as u64);
    row.segment_bytes = (row.segment_bytes + new.row.len() as u64).saturating_sub(row_bytes);
    Ok(group.len() as u64)
}

#[cfg(test)]
mod tests {
    use flowforge_engine::frame::Status;

    use crate::fixtures::{assert_sound, closed, journal, more, run, start, text, wide};

    use super::*;
    use crate::search::Feed;

    #[test]
    fn small_segments_become_one_and_nothing_else_changes() {
        let journal = journal();
        journal
            .append_wait(start(1, &[wide(1, 4)], Status::Running))
            .unwrap();
        for last in (3..203).step_by(2) {
            let values = [if last % 3 == 0 {
                wide(last, 3)
            } else {
                text(last % 7, 200)
            }];
            journal
                .append_wait(more(1, last, &values, Status::Running))
                .unwrap();
        }
        let mut end = more(1, 203, &[], Status::Completed);
        end.events.push(closed(204));
        journal.append_wait(end).unwrap();
        journal
            .append_wait(start(2, &[wide(1, 4)], Status::Running))
            .unwrap();
        let events = journal.read(run(1), Seq(0), None).unwrap();
        let before = journal.run(run(1)).unwrap().unwrap();
        let compacted = journal.compact().unwrap();
        let after = journal.run(run(1)).unwrap().unwrap();
        assert_eq!(
            (before.segments, after.segments, compacted.joined),
            (102, 1, 102)
        );
        assert!(
            after.segment_bytes * 3 < before.segment_bytes,
            "{before:?} {after:?}"
        );
        assert!(compacted.file_bytes_after <= compacted.file_bytes_before);
        assert_eq!(journal.read(run(1), Seq(0), None).unwrap(), events);
        assert_sound(&journal);
        assert_eq!(journal.compact().unwrap().joined, 0);
    }

    #[test]
    fn a_reader_of_the_feed_misses_nothing() {
        let journal = journal();
        journal
            .append_wait(start(1, &[text(1, 9)], Status::Running))
            .unwrap();
        journal
            .append_wait(more(1, 3, &[text(2, 9)], Status::Running))
            .unwrap();
        journal
            .append_wait(start(2, &[], Status::Completed))
            .unwrap();
        journal
            .append_wait(more(1, 5, &[text(3, 9)], Status::Completed))
            .unwrap();
        let read = Feed::feed(&journal, 0, 2).unwrap();
        journal.compact().unwrap();
        let rest = Feed::feed(&journal, read[1].position, 10).unwrap();
        let seqs: Vec<_> = rest.iter().map(|fed| (fed.run, fed.events.len())).collect();
        assert_eq!(seqs, [(run(2), 1), (run(1), 7)]);
    }
}
