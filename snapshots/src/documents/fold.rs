//! Updates that a state holds become changes: step by step, so that others are not kept waiting.

use redb::{ReadTransaction, ReadableTable, WriteTransaction};

use super::change::{Change, Changes, pack_changes, unpack_changes};
use super::{all, sealed_key, update, updates_after};
use crate::error::{ReadError, WriteError};
use crate::row::{seal, unseal};
use crate::tables;

const CHANGES: &str = "changes";
/// Most updates that one step folds.
const UPDATES_PER_STEP: usize = 8192;
/// Most changes of one block.
const CHANGES_PER_BLOCK: usize = 1024;

/// Folds some of a document's updates up to `upto` into changes; whether there are more.
pub(super) fn fold_some(
    transaction: &WriteTransaction,
    id: &str,
    upto: u64,
) -> Result<bool, WriteError> {
    let mut updates = transaction.open_table(tables::UPDATES)?;
    let mut blocks = transaction.open_table(tables::CHANGES)?;
    let mut changes = Changes::continued(last_block(&blocks, id)?);
    let (mut count, mut last) = (0, None);
    for entry in updates.range((id, 0)..=(id, upto))?.take(UPDATES_PER_STEP) {
        let (key, row) = entry?;
        let seq = key.value().1;
        changes.add(seq, update(id, seq, row.value())?);
        (count, last) = (count + 1, Some(seq));
    }
    let Some(last) = last else { return Ok(false) };
    updates.retain_in((id, 0)..=(id, last), |_, _| false)?;
    if let Some(replaced) = last_key(&blocks, id)? {
        blocks.remove((id, replaced))?;
    }
    for block in changes.finish().chunks(CHANGES_PER_BLOCK) {
        let number = block.last().expect("chunks are not empty").seq;
        let row = seal(CHANGES, &sealed_key(id, number), &pack_changes(block));
        blocks.insert((id, number), row.as_slice())?;
    }
    Ok(count == UPDATES_PER_STEP)
}

/// What changed after update `after`: at most `limit` changes, by the number of their last update.
pub(super) fn changes(
    transaction: &ReadTransaction,
    id: &str,
    after: u64,
    limit: usize,
) -> Result<Vec<Change>, ReadError> {
    let mut found = Vec::new();
    let blocks = transaction.open_table(tables::CHANGES)?;
    for entry in blocks.range((id, after.saturating_add(1))..=(id, u64::MAX))? {
        if found.len() >= limit {
            break;
        }
        let (key, row) = entry?;
        let block = opened(id, key.value().1, row.value())?;
        found.extend(block.into_iter().filter(|change| change.seq > after));
    }
    if found.len() < limit {
        let fresh = fresh(transaction, id)?;
        found.extend(fresh.into_iter().filter(|change| change.seq > after));
    }
    found.truncate(limit);
    Ok(found)
}

/// The changes of updates that were not folded yet. All of them are read, because a change is whole or wrong.
fn fresh(transaction: &ReadTransaction, id: &str) -> Result<Vec<Change>, ReadError> {
    let mut changes = Changes::default();
    for (seq, update) in updates_after(transaction, id, 0)? {
        changes.add(seq, update);
    }
    Ok(changes.finish())
}

type Table<'a> = redb::Table<'a, (&'static str, u64), &'static [u8]>;

fn last_key(blocks: &Table, id: &str) -> Result<Option<u64>, WriteError> {
    let last = blocks.range(all(id))?.next_back().transpose()?;
    Ok(last.map(|(key, _)| key.value().1))
}

/// The changes of the last block, which goes on.
fn last_block(blocks: &Table, id: &str) -> Result<Vec<Change>, WriteError> {
    let last = blocks.range(all(id))?.next_back().transpose()?;
    let Some((key, row)) = last else {
        return Ok(Vec::new());
    };
    Ok(opened(id, key.value().1, row.value())?)
}

/// The changes of a row.
pub(super) fn opened(id: &str, number: u64, row: &[u8]) -> Result<Vec<Change>, ReadError> {
    let packed: Vec<u8> = unseal(CHANGES, &sealed_key(id, number), row)?;
    unpack_changes(&packed)
}
