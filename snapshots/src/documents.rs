//! The co-edited documents: every update as it came, and what compaction makes of many of them.
//!
//! What the bytes mean is their owner's business. An update is kept with its author, its time and the places that
//! it touched. Compaction puts one state in the place of many updates; who changed what and when stays, in
//! [`Change`]s. `document` gives the state and the updates that are newer.
//!
//! Why is the state not one row? redb gives a row of many pages a power of two of them, so up to half of the room
//! would be lost; parts that fill a page each lose none.

mod change;
mod fold;
mod state;
#[cfg(test)]
mod tests;
mod verify;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flowforge_engine::{Timestamp, WorkflowId};
use redb::{ReadTransaction, ReadableTable, WriteTransaction};
use serde::{Deserialize, Serialize};

use crate::error::{ReadError, WriteError};
use crate::journal::Journal;
use crate::row::{seal, unseal};
use crate::tables;
use crate::writer::Work;

pub use change::Change;
pub(crate) use verify::complaints;

const UPDATES: &str = "updates";

/// Who made a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Author {
    /// Who it is for the service: a session, the holder of a token, a chat.
    pub id: String,
    /// How they are called.
    pub name: String,
    /// What they are: `person`, `ai`, `import`, `restore`, `service`.
    pub kind: String,
}

/// A change of a document, as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentUpdate {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub author: Author,
    /// What, in the words of whoever owns the document.
    pub bytes: Vec<u8>,
    /// The places it touched, for example `nodes/fetch/params/url`.
    pub touched: Vec<String>,
}

/// A document as it is kept: a state, and the updates that are newer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptDocument {
    /// The state that compaction left; absent when there was none yet.
    pub state: Option<Vec<u8>>,
    /// The updates since then, the oldest first.
    pub updates: Vec<Vec<u8>>,
    /// The number of the last update; they are counted from 1.
    pub seq: u64,
}

/// Updates on their way into the journal.
pub(crate) struct NewUpdates {
    document: WorkflowId,
    updates: Vec<DocumentUpdate>,
    /// Set when they are written: the number of the last one.
    last: Arc<AtomicU64>,
}

impl Journal {
    /// Appends updates of a document, and waits until they are durable, together with what others wait for. The
    /// number of the last one.
    ///
    /// # Errors
    /// When storage fails; nothing of them is there then.
    pub fn append_updates(
        &self,
        document: &WorkflowId,
        updates: &[DocumentUpdate],
    ) -> Result<u64, WriteError> {
        let (answer, answered) = std::sync::mpsc::sync_channel(1);
        self.append_updates_then(document, updates.to_vec(), move |result| {
            // The receiver waits below; it cannot be gone.
            let _ = answer.send(result);
        });
        answered.recv().unwrap_or(Err(WriteError::Closed))
    }

    /// Appends updates of a document. `done` is told the number of the last one when they are durable, on the
    /// writer's thread; it must be quick. Updates that were given earlier have smaller numbers.
    fn append_updates_then(
        &self,
        document: &WorkflowId,
        updates: Vec<DocumentUpdate>,
        done: impl FnOnce(Result<u64, WriteError>) + Send + 'static,
    ) {
        let last = Arc::new(AtomicU64::new(0));
        let new = NewUpdates {
            document: document.clone(),
            updates,
            last: Arc::clone(&last),
        };
        let bytes = new.bytes();
        self.submit(
            Work::Updates(new),
            bytes,
            Box::new(move |result| done(result.map(|()| last.load(Ordering::Acquire)))),
        );
    }

    /// A document; `None` when nothing was ever appended to it.
    ///
    /// # Errors
    /// When a row is damaged.
    pub fn document(&self, document: &WorkflowId) -> Result<Option<KeptDocument>, ReadError> {
        let id = document.as_str();
        self.store().read(|transaction| {
            let heading = state::heading(&transaction.open_table(tables::DOCUMENTS)?, id)?;
            let upto = heading.as_ref().map_or(0, |heading| heading.upto);
            let newer = updates_after(transaction, id, upto)?;
            if heading.is_none() && newer.is_empty() {
                return Ok(None);
            }
            let state = heading
                .map(|heading| state::read(transaction, id, &heading))
                .transpose()?;
            Ok(Some(KeptDocument {
                state,
                seq: newer.last().map_or(upto, |(seq, _)| *seq),
                updates: newer.into_iter().map(|(_, update)| update.bytes).collect(),
            }))
        })
    }

    /// Puts a state in the place of the updates up to `upto`, all of which it holds. Who changed what and when stays,
    /// in [`Change`]s. A state that is older than the kept one changes nothing.
    ///
    /// # Errors
    /// When there is no such update, the state is too large to be read again, or storage fails; the updates are
    /// as they were then.
    pub fn compact_document(
        &self,
        document: &WorkflowId,
        upto: u64,
        state: &[u8],
    ) -> Result<(), WriteError> {
        let packed = state::pack_state(upto, state)?;
        let id = document.clone();
        self.alone(move |store, _| {
            store.write(|transaction| state::put(transaction, &id, &packed))
        })?;
        let mut more = true;
        while more {
            let id = document.clone();
            more = self.alone(move |store, _| {
                store.write(|transaction| fold::fold_some(transaction, id.as_str(), upto))
            })?;
        }
        Ok(())
    }

    /// What changed after update `after`, the oldest first: at most `limit` changes, by the number of their last
    /// update. A change that goes on across `after` is there, with all of it.
    ///
    /// # Errors
    /// When a row is damaged.
    pub fn document_changes(
        &self,
        document: &WorkflowId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Change>, ReadError> {
        self.store()
            .read(|transaction| fold::changes(transaction, document.as_str(), after, limit))
    }

    /// Removes a document with its updates and changes, and waits until that is durable. Whether it was there.
    ///
    /// # Errors
    /// When storage fails.
    pub fn remove_document(&self, document: &WorkflowId) -> Result<bool, WriteError> {
        let id = document.clone();
        self.alone(move |store, _| store.write(|transaction| remove(transaction, id.as_str())))
    }
}

impl NewUpdates {
    /// About how much memory they take.
    fn bytes(&self) -> usize {
        let updates = self.updates.iter();
        updates
            .map(|update| update.bytes.len() + size_of::<DocumentUpdate>())
            .sum()
    }

    /// Writes them.
    pub(crate) fn store(&self, transaction: &WriteTransaction) -> Result<(), WriteError> {
        let id = self.document.as_str();
        let mut seq = last_seq(transaction, id)?;
        let mut rows = transaction.open_table(tables::UPDATES)?;
        for update in &self.updates {
            seq += 1;
            let row = seal(UPDATES, &sealed_key(id, seq), update);
            rows.insert((id, seq), row.as_slice())?;
        }
        self.last.store(seq, Ordering::Release);
        Ok(())
    }
}

/// The number of a document's last update; 0 when there is none.
fn last_seq(transaction: &WriteTransaction, id: &str) -> Result<u64, WriteError> {
    let updates = transaction.open_table(tables::UPDATES)?;
    if let Some(last) = updates.range(all(id))?.next_back() {
        return Ok(last?.0.value().1);
    }
    let documents = transaction.open_table(tables::DOCUMENTS)?;
    Ok(state::heading(&documents, id)?.map_or(0, |heading| heading.upto))
}

/// The updates after number `after`, with their numbers, the oldest first.
fn updates_after(
    transaction: &ReadTransaction,
    id: &str,
    after: u64,
) -> Result<Vec<(u64, DocumentUpdate)>, ReadError> {
    let updates = transaction.open_table(tables::UPDATES)?;
    let rows = updates.range((id, after.saturating_add(1))..=(id, u64::MAX))?;
    rows.map(|entry| {
        let (key, row) = entry?;
        let (_, seq) = key.value();
        Ok((seq, update(id, seq, row.value())?))
    })
    .collect()
}

/// The update of a row.
fn update(id: &str, seq: u64, row: &[u8]) -> Result<DocumentUpdate, ReadError> {
    unseal(UPDATES, &sealed_key(id, seq), row)
}

fn remove(transaction: &WriteTransaction, id: &str) -> Result<bool, WriteError> {
    let was_there = last_seq(transaction, id)? > 0;
    transaction.open_table(tables::DOCUMENTS)?.remove(id)?;
    for table in [tables::STATES, tables::UPDATES, tables::CHANGES] {
        let mut rows = transaction.open_table(table)?;
        rows.retain_in(all(id), |_, _| false)?;
    }
    Ok(was_there)
}

/// Every key of a document.
fn all(id: &str) -> std::ops::RangeInclusive<(&str, u64)> {
    (id, 0)..=(id, u64::MAX)
}

/// The key's bytes as the row's hash has them: the id, and the number (u64, big-endian).
fn sealed_key(id: &str, number: u64) -> Vec<u8> {
    [id.as_bytes(), &number.to_be_bytes()].concat()
}
