//! The tables of the one file. `FORMAT.md` gives their bytes.

use flowforge_engine::{RunId, Seq};
use redb::{ReadableTable, TableDefinition};

use crate::stream::PLACE_BYTES;

type Bytes = &'static [u8];

/// Facts about the journal itself: its format, when it was made, its totals.
pub(crate) const META: TableDefinition<'static, &str, Bytes> = TableDefinition::new("meta");
/// Run and first seq: a segment of its events.
pub(crate) const SEGMENTS: TableDefinition<'static, &[u8; 24], Bytes> =
    TableDefinition::new("segments");
/// Address: where in the stream the blob's bytes are.
pub(crate) const BLOBS: TableDefinition<'static, &[u8; 32], &[u8; PLACE_BYTES]> =
    TableDefinition::new("blobs");
/// Number: a page of the stream.
pub(crate) const PAGES: TableDefinition<'static, u64, Bytes> = TableDefinition::new("pages");
/// Address: how often the blob is referred to, when that is not once.
pub(crate) const REFS: TableDefinition<'static, &[u8; 32], u64> = TableDefinition::new("refs");
/// Run: its row.
pub(crate) const RUNS: TableDefinition<'static, &[u8; 16], Bytes> = TableDefinition::new("runs");
/// Runs that have not ended.
pub(crate) const UNFINISHED: TableDefinition<'static, &[u8; 16], ()> =
    TableDefinition::new("unfinished");
/// Runs that were removed, of which something is still there.
pub(crate) const REMOVED: TableDefinition<'static, &[u8; 16], ()> = TableDefinition::new("removed");
/// Parent and child: the last event that the fork shares.
pub(crate) const FORKS: TableDefinition<'static, &[u8; 32], u64> = TableDefinition::new("forks");
/// Hash of an idempotency key: the run that was started with it.
pub(crate) const KEYS: TableDefinition<'static, &[u8; 32], &[u8; 16]> =
    TableDefinition::new("keys");
/// Hash of a workflow document: the document.
pub(crate) const WORKFLOWS: TableDefinition<'static, &[u8; 32], Bytes> =
    TableDefinition::new("workflows");
/// Workflow id and the order of saving: the document's hash.
pub(crate) const SAVED: TableDefinition<'static, (&str, u64), &[u8; 32]> =
    TableDefinition::new("saved");
/// The same key: when that was, as far as it was told.
pub(crate) const SAVED_AT: TableDefinition<'static, (&str, u64), Bytes> =
    TableDefinition::new("saved_at");
/// The same key: what is noted beside it.
pub(crate) const NOTES: TableDefinition<'static, (&str, u64), Bytes> =
    TableDefinition::new("notes");
/// Run: the name that somebody gave it.
pub(crate) const NAMES: TableDefinition<'static, &[u8; 16], Bytes> = TableDefinition::new("names");
/// Kind and id: a record of another room.
pub(crate) const RECORDS: TableDefinition<'static, (&str, &str), Bytes> =
    TableDefinition::new("records");
/// Document: what is said of its state.
pub(crate) const DOCUMENTS: TableDefinition<'static, &str, Bytes> =
    TableDefinition::new("documents");
/// Document and number: a part of its state.
pub(crate) const STATES: TableDefinition<'static, (&str, u64), Bytes> =
    TableDefinition::new("states");
/// Document and number: an update that was not folded.
pub(crate) const UPDATES: TableDefinition<'static, (&str, u64), Bytes> =
    TableDefinition::new("updates");
/// Document and the number of the last update in it: a block of changes.
pub(crate) const CHANGES: TableDefinition<'static, (&str, u64), Bytes> =
    TableDefinition::new("changes");
/// Position: the segment that was written there.
pub(crate) const LOG: TableDefinition<'static, u64, &[u8; 24]> = TableDefinition::new("log");
/// Run and seq: a fold of the run up to there.
pub(crate) const CHECKPOINTS: TableDefinition<'static, &[u8; 24], Bytes> =
    TableDefinition::new("checkpoints");

/// The key of a run and a seq; keys sort by run, then by seq.
pub(crate) fn at(run: RunId, seq: Seq) -> [u8; 24] {
    let mut key = [0; 24];
    key[..16].copy_from_slice(run.0.as_bytes());
    key[16..].copy_from_slice(&seq.0.to_be_bytes());
    key
}

/// The run and the seq of a key.
pub(crate) fn parts(key: &[u8; 24]) -> (RunId, Seq) {
    let (run, seq) = key.split_at(16);
    (
        run_of(run),
        Seq(u64::from_be_bytes(
            seq.try_into().expect("24 bytes less 16"),
        )),
    )
}

/// The key of a run.
pub(crate) fn id(run: RunId) -> [u8; 16] {
    *run.0.as_bytes()
}

/// The run of a key that starts with one.
pub(crate) fn run_of(key: &[u8]) -> RunId {
    let bytes: [u8; 16] = key[..16].try_into().expect("keys of runs have 16 bytes");
    RunId(uuid::Uuid::from_bytes(bytes))
}

/// The key that joins a parent and a child.
pub(crate) fn pair(parent: RunId, child: RunId) -> [u8; 32] {
    let mut key = [0; 32];
    key[..16].copy_from_slice(parent.0.as_bytes());
    key[16..].copy_from_slice(child.0.as_bytes());
    key
}

/// The forks that were made of `parent` itself, each with the last event that it shares.
pub(crate) fn children(
    forks: &impl ReadableTable<&'static [u8; 32], u64>,
    parent: RunId,
) -> Result<Vec<(RunId, Seq)>, redb::Error> {
    let least = pair(parent, run_of(&[0; 16]));
    let most = pair(parent, run_of(&[0xff; 16]));
    forks
        .range::<&[u8; 32]>(&least..=&most)?
        .map(|entry| {
            let (key, at) = entry?;
            Ok((run_of(&key.value()[16..]), Seq(at.value())))
        })
        .collect()
}
