//! Looking at every row of the documents once.

use redb::{ReadTransaction, ReadableTable};

use super::{fold, state, update};
use crate::error::ReadError;
use crate::tables;

/// What is wrong with the documents' rows.
///
/// # Errors
/// When the disk fails.
pub(crate) fn complaints(transaction: &ReadTransaction) -> Result<Vec<String>, ReadError> {
    let mut found = Vec::new();
    at_states(transaction, &mut found)?;
    at_changes(transaction, &mut found)?;
    at_updates(transaction, &mut found)?;
    Ok(found)
}

/// Notes what is damaged; what the disk says goes on.
fn good<T>(result: Result<T, ReadError>, found: &mut Vec<String>) -> Result<Option<T>, ReadError> {
    match result {
        Ok(result) => Ok(Some(result)),
        Err(error) if error.is_storage() => Err(error),
        Err(error) => {
            found.push(error.to_string());
            Ok(None)
        }
    }
}

fn at_states(transaction: &ReadTransaction, found: &mut Vec<String>) -> Result<(), ReadError> {
    let documents = transaction.open_table(tables::DOCUMENTS)?;
    for entry in documents.iter()? {
        let key = entry?.0;
        let id = key.value();
        if let Some(Some(heading)) = good(state::heading(&documents, id), found)? {
            good(state::read(transaction, id, &heading), found)?;
        }
    }
    for entry in transaction.open_table(tables::STATES)?.iter()? {
        let key = entry?.0;
        if documents.get(key.value().0)?.is_none() {
            found.push(format!(
                "document {} has a part of a state and no state",
                key.value().0
            ));
        }
    }
    Ok(())
}

fn at_changes(transaction: &ReadTransaction, found: &mut Vec<String>) -> Result<(), ReadError> {
    for entry in transaction.open_table(tables::CHANGES)?.iter()? {
        let (key, row) = entry?;
        let (id, number) = key.value();
        let changes = good(fold::opened(id, number, row.value()), found)?.unwrap_or_default();
        if changes.last().is_some_and(|last| last.seq != number) {
            found.push(format!(
                "document {id}: changes up to {number} stand in the wrong place"
            ));
        }
    }
    Ok(())
}

fn at_updates(transaction: &ReadTransaction, found: &mut Vec<String>) -> Result<(), ReadError> {
    let documents = transaction.open_table(tables::DOCUMENTS)?;
    let mut before: Option<(String, u64)> = None;
    for entry in transaction.open_table(tables::UPDATES)?.iter()? {
        let (key, row) = entry?;
        let (id, seq) = key.value();
        good(update(id, seq, row.value()), found)?;
        let last = match before.take().filter(|(document, _)| document == id) {
            Some((_, last)) => last,
            // What a state holds may be folded, so the first update may have any number up to there.
            None => seq.saturating_sub(1).min(upto(&documents, id, found)?),
        };
        if seq != last + 1 {
            found.push(format!("document {id} has a gap before update {seq}"));
        }
        before = Some((id.to_owned(), seq));
    }
    Ok(())
}

fn upto(
    documents: &impl ReadableTable<&'static str, &'static [u8]>,
    id: &str,
    found: &mut Vec<String>,
) -> Result<u64, ReadError> {
    let heading = good(state::heading(documents, id), found)?.flatten();
    Ok(heading.map_or(0, |heading| heading.upto))
}
