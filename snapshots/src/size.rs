//! How much room the journal takes, and for what.

use redb::{Key, ReadTransaction, ReadableTableMetadata, TableDefinition, TableHandle, Value};
use serde::Serialize;

use crate::batch::{totals_key, totals_of};
use crate::error::ReadError;
use crate::journal::Journal;
use crate::tables;

/// How much room one table takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TableSize {
    /// Its name.
    pub name: String,
    /// How many rows it has.
    pub rows: u64,
    /// Bytes of keys and values.
    pub stored_bytes: u64,
    /// Bytes of whole pages, with what is unused in them.
    pub page_bytes: u64,
}

/// How much room the journal takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SizeReport {
    /// The file.
    pub file_bytes: u64,
    /// Of these, those in pages that nothing uses now.
    pub free_bytes: u64,
    /// Runs, with those that were removed and of which forks share a part.
    pub runs: u64,
    /// Rows of events, compressed.
    pub segment_bytes: u64,
    /// Values that are stored by address, each once, compressed.
    pub value_bytes: u64,
    /// The sizes of the same values, counted as often as events refer to them.
    pub logical_value_bytes: u64,
    /// Each table.
    pub tables: Vec<TableSize>,
}

impl Journal {
    /// How much room the journal takes. Reads the index pages of every table.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn size(&self) -> Result<SizeReport, ReadError> {
        let file_bytes = self.store().file_bytes();
        self.store().read(|transaction| {
            let tables = all_tables(transaction)?;
            let totals = {
                let meta = transaction.open_table(tables::META)?;
                let row = meta.get(totals_key())?;
                totals_of(row.as_ref().map(redb::AccessGuard::value))?
            };
            let used: u64 = tables.iter().map(|table| table.page_bytes).sum();
            Ok(SizeReport {
                file_bytes,
                free_bytes: file_bytes.saturating_sub(used),
                runs: tables
                    .iter()
                    .find(|table| table.name == "runs")
                    .map_or(0, |table| table.rows),
                segment_bytes: totals.segment_bytes,
                value_bytes: totals.blob_bytes,
                logical_value_bytes: totals.logical_bytes,
                tables,
            })
        })
    }
}

fn all_tables(transaction: &ReadTransaction) -> Result<Vec<TableSize>, ReadError> {
    Ok(vec![
        size(transaction, tables::META)?,
        size(transaction, tables::SEGMENTS)?,
        size(transaction, tables::BLOBS)?,
        size(transaction, tables::PAGES)?,
        size(transaction, tables::REFS)?,
        size(transaction, tables::RUNS)?,
        size(transaction, tables::UNFINISHED)?,
        size(transaction, tables::REMOVED)?,
        size(transaction, tables::FORKS)?,
        size(transaction, tables::KEYS)?,
        size(transaction, tables::WORKFLOWS)?,
        size(transaction, tables::SAVED)?,
        size(transaction, tables::SAVED_AT)?,
        size(transaction, tables::NOTES)?,
        size(transaction, tables::NAMES)?,
        size(transaction, tables::RECORDS)?,
        size(transaction, tables::DOCUMENTS)?,
        size(transaction, tables::STATES)?,
        size(transaction, tables::UPDATES)?,
        size(transaction, tables::CHANGES)?,
        size(transaction, tables::LOG)?,
        size(transaction, tables::CHECKPOINTS)?,
    ])
}

fn size<K: Key + 'static, V: Value + 'static>(
    transaction: &ReadTransaction,
    definition: TableDefinition<'static, K, V>,
) -> Result<TableSize, ReadError> {
    let table = transaction.open_table(definition)?;
    let stats = table.stats()?;
    let used = stats.stored_bytes() + stats.metadata_bytes() + stats.fragmented_bytes();
    Ok(TableSize {
        name: definition.name().to_owned(),
        rows: table.len()?,
        stored_bytes: stats.stored_bytes(),
        page_bytes: used,
    })
}
