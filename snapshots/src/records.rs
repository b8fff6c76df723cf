//! Records that other rooms keep here: conversations, proposals, what models cost. Bytes by kind and id.
//!
//! Why here and not in files beside: one file is what a backup copies, and what is durable is durable together.
//! What the bytes mean is their owner's business; ids sort, so an id that starts with a time lists by time.

use redb::ReadTransaction;

use crate::error::{ReadError, WriteError};
use crate::journal::Journal;
use crate::row::{seal, unseal};
use crate::tables;

const TABLE: &str = "records";

/// A record: its id, and its bytes.
pub type Record = (String, Vec<u8>);

impl Journal {
    /// Keeps a record in place of the one with this id, and waits until that is durable.
    ///
    /// # Errors
    /// When storage fails.
    pub fn keep_record(&self, kind: &str, id: &str, bytes: &[u8]) -> Result<(), WriteError> {
        let (kind, id) = (kind.to_owned(), id.to_owned());
        let row = seal(TABLE, &sealed_key(&kind, &id), &bytes);
        self.alone(move |store, _| {
            store.write(|transaction| {
                let mut records = transaction.open_table(tables::RECORDS)?;
                records.insert((kind.as_str(), id.as_str()), row.as_slice())?;
                Ok(())
            })
        })
    }

    /// Takes a record away, and waits until that is durable. Whether it was there.
    ///
    /// # Errors
    /// When storage fails.
    pub fn remove_record(&self, kind: &str, id: &str) -> Result<bool, WriteError> {
        let (kind, id) = (kind.to_owned(), id.to_owned());
        self.alone(move |store, _| {
            store.write(|transaction| {
                let mut records = transaction.open_table(tables::RECORDS)?;
                let was_there = records.remove((kind.as_str(), id.as_str()))?.is_some();
                Ok(was_there)
            })
        })
    }

    /// A record.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn record(&self, kind: &str, id: &str) -> Result<Option<Vec<u8>>, ReadError> {
        self.store().read(|transaction| {
            let records = transaction.open_table(tables::RECORDS)?;
            let row = records.get((kind, id))?;
            row.map(|row| opened((kind, id), row.value())).transpose()
        })
    }

    /// The records of a kind, from the last id to the first, before `before` when it is given, as long as
    /// `wanted` says so.
    ///
    /// # Errors
    /// When one is damaged.
    pub fn records(
        &self,
        kind: &str,
        before: Option<&str>,
        mut wanted: impl FnMut(&str, &[u8]) -> Wanted,
    ) -> Result<Vec<Record>, ReadError> {
        self.store().read(|transaction| {
            let mut found = Vec::new();
            for_each_from_last(transaction, kind, before, |id, bytes| {
                let wanted = wanted(id, &bytes);
                if wanted == Wanted::Yes {
                    found.push((id.to_owned(), bytes));
                }
                wanted != Wanted::Enough
            })?;
            Ok(found)
        })
    }
}

/// What a reader of records says to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// It is one of those.
    Yes,
    /// It is not.
    No,
    /// Neither it nor any that follows.
    Enough,
}

fn for_each_from_last(
    transaction: &ReadTransaction,
    kind: &str,
    before: Option<&str>,
    mut each: impl FnMut(&str, Vec<u8>) -> bool,
) -> Result<(), ReadError> {
    let records = transaction.open_table(tables::RECORDS)?;
    // The kind that would sort next.
    let after = format!("{kind}\0");
    let rows = match before {
        Some(before) => records.range((kind, "")..(kind, before))?,
        None => records.range((kind, "")..(after.as_str(), ""))?,
    };
    for entry in rows.rev() {
        let (key, row) = entry?;
        let (_, id) = key.value();
        if !each(id, opened(key.value(), row.value())?) {
            break;
        }
    }
    Ok(())
}

/// The bytes of a row, when it is as it was written.
pub(crate) fn opened((kind, id): (&str, &str), row: &[u8]) -> Result<Vec<u8>, ReadError> {
    unseal(TABLE, &sealed_key(kind, id), row)
}

/// The key's bytes as the row's hash has them: the kind, a zero, and the id.
fn sealed_key(kind: &str, id: &str) -> Vec<u8> {
    [kind.as_bytes(), &[0], id.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{assert_sound, journal};

    #[test]
    fn a_record_is_what_was_kept_last() {
        let journal = journal();
        assert_eq!(journal.record("chat", "1").unwrap(), None);
        journal.keep_record("chat", "1", b"first").unwrap();
        journal.keep_record("chat", "1", b"second").unwrap();
        assert_eq!(journal.record("chat", "1").unwrap().unwrap(), b"second");
        assert!(journal.remove_record("chat", "1").unwrap());
        assert!(!journal.remove_record("chat", "1").unwrap());
        assert_sound(&journal);
    }

    #[test]
    fn records_are_listed_by_kind_from_the_last() {
        let journal = journal();
        for (kind, id) in [("a", "9"), ("b", "1"), ("b", "2"), ("b", "3"), ("c", "0")] {
            journal.keep_record(kind, id, id.as_bytes()).unwrap();
        }
        let ids = |before, wanted: fn(&str) -> Wanted| {
            let found = journal.records("b", before, |id, _| wanted(id)).unwrap();
            found.into_iter().map(|(id, _)| id).collect::<Vec<_>>()
        };
        assert_eq!(ids(None, |_| Wanted::Yes), ["3", "2", "1"]);
        assert_eq!(ids(Some("3"), |_| Wanted::Yes), ["2", "1"]);
        let odd = |id: &str| if id == "2" { Wanted::No } else { Wanted::Yes };
        assert_eq!(ids(None, odd), ["3", "1"]);
        let until = |id: &str| {
            if id == "2" {
                Wanted::Enough
            } else {
                Wanted::Yes
            }
        };
        assert_eq!(ids(None, until), ["3"]);
    }
}
