//! Reading runs, events, values and workflows, as they were at one moment.
//!
//! A fork stores only its own events. What it shares is read from the run it came from, and from the run
//! that one came from, so that a fork reads like any other run.

use std::cell::RefCell;
use std::collections::HashSet;

use flowforge_engine::event::{Mode, Recorded, WorkflowRef};
use flowforge_engine::frame::Status;
use flowforge_engine::value::{self, BlobSource, DecodeError, Reading};
use flowforge_engine::{Address, RunId, Seq, Value, Workflow, WorkflowId};
use redb::{ReadTransaction, ReadableTable};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::batch::key_hash;
use crate::cache::Cache;
use crate::error::ReadError;
use crate::journal::Journal;
use crate::kept::Kept;
use crate::pack::blob_of;
use crate::row::{ForkOf, RunRow, unseal};
use crate::segment::Checked;
use crate::stream::StoredBlobs;
use crate::tables;

/// Longest chain of forks of forks.
const CHAIN_MAX: usize = 4096;
/// Most rows that one call of [`Journal::runs`] looks at.
const RUNS_SCAN_MAX: usize = 100_000;

/// Which runs to list; absent fields let everything through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunFilter {
    /// Runs of this workflow.
    pub workflow: Option<WorkflowId>,
    /// Runs with this status.
    pub status: Option<Status>,
    /// Live or dry runs.
    pub mode: Option<Mode>,
    /// Forks of this run.
    pub fork_of: Option<RunId>,
}

/// Some of many rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// What to ask for next; absent at the end.
    pub next: Option<RunId>,
}

impl Journal {
    /// The events of a run after `after`, up to and including `up_to` (all when absent), in seq order, with
    /// what a fork shares.
    ///
    /// # Errors
    /// When there is no such run, or something of it is damaged.
    pub fn read(
        &self,
        run: RunId,
        after: Seq,
        up_to: Option<Seq>,
    ) -> Result<Vec<Recorded>, ReadError> {
        self.store().read(|transaction| {
            let source = Source::open(transaction)?;
            let mut looking = self.looking(&source);
            let mut look = |kept: Kept| looking.value(&kept);
            let events = visible_events(transaction, run, after, up_to)?;
            events
                .into_iter()
                .map(|event| event.try_map(&mut look))
                .collect()
        })
    }

    /// Like [`read`](Self::read), with the values as they are kept: larger ones are not read.
    ///
    /// # Errors
    /// When there is no such run, or something of it is damaged.
    pub fn read_kept(
        &self,
        run: RunId,
        after: Seq,
        up_to: Option<Seq>,
    ) -> Result<Vec<Recorded<Kept>>, ReadError> {
        self.store()
            .read(|transaction| visible_events(transaction, run, after, up_to))
    }

    /// The value that was kept.
    ///
    /// # Errors
    /// When a part of it is missing or damaged.
    pub fn value(&self, kept: &Kept) -> Result<Value, ReadError> {
        if let Some(value) = kept.stored().and_then(|address| self.cache().get(&address)) {
            return Ok(value);
        }
        if let Kept::Inline(encoding) = kept {
            return Ok(value::decode_inline(encoding)?);
        }
        self.store()
            .read(|transaction| self.looking(&Source::open(transaction)?).value(kept))
    }

    /// The value stored under an address, as the events that refer to it say.
    ///
    /// # Errors
    /// When a part of it is missing or damaged.
    pub fn value_at(&self, address: Address) -> Result<Value, ReadError> {
        self.value(&Kept::Stored { address, size: 0 })
    }

    /// Looks at several values of one moment.
    pub(crate) fn looking<'s>(&'s self, source: &'s Source) -> Looking<'s> {
        Looking {
            cache: self.cache(),
            source,
            reading: Reading::new(source),
        }
    }

    /// What is known of a run, if it is there.
    ///
    /// # Errors
    /// When its row is damaged, or missing although it has events.
    pub fn run(&self, run: RunId) -> Result<Option<RunRow>, ReadError> {
        self.store().read(|transaction| {
            let row = row(&transaction.open_table(tables::RUNS)?, run)?;
            if row.is_none() && has_events(transaction, run)? {
                return Err(ReadError::damaged(
                    format!("run {run}"),
                    "it has events, but its row is missing",
                ));
            }
            Ok(row.filter(|row| !row.removed))
        })
    }

    /// Runs that pass the filter, the latest id first, at most `limit`, from behind `cursor`.
    ///
    /// A page may have fewer rows than `limit` although more follow.
    ///
    /// # Errors
    /// When a row is damaged.
    pub fn runs(
        &self,
        filter: &RunFilter,
        cursor: Option<RunId>,
        limit: usize,
    ) -> Result<Page<RunRow>, ReadError> {
        self.store().read(|transaction| {
            let runs = transaction.open_table(tables::RUNS)?;
            let end = cursor.map_or([0xff; 16], tables::id);
            let mut page = Page {
                rows: Vec::new(),
                next: None,
            };
            for (looked, entry) in runs.range::<&[u8; 16]>(..&end)?.rev().enumerate() {
                let (key, row) = entry?;
                let row: RunRow = unseal("runs", key.value(), row.value())?;
                let run = row.run;
                if !row.removed && filter.lets_through(&row) {
                    page.rows.push(row);
                }
                if page.rows.len() >= limit || looked >= RUNS_SCAN_MAX {
                    page.next = Some(run);
                    break;
                }
            }
            Ok(page)
        })
    }

    /// The runs that have not ended, the oldest id first.
    ///
    /// # Errors
    /// When a row is damaged.
    pub fn unfinished(&self) -> Result<Vec<RunRow>, ReadError> {
        self.store().read(|transaction| {
            let runs = transaction.open_table(tables::RUNS)?;
            let unfinished = transaction.open_table(tables::UNFINISHED)?;
            let mut found = Vec::new();
            for entry in unfinished.iter()? {
                let run = tables::run_of(entry?.0.value());
                found.push(existing(&runs, run)?);
            }
            Ok(found)
        })
    }

    /// The run that was started with this idempotency key.
    ///
    /// # Errors
    /// When its row is damaged.
    pub fn run_by_key(&self, key: &str) -> Result<Option<RunRow>, ReadError> {
        self.store().read(|transaction| {
            let keys = transaction.open_table(tables::KEYS)?;
            let Some(run) = keys
                .get(&key_hash(key))?
                .map(|run| tables::run_of(run.value()))
            else {
                return Ok(None);
            };
            let row = existing(&transaction.open_table(tables::RUNS)?, run)?;
            Ok(Some(row).filter(|row| row.key.as_deref() == Some(key)))
        })
    }

    /// The forks that were made of this run itself, each with the last event that it shares.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn forks(&self, run: RunId) -> Result<Vec<(RunId, Seq)>, ReadError> {
        self.store().read(|transaction| {
            let removed = removed(transaction)?;
            let mut forks = tables::children(&transaction.open_table(tables::FORKS)?, run)?;
            forks.retain(|(fork, _)| !removed.contains(fork));
            Ok(forks)
        })
    }

    /// The workflow document with this hash.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn workflow(&self, hash: Address) -> Result<Option<Workflow>, ReadError> {
        self.store()
            .read(|transaction| self.workflow_from(transaction, hash))
    }

    /// The workflow that was saved last under this id.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn latest_workflow(&self, id: &WorkflowId) -> Result<Option<Workflow>, ReadError> {
        self.store().read(|transaction| {
            let saved = transaction.open_table(tables::SAVED)?;
            let last = saved
                .range((id.as_str(), 0)..=(id.as_str(), u64::MAX))?
                .next_back()
                .transpose()?;
            let Some((_, hash)) = last else {
                return Ok(None);
            };
            let hash = Address(*hash.value());
            self.workflow_from(transaction, hash)?
                .map(Some)
                .ok_or_else(|| missing_document(hash))
        })
    }

    /// The workflows that were saved, each once, as it was saved last, by id.
    ///
    /// # Errors
    /// When a row is damaged.
    pub fn workflows(&self) -> Result<Vec<WorkflowRef>, ReadError> {
        self.store().read(|transaction| {
            let documents = transaction.open_table(tables::WORKFLOWS)?;
            let mut found: Vec<WorkflowRef> = Vec::new();
            for entry in transaction.open_table(tables::SAVED)?.iter()? {
                let hash = Address(*entry?.1.value());
                let (workflow, _) =
                    document(&documents, hash)?.ok_or_else(|| missing_document(hash))?;
                match found.last_mut() {
                    Some(last) if last.id == workflow.id => *last = workflow,
                    _ => found.push(workflow),
                }
            }
            Ok(found)
        })
    }

    fn workflow_from(
        &self,
        transaction: &ReadTransaction,
        hash: Address,
    ) -> Result<Option<Workflow>, ReadError> {
        let Some((_, kept)) = document(&transaction.open_table(tables::WORKFLOWS)?, hash)? else {
            return Ok(None);
        };
        let value = self.looking(&Source::open(transaction)?).value(&kept)?;
        if value.address() != hash {
            return Err(ReadError::damaged(
                format!("workflow {hash}"),
                "it does not match its hash",
            ));
        }
        let workflow = Workflow::from_value(&value)
            .map_err(|error| ReadError::damaged(format!("workflow {hash}"), error.to_string()))?;
        Ok(Some(workflow))
    }
}

/// The fields of a row of checkpoints.
#[derive(Serialize, Deserialize)]
pub(crate) struct CheckpointRow(#[serde(with = "bytes")] pub(crate) Vec<u8>);

/// Byte strings as such, not as lists of numbers.
mod bytes {
    use serde::de::{Deserializer, Visitor};
    use serde::ser::Serializer;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
        }

        deserializer.deserialize_bytes(Bytes)
    }
}

impl RunFilter {
    fn lets_through(&self, row: &RunRow) -> bool {
        self.workflow
            .as_ref()
            .is_none_or(|workflow| row.workflow.id == *workflow)
            && self.status.is_none_or(|status| row.status == status)
            && self.mode.is_none_or(|mode| row.mode == mode)
            && self
                .fork_of
                .is_none_or(|run| row.fork_of.is_some_and(|fork| fork.run == run))
    }
}

/// The row of a run, removed or not.
pub(crate) fn row(
    runs: &impl ReadableTable<&'static [u8; 16], &'static [u8]>,
    run: RunId,
) -> Result<Option<RunRow>, ReadError> {
    let key = tables::id(run);
    runs.get(&key)?
        .map(|row| unseal("runs", &key, row.value()))
        .transpose()
}

/// The row of a run that something refers to.
fn existing(
    runs: &impl ReadableTable<&'static [u8; 16], &'static [u8]>,
    run: RunId,
) -> Result<RunRow, ReadError> {
    row(runs, run)?.ok_or_else(|| ReadError::damaged(format!("run {run}"), "its row is missing"))
}

fn has_events(transaction: &ReadTransaction, run: RunId) -> Result<bool, ReadError> {
    let (first, last) = (tables::at(run, Seq(0)), tables::at(run, Seq(u64::MAX)));
    let segments = transaction.open_table(tables::SEGMENTS)?;
    Ok(segments
        .range::<&[u8; 24]>(&first..=&last)?
        .next()
        .is_some())
}

/// The runs that were removed, and of which something is still there.
pub(crate) fn removed(transaction: &ReadTransaction) -> Result<HashSet<RunId>, ReadError> {
    let removed = transaction.open_table(tables::REMOVED)?;
    removed
        .iter()?
        .map(|entry| Ok(tables::run_of(entry?.0.value())))
        .collect()
}

/// A part of a run's events that one run stores.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    pub(crate) run: RunId,
    pub(crate) after: Seq,
    pub(crate) up_to: Seq,
}

/// The events of a run that was not removed, with what it shares.
fn visible_events(
    transaction: &ReadTransaction,
    run: RunId,
    after: Seq,
    up_to: Option<Seq>,
) -> Result<Vec<Recorded<Kept>>, ReadError> {
    let row = row(&transaction.open_table(tables::RUNS)?, run)?.filter(|row| !row.removed);
    events(
        transaction,
        row.ok_or(ReadError::NoSuchRun(run))?,
        after,
        up_to,
    )
}

/// The events of a run with what it shares.
pub(crate) fn events(
    transaction: &ReadTransaction,
    row: RunRow,
    after: Seq,
    up_to: Option<Seq>,
) -> Result<Vec<Recorded<Kept>>, ReadError> {
    let mut events = Vec::new();
    each_event(transaction, row, after, up_to, &mut |event| {
        events.push(event);
    })?;
    Ok(events)
}

/// Gives the events of a run with what it shares to `each`, in seq order, with values read as a `K`.
pub(crate) fn each_event<K: DeserializeOwned>(
    transaction: &ReadTransaction,
    row: RunRow,
    after: Seq,
    up_to: Option<Seq>,
    each: &mut dyn FnMut(Recorded<K>),
) -> Result<(), ReadError> {
    let segments = transaction.open_table(tables::SEGMENTS)?;
    let stretches = stretches(&transaction.open_table(tables::RUNS)?, row, after, up_to)?;
    for stretch in stretches.iter().rev() {
        read_stretch(&segments, *stretch, each)?;
    }
    Ok(())
}

/// Where the events are, the latest first.
pub(crate) fn stretches(
    runs: &impl ReadableTable<&'static [u8; 16], &'static [u8]>,
    mut row: RunRow,
    after: Seq,
    up_to: Option<Seq>,
) -> Result<Vec<Stretch>, ReadError> {
    let run = row.run;
    let mut up_to = up_to.map_or(row.last_seq, |up_to| up_to.min(row.last_seq));
    let mut stretches = Vec::new();
    for _ in 0..CHAIN_MAX {
        let own = after.max(row.own_after());
        if own < up_to {
            stretches.push(Stretch {
                run: row.run,
                after: own,
                up_to,
            });
        }
        match row.fork_of {
            Some(ForkOf { run, at }) if after < at => {
                up_to = up_to.min(at);
                row = existing(runs, run)?;
            }
            _ => return Ok(stretches),
        }
    }
    Err(ReadError::damaged(
        format!("run {run}"),
        format!("it is a fork of more than {CHAIN_MAX} runs"),
    ))
}

/// Gives the events of a stretch to `each`, in seq order.
pub(crate) fn read_stretch<K: DeserializeOwned>(
    segments: &impl ReadableTable<&'static [u8; 24], &'static [u8]>,
    stretch: Stretch,
    each: &mut dyn FnMut(Recorded<K>),
) -> Result<(), ReadError> {
    let mut next = stretch.after.next();
    let start = first_segment(segments, stretch)?;
    let end = tables::at(stretch.run, stretch.up_to);
    for entry in segments.range::<&[u8; 24]>(&start..=&end)? {
        let (key, row) = entry?;
        Checked::new(key.value(), row.value())?.each(|event: Recorded<K>| {
            if event.seq == next && next <= stretch.up_to {
                next = next.next();
                each(event);
            }
        })?;
    }
    if next == stretch.up_to.next() {
        return Ok(());
    }
    Err(ReadError::damaged(
        format!("run {}", stretch.run),
        format!("event {next} is missing"),
    ))
}

/// The key of the segment in which a stretch begins.
fn first_segment(
    segments: &impl ReadableTable<&'static [u8; 24], &'static [u8]>,
    stretch: Stretch,
) -> Result<[u8; 24], ReadError> {
    let least = tables::at(stretch.run, Seq(0));
    let most = tables::at(stretch.run, stretch.after.next());
    let first = segments
        .range::<&[u8; 24]>(&least..=&most)?
        .next_back()
        .transpose()?;
    Ok(first.map_or(most, |(key, _)| *key.value()))
}

/// Gives the events of the segment that holds event `seq` to `each`, in seq order.
pub(crate) fn each_beside(
    segments: &impl ReadableTable<&'static [u8; 24], &'static [u8]>,
    run: RunId,
    seq: Seq,
    each: impl FnMut(Recorded<Kept>),
) -> Result<(), ReadError> {
    let (least, most) = (tables::at(run, Seq(0)), tables::at(run, seq));
    let entry = segments
        .range::<&[u8; 24]>(&least..=&most)?
        .next_back()
        .transpose()?;
    match entry {
        Some((key, row)) => Checked::new(key.value(), row.value())?.each(each),
        None => Err(ReadError::damaged(
            format!("run {run}"),
            format!("event {seq} is missing"),
        )),
    }
}

pub(crate) fn missing_document(hash: Address) -> ReadError {
    ReadError::damaged(format!("workflow {hash}"), "its document is missing")
}

/// A stored workflow document, not yet read.
pub(crate) fn document(
    documents: &impl ReadableTable<&'static [u8; 32], &'static [u8]>,
    hash: Address,
) -> Result<Option<(WorkflowRef, Kept)>, ReadError> {
    documents
        .get(&hash.0)?
        .map(|row| unseal("workflows", &hash.0, row.value()))
        .transpose()
}

/// The blobs at one moment.
pub(crate) struct Source {
    blobs: StoredBlobs,
    /// What really went wrong, when something did.
    error: RefCell<Option<ReadError>>,
}

impl Source {
    pub(crate) fn open(transaction: &ReadTransaction) -> Result<Self, ReadError> {
        Ok(Self {
            blobs: StoredBlobs::open(transaction)?,
            error: RefCell::new(None),
        })
    }

    /// The value at this address; each blob is checked against its own.
    pub(crate) fn decode(&self, address: &Address) -> Result<Value, ReadError> {
        value::decode(address, self).map_err(|error| self.error_of(error))
    }

    /// What really went wrong.
    fn error_of(&self, error: DecodeError) -> ReadError {
        self.error.take().unwrap_or_else(|| error.into())
    }
}

/// Looks at several values of one moment, and shares what they have in common.
pub(crate) struct Looking<'s> {
    cache: &'s Cache,
    source: &'s Source,
    reading: Reading<'s>,
}

impl Looking<'_> {
    /// The value that was kept.
    pub(crate) fn value(&mut self, kept: &Kept) -> Result<Value, ReadError> {
        let address = match kept {
            Kept::Inline(encoding) => return Ok(value::decode_inline(encoding)?),
            Kept::Stored { address, .. } => address,
        };
        if let Some(value) = self.cache.get(address) {
            return Ok(value);
        }
        let value = self
            .reading
            .value(address)
            .map_err(|error| self.source.error_of(error))?;
        self.cache.put(*address, &value);
        Ok(value)
    }
}

impl BlobSource for Source {
    fn get(&self, address: &Address) -> Result<Option<Vec<u8>>, String> {
        match self.blobs.row(address) {
            // What does not unpack cannot match its address, which the decoder says better.
            Ok(row) => Ok(row.map(|row| blob_of(&row).unwrap_or_default())),
            Err(error) => {
                let why = error.to_string();
                *self.error.borrow_mut() = Some(error.into());
                Err(why)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::WriteError;
    use crate::fixtures::{assert_sound, fork, journal, more, run, start, text, wide, workflow};
    use crate::search::Feed;
    use flowforge_engine::Timestamp;

    /// What was appended, one append after the other, reads back equal, whole and in parts.
    fn assert_reads(journal: &Journal, number: u128, expected: &[Recorded]) {
        assert_eq!(journal.read(run(number), Seq(0), None).unwrap(), expected);
        for cut in [1, 2, expected.len() / 2, expected.len() - 1] {
            let up_to = Seq(cut as u64);
            assert_eq!(
                journal.read(run(number), Seq(0), Some(up_to)).unwrap(),
                expected[..cut]
            );
            assert_eq!(
                journal.read(run(number), up_to, None).unwrap(),
                expected[cut..]
            );
        }
    }

    #[test]
    fn a_run_reads_back_as_it_was_recorded() {
        let journal = journal();
        let first = start(
            1,
            &[text(1, 100), text(2, 5000), wide(3, 8)],
            Status::Running,
        );
        let second = more(
            1,
            7,
            &[wide(3, 8), wide(4, 8), text(5, 513)],
            Status::Completed,
        );
        let expected = [first.events.clone(), second.events.clone()].concat();
        journal.append_wait(first).unwrap();
        journal.append_wait(second).unwrap();
        assert_reads(&journal, 1, &expected);
        assert_sound(&journal);
    }

    #[test]
    fn a_long_append_is_cut_into_segments() {
        let journal = journal();
        let values: Vec<Value> = (0..1200).map(|seed| text(seed, 300)).collect();
        let append = start(1, &values, Status::Completed);
        journal.append_wait(append.clone()).unwrap();
        assert!(journal.run(run(1)).unwrap().unwrap().segments > 4);
        assert_reads(&journal, 1, &append.events);
        assert_sound(&journal);
    }

    #[test]
    fn a_fork_of_a_fork_reads_what_it_shares() {
        let journal = journal();
        let root = start(
            1,
            &[text(1, 600), text(2, 10), text(3, 10)],
            Status::Completed,
        );
        let middle = fork(2, 1, 4, &[text(4, 600), text(5, 10)], Status::Completed);
        let leaf = fork(3, 2, 6, &[text(6, 10)], Status::Completed);
        let early = fork(4, 2, 2, &[text(7, 10)], Status::Completed);
        for append in [&root, &middle, &leaf, &early] {
            journal.append_wait(append.clone()).unwrap();
        }
        let shared = [&root.events[..4], &middle.events[..2]].concat();
        assert_reads(&journal, 3, &[shared, leaf.events].concat());
        assert_reads(&journal, 4, &[&root.events[..2], &early.events].concat());
        assert_eq!(
            journal.forks(run(2)).unwrap(),
            [(run(3), Seq(6)), (run(4), Seq(2))]
        );
        assert_sound(&journal);
    }

    #[test]
    fn appends_that_do_not_fit_are_refused_and_leave_nothing() {
        let journal = journal();
        let append = start(1, &[text(1, 10)], Status::Running);
        let keyed = |number, key: &str| {
            let mut append = start(number, &[], Status::Running);
            append.new.as_mut().unwrap().key = Some(key.into());
            append
        };
        let refused = |append| journal.append_wait(append).unwrap_err();
        let gap = |expected, found| WriteError::OutOfOrder {
            run: run(1),
            expected: Seq(expected),
            found: Seq(found),
        };
        assert_eq!(
            refused(more(1, 0, &[text(1, 10)], Status::Running)),
            WriteError::NoSuchRun(run(1))
        );
        journal.append_wait(append.clone()).unwrap();
        journal.append_wait(keyed(5, "a")).unwrap();
        assert_eq!(refused(append), WriteError::RunExists(run(1)));
        assert_eq!(
            refused(more(1, 4, &[text(9, 9000)], Status::Running)),
            gap(4, 5)
        );
        assert_eq!(
            refused(more(1, 2, &[text(1, 10)], Status::Running)),
            gap(4, 3)
        );
        assert_eq!(refused(keyed(6, "a")), WriteError::KeyTaken { run: run(5) });
        assert_eq!(refused(fork(7, 1, 9, &[], Status::Running)), gap(3, 9));
        assert_eq!(
            refused(fork(7, 8, 1, &[], Status::Running)),
            WriteError::NoSuchRun(run(8))
        );
        assert_eq!(
            journal
                .runs(&RunFilter::default(), None, 10)
                .unwrap()
                .rows
                .len(),
            2
        );
        assert_eq!(
            journal.run_by_key("a").unwrap().map(|row| row.run),
            Some(run(5))
        );
        assert_sound(&journal);
    }

    #[test]
    fn runs_are_listed_from_the_latest_in_pages() {
        let journal = journal();
        for number in 1..=7 {
            let status = if number % 2 == 0 {
                Status::Completed
            } else {
                Status::Waiting
            };
            journal
                .append_wait(start(number, &[text(1, 10)], status))
                .unwrap();
        }
        let numbers = |page: &Page<RunRow>| page.rows.iter().map(|row| row.run).collect::<Vec<_>>();
        let all = RunFilter::default();
        let first = journal.runs(&all, None, 3).unwrap();
        assert_eq!(numbers(&first), [run(7), run(6), run(5)]);
        let second = journal.runs(&all, first.next, 10).unwrap();
        assert_eq!(numbers(&second), [run(4), run(3), run(2), run(1)]);
        assert_eq!(second.next, None);
        let completed = RunFilter {
            status: Some(Status::Completed),
            ..all
        };
        assert_eq!(
            numbers(&journal.runs(&completed, None, 10).unwrap()),
            [run(6), run(4), run(2)]
        );
        let unfinished: Vec<_> = journal
            .unfinished()
            .unwrap()
            .iter()
            .map(|row| row.run)
            .collect();
        assert_eq!(unfinished, [run(1), run(3), run(5), run(7)]);
    }

    #[test]
    fn a_run_that_goes_on_after_its_end_is_unfinished_again() {
        let journal = journal();
        journal.append_wait(start(1, &[], Status::Failed)).unwrap();
        assert_eq!(journal.unfinished().unwrap(), []);
        assert!(journal.run(run(1)).unwrap().unwrap().ended.is_some());
        journal
            .append_wait(more(1, 1, &[text(1, 1)], Status::Running))
            .unwrap();
        let rows = journal.unfinished().unwrap();
        assert_eq!((rows.len(), rows[0].ended, rows[0].frames), (1, None, 1));
    }

    #[test]
    fn saving_makes_a_workflow_current_and_running_does_not() {
        let journal = journal();
        let hashes = |version| workflow("flow", version).hash();
        journal
            .put_workflow(&workflow("flow", 2), Timestamp(0))
            .unwrap();
        journal
            .put_workflow(&workflow("other", 1), Timestamp(0))
            .unwrap();
        journal
            .append_wait(start(1, &[], Status::Completed))
            .unwrap();
        assert_eq!(
            journal.workflow(hashes(1)).unwrap(),
            Some(workflow("flow", 1))
        );
        assert_eq!(
            journal.latest_workflow(&"flow".into()).unwrap(),
            Some(workflow("flow", 2))
        );
        journal
            .put_workflow(&workflow("flow", 1), Timestamp(0))
            .unwrap();
        assert_eq!(
            journal.latest_workflow(&"flow".into()).unwrap(),
            Some(workflow("flow", 1))
        );
        let saved: Vec<_> = journal
            .workflows()
            .unwrap()
            .into_iter()
            .map(|saved| saved.hash)
            .collect();
        assert_eq!(saved, [hashes(1), workflow("other", 1).hash()]);
        assert_eq!(journal.workflow(hashes(9)).unwrap(), None);
        assert_sound(&journal);
    }

    #[test]
    fn the_feed_gives_everything_once_and_in_order() {
        let journal = journal();
        for number in 1..=3 {
            journal
                .append_wait(start(number, &[text(1, 10)], Status::Running))
                .unwrap();
        }
        journal
            .append_wait(more(1, 3, &[text(2, 10)], Status::Completed))
            .unwrap();
        let first = Feed::feed(&journal, 0, 3).unwrap();
        let rest = Feed::feed(&journal, first.last().unwrap().position, 10).unwrap();
        let runs: Vec<_> = first
            .iter()
            .chain(&rest)
            .map(|fed| (fed.run, fed.events[0].seq.0))
            .collect();
        assert_eq!(runs, [(run(1), 1), (run(2), 1), (run(3), 1), (run(1), 4)]);
        assert!(
            Feed::feed(&journal, rest[0].position, 10)
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn equal_values_are_stored_once_and_shared_parts_too() {
        let journal = journal();
        let size = || journal.size().unwrap();
        journal
            .append_wait(start(1, &[wide(1, 40)], Status::Completed))
            .unwrap();
        let first = size().value_bytes;
        journal
            .append_wait(start(2, &[wide(1, 40)], Status::Completed))
            .unwrap();
        assert_eq!(size().value_bytes, first);
        journal
            .append_wait(start(3, &[wide(2, 40)], Status::Completed))
            .unwrap();
        assert!(
            size().value_bytes < first + 20_000,
            "{} after {first}",
            size().value_bytes
        );
        assert!(size().logical_value_bytes > 5 * first);
        assert_sound(&journal);
    }

    #[test]
    fn values_that_are_read_together_share_what_they_have_in_common() {
        let journal = journal();
        let values: Vec<Value> = (0..20).map(|seed| wide(seed, 400)).collect();
        journal
            .append_wait(start(1, &values, Status::Completed))
            .unwrap();
        let events = journal.read(run(1), Seq(0), None).unwrap();
        let inputs = events.iter().filter_map(|event| match &event.event {
            flowforge_engine::event::Event::FrameOpened { input, .. } => input.get("f1"),
            _ => None,
        });
        let same: HashSet<*const u8> = inputs.map(|text| text.as_str().unwrap().as_ptr()).collect();
        assert!(same.len() <= 2, "{} copies of one text", same.len());
    }

    #[test]
    fn sixteen_callers_share_commits() {
        let journal = journal();
        let before = journal.syncs();
        let (done, told) = std::sync::mpsc::channel();
        for number in 1..=200 {
            let done = done.clone();
            let append = start(number, &[text(1, 100)], Status::Completed);
            journal.append(append, Box::new(move |result| done.send(result).unwrap()));
        }
        assert!((0..200).all(|_| told.recv().unwrap().is_ok()));
        let syncs = journal.syncs() - before;
        assert!(syncs < 200, "{syncs} syncs");
        assert_eq!(
            journal
                .runs(&RunFilter::default(), None, 1000)
                .unwrap()
                .rows
                .len(),
            200
        );
    }

    #[test]
    fn one_commit_is_one_sync() {
        let journal = journal();
        for number in 1..=20 {
            journal
                .append_wait(start(number, &[text(1, 100)], Status::Running))
                .unwrap();
        }
        let before = journal.syncs();
        for last in [3, 5, 7, 9, 11] {
            journal
                .append_wait(more(1, last, &[text(2, 100)], Status::Running))
                .unwrap();
        }
        assert_eq!(journal.syncs() - before, 5);
    }

    #[test]
    fn watchers_hear_of_what_is_durable() {
        let journal = journal();
        let watch = journal.watch(None);
        journal
            .append_wait(start(1, &[text(1, 10)], Status::Completed))
            .unwrap();
        let notice = crate::watch::Notice::Recorded {
            run: run(1),
            last_seq: Seq(3),
            status: Status::Completed,
        };
        assert_eq!(watch.wait(), Some(notice));
        drop(journal);
        assert_eq!(watch.wait(), None);
    }
}
